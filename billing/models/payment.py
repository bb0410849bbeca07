from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet
from homecare.errors import CONSTRAINT_SENTENCES
from homecare.money import ZERO


class PaymentQuerySet(ScopedQuerySet):
    def live(self) -> PaymentQuerySet:
        return self.filter(voided_at=None)

    def with_unapplied(self) -> PaymentQuerySet:
        """Adds `applied` and `unapplied` (credit); one query whatever the number of rows."""
        money = models.DecimalField(max_digits=12, decimal_places=2)
        applied = (
            Allocation.objects.filter(payment=models.OuterRef("pk"))
            .order_by()
            .values("payment")
            .annotate(sum=models.Sum("amount"))
            .values("sum")
        )
        return self.annotate(
            applied=Coalesce(models.Subquery(applied, output_field=money), ZERO, output_field=money)
        ).annotate(
            unapplied=models.Case(
                models.When(voided_at=None, then=models.F("amount") - models.F("applied")),
                default=ZERO,
                output_field=money,
            )
        )


class Payment(models.Model):
    """Money received. Posted payments never change (database trigger); a mistake is voided and entered anew."""

    class Method(models.TextChoices):
        CHECK = "check", _("Check")
        ACH = "ach", _("Bank transfer (ACH)")
        CARD = "card", _("Card")
        CASH = "cash", _("Cash")
        OTHER = "other", _("Other")

    branch = models.ForeignKey("accounts.Branch", on_delete=models.PROTECT, related_name="payments")
    payer = models.ForeignKey("billing.Payer", on_delete=models.PROTECT, related_name="payments")
    client = models.ForeignKey(
        "clients.Client", null=True, blank=True, on_delete=models.PROTECT, related_name="payments"
    )
    amount = models.DecimalField(max_digits=12, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))])
    method = models.CharField(max_length=8, choices=Method.choices)
    reference = models.CharField(max_length=60, blank=True, help_text=_("Check number or transfer reference."))
    received_on = models.DateField()
    entered_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    submission_key = models.UUIDField(
        unique=True, help_text=_("Made with the form, so that sending it twice records it once.")
    )
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        ordering = ["-received_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount__gt=0),
                name="payment_positive",
                violation_error_message=_("Enter an amount above zero."),
            )
        ]

    def __str__(self) -> str:
        return f"Payment {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("billing:payment-detail", args=[self.pk])

    @classmethod
    def locked(cls, pk: Any) -> Payment:
        """The row, read fresh under FOR UPDATE; call inside a transaction."""
        return cls._default_manager.select_for_update(of=("self",)).get(pk=pk)

    @property
    def status(self) -> str:
        """For the look of lists: a payment is posted or void."""
        return "void" if self.voided_at else "posted"

    def get_status_display(self) -> Any:
        return _("Void") if self.voided_at else _("Posted")


class Allocation(models.Model):
    """The part of a payment that settles one invoice: never more than was received, never more than is owed."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="allocations")
    invoice = models.ForeignKey("billing.Invoice", on_delete=models.PROTECT, related_name="allocations")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["payment", "invoice"], name="allocation_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="allocation_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.payment_id} to {self.invoice_id}"


CONSTRAINT_SENTENCES["allocation_within_payment"] = (
    "The amounts given to invoices are more than was received. Lower one of them."
)
CONSTRAINT_SENTENCES["allocation_within_invoice"] = (
    "That is more than an invoice still owes; another payment may have come in. Reload to see the balances."
)
CONSTRAINT_SENTENCES["allocation_between_live"] = (
    "Only a payment that is not void settles an invoice, and only an issued one. Reload to see their present state."
)
CONSTRAINT_SENTENCES["allocation_once"] = "This payment already settles a part of that invoice."
