"""A made-up agency of any size to measure rosters on, and a planner by hand to compare with.

As section C of the optimiser study: clients in towns, one to four visits a day, windows of ±15 (medicine) to ±60
minutes, skills, wishes for a gender, three to six usual carers, exclusions, about a fifth of the places in
double-ups, early, late, split and long runs from home, tight staffing on purpose.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field, replace

from scheduling.roster.instance import Carer, Instance, Link, Plan, Run, Stop, Visit

DAY = 1440
UNUSUAL = 6.0  # minutes: the price of a carer the client does not know well
PRICES = {1: 1200.0, 2: 600.0, 3: 300.0}
KM_MINUTES = 2.0  # 30 km/h from door to door
STARTS = [(450, 60), (720, 45), (1020, 45), (1230, 45), (600, 60), (840, 90)]


@dataclass
class Person:
    """A client or a carer: where they live and what they need or can do."""

    key: str
    x: float
    y: float
    skill: int
    gender: str
    usual: set[str] = field(default_factory=set)
    barred: set[str] = field(default_factory=set)


def generate(carers: int, visits: int, *, days: int = 1, seed: int = 7) -> Instance:
    """An agency with so many carers and about so many visits in so many days."""
    rng = random.Random(seed)
    towns = [(rng.uniform(0, 30), rng.uniform(0, 30)) for _ in range(max(3, carers // 12))]
    staff = [_person(f"c{n}", rng, towns, skills=(1, 1, 1, 2, 2, 3)) for n in range(carers)]
    clients: list[Person] = []
    rows: list[Visit] = []
    links: list[Link] = []
    while sum(1 for _row in rows) < visits:
        client = _person(f"p{len(clients)}", rng, towns, skills=(1, 1, 1, 1, 2, 3), wishes=True)
        able = [c for c in staff if c.skill >= client.skill and client.gender in ("", c.gender)]
        near = sorted(able, key=lambda c: math.hypot(c.x - client.x, c.y - client.y))
        client.usual = {c.key for c in near[: rng.randint(3, 6)]}
        client.barred = {c.key for c in rng.sample(staff, 2)} - client.usual if rng.random() < 0.2 else set()
        clients.append(client)
        _add_visits(client, len(clients) - 1, staff, days, rng, rows, links)
    runs = [run for number, carer in enumerate(staff) for run in _runs(carer, number, len(clients), days, rng)]
    people = clients + staff
    travel = [[_minutes(a, b) for b in people] for a in people]
    limit = 2400.0 * math.ceil(days / 7) if days > 1 else None
    return Instance(rows, runs, [Carer(c.key, limit) for c in staff], travel, links)


def _person(key: str, rng: random.Random, towns: list, *, skills: tuple, wishes: bool = False) -> Person:
    town = rng.choice(towns)
    gender = rng.choice("ffffm")
    if wishes:
        gender = rng.choice(["", "", "", "", "f"])
    return Person(key, rng.gauss(town[0], 2.0), rng.gauss(town[1], 2.0), rng.choice(skills), gender)


def _minutes(a: Person, b: Person) -> float:
    return 0.0 if a is b else float(math.ceil(2 + KM_MINUTES * math.hypot(a.x - b.x, a.y - b.y)))


def _add_visits(
    client: Person, place: int, staff: list[Person], days: int, rng: random.Random, rows: list, links: list
) -> None:
    carers = {
        c.key: 0.0 if c.key in client.usual else UNUSUAL
        for c in staff
        if c.skill >= client.skill and client.gender in ("", c.gender) and c.key not in client.barred
    }
    barred = {c.key: "skill" if c.skill < client.skill else "excluded" for c in staff if c.key not in carers}
    is_double = rng.random() < 0.12
    for kind in sorted(rng.sample(range(len(STARTS)), rng.choice((1, 1, 2, 2, 3, 4)))):
        at, spread = STARTS[kind]
        at += 5 * rng.randint(-spread // 5, spread // 5)
        width = rng.choice((15, 30, 45, 60))
        priority = 1 if width == 15 else rng.choice((2, 3))
        minutes = rng.choice((20, 30, 30, 45, 60))
        for day in range(days):
            opens = day * DAY + at
            keys = [f"{client.key}-{kind}-{day}-{half}" for half in range(2 if is_double else 1)]
            rows += [
                Visit(
                    key=key,
                    place=place,
                    minutes=minutes,
                    windows=((opens - width, opens + width),),
                    carers=carers,
                    price=PRICES[priority],
                    client=client.key,
                    barred=barred,
                )
                for key in keys
            ]
            if is_double:
                links.append(Link(tuple(keys)))


def _runs(carer: Person, number: int, clients: int, days: int, rng: random.Random) -> list[Run]:
    """Early, late, split or long, five days a week; of a single day everybody works."""
    home = clients + number
    shapes = rng.choice(
        [[(400, 840)], [(400, 840)], [(840, 1320)], [(840, 1320)], [(400, 660), (1000, 1290)], [(420, 1080)]]
    )
    worked = list(range(days))
    if days >= 6:
        worked = [monday + n for monday in range(0, days, 7) for n in sorted(rng.sample(range(7), 5))]
    return [
        Run(f"{carer.key}-{day}-{at}", carer.key, day * DAY + first, day * DAY + last, home, home)
        for day in worked
        for at, (first, last) in enumerate(shapes)
    ]


def by_hand(instance: Instance) -> Plan:
    """A planner who goes through the day, dearest first within the hour, and asks who is nearest and free then."""
    order = sorted(instance.visits, key=lambda v: (v.windows[0][0] // 60, -v.price, v.windows[0][0], str(v.key)))
    ends: dict[str, list[tuple[float, float, int]]] = {str(run.key): [] for run in instance.runs}
    load: dict[object, float] = {}
    stops: dict[object, Stop] = {}
    for visit in order:
        if visit.key in stops or (visit.key in instance.link_of and instance.link_of[visit.key].visits[0] != visit.key):
            continue
        link = instance.link_of.get(visit.key)
        halves = [instance.visit_of[key] for key in link.visits] if link is not None else [visit]
        middle = sum(visit.windows[0]) / 2
        for starts in (middle, visit.windows[0][0], visit.windows[0][1]):
            runs = _nearest(instance, visit, starts, ends, load)[: len(halves)]
            if len(runs) == len(halves):
                for half, run in zip(halves, runs, strict=True):
                    stops[half.key] = Stop(run.key, starts)
                    ends[str(run.key)].append((starts, starts + half.minutes, half.place))
                    load[run.carer] = load.get(run.carer, 0.0) + half.minutes
                break
    return Plan(stops)


def _nearest(instance: Instance, visit: Visit, starts: float, ends: dict, load: dict) -> list[Run]:
    """Runs with room at that time, one per carer, the least way and price first."""
    found: dict[object, tuple[float, Run]] = {}
    for run in instance.runs:
        left = instance.carer_of[run.carer].minutes_left
        if run.carer not in visit.carers or (left is not None and load.get(run.carer, 0.0) + visit.minutes > left):
            continue
        before = max((row for row in ends[str(run.key)] if row[0] <= starts), default=None)
        after = min((row for row in ends[str(run.key)] if row[0] > starts), default=None)
        free, place = (before[1], before[2]) if before else (run.opens, run.starts_at)
        until, onward = (after[0], after[2]) if after else (run.closes, run.ends_at)
        way, on = instance.travel[place][visit.place], instance.travel[visit.place][onward]
        if free + way <= starts and starts + visit.minutes + on <= until:
            price = way + on - instance.travel[place][onward] + visit.carers[run.carer]
            if run.carer not in found or price < found[run.carer][0]:
                found[run.carer] = (price, run)
    return [run for _price, run in sorted(found.values(), key=lambda row: (row[0], str(row[1].key)))]


def without(instance: Instance, carer: object) -> Instance:
    """The same day when a carer has called in sick."""
    return replace(instance, runs=[run for run in instance.runs if run.carer != carer])
