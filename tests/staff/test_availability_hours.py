import datetime as dt
from dataclasses import dataclass

import pytest

from staff.availability_hours import is_available, overlapping, spans_on, weekly_minutes

MONDAY = dt.date(2026, 11, 23)
T = dt.time


@dataclass(frozen=True)
class Line:
    weekday: int
    starts: dt.time
    ends: dt.time
    since: dt.date = dt.date(2020, 1, 1)
    until: dt.date | None = None


def moment(day: dt.date, clock: str) -> dt.datetime:
    return dt.datetime.combine(day, T.fromisoformat(clock))


WEEK = [
    Line(0, T(8), T(12)),
    Line(0, T(12), T(16)),
    Line(1, T(20), T(0)),
    Line(2, T(0), T(6)),
    Line(4, T(0), T(0)),
    Line(5, T(0), T(0)),
    Line(6, T(0), T(0)),
]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (moment(MONDAY, "08:00"), moment(MONDAY, "16:00"), True),
        (moment(MONDAY, "07:59"), moment(MONDAY, "09:00"), False),
        (moment(MONDAY, "15:00"), moment(MONDAY, "16:01"), False),
        (moment(dt.date(2026, 11, 24), "22:00"), moment(dt.date(2026, 11, 25), "06:00"), True),
        (moment(dt.date(2026, 11, 24), "22:00"), moment(dt.date(2026, 11, 25), "06:30"), False),
        (moment(dt.date(2026, 11, 24), "22:00"), moment(dt.date(2026, 11, 25), "00:00"), True),
        (moment(dt.date(2026, 11, 27), "00:00"), moment(dt.date(2026, 11, 30), "00:00"), True),
        (moment(dt.date(2026, 11, 26), "08:00"), moment(dt.date(2026, 11, 26), "09:00"), False),
    ],
)
def test_is_available_needs_every_minute_covered(first, last, expected):
    assert is_available(first, last, WEEK) is expected


def test_is_available_obeys_the_dates_of_a_line():
    lines = [Line(0, T(8), T(12), since=dt.date(2026, 11, 30)), Line(0, T(8), T(10), until=dt.date(2026, 11, 29))]
    assert not is_available(moment(MONDAY, "09:00"), moment(MONDAY, "11:00"), lines)
    assert is_available(moment(MONDAY, "09:00"), moment(MONDAY, "10:00"), lines)
    assert is_available(moment(dt.date(2026, 11, 30), "09:00"), moment(dt.date(2026, 11, 30), "11:00"), lines)


def test_is_available_over_the_clock_change_uses_wall_time():
    night = [Line(5, T(20), T(0)), Line(6, T(0), T(6))]
    spring = dt.date(2026, 3, 7)
    assert is_available(moment(spring, "22:00"), moment(spring + dt.timedelta(days=1), "06:00"), night)


def test_spans_join_lines_that_touch():
    assert spans_on(MONDAY, WEEK) == [(480, 960)]


def test_overlapping_names_the_line_that_starts_too_early():
    assert overlapping([(0, T(8), T(12)), (0, T(12), T(16)), (1, T(8), T(0))]) is None
    assert overlapping([(0, T(11), T(16)), (0, T(8), T(12))]) == (0, T(11), T(16))


def test_weekly_minutes_counts_midnight_as_the_end_of_the_day():
    assert weekly_minutes([(0, T(8), T(12)), (4, T(0), T(0))]) == 240 + 1440
