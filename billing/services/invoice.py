"""Bills: drafted from open charges, issued with a gapless number as a snapshot, voided (which frees the charges).

Locks are always taken in the order charges, invoice, number, so that runs, single issues and un-approvals never
wait for each other in a circle.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import Charge, Invoice, InvoiceLine, InvoiceNumber, Payer
from billing.services.evv_hold import may_be_billed
from billing.services.snapshot import bill_from, bill_to
from clients.models import Client
from homecare.accounts.models import Branch, User
from homecare.audit.services.event import record
from homecare.clock import today
from homecare.errors import Conflict, DomainError
from homecare.jobs.models import Job
from homecare.money import ZERO, display, total

# What a line copies; a month of visits with all their columns would be ten times as much.
LINE_COLUMNS = [
    *("service_on", "code", "modifiers", "quantity", "unit", "unit_rate", "amount"),
    *(f"visit__{name}" for name in ("approved_starts_at", "starts_at", "approved_ends_at", "ends_at")),
    *("visit__service_type__name", "visit__caregiver__preferred_name", "visit__caregiver__first_name"),
]


def free_charges(charges: QuerySet[Charge]) -> QuerySet[Charge]:
    """Open charges that stand on no draft.

    An open one stands on no issued invoice: issuing bills it in the same transaction, and drafts are few where issued
    lines are years of them. `invoice_line_charge_once` is the judge when a line is made.
    """
    drafted = InvoiceLine.objects.filter(charge=OuterRef("pk"), is_live=True, invoice__status=Invoice.Status.DRAFT)
    return charges.filter(~Exists(drafted), status=Charge.Status.OPEN)


def _lock(charges: QuerySet[Charge]) -> None:
    list(charges.order_by("pk").select_for_update(of=("self",)).values_list("pk"))


@transaction.atomic
def build_draft(
    client: Client, payer: Payer, *, period_from: dt.date, period_to: dt.date, by: User, run: Job | None = None
) -> Invoice:
    """Puts the client's free open charges of the period (both days inclusive) for one payer on a draft.

    Judged under the charges' lock: what must be complete first and is not stays out (`evv_hold`).
    A draft of the same client, payer and period takes what is new, so a second call adds nothing twice.
    Raises DomainError when there is nothing to invoice.
    """
    if period_to < period_from:
        raise DomainError(_("The period ends before it begins. Check the two dates."), field="period_to")
    wanted = Charge.objects.filter(
        client=client, payer=payer, status=Charge.Status.OPEN, service_on__range=(period_from, period_to)
    )
    _lock(wanted)
    free = free_charges(wanted).filter(may_be_billed())
    lines = list(free.select_related("visit__service_type", "visit__caregiver").only(*LINE_COLUMNS))
    key = {"client": client, "payer": payer, "period_from": period_from, "period_to": period_to}
    draft = Invoice.objects.select_for_update(of=("self",)).filter(status=Invoice.Status.DRAFT, **key).first()
    if not lines:
        if draft is None:
            raise DomainError(_("There is nothing to invoice for this client, payer and period."))
        return draft
    if draft is None:
        draft = Invoice(branch_id=client.branch_id, run=run, client_name=client.full_name, **key)
        draft.bill_to = bill_to(client, payer)
        draft.save()
    InvoiceLine.objects.bulk_create(_line(draft, charge) for charge in lines)
    return _save_total(draft, "invoice.drafted", by=by)


def _save_total(draft: Invoice, action: str, *, by: User) -> Invoice:
    before = draft.total
    draft.total = draft.lines.aggregate(sum=Sum("amount"))["sum"] or ZERO
    draft.save(update_fields=["total"])
    record(action, draft, by=by, changes={"total": [before, draft.total]})
    return draft


def _line(invoice: Invoice, charge: Charge) -> InvoiceLine:
    """A copy of what the charge says, with the approved times and the caregiver's first name."""
    visit = charge.visit
    caregiver = visit.caregiver
    return InvoiceLine(
        invoice=invoice,
        charge=charge,
        service_on=charge.service_on,
        description=visit.service_type.name,
        caregiver_name=(caregiver.preferred_name or caregiver.first_name) if caregiver else "",
        starts_at=visit.approved_starts_at or visit.starts_at,
        ends_at=visit.approved_ends_at or visit.ends_at,
        code=" ".join([charge.code, *charge.modifiers]).strip()[:20],
        quantity=charge.quantity,
        unit=charge.unit,
        unit_rate=charge.unit_rate,
        amount=charge.amount,
    )


def _next_number(branch: Branch, year: int) -> str:
    """The next number of branch and year. Its row stays locked until the caller commits: no gap, no repeat."""
    table = connection.ops.quote_name(InvoiceNumber._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} AS n (branch_id, year, last) VALUES (%s, %s, 1) "  # noqa: S608 - our own table name
            "ON CONFLICT (branch_id, year) DO UPDATE SET last = n.last + 1 RETURNING last",
            [branch.pk, year],
        )
        last = cursor.fetchone()[0]
    return f"{branch.code}-{year}-{last:05}"


@transaction.atomic
def issue_invoice(invoice: Invoice, *, by: User) -> Invoice:
    """Gives a draft its number, dates, addressee and agency for good; its charges are billed. An issued one comes back.

    Due `payer.terms_days` after the branch's local day. Raises DomainError for a draft without lines.
    """
    _lock(Charge.objects.filter(lines__invoice=invoice))
    row = Invoice.locked(invoice.pk, "client", "payer", "branch")
    if row.status == Invoice.Status.ISSUED:
        return row
    row.move_to(Invoice.Status.ISSUED)
    lines = list(row.lines.all())
    if not lines:
        raise DomainError(_("This draft has no lines left. Discard it; its visits are on the unbilled list."))
    if Charge.objects.filter(lines__invoice=row).exclude(may_be_billed()).exists():
        raise Conflict(_("A visit of this draft is held: its record is not complete. Discard the draft, make it anew."))
    billed = Charge.objects.filter(pk__in=[line.charge_id for line in lines], status=Charge.Status.OPEN)
    if billed.update(status=Charge.Status.BILLED) != len(lines):
        raise Conflict(_("A visit of this draft has just changed. Discard the draft and make it anew."))
    row.total = total(line.amount for line in lines)
    row.client_name = row.client.full_name
    row.bill_to, row.bill_from = bill_to(row.client, row.payer), bill_from(row.branch)
    row.issued_on = today(row.branch.time_zone)
    row.due_on = row.issued_on + dt.timedelta(days=row.payer.terms_days)
    row.number = _next_number(row.branch, row.issued_on.year)
    row.save(update_fields=["status", "total", "client_name", "bill_to", "bill_from", "issued_on", "due_on", "number"])
    record("invoice.issued", row, by=by, changes={"number": row.number, "total": row.total, "due_on": row.due_on})
    return row


@transaction.atomic
def void_invoice(invoice: Invoice, *, reason: str, by: User) -> Invoice:
    """Takes an issued invoice back; its number stays used and its charges are open again. A void one comes back.

    Raises DomainError without a reason or while a payment settles a part of it.
    """
    reason = reason.strip()
    if not reason:
        raise DomainError(_("Say why the invoice is void; the reason is kept with it."), field="reason")
    _lock(Charge.objects.filter(lines__invoice=invoice))
    row = Invoice.locked(invoice.pk)
    if row.status == Invoice.Status.VOID:
        return row
    row.move_to(Invoice.Status.VOID)
    paid = row.allocations.filter(payment__voided_at=None).aggregate(sum=Sum("amount"))["sum"]
    if paid:
        text = _("Payments of %(amount)s settle this invoice. Void those payments first, then enter them anew.")
        raise Conflict(text % {"amount": display(paid)})
    row.voided_at, row.void_reason = timezone.now(), reason[:200]
    row.save(update_fields=["status", "voided_at", "void_reason"])
    row.lines.filter(is_live=True).update(is_live=False)
    Charge.objects.filter(lines__invoice=row, status=Charge.Status.BILLED).update(status=Charge.Status.OPEN)
    row.links.filter(revoked_at=None).update(revoked_at=row.voided_at)
    record("invoice.voided", row, by=by, reason=reason)
    return row


@transaction.atomic
def discard_draft(invoice: Invoice, *, by: User) -> None:
    """Throws a draft away; it never had a number. Its charges are free for another invoice."""
    row = Invoice.objects.select_for_update(of=("self",)).filter(pk=invoice.pk).first()
    if row is None:
        return
    if row.status != Invoice.Status.DRAFT:
        raise Conflict(_("This invoice is issued, so it is kept. Void it instead; its visits are then free again."))
    record("invoice.discarded", row, by=by, changes={"total": row.total, "lines": row.lines.count()})
    row.lines.all().delete()
    row.delete()
