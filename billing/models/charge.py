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
            # With all that the unbilled list adds up, so that it reads the index alone.
            models.Index(
                fields=["payer", "client", "service_on"],
                include=["id", "amount", "visit"],
                condition=models.Q(status="open"),
                name="charge_unbilled",
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


class EvvReleaseQuerySet(ScopedQuerySet):
    branch_path = "visit__branch_id"

    def in_force(self) -> EvvReleaseQuerySet:
        return self.filter(lapsed_at=None)


class EvvRelease(models.Model):
    """A person answers for billing a visit whose electronic record lacks an element, with the reason.

    It is about the visit as it was approved: a trigger ends it when the approval is taken back or its times change."""

    visit = models.ForeignKey("scheduling.Visit", on_delete=models.PROTECT, related_name="evv_releases")
    missing = ArrayField(models.CharField(max_length=80), help_text=_("What was missing, as the person read it."))
    reason = models.CharField(max_length=200)
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    lapsed_at = models.DateTimeField(null=True, blank=True)

    objects = EvvReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        permissions = [("release_incomplete", "Releases a visit for billing whose record is incomplete")]
        constraints = [
            models.UniqueConstraint(
                fields=["visit"], condition=models.Q(lapsed_at=None), name="evv_release_once_per_approval"
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="evv_release_says_why"),
        ]

    def __str__(self) -> str:
        return f"Release of visit {self.visit_id}"

    @property
    def branch_id(self) -> int:
        return self.visit.branch_id


CONSTRAINT_SENTENCES["evv_release_once_per_approval"] = "This visit is released for billing already. Reload the page."
CONSTRAINT_SENTENCES["charge_needs_complete_record"] = (
    "This visit is held: its payer asks for a complete electronic record. The unbilled list says what is missing."
)
CONSTRAINT_SENTENCES["charge_once_per_visit"] = "This visit is already charged. Reload the page to see its charge."
CONSTRAINT_SENTENCES["visit_already_billed"] = (
    "This visit stands on an issued invoice, so its approval and approved time cannot change. "
    "Void the invoice first; its visits are then free again."
)
