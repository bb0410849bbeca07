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

# The local midnights as moments, members, first and last midnight, visits to leave out. A number says the day.
WORKDAYS = """
SELECT v.caregiver_id, v.day, v.lives_in,
       (extract(epoch FROM sum(v.ends_at - v.starts_at)) / 60)::int,
       (extract(epoch FROM sum(v.ends_at - v.midnight) FILTER (WHERE v.ends_at > v.midnight)) / 60)::int,
       count(*), count(*) FILTER (WHERE v.ends_at - v.starts_at >= interval '24 hours')
FROM (
    SELECT w.caregiver_id, w.starts_at, w.ends_at, n.day, days.midnights[n.day + 1] AS midnight,
           w.service_type_id IN (SELECT id FROM scheduling_servicetype WHERE 'live_in' = ANY(categories)) AS lives_in
    FROM (SELECT %s::timestamptz[] AS midnights) days
    CROSS JOIN scheduling_visit w
    CROSS JOIN LATERAL (SELECT width_bucket(w.starts_at, days.midnights) AS day OFFSET 0) n
    WHERE w.caregiver_id = ANY(%s::bigint[]) AND w.starts_at >= %s AND w.starts_at < %s
          AND w.status NOT IN ('cancelled', 'missed') AND w.leader_id IS NULL AND NOT w.id = ANY(%s::bigint[])
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


def by_member(rows: Iterable[Sequence[Any]], first: dt.date) -> dict[int, dict[dt.date, Workday]]:
    """The rows of WORKDAYS as days of each caregiver; day number 1 is `first`."""
    found: dict[int, dict[dt.date, Workday]] = defaultdict(dict)
    dates: dict[int, dt.date] = {}
    for member_id, number, lives_in, minutes, after_midnight, visits, long_shifts in rows:
        day = dates.get(number)
        if day is None:
            day = dates[number] = first + (number - 1) * DAY
        days = found[member_id]
        if not after_midnight and day not in days:
            days[day] = Workday(minutes, minutes if lives_in else 0, visits, visits if lives_in else 0, long_shifts)
            continue
        parts = [(day, minutes - (after_midnight or 0)), (day + DAY, after_midnight or 0)]
        add_visit(days, parts if after_midnight else parts[:1], lives_in=lives_in, is_long=False, visits=visits)
        days[day].long_shifts += long_shifts
    return found
