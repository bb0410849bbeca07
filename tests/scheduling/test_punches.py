"""Every order of arrival of the same punches ends in the same state."""

import datetime as dt
from itertools import permutations

import pytest

from scheduling.punches import Punch, Worked, worked

T = dt.datetime(2026, 11, 3, 13, tzinfo=dt.UTC)


def at(minutes: int) -> dt.datetime:
    return T + dt.timedelta(minutes=minutes)


CASES = [
    ([], Worked(None, None)),
    ([("in", 0)], Worked(at(0), None)),
    ([("out", 60)], Worked(None, at(60))),
    ([("in", 0), ("out", 60)], Worked(at(0), at(60))),
    ([("in", 0), ("out", 0)], Worked(at(0), at(0))),
    ([("in", 0), ("out", 20), ("in", 30)], Worked(at(0), None)),
    ([("in", 0), ("out", 20), ("in", 30), ("out", 60)], Worked(at(0), at(60))),
    ([("in", 5), ("in", 0), ("out", 60), ("out", 55)], Worked(at(0), at(60))),
]


@pytest.mark.parametrize(("punches", "expected"), CASES)
def test_worked_is_the_same_in_every_order(punches, expected):
    for order in permutations([Punch(kind, at(minutes)) for kind, minutes in punches]):
        assert worked(order) == expected


def test_worked_says_whether_the_visit_runs():
    assert worked([Punch("in", T)]).is_running
    assert not worked([Punch("out", T)]).is_running
    assert not worked([]).is_running
