"""Visits as an iCalendar file (RFC 5545) for calendar apps of caregivers, families and the office.

It leaves our house: no client's name, no address, no health data; a family reads the caregiver's preferred name.
Cancelled visits stay for 30 days with STATUS CANCELLED, so that apps which never delete take them out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from scheduling.appointments import Occasion, coming
from scheduling.models import Appointment, CalendarFeed, Visit

PAST, AHEAD = dt.timedelta(days=30), dt.timedelta(days=84)


def window(moment: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """The feed covers 30 days back and 12 weeks ahead."""
    return moment - PAST, moment + AHEAD


@dataclass(frozen=True)
class Entry:
    """One thing as a calendar shows it: the visit, or an occasion of the client's appointments."""

    shown: Visit | Occasion
    summary: str
    url: str = ""

    @property
    def uid(self) -> str:
        if isinstance(self.shown, Visit):
            return f"visit-{self.shown.pk}"
        return f"appointment-{self.shown.appointment.pk}-{self.shown.on:%Y%m%d}"

    @property
    def about(self) -> tuple[dt.datetime, int, str, bool]:
        """(made at, version, zone, cancelled)."""
        if isinstance(self.shown, Visit):
            visit = self.shown
            return visit.created_at, visit.version, visit.branch.time_zone, visit.status == Visit.Status.CANCELLED
        row = self.shown.appointment
        return row.created_at, 1, row.client.branch.time_zone, False


def visits_of(feed: CalendarFeed, moment: dt.datetime) -> Any:
    """The visits the feed shows. `open_feed` has asked what its person may see."""
    starts_at, ends_at = window(moment)
    rows = Visit.objects.filter(starts_at__gte=starts_at, starts_at__lt=ends_at)
    if feed.kind == CalendarFeed.Kind.CLIENT:
        rows = rows.filter(client=feed.client_id)
    elif feed.kind == CalendarFeed.Kind.OFFICE:
        team = list(feed.members.values_list("pk", flat=True))
        rows = rows.leading().filter(branch=feed.branch_id)
        rows = rows.filter(caregiver__in=team) if team else rows
    else:
        rows = rows.leading().visible_to(feed.user).filter(caregiver__user=feed.user)  # type: ignore[arg-type]
    return rows.select_related("client", "branch", "caregiver").order_by("starts_at", "pk")


def entries_of(feed: CalendarFeed, moment: dt.datetime, site_url: str) -> Iterator[Entry]:
    """Who reads it decides what a visit is called, in the language that is active."""
    site = site_url.rstrip("/")
    if feed.kind == CalendarFeed.Kind.CLIENT:
        # With whom, and even of what kind, would tell about health.
        rows = Appointment.objects.filter(client=feed.client_id)
        for one in coming(rows, moment):
            yield Entry(one, _("Appointment"))
    for visit in visits_of(feed, moment):
        client, caregiver = visit.client, visit.caregiver
        initials = f"{client.called[:1]}.{client.last_name[:1]}."
        if feed.kind == CalendarFeed.Kind.CLIENT:
            name = caregiver.preferred_name or caregiver.first_name if caregiver else ""
            yield Entry(visit, f"{_('Home visit')}: {name}" if name else _("Home visit"))
        elif feed.kind == CalendarFeed.Kind.OFFICE:
            who = f"{caregiver.first_name[:1]}.{caregiver.last_name[:1]}." if caregiver else _("unfilled")
            yield Entry(visit, f"{initials} · {who}", f"{site}{visit.get_absolute_url()}")
        else:
            yield Entry(visit, f"{_('Visit')} {initials}", f"{site}/care/visits/{visit.pk}/")


def calendar_of(entries: Iterable[Entry], *, name: str, site_url: str) -> bytes:
    """The file. Same visits, same bytes."""
    calendar = Calendar()
    calendar.add("prodid", "-//homecare//visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", dt.timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for entry in entries:
        calendar.add_component(_event(entry, site_url))
    calendar.add_missing_timezones()
    return calendar.to_ical(sorted=False)


def _event(entry: Entry, site_url: str) -> Event:
    made_at, version, zone_name, is_cancelled = entry.about
    zone = ZoneInfo(zone_name)
    event = Event()
    event.add("uid", f"{entry.uid}@{urlsplit(site_url).hostname}")
    event.add("dtstamp", made_at.astimezone(dt.UTC))
    event.add("sequence", version)
    event.add("dtstart", entry.shown.starts_at.astimezone(zone))
    event.add("dtend", entry.shown.ends_at.astimezone(zone))
    event.add("summary", entry.summary)
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    event.add("class", "PRIVATE")
    if entry.url:
        event.add("url", entry.url)
    return event
