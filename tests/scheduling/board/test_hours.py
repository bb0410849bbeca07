"""Hours and overtime beside the names."""

from __future__ import annotations

import datetime as dt

from homecare.clock import at_local
from scheduling.board_hours import hours_of
from tests.scheduling.board.world import (
    DAY,
    MONDAY,
    NINE,
    ZONE,
    visit_at,
)


def test_hours_split_a_sunday_night_and_mark_overtime(branch, caregiver, lopez):
    for day in range(5):
        visit_at(lopez, NINE + day * DAY, 9 * 60, caregiver=caregiver)
    sunday = at_local(MONDAY + 6 * DAY, dt.time(22), ZONE)
    visit_at(lopez, sunday, 8 * 60, caregiver=caregiver)
    before = at_local(MONDAY - DAY, dt.time(23), ZONE)
    visit_at(lopez, before, 3 * 60, caregiver=caregiver)
    found = hours_of([caregiver], MONDAY, {})
    assert found[caregiver.pk] == (45 * 60 + 2 * 60 + 2 * 60, 9 * 60, 0)


def test_board_says_overtime_and_unfilled_hours(http, branch, caregiver, lopez):
    for day in range(5):
        visit_at(lopez, NINE + day * DAY, 9 * 60, caregiver=caregiver)
    visit_at(lopez, NINE, 90)
    html = http.get("/schedule/?week=2026-12-07").content.decode()
    assert "45 h of 40 h · over the limit" in html
    assert "5 h overtime" in html
    assert "1 visit · 1 h 30 min" in html
