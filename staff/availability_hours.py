"""Is an interval within somebody's weekly hours? Pure: wall-clock times and dates, no database.

Weekly hours are lines of one weekday in the branch's local time. 24:00 is written 00:00. A night counts as available
when the line before midnight and the line after it meet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Protocol

DAY = 24 * 60


class Hours(Protocol):
    """A line of a week; staff.models.Availability is one."""

    weekday: int
    starts: dt.time
    ends: dt.time
    since: dt.date
    until: dt.date | None


def minute_of(time: dt.time, *, as_end: bool = False) -> int:
    """Minutes since midnight; as an end, 00:00 is 24:00."""
    minutes = time.hour * 60 + time.minute
    return DAY if as_end and minutes == 0 else minutes


def spans_on(day: dt.date, hours: Iterable[Hours]) -> list[tuple[int, int]]:
    """The available minutes [from, to) of a date, touching lines joined, in order."""
    lines = sorted(
        (minute_of(line.starts), minute_of(line.ends, as_end=True))
        for line in hours
        if line.weekday == day.weekday() and line.since <= day and (line.until is None or day <= line.until)
    )
    joined: list[tuple[int, int]] = []
    for start, end in lines:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _days(starts: dt.datetime, ends: dt.datetime) -> Iterable[tuple[dt.date, int, int]]:
    """The parts of a local interval: (date, first minute, last minute)."""
    day = starts.date()
    while day <= ends.date():
        first = minute_of(starts.time()) if day == starts.date() else 0
        last = minute_of(ends.time()) if day == ends.date() else DAY
        if last > first:
            yield day, first, last
        day += dt.timedelta(days=1)


def is_available(starts: dt.datetime, ends: dt.datetime, hours: Iterable[Hours]) -> bool:
    """Do the weekly hours cover all of [starts, ends)? Both are local wall-clock moments of the branch."""
    lines = list(hours)
    return all(
        any(start <= first and last <= end for start, end in spans_on(day, lines))
        for day, first, last in _days(starts, ends)
    )


def overlapping(hours: Iterable[tuple[int, dt.time, dt.time]]) -> tuple[int, dt.time, dt.time] | None:
    """The first of (weekday, starts, ends) that begins before the one above it has ended; None when all is well."""
    previous: tuple[int, int] | None = None
    for weekday, starts, ends in sorted(hours):
        if previous and previous[0] == weekday and minute_of(starts) < previous[1]:
            return weekday, starts, ends
        previous = (weekday, minute_of(ends, as_end=True))
    return None


def weekly_minutes(hours: Iterable[tuple[int, dt.time, dt.time]]) -> int:
    """How many minutes a week the lines offer."""
    return sum(minute_of(ends, as_end=True) - minute_of(starts) for _weekday, starts, ends in hours)
