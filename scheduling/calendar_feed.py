"""Visits as an iCalendar file (RFC 5545, 7986) for calendar apps of caregivers, families and the office.

It leaves our house: no client's name, no address, no health data; a family reads the caregiver's preferred name.
What does not take place after all stays with STATUS CANCELLED and a higher SEQUENCE, so that apps which never delete
take it out: visits cancelled or gone to somebody else, appointments called off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.db.models import F, Q
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from scheduling.appointments import Occasion, called_off, coming
from scheduling.models import Appointment, CalendarFeed, FormerCaregiver, Visit
from scheduling.models.visit import ALWAYS_SHOWN
from staff.models import Member

PAST, AHEAD = dt.timedelta(days=30), dt.timedelta(days=84)


def window(moment: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """The feed covers 30 days back and 12 weeks ahead."""
    return moment - PAST, moment + AHEAD


@dataclass(frozen=True)
class Entry:
    """One thing as a calendar shows it. Of two entries with one `uid` the higher `version` counts."""

    uid: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    zone_name: str
    version: int
    changed_at: dt.datetime
    is_cancelled: bool
    summary: str = ""
    url: str = ""

    @classmethod
    def of_visit(cls, visit: Visit) -> Entry:
        is_cancelled = visit.status == Visit.Status.CANCELLED
        changed_at = visit.changed_at or visit.created_at
        zone = visit.branch.time_zone
        uid = f"visit-{visit.pk}"
        return cls(uid, visit.starts_at, visit.ends_at, zone, visit.version, changed_at, is_cancelled)

    @classmethod
    def of_former(cls, row: FormerCaregiver) -> Entry:
        """A visit that is somebody else's now, as it was when it went."""
        zone = row.visit.branch.time_zone
        return cls(f"visit-{row.visit_id}", row.starts_at, row.ends_at, zone, row.version, row.at, True)

    @classmethod
    def of_occasion(cls, one: Occasion, *, is_cancelled: bool) -> Entry:
        row = one.appointment
        uid, zone = f"appointment-{row.pk}-{one.on:%Y%m%d}", row.client.branch.time_zone
        changed_at = row.changed_at or row.created_at
        return cls(uid, one.starts_at, one.ends_at, zone, row.version, changed_at, is_cancelled, _("Appointment"))


def members_of(feed: CalendarFeed) -> Any:
    """The caregivers whose visits it shows, as they are now; None when it shows everybody's."""
    if feed.kind == CalendarFeed.Kind.OWN:
        return Member.objects.filter(user=feed.user)
    if feed.team_id:
        return Member.objects.filter(teams=feed.team_id)
    return feed.members.all() if feed.pk and feed.members.exists() else None


def visits_of(feed: CalendarFeed, moment: dt.datetime) -> Any:
    """The visits the feed shows. `open_feed` has asked what its person may see."""
    starts_at, ends_at = window(moment)
    rows = Visit.objects.filter(starts_at__gte=starts_at, starts_at__lt=ends_at)
    if feed.kind == CalendarFeed.Kind.CLIENT:
        rows = rows.filter(client=feed.client_id)
    elif feed.kind == CalendarFeed.Kind.OFFICE:
        team = members_of(feed)
        rows = rows.leading().filter(branch=feed.branch_id)
        rows = rows if team is None else rows.filter(caregiver__in=team.values("pk"))
    else:
        rows = rows.leading().visible_to(feed.user).filter(caregiver__user=feed.user)  # type: ignore[arg-type]
    return rows.select_related("client", "branch", "caregiver").order_by("starts_at", "pk")


def gone_from(feed: CalendarFeed, moment: dt.datetime) -> list[FormerCaregiver]:
    """Visits its caregivers had and were shown, and which went to somebody else; each visit once."""
    members = members_of(feed)
    if members is None or feed.kind == CalendarFeed.Kind.CLIENT:
        return []
    starts_at, ends_at = window(moment)
    rows = FormerCaregiver.objects.filter(member__in=members.values("pk"), starts_at__gte=starts_at)
    rows = rows.filter(starts_at__lt=ends_at, visit__leader=None).exclude(visit__caregiver__in=members.values("pk"))
    if feed.kind == CalendarFeed.Kind.OWN:
        until = F("visit__branch__published_until")
        near = Q(starts_at__lt=moment + ALWAYS_SHOWN)
        rows = rows.filter(Q(visit__branch__published_until=None) | Q(starts_at__lt=until) | near)
    else:
        rows = rows.filter(visit__branch=feed.branch_id)
    ordered = rows.select_related("visit__client", "visit__branch").order_by("visit", "version")
    return sorted({row.visit_id: row for row in ordered}.values(), key=lambda row: (row.starts_at, row.visit_id))


def entries_of(feed: CalendarFeed, moment: dt.datetime, site_url: str) -> Iterator[Entry]:
    """Who reads it decides what a visit is called, in the language that is active."""
    site = site_url.rstrip("/")
    if feed.kind == CalendarFeed.Kind.CLIENT:
        # With whom, and even of what kind, would tell about health.
        rows = Appointment.objects.filter(client=feed.client_id)
        yield from (Entry.of_occasion(one, is_cancelled=False) for one in coming(rows, moment))
        yield from (Entry.of_occasion(one, is_cancelled=True) for one in called_off(rows, moment))
    for visit in visits_of(feed, moment):
        summary, url = _names(feed, visit)
        yield replace(Entry.of_visit(visit), summary=summary, url=f"{site}{url}" if url else "")
    for row in gone_from(feed, moment):
        row.visit.caregiver = None  # who comes now is not theirs to read
        yield replace(Entry.of_former(row), summary=_names(feed, row.visit)[0])


def _names(feed: CalendarFeed, visit: Visit) -> tuple[str, str]:
    """What the visit is called, and the path of its page."""
    client, caregiver = visit.client, visit.caregiver
    initials = f"{client.called[:1]}.{client.last_name[:1]}."
    if feed.kind == CalendarFeed.Kind.CLIENT:
        name = caregiver.preferred_name or caregiver.first_name if caregiver else ""
        return (f"{_('Home visit')}: {name}" if name else _("Home visit")), ""
    if feed.kind == CalendarFeed.Kind.OFFICE:
        who = f"{caregiver.first_name[:1]}.{caregiver.last_name[:1]}." if caregiver else _("unfilled")
        return f"{initials} · {who}", visit.get_absolute_url()
    return f"{_('Visit')} {initials}", f"/care/visits/{visit.pk}/"


def calendar_of(entries: Iterable[Entry], *, name: str, site_url: str) -> bytes:
    """The file. Same visits, same bytes."""
    calendar = Calendar()
    calendar.add("prodid", "-//homecare//visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", dt.timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for entry in entries:
        calendar.add_component(_event(entry, site_url))
    calendar.add_missing_timezones()
    return calendar.to_ical(sorted=False)


def _event(entry: Entry, site_url: str) -> Event:
    zone = ZoneInfo(entry.zone_name)
    event = Event()
    event.add("uid", f"{entry.uid}@{urlsplit(site_url).hostname}")
    event.add("dtstamp", entry.changed_at.astimezone(dt.UTC))
    event.add("last-modified", entry.changed_at.astimezone(dt.UTC))
    event.add("sequence", entry.version)
    event.add("dtstart", entry.starts_at.astimezone(zone))
    event.add("dtend", entry.ends_at.astimezone(zone))
    event.add("summary", entry.summary)
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry.is_cancelled else "OPAQUE")
    event.add("class", "PRIVATE")
    if entry.url:
        event.add("url", entry.url)
    return event
