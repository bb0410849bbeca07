"""What placement rules look at, read once per kind for a whole batch, only when the first rule asks for it."""

from __future__ import annotations

import datetime as dt
import json
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from django.db import connection

from homecare.accounts.models import Agency, Branch
from homecare.clock import at_local, days_of_week, local_date, minutes_between, monday_of
from scheduling.fact_rows import AgencyFact, Around, Busy, ClientFact, MemberFact, Other, RoleFact
from scheduling.models import ServiceType
from scheduling.travel import Times
from scheduling.workdays import ROUND_THE_CLOCK, WORKDAYS, Workday, add_visit, by_member
from staff.models import Member, TaskCategory

if TYPE_CHECKING:
    from scheduling.placement import Placement

# Written out, because building these statements anew for each visit costs several times what running them does.
BUSY = """
SELECT v.caregiver_id, v.starts_at, v.ends_at, v.id, v.client_id,
       v.service_type_id IN (SELECT id FROM scheduling_servicetype WHERE 'live_in' = ANY(categories)),
       v.service_type_id IN (SELECT id FROM scheduling_servicetype WHERE mode <> 'in_person')
FROM scheduling_visit v
WHERE v.caregiver_id = ANY(%s::bigint[]) AND v.starts_at >= %s AND v.starts_at < %s
      AND v.status NOT IN ('cancelled', 'missed') AND v.leader_id IS NULL AND NOT v.id = ANY(%s::bigint[])
ORDER BY v.caregiver_id, v.starts_at
"""
CLIENTS = """
SELECT c.id, c.first_name, c.last_name, c.status, c.caregiver_gender, c.language, c.caregiver_language,
       c.wants_nonsmoker, c.has_pets, c.has_smoke, c.monthly_budget_amount, c.weekly_caregivers_limit,
       CASE WHEN c.id = ANY(%s::bigint[]) THEN (
           SELECT json_agg(DISTINCT jsonb_build_array(t.category, t.weekdays))
           FROM careplans_careplan p JOIN careplans_plannedtask t ON t.plan_id = p.id
           WHERE p.client_id = c.id AND p.status = 'active'
       ) END, a.latitude, a.longitude
FROM clients_client c LEFT JOIN clients_address a ON a.client_id = c.id AND a.is_primary
WHERE c.id = ANY(%s::bigint[])
"""
MEMBERS = """
SELECT m.id, m.first_name, m.last_name, m.gender, m.status, m.hired_on, m.left_on, m.weekly_minutes_limit,
       m.daily_minutes_limit, m.daily_visits_limit, m.languages, m.avoids_pets, m.avoids_smoke, m.smokes,
       r.name, r.scope
FROM staff_member m JOIN staff_role r ON r.id = m.role_id
WHERE m.id = ANY(%s::bigint[]) ORDER BY m.id
"""
AGENCY = """
SELECT rule_severities, rule_numbers, matching_weights, travel_speed_kmh, travel_factor,
       EXISTS (SELECT 1 FROM staff_member WHERE weekly_minutes_guaranteed > 0 OR weekly_visits_guaranteed > 0),
       EXISTS (SELECT 1 FROM scheduling_trainingrequirement)
FROM accounts_agency WHERE id = 1
"""
OTHERS = """
SELECT leader_id, client_id, service_type_id, time_weight, id FROM scheduling_visit
WHERE leader_id = ANY(%s::bigint[]) AND status NOT IN ('cancelled', 'missed') ORDER BY leader_id, id
"""
LONGEST_VISIT = dt.timedelta(hours=25)
NEAR_HOURS = 4
DAY = dt.timedelta(days=1)
WEEK = 7


def fetch(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of a statement that a rule or the facts write out. Lists of ids go as one word: for the 500 caregivers
    of a suggestion the driver would quote number by number in nine statements."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [_as_array(value) if isinstance(value, list) else value for value in values])
        return cursor.fetchall()


def _as_array(values: list[Any]) -> Any:
    """{1,2,3} for numbers; other lists are left to the driver."""
    return values if values and not isinstance(values[0], int) else f"{{{','.join(map(str, values))}}}"


def read_members(ids: Iterable[int], *, lock: bool = False) -> dict[int, MemberFact]:
    """Caregivers with their role; `lock` holds their rows until the transaction ends, in key order."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = fetch(MEMBERS + ("FOR NO KEY UPDATE OF m" if lock else ""), wanted)
    return {row[0]: MemberFact._make((*row[:-2], RoleFact._make(row[-2:]))) for row in rows}


class Facts:
    """The batch's facts. `known` rows (members with their role, service_types, branches) are taken as they are."""

    known: dict[str, dict[int, Any]]

    def __init__(self, placements: Sequence[Placement], known: dict[str, Iterable[Any]] | None = None) -> None:
        self.placements = placements
        self.known = {kind: {row.id: row for row in rows} for kind, rows in (known or {}).items()}
        self.member_ids = {p.member_id for p in placements if p.member_id is not None}
        self.client_ids = {p.client_id for p in placements}
        self.visit_ids = {p.visit_id for p in placements if p.visit_id is not None}
        self._others = self._read_others()
        self.has_others = bool(self._others) or any(p.others for p in placements)
        for placement in placements if self.has_others else ():
            others = self.others_of(placement)
            self.client_ids |= {row.client_id for row in others}
            self.visit_ids |= {row.visit_id for row in others if row.visit_id is not None}
        self.reach_days = 0  # days before and after the batch's weeks at which some rule may look
        self.near_hours = NEAR_HOURS  # so far away a visit still is a neighbour
        self._taken: list[Placement] = []
        self._shared: dict[str, Any] = {}
        self._days: dict[tuple[int, dt.datetime], dt.date] = {}
        self._midnights: dict[tuple[int, dt.date], dt.datetime] = {}
        # What the rules ask several times of the placement they are judging.
        self._last: tuple[Placement | None, dt.date, dt.date] = (None, dt.date.min, dt.date.min)
        self._week_minutes: dict[tuple[int, dt.date], int] = {}
        self._last_around: tuple[Placement | None, Around] = (None, (None, None, None))

    def _read_others(self) -> dict[int, tuple[Other, ...]]:
        """Who shares the batch's saved visits, by the visit that leads."""
        shared = [p.visit_id for p in self.placements if p.total > p.weight and not p.others and p.visit_id is not None]
        found: dict[int, list[Other]] = defaultdict(list)
        for leader_id, *rest in fetch(OTHERS, shared) if shared else ():
            found[leader_id].append(Other._make(rest))
        return {pk: tuple(rows) for pk, rows in found.items()}

    def others_of(self, placement: Placement) -> tuple[Other, ...]:
        """The further clients of a shared visit."""
        return placement.others or self._others.get(placement.visit_id or 0, ())

    @cached_property
    def each_client(self) -> list[Placement]:
        """The batch's placements, and those of the further clients who share them."""
        if not self.has_others:
            return list(self.placements)
        return [*self.placements, *(p.at(other) for p in self.placements for other in self.others_of(p))]

    def _rows(self, kind: str, ids: set[int], queryset: Any) -> dict[int, Any]:
        rows = dict(self.known.get(kind, {}))
        missing = ids - rows.keys()
        if missing:
            rows |= {row.pk: row for row in queryset.filter(pk__in=missing)}
        return rows

    @cached_property
    def agency(self) -> AgencyFact:
        rows = fetch(AGENCY)
        if not rows:
            Agency.current()
            rows = fetch(AGENCY)
        severities, numbers, weights, speed, factor, *asks = rows[0]
        return AgencyFact(json.loads(severities), json.loads(numbers), json.loads(weights), speed, float(factor), *asks)

    def once(self, key: str, read: Callable[[], Any]) -> Any:
        """What several rules or factors of a batch read, read by the first of them."""
        if key not in self._shared:
            self._shared[key] = read()
        return self._shared[key]

    @cached_property
    def travel(self) -> Times:
        """Travel times by the source the installation uses."""
        return Times(self.agency.travel_speed_kmh, self.agency.travel_factor)

    @cached_property
    def branches(self) -> dict[int, Branch]:
        return self._rows("branches", {p.branch_id for p in self.placements}, Branch.objects.all())

    @cached_property
    def service_types(self) -> dict[int, ServiceType]:
        return self._rows("service_types", {p.service_type_id for p in self.each_client}, ServiceType.objects.all())

    @cached_property
    def members(self) -> dict[int, MemberFact | Member]:
        known = self.known.get("members", {})
        return known | read_members(self.member_ids - known.keys())

    def zone(self, placement: Placement) -> str:
        return self.branches[placement.branch_id].time_zone

    def lives_in(self, placement: Placement) -> bool:
        """Is this visit live-in care?"""
        return TaskCategory.LIVE_IN in self.service_types[placement.service_type_id].categories

    def is_remote(self, placement: Placement) -> bool:
        """Is it done by telephone or video?"""
        return self.service_types[placement.service_type_id].is_remote

    def day(self, placement: Placement) -> dt.date:
        """The local day on which the visit starts."""
        if placement is not self._last[0]:
            self._remember(placement)
        return self._last[1]

    def monday(self, placement: Placement) -> dt.date:
        """The Monday of the week in which the visit starts."""
        if placement is not self._last[0]:
            self._remember(placement)
        return self._last[2]

    def _remember(self, placement: Placement) -> None:
        key = (placement.branch_id, placement.starts_at)
        found = self._days.get(key)
        if found is None:
            found = self._days[key] = local_date(placement.starts_at, self.zone(placement))
        self._last = (placement, found, monday_of(found))

    def parts(self, placement: Placement) -> list[tuple[dt.date, int]]:
        """The visit's minutes by local day: a night has two parts, each as long as the clock really runs."""
        day = self.day(placement)
        midnight = self._midnights.get((placement.branch_id, day))
        if midnight is None:
            midnight = at_local(day + DAY, dt.time(), self.zone(placement))
            self._midnights[placement.branch_id, day] = midnight
        if placement.ends_at <= midnight:
            return [(day, placement.minutes)]
        return [
            (day, minutes_between(placement.starts_at, midnight)),
            (day + DAY, minutes_between(midnight, placement.ends_at)),
        ]

    @cached_property
    def days(self) -> tuple[dt.date, dt.date]:
        """The local days the batch touches, with a day to spare on both sides for zones and nights."""
        first = min((p.starts_at for p in self.placements), default=None)
        last = max((p.ends_at for p in self.placements), default=None)
        if first is None or last is None:
            return dt.date.max, dt.date.min
        return first.date() - DAY, last.date() + DAY

    @cached_property
    def busy(self) -> dict[int, list[Busy]]:
        """Each caregiver's live visits near those of the batch, in order, without the batch's own visits."""
        held: dict[int, list[Busy]] = defaultdict(list)
        if not self.member_ids:
            return held
        near = dt.timedelta(hours=self.near_hours)
        starts = min(p.starts_at for p in self.placements) - LONGEST_VISIT - near
        ends = max(p.ends_at for p in self.placements) + near
        for member_id, *rest in fetch(BUSY, list(self.member_ids), starts, ends, list(self.visit_ids)):
            held[member_id].append(Busy._make(rest))
        return held

    @cached_property
    def workdays(self) -> dict[int, dict[dt.date, Workday]]:
        """What each caregiver works by local day in the weeks of the batch."""
        found = self._read_workdays(*self.weeks)
        for placement in self._taken:
            self._work(found, placement)
        return found

    def _members_by_zone(self) -> dict[str, list[int]]:
        """The batch's caregivers by the zone whose days theirs are: nearly always one."""
        zones = {p.member_id: self.zone(p) for p in self.placements if p.member_id is not None}
        members: dict[str, list[int]] = defaultdict(list)
        for member_id, zone_name in zones.items():
            members[zone_name].append(member_id)
        return members

    @cached_property
    def weeks(self) -> tuple[dt.date, dt.date]:
        """The Mondays with which the batch's weeks begin and have ended; a night reaches into the next day."""
        days = [self.day(p) for p in self.placements]
        return monday_of(min(days)), monday_of(max(days) + DAY) + WEEK * DAY

    @cached_property
    def workdays_before(self) -> dict[int, dict[dt.date, Workday]]:
        """As `workdays`, for the days before the batch's weeks: most batches never ask."""
        first, _until = self.weeks
        return self._read_workdays(first - self.reach_days * DAY, first)

    @cached_property
    def workdays_after(self) -> dict[int, dict[dt.date, Workday]]:
        """As `workdays`, for the days after the batch's weeks."""
        _first, until = self.weeks
        return self._read_workdays(until, until + self.reach_days * DAY)

    def _read_workdays(self, since: dt.date, until: dt.date) -> dict[int, dict[dt.date, Workday]]:
        """From one local midnight to the other, by caregiver."""
        found: dict[int, dict[dt.date, Workday]] = defaultdict(dict)
        leave_out = list(self.visit_ids)
        for zone_name, members in self._members_by_zone().items():
            midnights = [at_local(since + n * DAY, dt.time(), zone_name) for n in range((until - since).days + 2)]
            rows = fetch(WORKDAYS, midnights, members, midnights[0] - LONGEST_VISIT, midnights[-2], leave_out)
            found |= by_member(rows, since)
        return found

    @cached_property
    def clients(self) -> dict[int, ClientFact]:
        """The batch's clients and those of the visits around it, with where they live."""
        ids = self.client_ids | {row.client_id for rows in self.busy.values() for row in rows}
        return {
            pk: ClientFact._make(
                (
                    pk,
                    *words,
                    planned or [],
                    (latitude, longitude) if latitude is not None and longitude is not None else None,
                )
            )
            for pk, *words, planned, latitude, longitude in fetch(CLIENTS, list(self.client_ids), list(ids))
        }

    def around(self, placement: Placement) -> Around:
        """(visit before, visit that overlaps, visit after) of the placement's caregiver."""
        if placement is not self._last_around[0]:
            self._last_around = (placement, self._around(placement))
        return self._last_around[1]

    def _around(self, placement: Placement) -> Around:
        rows = self.busy.get(placement.member_id or 0, [])
        at = bisect_left(rows, placement.starts_at, key=attrgetter("starts_at"))
        before = rows[at - 1] if at else None
        after = rows[at] if at < len(rows) else None
        if before is not None and before.ends_at > placement.starts_at:
            return None, before, after
        if after is not None and after.starts_at < placement.ends_at:
            return before, after, None
        return before, None, after

    def stops(self, placement: Placement) -> tuple[Busy | None, Busy | None]:
        """The visits before and after to which the caregiver goes in person: a call between them is no stop."""
        before, _held, after = self.around(placement)
        if not ((before is not None and before.is_remote) or (after is not None and after.is_remote)):
            return before, after
        rows = [row for row in self.busy.get(placement.member_id or 0, []) if not row.is_remote]
        earlier = [row for row in rows if row.ends_at <= placement.starts_at]
        later = (row for row in rows if row.starts_at >= placement.ends_at)
        return (earlier[-1] if earlier else None), next(later, None)

    def work(self, placement: Placement) -> dict[dt.date, Workday]:
        """The caregiver's days in the batch's weeks, without this visit."""
        return self.workdays[placement.member_id or 0]

    def workday(self, placement: Placement, on: dt.date) -> Workday | None:
        """One of the caregiver's days without this visit, up to `reach_days` outside of the batch's weeks."""
        first, until = self.weeks
        days = self.workdays_before if on < first else self.workdays if on < until else self.workdays_after
        return days[placement.member_id or 0].get(on)

    def week_minutes(self, placement: Placement) -> int:
        """What the placement's caregiver has planned in its local week besides this visit."""
        monday = self.monday(placement)
        key = (placement.member_id or 0, monday)
        found = self._week_minutes.get(key)
        if found is None:
            found = self._week_minutes[key] = sum(self.week(placement, monday))
        return found

    def week(self, placement: Placement, monday: dt.date) -> list[int]:
        """The caregiver's minutes of Monday to Sunday, without this visit."""
        days = self.workdays[placement.member_id or 0]
        return [days[on].minutes if on in days else 0 for on in days_of_week(monday)]

    def take(self, placement: Placement) -> None:
        """Books an accepted placement of the batch."""
        if placement.member_id is None:
            return
        self._last_around = (None, (None, None, None))
        for on, minutes in self.parts(placement):
            key = (placement.member_id, monday_of(on))
            if key in self._week_minutes:
                self._week_minutes[key] += minutes
        row = Busy(
            placement.starts_at,
            placement.ends_at,
            placement.visit_id or 0,
            placement.client_id,
            self.lives_in(placement),
            self.is_remote(placement),
        )
        insort(self.busy[placement.member_id], row, key=attrgetter("starts_at"))
        if "workdays" in self.__dict__:
            self._work(self.workdays, placement)
        else:
            self._taken.append(placement)

    def _work(self, found: dict[int, dict[dt.date, Workday]], placement: Placement) -> None:
        add_visit(
            found[placement.member_id or 0],
            self.parts(placement),
            lives_in=self.lives_in(placement),
            is_long=placement.minutes >= ROUND_THE_CLOCK,
        )
