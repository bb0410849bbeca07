"""What the payer's side says to a placement (settings.PLACEMENT_RULES)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.units import quarter_units
from homecare.clock import monday_of
from scheduling.facts import Facts, fetch
from scheduling.placement import Finding, Placement, Rule, Severity
from scheduling.wording import day

# One row per authorization, local week and length of visit: the rounding to units is Python's (billing/units.py).
PLANNED = """
SELECT a.id, a.client_id, a.service_type_id,
       a.number, a.starts_on, a.ends_on, a.total_units, a.weekly_units, p.rounding,
       date_trunc('week', v.starts_at AT TIME ZONE b.time_zone)::date,
       (extract(epoch FROM v.ends_at - v.starts_at) / 60)::int, count(v.id)
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
    default_severity = Severity.WARN
    about_member = False

    @classmethod
    def load(cls, facts: Facts) -> dict[tuple[int, int], list[Allowance]]:
        found: dict[tuple[int, int], list[Allowance]] = defaultdict(list)
        if not facts.placements:
            return found
        first, last = facts.days
        services = {p.service_type_id for p in facts.placements}
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
            units, monday = allowance.units(placement.minutes), monday_of(facts.day(placement))
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

    def take(self, placement: Placement, facts: Facts) -> None:
        for allowance in self._in_force(placement, facts):
            allowance.take(monday_of(facts.day(placement)), allowance.units(placement.minutes))

    def _in_force(self, placement: Placement, facts: Facts) -> list[Allowance]:
        rows = self.data.get((placement.client_id, placement.service_type_id))
        if not rows:
            return []
        on = facts.day(placement)
        return [allowance for allowance in rows if allowance.starts_on <= on <= allowance.ends_on]
