"""Local dates and elapsed minutes. The only place where a zone is applied to a moment.

Moments are aware UTC datetimes, intervals are half-open [starts_at, ends_at). Care happens in the branch's zone.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils import timezone


def now() -> dt.datetime:
    """This moment, aware, in UTC."""
    return timezone.now()


def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def today(zone_name: str) -> dt.date:
    """The calendar day it is now in that zone."""
    return now().astimezone(zone(zone_name)).date()


def local(moment: dt.datetime, zone_name: str) -> dt.datetime:
    return moment.astimezone(zone(zone_name))


def local_date(moment: dt.datetime, zone_name: str) -> dt.date:
    return local(moment, zone_name).date()


def at_local(day: dt.date, time: dt.time, zone_name: str) -> dt.datetime:
    """The UTC moment of a wall-clock time on a day.

    An hour that daylight saving skips moves forward by the gap (02:30 becomes 03:30); of an hour that occurs twice
    the first is meant. Both are what a person reading the clock expects (PEP 495, fold=0).
    """
    wall = dt.datetime.combine(day, time, tzinfo=zone(zone_name))
    return wall.astimezone(dt.UTC)


def day_bounds(day: dt.date, zone_name: str) -> tuple[dt.datetime, dt.datetime]:
    """[midnight, next midnight) of a local day in UTC; 23, 24 or 25 hours long."""
    return at_local(day, dt.time(), zone_name), at_local(day + dt.timedelta(days=1), dt.time(), zone_name)


@lru_cache(maxsize=64)
def days_of_week(monday: dt.date) -> tuple[dt.date, ...]:
    """The seven days from a Monday on."""
    return tuple(monday + dt.timedelta(days=n) for n in range(7))


def monday_of(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


def week_bounds(monday: dt.date, zone_name: str) -> tuple[dt.datetime, dt.datetime]:
    """[Monday 00:00, next Monday 00:00) of a local week in UTC."""
    return at_local(monday, dt.time(), zone_name), at_local(monday + dt.timedelta(days=7), dt.time(), zone_name)


def minutes_between(starts_at: dt.datetime, ends_at: dt.datetime) -> int:
    """Elapsed whole minutes, seconds dropped; true time across a clock change because both are UTC."""
    return int((ends_at - starts_at).total_seconds() // 60)
