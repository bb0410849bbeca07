"""Visits as an iCalendar file (RFC 5545, 7986) for calendar apps of caregivers, families and the office.

It leaves our house: no client's name, no address, no health data; a family reads the caregiver's preferred name.
What does not take place after all stays with STATUS CANCELLED and a higher SEQUENCE, so that apps which never delete
take it out: visits cancelled, gone to somebody else, moved beyond the published days, or of somebody who left the team
whose calendar it is; appointments called off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from scheduling.appointments import Occasion, called_off, coming
from scheduling.models import Appointment, CalendarFeed, FormerCaregiver, Visit
from staff.models import FormerTeammate, Member

PAST, AHEAD = dt.timedelta(days=30), dt.timedelta(days=84)


def window(moment: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """The feed covers 30 days back and 12 weeks ahead."""
    return moment - PAST, moment + AHEAD


@dataclass(frozen=True)
class Entry:
    """One thing as a calendar shows it. Of two entries with one `uid` the higher `version` counts.

    Even ones show a visit or take it out for everybody; the odd one between two takes it out of one calendar, in which
    it may stand again without having changed: published by now, or its caregiver is back in the team.
    """

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
        return cls(uid, visit.starts_at, visit.ends_at, zone, 2 * visit.version, changed_at, is_cancelled)

    @classmethod
    def of_former(cls, row: FormerCaregiver) -> Entry:
        """A visit that is somebody else's now, or not shown any more, as it was when it went."""
        zone = row.visit.branch.time_zone
        return cls(f"visit-{row.visit_id}", row.starts_at, row.ends_at, zone, 2 * row.version - 1, row.at, True)

    @classmethod
    def of_occasion(cls, one: Occasion, *, is_cancelled: bool) -> Entry:
        row = one.appointment
        uid, zone = f"appointment-{row.pk}-{one.on:%Y%m%d}", row.client.branch.time_zone
        changed_at = row.changed_at or row.created_at
        return cls(uid, one.starts_at, one.ends_at, zone, row.version, changed_at, is_cancelled, _("Appointment"))

    def without_its_caregiver(self, left_at: dt.datetime) -> Entry:
        """The visit of somebody who left the team whose calendar this is."""
        changed_at = max(left_at, self.changed_at)
        return replace(self, version=self.version - 1, changed_at=changed_at, is_cancelled=True)


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


def gone_from(feed: CalendarFeed, moment: dt.datetime) -> Iterator[FormerCaregiver]:
    """Visits its caregivers had and were shown, and which went to somebody else or beyond what is published."""
    members = members_of(feed)
    if members is None or feed.kind == CalendarFeed.Kind.CLIENT:
        return
    starts_at, ends_at = window(moment)
    theirs = Q(member__in=members.values("pk")) | Exists(_left(feed, "member", "visit__created_at"))
    rows = FormerCaregiver.objects.filter(theirs, starts_at__gte=starts_at, starts_at__lt=ends_at, visit__leader=None)
    is_own = feed.kind == CalendarFeed.Kind.OWN
    rows = rows.filter(was_shown=True) if is_own else rows.filter(visit__branch=feed.branch_id)
    ordered = rows.select_related("visit__client", "visit__branch").order_by("visit", "version")
    latest = {row.visit_id: row for row in ordered}
    yield from sorted(latest.values(), key=lambda row: (row.starts_at, row.visit_id))


def left_team(feed: CalendarFeed, moment: dt.datetime) -> Any:
    """The visits of those who left the team, as they are now; only what was planned while they belonged to it."""
    if not feed.team_id:
        return Visit.objects.none()
    starts_at, ends_at = window(moment)
    rows = Visit.objects.leading().filter(branch=feed.branch_id, starts_at__gte=starts_at, starts_at__lt=ends_at)
    left = _left(feed, "caregiver", "created_at")
    rows = rows.annotate(left_at=Subquery(left.values("left_at"))).filter(left_at__isnull=False)
    return rows.select_related("client", "branch", "caregiver").order_by("starts_at", "pk")


def _left(feed: CalendarFeed, member: str, planned_at: str) -> Any:
    """When the caregiver of an outer row left the feed's team, unless it was planned since."""
    return FormerTeammate.objects.filter(team=feed.team_id, member=OuterRef(member), left_at__gte=OuterRef(planned_at))


def entries_of(feed: CalendarFeed, moment: dt.datetime, site_url: str) -> Iterator[Entry]:
    """Who reads it decides what a visit is called, in the language that is active."""
    if feed.kind == CalendarFeed.Kind.CLIENT:
        # With whom, and even of what kind, would tell about health.
        rows = Appointment.objects.filter(client=feed.client_id)
        yield from (Entry.of_occasion(one, is_cancelled=False) for one in coming(rows, moment))
        yield from (Entry.of_occasion(one, is_cancelled=True) for one in called_off(rows, moment))
    # A team's calendar changes with each change of the team, so each makes every version of it higher.
    grown = 2 * feed.team.version if feed.team is not None else 0
    told: set[str] = set()
    for entry in _visit_entries(feed, moment, site_url.rstrip("/")):
        if entry.uid not in told:
            told.add(entry.uid)
            yield replace(entry, version=entry.version + grown)


def _visit_entries(feed: CalendarFeed, moment: dt.datetime, site: str) -> Iterator[Entry]:
    """Of each visit the first entry counts: what is shown, before what takes it out."""
    for visit in visits_of(feed, moment):
        summary, url = _names(feed, visit)
        yield replace(Entry.of_visit(visit), summary=summary, url=f"{site}{url}" if url else "")
    for visit in left_team(feed, moment):
        yield replace(Entry.of_visit(visit).without_its_caregiver(visit.left_at), summary=_names(feed, visit)[0])
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
