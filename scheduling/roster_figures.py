"""A roster beside the live plan: filled, changed, hours, travel, continuity, weekly limits."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean
from typing import NamedTuple

from clients.models import Address
from homecare.accounts.models import Agency
from homecare.clock import local_date, monday_of
from scheduling.models import RosterLine, ServiceType, Visit
from scheduling.travel import Place, Times
from staff.models import Member


class Spell(NamedTuple):
    """A caregiver at a client from when until when."""

    member_id: int
    client_id: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    is_remote: bool = False


@dataclass(frozen=True)
class Figures:
    """Minutes and counts of one plan. `carers`: caregivers a client sees in these days, on average."""

    visits: int
    filled: int
    minutes: int
    travel: int
    carers: float
    over_limit: int

    @property
    def unfilled(self) -> int:
        return self.visits - self.filled


def compare(lines: Sequence[RosterLine], zone_name: str) -> tuple[Figures, Figures]:
    """(the live plan, the roster) over the same visits. Lines come with their visit."""
    before, after = [], []
    remote = set(ServiceType.objects.exclude(mode=ServiceType.Mode.IN_PERSON).values_list("pk", flat=True))
    for line in lines:
        length = line.visit.ends_at - line.visit.starts_at
        client_id, by_phone = line.visit.client_id, line.visit.service_type_id in remote
        if line.caregiver_before_id:
            start = line.starts_before
            before.append(Spell(line.caregiver_before_id, client_id, start, start + length, by_phone))
        if line.caregiver_id:
            after.append(Spell(line.caregiver_id, client_id, line.starts_at, line.starts_at + length, by_phone))
    members = Member.objects.in_bulk({row.member_id for row in (*before, *after)})
    others = _others(lines, members, remote)
    ways = _Ways(members, {row.client_id for row in (*before, *after, *others)}, zone_name)
    return tuple(_figures(len(lines), rows, others, members, ways, zone_name) for rows in (before, after))  # type: ignore[return-value]


def _others(lines: Sequence[RosterLine], members: dict[int, Member], remote: set[int]) -> list[Spell]:
    """What these caregivers have besides in the weeks of the roster: ways and hours count it too."""
    if not lines:
        return []
    first = min(line.starts_before for line in lines) - dt.timedelta(days=7)
    last = max(line.starts_before for line in lines) + dt.timedelta(days=7)
    rows = Visit.objects.live().leading().filter(caregiver__in=members, starts_at__gte=first, starts_at__lt=last)
    rows = rows.exclude(pk__in=[line.visit_id for line in lines])
    found = rows.values_list("caregiver_id", "client_id", "starts_at", "ends_at", "service_type_id")
    return [
        Spell(member or 0, client, starts, ends, service in remote) for member, client, starts, ends, service in found
    ]


class _Ways:
    """Minutes of travel of a caregiver's day, from home and back."""

    def __init__(self, members: dict[int, Member], client_ids: set[int], zone_name: str) -> None:
        agency = Agency.current()
        self.times, self.zone_name = Times(agency.travel_speed_kmh, float(agency.travel_factor)), zone_name
        rows = Address.objects.filter(client__in=client_ids, is_primary=True, latitude__isnull=False)
        self.places: dict[int, Place] = {row.client_id: (row.latitude, row.longitude) for row in rows}  # type: ignore[misc]
        self.homes = {pk: member.place for pk, member in members.items()}

    def minutes(self, rows: Iterable[Spell]) -> int:
        days: dict[tuple[int, dt.date], list[Spell]] = defaultdict(list)
        for row in rows:
            days[row.member_id, local_date(row.starts_at, self.zone_name)].append(row)
        legs = []
        for (member_id, _day), stops in days.items():
            home = self.homes.get(member_id)
            route = [home, *(self.places.get(row.client_id) for row in sorted(stops, key=lambda r: r.starts_at)), home]
            legs += list(pairwise(route))
        self.times.prepare(legs)
        return sum(self.times.minutes(start, end) or 0 for start, end in legs if start != end)


def _figures(
    count: int,
    rows: list[Spell],
    others: list[Spell],
    members: dict[int, Member],
    ways: _Ways,
    zone_name: str,
) -> Figures:
    carers: dict[int, set[int]] = defaultdict(set)
    weeks: dict[tuple[int, dt.date], int] = defaultdict(int)
    for row in rows:
        carers[row.client_id].add(row.member_id)
    for row in (*rows, *others):
        monday = monday_of(local_date(row.starts_at, zone_name))
        weeks[row.member_id, monday] += int((row.ends_at - row.starts_at).total_seconds() // 60)
    over = sum(max(0, worked - members[pk].weekly_minutes_limit) for (pk, _monday), worked in weeks.items())
    days = {(row.member_id, local_date(row.starts_at, zone_name)) for row in rows}
    beside = [row for row in others if (row.member_id, local_date(row.starts_at, zone_name)) in days]
    return Figures(
        visits=count,
        filled=len(rows),
        minutes=sum(int((row.ends_at - row.starts_at).total_seconds() // 60) for row in rows),
        travel=ways.minutes(row for row in (*rows, *beside) if not row.is_remote),
        carers=round(mean(len(found) for found in carers.values()), 1) if carers else 0.0,
        over_limit=over,
    )
