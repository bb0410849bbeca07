"""Hours wanted against hours needed in a week: who is free in each hour, what is open then, what people wait for.

Everything is read for the whole week in a fixed number of queries. A week has 168 hours by the branch's wall
clock; a member's free hours are a number of 168 bits, so that counting them is quick.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from clients.models import Client
from homecare.accounts.models import Branch
from homecare.clock import local, minutes_between, now, week_bounds
from scheduling.free_time import Held, read_limits, taken, ways_of
from scheduling.models import ServiceType, Visit, Waiting
from scheduling.waiting_list import USUAL_START
from staff.availability_hours import spans_on
from staff.models import Availability, Member, Role, TimeOff

HOURS = 7 * 24
LEAST = 60  # whoever wants fewer minutes more is free in no hour
DAY = dt.timedelta(days=1)


class Open(NamedTuple):
    """Something that needs a caregiver: an unfilled visit, or an entry of the waiting list."""

    row: Any
    hours: range
    minutes: int
    area: str
    categories: frozenset[str]


@dataclass(frozen=True)
class Cell:
    """One hour of the week."""

    hour: int
    free: int
    unfilled: int
    waiting: int
    is_over: bool = False

    @property
    def needed(self) -> int:
        return self.unfilled + self.waiting

    @property
    def level(self) -> str:
        """over: it has begun; quiet: nothing needed; short: fewer are free than needed; tight: hardly more; enough."""
        if self.is_over:
            return "over"
        if not self.needed:
            return "quiet"
        if self.free < self.needed:
            return "short"
        return "tight" if self.free < 2 * self.needed else "enough"


@dataclass
class Sum:
    """One area's or role's week, in minutes."""

    name: str
    wanted: int = 0
    planned: int = 0
    unfilled: int = 0
    waiting: int = 0
    members: int = 0
    left: int = 0  # what each still wants beyond what they have
    could: int = 0  # as much of it as they have free hours for

    @property
    def short(self) -> int:
        """How much more is needed than caregivers could take."""
        return max(0, self.unfilled + self.waiting - self.could)


def hours_between(starts: dt.datetime, ends: dt.datetime, monday: dt.date) -> range:
    """The hours of the week that a local interval touches."""
    first = (starts.date() - monday).days * 24 + starts.hour
    last = (ends.date() - monday).days * 24 + ends.hour + (1 if ends.minute or ends.second else 0)
    return range(max(0, first), min(HOURS, max(last, first + 1)))


def bits(hours: Iterable[int]) -> int:
    mask = 0
    for hour in hours:
        mask |= 1 << hour
    return mask


@dataclass
class Week:
    """A branch's week, narrowed to a town and to a role when asked."""

    user: Any
    branch: Branch
    monday: dt.date
    area: str = ""
    role: Role | None = None

    @property
    def bounds(self) -> tuple[dt.datetime, dt.datetime]:
        return week_bounds(self.monday, self.branch.time_zone)

    @cached_property
    def everybody(self) -> list[Member]:
        rows = Member.objects.visible_to(self.user).active().filter(branch=self.branch)
        return list(rows.select_related("role").order_by("last_name", "first_name", "pk"))

    @cached_property
    def members(self) -> list[Member]:
        return [row for row in self.everybody if self._fits(row.city, row.role_id)]

    def _fits(self, area: str, role_id: int) -> bool:
        in_area = not self.area or area == self.area
        return in_area and (self.role is None or role_id == self.role.pk)

    def _can(self, categories: frozenset[str]) -> bool:
        return self.role is None or categories <= set(self.role.scope)

    def _local(self, starts_at: dt.datetime, ends_at: dt.datetime) -> range:
        zone_name = self.branch.time_zone
        return hours_between(local(starts_at, zone_name), local(ends_at, zone_name), self.monday)

    @cached_property
    def held(self) -> dict[int, list[Held]]:
        """member → their visits of the week and of the days beside it, which rest reaches into; in order."""
        starts_at, ends_at = self.bounds
        rows = Visit.objects.visible_to(self.user).live().leading().filter(branch=self.branch, caregiver__isnull=False)
        near = rows.filter(starts_at__gt=starts_at - 3 * DAY, starts_at__lt=ends_at + DAY).order_by("starts_at", "pk")
        services = ServiceType.objects.all()
        remote = {row.pk for row in services if row.is_remote}
        live_in = {row.pk for row in services if "live_in" in row.categories}
        found: dict[int, list[Held]] = defaultdict(list)
        names = ("caregiver_id", "starts_at", "ends_at", "client_id", "service_type_id")
        for member, begins, ends, client, service in near.values_list(*names):
            found[member].append(Held(begins, ends, client, service in remote, service in live_in))
        return found

    @cached_property
    def planned(self) -> Counter[int]:
        """member → planned minutes of the week."""
        starts_at, ends_at = self.bounds
        minutes: Counter[int] = Counter()
        for member, held in self.held.items():
            for one in held:
                if one.starts_at < ends_at and one.ends_at > starts_at:
                    minutes[member] += minutes_between(max(one.starts_at, starts_at), min(one.ends_at, ends_at))
        return minutes

    @cached_property
    def busy(self) -> dict[int, int]:
        """member → the hours that visits, ways between them and rest touch, as bits."""
        limits = read_limits()
        way = ways_of(self.held.values(), limits.times) if limits.counts_ways else None
        starts_at, ends_at = self.bounds
        masks: dict[int, int] = defaultdict(int)
        for member, held in self.held.items():
            for begins, ends in taken(held, way=way, rest=limits.rest, zone_name=self.branch.time_zone):
                if begins < ends_at and ends > starts_at:
                    masks[member] |= bits(self._local(begins, ends))
        return masks

    @cached_property
    def left(self) -> dict[int, int]:
        """member → the minutes they still want, never beyond their weekly limit."""
        minutes = self.planned
        wish = {row.pk: min(row.weekly_minutes_wanted, row.weekly_minutes_limit) for row in self.members}
        return {pk: max(0, most - minutes[pk]) for pk, most in wish.items()}

    def could(self, member: int) -> int:
        """The minutes they still want and have free hours for."""
        return min(self.left[member], 60 * self.free[member].bit_count())

    @cached_property
    def free(self) -> dict[int, int]:
        """member → the hours in which they could take a visit, as bits; none of who wants less than an hour more."""
        sunday = self.monday + 6 * DAY
        lines: dict[int, list[Availability]] = defaultdict(list)
        ids = [row.pk for row in self.members]
        for line in Availability.objects.filter(member__in=ids).in_force(self.monday, sunday):
            lines[line.member_id].append(line)
        away: dict[int, int] = defaultdict(int)
        starts_at, ends_at = self.bounds
        off = TimeOff.objects.approved().filter(member__in=ids, starts_at__lt=ends_at, ends_at__gt=starts_at)
        for member, begins, ends in off.values_list("member_id", "starts_at", "ends_at"):
            away[member] |= bits(self._local(max(begins, starts_at), min(ends, ends_at)))
        wanting = [pk for pk in ids if self.left[pk] >= LEAST]
        found = {pk: self._available(lines[pk]) & ~self.busy.get(pk, 0) & ~away[pk] for pk in wanting}
        ahead = ~((1 << self.passed) - 1)
        return dict.fromkeys(ids, 0) | {pk: mask & ahead for pk, mask in found.items()}

    def _available(self, lines: list[Availability]) -> int:
        """Whole hours within the weekly lines."""
        mask = 0
        for number in range(7):
            for first, last in spans_on(self.monday + number * DAY, lines):
                mask |= bits(number * 24 + hour for hour in range(-(-first // 60), last // 60))
        return mask

    @cached_property
    def towns(self) -> dict[int, str]:
        """client → town, for the clients somebody is needed at."""
        wanted = {row.client_id for row in self._visits} | {row.client_id for row in self._entries}
        rows = Client.objects.with_town().filter(pk__in=wanted).order_by()
        return {pk: town or "" for pk, town in rows.values_list("pk", "town")}

    @cached_property
    def passed(self) -> int:
        """How many of its hours have begun: nobody can be found for those."""
        here = local(now(), self.branch.time_zone)
        hours = (here.date() - self.monday).days * 24 + here.hour + 1
        return 0 if here.date() < self.monday else min(HOURS, hours)

    @cached_property
    def _visits(self) -> list[Visit]:
        starts_at, ends_at = self.bounds
        starts_at = max(starts_at, now())
        rows = Visit.objects.visible_to(self.user).open().filter(branch=self.branch)
        rows = rows.filter(starts_at__gte=starts_at, starts_at__lt=ends_at)
        return list(rows.select_related("client", "service_type", "branch"))

    @cached_property
    def _entries(self) -> list[Waiting]:
        rows = Waiting.objects.visible_to(self.user).waiting().filter(client__branch=self.branch)
        return list(rows.select_related("client__branch", "service_type").in_turn())

    @cached_property
    def unfilled(self) -> list[Open]:
        """The open visits of the week."""
        return [
            Open(row, self._local(row.starts_at, row.ends_at), row.planned_minutes, town, categories)
            for row in self._visits
            for town, categories in [(self.towns.get(row.client_id, ""), frozenset(row.service_type.categories))]
            if (not self.area or town == self.area) and self._can(categories)
        ]

    @cached_property
    def waiting(self) -> list[Open]:
        """What the waiting list asks for on each of its days."""
        return [one for row in self._entries for one in self._wanted(row)]

    def _wanted(self, row: Waiting) -> Iterator[Open]:
        town = row.area or self.towns.get(row.client_id, "")
        categories = frozenset(row.service_type.categories)
        if (self.area and town != self.area) or not self._can(categories):
            return
        start = row.start_time or USUAL_START
        for day in row.days_wanted:
            begins = dt.datetime.combine(self.monday + day * DAY, start)
            if day * 24 + start.hour < self.passed:
                continue
            ends = begins + dt.timedelta(minutes=row.minutes_a_visit)
            yield Open(row, hours_between(begins, ends, self.monday), row.minutes_a_visit, town, categories)

    @cached_property
    def cells(self) -> list[Cell]:
        """The 168 hours, Monday 00:00 first."""
        free: Counter[int] = Counter()
        for mask in self.free.values():
            while mask:
                low = mask & -mask
                free[low.bit_length() - 1] += 1
                mask ^= low
        unfilled = Counter(hour for one in self.unfilled for hour in one.hours)
        waiting = Counter(hour for one in self.waiting for hour in one.hours)
        return [Cell(hour, free[hour], unfilled[hour], waiting[hour], hour < self.passed) for hour in range(HOURS)]

    def free_in(self, hour: int) -> list[Member]:
        return [row for row in self.members if self.free[row.pk] >> hour & 1]

    @cached_property
    def total(self) -> Sum:
        return next(iter(self._sums(lambda _m: "", lambda _o: [""]).values()), Sum(""))

    @cached_property
    def areas(self) -> list[Sum]:
        found = self._sums(lambda member: member.city, lambda one: [one.area])
        return sorted(found.values(), key=lambda row: (-row.short, -row.unfilled - row.waiting, row.name))

    @cached_property
    def roles(self) -> list[Sum]:
        """By role; what is needed counts for every role whose scope covers it, so these do not add up."""
        scopes = {row.role.name: set(row.role.scope) for row in self.members}
        found = self._sums(
            lambda member: member.role.name,
            lambda one: [name for name, scope in scopes.items() if one.categories <= scope],
        )
        return sorted(found.values(), key=lambda row: (-row.short, row.name))

    def _sums(self, of_member: Any, of_open: Any) -> dict[str, Sum]:
        found: dict[str, Sum] = {}
        for member in self.members:
            row = found.setdefault(of_member(member), Sum(of_member(member)))
            row.members += 1
            row.wanted += member.weekly_minutes_wanted
            row.planned += self.planned[member.pk]
            row.left += self.left[member.pk]
            row.could += self.could(member.pk)
        for attribute, opened in (("unfilled", self.unfilled), ("waiting", self.waiting)):
            for one in opened:
                for name in of_open(one):
                    row = found.setdefault(name, Sum(name))
                    setattr(row, attribute, getattr(row, attribute) + one.minutes)
        return found

    @cached_property
    def choices(self) -> tuple[list[str], list[Role]]:
        """Towns and roles one can narrow the week to."""
        towns = {row.city for row in self.everybody if row.city} | {town for town in self.towns.values() if town}
        roles = {row.role_id: row.role for row in self.everybody}
        return sorted(towns), sorted(roles.values(), key=lambda role: role.name)


def role_of(pk: str) -> Role | None:
    return Role.objects.filter(pk=int(pk)).first() if pk.isdecimal() else None
