"""The table of docs/field-work.md: planned 08:00–09:00, grace 15 minutes, fence 400 m."""

import datetime as dt

import pytest

from scheduling.exceptions_found import Found, PunchFact, Tolerance, VisitFacts, exceptions_found

EIGHT = dt.datetime(2026, 11, 3, 13, tzinfo=dt.UTC)


def at(minutes: int) -> dt.datetime:
    return EIGHT + dt.timedelta(minutes=minutes)


def facts(started: int | None = 0, finished: int | None = 60, *, punches=None, tasks: int = 0) -> VisitFacts:
    times = [("in", started), ("out", finished)]
    if punches is None:
        punches = [
            PunchFact(kind, at(m), at(m), has_position=True, distance_metres=0) for kind, m in times if m is not None
        ]
    return VisitFacts(
        starts_at=at(0),
        ends_at=at(60),
        started_at=None if started is None else at(started),
        finished_at=None if finished is None else at(finished),
        punches=punches,
        unanswered_tasks=tasks,
    )


TIMES = [
    (0, 60, []),
    (15, 60, []),
    (-15, 60, []),
    (16, 76, [Found("late", {"minutes": 16})]),
    (-16, 44, [Found("early", {"minutes": 16})]),
    (0, 45, []),
    (0, 44, [Found("short", {"worked": 44, "planned": 60})]),
    (0, 75, []),
    (0, 76, [Found("long", {"worked": 76, "planned": 60})]),
    (30, 60, [Found("late", {"minutes": 30}), Found("short", {"worked": 30, "planned": 60})]),
    (None, 60, [Found("no_in", {})]),
    (0, None, [Found("no_out", {})]),
    (None, None, [Found("no_in", {}), Found("no_out", {})]),
]


@pytest.mark.parametrize(("started", "finished", "expected"), TIMES)
def test_exceptions_of_times(started, finished, expected):
    assert exceptions_found(facts(started, finished), Tolerance()) == expected


PUNCHES = [
    ({"distance_metres": 400}, []),
    ({"distance_metres": 401}, [Found("far", {"metres": 401})]),
    ({"has_position": False, "distance_metres": None}, [Found("no_position", {"count": 1})]),
    ({"distance_metres": None}, []),
    ({"is_manual": True, "has_position": False}, [Found("manual", {"count": 1})]),
    ({"received_at": at(5)}, []),
    ({"received_at": at(6)}, [Found("offline", {"minutes": 6})]),
    ({"is_manual": True, "received_at": at(500)}, [Found("manual", {"count": 1})]),
]


@pytest.mark.parametrize(("how", "expected"), PUNCHES)
def test_exceptions_of_punches(how, expected):
    first = PunchFact("in", at(0), **{"received_at": at(0), **how})
    last = PunchFact("out", at(60), at(60), distance_metres=10)
    assert exceptions_found(facts(punches=[first, last]), Tolerance()) == expected


def test_exceptions_of_two_far_punches_are_one_with_the_farthest():
    punches = [
        PunchFact("in", at(0), at(0), distance_metres=900),
        PunchFact("out", at(60), at(60), distance_metres=2000),
    ]
    assert exceptions_found(facts(punches=punches), Tolerance()) == [Found("far", {"metres": 2000})]


def test_exceptions_name_tasks_without_answer():
    assert exceptions_found(facts(tasks=2), Tolerance()) == [Found("tasks_missing", {"count": 2})]


def test_exceptions_follow_the_agency_tolerances():
    assert exceptions_found(facts(16, 76), Tolerance(grace_minutes=20)) == []
    near = [PunchFact("in", at(0), at(0), distance_metres=150), PunchFact("out", at(60), at(60))]
    assert exceptions_found(facts(punches=near), Tolerance(geofence_metres=100)) == [Found("far", {"metres": 150})]
