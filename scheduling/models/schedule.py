from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from clients.models.client import ClientChildQuerySet
from homecare.accounts.models import ScopedQuerySet
from homecare.status import StatusModel
from scheduling import recurrence
from staff.models import TaskCategory


class ServiceTypeQuerySet(ScopedQuerySet):
    branch_path = None


class ServiceType(models.Model):
    """A kind of visit the agency offers: what it needs from the caregiver and how it is shown."""

    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=80)
    colour = models.PositiveSmallIntegerField(default=1, help_text=_("One of the eight board colours, 1–8."))
    categories = ArrayField(
        models.CharField(max_length=32, choices=TaskCategory.choices),
        default=list,
        blank=True,
        help_text=_("Task categories a caregiver's scope must cover."),
    )
    performed = ArrayField(
        models.CharField(max_length=32, choices=TaskCategory.choices),
        default=list,
        blank=True,
        help_text=_("Task categories of the care plan that are done in these visits; empty means all of them."),
    )
    is_billable = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)

    objects = ServiceTypeQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def performs(self, category: str) -> bool:
        """Are the plan's tasks of this category done in visits of this service?"""
        return not self.performed or category in self.performed


class ScheduleQuerySet(ClientChildQuerySet):
    def active(self) -> ScheduleQuerySet:
        return self.filter(status=Schedule.Status.ACTIVE)


class Schedule(StatusModel):
    """A client's recurring service as a pattern in branch local time.

    `rule` is an RFC 5545 RRULE (FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH) counted from `starts_on`. 08:00 stays 08:00
    across daylight saving. Visits are materialised from it; a change from a date on ends this row the day before
    and begins a successor (`continues`), so that history keeps its pattern.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        ENDED = "ended", _("Ended")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {Status.ACTIVE: {Status.ENDED}, Status.ENDED: {Status.ACTIVE}}

    client = models.ForeignKey("clients.Client", on_delete=models.PROTECT, related_name="schedules")
    service_type = models.ForeignKey(ServiceType, on_delete=models.PROTECT, related_name="schedules")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.ACTIVE)
    rule = models.CharField(max_length=200, help_text=_("RFC 5545 recurrence rule without DTSTART."))
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True, help_text=_("Last day on which a visit may start."))
    start_time = models.TimeField(help_text=_("Branch local time."))
    duration_minutes = models.PositiveSmallIntegerField(validators=[MinValueValidator(5), MaxValueValidator(24 * 60)])
    head_count = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(4)],
        help_text=_("Caregivers needed at the same time."),
    )
    note = models.CharField(max_length=300, blank=True)
    continues = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="continued_by"
    )
    materialised_until = models.DateField(null=True, blank=True, help_text=_("Visits exist up to this day, inclusive."))
    created_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["client", "start_time"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(duration_minutes__gte=5, duration_minutes__lte=1440),
                name="schedule_duration_sane",
                violation_error_message=_("A visit lasts between 5 minutes and 24 hours."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client} {self.service_type} {self.start_time:%H:%M}"

    @property
    def sentence(self) -> str:
        """Mon, Wed and Fri at 08:00, every 2 weeks."""
        return recurrence.sentence(self.rule, self.start_time)

    def get_absolute_url(self) -> str:
        return reverse("scheduling:schedule-detail", args=[self.pk])


class AssignmentRule(models.Model):
    """Who regularly takes which weekdays of a pattern, from a day until a day; lives on after the horizon."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="assignment_rules")
    member = models.ForeignKey("staff.Member", on_delete=models.PROTECT, related_name="assignment_rules")
    slot = models.PositiveSmallIntegerField(default=1, help_text=_("1 … head count."))
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(),
        default=list,
        blank=True,
        help_text=_("0 Monday … 6 Sunday; empty means all."),
    )
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    every_weeks = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(8)],
        help_text=_("1 every week, 2 every other week … 8; counted from the week of `since`."),
    )

    class Meta:
        ordering = ["schedule", "slot", "since"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(every_weeks__gte=1, every_weeks__lte=8),
                name="assignment_every_weeks_sane",
                violation_error_message=_("Choose every week up to every 8th week."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.member} from {self.since}"

    @property
    def sentence(self) -> str:
        """Mon and Thu, every 2 weeks, from Mon 23 Nov 2026."""
        words = [recurrence.listed([str(WEEKDAYS_ABBR[day]) for day in self.weekdays]) or str(_("all days"))]
        if self.every_weeks > 1:
            words.append(_("every %(n)s weeks") % {"n": self.every_weeks})
        return ", ".join([*words, _("from %(day)s") % {"day": date_format(self.since, "D j M Y")}])
