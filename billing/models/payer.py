from __future__ import annotations

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clients.models.client import ClientChildQuerySet
from homecare.accounts.models import ScopedQuerySet


class SharedQuerySet(ScopedQuerySet):
    branch_path = None


class Payer(models.Model):
    """Who pays: the client or family, Medicaid, an insurer, Veterans Affairs. Holds how minutes become units."""

    class Kind(models.TextChoices):
        PRIVATE = "private", _("Private pay")
        MEDICAID = "medicaid", _("Medicaid")
        LONG_TERM_CARE = "long_term_care", _("Long-term care insurance")
        VETERANS = "veterans", _("Veterans Affairs")

    class Rounding(models.TextChoices):
        """billing/units.py turns whole minutes into units by these names (STANDARDS 1.7)."""

        NEAREST8 = "nearest8", _("Quarter hours, 8 minutes round up")
        FLOOR = "floor", _("Full quarter hours only")
        CEIL = "ceil", _("Each begun quarter hour")
        EXACT = "exact", _("Exact minutes")

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    payer_id = models.CharField(max_length=40, blank=True, help_text=_("Electronic payer ID."))
    bills_client = models.BooleanField(
        default=False, help_text=_("Invoices are addressed to the client or family instead of this payer.")
    )
    line1 = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=2, blank=True)
    postal_code = models.CharField(max_length=10, blank=True)
    email = models.EmailField(blank=True)
    rounding = models.CharField(max_length=10, choices=Rounding.choices, default=Rounding.NEAREST8)
    terms_days = models.PositiveSmallIntegerField(default=14)
    needs_authorization = models.BooleanField(default=False)
    requires_evv = models.BooleanField(
        default=False,
        help_text=_("A visit is billed only when its electronic record has all six elements (21st Century Cures Act)."),
    )
    reason_set = models.CharField(
        max_length=40, blank=True, help_text=_("Which table of reason codes its visits use; empty: the default one.")
    )
    is_active = models.BooleanField(default=True)

    objects = SharedQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("billing:payer-detail", args=[self.pk])


class CoverageQuerySet(ClientChildQuerySet):
    def in_force(self, day: dt.date) -> CoverageQuerySet:
        return self.filter(models.Q(until=None) | models.Q(until__gte=day), since__lte=day)


class Coverage(models.Model):
    """This payer pays for this client from a day until a day; the lowest `priority` pays first."""

    client = models.ForeignKey("clients.Client", on_delete=models.PROTECT, related_name="coverages")
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="coverages")
    member_id = models.CharField(max_length=40, blank=True, help_text=_("The payer's number of the client."))
    priority = models.PositiveSmallIntegerField(default=1)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    objects = CoverageQuerySet.as_manager()

    class Meta:
        ordering = ["client", "priority"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "payer", "since"],
                name="coverage_once",
                violation_error_message=_("This coverage is already there."),
            ),
            models.CheckConstraint(
                condition=models.Q(until=None) | models.Q(until__gte=models.F("since")),
                name="coverage_ends_after_start",
                violation_error_message=_("The coverage ends before it begins."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client}: {self.payer}"


class RateQuerySet(SharedQuerySet):
    def in_force(self, day: dt.date) -> RateQuerySet:
        return self.filter(models.Q(until=None) | models.Q(until__gte=day), since__lte=day)


class Rate(models.Model):
    """What one unit of a service costs a payer from a day until a day, with the code that goes on the claim."""

    class Unit(models.TextChoices):
        HOUR = "hour", _("hour")
        QUARTER = "quarter", _("15 minutes")
        VISIT = "visit", _("visit")
        DAY = "day", _("day")

    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="rates")
    service_type = models.ForeignKey("scheduling.ServiceType", on_delete=models.PROTECT, related_name="rates")
    code = models.CharField(max_length=10, blank=True, help_text=_("HCPCS"))
    modifiers = ArrayField(models.CharField(max_length=2), default=list, blank=True, size=4)
    unit = models.CharField(max_length=8, choices=Unit.choices, default=Unit.HOUR)
    amount_rate = models.DecimalField(max_digits=10, decimal_places=4, validators=[MinValueValidator(0)])
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    objects = RateQuerySet.as_manager()

    class Meta:
        ordering = ["payer", "service_type", "-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["payer", "service_type", "since"],
                name="rate_once",
                violation_error_message=_("There is already a rate from that day."),
            ),
            models.CheckConstraint(condition=models.Q(amount_rate__gte=0), name="rate_not_negative"),
            models.CheckConstraint(
                condition=models.Q(until=None) | models.Q(until__gte=models.F("since")),
                name="rate_ends_after_start",
                violation_error_message=_("The rate ends before it begins."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payer} {self.service_type} {self.amount_rate}/{self.unit}"
