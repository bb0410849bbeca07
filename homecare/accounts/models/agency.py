from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.validators import RegexValidator, URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models.scope import ScopedQuerySet

hex_colour = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Enter a colour like #1a6b54."))


class Agency(models.Model):
    """The one agency of this installation: its name on pages and invoices and its agency-wide settings."""

    name = models.CharField(max_length=120, default="Homecare")
    legal_name = models.CharField(max_length=160, blank=True)
    brand_colour = models.CharField(max_length=7, default="#1a6b54", validators=[hex_colour])
    line1 = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=2, blank=True)
    postal_code = models.CharField(max_length=10, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    email = models.EmailField(blank=True)
    website = models.CharField(max_length=200, blank=True, validators=[URLValidator(["https", "http"])])
    npi = models.CharField("NPI", max_length=10, blank=True)
    ein = models.CharField("EIN", max_length=10, blank=True)
    rule_severities = models.JSONField(default=dict, blank=True, help_text=_("Rule code → block, warn or off."))
    rule_numbers = models.JSONField(
        default=dict, blank=True, help_text=_("Rule code → the numbers that differ from the rule's own.")
    )
    matching_weights = models.JSONField(
        default=dict, blank=True, help_text=_("Factor of a suggestion → points, where they differ from its own.")
    )
    grace_minutes = models.PositiveSmallIntegerField(default=15, help_text=_("After this a visit not started is late."))
    missed_after_minutes = models.PositiveSmallIntegerField(
        default=60, help_text=_("After this a visit not started is reported again, also to those who lead.")
    )
    compliance_target_percent = models.PositiveSmallIntegerField(
        default=90, help_text=_("Share of visits to be verified without a manual edit; Oklahoma asks for 90.")
    )
    geofence_metres = models.PositiveIntegerField(default=400)
    travel_speed_kmh = models.PositiveSmallIntegerField(
        default=30, help_text=_("Door to door, for straight-line travel times.")
    )
    travel_factor = models.DecimalField(
        max_digits=3,
        decimal_places=2,
        default=Decimal("1.00"),
        help_text=_("How much longer roads are than the straight line; 1.00 when the speed already counts them."),
    )
    reminder_hour = models.PositiveSmallIntegerField(
        default=18, help_text=_("Local hour at which caregivers hear about tomorrow.")
    )

    require_second_factor = models.BooleanField(
        default=False, help_text=_("Office people must set up two-step sign-in before they go on.")
    )

    class Meta:
        verbose_name_plural = "agencies"
        permissions = [
            ("see_branch_rows", "Sees all rows of the own branches (office)"),
            ("view_today", "Uses the office Today page"),
            ("view_dashboard", "Reads the manager's dashboard"),
            ("use_search", "Uses the office search"),
        ]
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="agency_is_single")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> Agency:
        """The agency, made with defaults on first use."""
        return cls.objects.get_or_create(pk=1)[0]


class BranchQuerySet(ScopedQuerySet):
    branch_path = "id"

    def of_person(self, user: Any) -> BranchQuerySet:
        return self.filter(pk__in=user.branch_ids)


class Branch(models.Model):
    """An office with its own time zone, licence and staff. Local rules (days, hours, holidays) are this zone's."""

    name = models.CharField(max_length=80, unique=True)
    code = models.CharField(max_length=8, unique=True, help_text=_("Leads the invoice numbers, for example BOS."))
    time_zone = models.CharField(max_length=64, default="America/New_York")
    line1 = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=2, blank=True)
    postal_code = models.CharField(max_length=10, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    email = models.EmailField(blank=True)
    licence_number = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)
    published_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("Caregivers see their visits up to here; empty: every visit at once."),
    )

    objects = BranchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "branches"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Holiday(models.Model):
    """A day a branch keeps as a holiday; pay and bill multipliers and schedules look here."""

    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="holidays")
    on = models.DateField()
    name = models.CharField(max_length=80)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["on"]
        constraints = [models.UniqueConstraint(fields=["branch", "on"], name="holiday_once_per_branch")]

    def __str__(self) -> str:
        return f"{self.name} {self.on}"
