"""An instance as numpy arrays, and the state of a search in them. Only the solver imports this module.

Nodes are visits 0 … n−1; run r begins at node n+r and ends at node n+runs+r, so that a route is a chain of nodes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from scheduling.roster.instance import Instance, Plan, Stop

HARD = 1e4  # what a minute of a broken hard rule costs; no price of an agency comes near
PROMISED = 1e6  # what leaving a promised visit unfilled costs
FREE = 1e9  # no bound
PRICES = (  # the columns of Problem.w, as moves.py names them
    *("travel", "worst_lateness", "waiting", "worst_waiting", "overtime", "worst_idle", "imbalance"),
    *("lacking", "lacking_visit", "crowd"),
)
MATES = 3  # the others of a link: four people at most
NEAR = 24  # so many likely neighbours of each visit are tried


VISIT = np.dtype(
    [(name, "f8") for name in ("minutes", "late_price", "missing", "least", "most")]
    + [(name, "i8") for name in ("windows", "group", "bound", "first", "needs_two", "client")]
)
CREW = np.dtype(
    [(name, "f8") for name in ("opens", "closes", "latest", "gap")]
    + [(name, "i8") for name in ("carer", "before", "after", "way_in", "way_out", "fixed")]
)
NODE = np.dtype(
    [(name, "i8") for name in ("follows", "leads", "run", "window", "stamp", "queued")]
    + [(name, "f8") for name in ("starts", "arrives", "ready", "late")]
    + [(name, "i8") for name in ("queue", "pool", "pool_at", "scratch", "log")]
)
TOUR = np.dtype([("pause_at", "i8"), ("pause_starts", "f8"), ("touched", "i8"), ("touched_stamp", "i8")])


class Problem(NamedTuple):
    """What does not change while searching. Rows of `visit` and `crew` are visits and runs, of `place` nodes.

    w: the prices in the order of PRICES.
    Rows of `promised` are carers (minutes, visits), of `circle` visits, of `limit` and `present` circles.
    """

    n: int
    runs: int
    place: Any
    travel: Any
    visit: Any
    opens: Any
    closes: Any
    mates: Any
    eligible: Any
    runs_of: Any
    price: Any
    group_size: Any
    group_price: Any
    face: Any
    cap: Any
    crew: Any
    pause: Any
    at_opening: int
    detailed: int
    w: Any
    near_before: Any
    near_after: Any
    promised: Any
    circle: Any
    limit: Any
    present: Any


class State(NamedTuple):
    """A plan being changed: rows of `node` are nodes, of `tour` and `tally` runs. moves.py names the columns."""

    node: Any
    tour: Any
    tally: Any
    load: Any
    comes: Any
    faces: Any
    around: Any
    crowd: Any
    present: Any
    sums: Any
    ints: Any
    log_values: Any
    touched_values: Any
    ops: Any
    rng: Any


class Names(NamedTuple):
    """The keys behind the numbers."""

    visits: list[Any]
    runs: list[Any]


def problem_of(instance: Instance) -> tuple[Problem, Names]:
    """The arrays of an instance."""
    visits, runs = list(instance.visits), list(instance.runs)
    index = {visit.key: number for number, visit in enumerate(visits)}
    carers = {carer.key: number for number, carer in enumerate(instance.carers)}
    clients = {key: number for number, key in enumerate(dict.fromkeys(v.client for v in visits))}
    n, w = len(visits), instance.weights
    price = np.full((n, max(1, len(carers))), np.inf)
    for number, visit in enumerate(visits):
        for key, amount in visit.carers.items():
            if key in carers:
                price[number, carers[key]] = amount
    crew, pause = _crew(instance, carers)
    opens, closes = _windows(visits)
    visit, mates = _visits(instance, index, clients)
    eligible = _eligible(instance, price, crew, opens, closes)
    values: dict[str, Any] = {
        "n": n,
        "runs": len(runs),
        "place": np.array(
            [v.place for v in visits] + [run.starts_at for run in runs] + [run.ends_at for run in runs], dtype=np.int64
        ),
        "travel": np.array(instance.travel, dtype=np.float64).reshape(len(instance.travel), -1),
        "visit": visit,
        "opens": opens,
        "closes": closes,
        "mates": mates,
        "eligible": eligible,
        "runs_of": _padded([np.flatnonzero(row) for row in eligible]),
        "price": np.where(np.isinf(price), HARD, price),
        "group_size": np.array([len(link.visits) for link in instance.links] or [0], dtype=np.int64),
        "group_price": np.array(
            [sum(visit["missing"][index[key]] for key in link.visits) for link in instance.links] or [0.0]
        ),
        "face": _faces(instance, clients, carers),
        "cap": np.array([FREE if c.minutes_left is None else c.minutes_left for c in instance.carers], dtype="f8"),
        "crew": crew,
        "pause": pause,
        "at_opening": int(instance.leaves_at_opening),
        "detailed": int(any((w.waiting, w.worst_waiting, w.worst_idle, w.imbalance))),
        "w": np.array([getattr(w, name) for name in PRICES], dtype=np.float64),
        "promised": np.array(
            [(c.minutes_promised, c.visits_promised) for c in instance.carers] or [(0, 0)], dtype="f8"
        ),
        **_circles(instance, carers),
    }
    values["near_before"], values["near_after"] = _near(values)
    # In one order of memory: numba compiles anew for an array of the other one, and numpy turns some large ones round.
    values = {key: np.ascontiguousarray(row) if isinstance(row, np.ndarray) else row for key, row in values.items()}
    return Problem(**values), Names([v.key for v in visits], [run.key for run in runs])


def _visits(instance: Instance, index: dict[Any, int], clients: dict[Any, int]) -> tuple[Any, Any]:
    """Rows and mates. `bound`: 0 alone or free, 1 the same start, 2 a lag after the first."""
    rows = np.zeros(len(index), dtype=VISIT)
    mates = np.full((len(index), MATES), -1, dtype=np.int64)
    rows["late_price"] = HARD if instance.weights.lateness is None else instance.weights.lateness
    rows["group"] = -1
    for number, visit in enumerate(instance.visits):
        rows["minutes"][number] = visit.minutes
        rows["missing"][number] = PROMISED if visit.is_required or visit.is_pinned else visit.price
        rows["windows"][number] = len(visit.windows)
        rows["client"][number] = clients[visit.client]
    for group, link in enumerate(instance.links):
        members = [index[key] for key in link.visits]
        for at, node in enumerate(members):
            others = [other for other in members if other != node]
            mates[node, : len(others)] = others
            rows[["group", "first", "needs_two"]][node] = (group, at == 0, link.needs_two)
            if link.least is not None and link.most is not None:
                bound = 1 if link.is_simultaneous else 2
                rows[["bound", "least", "most"]][node] = (bound, link.least, link.most)
    return rows, mates


def _windows(visits: list[Any]) -> tuple[Any, Any]:
    most = max((len(v.windows) for v in visits), default=1)
    opens, closes = np.full((len(visits), most), FREE), np.full((len(visits), most), FREE)
    for number, visit in enumerate(visits):
        for at, (first, last) in enumerate(sorted(visit.windows)):
            opens[number, at], closes[number, at] = first, last
    return opens, closes


def _eligible(instance: Instance, price: Any, crew: Any, opens: Any, closes: Any) -> Any:
    """Carer may come, and the run is open in one of the visit's windows."""
    soft = FREE if instance.weights.lateness is not None else 0.0
    minutes = np.array([v.minutes for v in instance.visits], dtype=np.float64)
    fits = np.zeros((len(price), len(crew)), dtype=bool)
    for at in range(opens.shape[1]):
        start = np.maximum(opens[:, at, None], crew["opens"][None, :])
        in_window = (start <= closes[:, at, None] + soft) & (opens[:, at, None] < FREE)
        fits |= in_window & (start + minutes[:, None] <= crew["latest"][None, :])
    return (fits & np.isfinite(price[:, crew["carer"]])).astype(np.uint8)


def _padded(rows: list[Any]) -> Any:
    """Ragged rows as one array: the count first, then the numbers."""
    wide = max((len(row) for row in rows), default=0)
    found = np.zeros((len(rows), wide + 1), dtype=np.int64)
    for number, row in enumerate(rows):
        found[number, 0] = len(row)
        found[number, 1 : len(row) + 1] = row
    return found


def _faces(instance: Instance, clients: dict[Any, int], carers: dict[Any, int]) -> Any:
    if not instance.new_faces:
        return np.zeros((0, 0), dtype=np.float64)
    face = np.zeros((len(clients), len(carers)), dtype=np.float64)
    for (client, carer), amount in instance.new_faces.items():
        if client in clients and carer in carers:
            face[clients[client], carers[carer]] = amount
    return face


def _circles(instance: Instance, carers: dict[Any, int]) -> dict[str, Any]:
    index = {circle.key: number for number, circle in enumerate(instance.circles)}
    present = np.zeros((max(1, len(index)), max(1, len(carers))), dtype=np.uint8)
    for number, circle in enumerate(instance.circles):
        present[number, [carers[key] for key in circle.present if key in carers]] = 1
    # Somebody who comes but is no carer of the instance takes a place of the circle all the same.
    strangers = [sum(key not in carers for key in circle.present) for circle in instance.circles]
    limits = [circle.limit - away for circle, away in zip(instance.circles, strangers, strict=True)]
    of_visits = [-1 if visit.circle is None else index.get(visit.circle, -1) for visit in instance.visits]
    return {
        "circle": np.array(of_visits, dtype=np.int64),
        "limit": np.array(limits or [0], dtype=np.int64),
        "present": present,
    }


def _crew(instance: Instance, carers: dict[Any, int]) -> tuple[Any, Any]:
    """Rows of the runs, each with the same carer's run before and after it, and their breaks."""
    runs = instance.runs
    rows, pause = np.zeros(len(runs), dtype=CREW), np.zeros((len(runs), 4))
    rows["before"] = rows["after"] = -1
    last: dict[Any, int] = {}
    for number in sorted(range(len(runs)), key=lambda at: runs[at].opens):
        run = runs[number]
        earlier = last.get(run.carer)
        if earlier is not None:
            rows["before"][number], rows["after"][earlier] = earlier, number
        last[run.carer] = number
        never = FREE if instance.weights.overtime else run.closes
        rows["carer"][number], rows["gap"][number] = carers[run.carer], run.gap
        rows["opens"][number], rows["closes"][number] = run.opens, run.closes
        rows["way_in"][number] = instance.commute_counts or run.after_visit
        rows["way_out"][number] = instance.commute_counts or run.before_visit
        rows["fixed"][number] = run.is_fixed
        rows["latest"][number] = never if run.latest is None else run.latest
        if run.pause is not None:
            pause[number] = (run.pause.opens, run.pause.closes, run.pause.minutes, run.pause.price)
    return rows, pause


def _near(values: dict[str, Any]) -> tuple[Any, Any]:
    """For each visit those that go well just before it, and just after: way, wait and lateness between the two."""
    n, most = values["n"], min(NEAR, max(1, values["n"] - 1))
    before = np.full((n, most), -1, dtype=np.int64)
    after = before.copy()
    if n < 2:
        return before, after
    opens = values["opens"].min(axis=1)
    closes = np.where(values["closes"] >= FREE, -FREE, values["closes"]).max(axis=1)
    place, travel, minutes = values["place"][:n], values["travel"], values["visit"]["minutes"]
    runs = np.packbits(values["eligible"], axis=1)
    for node in range(n):
        shared = (runs & runs[node]).any(axis=1)
        shared[node] = False
        mates = values["mates"][node]
        shared[mates[mates >= 0]] &= values["visit"]["needs_two"][node] == 0
        way = travel[place, place[node]]
        arrives = opens + minutes + way
        apart = way + 0.2 * np.maximum(0, opens[node] - closes - minutes - way) + np.maximum(0, arrives - closes[node])
        _keep_nearest(before[node], apart, shared)
        way = travel[place[node], place]
        arrives = opens[node] + minutes[node] + way
        apart = way + 0.2 * np.maximum(0, opens - closes[node] - minutes[node] - way) + np.maximum(0, arrives - closes)
        _keep_nearest(after[node], apart, shared)
    return before, after


def _keep_nearest(row: Any, apart: Any, shared: Any) -> None:
    """The numbers of the least distances among those shared, into `row`."""
    among = np.flatnonzero(shared)
    if len(among) > len(row):
        among = among[np.argpartition(apart[among], len(row) - 1)[: len(row)]]
    row[: len(among)] = among[np.argsort(apart[among], kind="stable")]


def state_of(problem: Problem, seed: int) -> State:
    """An empty plan."""
    n, m = problem.n, problem.runs
    node, tour = np.zeros(n + 2 * m + 1, dtype=NODE), np.zeros(max(1, m), dtype=TOUR)
    node["follows"] = node["leads"] = node["run"] = node["starts"] = -1
    for r in range(m):
        node["follows"][n + r], node["leads"][n + m + r] = n + m + r, n + r
        node["run"][[n + r, n + m + r]] = r
    node["pool"] = node["pool_at"] = np.arange(len(node))
    tour["pause_at"] = -1
    alone = problem.visit["missing"][problem.visit["group"] < 0].sum()
    return State(
        node=node,
        tour=tour,
        tally=np.zeros((max(1, m), 6)),
        load=np.zeros(max(1, len(problem.cap))),
        comes=np.zeros(max(1, len(problem.cap)), dtype=np.int64),
        around=np.zeros(problem.present.shape, dtype=np.int64),
        crowd=problem.present.sum(axis=1, dtype=np.int64),
        faces=np.zeros((problem.visit["client"].max(initial=0) + 1, max(1, len(problem.cap))), dtype=np.int64),
        present=np.zeros(len(problem.group_size), dtype=np.int64),
        sums=np.array([alone + problem.group_price.sum() + _fixed_ways(problem) + _unkept(problem), 0.0, 0.0, 0.0]),
        ints=np.array([n, 0, 0, 0, 0, 0, 0], dtype=np.int64),
        log_values=np.zeros((len(node), 4)),
        touched_values=np.zeros((max(1, m), 7)),
        ops=np.zeros((4 * len(node) + 16, 3), dtype=np.int64),
        rng=np.array([seed * 2654435769 + 88172645463325252], dtype=np.uint64),
    )


def _fixed_ways(problem: Problem) -> float:
    """What the ways cost that are gone even when nothing is planned."""
    m, n = problem.runs, problem.n
    ways = problem.travel[problem.place[n : n + m], problem.place[n + m : n + 2 * m]]
    return float(problem.w[0] * (ways * problem.crew["fixed"]).sum()) if m else 0.0


def _unkept(problem: Problem) -> float:
    """What promises and circles cost as long as nothing is planned."""
    crowd = np.maximum(0, problem.present.sum(axis=1, dtype=np.int64) - problem.limit)
    return float(problem.w[7:9] @ problem.promised.sum(axis=0) + problem.w[9] * crowd.sum())


def plan_of(problem: Problem, names: Names, state: State) -> Plan:
    """The plan a state stands for; halves of a link whose other half is missing are left out."""
    stops = {}
    for node in range(problem.n):
        group, r = problem.visit["group"][node], state.node["run"][node]
        if r >= 0 and (group < 0 or state.present[group] == problem.group_size[group]):
            stops[names.visits[node]] = Stop(names.runs[r], float(state.node["starts"][node]))
    pauses = {
        names.runs[r]: float(state.tour["pause_starts"][r])
        for r in range(problem.runs)
        if problem.pause[r, 2] > 0 and state.tour["pause_at"][r] >= 0
    }
    return Plan(stops, pauses)
