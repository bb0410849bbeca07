"""What caregivers work day by day: the one table that rules about hours read.

A day is the branch's calendar day, a night has a part on each of its two days, and minutes are true elapsed minutes, so
that a day of 23 or 25 hours counts what was worked. The database adds the visits up; Python adds those of the batch.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

# Members, since, until (local days, with room for zones), visits to leave out.
WORKDAYS = """
SELECT v.caregiver_id, v.day, v.lives_in,
       (extract(epoch FROM sum(least(v.ends_at, v.midnight) - v.starts_at)) / 60)::int,
       (extract(epoch FROM sum(greatest(v.ends_at - v.midnight, interval '0'))) / 60)::int,
       count(*), count(*) FILTER (WHERE v.ends_at - v.starts_at >= interval '24 hours')
FROM (
    SELECT w.caregiver_id, w.starts_at, w.ends_at, local.day, 'live_in' = ANY(s.categories) AS lives_in,
           (local.day + 1)::timestamp AT TIME ZONE b.time_zone AS midnight
    FROM scheduling_visit w
    JOIN accounts_branch b ON b.id = w.branch_id
    JOIN scheduling_servicetype s ON s.id = w.service_type_id
    CROSS JOIN LATERAL (SELECT (w.starts_at AT TIME ZONE b.time_zone)::date AS day) local
    WHERE w.caregiver_id = ANY(%s::bigint[])
          AND w.starts_at >= %s::date::timestamp AT TIME ZONE 'UTC'
          AND w.starts_at < %s::date::timestamp AT TIME ZONE 'UTC'
          AND w.status NOT IN ('cancelled', 'missed') AND NOT w.id = ANY(%s::bigint[])
) v GROUP BY 1, 2, 3
"""
# From this length on a shift is one around the clock (29 CFR 785.22).
ROUND_THE_CLOCK = 24 * 60
DAY = dt.timedelta(days=1)


@dataclass(slots=True)
class Workday:
    """One caregiver's day: minutes on it (`live_in_minutes` of them in live-in care) and visits that begin on it."""

    minutes: int = 0
    live_in_minutes: int = 0
    visits: int = 0
    live_ins: int = 0
    long_shifts: int = 0


def add_visit(
    days: dict[dt.date, Workday],
    parts: Sequence[tuple[dt.date, int]],
    *,
    lives_in: bool,
    is_long: bool,
    visits: int = 1,
) -> None:
    """Adds visits given by their (day, minutes) parts; they begin on the first one."""
    for number, (on, minutes) in enumerate(parts):
        row = days.get(on)
        if row is None:
            row = days[on] = Workday()
        row.minutes += minutes
        if lives_in:
            row.live_in_minutes += minutes
        if number == 0:
            row.visits += visits
            row.live_ins += visits if lives_in else 0
            row.long_shifts += is_long


def by_member(rows: Iterable[Sequence[Any]]) -> dict[int, dict[dt.date, Workday]]:
    """The rows of WORKDAYS as days of each caregiver."""
    found: dict[int, dict[dt.date, Workday]] = defaultdict(dict)
    for member_id, day, lives_in, minutes, after_midnight, visits, long_shifts in rows:
        parts = [(day, minutes), (day + DAY, after_midnight)] if after_midnight else [(day, minutes)]
        days = found[member_id]
        add_visit(days, parts, lives_in=lives_in, is_long=False, visits=visits)
        days[day].long_shifts += long_shifts
    return found
