"""The day's axis: places, lanes, hours without availability, ways, days when the clocks change."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from django.conf import settings

from homecare.clock import at_local, day_bounds
from scheduling.board_day import Axis, axis_css, lanes_of, without
from scheduling.board_map import routes
from tests.factories import (
    AddressFactory,
    ClientFactory,
    ServiceTypeFactory,
    TimeOffFactory,
    VisitFactory,
)
from tests.scheduling.board.world import (
    DAY,
    HOUR,
    MONDAY,
    NINE,
    ZONE,
    day_board,
    place,
    visit_at,
)


def test_axis_shows_the_usual_hours_and_grows_with_the_visits(coordinator, caregiver, lopez):
    assert day_board(coordinator).read().hours == Axis(7, 20)
    visit_at(lopez, at_local(MONDAY, dt.time(5, 30), ZONE), caregiver=caregiver)
    visit_at(lopez, at_local(MONDAY, dt.time(22), ZONE), 8 * 60)
    assert day_board(coordinator).read().hours == Axis(5, 24)
    assert day_board(coordinator, MONDAY + DAY).read().hours == Axis(0, 20)


def test_chip_stands_where_its_visit_takes_place(coordinator, caregiver, lopez):
    visit = visit_at(lopez, at_local(MONDAY, dt.time(8, 30), ZONE), 45, caregiver=caregiver)
    cell = day_board(coordinator).read().cell(caregiver.pk, MONDAY)
    chip = cell[cell.index(f'id="v-{visit.pk}"') :]
    assert re.search(r'class="chip [^"]* s18 w9 l0"', chip)
    assert 'data-at="510" data-length="45"' in chip


@pytest.mark.parametrize(
    ("day", "hours", "labels"),
    [
        (dt.date(2026, 11, 1), 25, ["00:00", "01:00", "01:00", "02:00"]),
        (dt.date(2027, 3, 14), 23, ["00:00", "01:00", "03:00", "04:00"]),
    ],
)
def test_axis_of_a_day_when_the_clock_changes(coordinator, caregiver, lopez, day, hours, labels):
    start, end = day_bounds(day, ZONE)
    visit_at(lopez, start, 60, caregiver=caregiver)
    visit_at(lopez, end - HOUR, 60, caregiver=caregiver)
    board = day_board(coordinator, day).read()
    assert board.hours == Axis(0, hours)
    shown = re.findall(r">(\d\d:\d\d)<", board.column_heads(day))
    assert (len(shown), shown[:4]) == (hours, labels)


def test_drop_into_the_hour_that_occurs_twice_means_the_second(http, branch, lopez, coordinator):
    visit = visit_at(lopez, at_local(dt.date(2026, 11, 1), dt.time(9), ZONE))
    on = "?board=day-2026-11-01-0-25&by=caregiver"
    answer = place(http, visit, on, day="2026-11-01", minute=150, length=60)
    assert answer.status_code == 200, answer.content
    visit.refresh_from_db()
    assert visit.starts_at == dt.datetime(2026, 11, 1, 6, 30, tzinfo=dt.UTC)


def test_visits_at_one_time_stand_in_lanes():
    at = [NINE + n * dt.timedelta(minutes=30) for n in range(4)]
    assert lanes_of([(at[0], at[2]), (at[1], at[3]), (at[2], at[3])]) == [0, 1, 0]
    assert max(lanes_of([(NINE, NINE + HOUR)] * 60)) == 39


def test_hours_without_availability_are_what_is_left_of_the_day():
    assert without([(480, 720), (700, 900)], 1440) == [(0, 480), (900, 1440)]
    assert without([], 1380) == [(0, 1380)]
    assert without([(0, 1440)], 1440) == []


def test_a_call_has_no_way_and_the_homes_around_it_are_judged(coordinator, branch, caregiver):
    near, far = ClientFactory(branch=branch), ClientFactory(branch=branch)
    AddressFactory(client=near, latitude=42.36, longitude=-71.06)
    AddressFactory(client=far, latitude=42.45, longitude=-71.06)
    call = ServiceTypeFactory(code="CALL", mode="telephone")
    visit_at(near, NINE, caregiver=caregiver)
    for client, start in ((far, NINE + 1.05 * HOUR), (near, NINE + 4 * HOUR)):
        ends_at = start + HOUR / 20
        VisitFactory(client=client, starts_at=start, ends_at=ends_at, caregiver=caregiver, service_type=call)
    visit_at(far, NINE + 1.25 * HOUR, caregiver=caregiver)
    board = day_board(coordinator).read()
    assert [(trip.gap, trip.tone) for trip in board.trips(caregiver.pk)] == [(15, "late")]
    found, _frame = routes(board, [caregiver])
    assert [(route.row, [stop.time for stop in route.stops]) for route in found] == [
        (caregiver.pk, ["09:00–10:00", "10:15–11:15"])
    ]
    assert found[0].stops[1].trip == board.trips(caregiver.pk)[0]


def test_a_day_of_calls_alone_draws_no_map(coordinator, branch, caregiver):
    client = ClientFactory(branch=branch)
    AddressFactory(client=client, latitude=42.36, longitude=-71.06)
    visit_at(client, NINE, caregiver=caregiver, service_type=ServiceTypeFactory(code="VIDEO", mode="video"))
    assert routes(day_board(coordinator).read(), [caregiver]) == ([], None)


def test_time_off_and_ways_are_drawn_with_words(coordinator, branch, caregiver):
    near, far = ClientFactory(branch=branch), ClientFactory(branch=branch)
    AddressFactory(client=near, latitude=42.36, longitude=-71.06)
    AddressFactory(client=far, latitude=42.45, longitude=-71.06)
    for client, start in ((near, NINE), (far, NINE + 1.25 * HOUR), (near, NINE + 2.75 * HOUR), (far, NINE + 6 * HOUR)):
        visit_at(client, start, caregiver=caregiver)
    TimeOffFactory(member=caregiver, status="approved", starts_at=NINE + 8 * HOUR, ends_at=NINE + 20 * HOUR)
    board = day_board(coordinator).read()
    assert [trip.tone for trip in board.trips(caregiver.pk)] == ["late", "tight", "ok"]
    cell = board.cell(caregiver.pk, MONDAY)
    assert "The way takes 21 min, there are 15: not enough" in cell
    assert "Off · Vacation" in cell


def test_sheet_of_the_axis_is_the_generated_one():
    sheet = Path(settings.BASE_DIR) / "static" / "css" / "board_axis.css"
    assert sheet.read_text() == axis_css()
