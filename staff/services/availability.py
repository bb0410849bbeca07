"""The hours in which a person is willing to work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.errors import DomainError
from staff import availability_hours
from staff.models import Availability, Member
from staff.models.availability import Weekday

Line = tuple[int, dt.time, dt.time]


def _check(lines: list[Line]) -> None:
    for weekday, starts, ends in lines:
        if ends != dt.time(0) and ends <= starts:
            raise DomainError(
                _("%(day)s: %(ends)s is not after %(starts)s. Enter a night as two lines: until 00:00, and from 00:00.")
                % {"day": Weekday(weekday).label, "starts": f"{starts:%H:%M}", "ends": f"{ends:%H:%M}"}
            )
    clash = availability_hours.overlapping(lines)
    if clash:
        weekday, starts, ends = clash
        raise DomainError(
            _("%(day)s: the line %(starts)s–%(ends)s overlaps another one. Join them into one line.")
            % {"day": Weekday(weekday).label, "starts": f"{starts:%H:%M}", "ends": f"{ends:%H:%M}"}
        )


def _words(lines: Iterable[Line]) -> str:
    return "; ".join(f"{Weekday(day).name[:3]} {starts:%H:%M}-{ends:%H:%M}" for day, starts, ends in sorted(lines))


@transaction.atomic
def set_week(member: Member, rows: Iterable[Line], *, since: dt.date, by: User) -> list[Availability]:
    """The week from `since` on: (weekday, starts, ends) in branch local time, 00:00 as an end is midnight.

    What held until then keeps its dates, so that past visits are still judged by the hours of their time.
    """
    lines = sorted(set(rows))
    _check(lines)
    locked = Member.locked(member.pk)
    mine = Availability.objects.filter(member=locked)
    in_force = list(mine.in_force(since, since).values_list("weekday", "starts", "ends"))
    mine.filter(since__gte=since).delete()
    mine.in_force(since, since).update(until=since - dt.timedelta(days=1))
    made = Availability.objects.bulk_create(
        [Availability(member=locked, weekday=day, starts=start, ends=end, since=since) for day, start, end in lines]
    )
    record(
        "availability.set", locked, by=by, changes={"week": [_words(in_force), _words(lines)], "since": [None, since]}
    )
    return made
