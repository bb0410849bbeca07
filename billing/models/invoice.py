from __future__ import annotations

import datetime as dt
import secrets
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from homecare.accounts.models import ScopedQuerySet
from homecare.errors import CONSTRAINT_SENTENCES
from homecare.money import ZERO
from homecare.status import StatusModel


class InvoiceQuerySet(ScopedQuerySet):
    def of_person(self, user: Any) -> InvoiceQuerySet:
        """A family sees the issued invoices addressed to its client."""
        return self.filter(
            client__in=Client.objects.visible_to(user), payer__bills_client=True, status=Invoice.Status.ISSUED
        )

    def with_balance(self) -> InvoiceQuerySet:
        """Adds `paid` and `balance`; one query whatever the number of rows."""
        from billing.models.payment import Allocation

        paid = (
            Allocation.objects.filter(invoice=models.OuterRef("pk"), payment__voided_at=None)
            .order_by()
            .values("invoice")
            .annotate(sum=models.Sum("amount"))
            .values("sum")
        )
        money = models.DecimalField(max_digits=12, decimal_places=2)
        return self.annotate(
            paid=Coalesce(models.Subquery(paid, output_field=money), ZERO, output_field=money)
        ).annotate(
            balance=models.Case(
                models.When(status=Invoice.Status.ISSUED, then=models.F("total") - models.F("paid")),
                default=ZERO,
                output_field=money,
            )
        )

    def outstanding(self) -> InvoiceQuerySet:
        return self.filter(status=Invoice.Status.ISSUED).with_balance().filter(balance__gt=0)

    def overdue(self, today: dt.date) -> InvoiceQuerySet:
        return self.outstanding().filter(due_on__lt=today)


class Invoice(StatusModel):
    """A bill. Once issued it is a snapshot: never edited, never deleted (database trigger); voiding frees its charges.

    `number` is given when issued, gapless per branch. `bill_to`, `bill_from` and
    `client_name` are copies as of that day, so that a reprint looks as what was sent.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ISSUED = "issued", _("Issued")
        VOID = "void", _("Void")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.DRAFT: {Status.ISSUED},
        Status.ISSUED: {Status.VOID},
    }

    branch = models.ForeignKey("accounts.Branch", on_delete=models.PROTECT, related_name="invoices")
    client = models.ForeignKey("clients.Client", on_delete=models.PROTECT, related_name="invoices")
    payer = models.ForeignKey("billing.Payer", on_delete=models.PROTECT, related_name="invoices")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.DRAFT)
    number = models.CharField(
        max_length=20, null=True, blank=True, unique=True, help_text=_("For example BOS-2026-00042.")
    )
    period_from = models.DateField()
    period_to = models.DateField(help_text=_("Last day, inclusive."))
    issued_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    total = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal("0.00"))
    bill_to = models.JSONField(default=dict, help_text=_("name, lines, email as of the day of issue."))
    bill_from = models.JSONField(
        default=dict, help_text=_("The agency and branch as of the day of issue: name, lines, ein, npi, colour …")
    )
    client_name = models.CharField(max_length=160, blank=True)
    run = models.ForeignKey("jobs.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=200, blank=True)
    emailed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["-issued_on", "-id"]
        permissions = [
            ("run_invoices", "Starts an invoice run"),
            ("issue_invoice", "Issues invoices"),
            ("void_invoice", "Voids invoices"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="draft", number=None)
                | models.Q(
                    status__in=["issued", "void"], number__isnull=False, issued_on__isnull=False, due_on__isnull=False
                ),
                name="invoice_issued_with_number",
            ),
            models.UniqueConstraint(
                fields=["client", "payer", "period_from", "period_to"],
                condition=models.Q(status="draft"),
                name="invoice_one_draft_per_period",
            ),
        ]
        indexes = [models.Index(fields=["branch", "status", "due_on"], name="invoice_by_branch")]

    def __str__(self) -> str:
        return self.number or f"Draft {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("billing:invoice-detail", args=[self.pk])


class InvoiceLine(models.Model):
    """One visit on the bill, copied from its charge. A charge stands on at most one live line."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    charge = models.ForeignKey("billing.Charge", on_delete=models.PROTECT, related_name="lines")
    is_live = models.BooleanField(default=True, help_text=_("False once the invoice is void."))
    service_on = models.DateField()
    description = models.CharField(max_length=160)
    caregiver_name = models.CharField(max_length=80, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    code = models.CharField(max_length=20, blank=True)
    quantity = models.DecimalField(max_digits=9, decimal_places=4)
    unit = models.CharField(max_length=8)
    unit_rate = models.DecimalField(max_digits=10, decimal_places=4)
    amount = models.DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        ordering = ["service_on", "starts_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["charge"],
                condition=models.Q(is_live=True),
                name="invoice_line_charge_once",
                violation_error_message=_("This visit already stands on an invoice."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.service_on} {self.description}"


class InvoiceNumber(models.Model):
    """The last number given by a branch in a year; its row lock makes numbers gapless and unrepeated."""

    branch = models.ForeignKey("accounts.Branch", on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["branch", "year"], name="invoice_number_row_once")]

    def __str__(self) -> str:
        return f"{self.branch.code} {self.year}: {self.last}"


class InvoiceLinkQuerySet(ScopedQuerySet):
    branch_path = "invoice__branch_id"

    def live(self) -> InvoiceLinkQuerySet:
        """Opens its invoice: issued or void meanwhile, not revoked, not expired."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())

    def due(self) -> InvoiceLinkQuerySet:
        """Mails that wait to be sent."""
        return self.live().filter(sent_at=None, send_after__lte=timezone.now(), attempts__lt=8).exclude(sent_to="")


def new_nonce() -> str:
    return secrets.token_hex(16)


class InvoiceLink(models.Model):
    """A signed address under which the person billed reads one invoice without an account; expires, can be revoked."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="links")
    nonce = models.CharField(max_length=32, default=new_nonce, editable=False)
    digest = models.CharField(max_length=64, unique=True, null=True, editable=False)
    sent_to = models.EmailField(blank=True)
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_read_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    send_after = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = InvoiceLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["send_after"], condition=models.Q(sent_at=None), name="invoice_link_due")]

    def __str__(self) -> str:
        return f"Link to {self.invoice}"


CONSTRAINT_SENTENCES["invoice_line_charge_once"] = (
    "One of these visits has just been put on another invoice. Reload the page to see what is still unbilled."
)
CONSTRAINT_SENTENCES["invoice_one_draft_per_period"] = (
    "There is already a draft for this client, payer and period. Open it or discard it first."
)
