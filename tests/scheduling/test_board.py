"""The board's own logic: teams, the day's axis, what the rules say, drops, taking back, what others changed."""

from __future__ import annotations

import datetime as dt
import re
import time
from pathlib import Path
from threading import Event, Thread

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from homecare.accounts.models import Agency
from homecare.clock import at_local, day_bounds, local_date, monday_of, now
from scheduling.board_changes import Cursor
from scheduling.board_day import Axis, DayBoard, axis_css, lanes_of, without
from scheduling.board_hours import hours_of
from scheduling.board_map import routes
from scheduling.models import Visit
from scheduling.services.clock import clock_in
from scheduling.services.visit import assign_visit, move_visit
from scheduling.travel import Times
from staff.models import Team
from tests.factories import (
    AddressFactory,
    ClientFactory,
    MemberFactory,
    ScheduleFactory,
    ServiceTypeFactory,
    TimeOffFactory,
    VisitFactory,
)

ZONE = "America/New_York"
MONDAY = dt.date(2026, 12, 7)
NINE = dt.datetime(2026, 12, 7, 14, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
ON_WEEK = "?board=2026-12-07&by=caregiver"
ON_DAY = "?board=day-2026-12-07-7-20&by=caregiver"
HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "dialog"}


@pytest.fixture
def http(as_user, coordinator):
    return as_user(coordinator)


@pytest.fixture
def lopez(branch):
    return ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez")


def visit_at(client, starts_at=NINE, minutes=60, **fields):
    return VisitFactory(client=client, starts_at=starts_at, ends_at=starts_at + dt.timedelta(minutes=minutes), **fields)


def place(http, visit, on=ON_WEEK, **data):
    url = reverse("scheduling:visit-place", args=[visit.pk]) + on
    values = {"drag": 1, "day": "2026-12-07", "caregiver": visit.caregiver_id or "", "version": visit.version}
    return http.post(url, values | data, **HTMX)


def day_board(user, day=MONDAY, rows=None, by="caregiver"):
    return DayBoard(user, day, by, None, ZONE, rows, travel=Times(30))


# --- Teams


def test_board_opens_with_the_own_team_and_all_is_possible(http, branch, coordinator, caregiver, other_caregiver):
    Team.objects.create(branch=branch, name="South").coordinators.add(coordinator)
    Team.objects.get().members.add(caregiver)
    opened = http.get("/schedule/?week=2026-12-07").content.decode()
    assert f'id="h-{caregiver.pk}"' in opened
    assert f'id="h-{other_caregiver.pk}"' not in opened
    assert 'id="h-0"' in opened
    assert "My team: South" in opened
    everybody = http.get("/schedule/?week=2026-12-07&team=all").content.decode()
    assert f'id="h-{other_caregiver.pk}"' in everybody


def test_board_of_a_person_without_team_shows_everybody(http, branch, caregiver, other_caregiver):
    Team.objects.create(branch=branch, name="South").members.add(caregiver)
    assert f'id="h-{other_caregiver.pk}"' in http.get("/schedule/").content.decode()
    chosen = http.get(f"/schedule/?team={Team.objects.get().pk}").content.decode()
    assert f'id="h-{other_caregiver.pk}"' not in chosen


def test_team_by_client_shows_the_clients_of_its_caregivers(http, branch, caregiver, other_caregiver, lopez):
    team = Team.objects.create(branch=branch, name="South")
    team.members.add(caregiver)
    visit_at(lopez, caregiver=caregiver)
    visit_at(ClientFactory(branch=branch, last_name="Elsewhere"), caregiver=other_caregiver)
    html = http.get(f"/schedule/?week=2026-12-07&by=client&team={team.pk}").content.decode()
    assert "Lopez" in html
    assert "Elsewhere" not in html


def test_unknown_team_is_the_own_one_and_the_week_stays(http):
    assert "Mon 7 Dec" in http.get("/schedule/?week=2026-12-07&team=99").content.decode()


@pytest.mark.parametrize("query", ["view=day&day=2026-12-07", "view=day&day=2026-12-07&by=client"])
def test_day_board_needs_the_same_queries_for_1_and_30_rows(http, branch, query):
    counts = []
    http.get(f"/schedule/?{query}")
    for rows in (1, 29):
        for _number in range(rows):
            member = MemberFactory(branch=branch, always_available=True)
            for start in (NINE, NINE + 2 * HOUR):
                client = ClientFactory(branch=branch)
                AddressFactory(client=client)
                visit_at(client, start, caregiver=member)
        with CaptureQueriesContext(connection) as seen:
            assert http.get(f"/schedule/?{query}").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 15


# --- Hours


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


# --- The day's axis


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


# --- Drops


def test_drop_on_the_day_board_changes_caregiver_start_and_length(http, caregiver, other_caregiver, lopez):
    visit = visit_at(lopez, caregiver=caregiver)
    answer = place(http, visit, ON_DAY, caregiver=other_caregiver.pk, minute=605, length=75)
    assert answer.status_code == 200
    visit.refresh_from_db()
    start = at_local(MONDAY, dt.time(10, 5), ZONE)
    assert (visit.caregiver, visit.starts_at, visit.ends_at) == (other_caregiver, start, start + 75 * HOUR / 60)
    assert f'id="c-{caregiver.pk}-2026-12-07" class="cell track' in answer.content.decode()


def test_drop_beside_the_hours_drawn_asks_for_a_new_board(http, caregiver, lopez):
    visit = visit_at(lopez, caregiver=caregiver)
    answer = place(http, visit, ON_DAY, minute=22 * 60, length=60)
    assert '"redraw": true' in answer["HX-Trigger"]


def test_drop_on_the_week_keeps_the_time_of_day_over_a_clock_change(http, lopez):
    visit = visit_at(lopez, at_local(dt.date(2027, 3, 13), dt.time(8), ZONE))
    place(http, visit, "?board=2027-03-08&by=caregiver", day="2027-03-14")
    visit.refresh_from_db()
    assert visit.starts_at == at_local(dt.date(2027, 3, 14), dt.time(8), ZONE)


def test_caregiver_of_another_branch_is_refused_with_a_sentence(http, other_branch, lopez):
    answer = place(http, visit_at(lopez), caregiver=MemberFactory(branch=other_branch).pk)
    assert answer.status_code == 422


def test_drop_that_warns_asks_for_a_reason_and_keeps_the_place(http, branch, lopez):
    visit, unavailable = visit_at(lopez), MemberFactory(branch=branch)
    answer = place(http, visit, ON_DAY, caregiver=unavailable.pk, minute=600, length=60)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "outside the hours" in html
    assert 'name="minute" value="600"' in html
    assert "10:00–11:00" in html
    answer = place(http, visit, ON_DAY, caregiver=unavailable.pk, minute=600, length=60, override_reason="Agreed")
    assert answer.status_code == 200
    assert visit.overrides.get().reason == "Agreed"


def test_second_of_two_coordinators_reads_who_changed_what_and_when(http, coordinator, manager, caregiver, lopez):
    visit = visit_at(lopez, caregiver=caregiver)
    move_visit(visit, starts_at=NINE + 2 * HOUR, by=manager)
    answer = place(http, visit, day="2026-12-08")
    assert answer.status_code == 409
    trigger = answer["HX-Trigger"].encode().decode("unicode_escape")
    assert f"{manager} moved Lopez R. to Mon 7 Dec, 11:00–12:00" in trigger
    assert "board:stale" in trigger
    visit.refresh_from_db()
    assert (visit.starts_at, visit.version) == (NINE + 2 * HOUR, 2)


# --- Double-ups


@pytest.fixture
def pair(lopez, caregiver, other_caregiver):
    schedule = ScheduleFactory(client=lopez, head_count=2)
    common = {"schedule": schedule, "occurrence_on": MONDAY, "service_type": schedule.service_type}
    return [visit_at(lopez, caregiver=who, slot=n, **common) for n, who in ((1, caregiver), (2, other_caregiver))]


def test_moving_a_double_up_in_time_asks_and_moves_both(http, pair):
    first, second = pair
    asked = place(http, first, minute=600, length=60)
    assert asked.status_code == 200
    html = asked.content.decode()
    assert "comes at the same time and moves along" in html
    assert second.caregiver.full_name in html
    first.refresh_from_db()
    assert first.starts_at == NINE
    url = reverse("scheduling:visit-place", args=[first.pk]) + ON_DAY
    sent = {"day": "2026-12-07", "minute": 600, "length": 60, "caregiver": first.caregiver_id, "version": 1}
    moved = http.post(url, sent | {"together": "on"}, **HTMX)
    assert moved.status_code == 200
    assert f"c-{second.caregiver_id}-" in moved.content.decode()
    assert {row.starts_at for row in Visit.objects.all()} == {NINE + HOUR}


def test_giving_one_of_a_double_up_to_another_caregiver_moves_only_that_one(http, branch, pair):
    first, second = pair
    third = MemberFactory(branch=branch, always_available=True)
    assert place(http, first, caregiver=third.pk).status_code == 200
    second.refresh_from_db()
    first.refresh_from_db()
    assert (first.caregiver, second.version) == (third, 1)


# --- What the rules say while a visit is carried


def verdicts_of(http, visit, rows, on=ON_WEEK, **more):
    query = "".join(f"&{name}={value}" for name, value in more.items())
    url = reverse("scheduling:visit-verdicts", args=[visit.pk])
    return http.get(f"{url}{on}&rows={','.join(map(str, rows))}{query}").json()["verdicts"]


def test_verdicts_name_what_is_allowed_warned_and_blocked(http, branch, caregiver, other_caregiver, lopez):
    visit = visit_at(lopez, caregiver=caregiver)
    visit_at(ClientFactory(branch=branch, last_name="Mensah"), caregiver=other_caregiver)
    unavailable = MemberFactory(branch=branch)
    found = verdicts_of(http, visit, [0, caregiver.pk, other_caregiver.pk, unavailable.pk])
    assert len(found) == 28
    assert found[f"c-{caregiver.pk}-2026-12-07"] == ["allowed", ""]
    assert found["c-0-2026-12-08"][0] == "allowed"
    state, why = found[f"c-{other_caregiver.pk}-2026-12-07"]
    assert (state, "already with Mensah R." in why) == ("blocked", True)
    assert found[f"c-{other_caregiver.pk}-2026-12-08"][0] == "allowed"
    state, why = found[f"c-{unavailable.pk}-2026-12-07"]
    assert (state, "outside the hours" in why) == ("warned", True)


def test_verdicts_of_the_day_follow_the_time_asked_for(http, branch, caregiver, other_caregiver, lopez):
    visit = visit_at(lopez, caregiver=caregiver)
    visit_at(ClientFactory(branch=branch), caregiver=other_caregiver)
    key = f"c-{other_caregiver.pk}-2026-12-07"
    assert verdicts_of(http, visit, [other_caregiver.pk], ON_DAY)[key][0] == "blocked"
    assert verdicts_of(http, visit, [other_caregiver.pk], ON_DAY, minute=600, length=60)[key][0] == "allowed"


def test_unfilled_row_does_not_make_a_double_up_of_one_visit(http, caregiver, lopez):
    soon = (now() + HOUR).replace(second=0, microsecond=0)
    visit, day = visit_at(lopez, soon), local_date(soon, ZONE)
    found = verdicts_of(http, visit, [0, caregiver.pk], f"?board=day-{day}-0-24&by=caregiver")
    assert {tuple(verdict) for verdict in found.values()} == {("allowed", "")}


def test_verdicts_leave_out_people_of_other_branches(http, other_branch, lopez):
    assert verdicts_of(http, visit_at(lopez), [MemberFactory(branch=other_branch).pk]) == {}


def test_verdicts_need_the_same_queries_for_1_and_30_rows(http, branch, lopez):
    visit, rows, counts = visit_at(lopez), [], []
    verdicts_of(http, visit, [0])
    for more in (1, 29):
        rows += [MemberFactory(branch=branch, always_available=True).pk for _number in range(more)]
        with CaptureQueriesContext(connection) as seen:
            verdicts_of(http, visit, rows)
        counts.append(len(seen))
    assert counts[0] == counts[1]


# --- Taking back


def undo(http, key=""):
    return http.post(reverse("scheduling:board-undo") + ON_WEEK, {"move": key}, **HTMX)


def test_moves_are_taken_back_one_after_the_other(http, caregiver, other_caregiver, lopez):
    visit = visit_at(lopez, caregiver=caregiver)
    place(http, visit, day="2026-12-08")
    visit.refresh_from_db()
    answer = place(http, visit, day="2026-12-09", caregiver=other_caregiver.pk)
    assert '"event": "board:undo"' in answer["HX-Trigger"]
    for starts_at, holder in ((NINE + DAY, caregiver), (NINE, caregiver)):
        assert undo(http).status_code == 200
        visit.refresh_from_db()
        assert (visit.starts_at, visit.caregiver) == (starts_at, holder)
    assert undo(http).status_code == 409


def test_undo_does_not_overwrite_what_is_newer(http, manager, caregiver, other_caregiver, lopez):
    visit = visit_at(lopez, caregiver=caregiver)
    place(http, visit, day="2026-12-08")
    assign_visit(visit, other_caregiver, by=manager)
    assert undo(http).status_code == 409
    visit.refresh_from_db()
    assert (visit.starts_at, visit.caregiver) == (NINE + DAY, other_caregiver)


def test_undo_of_a_double_up_takes_both_back(http, pair):
    url = reverse("scheduling:visit-place", args=[pair[0].pk]) + ON_DAY
    sent = {"day": "2026-12-07", "minute": 600, "length": 60, "caregiver": pair[0].caregiver_id, "version": 1}
    http.post(url, sent | {"together": "on"}, **HTMX)
    assert undo(http).status_code == 200
    assert {row.starts_at for row in Visit.objects.all()} == {NINE}


# --- What others changed


def changes(http, since, rows, on=ON_WEEK):
    return http.get(f"{reverse('scheduling:board-changes')}{on}&since={since}&rows={','.join(map(str, rows))}")


def wait_for_running_transactions():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        ahead = cursor.fetchone()[0]
    ends = time.monotonic() + 20
    while Cursor.now().transaction < ahead and time.monotonic() < ends:
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
def test_open_board_is_told_what_others_changed_and_nothing_else(http, manager, caregiver, other_caregiver, lopez):
    visit = visit_at(lopez, caregiver=caregiver)
    since = Cursor.now()
    quiet = changes(http, since, [0, caregiver.pk, other_caregiver.pk])
    assert (quiet.status_code, quiet.content) == (204, b"")
    assign_visit(visit, other_caregiver, by=manager)
    told = changes(http, quiet["X-Board-Cursor"], [0, caregiver.pk, other_caregiver.pk])
    assert told.status_code == 200
    html = told.content.decode()
    assert f'id="v-{visit.pk}"' in html[html.index(f'id="c-{other_caregiver.pk}-2026-12-07"') :]
    assert f'id="c-{caregiver.pk}-2026-12-07"' in html
    assert 'id="c-0-2026-12-07"' not in html
    assert f"{manager} gave Lopez R., Mon 7 Dec, 09:00\\u201310:00, to Ben" in told["HX-Trigger"]
    # Transactions of other databases of the server hold the cursor back too; what they delay is told twice.
    wait_for_running_transactions()
    assert changes(http, Cursor.now(), [caregiver.pk, other_caregiver.pk]).status_code == 204
    assert changes(http, quiet["X-Board-Cursor"], [MemberFactory(branch=caregiver.branch).pk]).status_code == 204


@pytest.mark.django_db(transaction=True)
def test_change_that_commits_after_the_board_was_read_is_not_lost(http, manager, caregiver, lopez):
    """It took its place in the trail before the board asked and became visible after."""
    Agency.current()
    visit = visit_at(lopez, caregiver=caregiver)
    written, go = Event(), Event()

    def slowly():
        with transaction.atomic():
            move_visit(visit, starts_at=NINE + HOUR, by=manager)
            written.set()
            go.wait(10)
        connection.close()

    worker = Thread(target=slowly)
    worker.start()
    written.wait(10)
    since = changes(http, Cursor.now(), [caregiver.pk])
    assert since.status_code == 204
    go.set()
    worker.join()
    assert changes(http, since["X-Board-Cursor"], [caregiver.pk]).status_code == 200


def test_visit_that_becomes_late_or_is_clocked_changes_its_row(http, caregiver, other_caregiver, lopez):
    late = visit_at(lopez, now() - dt.timedelta(minutes=Agency.current().grace_minutes + 1), caregiver=caregiver)
    begun = visit_at(lopez, now() + HOUR, caregiver=other_caregiver)
    on = f"?board={monday_of(local_date(now(), ZONE))}&by=caregiver"
    before = Cursor(2**40, now() - dt.timedelta(minutes=2))
    answer = changes(http, before, [caregiver.pk, other_caregiver.pk], on).content.decode()
    assert (f'id="v-{late.pk}"' in answer, f'id="v-{begun.pk}"' in answer) == (True, False)
    clock_in(begun, at=now(), by=other_caregiver.user, member=other_caregiver)
    answer = changes(http, before, [caregiver.pk, other_caregiver.pk], on).content.decode()
    assert f'id="v-{begun.pk}"' in answer


def test_own_changes_are_not_announced(http, coordinator, caregiver, lopez):
    since = Cursor.now()
    visit = visit_at(lopez, caregiver=caregiver)
    move_visit(visit, starts_at=NINE + HOUR, by=coordinator)
    assert '"said": []' in changes(http, since, [caregiver.pk])["HX-Trigger"]


def test_changes_of_another_branch_stay_there(as_user, other_coordinator, manager, caregiver, lopez):
    since = Cursor.now()
    move_visit(visit_at(lopez, caregiver=caregiver), starts_at=NINE + HOUR, by=manager)
    answer = changes(as_user(other_coordinator), since, [caregiver.pk])
    assert "Lopez" not in answer.content.decode() + answer["HX-Trigger"]
