from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet
from homecare.errors import CONSTRAINT_SENTENCES
from homecare.status import StatusModel


class ChargeQuerySet(ScopedQuerySet):
    branch_path = "visit__branch_id"

    def unbilled(self) -> ChargeQuerySet:
        return self.filter(status=Charge.Status.OPEN)


class Charge(StatusModel):
    """What one approved visit costs one payer, exactly once: minutes, units by the payer's rounding, rate, amount."""

    class Status(models.TextChoices):
        OPEN = "open", _("Unbilled")
        BILLED = "billed", _("Billed")
        VOID = "void", _("Void")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.OPEN: {Status.BILLED, Status.VOID},
        Status.BILLED: {Status.OPEN},
    }

    visit = models.ForeignKey("scheduling.Visit", on_delete=models.PROTECT, related_name="charges")
    client = models.ForeignKey("clients.Client", on_delete=models.PROTECT, related_name="charges")
    payer = models.ForeignKey("billing.Payer", on_delete=models.PROTECT, related_name="charges")
    rate = models.ForeignKey("billing.Rate", on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    service_on = models.DateField(help_text=_("Branch local day on which the visit began."))
    minutes = models.PositiveIntegerField(help_text=_("Approved minutes."))
    quantity = models.DecimalField(max_digits=9, decimal_places=4, help_text=_("In the unit of the rate."))
    unit = models.CharField(max_length=8)
    unit_rate = models.DecimalField(max_digits=10, decimal_places=4)
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    rounding = models.CharField(max_length=10, help_text=_("Name of the rule that made the units."))
    code = models.CharField(max_length=10, blank=True)
    modifiers = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ChargeQuerySet.as_manager()

    class Meta:
        ordering = ["service_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["visit"],
                condition=~models.Q(status="void"),
                name="charge_once_per_visit",
                violation_error_message=_("This visit is already charged."),
            ),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="charge_not_negative"),
        ]
        indexes = [
            models.Index(
                fields=["payer", "client", "service_on"], condition=models.Q(status="open"), name="charge_unbilled"
            )
        ]

    def __str__(self) -> str:
        return f"Charge {self.pk}"


class UnchargedVisitQuerySet(ScopedQuerySet):
    branch_path = "visit__branch_id"


class UnchargedVisit(models.Model):
    """An approved visit of a billable service without a live charge: the biller's work list.

    Written by database triggers alone, when a visit is approved or un-approved and when its charge is made or
    void, so that what waits is found without reading years of visits.
    """

    visit = models.OneToOneField(
        "scheduling.Visit", primary_key=True, on_delete=models.CASCADE, related_name="uncharged"
    )
    since = models.DateTimeField(db_default=Now())

    objects = UnchargedVisitQuerySet.as_manager()

    class Meta:
        ordering = ["visit"]

    def __str__(self) -> str:
        return f"Visit {self.visit_id} waits for its charge"


CONSTRAINT_SENTENCES["charge_once_per_visit"] = "This visit is already charged. Reload the page to see its charge."
CONSTRAINT_SENTENCES["visit_already_billed"] = (
    "This visit stands on an issued invoice, so its approval and approved time cannot change. "
    "Void the invoice first; its visits are then free again."
)
