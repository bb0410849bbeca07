from __future__ import annotations

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from clients.models.client import ClientChild, ClientChildQuerySet


class AppointmentQuerySet(ClientChildQuerySet):
    def touching(self, first: dt.date, last: dt.date) -> AppointmentQuerySet:
        """Those that may take place on a local day from `first` to `last`."""
        over = Q(weekdays=[], starts_on__lt=first) | Q(ends_on__lt=first)
        return self.filter(starts_on__lte=last, cancelled_at=None).exclude(over)


class Appointment(ClientChild):
    """A client is with somebody outside the agency: doctor, dialysis, day centre; once or on weekdays."""

    class Kind(models.TextChoices):
        DOCTOR = "doctor", _("Doctor")
        DIALYSIS = "dialysis", _("Dialysis")
        DAY_CENTRE = "day_centre", _("Day centre")
        THERAPY = "therapy", _("Outside therapist")
        OTHER = "other", _("Other")

    class Escort(models.TextChoices):
        FAMILY = "family", _("Family takes the client")
        TRANSPORT = "transport", _("A transport service")
        CAREGIVER = "caregiver", _("Our caregiver goes along")
        ALONE = "alone", _("Goes alone")
        COMES = "comes", _("The provider comes to the home")
        OPEN = "open", _("Not settled yet")

    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="appointments")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.DOCTOR)
    provider = models.CharField(max_length=120)
    place = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    starts_on = models.DateField()
    start_time = models.TimeField(help_text=_("Branch local time."))
    duration_minutes = models.PositiveSmallIntegerField(
        default=60, validators=[MinValueValidator(5), MaxValueValidator(24 * 60)]
    )
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True, help_text=_("Empty: once."))
    every_weeks = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(8)])
    ends_on = models.DateField(null=True, blank=True)
    skipped = ArrayField(models.DateField(), default=list, blank=True, help_text=_("Days on which it is called off."))
    dropped = ArrayField(
        models.DateField(), default=list, blank=True, help_text=_("Days on which it took place until it was changed.")
    )
    escort = models.CharField(max_length=10, choices=Escort.choices, default=Escort.OPEN)
    escort_note = models.CharField(max_length=120, blank=True)
    visit = models.ForeignKey(
        "scheduling.Visit",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="appointments",
        help_text=_("The visit in which our caregiver goes along."),
    )
    note = models.CharField(max_length=300, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1, help_text=_("Grows with each change."))
    changed_at = models.DateTimeField(null=True, blank=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["starts_on", "start_time", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=models.F("starts_on")),
                name="appointment_days_in_order",
                violation_error_message=_("The last day is before the first."),
            ),
            models.CheckConstraint(
                condition=Q(duration_minutes__gte=5, duration_minutes__lte=24 * 60), name="appointment_within_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} {self.starts_on}"

    @property
    def repeats(self) -> str:
        """Mon, Wed, every 2 weeks; empty for a single one."""
        if not self.weekdays:
            return ""
        days = ", ".join(str(WEEKDAYS_ABBR[day]) for day in self.weekdays)
        if self.every_weeks == 1:
            return days
        return _("%(days)s, every %(n)s weeks") % {"days": days, "n": self.every_weeks}

    @property
    def is_in_the_way(self) -> bool:
        """Whether no visit can be then: not where our own caregiver goes along."""
        return self.escort != self.Escort.CAREGIVER
