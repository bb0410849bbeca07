"""Days, times and lengths as the scheduler's sentences say them."""

from __future__ import annotations

import datetime as dt

from homecare.clock import local
from homecare.dates import DAY_WITH_YEAR, written


def day(value: dt.date) -> str:
    """Mon 23 Nov 2026."""
    return written(value, DAY_WITH_YEAR)


def span(starts_at: dt.datetime, ends_at: dt.datetime, zone_name: str) -> str:
    """Mon 23 Nov, 08:00–09:30; with both days when it ends on another."""
    start, end = local(starts_at, zone_name), local(ends_at, zone_name)
    first = f"{written(start.date())}, {start:%H:%M}"
    if start.date() == end.date() or end - start < dt.timedelta(hours=18):
        return f"{first}–{end:%H:%M}"
    return f"{first} – {written(end.date())}, {end:%H:%M}"


def hours(minutes: int) -> str:
    """2550 → 42 h 30 min."""
    whole, rest = divmod(minutes, 60)
    if not rest:
        return f"{whole} h"
    return f"{whole} h {rest} min" if whole else f"{rest} min"
