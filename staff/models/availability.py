from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet
from homecare.errors import CONSTRAINT_SENTENCES
from homecare.status import StatusModel


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class AvailabilityQuerySet(ScopedQuerySet):
    branch_path = "member__branch_id"

    def of_person(self, user: Any) -> AvailabilityQuerySet:
        return self.filter(member__user=user)

    def in_force(self, first: dt.date, last: dt.date) -> AvailabilityQuerySet:
        return self.filter(models.Q(until=None) | models.Q(until__gte=first), since__lte=last)


class Availability(models.Model):
    """Hours of one weekday, in branch local time, in which a caregiver is willing to work. 24:00 is written 00:00."""

    member = models.ForeignKey("staff.Member", on_delete=models.CASCADE, related_name="availability")
    weekday = models.PositiveSmallIntegerField(choices=Weekday.choices)
    starts = models.TimeField()
    ends = models.TimeField(help_text=_("00:00 means midnight at the end of the day."))
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    objects = AvailabilityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "availability"
        ordering = ["member", "weekday", "starts"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends__gt=models.F("starts")) | models.Q(ends=dt.time(0)),
                name="availability_ends_after_start",
                violation_error_message=_(
                    "The end is not after the start. For a night, enter two lines: until midnight, and from midnight."
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts:%H:%M}–{self.ends:%H:%M}"


class TimeOffQuerySet(ScopedQuerySet):
    branch_path = "member__branch_id"

    def of_person(self, user: Any) -> TimeOffQuerySet:
        return self.filter(member__user=user)

    def approved(self) -> TimeOffQuerySet:
        return self.filter(status=TimeOff.Status.APPROVED)


class TimeOff(StatusModel):
    """Time a caregiver is away: asked for, then approved (which holds their time) or declined."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        APPROVED = "approved", _("Approved")
        DECLINED = "declined", _("Declined")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.REQUESTED: {Status.APPROVED, Status.DECLINED, Status.CANCELLED},
        Status.APPROVED: {Status.CANCELLED},
    }

    class Reason(models.TextChoices):
        VACATION = "vacation", _("Vacation")
        SICK = "sick", _("Sick")
        FAMILY = "family", _("Family")
        TRAINING = "training", _("Training")
        OTHER = "other", _("Other")

    member = models.ForeignKey("staff.Member", on_delete=models.PROTECT, related_name="time_off")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=10, choices=Reason.choices, default=Reason.VACATION)
    note = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.REQUESTED)
    decided_by = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decision_comment = models.CharField(max_length=200, blank=True)

    objects = TimeOffQuerySet.as_manager()

    class Meta:
        verbose_name = _("time off")
        verbose_name_plural = _("time off")
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="time_off_ends_after_start",
                violation_error_message=_("The end is not after the start."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.starts_at:%Y-%m-%d}"


class Commitment(models.Model):
    """What holds a caregiver's time: one row per live visit and per approved time off, kept by database triggers.

    The exclusion constraint is the judge of "never in two places" (DESIGN.md, invariant 1). Nobody writes this
    table by hand: scheduling and staff migrations install the triggers that follow visits and time off.
    """

    member = models.ForeignKey("staff.Member", on_delete=models.PROTECT, related_name="commitments")
    during = DateTimeRangeField()
    visit_id = models.BigIntegerField(null=True, unique=True)
    time_off = models.OneToOneField("staff.TimeOff", null=True, on_delete=models.CASCADE, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="commitment_no_overlap",
                expressions=[("member", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
                violation_error_message=_("This caregiver is already taken at that time."),
            ),
            models.CheckConstraint(
                condition=models.Q(visit_id=None) ^ models.Q(time_off=None),
                name="commitment_has_one_cause",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.during}"


CONSTRAINT_SENTENCES["commitment_no_overlap"] = (
    "Somebody else has just taken this caregiver's time: they have another visit or time off then. "
    "Choose another time or caregiver."
)
