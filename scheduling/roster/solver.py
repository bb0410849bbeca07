"""Finds rosters: annealing on every core, stopped at any second, and nothing handed on that the checker refuses.

The compiled search (numba) is loaded by the first call, so that a web process never pays for it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from scheduling.roster.checker import Breach, Reason, Score, breaches, explain, score
from scheduling.roster.instance import Instance, Key, Plan

HOT, COLD = 10.0, 0.1  # temperatures at the beginning and the end, in prices of a usual way
WARM = 2.0  # where a given plan is bettered: hot enough to move visits, not to forget the plan
HALF = 0.4  # of the price of a link, for its visits that are placed while others are not: less and less as it cools
WHOLE = 0.3  # of a cooling: from then on no link is incomplete
CYCLES, CYCLE = 6, 0.1  # a small day is cooled several times: at most so often, each at least so many seconds a visit
SLICE = 0.05  # seconds between two looks at the clock
LEAST = 4000  # steps of each chain however little time there is: a busy machine finds the same in a small day
TELL = 0.5  # seconds between two calls of `progress`
CHAINS = 2  # searches side by side that meet now and then
MEETINGS = 4  # so often the chains go on from the best of them

Progress = Callable[[float, str], None]
ShouldStop = Callable[[], bool]


@dataclass(frozen=True)
class Result:
    """What a search found. `plan` is None when no plan keeps all promised visits; `broken` then says what stands
    in the way. `was_stopped`: ended before its time; the plan is the best until then."""

    plan: Plan | None
    score: Score | None
    broken: list[Breach]
    seconds: float
    steps: int
    was_stopped: bool


def solve(
    instance: Instance,
    *,
    seconds: float = 30.0,
    seed: int = 1,
    start: Plan | None = None,
    chains: int | None = None,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> Result:
    """The best plan found in so many seconds.

    `start` is the plan to better. `progress(share, what)` is called at most twice a second; when `should_stop()` is
    true the best plan so far comes back within a second; what `progress` raises ends the search and is passed on.
    """
    began = time.monotonic()
    search = Search(instance, seconds, start)
    count = chains or max(1, min(CHAINS, os.cpu_count() or 1))
    with ThreadPoolExecutor(count) as pool:
        running = [pool.submit(search.run, seed + number) for number in range(count)]
        try:
            told = 0.0
            while not all(future.done() for future in running):
                time.sleep(min(0.1, seconds / 20))
                share = min(1.0, (time.monotonic() - search.began) / seconds) if search.began else 0.0
                if progress is not None and time.monotonic() - told >= TELL:
                    told = time.monotonic()
                    progress(share, search.words())
                if should_stop is not None and should_stop():
                    search.stop.set()
            was_stopped = search.stop.is_set()
        finally:
            search.stop.set()  # also when `progress` raises: a cancelled job does not wait for the search's end
        found = [future.result() for future in running]
    candidates = [plan for plan in (*found, start) if plan is not None]
    plan, rating, broken = _best(instance, candidates)
    return Result(plan, rating, broken, time.monotonic() - began, search.steps, was_stopped)


def unfilled(instance: Instance, plan: Plan) -> dict[Key, list[Reason]]:
    """Every visit the plan leaves unfilled, with the reason why each carer does not take it."""
    return {visit.key: explain(instance, plan, visit.key) for visit in instance.visits if visit.key not in plan.stops}


def sound(instance: Instance, plan: Plan) -> tuple[Plan, list[Breach]]:
    """The plan without the visits that break a rule, and what is broken even so."""
    while found := breaches(instance, plan):
        dropped: set[Key] = set()
        for breach in found:
            link = instance.link_of.get(breach.visit)
            dropped |= set(link.visits) if link is not None else {breach.visit}
            if breach.rule in ("travel", "shift", "rest", "hours", "pause"):
                break  # taking one out may mend the others
        stops = {key: stop for key, stop in plan.stops.items() if key not in dropped}
        if len(stops) == len(plan.stops):
            return plan, found
        plan = Plan(stops, plan.pauses)
    return plan, []


def _best(instance: Instance, plans: list[Plan]) -> tuple[Plan | None, Score | None, list[Breach]]:
    """The cheapest plan that passes the checker, else what the last one breaks."""
    best: tuple[Plan, Score] | None = None
    broken: list[Breach] = []
    for candidate in plans:
        plan, found = sound(instance, candidate)
        if found:
            broken = found
            continue
        rating = score(instance, plan)
        if best is None or rating.total < best[1].total:
            best = plan, rating
    if best is None:
        return None, None, broken
    return best[0], best[1], []


class Search:
    """Chains of annealing on one instance. Each chain is a thread; the compiled part runs without Python's lock."""

    def __init__(self, instance: Instance, seconds: float, start: Plan | None) -> None:
        self.instance, self.seconds, self.start = instance, seconds, start
        self.stop, self.lock = threading.Event(), threading.Lock()
        self.began, self.steps = 0.0, 0
        self.best_price = float("inf")
        self.best: Any = None
        self.problem: Any = None
        self.names: Any = None

    def words(self) -> str:
        return "" if self.best_price == float("inf") else f"{self.best_price:,.0f}"

    def run(self, seed: int) -> Plan | None:
        """One chain from beginning to end; its best plan."""
        from scheduling.roster import keeping, timing
        from scheduling.roster.arrays import plan_of, problem_of, state_of

        with self.lock:
            if self.problem is None:
                self.problem, self.names = problem_of(self.instance)
        if self.problem.n == 0 or self.problem.runs == 0:
            return Plan()
        state = state_of(self.problem, seed)
        timing.empty(self.problem, state)
        best = self._kept(state)
        if self.start is not None:
            keeping.load(self.problem, state, best)
        self._cool(state, best, seed)
        keeping.load(self.problem, state, best)
        return plan_of(self.problem, self.names, state)

    def _kept(self, state: Any) -> Any:
        """Where a chain keeps its best plan: at first the given one, else an empty one."""
        import numpy as np

        from scheduling.roster.keeping import keep

        best = np.zeros((3, len(state.node)), dtype=np.int64)
        keep(self.problem, state, best)
        if self.start is None:
            return best
        n, m = self.problem.n, self.problem.runs
        visit_of = {key: number for number, key in enumerate(self.names.visits)}
        for r, key in enumerate(self.names.runs):
            last = n + r
            for visit in self.start.route(key):
                best[0, last] = last = visit_of[visit]
            best[0, last] = n + m + r
        return best

    def _cool(self, state: Any, best: Any, seed: int) -> None:
        """Anneals until the time is over; the chains go on from the best of them a few times."""
        from scheduling.roster import annealing, keeping, timing

        problem = self.problem
        extras, sums = _extras(problem), state.sums.copy()
        cycles = max(1, min(CYCLES, int(self.seconds / (CYCLE * problem.n)))) if self.start is None else 1
        usual = _usual_minutes(problem)
        price, steps, met = timing.cost(problem, state), 200, 0
        annealing.anneal(problem, state, best, price, 1.0, 0.0, 0, extras, sums)  # compiled before the clock starts
        keeping.refresh(problem, state)
        with self.lock:
            self.began = self.began or time.monotonic()
        done = 0
        while not self.stop.is_set():
            share = (time.monotonic() - self.began) / self.seconds
            if share >= 1.0 and done >= LEAST:
                break
            share = min(share, 0.99)
            cycle, cooled = divmod(share * cycles, 1.0)
            hot, cold = _heats(problem, usual, is_warm=self.start is not None, is_wild=(seed + int(cycle)) % 2 == 1)
            heat = hot * (cold / hot) ** cooled
            began = time.perf_counter()
            credit = HALF * max(0.0, 1.0 - cooled / WHOLE)
            _now, price = annealing.anneal(problem, state, best, price, heat, credit, steps, extras, sums)
            keeping.refresh(problem, state)
            self.steps += steps
            done += steps
            steps = max(50, int(steps * min(2.0, SLICE / max(1e-6, time.perf_counter() - began))))
            if share * (MEETINGS + 1) >= met + 1:
                met += 1
                price = self._meet(state, best, price, move=cycles == 1 and met > MEETINGS // 2)
            self.best_price = min(self.best_price, price)

    def _meet(self, state: Any, best: Any, price: float, *, move: bool) -> float:
        """Tells the other chains of this one's best plan, and goes on from theirs when it is better."""
        from scheduling.roster.keeping import load

        with self.lock:
            if self.best is None or price < self.best[0]:
                self.best = (price, best.copy())
            elif move and self.best[0] < price:
                best[:] = self.best[1]
                load(self.problem, state, best)
                return float(self.best[0])
        return price


def _heats(problem: Any, usual: float, *, is_warm: bool, is_wild: bool) -> tuple[float, float]:
    """The first and the last temperature, in the price of a usual way between neighbours.

    Where the worst idle time is paid for, one minute of it weighs more than ways do: every other chain and cooling
    is `is_wild` and begins hotter.
    """
    travel, worst_idle = max(problem.w[0], 0.1), problem.w[5]
    hot = (WARM if is_warm else HOT) * (travel + (worst_idle / 4 if is_wild else 0.0))
    return hot * usual, COLD * travel * usual


def _usual_minutes(problem: Any) -> float:
    """Mean minutes of the five shortest ways from each visit."""
    import numpy as np

    at = problem.place[: problem.n]
    ways = problem.travel[np.ix_(at, at)]
    np.fill_diagonal(ways, 1e9)
    near = np.partition(ways, min(4, problem.n - 1), axis=1)[:, :5]
    near = near[near < 1e8]
    return max(1.0, float(near.mean()) if near.size else 1.0)


def _extras(problem: Any) -> Any:
    """Which kinds of moves the instance needs: breaks, second windows."""
    import numpy as np

    return np.array([(problem.pause[:, 2] > 0).any(), (problem.visit["windows"] > 1).any()], dtype=np.int64)
