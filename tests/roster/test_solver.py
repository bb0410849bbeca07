"""Whatever the search returns is lawful; it keeps promises, and stops when told."""

import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.roster.checker import breaches, score
from scheduling.roster.instance import Carer, Circle, Instance, Link, Pause, Plan, Run, Stop, Visit, Weights
from scheduling.roster.replanning import changes, keep_close, remaining
from scheduling.roster.solver import Search, solve, sound
from tests.roster.small import ANA, BEN, day, visit

QUICK = 0.15  # seconds of search: enough for a handful of visits


def test_the_best_plan_of_a_small_day_is_found():
    instance = day(visit("x"), visit("y", 530, 600, place=1), visit("z", 600, 700))
    plan = solve(instance, seconds=QUICK).plan
    assert score(instance, plan).total == 50  # Ben: 15 from home, 10 to client 1, 10 back, 15 home


def test_double_ups_begin_together_with_two_people():
    instance = day(visit("x", place=1), visit("y", place=1), links=(Link(("x", "y")),))
    stops = solve(instance, seconds=QUICK).plan.stops
    assert {stop.run for stop in stops.values()} == {"a", "b"}
    assert stops["x"].starts == stops["y"].starts


def test_a_double_up_only_one_could_take_stays_open():
    instance = day(visit("x", carers=(ANA,)), visit("y", carers=(ANA,)), links=(Link(("x", "y")),))
    assert solve(instance, seconds=QUICK).plan.stops == {}


def test_half_a_double_up_is_no_work():
    """Ana is owed 30 minutes. Half a visit counts while the search is hot, never in what is kept, nor at the end."""
    from scheduling.roster import annealing, keeping, timing
    from scheduling.roster.arrays import problem_of, state_of

    instance = day(
        visit("x", price=10),
        visit("y", price=10),
        links=(Link(("x", "y")),),
        carers=[Carer(ANA, minutes_promised=30), Carer(BEN)],
        weights=Weights(lacking=1),
    )
    search = Search(instance, QUICK, Plan({"x": Stop("a", 500)}))
    problem, search.names = problem_of(instance)
    search.problem, state = problem, state_of(problem, 1)
    timing.empty(problem, state)
    best = search._kept(state)
    keeping.load(problem, state, best)
    kept, sums = best.copy(), state.sums.copy()
    extras = np.zeros(2, dtype=np.int64)
    now, price = annealing.anneal(problem, state, kept, np.inf, 1.0, 0.4, 0, extras, sums)
    assert (now, price) == (40 + 20 - 0.4 * 10, 30 + 20)  # the way and both prices less its credit; nothing done
    assert state.node["run"].tolist()[:2] == [0, -1]
    assert kept[0, 2:4].tolist() == [4, 5]  # both runs kept empty
    now, price = annealing.anneal(problem, state, kept, np.inf, 1.0, 0.0, 0, extras, sums)
    assert (now, price) == (30 + 20, np.inf)
    assert state.node["run"].tolist()[:2] == [-1, -1]


def test_the_second_of_two_visits_follows_within_its_lag():
    links = (Link(("x", "y"), 60, 90, needs_two=False),)
    stops = solve(day(visit("x"), visit("y", 500, 700), links=links), seconds=QUICK).plan.stops
    assert 60 <= stops["y"].starts - stops["x"].starts <= 90


def test_pinned_visits_stay_where_they_are():
    pinned = visit("x", 515, 515, carers=(BEN,), is_pinned=True)
    instance = day(pinned, *(visit(f"v{n}", 480, 700, place=n % 2) for n in range(5)))
    stop = solve(instance, seconds=QUICK).plan.stops["x"]
    assert (stop.run, stop.starts) == ("b", 515)


def test_a_promise_nobody_can_keep_is_said_and_not_broken():
    result = solve(day(visit("x", is_required=True, carers=())), seconds=QUICK)
    assert result.plan is None
    assert [breach.rule for breach in result.broken] == ["promised"]


def test_a_break_is_taken_within_its_hours():
    runs = [Run("a", ANA, 480, 720, 2, 2, pause=Pause(540, 600, 30, 500))]
    instance = day(*(visit(f"v{n}", 480, 690, place=n % 2) for n in range(4)), runs=runs)
    plan = solve(instance, seconds=0.4).plan
    assert breaches(instance, plan) == []
    assert 540 <= plan.pauses["a"] <= 600


def test_weekly_hours_are_kept():
    instance = day(*(visit(f"v{n}", 480, 690) for n in range(4)), carers=[Carer(ANA, 60), Carer(BEN, 0)])
    assert len(solve(instance, seconds=QUICK).plan.stops) == 2


@pytest.mark.parametrize("promised", [ANA, BEN])
@pytest.mark.parametrize("of", [{"minutes_promised": 60}, {"visits_promised": 2}])
def test_whoever_has_guaranteed_time_unfilled_comes_first(promised, of):
    """Ben lives nearer by 10 minutes: without a promise he takes both; a promise to Ana outweighs the way."""
    carers = [Carer(key, **(of if key == promised else {})) for key in (ANA, BEN)]
    visits = [visit("x", 480, 520), visit("y", 560, 620)]
    instance = day(*visits, carers=carers, weights=Weights(lacking=1, lacking_visit=30))
    plan = solve(instance, seconds=QUICK).plan
    assert {instance.run_of[stop.run].carer for stop in plan.stops.values()} == {promised}
    assert score(instance, plan).lacking + score(instance, plan).lacking_visits == 0
    unmoved = day(*visits, carers=carers)
    free = solve(unmoved, seconds=QUICK).plan
    assert {unmoved.run_of[stop.run].carer for stop in free.stops.values()} == {BEN}


def test_no_more_carers_come_to_a_client_than_its_limit():
    """Ana comes already. Ben, who lives nearer, takes the visits only where the limit has room for him."""
    visits = [visit(f"v{n}", 480 + 40 * n, 520 + 40 * n, circle="week") for n in range(3)]
    alone = day(*visits, circles=[Circle("week", 1, frozenset({ANA}))], weights=Weights(crowd=60))
    plan = solve(alone, seconds=QUICK).plan
    assert {alone.run_of[stop.run].carer for stop in plan.stops.values()} == {ANA}
    assert score(alone, plan).crowd == 0
    two = day(*visits, circles=[Circle("week", 2, frozenset({ANA}))], weights=Weights(crowd=60))
    other = solve(two, seconds=QUICK).plan
    assert {two.run_of[stop.run].carer for stop in other.stops.values()} == {BEN}


def test_a_search_told_to_stop_returns_its_best_plan_within_two_seconds():
    instance = day(*(visit(f"v{n}", 480, 690) for n in range(4)))
    began = time.monotonic()
    calls = []
    result = solve(
        instance, seconds=60, progress=lambda share, words: calls.append(share), should_stop=lambda: bool(calls)
    )
    assert time.monotonic() - began < 2
    assert result.was_stopped
    assert breaches(instance, result.plan) == []


def test_a_cancelled_job_does_not_wait_for_the_search():
    class Cancelled(Exception):
        pass

    def progress(share, words):
        raise Cancelled

    began = time.monotonic()
    with pytest.raises(Cancelled):
        solve(day(visit("x")), seconds=60, progress=progress)
    assert time.monotonic() - began < 2


def test_bettering_a_plan_keeps_what_was_promised():
    instance = day(visit("x"), visit("y", 540, 690, place=1), visit("z", 540, 690))
    plan = Plan({"x": Stop("a", 500), "y": Stop("a", 560)})
    close = keep_close(instance, plan)
    after = solve(close, seconds=QUICK, start=remaining(close, plan)).plan
    assert set(after.stops) == {"x", "y", "z"}
    assert changes(instance, plan, after)[0] == []
    assert all(abs(after.stops[key].starts - plan.stops[key].starts) <= 15 for key in plan.stops)


def test_a_sick_call_gives_the_lost_visits_to_others():
    instance = day(visit("x"), visit("y", 540, 690, place=1))
    plan = Plan({"x": Stop("a", 500), "y": Stop("b", 560)})
    sick = keep_close(instance, plan, lost={"x"})
    sick = Instance(sick.visits, [sick.runs[1]], sick.carers, sick.travel)
    after = solve(sick, seconds=QUICK, start=remaining(sick, plan)).plan
    assert {key: stop.run for key, stop in after.stops.items()} == {"x": "b", "y": "b"}


def test_unlawful_visits_are_taken_out_with_their_other_half():
    instance = day(visit("x"), visit("y"), visit("z", 480, 600, place=1), links=(Link(("x", "y")),))
    plan, left = sound(instance, Plan({"x": Stop("a", 500), "y": Stop("b", 490), "z": Stop("a", 560)}))
    assert (set(plan.stops), left) == ({"z"}, [])


def test_the_searchs_own_price_is_the_checkers_score():
    weights = Weights(travel=1, lateness=2, worst_lateness=3, waiting=1, overtime=2, worst_idle=1, imbalance=1)
    weights = replace(weights, lacking=1, lacking_visit=20, crowd=25)
    runs = [Run("a", ANA, 480, 560, 2, 2, pause=Pause(500, 600, 15, 30)), Run("b", BEN, 470, 720, 3, 3)]
    visits = [visit(f"v{n}", 480 + 20 * n, 500 + 20 * n, place=n % 2, carers={ANA: 3.0, BEN: 0.0}) for n in range(6)]
    visits = [replace(row, circle=row.client) for row in visits]
    links = (Link(("v0", "v2")), Link(("v1", "v3"), 10, 40))
    circles = [Circle("client 0", 1, frozenset({"Cleo"})), Circle("client 1", 1, frozenset({ANA}))]
    carers = [Carer(ANA, minutes_promised=200, visits_promised=3), Carer(BEN, minutes_promised=45, visits_promised=1)]
    instance = day(*visits, runs=runs, weights=weights, links=links, circles=circles, carers=carers)
    search = Search(instance, QUICK, None)
    plan = search.run(3)
    assert breaches(instance, plan) == []
    assert abs(search.best_price - score(instance, plan).total) < 1e-6


def test_the_web_process_does_not_load_the_compiler():
    program = "import sys, scheduling.roster.solver, scheduling.roster.checker; print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@st.composite
def instances(draw) -> Instance:
    """A few carers and visits anywhere, with links, breaks, second windows, hours and soft or hard windows."""
    whole = st.integers
    places = draw(whole(2, 4))
    travel = [[0 if a == b else draw(whole(1, 40)) for b in range(places)] for a in range(places)]
    carers = [Carer(n, draw(st.one_of(st.none(), whole(0, 200)))) for n in range(draw(whole(1, 3)))]
    carers[0] = replace(carers[0], minutes_promised=draw(whole(0, 90)))
    runs = []
    for carer in carers:
        opens = draw(whole(0, 200))
        for at in range(draw(whole(1, 2))):
            closes = opens + draw(whole(30, 300))
            pause = draw(st.one_of(st.none(), st.just(Pause(opens + 20, opens + 60, 15, 40))))
            home = draw(whole(0, places - 1))
            runs.append(Run((carer.key, at), carer.key, opens, closes, home, home, pause=pause, gap=draw(whole(0, 30))))
            opens = closes + draw(whole(-20, 60))
    visits = []
    for key in range(draw(whole(1, 8))):
        first = draw(whole(0, 400))
        windows = [(first, first + draw(whole(0, 120)))]
        if draw(st.booleans()):
            windows.append((windows[0][1] + 30, windows[0][1] + 60))
        who = draw(st.dictionaries(st.sampled_from([c.key for c in carers]), whole(0, 20), max_size=3))
        visits.append(Visit(key, draw(whole(0, places - 1)), draw(whole(5, 60)), tuple(windows), who, client=key % 3))
    bonds = st.sampled_from([(0.0, 0.0), (10.0, 60.0), (None, None)])
    links = [Link((at, at + 1), *draw(bonds)) for at in range(0, draw(whole(0, len(visits) - 1)), 2)]
    kinds = [Weights(), Weights(lateness=1, worst_lateness=1), Weights(overtime=2, waiting=1), Weights(worst_idle=9)]
    weights = draw(st.sampled_from(kinds))
    return Instance(visits, runs, carers, travel, links, weights, commute_counts=draw(st.booleans()))


@given(instances())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_returned_is_lawful(instance):
    result = solve(instance, seconds=0.04, chains=1)
    assert result.plan is not None
    assert breaches(instance, result.plan) == []
    assert result.score.total <= score(instance, Plan()).total + 1e-6


@given(instances())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_returned_costs_what_the_search_believed(instance):
    instance = replace(instance, weights=replace(instance.weights, lacking=2))
    search = Search(instance, 0.04, None)
    plan = search.run(1)
    assert abs(search.best_price - score(instance, plan).total) < 1e-6
