"""The law of rosters: each hard rule is caught when it is broken, and the score adds up."""

import pytest

from scheduling.roster.checker import Reason, breaches, explain, score
from scheduling.roster.instance import Carer, Link, Pause, Plan, Run, Stop, Weights
from tests.roster.small import ANA, BEN, day, visit

PAIR, LAG = Link(("x", "y")), Link(("x", "y"), 30, 60)


def rules(instance, **stops):
    return {breach.rule for breach in breaches(instance, Plan({key: Stop(*stop) for key, stop in stops.items()}))}


def test_a_sound_plan_breaks_nothing():
    assert rules(day(visit("x"), visit("y", place=1)), x=("a", 500), y=("b", 500)) == set()


@pytest.mark.parametrize(
    ("expected", "instance", "stops"),
    [
        ("unknown", day(visit("x")), {"z": ("a", 500)}),
        ("unknown", day(visit("x")), {"x": ("c", 500)}),
        ("carer", day(visit("x", carers=(BEN,))), {"x": ("a", 500)}),
        ("window", day(visit("x")), {"x": ("a", 541)}),
        ("window", day(visit("x", 510)), {"x": ("a", 505)}),
        ("shift", day(visit("x", 690, 720)), {"x": ("a", 671 + 30)}),
        ("travel", day(visit("x")), {"x": ("a", 499)}),  # 20 minutes from home at 08:00
        ("travel", day(visit("x"), visit("y", place=1)), {"x": ("a", 500), "y": ("a", 539)}),
        ("promised", day(visit("x", is_required=True)), {}),
        ("pinned", day(visit("x", is_pinned=True)), {}),
        ("half", day(visit("x"), visit("y"), links=(PAIR,)), {"x": ("a", 500)}),
        (
            "two_carers",
            day(visit("x"), visit("y", 530), links=(Link(("x", "y"), 30, 60),)),
            {"x": ("a", 500), "y": ("a", 530)},
        ),
        ("together", day(visit("x"), visit("y"), links=(PAIR,)), {"x": ("a", 500), "y": ("b", 501)}),
        (
            "together",
            day(visit("x"), visit("y"), links=(Link(("x", "y"), 10, 20),)),
            {"x": ("a", 500), "y": ("b", 521)},
        ),
        ("hours", day(visit("x"), carers=[Carer(ANA, 29), Carer(BEN)]), {"x": ("a", 500)}),
        (
            "rest",
            day(
                visit("x", 600, 660),
                visit("y", 700, 760),
                runs=[Run("a", ANA, 480, 690, 2, 2), Run("b", ANA, 680, 900, 2, 2, gap=60)],
            ),
            {"x": ("a", 620), "y": ("b", 725)},
        ),
    ],
)
def test_each_broken_rule_is_named(expected, instance, stops):
    assert expected in rules(instance, **stops)


def test_a_break_outside_its_hours_is_named():
    runs = [Run("a", ANA, 480, 720, 2, 2, pause=Pause(540, 600, 30, 50))]
    plan = Plan({"x": Stop("a", 500)}, {"a": 630})
    assert [breach.rule for breach in breaches(day(visit("x"), runs=runs), plan)] == ["pause"]


def test_a_way_home_that_is_not_paid_may_end_after_the_shift():
    assert rules(day(visit("x", 690, 690), commute_counts=False), x=("a", 690)) == set()


def test_a_run_between_two_fast_visits_keeps_both_ways():
    run = Run("a", ANA, 480, 540, 0, 1, after_visit=True, before_visit=True)
    instance = day(visit("x", 480, 540, place=2, minutes=20), runs=[run], commute_counts=False)
    assert rules(instance, x=("a", 500)) == set()
    assert "travel" in rules(instance, x=("a", 499))
    assert rules(instance, x=("a", 509)) == {"shift"}
    assert score(instance, Plan()).travel == 10  # the way between the two is gone anyhow


def test_the_score_adds_up_its_parts():
    instance = day(
        visit("x", 480, 490, carers={ANA: 6.0}),
        visit("y", place=1, price=200),
        weights=Weights(travel=2, lateness=3, worst_lateness=5),
        new_faces={("client 0", ANA): 11.0},
    )
    found = score(instance, Plan({"x": Stop("a", 500)}))
    assert (found.travel, found.lateness, found.unfilled) == (40, 10, 1)
    assert found.total == 2 * 40 + 3 * 10 + 5 * 10 + 6 + 11 + 200


def test_a_double_up_that_lacks_one_is_unfilled_as_a_whole():
    instance = day(visit("x", price=100), visit("y", price=100), links=(PAIR,))
    assert score(instance, Plan({"x": Stop("a", 500)})).unfilled_price == 200


@pytest.mark.parametrize(
    ("expected", "instance", "stops"),
    [
        ("free", day(visit("x", carers=(ANA,))), {}),
        ("shift", day(visit("x", 700, 710, carers=(ANA,))), {}),
        ("travel", day(visit("x", 500, 500, carers=(ANA,)), visit("y", place=1)), {"y": ("a", 495)}),
        ("hours", day(visit("x", carers=(ANA,)), carers=[Carer(ANA, 20), Carer(BEN)]), {}),
        ("two_carers", day(visit("x", carers=(ANA,)), visit("y"), links=(PAIR,)), {"y": ("a", 500)}),
    ],
)
def test_an_unfilled_visit_is_explained_by_the_rule_in_the_way(expected, instance, stops):
    plan = Plan({key: Stop(*stop) for key, stop in stops.items()})
    assert explain(instance, plan, "x") == [Reason(ANA, expected)]


def test_whom_a_placement_rule_bars_is_explained_in_its_words():
    instance = day(visit("x", carers=(), barred={BEN: "Rosa Lopez does not want Ben."}))
    assert explain(instance, Plan(), "x") == [Reason(BEN, "Rosa Lopez does not want Ben.")]
