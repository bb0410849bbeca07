from __future__ import annotations

import datetime as dt
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
from homecare.addresses import address
from homecare.status import StatusModel
from scheduling import recurrence
from staff.models import TaskCategory


class ServiceTypeQuerySet(ScopedQuerySet):
    branch_path = None


class ServiceType(models.Model):
    """A kind of visit the agency offers: what it needs from the caregiver and how it is shown.

    Never deleted, only switched off. How it is done and whether caregivers live in stay as they are once a visit of
    it has begun: travel, punches and hours of such visits are read with them.
    """

    class Mode(models.TextChoices):
        IN_PERSON = "in_person", _("In person")
        TELEPHONE = "telephone", _("By telephone")
        VIDEO = "video", _("By video")

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
    mode = models.CharField(
        max_length=9,
        choices=Mode.choices,
        default=Mode.IN_PERSON,
        help_text=_("By telephone or video nobody travels, and no place is verified."),
    )
    is_billable = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, editable=False, help_text=_("Grows with each change."))

    objects = ServiceTypeQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(colour__gte=1, colour__lte=8),
                name="service_type_colour_known",
                violation_error_message=_("Choose one of the eight colours of the board."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("scheduling:service-type-update", args=[self.pk])

    @property
    def category_labels(self) -> list[str]:
        """What a scope must cover in words, in the catalogue's order."""
        return [str(category.label) for category in TaskCategory if category.value in self.categories]

    @property
    def lives_in(self) -> bool:
        """Does the caregiver live with the client meanwhile? Rules about hours treat it apart."""
        return TaskCategory.LIVE_IN in self.categories

    @property
    def is_remote(self) -> bool:
        """Done by telephone or video: nobody goes anywhere."""
        return self.mode != self.Mode.IN_PERSON

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

    class Timing(models.TextChoices):
        EXACT = "exact", _("At this time")
        WINDOW = "window", _("Within a window, planned at this time")
        ANYTIME = "anytime", _("Any time that day, planned at this time")

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
    time_weight = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
        help_text=_("The client's part of the time where others share the visits."),
    )
    timing = models.CharField(max_length=8, choices=Timing.choices, default=Timing.EXACT)
    window_start = models.TimeField(null=True, blank=True, help_text=_("Earliest start, branch local time."))
    window_end = models.TimeField(null=True, blank=True, help_text=_("Latest start, branch local time."))
    skips_holidays = models.BooleanField(default=False, help_text=_("No visit on a holiday of the branch."))
    sleep_start = models.TimeField(null=True, blank=True, help_text=_("The caregiver may sleep from, local time."))
    sleep_end = models.TimeField(null=True, blank=True, help_text=_("The caregiver may sleep until, local time."))
    note = models.CharField(max_length=300, blank=True)
    handover_note = models.CharField(
        max_length=500, blank=True, help_text=_("What one caregiver tells the next when they take turns.")
    )
    group = models.UUIDField(
        null=True, blank=True, help_text=_("Patterns planned together: the several times of one day.")
    )
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
            models.CheckConstraint(
                condition=models.Q(timing="window", window_start__isnull=False, window_end__gt=models.F("window_start"))
                | (~models.Q(timing="window") & models.Q(window_start=None, window_end=None)),
                name="schedule_window_whole",
                violation_error_message=_("A window has an earliest and a later latest start."),
            ),
            models.CheckConstraint(
                condition=models.Q(sleep_start=None, sleep_end=None)
                | models.Q(sleep_start__isnull=False, sleep_end__isnull=False),
                name="schedule_sleep_whole",
                violation_error_message=_("Sleep has a beginning and an end."),
            ),
        ]
        indexes = [
            models.Index(fields=["group"], condition=models.Q(group__isnull=False), name="schedule_by_group"),
        ]

    def __str__(self) -> str:
        return f"{self.client} {self.service_type} {self.start_time:%H:%M}"

    @property
    def sentence(self) -> str:
        """Mon, Wed and Fri at 08:00, every 2 weeks; with the window or the sleep that goes with it."""
        words = [recurrence.sentence(self.rule, self.start_time)]
        if self.timing == self.Timing.WINDOW:
            words.append(
                _("between %(first)s and %(last)s")
                % {"first": _clock(self.window_start), "last": _clock(self.window_end)}
            )
        if self.timing == self.Timing.ANYTIME:
            words.append(str(_("any time that day")))
        if self.sleep_start is not None:
            words.append(
                _("sleep %(first)s–%(last)s") % {"first": _clock(self.sleep_start), "last": _clock(self.sleep_end)}
            )
        if self.skips_holidays:
            words.append(str(_("not on holidays")))
        return ", ".join(words)

    def get_absolute_url(self) -> str:
        return address("scheduling:schedule-detail", self.pk)


def _clock(time: dt.time | None) -> str:
    return f"{time:%H:%M}" if time is not None else ""


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
    days_on = models.PositiveSmallIntegerField(
        default=0, help_text=_("A rotation: so many days in a row from `since` …; 0 is none.")
    )
    days_off = models.PositiveSmallIntegerField(default=0, help_text=_("… then so many days off, and again."))
    rotation = models.ForeignKey(
        "scheduling.Rotation",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="lines",
        help_text=_("The rotation that wrote this line."),
    )

    class Meta:
        ordering = ["schedule", "slot", "since"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(every_weeks__gte=1, every_weeks__lte=8),
                name="assignment_every_weeks_sane",
                violation_error_message=_("Choose every week up to every 8th week."),
            ),
            models.CheckConstraint(
                condition=models.Q(days_on=0, days_off=0)
                | models.Q(days_on__gte=1, days_on__lte=60, days_off__gte=1, days_off__lte=180),
                name="assignment_rotation_whole",
                violation_error_message=_("A rotation has days on (up to 60) and days off (up to 180)."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} from {self.since}"

    @property
    def sentence(self) -> str:
        """Mon and Thu, every 2 weeks, from Mon 23 Nov 2026."""
        words = [recurrence.listed([str(WEEKDAYS_ABBR[day]) for day in self.weekdays]) or str(_("all days"))]
        if self.every_weeks > 1:
            words.append(_("every %(n)s weeks") % {"n": self.every_weeks})
        if self.days_on:
            words.append(_("%(on)s days on, %(off)s days off") % {"on": self.days_on, "off": self.days_off})
        return ", ".join([*words, _("from %(day)s") % {"day": date_format(self.since, "D j M Y")}])
