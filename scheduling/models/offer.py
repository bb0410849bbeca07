from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet
from homecare.errors import CONSTRAINT_SENTENCES
from homecare.status import StatusModel


class OfferQuerySet(ScopedQuerySet):
    def of_person(self, user: Any) -> OfferQuerySet:
        return self.filter(pk__in=OfferAnswer.objects.filter(member__user=user).values("offer"))

    def open(self) -> OfferQuerySet:
        return self.filter(status=Offer.Status.OPEN)

    def overdue(self, moment: dt.datetime) -> OfferQuerySet:
        return self.open().filter(expires_at__lte=moment)


class Offer(StatusModel):
    """Open visits of one client offered to several caregivers at once, who answer on their phone.

    In mode *first* whoever accepts first has the visits; in mode *choose* the office decides among those who would.
    Until then a caregiver reads the time, the service, the town and the wage, never who the client is.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Waiting for answers")
        FILLED = "filled", _("Filled")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Expired")

    class Mode(models.TextChoices):
        FIRST = "first", _("The first who accepts gets it")
        CHOOSE = "choose", _("I choose among those who accept")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {Status.OPEN: {Status.FILLED, Status.WITHDRAWN, Status.EXPIRED}}

    branch = models.ForeignKey("accounts.Branch", on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey("clients.Client", on_delete=models.PROTECT, related_name="offers")
    visits = models.ManyToManyField("scheduling.Visit", through="scheduling.OfferedVisit", related_name="offers")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.OPEN)
    mode = models.CharField(max_length=6, choices=Mode.choices, default=Mode.FIRST)
    hourly_wage = models.DecimalField(
        max_digits=7,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Dollars an hour; empty says nothing about the wage."),
    )
    message = models.CharField(max_length=300, blank=True, help_text=_("No names and no health data."))
    expires_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey("staff.Member", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["expires_at"], condition=models.Q(status="open"), name="offer_open")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="filled") ^ models.Q(taken_by=None), name="offer_filled_by_somebody"
            ),
        ]

    def __str__(self) -> str:
        return str(_("Offer %(pk)s")) % {"pk": self.pk}

    @property
    def minutes_to_fill(self) -> int | None:
        """From the offer to its taker, when it was taken."""
        if self.status != self.Status.FILLED or self.closed_at is None:
            return None
        return int((self.closed_at - self.created_at).total_seconds() // 60)

    def get_absolute_url(self) -> str:
        return reverse("scheduling:offer-detail", args=[self.pk])


class OfferedVisit(models.Model):
    """One visit of an offer. A visit stands in one open offer at most."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="offered")
    visit = models.ForeignKey("scheduling.Visit", on_delete=models.PROTECT, related_name="offered")
    is_open = models.BooleanField(default=True)

    class Meta:
        ordering = ["visit__starts_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["visit"],
                condition=models.Q(is_open=True),
                name="visit_in_one_open_offer",
                violation_error_message=_("This visit is already offered. Withdraw the other offer first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id}: {self.visit_id}"


class OfferAnswerQuerySet(ScopedQuerySet):
    branch_path = "offer__branch_id"

    def of_person(self, user: Any) -> OfferAnswerQuerySet:
        return self.filter(member__user=user)

    def waiting(self) -> OfferAnswerQuerySet:
        """Asked, the offer is still open, and they have said nothing yet."""
        return self.filter(status=OfferAnswer.Status.ASKED, offer__status=Offer.Status.OPEN)


class OfferAnswer(StatusModel):
    """What one asked caregiver said. *Interested* waits for the office: it chooses, or a warning needs its reason."""

    class Status(models.TextChoices):
        ASKED = "asked", _("No answer yet")
        INTERESTED = "interested", _("Would take it")
        DECLINED = "declined", _("Said no")
        TAKEN = "taken", _("Has it")
        PASSED = "passed", _("Went to somebody else")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.ASKED: {Status.INTERESTED, Status.DECLINED, Status.TAKEN, Status.PASSED},
        Status.INTERESTED: {Status.DECLINED, Status.TAKEN, Status.PASSED},
        Status.DECLINED: {Status.INTERESTED, Status.TAKEN},
    }

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="answers")
    member = models.ForeignKey("staff.Member", on_delete=models.PROTECT, related_name="offer_answers")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ASKED)
    note = models.CharField(max_length=400, blank=True, help_text=_("What the rules or the caregiver said."))
    seen_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = OfferAnswerQuerySet.as_manager()

    class Meta:
        ordering = ["member__last_name", "member__first_name"]
        constraints = [models.UniqueConstraint(fields=["offer", "member"], name="offer_asks_once")]

    def __str__(self) -> str:
        return f"{self.offer_id}: {self.member_id}"

    @property
    def minutes_to_answer(self) -> int | None:
        if self.answered_at is None:
            return None
        return int((self.answered_at - self.offer.created_at).total_seconds() // 60)


CONSTRAINT_SENTENCES["visit_in_one_open_offer"] = (
    "One of these visits is already offered. Withdraw that offer first, or wait for its answers."
)
