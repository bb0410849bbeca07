from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import TrigramWordSimilarity
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Concat, Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.languages import name_of
from homecare import clock
from homecare.accounts.models import ScopedQuerySet
from homecare.addresses import address
from homecare.status import StatusModel


class ClientQuerySet(ScopedQuerySet):
    def of_person(self, user: Any) -> ClientQuerySet:
        """Families see the client whose portal contact they are, caregivers those of their care teams."""
        return self.filter(
            models.Q(pk__in=Contact.objects.filter(user=user, has_portal=True).values("client_id"))
            | models.Q(pk__in=Client.care_team_clients(user))
        )

    def search(self, words: str) -> ClientQuerySet:
        """By chart or medical record number, or by name with slips of the pen; the likeliest first."""
        found = self.annotate(
            upper_last=Upper("last_name"), upper_first=Upper("first_name"), upper_called=Upper("preferred_name")
        )
        for word in words.upper().split()[:5]:
            match = models.Q(number__icontains=word) | models.Q(medical_record_number__iexact=word)
            for name in ("upper_last", "upper_first", "upper_called"):
                match |= models.Q(**{f"{name}__contains": word}) | models.Q(**{f"{name}__trigram_similar": word})
            found = found.filter(match)
        full = Concat("upper_first", models.Value(" "), "upper_last", output_field=models.TextField())
        likeness = TrigramWordSimilarity(words.upper(), full)
        return found.annotate(likeness=likeness).order_by("-likeness", "last_name", "first_name", "id")

    def same_person(
        self, first_name: str, last_name: str, birth_on: dt.date | None, record_number: str = ""
    ) -> ClientQuerySet:
        """Charts that may already be this person's: the same medical record number, or name and date of birth."""
        same = models.Q(first_name__iexact=first_name, last_name__iexact=last_name, birth_on=birth_on)
        if record_number:
            same |= models.Q(medical_record_number=record_number)
        return self.filter(same)

    def with_town(self) -> ClientQuerySet:
        """Annotates `town`, where the client is visited."""
        primary = Address.objects.filter(client=models.OuterRef("pk"), is_primary=True)
        return self.annotate(town=models.Subquery(primary.values("city")[:1]))

    def active(self) -> ClientQuerySet:
        return self.filter(status=Client.Status.ACTIVE)


class Client(StatusModel):
    """A person who receives care, from the first inquiry to discharge."""

    class Status(models.TextChoices):
        INQUIRY = "inquiry", _("Inquiry")
        ASSESSMENT = "assessment", _("Assessment")
        ACTIVE = "active", _("Active")
        ON_HOLD = "on_hold", _("On hold")
        DISCHARGED = "discharged", _("Discharged")
        DECLINED = "declined", _("Declined")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.INQUIRY: {Status.ASSESSMENT, Status.DECLINED},
        Status.ASSESSMENT: {Status.ACTIVE, Status.DECLINED},
        Status.ACTIVE: {Status.ON_HOLD, Status.DISCHARGED},
        Status.ON_HOLD: {Status.ACTIVE, Status.DISCHARGED},
        Status.DISCHARGED: {Status.ASSESSMENT},
        Status.DECLINED: {Status.INQUIRY},
    }

    class Gender(models.TextChoices):
        FEMALE = "female", _("Female")
        MALE = "male", _("Male")
        OTHER = "other", _("Other")
        UNKNOWN = "", _("Not stated")

    branch = models.ForeignKey("accounts.Branch", on_delete=models.PROTECT, related_name="clients")
    number = models.CharField(max_length=20, unique=True, help_text=_("Chart number, for example C-000123."))
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.INQUIRY)
    first_name = models.CharField(max_length=80)
    last_name = models.CharField(max_length=80)
    preferred_name = models.CharField(max_length=80, blank=True)
    birth_on = models.DateField()
    gender = models.CharField(max_length=8, choices=Gender.choices, blank=True)
    language = models.CharField(max_length=8, default="en")
    phone = models.CharField(max_length=20, blank=True)
    email = models.EmailField(blank=True)
    medical_record_number = models.CharField(max_length=60, blank=True)
    important = models.CharField(
        max_length=300, blank=True, help_text=_("What everybody who visits must know, in one sentence.")
    )
    caregiver_gender = models.CharField(
        max_length=8,
        choices=Gender.choices,
        blank=True,
        help_text=_("Wish for the caregiver's gender; empty means none."),
    )
    caregiver_language = models.CharField(
        max_length=8, blank=True, help_text=_("A caregiver who speaks this language is wished for; empty means none.")
    )
    wants_nonsmoker = models.BooleanField(_("wishes for a caregiver who does not smoke"), default=False)
    has_pets = models.BooleanField(_("there are pets in the home"), default=False)
    has_smoke = models.BooleanField(_("people smoke in the home"), default=False)
    monthly_budget_amount = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("What the visits of a month may cost; empty means no budget."),
    )
    weekly_caregivers_limit = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Most different caregivers a week; empty means the agency's limit."),
    )
    started_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    status_reason = models.CharField(
        max_length=200, blank=True, help_text=_("Why care is on hold, has ended or was declined.")
    )
    status_since = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ClientQuerySet.as_manager()

    class Meta:
        ordering = ["last_name", "first_name", "id"]
        permissions = [("view_portal", "Uses the family portal")]
        indexes = [
            models.Index(fields=["branch", "status"], name="client_by_branch"),
            GinIndex(
                OpClass(Upper("last_name"), "gin_trgm_ops"),
                OpClass(Upper("first_name"), "gin_trgm_ops"),
                name="client_name_trgm",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @staticmethod
    def care_team_clients(user: Any) -> models.QuerySet:
        """Clients on whose care team this user's staff record is today."""
        from clients.models.care_team import CareTeamMember

        return CareTeamMember.objects.current().filter(member__user=user).values("client_id")

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def short_name(self) -> str:
        """Last name and initial, as boards print it."""
        return f"{self.last_name} {self.first_name[:1]}."

    @property
    def called(self) -> str:
        """How to address the person."""
        return self.preferred_name or self.first_name

    def age_on(self, day: dt.date) -> int:
        return day.year - self.birth_on.year - ((day.month, day.day) < (self.birth_on.month, self.birth_on.day))

    @property
    def age(self) -> int:
        """Years today, where the client lives."""
        return self.age_on(clock.today(self.branch.time_zone))

    @property
    def language_name(self) -> str:
        return name_of(self.language)

    @property
    def caregiver_language_name(self) -> str:
        return name_of(self.caregiver_language)

    @property
    def has_wishes(self) -> bool:
        """Is anything known of the home or wished of every caregiver?"""
        wishes = (self.caregiver_gender, self.caregiver_language, self.wants_nonsmoker, self.has_pets, self.has_smoke)
        return any(wishes)

    def get_absolute_url(self) -> str:
        return address("clients:client-detail", self.pk)


class ClientChildQuerySet(ScopedQuerySet):
    """Rows that belong to one client are seen by whoever sees the client."""

    branch_path = "client__branch_id"

    def of_person(self, user: Any) -> ClientChildQuerySet:
        return self.filter(client__in=Client.objects.visible_to(user))


class ClientChild(models.Model):
    """A row of one client's record; its page is the client's."""

    class Meta:
        abstract = True

    def get_absolute_url(self) -> str:
        return reverse("clients:client-detail", args=[self.client_id])  # type: ignore[attr-defined]


class Address(ClientChild):
    """Where a client is visited; exactly one is primary."""

    class Kind(models.TextChoices):
        HOME = "home", _("Home")
        OTHER = "other", _("Other")

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.HOME)
    line1 = models.CharField(max_length=120)
    line2 = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=80)
    state = models.CharField(max_length=2, blank=True)
    postal_code = models.CharField(max_length=10, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    access_notes = models.CharField(max_length=300, blank=True, help_text=_("Door code, key safe, parking, dog."))
    is_primary = models.BooleanField(default=True)

    objects = ClientChildQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "addresses"
        ordering = ["-is_primary", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["client"],
                condition=models.Q(is_primary=True),
                name="address_one_primary",
                violation_error_message=_("This client already has a primary address."),
            )
        ]

    def __str__(self) -> str:
        return ", ".join(
            part for part in (self.line1, self.line2, self.city, f"{self.state} {self.postal_code}".strip()) if part
        )

    @property
    def place(self) -> tuple[float, float] | None:
        """(latitude, longitude), when known."""
        return (self.latitude, self.longitude) if self.latitude is not None and self.longitude is not None else None


class Contact(ClientChild):
    """Family, friend, guardian or neighbour of a client; with a portal log-in when they have one."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="contacts")
    user = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="contacts")
    name = models.CharField(max_length=120)
    relation = models.CharField(max_length=60, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    email = models.EmailField(blank=True)
    is_emergency = models.BooleanField(default=False)
    receives_invoices = models.BooleanField(default=False)
    has_portal = models.BooleanField(default=False)

    objects = ClientChildQuerySet.as_manager()

    class Meta:
        ordering = ["-is_emergency", "name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.relation})" if self.relation else self.name
