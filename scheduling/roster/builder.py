"""The instance of a branch for some days, read from the database, and plans judged by the placement rules.

Who may come is asked of the rules engine (scheduling/placement.py): what it blocks for a client, a service and a day
is barred, what it warns of has a price. Times, ways and hours are the instance's own; at the end `vet` plays the plan
through the same engine in the order of time and takes out whatever a rule blocks, so that no second set of rules
decides what may be saved.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from clients.models import CaregiverPreference
from homecare import clock
from homecare.accounts.models import Branch
from scheduling.facts import fetch
from scheduling.models import Visit as VisitRow
from scheduling.placement import Finding, Judge, Placement, Severity, Subject, blocking
from scheduling.roster import hours
from scheduling.roster.instance import Carer, Circle, Instance, Key, Link, Plan, Run, Stop, Visit, Weights
from staff.models import Availability, Member, TimeOff

ALL_DAY = [hours.Line(weekday, dt.time(), dt.time(), dt.date.min, None) for weekday in range(7)]
KNOWN = """
SELECT client_id, caregiver_id, count(*) FROM scheduling_visit
WHERE client_id = ANY(%s::bigint[]) AND caregiver_id = ANY(%s::bigint[]) AND starts_at >= %s AND starts_at < %s
      AND status NOT IN ('cancelled', 'missed') GROUP BY client_id, caregiver_id
"""
PLACES = """
SELECT client_id, latitude, longitude FROM clients_address
WHERE is_primary AND client_id = ANY(%s::bigint[]) AND latitude IS NOT NULL AND longitude IS NOT NULL
"""
DAY = dt.timedelta(days=1)
LOOK_BACK = 90 * DAY
NIGHT = dt.time(4)  # where one working day ends and the next begins
LONGEST = 12 * 60  # minutes: longer visits, live-in care among them, are no matter of routes and stand fast
MINUTE = dt.timedelta(minutes=1)

CROWD = "caregivers_per_week"  # the rule that limits how many caregivers a client sees
NOWHERE = 0  # no client's key: where a visit by telephone or video is, no way from anywhere


@dataclass(frozen=True)
class Wishes:
    """What a planner chooses. Prices are in minutes of travel.

    `only_open`: assigned visits stand fast, only the unfilled are planned. `pinned`: visits that stand fast.
    """

    only_open: bool = False
    pinned: Collection[int] = ()
    unfilled: float = 300.0
    warning: float = 60.0
    unknown_carer: float = 6.0
    new_face: float = 10.0
    changed_carer: float = 15.0
    lacking: float = 1.0  # a guaranteed minute that is not worked is paid as one on the way is
    lacking_visit: float = 30.0
    crowd: float = 60.0  # each caregiver beyond what a client sees in a week: as much as a warning


@dataclass
class Draft:
    """An instance with what is needed to speak of it in visits and caregivers. Keys are the rows' primary keys."""

    branch: Branch
    begins_at: dt.datetime
    instance: Instance
    rows: dict[int, VisitRow]
    current: Plan
    fast: list[VisitRow] = field(default_factory=list)

    def moment(self, minutes: float) -> dt.datetime:
        return self.begins_at + round(minutes) * MINUTE

    def placements(self, plan: Plan) -> list[Placement]:
        """The plan's visits as they would be, in the order of time."""
        found = []
        for key, stop in sorted(plan.stops.items(), key=lambda item: item[1].starts):
            row, starts_at = self.rows[key], self.moment(stop.starts)  # type: ignore[index]
            carer = self.instance.run_of[stop.run].carer
            ends_at = starts_at + (row.ends_at - row.starts_at)
            found.append(Placement.of(row, member_id=carer, starts_at=starts_at, ends_at=ends_at))
        return found

    def vet(self, plan: Plan) -> tuple[Plan, dict[Key, list[Finding]], dict[Key, list[Finding]]]:
        """(the plan without what a rule blocks, why each of those is blocked, warnings of the others)."""
        placements = self.placements(plan)
        unplaced = [Placement.of(row, member_id=None) for key, row in self.rows.items() if key not in plan.stops]
        judge = Judge([*placements, *unplaced], {"branches": [self.branch]})
        refused: dict[Key, list[Finding]] = {}
        warned: dict[Key, list[Finding]] = {}
        for placement in placements:
            findings = judge.judge(placement)
            link = self.instance.link_of.get(placement.key)
            if blocking(findings):
                refused[placement.key] = blocking(findings)
            elif link is not None and any(key in refused for key in link.visits):
                refused[placement.key] = []
            else:
                judge.take(placement)
                if findings:
                    warned[placement.key] = findings
        for link in self.instance.links:
            if any(key in refused for key in link.visits):
                refused.update({key: refused.get(key, []) for key in link.visits})
        stops = {key: stop for key, stop in plan.stops.items() if key not in refused}
        return Plan(stops, plan.pauses), refused, {key: row for key, row in warned.items() if key in stops}


def build(branch: Branch, first: dt.date, last: dt.date, wishes: Wishes | None = None) -> Draft:
    """What the branch has to plan from one local day to another, both included; not begun and not past."""
    return _Builder(branch, first, last, wishes or Wishes()).draft()


class _Builder:
    def __init__(self, branch: Branch, first: dt.date, last: dt.date, wishes: Wishes) -> None:
        self.branch, self.first, self.last, self.wishes = branch, first, last, wishes
        self.begins_at = clock.at_local(first, dt.time(), branch.time_zone)
        self.ends_at = clock.at_local(last + DAY, dt.time(), branch.time_zone)
        self.members = list(Member.objects.active().filter(branch=branch).select_related("role").order_by("pk"))
        self.movable, self.fast = self._visits()

    def draft(self) -> Draft:
        judge, allowed = self._judged()
        travel, homes, places = self._travel(judge)
        runs = self._runs(homes, places)
        known = self._known()
        visits = [self._visit(row, allowed[row.pk], known, places) for row in self.movable]
        instance = Instance(
            visits=visits,
            runs=runs,
            carers=self._carers(),
            travel=travel,
            links=self._links(),
            new_faces=self._faces(known),
            circles=self._circles(),
            weights=Weights(
                lacking=self.wishes.lacking, lacking_visit=self.wishes.lacking_visit, crowd=self.wishes.crowd
            ),
            commute_counts=False,
        )
        instance = self._beside_fast(instance)
        rows = {row.pk: row for row in self.movable}
        return Draft(self.branch, self.begins_at, instance, rows, self._current(instance), self.fast)

    def minutes(self, moment: dt.datetime) -> float:
        return (moment - self.begins_at).total_seconds() / 60

    def _visits(self) -> tuple[list[VisitRow], list[VisitRow]]:
        """(visits to plan, visits that stand fast): the second hold their caregiver's time."""
        near = VisitRow.objects.live().leading().select_related("service_type", "schedule", "client")
        own = near.filter(branch=self.branch, starts_at__gte=self.begins_at, starts_at__lt=self.ends_at)
        moment, movable = clock.now(), []
        for row in own.order_by("starts_at", "pk"):
            stands = row.pk in self.wishes.pinned or (self.wishes.only_open and row.caregiver_id is not None)
            is_short = row.planned_minutes <= LONGEST and "live_in" not in row.service_type.categories
            stands = stands or row.service_type.is_remote  # there is no way to plan; a person gives the call away
            if row.is_movable and row.starts_at > moment and is_short and not stands:
                movable.append(row)
        held = near.filter(
            caregiver__in=self.members, starts_at__lt=self.ends_at + DAY, ends_at__gt=self.begins_at - DAY
        ).exclude(pk__in=[row.pk for row in movable])
        return movable, list(held.order_by("starts_at", "pk"))

    def _judged(self) -> tuple[Judge, dict[int, tuple[dict[Key, float], dict[Key, str]]]]:
        """For each visit who may come at what price, and who is barred with the rule's own sentence.

        Rules about the caregiver's hours and time are left to the plan; the others say the same for all visits of a
        client, a service and a day, so one of them is asked.
        """
        groups: dict[tuple[Any, ...], list[VisitRow]] = defaultdict(list)
        for row in self.movable:
            day = clock.local_date(row.starts_at, self.branch.time_zone)
            groups[row.client_id, row.service_type_id, day, row.pk if row.is_shared else None].append(row)
        asked = {
            key: [Placement.of(rows[0], key=(key, m.pk), member_id=m.pk) for m in self.members]
            for key, rows in groups.items()
        }
        # Open visits of the batch stand for those the question is not about: their own time does not count as held.
        batch = [Placement.of(row, member_id=None) for row in self.movable]
        judge = Judge([*(p for row in asked.values() for p in row), *batch], {"branches": [self.branch]})
        self.rules = {rule.code: rule for rule in judge.rules}
        judge.ask([rule for rule in judge.rules if _is_about_people(rule) and not _is_crowd_warning(rule)])
        found = {}
        for key, rows in groups.items():
            carers: dict[Key, float] = {}
            barred: dict[Key, str] = {}
            for placement in asked[key]:
                findings = judge.judge(placement)
                if stop := blocking(findings):
                    barred[placement.member_id] = stop[0].sentence
                else:
                    carers[placement.member_id] = self.wishes.warning * len(findings)
            found.update({row.pk: (carers, barred) for row in rows})
        return judge, found

    def _travel(self, judge: Judge) -> tuple[list[list[float]], dict[int, int], dict[int, int]]:
        """(minutes between all places, place of each member's home, place of each client)."""
        clients = list(dict.fromkeys(row.client_id for row in [*self.movable, *self.fast]))
        times = judge.facts.travel
        where = {pk: (latitude, longitude) for pk, latitude, longitude in fetch(PLACES, clients)}
        spots = [where.get(pk) for pk in clients] + [member.place for member in self.members] + [None]
        if times.needs_preparing:
            times.prepare((a, b) for a in spots for b in spots if a is not None and b is not None and a != b)
        travel = [[0.0 if a == b else float(times.minutes(a, b) or 0) for b in spots] for a in spots]
        homes = {member.pk: len(clients) + number for number, member in enumerate(self.members)}
        return travel, homes, {pk: number for number, pk in enumerate(clients)} | {NOWHERE: len(spots) - 1}

    def _runs(self, homes: dict[int, int], places: dict[int, int]) -> list[Run]:
        days = (self.last - self.first).days + 2  # a night may end on the day after the last
        zone = self.branch.time_zone
        midnights = [self.minutes(clock.at_local(self.first + n * DAY, dt.time(), zone)) for n in range(days + 1)]
        local = hours.Clock(self.first, midnights)
        cuts = [self.minutes(clock.at_local(self.first + n * DAY, NIGHT, zone)) for n in range(days)]
        lines: dict[int, list[hours.Line]] = defaultdict(list)
        for row in Availability.objects.filter(member__in=self.members).in_force(self.first, self.last + DAY):
            lines[row.member_id].append(hours.Line(row.weekday, row.starts, row.ends, row.since, row.until))
        off: dict[int, list[hours.Span]] = defaultdict(list)
        for away in TimeOff.objects.approved().filter(member__in=self.members, ends_at__gt=self.begins_at):
            off[away.member_id].append((self.minutes(away.starts_at), self.minutes(away.ends_at)))
        fast: dict[int, list[hours.Fast]] = defaultdict(list)
        for held in self.fast:
            place = places[NOWHERE if held.service_type.is_remote else held.client_id]
            spot = hours.Fast(self.minutes(held.starts_at), self.minutes(held.ends_at), place)
            fast[held.caregiver_id or 0].append(spot)
        # Minutes between two working days, as long as the agency has the rule about rest.
        gap = 60.0 * self.rules["rest"].numbers["hours"] if "rest" in self.rules else 0.0
        found = []
        for member in self.members:
            own = lines[member.pk] if "available" in self.rules else ALL_DAY
            spans = hours.without(hours.open_spans(own, local), off[member.pk])
            found += hours.runs_of(member.pk, homes[member.pk], spans, fast[member.pk], cuts, gap)
        return found

    def _weeks(self) -> tuple[int, Any]:
        """(how many weeks the days touch, the live visits of these weeks that are not to be planned)."""
        zone, monday = self.branch.time_zone, clock.monday_of(self.first)
        weeks = (clock.monday_of(self.last) - monday).days // 7 + 1
        starts = clock.at_local(monday, dt.time(), zone)
        ends = clock.at_local(monday + weeks * 7 * DAY, dt.time(), zone)
        rows = VisitRow.objects.live().filter(starts_at__gte=starts, starts_at__lt=ends, caregiver__isnull=False)
        movable = [row.pk for row in self.movable]
        return weeks, rows.exclude(pk__in=movable).exclude(leader__in=movable)

    def _carers(self) -> list[Carer]:
        """What each member's weekly limit leaves for these days, and what a guaranteed week still lacks; of several
        weeks each counts in full."""
        weeks, rows = self._weeks()
        minutes: Counter[int] = Counter()
        visits: Counter[int] = Counter()
        held = rows.leading().filter(caregiver__in=self.members).values_list("caregiver", "starts_at", "ends_at")
        for member, first, last in held:
            minutes[member] += int((last - first).total_seconds() // 60)
            visits[member] += 1
        return [
            Carer(
                row.pk,
                float(max(0, row.weekly_minutes_limit * weeks - minutes[row.pk])),
                float(max(0, row.weekly_minutes_guaranteed * weeks - minutes[row.pk])),
                max(0, row.weekly_visits_guaranteed * weeks - visits[row.pk]),
            )
            for row in self.members
        ]

    def _circle(self, row: VisitRow) -> tuple[int, dt.date] | None:
        """The client's week whose caregivers are counted, when the rule is on and there is a limit."""
        return (row.client_id, self._monday(row.starts_at)) if self._limit(row) else None

    def _limit(self, row: VisitRow) -> int:
        rule = self.rules.get(CROWD)
        return (row.client.weekly_caregivers_limit or rule.numbers["caregivers"]) if rule is not None else 0

    def _monday(self, moment: dt.datetime) -> dt.date:
        return clock.monday_of(clock.local_date(moment, self.branch.time_zone))

    def _circles(self) -> list[Circle]:
        limits = {circle: self._limit(row) for row in self.movable if (circle := self._circle(row)) is not None}
        if not limits:
            return []
        present: dict[Any, set[int]] = defaultdict(set)
        rows = self._weeks()[1].filter(client__in={client for client, _monday in limits})
        for client, member, starts_at in rows.values_list("client", "caregiver", "starts_at"):
            present[client, self._monday(starts_at)].add(member)
        return [Circle(key, limit, frozenset(present[key])) for key, limit in limits.items()]

    def _known(self) -> dict[tuple[int, int], int]:
        """(client, member) → visits in the last 90 days before the plan; a preferred caregiver counts as known."""
        clients = list({row.client_id for row in self.movable})
        members = [member.pk for member in self.members]
        rows = fetch(KNOWN, clients, members, self.begins_at - LOOK_BACK, self.begins_at)
        found = {(client, member): count for client, member, count in rows}
        preferred = CaregiverPreference.objects.filter(
            client__in=clients, member__in=members, kind=CaregiverPreference.Kind.PREFERRED
        )
        return found | dict.fromkeys(preferred.values_list("client_id", "member_id"), 3)

    def _faces(self, known: dict[tuple[int, int], int]) -> dict[tuple[Key, Key], float]:
        clients = {row.client_id for row in self.movable}
        return {
            (client, member.pk): self.wishes.new_face
            for client in clients
            for member in self.members
            if not known.get((client, member.pk))
        }

    def _visit(
        self,
        row: VisitRow,
        allowed: tuple[dict[Key, float], dict[Key, str]],
        known: dict[tuple[int, int], int],
        places: dict[int, int],
    ) -> Visit:
        carers = {
            member: price
            + (self.wishes.unknown_carer if known.get((row.client_id, member), 0) < 3 else 0.0)  # type: ignore[arg-type]
            + (self.wishes.changed_carer if row.caregiver_id not in (None, member) else 0.0)
            for member, price in allowed[0].items()
        }
        earliest = row.window_starts_at or row.starts_at
        opens = math.ceil(self.minutes(max(earliest, min(clock.now(), row.starts_at))))
        closes = max(opens, int(self.minutes(row.window_ends_at or row.starts_at)))
        return Visit(
            key=row.pk,
            place=places[row.client_id],
            minutes=(row.ends_at - row.starts_at).total_seconds() / 60,
            windows=((float(opens), float(closes)),),
            carers=carers,
            price=self.wishes.unfilled,
            client=row.client_id,
            circle=self._circle(row),
            barred=allowed[1],
        )

    def _places(self) -> Iterable[tuple[Any, list[VisitRow]]]:
        """The visits of one occurrence of a pattern for several caregivers, also those that stand fast."""
        found: dict[Any, list[VisitRow]] = defaultdict(list)
        for row in [*self.movable, *self.fast]:
            if row.schedule_id is not None and row.schedule is not None and row.schedule.head_count > 1:
                found[row.schedule_id, row.occurrence_on].append(row)
        return found.items()

    def _links(self) -> list[Link]:
        movable = {row.pk for row in self.movable}
        rows = [[row.pk for row in group if row.pk in movable] for _key, group in self._places()]
        return [Link(tuple(keys)) for keys in rows if len(keys) > 1]

    def _beside_fast(self, instance: Instance) -> Instance:
        """A place beside one that stands fast begins with it, with somebody else."""
        movable = {row.pk for row in self.movable}
        changed: dict[Key, Visit] = {}
        for _key, group in self._places():
            fast = [row for row in group if row.pk not in movable and row.caregiver_id is not None]
            for row in group:
                if not fast or row.pk not in movable:
                    continue
                starts, there = self.minutes(fast[0].starts_at), {held.caregiver_id for held in fast}
                visit = instance.visit_of[row.pk]
                changed[row.pk] = replace(
                    visit,
                    windows=((starts, starts),),
                    carers={key: price for key, price in visit.carers.items() if key not in there},
                    barred={**visit.barred, **dict.fromkeys(there, _("Is the other caregiver of this visit."))},
                )
        return replace(instance, visits=[changed.get(visit.key, visit) for visit in instance.visits])

    def _current(self, instance: Instance) -> Plan:
        """The plan as it stands in the database, as far as it fits the instance's runs."""
        stops: dict[Key, Stop] = {}
        for row in self.movable:
            starts = self.minutes(row.starts_at)
            for run in instance.runs:
                lasts = starts + instance.visit_of[row.pk].minutes
                if run.carer == row.caregiver_id and run.opens <= starts and lasts <= run.closes:
                    stops[row.pk] = Stop(run.key, starts)
                    break
        return Plan(stops)


def _is_crowd_warning(rule: Any) -> bool:
    """A warning that too many come to a client is priced by the plan's own circles; a block bars."""
    return rule.code == CROWD and rule.severity == Severity.WARN


def _is_about_people(rule: Any) -> bool:
    """Does the rule say the same whatever else the caregiver does that day?"""
    return (rule.subject not in (Subject.TIME, Subject.HOURS) or rule.code == "employed") and rule.code != "double_up"
