from __future__ import annotations

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet
from homecare.errors import CONSTRAINT_SENTENCES
from scheduling import recurrence
from scheduling.rotation import Shift, Turner, Turns


class RotationQuerySet(ScopedQuerySet):
    pass


class Rotation(models.Model):
    """Caregivers who step through `weeks` rows of shifts, a row a week. Applied, it is assignment lines of patterns."""

    branch = models.ForeignKey("accounts.Branch", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    weeks = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(8)], help_text=_("Rows of the rotation, one a week: 1–8.")
    )
    starts_on = models.DateField(help_text=_("A Monday: the first week of the rotation."))
    ends_on = models.DateField(null=True, blank=True, help_text=_("Its last day; empty: it goes on."))
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = RotationQuerySet.as_manager()

    class Meta:
        ordering = ["branch", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "name"],
                name="rotation_name_once_per_branch",
                violation_error_message=_("The branch has a rotation of this name. Choose another name."),
            ),
            models.CheckConstraint(condition=models.Q(weeks__gte=1, weeks__lte=8), name="rotation_weeks_sane"),
            models.CheckConstraint(condition=models.Q(starts_on__iso_week_day=1), name="rotation_starts_on_monday"),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="rotation_ends_after_start",
                violation_error_message=_("The last day is before the first."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("scheduling:rotation-detail", args=[self.pk])

    @property
    def turns(self) -> Turns:
        """As plain values."""
        return Turns(
            self.weeks,
            self.starts_on,
            self.ends_on,
            [Shift(row.row, row.schedule_id, row.slot, tuple(row.weekdays)) for row in self.shifts.all()],
            [Turner(row.member_id, row.first_row, row.since, row.until) for row in self.turners.all()],
        )


class RotationChildQuerySet(ScopedQuerySet):
    branch_path = "rotation__branch_id"


class RotationShift(models.Model):
    """In one row of the rotation: one place of a pattern on these weekdays."""

    rotation = models.ForeignKey(Rotation, on_delete=models.CASCADE, related_name="shifts")
    row = models.PositiveSmallIntegerField()
    schedule = models.ForeignKey("scheduling.Schedule", on_delete=models.PROTECT, related_name="+")
    slot = models.PositiveSmallIntegerField(default=1)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)

    objects = RotationChildQuerySet.as_manager()

    class Meta:
        ordering = ["row", "schedule__start_time", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rotation", "row", "schedule", "slot", "weekdays"],
                name="rotation_shift_once",
                violation_error_message=_("This row has this shift already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.row}: {self.schedule_id}"

    def get_absolute_url(self) -> str:
        return reverse("scheduling:rotation-detail", args=[self.rotation_id])

    @property
    def days(self) -> str:
        return recurrence.listed([str(WEEKDAYS_ABBR[day]) for day in self.weekdays]) or str(_("all days"))


class RotationTurner(models.Model):
    """A caregiver of the rotation and the row they work in its first week; joins on a Monday, leaves after a day."""

    rotation = models.ForeignKey(Rotation, on_delete=models.CASCADE, related_name="turners")
    member = models.ForeignKey("staff.Member", on_delete=models.PROTECT, related_name="+")
    first_row = models.PositiveSmallIntegerField()
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)

    objects = RotationChildQuerySet.as_manager()

    class Meta:
        ordering = ["first_row", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(since=None) | models.Q(since__iso_week_day=1), name="turner_joins_on_monday"
            ),
            models.CheckConstraint(
                condition=models.Q(until=None) | models.Q(since=None) | models.Q(until__gte=models.F("since")),
                name="turner_leaves_after_joining",
                violation_error_message=_("The last day is before the first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.rotation_id}"

    def get_absolute_url(self) -> str:
        return reverse("scheduling:rotation-detail", args=[self.rotation_id])

    def row_on(self, monday: dt.date) -> int:
        """The row this caregiver works in a week."""
        return (self.first_row - 1 + (monday - self.rotation.starts_on).days // 7) % self.rotation.weeks + 1


CONSTRAINT_SENTENCES["rotation_name_once_per_branch"] = "The branch has a rotation of this name. Choose another name."
CONSTRAINT_SENTENCES["rotation_shift_once"] = "This row has this shift already. Choose other days or another row."
