"""Payers, rates, coverage and authorizations; then charges, invoices and payments through the services billers use."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

from billing.models import Authorization, Coverage, Invoice, Payer, Payment, Rate, UnchargedVisit
from billing.services.charge import make_charges
from billing.services.invoice import build_draft, issue_invoice
from billing.services.invoice_run import RunScope, preview
from billing.services.payment import record_payment
from clients.models import Client
from homecare.accounts.models import Branch
from homecare.clock import at_local
from homecare.demo.agency import ZONE, Setting
from homecare.demo.past import on_day
from scheduling.models import ServiceType

HOURLY = {"PC": 34, "HOME": 30, "COMP": 29, "HHA": 36, "SN": 78, "PT": 92, "OT": 92, "LIVE": 24}
QUARTER_CODES = {
    "PC": ("T1019", "8.1200"),
    "HOME": ("S5130", "7.0500"),
    "COMP": ("S5135", "6.7400"),
    "HHA": ("G0156", "9.0500"),
    "SN": ("T1002", "18.4000"),
    "PT": ("97110", "21.7000"),
}


def build_payers(setting: Setting) -> dict[str, Payer]:
    rows = {
        "private": Payer(
            name="Private pay",
            kind=Payer.Kind.PRIVATE,
            bills_client=True,
            rounding=Payer.Rounding.NEAREST8,
            terms_days=14,
        ),
        "medicaid": Payer(
            name="MassHealth (Medicaid)",
            kind=Payer.Kind.MEDICAID,
            payer_id="DMA7384",
            line1="100 Hancock Street",
            city="Quincy",
            state="MA",
            postal_code="02171",
            terms_days=45,
            needs_authorization=True,
            requires_evv=True,
        ),
        "ltc": Payer(
            name="Beacon Long-Term Care",
            kind=Payer.Kind.LONG_TERM_CARE,
            payer_id="BLTC1",
            line1="1 Financial Center",
            city="Boston",
            state="MA",
            postal_code="02111",
            terms_days=30,
        ),
        "va": Payer(
            name="Veterans Affairs Community Care",
            kind=Payer.Kind.VETERANS,
            payer_id="VACCN",
            line1="150 South Huntington Avenue",
            city="Boston",
            state="MA",
            postal_code="02130",
            terms_days=30,
            needs_authorization=True,
        ),
    }
    Payer.objects.bulk_create(rows.values())
    services, since = {s.code: s for s in ServiceType.objects.all()}, setting.today - dt.timedelta(days=1000)
    rates = []
    for key, payer in rows.items():
        for code, service in services.items():
            if key in ("medicaid", "va") and code in QUARTER_CODES:
                hcpcs, amount = QUARTER_CODES[code]
                rates.append(
                    Rate(
                        payer=payer,
                        service_type=service,
                        code=hcpcs,
                        unit=Rate.Unit.QUARTER,
                        amount_rate=Decimal(amount),
                        since=since,
                    )
                )
            else:
                rates.append(
                    Rate(
                        payer=payer,
                        service_type=service,
                        unit=Rate.Unit.HOUR,
                        amount_rate=Decimal(HOURLY.get(code, 36)),
                        since=since,
                    )
                )
    Rate.objects.bulk_create(rates)
    return rows


def build_coverage(setting: Setting, clients: list[Client], payers: dict[str, Payer]) -> None:
    """Half pay themselves, a third are Medicaid's; one client in thirty has no payer yet."""
    keys = ["private", "medicaid", "private", "ltc", "medicaid", "private", "private", "va", "medicaid", "private"]
    since = setting.today - dt.timedelta(weeks=setting.weeks_past + 4)
    coverages, authorizations = [], []
    for number, client in enumerate(clients):
        if number % 30 == 29:
            continue
        payer = payers[keys[number % len(keys)]]
        coverages.append(
            Coverage(
                client=client, payer=payer, member_id="" if payer.bills_client else f"M{100000 + number}", since=since
            )
        )
        if payer.needs_authorization:
            authorizations += _authorizations(setting, client, payer, number)
    Coverage.objects.bulk_create(coverages)
    Authorization.objects.bulk_create(authorizations)


def _authorizations(setting: Setting, client: Client, payer: Payer, number: int) -> list[Authorization]:
    """One for each service with a code; every eighth client's personal care is nearly used up and soon ends."""
    since = setting.today - dt.timedelta(weeks=setting.weeks_past + 4)
    rows = []
    for service in ServiceType.objects.filter(code__in=QUARTER_CODES):
        is_near_its_end = number % 8 == 1 and service.code == "PC"
        weekly = 30 if is_near_its_end else 80
        rows.append(
            Authorization(
                client=client,
                payer=payer,
                service_type=service,
                number=f"PA-{setting.today.year}-{number + 1:04}-{service.code}",
                starts_on=since,
                ends_on=setting.today + dt.timedelta(days=12 if is_near_its_end else 140),
                total_units=weekly * (setting.weeks_past + 20),
                weekly_units=weekly,
            )
        )
    return rows


def build_billing(setting: Setting, months: int) -> None:
    """The last months charged and invoiced here, older invoices paid, some in part, some not.

    What was before that the agency billed in the system it came from.
    """
    biller = setting.users["biller"]
    first = setting.today.replace(day=1)
    moved_on = at_local(_month_before(first, months), dt.time(), ZONE)
    UnchargedVisit.objects.filter(visit__starts_at__lt=moved_on).delete()
    make_charges(by=biller)
    for back in range(months, 0, -1):
        starts = _month_before(first, back)
        ends = _month_before(first, back - 1) - dt.timedelta(days=1)
        for branch in setting.branches.values():
            _bill_month(setting, branch, starts, ends)
    for number, invoice in enumerate(Invoice.objects.filter(status=Invoice.Status.ISSUED).order_by("pk")):
        _pay(setting, invoice, number)


def _month_before(first: dt.date, months: int) -> dt.date:
    index = first.year * 12 + first.month - 1 - months
    return dt.date(index // 12, index % 12 + 1, 1)


def _bill_month(setting: Setting, branch: Branch, starts: dt.date, ends: dt.date) -> None:
    """As the biller would have done it three days after the month."""
    biller = setting.users["biller"]
    scope = RunScope(branch, starts, ends)
    clients = Client.objects.in_bulk()
    payers = Payer.objects.in_bulk()
    with on_day(min(ends + dt.timedelta(days=3), setting.today)):
        for group in preview(scope):
            draft = build_draft(
                clients[group["client_id"]], payers[group["payer_id"]], period_from=starts, period_to=ends, by=biller
            )
            issue_invoice(draft, by=biller)


def _pay(setting: Setting, invoice: Invoice, number: int) -> None:
    issued_on = invoice.issued_on or setting.today
    age = (setting.today - issued_on).days
    if (age < 20 and number % 3) or number % 11 == 10:
        return
    part = Decimal("0.5") if number % 7 == 3 else Decimal(1)
    amount = (invoice.total * part).quantize(Decimal("0.01"))
    record_payment(
        payer=invoice.payer,
        branch=invoice.branch,
        client=invoice.client if invoice.payer.bills_client else None,
        amount=amount,
        method=Payment.Method.ACH if number % 2 else Payment.Method.CHECK,
        reference=str(40210 + number),
        received_on=min(issued_on + dt.timedelta(days=9), setting.today),
        allocations={invoice.pk: amount},
        submission_key=uuid.uuid5(uuid.NAMESPACE_URL, f"demo-payment-{number}"),
        by=setting.users["biller"],
    )
