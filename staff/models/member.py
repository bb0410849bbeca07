from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet
from homecare.status import StatusModel


class MemberQuerySet(ScopedQuerySet):
    def of_person(self, user: Any) -> MemberQuerySet:
        return self.filter(user=user)

    def employed_on(self, day: dt.date) -> MemberQuerySet:
        """Staff whose employment covers that day."""
        return self.filter(status__in=[Member.Status.ACTIVE, Member.Status.ON_LEAVE], hired_on__lte=day).exclude(
            left_on__lt=day
        )

    def active(self) -> MemberQuerySet:
        return self.filter(status=Member.Status.ACTIVE)


class Member(StatusModel):
    """A person on the staff: employee record, home base, languages, transport, how much they want to work."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        ON_LEAVE = "on_leave", _("On leave")
        LEFT = "left", _("Left")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.ACTIVE: {Status.ON_LEAVE, Status.LEFT},
        Status.ON_LEAVE: {Status.ACTIVE, Status.LEFT},
        Status.LEFT: {Status.ACTIVE},
    }

    class Gender(models.TextChoices):
        FEMALE = "female", _("Female")
        MALE = "male", _("Male")
        OTHER = "other", _("Other")
        UNKNOWN = "", _("Not stated")

    class Transport(models.TextChoices):
        CAR = "car", _("Car")
        TRANSIT = "transit", _("Public transport")
        BICYCLE = "bicycle", _("Bicycle")
        ON_FOOT = "on_foot", _("On foot")

    user = models.OneToOneField("accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="member")
    branch = models.ForeignKey("accounts.Branch", on_delete=models.PROTECT, related_name="members")
    role = models.ForeignKey("staff.Role", on_delete=models.PROTECT, related_name="members")
    employee_number = models.CharField(max_length=20, unique=True)
    first_name = models.CharField(max_length=80)
    last_name = models.CharField(max_length=80)
    preferred_name = models.CharField(max_length=80, blank=True)
    gender = models.CharField(max_length=8, choices=Gender.choices, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    email = models.EmailField(blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    hired_on = models.DateField()
    left_on = models.DateField(null=True, blank=True)
    line1 = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=2, blank=True)
    postal_code = models.CharField(max_length=10, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    languages = ArrayField(
        models.CharField(max_length=8), default=list, blank=True, help_text=_("Language codes, for example en, es.")
    )
    transport = models.CharField(max_length=10, choices=Transport.choices, default=Transport.CAR)
    weekly_minutes_wanted = models.PositiveIntegerField(default=30 * 60)
    weekly_minutes_limit = models.PositiveIntegerField(default=40 * 60)
    daily_minutes_limit = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("Most minutes a day; empty means the agency's limit.")
    )
    daily_visits_limit = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("Most visits a day; empty means the agency's limit.")
    )
    weekly_minutes_guaranteed = models.PositiveIntegerField(
        default=0, help_text=_("So much of a week is promised to this caregiver; 0 is nothing.")
    )
    weekly_visits_guaranteed = models.PositiveSmallIntegerField(
        default=0, help_text=_("So many visits of a week are promised to this caregiver; 0 is none.")
    )
    avoids_pets = models.BooleanField(_("does not work where there are pets"), default=False)
    avoids_smoke = models.BooleanField(_("does not work where people smoke"), default=False)
    smokes = models.BooleanField(_("smokes"), default=False)

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("staff member")
        ordering = ["last_name", "first_name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(left_on=None) | models.Q(left_on__gte=models.F("hired_on")),
                name="member_left_after_hired",
                violation_error_message=_("The leaving date is before the hiring date."),
            )
        ]
        indexes = [
            models.Index(fields=["branch", "status"], name="member_by_branch"),
            GinIndex(
                OpClass(Upper("last_name"), "gin_trgm_ops"),
                OpClass(Upper("first_name"), "gin_trgm_ops"),
                name="member_name_trgm",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def short_name(self) -> str:
        """Preferred or first name with the initial of the last, as boards print it."""
        return f"{self.preferred_name or self.first_name} {self.last_name[:1]}."

    @property
    def place(self) -> tuple[float, float] | None:
        """Home base as (latitude, longitude)."""
        return (self.latitude, self.longitude) if self.latitude is not None and self.longitude is not None else None

    def get_absolute_url(self) -> str:
        return reverse("staff:member-detail", args=[self.pk])
