"""Visits as an iCalendar file (RFC 5545) for a person's own calendar app.

It leaves our house: initials only, no address, no health data. Cancelled visits stay for 30 days with STATUS
CANCELLED, so that apps which never delete take them out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from scheduling.models import Visit

PAST, AHEAD = dt.timedelta(days=30), dt.timedelta(days=84)


def window(moment: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """The feed covers 30 days back and 12 weeks ahead."""
    return moment - PAST, moment + AHEAD


def calendar_of(visits: Iterable[Visit], *, name: str, site_url: str, words: dict[str, str]) -> bytes:
    """The file. Same visits, same bytes. `words`: "visit" (the summary's first word)."""
    calendar = Calendar()
    calendar.add("prodid", "-//homecare//visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", dt.timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for visit in visits:
        calendar.add_component(_event(visit, site_url, words))
    calendar.add_missing_timezones()
    return calendar.to_ical(sorted=False)


def _event(visit: Visit, site_url: str, words: dict[str, str]) -> Event:
    zone = ZoneInfo(visit.branch.time_zone)
    client = visit.client
    event = Event()
    event.add("uid", f"visit-{visit.pk}@{urlsplit(site_url).hostname}")
    event.add("dtstamp", visit.created_at.astimezone(dt.UTC))
    event.add("sequence", visit.version)
    event.add("dtstart", visit.starts_at.astimezone(zone))
    event.add("dtend", visit.ends_at.astimezone(zone))
    event.add("summary", f"{words['visit']} {client.called[:1]}.{client.last_name[:1]}.")
    event.add("status", "CANCELLED" if visit.status == Visit.Status.CANCELLED else "CONFIRMED")
    event.add("class", "PRIVATE")
    event.add("url", f"{site_url.rstrip('/')}/care/visits/{visit.pk}/")
    return event
