"""When appointments take place, and what they get in the way of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from homecare.clock import at_local, day_bounds, local_date, monday_of
from scheduling.models import Appointment, Visit

DAY = dt.timedelta(days=1)
AHEAD = dt.timedelta(weeks=12)


@dataclass(frozen=True)
class Occasion:
    """One time an appointment takes place, [starts_at, ends_at)."""

    appointment: Appointment
    on: dt.date
    starts_at: dt.datetime
    ends_at: dt.datetime

    def touches(self, starts_at: dt.datetime, ends_at: dt.datetime) -> bool:
        return self.starts_at < ends_at and starts_at < self.ends_at


def days_of(row: Appointment, first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """The local days from `first` to `last` on which it takes place; weeks count from that of its first day."""
    if row.cancelled_at is None:
        yield from (day for day in _regular_days(row, first, last) if day not in row.skipped)


def _regular_days(row: Appointment, first: dt.date, last: dt.date) -> Iterator[dt.date]:
    if not row.weekdays:
        if first <= row.starts_on <= last:
            yield row.starts_on
        return
    day, until = max(first, row.starts_on), min(last, row.ends_on or last)
    anchor = monday_of(row.starts_on)
    while day <= until:
        weeks = (monday_of(day) - anchor).days // 7
        if weeks % row.every_weeks == 0 and day.weekday() in row.weekdays:
            yield day
        day += DAY


def days_called_off(row: Appointment, first: dt.date, last: dt.date) -> list[dt.date]:
    """The local days on which it once was to take place and does not: skipped, dropped by a change, cancelled."""
    once = {*_regular_days(row, first, last), *row.skipped, *row.dropped} - set(days_of(row, first, last))
    return sorted(day for day in once if first <= day <= last)


def occasions_between(row: Appointment, first: dt.date, last: dt.date, zone_name: str) -> Iterator[Occasion]:
    """Every time it takes place between two local days of that zone, in order."""
    yield from _on_days(row, days_of(row, first, last), zone_name)


def _on_days(row: Appointment, days: Iterable[dt.date], zone_name: str) -> Iterator[Occasion]:
    for day in days:
        starts_at = at_local(day, row.start_time, zone_name)
        yield Occasion(row, day, starts_at, starts_at + dt.timedelta(minutes=row.duration_minutes))


def occasions_of(rows: Iterable[Appointment], first: dt.date, last: dt.date) -> list[Occasion]:
    """Every time these take place between two local days, in order. Rows carry their client with its branch."""
    found = [one for row in rows for one in occasions_between(row, first, last, row.client.branch.time_zone)]
    return sorted(found, key=lambda one: (one.starts_at, one.appointment.pk or 0))


def coming(rows: Any, moment: dt.datetime, *, days: int = 84) -> list[Occasion]:
    """The occasions from now on, of a QuerySet of appointments: one query."""
    first = moment.date() - DAY
    last = first + dt.timedelta(days=days + 2)
    found = occasions_of(rows.touching(first, last).select_related("client__branch", "visit"), first, last)
    return [one for one in found if one.ends_at > moment]


def called_off(rows: Any, moment: dt.datetime, *, days: int = 84) -> list[Occasion]:
    """The occasions from now on that do not take place after all, of a QuerySet of appointments: one query."""
    first = moment.date() - DAY
    last = first + dt.timedelta(days=days + 2)
    recent = Q(cancelled_at__gt=moment - dt.timedelta(days=days + 2))
    rows = rows.filter(recent | Q(cancelled_at=None) & (~Q(skipped=[]) | ~Q(dropped=[])))
    found = [
        one
        for row in rows.select_related("client__branch")
        for one in _on_days(row, days_called_off(row, first, last), row.client.branch.time_zone)
    ]
    return [one for one in found if one.ends_at > moment]


def on_day_of(visit: Visit) -> list[Occasion]:
    """The client's occasions on the local day of the visit."""
    zone_name = visit.branch.time_zone
    day = local_date(visit.starts_at, zone_name)
    rows = Appointment.objects.filter(client=visit.client_id).touching(day - DAY, day)
    starts_at, ends_at = day_bounds(day, zone_name)
    found = occasions_of(rows.select_related("client__branch"), day - DAY, day)
    return [one for one in found if one.touches(starts_at, ends_at)]


def in_the_way(occasions: Iterable[Occasion], visits: Iterable[Visit]) -> list[tuple[Occasion, Visit]]:
    """(occasion, live visit of the client at the same time), except visits in which our caregiver goes along."""
    rows = list(visits)
    return [
        (one, visit)
        for one in occasions
        for visit in rows
        if one.appointment.client_id == visit.client_id
        and one.appointment.visit_id != visit.pk
        and one.appointment.is_in_the_way
        and one.touches(visit.starts_at, visit.ends_at)
    ]
