"""Money received: recorded once, given to invoices, the rest kept as credit; a mistake is voided and entered anew."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import Allocation, Invoice, Payer, Payment
from clients.models import Client
from homecare.accounts.models import Branch, User
from homecare.audit.services.event import record
from homecare.clock import today
from homecare.errors import Conflict, DomainError, readable
from homecare.money import ZERO, display, round_cents, total

Wanted = Mapping[int, Decimal]  # invoice id → amount


def record_payment(
    payer: Payer,
    amount: Decimal,
    *,
    branch: Branch,
    method: str,
    received_on: dt.date,
    submission_key: uuid.UUID,
    by: User,
    client: Client | None = None,
    reference: str = "",
    allocations: Wanted | None = None,
) -> Payment:
    """Records money from a payer (for one client, when given) and settles invoices with it.

    `allocations` says how much goes to which invoice; None settles the oldest due first. What is left is credit.
    The same `submission_key` again gives the payment back that it made. Raises DomainError when an amount is not
    possible, Conflict when somebody else settled the invoice meanwhile.
    """
    _check(amount, received_on, branch)
    fields = {"branch": branch, "payer": payer, "client": client, "amount": amount, "method": method}
    try:
        with transaction.atomic():
            payment = Payment.objects.create(
                received_on=received_on, reference=reference, entered_by=by, submission_key=submission_key, **fields
            )
            changes = {"amount": amount, "method": method, "reference": reference, "received_on": received_on}
            record("payment.recorded", payment, by=by, changes=changes)
            _settle(payment, allocations, by=by)
    except IntegrityError as error:
        twin = Payment.objects.filter(submission_key=submission_key).first()
        if twin is None:
            raise readable(error) from error
        return _same(twin, payer, amount)
    return payment


def _check(amount: Decimal, received_on: dt.date, branch: Branch) -> None:
    if amount != round_cents(amount) or amount <= ZERO:
        raise DomainError(_("Enter an amount above zero with at most two decimal places."), field="amount")
    if received_on > today(branch.time_zone):
        raise DomainError(
            _("The day of receipt is in the future. Enter the day the money came in."), field="received_on"
        )


def _same(twin: Payment, payer: Payer, amount: Decimal) -> Payment:
    if (twin.payer_id, twin.amount) != (payer.pk, amount):
        raise Conflict(_("This form was sent before with other values. Open the payment form anew."))
    return twin


@transaction.atomic
def apply_credit(payment: Payment, *, by: User, allocations: Wanted | None = None) -> Payment:
    """Gives what is left of a payment to invoices that came later; None settles the oldest due first."""
    row = Payment.locked(payment.pk)
    if row.voided_at is not None:
        raise Conflict(_("This payment is void; nothing of it is left."))
    if unapplied(row) <= ZERO:
        raise Conflict(_("Nothing is left of this payment; all of it settles invoices."))
    try:
        with transaction.atomic():
            _settle(row, allocations, by=by)
    except IntegrityError as error:
        raise readable(error) from error
    return row


def unapplied(payment: Payment) -> Decimal:
    """What of this payment settles no invoice yet; nothing of a void one."""
    if payment.voided_at is not None:
        return ZERO
    return payment.amount - (payment.allocations.aggregate(sum=Sum("amount"))["sum"] or ZERO)


def open_invoices(payer: Payer, *, branch: Branch, client: Client | None = None) -> QuerySet[Invoice]:
    """What a payment of this payer could settle, oldest due first, with balances."""
    rows = Invoice.objects.filter(payer=payer, branch=branch)
    if client is not None:
        rows = rows.filter(client=client)
    return rows.outstanding().order_by("due_on", "pk")


def _settle(payment: Payment, wanted: Wanted | None, *, by: User) -> None:
    """Locks the invoices in key order, then writes the allocations in that order; the trigger is the judge."""
    owed = open_invoices(payment.payer, branch=payment.branch, client=payment.client)
    if wanted is not None:
        wanted = {pk: amount for pk, amount in wanted.items() if amount}
        owed = owed.filter(pk__in=wanted)
    locked = Invoice.objects.select_for_update(of=("self",)).filter(pk__in=owed.values_list("pk", flat=True))
    list(locked.order_by("pk").values_list("pk"))
    taken = set(payment.allocations.values_list("invoice_id", flat=True))
    invoices = [invoice for invoice in owed.all() if invoice.pk not in taken]
    left = unapplied(payment)
    shares = _oldest_first(left, invoices) if wanted is None else _as_wanted(left, invoices, wanted)
    rows = [Allocation(payment=payment, invoice_id=pk, amount=amount) for pk, amount in sorted(shares.items())]
    Allocation.objects.bulk_create(rows)
    if shares:
        numbers = {invoice.pk: str(invoice.number) for invoice in invoices}
        record("payment.applied", payment, by=by, changes={numbers[pk]: str(shares[pk]) for pk in shares})


def _oldest_first(left: Decimal, invoices: list[Invoice]) -> dict[int, Decimal]:
    shares: dict[int, Decimal] = {}
    for invoice in invoices:
        share = min(left, invoice.balance)  # type: ignore[attr-defined]
        if share <= ZERO:
            break
        shares[invoice.pk] = share
        left -= share
    return shares


def _as_wanted(left: Decimal, invoices: list[Invoice], wanted: Wanted) -> dict[int, Decimal]:
    """Raises the readable error for the first amount that cannot be."""
    known = {invoice.pk: invoice for invoice in invoices}
    for pk, amount in wanted.items():
        invoice = known.get(pk)
        if invoice is None:
            raise Conflict(_("One of these invoices is no longer open for this payer. Reload to see the balances."))
        if amount < ZERO or amount != round_cents(amount):
            raise DomainError(_("Amounts for invoices are zero or more, with at most two decimal places."))
        if amount > invoice.balance:  # type: ignore[attr-defined]
            text = _(
                "Invoice %(number)s still owes %(balance)s. Give it no more than that; the rest can stay as credit."
            )
            balance = display(invoice.balance)  # type: ignore[attr-defined]
            raise DomainError(text % {"number": invoice.number, "balance": balance})
    if (given := total(wanted.values())) > left:
        text = _("You gave %(given)s to invoices, but only %(left)s is there. Lower one of the amounts.")
        raise DomainError(text % {"given": display(given), "left": display(left)}, field="amount")
    return dict(wanted)


@transaction.atomic
def void_payment(payment: Payment, *, reason: str, by: User) -> Payment:
    """Takes a payment back (bounced check, wrong payer): its invoices owe the money again. A void one comes back."""
    reason = reason.strip()
    if not reason:
        raise DomainError(_("Say why the payment is void; the reason is kept with it."), field="reason")
    row = Payment.locked(payment.pk)
    if row.voided_at is not None:
        return row
    row.voided_at, row.void_reason = timezone.now(), reason[:200]
    row.save(update_fields=["voided_at", "void_reason"])
    record("payment.voided", row, by=by, reason=reason)
    return row
