"""What the last contact of a phone says about a visit that has not begun. Pure."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from homecare.clock import local, local_date

ONLINE = dt.timedelta(minutes=5)


def contact_sentence(last_seen_at: dt.datetime | None, moment: dt.datetime, zone: str) -> str:
    """Online and not clocked in: probably not there. Not heard for a while: perhaps without signal."""
    if last_seen_at is None:
        return _("No clock-in; this caregiver's phone has never been heard.")
    ago = max(dt.timedelta(), moment - last_seen_at)
    minutes = int(ago.total_seconds() // 60)
    if ago <= ONLINE:
        return _("Phone online %(minutes)s min ago, not clocked in.") % {"minutes": minutes}
    seen = local(last_seen_at, zone)
    same_day = local_date(moment, zone) == seen.date()
    time = f"{seen:%H:%M}" if same_day else f"{seen:%m/%d %H:%M}"
    values = {"time": time, "ago": _ago(minutes)}
    return _("No clock-in; phone last heard %(time)s (%(ago)s ago): may be without signal.") % values


def _ago(minutes: int) -> str:
    if minutes < 90:
        return _("%(n)s min") % {"n": minutes}
    return _("%(n)s h") % {"n": round(minutes / 60)}
