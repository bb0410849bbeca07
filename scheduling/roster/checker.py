"""The law of rosters: which hard rules a plan breaks, what it costs, and why a visit stands unfilled.

It knows nothing of how a plan was found. No plan is shown or saved unless `breaches` is empty. Each rule has a code,
so that an explanation names the rule and the visit, and a page can say it in words.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from scheduling.roster.instance import Instance, Key, Link, Plan, Run, Stop, Visit

SLACK = 1e-6  # minutes that rounding may cost


class Breach(NamedTuple):
    """A broken hard rule: its code, the visit at which it shows, the run."""

    rule: str
    visit: Key
    run: Key | None = None


class Reason(NamedTuple):
    """Why a carer can't take an unfilled visit: a rule's code or the sentence of a placement rule."""

    carer: Key
    rule: str


@dataclass(frozen=True)
class Score:
    """What a plan costs, part by part; times in minutes."""

    travel: float
    lateness: float
    worst_lateness: float
    waiting: float
    overtime: float
    worst_idle: float
    imbalance: float
    prices: float
    new_faces: float
    missed_pauses: float
    lacking: float
    lacking_visits: float
    crowd: float
    unfilled: int
    unfilled_price: float
    total: float


def breaches(instance: Instance, plan: Plan) -> list[Breach]:
    """Every hard rule the plan breaks; empty for a plan that may be saved."""
    found = [Breach("unknown", key) for key in plan.stops if key not in instance.visit_of]
    found += [Breach("unknown", key) for key, stop in plan.stops.items() if stop.run not in instance.run_of]
    if found:
        return found
    found += [Breach("promised", v.key) for v in instance.visits if v.is_required and v.key not in plan.stops]
    found += [Breach("pinned", v.key) for v in instance.visits if v.is_pinned and v.key not in plan.stops]
    for key, stop in plan.stops.items():
        found += _of_visit(instance, instance.visit_of[key], stop)
    for run in instance.runs:
        found += _of_run(instance, plan, run)
    for link in instance.links:
        found += _of_link(instance, plan, link)
    found += _of_carers(instance, plan)
    return found


def _of_visit(instance: Instance, visit: Visit, stop: Stop) -> Iterator[Breach]:
    run = instance.run_of[stop.run]
    if run.carer not in visit.carers:
        yield Breach("carer", visit.key, run.key)
    if stop.starts < min(first for first, _last in visit.windows) - SLACK or (
        instance.weights.lateness is None and lateness(visit, stop.starts) > SLACK
    ):
        yield Breach("window", visit.key, run.key)


def lateness(visit: Visit, starts: float) -> float:
    """Minutes after the end of the window that is open last before the start."""
    opened = [last for first, last in visit.windows if first <= starts + SLACK]
    return max(0.0, starts - (opened[-1] if opened else visit.windows[0][1]))


class Leg(NamedTuple):
    """One visit of a run as it comes about. `before`: minutes waited, `after`: waited after the break before it."""

    visit: Visit
    starts: float
    arrives: float
    before: float
    after: float
    way: float


class Tour(NamedTuple):
    """A run as it comes about."""

    legs: list[Leg]
    begins: float
    ends: float
    home: float
    last_wait: float


def tour(instance: Instance, plan: Plan, run: Run) -> Tour:
    """Ways, waits and the working time of a run, its break taken where the plan says."""
    travel, pause = instance.travel, plan.pauses.get(run.key)
    legs: list[Leg] = []
    place, free = run.starts_at, run.opens
    begins = run.opens
    for key in plan.route(run.key):
        visit, starts = instance.visit_of[key], plan.stops[key].starts
        way = travel[place][visit.place]
        if legs:
            arrives = free + way
        else:
            commute = way if instance.commute_counts or run.after_visit else 0.0
            first = starts
            if pause is not None and run.pause is not None and pause + run.pause.minutes <= starts + SLACK:
                first = pause
            arrives = run.opens + commute if instance.leaves_at_opening else max(first, run.opens + commute)
            begins = run.opens if instance.leaves_at_opening else first - commute
        before, after = starts - arrives, 0.0
        if pause is not None and run.pause is not None and pause + run.pause.minutes <= starts + SLACK:
            before, after = pause - arrives, starts - pause - run.pause.minutes
            pause = None
        legs.append(Leg(visit, starts, arrives, before, after, way))
        place, free = visit.place, starts + visit.minutes
    last_wait = 0.0
    if pause is not None and run.pause is not None and legs:
        last_wait, free = pause - free, pause + run.pause.minutes
    home = travel[place][run.ends_at] if legs or run.is_fixed else 0.0
    counts = instance.commute_counts or run.before_visit
    return Tour(legs, begins, free + (home if counts else 0.0), home, last_wait)


def _of_run(instance: Instance, plan: Plan, run: Run) -> Iterator[Breach]:
    walked = tour(instance, plan, run)
    for leg in walked.legs:
        if leg.before < -SLACK or leg.after < -SLACK:
            yield Breach("travel", leg.visit.key, run.key)
    if walked.legs:
        never = math.inf if instance.weights.overtime else run.closes
        latest = never if run.latest is None else run.latest
        if walked.begins < run.opens - SLACK:
            yield Breach("shift", walked.legs[0].visit.key, run.key)
        if walked.ends > latest + SLACK:
            yield Breach("shift", walked.legs[-1].visit.key, run.key)
    taken = plan.pauses.get(run.key)
    if run.pause is not None and taken is not None and walked.legs:
        in_time = run.pause.opens - SLACK <= taken <= run.pause.closes + SLACK
        if not in_time or walked.last_wait < -SLACK:
            yield Breach("pause", walked.legs[0].visit.key, run.key)


def _of_link(instance: Instance, plan: Plan, link: Link) -> Iterator[Breach]:
    stops = [plan.stops[key] for key in link.visits if key in plan.stops]
    if not stops:
        return
    if len(stops) < len(link.visits):
        yield from (Breach("half", key) for key in link.visits if key in plan.stops)
        return
    carers = [instance.run_of[stop.run].carer for stop in stops]
    if link.needs_two and len(set(carers)) < len(carers):
        yield Breach("two_carers", link.visits[-1])
    for key, stop in zip(link.visits[1:], stops[1:], strict=True):
        lag = stop.starts - stops[0].starts
        if link.least is not None and link.most is not None and not link.least - SLACK <= lag <= link.most + SLACK:
            yield Breach("together", key, stop.run)


def _of_carers(instance: Instance, plan: Plan) -> Iterator[Breach]:
    """The hours of each carer, and the time from one of their runs to the next."""
    worked: dict[Key, float] = defaultdict(float)
    tours: dict[Key, list[tuple[Run, Tour]]] = defaultdict(list)
    for run in sorted(instance.runs, key=lambda run: run.opens):
        walked = tour(instance, plan, run)
        if walked.legs:
            tours[run.carer].append((run, walked))
        for leg in walked.legs:
            worked[run.carer] += leg.visit.minutes
            left = instance.carer_of[run.carer].minutes_left
            if left is not None and worked[run.carer] > left + SLACK:
                yield Breach("hours", leg.visit.key, run.key)
    for row in tours.values():
        for (earlier, before), (run, after) in itertools.pairwise(row):
            way = instance.travel[before.legs[-1].visit.place][after.legs[0].visit.place]
            by_home = not (instance.commute_counts or earlier.before_visit or run.after_visit)
            least = max(run.gap, way) if by_home else run.gap
            if after.begins < before.ends + least - SLACK:
                yield Breach("rest", after.legs[0].visit.key, run.key)


def score(instance: Instance, plan: Plan) -> Score:
    """What the plan costs by the instance's weights and prices."""
    w = instance.weights
    tours = {run.key: tour(instance, plan, run) for run in instance.runs}
    legs = [(run, leg) for run in instance.runs for leg in tours[run.key].legs]
    late = [lateness(leg.visit, leg.starts) for _run, leg in legs]
    waits = [wait for run in instance.runs for wait in _waits(tours[run.key])]
    work = [_work(tours[run.key]) for run in instance.runs]
    mean = sum(work) / len(work) if work else 0.0
    met = {(leg.visit.client, run.carer) for run, leg in legs}
    unfilled = _unfilled(instance, plan)
    parts = {
        "travel": sum(leg.way for _run, leg in legs) + sum(walked.home for walked in tours.values()),
        "lateness": sum(late),
        "worst_lateness": max(late, default=0.0),
        "waiting": sum(waits),
        "overtime": sum(max(0.0, tours[run.key].ends - run.closes) for run in instance.runs if tours[run.key].legs),
        "worst_idle": max((_idle(instance, plan, run, tours[run.key]) for run in instance.runs), default=0.0),
        "imbalance": float(sum(math.ceil(abs(minutes - mean) - 1e-9) for minutes in work)),
        "prices": sum(leg.visit.carers.get(run.carer, 0.0) for run, leg in legs),
        "new_faces": sum(instance.new_faces.get(pair, 0.0) for pair in met if pair[0] is not None),
        "missed_pauses": sum(run.pause.price for run in instance.runs if run.pause and run.key not in plan.pauses),
        "unfilled_price": sum(visit.price for visit in unfilled),
        "crowd": float(sum(_crowd(instance, legs))),
    }
    parts["lacking"], parts["lacking_visits"] = _lacking(instance, legs)
    total = (
        w.travel * parts["travel"]
        + (w.lateness or 0.0) * parts["lateness"]
        + w.worst_lateness * parts["worst_lateness"]
        + w.waiting * parts["waiting"]
        + w.worst_waiting * max(waits, default=0.0)
        + w.overtime * parts["overtime"]
        + w.worst_idle * parts["worst_idle"]
        + w.imbalance * parts["imbalance"]
        + w.lacking * parts["lacking"]
        + w.lacking_visit * parts["lacking_visits"]
        + w.crowd * parts["crowd"]
        + parts["prices"]
        + parts["new_faces"]
        + parts["missed_pauses"]
        + parts["unfilled_price"]
    )
    return Score(**parts, unfilled=len(unfilled), total=total)


def _unfilled(instance: Instance, plan: Plan) -> list[Visit]:
    """Visits without a stop; a double-up that lacks one is unfilled as a whole."""
    missing = {v.key for v in instance.visits if v.key not in plan.stops}
    for link in instance.links:
        if not missing.isdisjoint(link.visits):
            missing |= set(link.visits)
    return [v for v in instance.visits if v.key in missing]


def _lacking(instance: Instance, legs: list[tuple[Run, Leg]]) -> tuple[float, float]:
    """(minutes, visits) promised to carers that the plan does not give them."""
    minutes: dict[Key, float] = defaultdict(float)
    visits: dict[Key, int] = defaultdict(int)
    for run, leg in legs:
        minutes[run.carer] += leg.visit.minutes
        visits[run.carer] += 1
    carers = instance.carers
    short = sum(max(0.0, row.minutes_promised - minutes[row.key]) for row in carers)
    return short, float(sum(max(0, row.visits_promised - visits[row.key]) for row in carers))


def _crowd(instance: Instance, legs: list[tuple[Run, Leg]]) -> Iterator[int]:
    """Of each circle how many carers come beyond its limit."""
    come: dict[Key, set[Key]] = {circle.key: set(circle.present) for circle in instance.circles}
    for run, leg in legs:
        if leg.visit.circle in come:
            come[leg.visit.circle].add(run.carer)
    return (max(0, len(come[circle.key]) - circle.limit) for circle in instance.circles)


def _waits(walked: Tour) -> Iterator[float]:
    """Minutes waited before each visit; what follows a break before the first visit is not waiting."""
    for number, leg in enumerate(walked.legs):
        yield max(0.0, leg.before)
        if number:
            yield max(0.0, leg.after)
    yield max(0.0, walked.last_wait)


def _idle(instance: Instance, plan: Plan, run: Run, walked: Tour) -> float:
    if not walked.legs:
        rested = run.pause.minutes if run.pause is not None and run.key in plan.pauses else 0.0
        return run.closes - run.opens - rested
    waited = sum(max(0.0, leg.before) + max(0.0, leg.after) for leg in walked.legs)
    idle = waited + max(0.0, walked.last_wait) + max(0.0, run.closes - walked.ends)
    return idle + (0.0 if instance.leaves_at_opening else max(0.0, walked.begins - run.opens))


def _work(walked: Tour) -> float:
    return sum(leg.visit.minutes + leg.way for leg in walked.legs) + walked.home


def explain(instance: Instance, plan: Plan, key: Key) -> list[Reason]:
    """Why no carer takes the unfilled visit as the plan stands: for each, the rule in the way.

    A carer with room gets the code `free`: another plan could place it, at a higher price or by moving others.
    """
    visit = instance.visit_of[key]
    found = [Reason(carer, why) for carer, why in visit.barred.items()]
    runs: dict[Key, list[Run]] = defaultdict(list)
    for run in instance.runs:
        runs[run.carer].append(run)
    found += [Reason(carer, _obstacle(instance, plan, visit, carer, runs[carer])) for carer in visit.carers]
    return found


ORDER = ("free", "travel", "rest", "shift")  # of the obstacles met in a carer's runs the nearest to a yes is told


def _obstacle(instance: Instance, plan: Plan, visit: Visit, carer: Key, runs: list[Run]) -> str:
    """The rule that keeps an unfilled visit out of a carer's runs."""
    link = instance.link_of.get(visit.key)
    mates = [plan.stops[key] for key in link.visits if key in plan.stops] if link is not None else []
    if link is not None and link.needs_two and any(instance.run_of[stop.run].carer == carer for stop in mates):
        return "two_carers"
    own = {key: plan.stops[key] for run in runs for key in plan.route(run.key)}
    left = instance.carer_of[carer].minutes_left
    if left is not None and sum(instance.visit_of[key].minutes for key in own) + visit.minutes > left + SLACK:
        return "hours"
    alone = replace(instance, visits=[*(instance.visit_of[key] for key in own), visit], runs=runs, links=())
    rules = {"shift"}
    for run in runs:
        for starts in _tries(instance, plan, visit, run):
            trial = Plan({**own, visit.key: Stop(run.key, starts)}, plan.pauses)
            broken = {breach.rule for row in runs for breach in _of_run(alone, trial, row)}
            broken |= {breach.rule for breach in _of_carers(alone, trial)}
            if not broken & {"travel", "shift", "rest", "pause"}:
                return "free"
            rules |= broken
    return next(rule for rule in ORDER if rule in rules)


def _tries(instance: Instance, plan: Plan, visit: Visit, run: Run) -> Iterator[float]:
    """Starts worth trying: when each window opens, and as soon as each other visit of the run is done."""
    counts = instance.commute_counts or run.after_visit
    commute = instance.travel[run.starts_at][visit.place] if counts else 0.0
    free = [run.opens + commute]
    for key in plan.route(run.key):
        other = instance.visit_of[key]
        free.append(plan.stops[key].starts + other.minutes + instance.travel[other.place][visit.place])
    for first, last in visit.windows:
        for starts in {first, *free}:
            if first <= starts <= last:
                yield starts
