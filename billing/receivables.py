"""Who owes what, and since when: balances, aging and statements. Reads only, from the rows it is given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice, Payment
from homecare.money import ZERO

Basis = Literal["due_on", "issued_on"]
# (last day of the column, its heading); what is not yet due is in the first one.
COLUMNS: tuple[tuple[int, Any], ...] = ((30, "0–30"), (60, "31–60"), (90, "61–90"), (120, "91–120"), (10**6, ">120"))
HEADINGS = [heading for _last, heading in COLUMNS]


def column_of(days: int) -> int:
    """The aging column of so many days past the basis: 30 → 0, 31 → 1, 121 → 4; negative days → 0."""
    return next(number for number, (last, _heading) in enumerate(COLUMNS) if days <= last)


def days_of(column: int) -> tuple[int | None, int | None]:
    """(first, last) day of a column, None where it is open: 0 → (None, 30), 4 → (121, None)."""
    first = COLUMNS[column - 1][0] + 1 if column else None
    last = COLUMNS[column][0] if column < len(COLUMNS) - 1 else None
    return first, last


@dataclass
class AgingRow:
    """What one client or payer owes, by age."""

    key: int
    name: str
    amounts: list[Decimal] = field(default_factory=lambda: [ZERO] * len(COLUMNS))

    @property
    def total(self) -> Decimal:
        return sum(self.amounts, ZERO)


def aging(
    invoices: QuerySet[Invoice], *, today: dt.date, basis: Basis = "due_on", by: Literal["client", "payer"] = "client"
) -> list[AgingRow]:
    """One row per client or payer with a balance, the largest first; one query."""
    name = ("client__last_name", "client__first_name") if by == "client" else ("payer__name",)
    rows: dict[int, AgingRow] = {}
    outstanding = invoices.outstanding().order_by()  # type: ignore[attr-defined]
    for key, since, balance, *words in outstanding.values_list(f"{by}_id", basis, "balance", *name):
        row = rows.setdefault(key, AgingRow(key, ", ".join(words)))
        row.amounts[column_of((today - since).days)] += balance
    return sorted(rows.values(), key=lambda row: (-row.total, row.name))


def column_totals(rows: Iterable[AgingRow]) -> list[Decimal]:
    sums = [ZERO] * len(COLUMNS)
    for row in rows:
        sums = [one + other for one, other in zip(sums, row.amounts, strict=True)]
    return sums


@dataclass(frozen=True)
class Balance:
    """What is owed on issued invoices, how much of it is past due, and what payments are not given to any invoice."""

    owed: Decimal
    overdue: Decimal
    credit: Decimal

    @property
    def net(self) -> Decimal:
        return self.owed - self.credit


def balance(invoices: QuerySet[Invoice], payments: QuerySet[Payment], *, today: dt.date) -> Balance:
    """The balance of these rows, for example of one client's or one payer's invoices and payments; two queries."""
    owed = overdue = ZERO
    for due_on, amount in invoices.outstanding().order_by().values_list("due_on", "balance"):  # type: ignore[attr-defined]
        owed += amount
        overdue += amount if due_on < today else ZERO
    live = payments.live().with_unapplied().order_by()  # type: ignore[attr-defined]
    credit = sum(live.filter(unapplied__gt=0).values_list("unapplied", flat=True), ZERO)
    return Balance(owed, overdue, credit)


@dataclass(frozen=True)
class StatementLine:
    """One line of an account: an invoice adds, a payment takes away; `balance` is what is owed after it."""

    on: dt.date
    what: str
    reference: str
    amount: Decimal
    balance: Decimal
    url: str


@dataclass(frozen=True)
class Statement:
    opening: Decimal
    lines: list[StatementLine]
    closing: Decimal


def statement(invoices: QuerySet[Invoice], payments: QuerySet[Payment], *, since: dt.date, until: dt.date) -> Statement:
    """The account of these rows over a period (both days): opening balance, what moved it, closing balance.

    Voided documents are left out on both sides. Four queries.
    """
    bills = invoices.filter(status=Invoice.Status.ISSUED)
    money = payments.live()  # type: ignore[attr-defined]
    opening = _sum(bills.filter(issued_on__lt=since), "total") - _sum(money.filter(received_on__lt=since), "amount")
    moves: list[tuple[dt.date, int, str, str, Decimal, str]] = [
        (row.issued_on, 0, str(_("Invoice")), row.number or "", row.total, row.get_absolute_url())
        for row in bills.filter(issued_on__range=(since, until))
        if row.issued_on is not None
    ]
    moves += [
        (row.received_on, 1, str(_("Payment")), row.reference, -row.amount, row.get_absolute_url())
        for row in money.filter(received_on__range=(since, until))
    ]
    lines, running = [], opening
    for on, _rank, what, reference, amount, url in sorted(moves, key=lambda move: (*move[:2], move[3])):
        running += amount
        lines.append(StatementLine(on, what, reference, amount, running, url))
    return Statement(opening, lines, running)


def _sum(rows: QuerySet[Any], name: str) -> Decimal:
    return rows.order_by().aggregate(sum=Sum(name))["sum"] or ZERO
