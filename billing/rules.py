"""What the payer's side says to a placement (settings.PLACEMENT_RULES)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.units import quantity, quarter_units
from homecare.dates import written
from homecare.money import ZERO, display, line_amount
from scheduling.facts import Facts, fetch
from scheduling.placement import Finding, Number, Placement, Rule, Severity, Subject
from scheduling.wording import day

if TYPE_CHECKING:
    from scheduling.rules.stage import Stage


# One row per authorization, local week and length of visit: the rounding to units is Python's (billing/units.py).
PLANNED = """
SELECT a.id, a.client_id, a.service_type_id,
       a.number, a.starts_on, a.ends_on, a.total_units, a.weekly_units, p.rounding,
       date_trunc('week', v.starts_at AT TIME ZONE b.time_zone)::date,
       (extract(epoch FROM v.ends_at - v.starts_at) / 60 * v.time_weight / v.time_total)::int, count(v.id)
FROM billing_authorization a
JOIN billing_payer p ON p.id = a.payer_id
JOIN clients_client c ON c.id = a.client_id
JOIN accounts_branch b ON b.id = c.branch_id
LEFT JOIN scheduling_visit v ON v.client_id = a.client_id AND v.service_type_id = a.service_type_id
     AND v.starts_at >= a.starts_on::timestamp AT TIME ZONE b.time_zone
     AND v.starts_at < (a.ends_on + 1)::timestamp AT TIME ZONE b.time_zone
     AND v.status NOT IN ('cancelled', 'missed') AND NOT v.id = ANY(%s::bigint[])
WHERE a.client_id = ANY(%s::bigint[]) AND a.service_type_id = ANY(%s::bigint[])
      AND a.starts_on <= %s AND a.ends_on >= %s
GROUP BY a.id, p.rounding, 10, 11
"""
COVERAGE = """
SELECT c.client_id, p.name, c.since, c.until FROM billing_coverage c JOIN billing_payer p ON p.id = c.payer_id
WHERE c.client_id = ANY(%s::bigint[]) ORDER BY c.since
"""
# What a visit of the client may cost: each payer in the order in which they pay, with the rates of its services.
TARIFF = """
SELECT c.client_id, c.id, r.service_type_id, c.since, c.until, p.rounding, r.unit, r.amount_rate, r.since, r.until
FROM billing_coverage c JOIN billing_payer p ON p.id = c.payer_id LEFT JOIN billing_rate r ON r.payer_id = p.id
WHERE c.client_id = ANY(%s::bigint[])
ORDER BY c.priority, c.since DESC, c.id DESC, r.since DESC, r.id DESC
"""
MONTHLY = """
SELECT v.client_id, v.service_type_id, (v.starts_at AT TIME ZONE b.time_zone)::date,
       coalesce(v.approved_minutes,
                (extract(epoch FROM v.ends_at - v.starts_at) / 60 * v.time_weight / v.time_total)::int), count(*)
FROM scheduling_visit v
JOIN accounts_branch b ON b.id = v.branch_id
JOIN scheduling_servicetype s ON s.id = v.service_type_id AND s.is_billable
WHERE v.client_id = ANY(%s::bigint[])
      AND v.starts_at >= %s::date::timestamp AT TIME ZONE b.time_zone
      AND v.starts_at < %s::date::timestamp AT TIME ZONE b.time_zone
      AND v.status NOT IN ('cancelled', 'missed') AND NOT v.id = ANY(%s::bigint[])
GROUP BY 1, 2, 3, 4
"""
MONTH = "F Y"


@dataclass
class Allowance:
    """An authorization and the 15-minute units its visits already use, in all and by week from Monday."""

    number: str
    starts_on: dt.date
    ends_on: dt.date
    total_units: int
    weekly_units: int | None
    rounding: str
    used: int = 0
    by_week: dict[dt.date, int] = field(default_factory=lambda: defaultdict(int))

    def units(self, minutes: int) -> int:
        return quarter_units(minutes, self.rounding)

    def take(self, monday: dt.date, units: int) -> None:
        self.used += units
        self.by_week[monday] += units


class AuthorizationUnits(Rule):
    """Planned visits stay within what the payer authorized, for the whole period and for each week from Monday."""

    code = "authorization"
    label = gettext_lazy("Over the authorized units")
    meaning = gettext_lazy(
        "The planned visits stay within the units the payer authorized, for the whole period and for each week, "
        "counted with the payer's own rounding."
    )
    remedy = gettext_lazy("Ask the payer for more units, or plan fewer visits.")
    subject = Subject.MONEY
    of_each_client = True
    default_severity = Severity.WARN
    about_member = False
    is_about_visit = True

    @classmethod
    def load(cls, facts: Facts) -> dict[tuple[int, int], list[Allowance]]:
        found: dict[tuple[int, int], list[Allowance]] = defaultdict(list)
        if not facts.placements:
            return found
        first, last = facts.days
        services = {p.service_type_id for p in facts.each_client}
        allowances: dict[int, Allowance] = {}
        rows = fetch(PLANNED, list(facts.visit_ids), list(facts.client_ids), list(services), last, first)
        for pk, client_id, service_type_id, *terms, monday, minutes, count in rows:
            if pk not in allowances:
                allowances[pk] = Allowance(*terms)
                found[client_id, service_type_id].append(allowances[pk])
            if count:
                allowances[pk].take(monday, allowances[pk].units(minutes) * count)
        return found

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        for allowance in self._in_force(placement, facts):
            units, monday = allowance.units(placement.care_minutes), facts.monday(placement)
            total, weekly = allowance.used + units, allowance.by_week.get(monday, 0) + units
            if total > allowance.total_units:
                return self.finding(
                    _("Authorization %(number)s allows %(allowed)s units; with this visit %(used)s are planned.")
                    % {"number": allowance.number, "allowed": allowance.total_units, "used": total}
                )
            if allowance.weekly_units is not None and weekly > allowance.weekly_units:
                return self.finding(
                    _("Authorization %(number)s allows %(allowed)s units a week; that of %(week)s would have %(used)s.")
                    % {
                        "number": allowance.number,
                        "allowed": allowance.weekly_units,
                        "used": weekly,
                        "week": day(monday),
                    }
                )
        return None

    def is_silent(self, facts: Facts) -> bool:
        return not self.data

    @staticmethod
    def example(stage: Stage) -> None:
        since, until = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
        allowance = Allowance("PA17", since, until, 400, 6, "nearest8")
        allowance.take(dt.date(2026, 12, 7), 4)
        stage.data = {(stage.client.id, 1): [allowance]}

    def take(self, placement: Placement, facts: Facts) -> None:
        for allowance in self._in_force(placement, facts):
            allowance.take(facts.monday(placement), allowance.units(placement.care_minutes))

    def _in_force(self, placement: Placement, facts: Facts) -> list[Allowance]:
        rows = self.data.get((placement.client_id, placement.service_type_id))
        if not rows:
            return []
        on = facts.day(placement)
        return [allowance for allowance in rows if allowance.starts_on <= on <= allowance.ends_on]


class CoverageInForce(Rule):
    """Somebody pays for the client on the day of a billable visit."""

    code = "coverage"
    label = gettext_lazy("No coverage in force")
    meaning = gettext_lazy(
        "On the day of a billable visit one of the client's payers is in force. Clients for whom no payer was ever "
        "entered count only when you switch that on."
    )
    remedy = gettext_lazy("Enter the coverage that pays from then on.")
    subject = Subject.MONEY
    of_each_client = True
    default_severity = Severity.WARN
    about_member = False
    is_about_visit = True
    settable = (Number("without_any", gettext_lazy("Also for clients without any payer"), 0, is_switch=True),)

    @classmethod
    def load(cls, facts: Facts) -> dict[int, list[tuple[str, dt.date, dt.date | None]]]:
        found: dict[int, list[tuple[str, dt.date, dt.date | None]]] = defaultdict(list)
        for client_id, payer, since, until in fetch(COVERAGE, list(facts.client_ids)):
            found[client_id].append((payer, since, until))
        return found

    def is_silent(self, facts: Facts) -> bool:
        return not self.data and not self.numbers["without_any"]

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        rows = self.data.get(placement.client_id, [])
        on = facts.day(placement)
        if any(since <= on and (until is None or on <= until) for _payer, since, until in rows):
            return None
        if not facts.service_types[placement.service_type_id].is_billable:
            return None
        if not rows and not self.numbers["without_any"]:
            return None
        values = {"client": facts.clients[placement.client_id].full_name, "day": day(on)}
        ended = [(until, payer) for payer, _since, until in rows if until is not None and until < on]
        if not ended:
            return self.finding(_("No payer covers %(client)s on %(day)s.") % values)
        until, payer = max(ended)
        return self.finding(
            _("No payer covers %(client)s on %(day)s: %(payer)s ended on %(until)s.")
            % {**values, "payer": payer, "until": day(until)}
        )

    @staticmethod
    def example(stage: Stage) -> None:
        stage.data = {stage.client.id: [("MassHealth", dt.date(2026, 1, 1), dt.date(2026, 11, 30))]}


class Price(NamedTuple):
    """What a payer pays for a service while both its coverage and its rate are in force."""

    coverage_id: int
    service_type_id: int | None
    covers_since: dt.date
    covers_until: dt.date | None
    rounding: str
    unit: str | None
    rate: Decimal | None
    since: dt.date | None
    until: dt.date | None


@dataclass
class Spending:
    """Prices of each budgeted client in the order in which payers pay, and what each month already costs."""

    prices: dict[int, list[Price]] = field(default_factory=lambda: defaultdict(list))
    spent: dict[tuple[int, dt.date], Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))

    def cost(self, client_id: int, service_type_id: int, on: dt.date, minutes: int) -> Decimal:
        """What one visit costs on that day by the payer that pays first then; nothing where that one has no rate."""
        first: int | None = None
        for price in self.prices.get(client_id, ()):
            if not within(on, price.covers_since, price.covers_until):
                continue
            first = price.coverage_id if first is None else first
            if price.coverage_id != first:
                break
            if price.service_type_id != service_type_id or price.rate is None or price.unit is None:
                continue
            if price.since is not None and within(on, price.since, price.until):
                return line_amount(quantity(minutes, price.unit, price.rounding), price.rate)
        return ZERO


def within(on: dt.date, since: dt.date, until: dt.date | None) -> bool:
    return since <= on and (until is None or on <= until)


class MonthlyBudget(Rule):
    """The visits of a calendar month cost no more than the client's budget, at the rates in force."""

    code = "budget"
    label = gettext_lazy("Over the client's budget")
    meaning = gettext_lazy(
        "The visits of a month, approved and planned, cost no more than the monthly budget on the client's page."
    )
    remedy = gettext_lazy("Agree on a higher budget with the client, or plan fewer visits.")
    subject = Subject.MONEY
    of_each_client = True
    default_severity = Severity.WARN
    about_member = False
    is_about_visit = True

    @classmethod
    def load(cls, facts: Facts) -> Spending | None:
        clients = [pk for pk in facts.client_ids if facts.clients[pk].monthly_budget_amount is not None]
        if not clients:
            return None
        found = Spending()
        for client_id, *price in fetch(TARIFF, clients):
            found.prices[client_id].append(Price._make(price))
        first, last = facts.days
        after = (last.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
        rows = fetch(MONTHLY, clients, first.replace(day=1), after, list(facts.visit_ids))
        for client_id, service_type_id, on, minutes, count in rows:
            cost = found.cost(client_id, service_type_id, on, minutes)
            found.spent[client_id, on.replace(day=1)] += cost * count
        return found

    def is_silent(self, facts: Facts) -> bool:
        return self.data is None

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        client = facts.clients[placement.client_id]
        budget = client.monthly_budget_amount
        cost = self._cost(placement, facts)
        if budget is None or not cost:
            return None
        month = facts.day(placement).replace(day=1)
        total = self.data.spent[placement.client_id, month] + cost
        if total <= budget:
            return None
        return self.finding(
            _("The visits of %(month)s would cost %(total)s; the budget of %(client)s is %(budget)s.")
            % {
                "month": written(month, MONTH),
                "total": display(total),
                "client": client.full_name,
                "budget": display(budget),
            }
        )

    def take(self, placement: Placement, facts: Facts) -> None:
        month = facts.day(placement).replace(day=1)
        self.data.spent[placement.client_id, month] += self._cost(placement, facts)

    def _cost(self, placement: Placement, facts: Facts) -> Decimal:
        if not facts.service_types[placement.service_type_id].is_billable:
            return ZERO
        on = facts.day(placement)
        return self.data.cost(placement.client_id, placement.service_type_id, on, placement.care_minutes)

    @staticmethod
    def example(stage: Stage) -> None:
        stage.client = stage.client._replace(monthly_budget_amount=Decimal("800.00"))
        since = dt.date(2026, 1, 1)
        stage.data = Spending()
        stage.data.prices[stage.client.id] = [
            Price(1, 1, since, None, "nearest8", "hour", Decimal("32.0000"), since, None)
        ]
        stage.data.spent[stage.client.id, dt.date(2026, 12, 1)] = Decimal("784.00")
