"""Overtime of a workweek by jurisdiction, as plain arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.overtime import FEDERAL, LAWS, law_of, overtime

H = 60


def hours(*days):
    """A week from Monday; days left out are free."""
    return [int(day * H) for day in (*days, *[0] * (7 - len(days)))]


@pytest.mark.parametrize(
    ("state", "week", "beyond", "double"),
    [
        ("MA", hours(8, 8, 8, 8, 8), 0, 0),
        ("MA", hours(8, 8, 8, 8, 8, 0.25), 0.25, 0),
        ("MA", hours(14, 14), 0, 0),
        ("CA", hours(8, 8, 8, 8, 8), 0, 0),
        ("CA", hours(10), 2, 0),
        ("CA", hours(13), 5, 1),
        ("CA", hours(8, 8, 8, 8, 8, 8), 8, 0),
        ("CA", hours(9, 9, 9, 9, 9), 5, 0),
        ("CA", hours(10, 10, 10, 10, 10), 10, 0),
        ("CA", hours(4, 4, 4, 4, 4, 4, 4), 4, 0),
        ("CA", hours(4, 4, 4, 4, 4, 4, 10), 10, 2),
        ("CA", hours(4, 0, 4, 4, 4, 4, 10), 2, 0),
        ("AK", hours(9), 1, 0),
        ("CO", hours(12), 0, 0),
        ("CO", hours(13, 9, 9, 9), 1, 0),
        ("CO", hours(13, 13, 13, 13), 12, 0),
        ("ON", hours(9, 9, 9, 9, 8), 0, 0),
        ("ON", hours(9, 9, 9, 9, 9), 1, 0),
    ],
)
def test_overtime_of_a_week(state, week, beyond, double):
    made = overtime(week, law_of(state))
    assert (made.minutes / H, made.double / H) == (beyond, double)


def test_overtime_of_personal_attendants_in_california():
    law = law_of("CA", personal_attendants=True)
    assert overtime(hours(9, 9), law) == (0, 0)
    assert overtime(hours(13, 9), law) == (4 * H, 0)
    assert law_of("MA", personal_attendants=True) is FEDERAL


@pytest.mark.parametrize("law", [FEDERAL, *LAWS.values()], ids=lambda law: str(law.name))
@given(week=st.lists(st.integers(0, 1440), min_size=7, max_size=7), day=st.integers(0, 6), more=st.integers(0, 300))
def test_overtime_never_shrinks_and_never_exceeds_the_work(law, week, day, more):
    before = overtime(week, law)
    week[day] += more
    after = overtime(week, law)
    assert 0 <= before.double <= before.minutes <= sum(week)
    assert before.minutes <= after.minutes
    assert after.minutes >= sum(week) - law.weekly
