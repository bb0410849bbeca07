"""Time off as people say it: whole days as days, anything else with its times; no midnight that nobody means."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from homecare.clock import local
from homecare.templatetags.ui import day, daytime_tag

MIDNIGHT = dt.time(0)


def away_words(starts_at: dt.datetime, ends_at: dt.datetime, zone_name: str) -> str:
    """Mon 23 Nov, all day; Mon 23 Nov – Wed 25 Nov; Mon 23 Nov, from 10:12; Mon 23 Nov, 10:12 – Wed 25 Nov."""
    start, end = local(starts_at, zone_name), local(ends_at, zone_name)
    begins, is_over = start.time() == MIDNIGHT, end.time() == MIDNIGHT
    if not begins and not is_over:
        return daytime_tag(starts_at, ends_at, zone=zone_name)
    first, last = start.date(), (end - dt.timedelta(minutes=1)).date()
    if first == last:
        return f"{day(first)}, {_hours(start, end, begins, is_over)}"
    since = day(first) if begins else f"{day(first)}, {start:%H:%M}"
    return f"{since} – {day(last)}" if is_over else f"{since} – {day(last)}, {end:%H:%M}"


def _hours(start: dt.datetime, end: dt.datetime, begins: bool, is_over: bool) -> str:
    if begins and is_over:
        return _("all day")
    return _("until %(time)s") % {"time": f"{end:%H:%M}"} if begins else _("from %(time)s") % {"time": f"{start:%H:%M}"}
