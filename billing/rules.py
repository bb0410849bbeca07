"""What the payer's side says to a placement (settings.PLACEMENT_RULES)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import Authorization
from billing.units import quarter_units
from homecare.clock import monday_of
from scheduling.facts import Facts
from scheduling.placement import Finding, Placement, Rule, Severity
from scheduling.wording import day

# One row per authorization, local week and length of visit: the rounding to units is Python's (billing/units.py).
PLANNED = """
SELECT a.id, date_trunc('week', v.starts_at AT TIME ZONE b.time_zone)::date,
       (extract(epoch FROM v.ends_at - v.starts_at) / 60)::int, count(*)
FROM billing_authorization a
JOIN clients_client c ON c.id = a.client_id
JOIN accounts_branch b ON b.id = c.branch_id
JOIN scheduling_visit v ON v.client_id = a.client_id AND v.service_type_id = a.service_type_id
     AND v.starts_at >= a.starts_on::timestamp AT TIME ZONE b.time_zone
     AND v.starts_at < (a.ends_on + 1)::timestamp AT TIME ZONE b.time_zone
WHERE a.id = ANY(%s) AND v.status NOT IN ('cancelled', 'missed') AND NOT v.id = ANY(%s)
GROUP BY 1, 2, 3
"""


@dataclass
class Allowance:
    """An authorization and the 15-minute units its visits already use, in all and by week from Monday."""

    row: Authorization
    used: int = 0
    by_week: dict[dt.date, int] = field(default_factory=lambda: defaultdict(int))

    def units(self, minutes: int) -> int:
        return quarter_units(minutes, self.row.payer.rounding)

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
        if not facts.placements:
            return {}
        first, last = facts.days
        rows = Authorization.objects.select_related("payer").filter(
            client__in=facts.client_ids,
            service_type__in={p.service_type_id for p in facts.placements},
            starts_on__lte=last,
            ends_on__gte=first,
        )
        allowances = {row.pk: Allowance(row) for row in rows}
        if allowances:
            _count_planned(allowances, facts.visit_ids)
        found: dict[tuple[int, int], list[Allowance]] = defaultdict(list)
        for allowance in allowances.values():
            found[allowance.row.client_id, allowance.row.service_type_id].append(allowance)
        return found

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        for allowance in self._in_force(placement, facts):
            row, units, monday = allowance.row, allowance.units(placement.minutes), monday_of(facts.day(placement))
            total, weekly = allowance.used + units, allowance.by_week.get(monday, 0) + units
            if total > row.total_units:
                return self.finding(
                    _("Authorization %(number)s allows %(allowed)s units; with this visit %(used)s are planned.")
                    % {"number": row.number, "allowed": row.total_units, "used": total}
                )
            if row.weekly_units is not None and weekly > row.weekly_units:
                return self.finding(
                    _("Authorization %(number)s allows %(allowed)s units a week; that of %(week)s would have %(used)s.")
                    % {"number": row.number, "allowed": row.weekly_units, "used": weekly, "week": day(monday)}
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
        return [allowance for allowance in rows if allowance.row.starts_on <= on <= allowance.row.ends_on]


def _count_planned(allowances: dict[int, Allowance], besides: set[int]) -> None:
    """Adds what live visits already use, without the batch's own visits."""
    with connection.cursor() as cursor:
        cursor.execute(PLANNED, [list(allowances), list(besides)])
        for authorization_id, monday, minutes, count in cursor.fetchall():
            allowance = allowances[authorization_id]
            allowance.take(monday, allowance.units(minutes) * count)
