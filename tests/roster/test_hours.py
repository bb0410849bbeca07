"""When a carer can be given visits."""

import datetime as dt

from scheduling.roster.hours import Clock, Fast, Line, open_spans, runs_of, without

MONDAY = dt.date(2026, 12, 7)
WEEK = Clock(MONDAY, [1440.0 * n for n in range(4)])
EIGHT, SIX = dt.time(8), dt.time(18)


def test_nights_written_as_two_lines_are_one_span():
    rows = [Line(0, dt.time(22), dt.time(), MONDAY, None), Line(1, dt.time(), dt.time(6), MONDAY, None)]
    assert open_spans(rows, WEEK) == [(1320, 1800)]


def test_lines_count_only_while_in_force():
    assert open_spans([Line(0, EIGHT, SIX, MONDAY + dt.timedelta(days=1), None)], WEEK) == []
    assert open_spans([Line(1, EIGHT, SIX, MONDAY, MONDAY)], WEEK) == []


def test_time_off_is_cut_out():
    assert without([(480, 1080)], [(600, 660), (1000, 2000)]) == [(480, 600), (660, 1000)]


def test_a_visit_that_stands_fast_is_left_from_and_driven_to():
    before, after = runs_of("Ana", 9, [(480, 720)], [Fast(540, 600, 3)], [], 0)
    assert (before.closes, before.ends_at, before.before_visit, before.after_visit) == (540, 3, True, False)
    assert (after.opens, after.starts_at, after.before_visit, after.after_visit) == (600, 3, False, True)


def test_each_night_begins_a_new_run_after_a_rest():
    first, second = runs_of("Ana", 9, [(0, 2880)], [], [1680.0], 480)
    assert (first.opens, first.closes, first.gap) == (0, 1680 + 360, 0)
    assert (second.opens, second.closes, second.gap) == (1680, 2880, 480)
