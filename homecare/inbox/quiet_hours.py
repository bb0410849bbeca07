"""When a message may reach a person: not in their quiet hours, in the local time of where they work."""

from __future__ import annotations

import datetime as dt

from homecare import clock


def send_after(
    moment: dt.datetime, quiet_from: dt.time | None, quiet_until: dt.time | None, zone_name: str
) -> dt.datetime:
    """The moment itself, or the end of the quiet hours it falls into: [from, until) local, over midnight too.

    Without both times, or with equal ones, there are no quiet hours.
    """
    if quiet_from is None or quiet_until is None or quiet_from == quiet_until:
        return moment
    here = clock.local(moment, zone_name)
    now = here.time()
    over_midnight = quiet_from > quiet_until
    if over_midnight:
        is_quiet = now >= quiet_from or now < quiet_until
    else:
        is_quiet = quiet_from <= now < quiet_until
    if not is_quiet:
        return moment
    day = here.date() + dt.timedelta(days=1 if over_midnight and now >= quiet_from else 0)
    return clock.at_local(day, quiet_until, zone_name)
