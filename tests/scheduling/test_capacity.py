"""Capacity: the numbers of the week, counted a second way, narrowed, opened, exported."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from homecare.accounts.models import Agency
from scheduling.capacity import Cell, Week, hours_between
from scheduling.models import Waiting
from scheduling.services.waiting import save_waiting
from staff.models import Availability
from tests.factories import (
    PAST,
    AddressFactory,
    ClientFactory,
    MemberFactory,
    RoleFactory,
    ServiceTypeFactory,
    TimeOffFactory,
    VisitFactory,
)

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 12, 7)
NINE = dt.datetime(2026, 12, 7, 14, tzinfo=dt.UTC)  # Monday 09:00 in Boston
HOUR = dt.timedelta(hours=1)
HERE, TEN_KILOMETRES_NORTH = (42.36, -71.06), (42.45, -71.06)  # 20 minutes at 30 km/h


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel(dt.datetime(2026, 11, 28, 15, tzinfo=dt.UTC), tick=False):
        yield


def works(branch, *days, starts=8, ends=16, **fields):
    member = MemberFactory(branch=branch, **fields)
    for day in days:
        Availability.objects.create(member=member, weekday=day, starts=dt.time(starts), ends=dt.time(ends), since=PAST)
    return member


def visit_at(branch, starts_at=NINE, hours=1.0, town="Boston", place=(42.36, -71.06), **fields):
    client = ClientFactory(branch=branch)
    AddressFactory(client=client, city=town, latitude=place[0], longitude=place[1])
    return VisitFactory(client=client, starts_at=starts_at, ends_at=starts_at + hours * HOUR, **fields)


def cell(week, day, hour):
    return week.cells[day * 24 + hour]


@pytest.mark.parametrize(
    ("free", "needed", "level"), [(0, 0, "quiet"), (5, 0, "quiet"), (1, 2, "short"), (2, 2, "tight"), (4, 2, "enough")]
)
def test_levels(free, needed, level):
    assert Cell(0, free, needed, 0).level == level


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        ("07T09:00", "07T10:00", [9]),
        ("07T09:30", "07T10:15", [9, 10]),
        ("07T22:00", "08T01:00", [22, 23, 24]),
        ("06T22:00", "07T02:00", [0, 1]),
        ("13T23:00", "14T03:00", [167]),
    ],
)
def test_hours_between(first, last, hours):
    starts, ends = (dt.datetime.fromisoformat(f"2026-12-{one}") for one in (first, last))
    assert list(hours_between(starts, ends, MONDAY)) == hours


def test_free_is_available_without_visit_or_time_off(branch, coordinator):
    works(branch, 0)
    busy = works(branch, 0)
    visit_at(branch, caregiver=busy, hours=1.5)
    away = works(branch, 0)
    TimeOffFactory(member=away, starts_at=NINE, ends_at=NINE + 2 * HOUR, status="approved")
    asked_only = works(branch, 0)
    TimeOffFactory(member=asked_only, starts_at=NINE, ends_at=NINE + 2 * HOUR, status="requested")
    works(branch, 0, status="left")
    week = Week(coordinator, branch, MONDAY)
    assert [cell(week, 0, hour).free for hour in (7, 8, 9, 10, 11, 15, 16)] == [0, 4, 2, 2, 4, 4, 0]
    assert {row.pk for row in week.free_in(9)} == {row.pk for row in week.members} - {busy.pk, away.pk}
    assert cell(week, 1, 9).free == 0


def free_hours(week, member, day):
    mask = week.free[member.pk] >> 24 * day
    return [hour for hour in range(24) if mask >> hour & 1]


def all_day(*less):
    return [hour for hour in range(8, 16) if hour not in less]


def test_free_leaves_time_for_the_way(branch, coordinator):
    """The table of docs/capacity.md, line by line."""
    member, idle = works(branch, 0, 1), works(branch, 0, 1)
    visit_at(branch, caregiver=member, place=HERE)
    visit_at(branch, starts_at=NINE + 3 * HOUR, caregiver=member, place=TEN_KILOMETRES_NORTH)
    week = Week(coordinator, branch, MONDAY)
    assert free_hours(week, idle, 0) == all_day()
    assert (free_hours(week, member, 0), free_hours(week, member, 1)) == (all_day(9, 11, 12), all_day())
    Agency.objects.update(rule_severities={"travel_time": "off"})
    assert free_hours(Week(coordinator, branch, MONDAY), member, 0) == all_day(9, 12)


def test_a_call_needs_no_way(branch, coordinator):
    member = works(branch, 0)
    call = ServiceTypeFactory(code="TEL", name="Call", mode="telephone")
    visit_at(branch, caregiver=member, place=HERE)
    visit_at(branch, starts_at=NINE + 3 * HOUR, caregiver=member, place=TEN_KILOMETRES_NORTH, service_type=call)
    assert free_hours(Week(coordinator, branch, MONDAY), member, 0) == all_day(9, 12)


def test_free_leaves_the_rest_between_days(branch, coordinator):
    late, early = works(branch, 0, 1), works(branch, 0, 6, starts=0, ends=0)
    visit_at(branch, starts_at=NINE + 14 * HOUR, hours=4, caregiver=late)  # Monday 23:00 to Tuesday 03:00
    visit_at(branch, starts_at=NINE + 165 * HOUR, hours=1, caregiver=early)  # Monday 06:00 of the week after
    week = Week(coordinator, branch, MONDAY)
    assert (free_hours(week, late, 0), free_hours(week, late, 1)) == (all_day(), all_day(8, 9, 10))
    assert free_hours(week, early, 6) == list(range(22))
    assert week.planned[early.pk] == 0, "another week's visit"
    Agency.objects.update(rule_severities={"rest": "off"})
    assert free_hours(Week(coordinator, branch, MONDAY), late, 1) == all_day()


def test_rest_does_not_part_the_visits_of_one_day(branch, coordinator):
    member = works(branch, 0, starts=6, ends=22)
    visit_at(branch, caregiver=member)
    assert 20 in free_hours(Week(coordinator, branch, MONDAY), member, 0)
    assert 7 in free_hours(Week(coordinator, branch, MONDAY), member, 0)


def test_free_ends_with_the_hours_wanted_and_the_limit(branch, coordinator):
    has_enough = works(branch, 0, weekly_minutes_wanted=120)
    at_limit = works(branch, 0, weekly_minutes_wanted=900, weekly_minutes_limit=120)
    wants_more = works(branch, 0, weekly_minutes_wanted=180)
    for member in (has_enough, at_limit, wants_more):
        visit_at(branch, caregiver=member, hours=1.5)
    week = Week(coordinator, branch, MONDAY)
    assert [week.left[row.pk] for row in (has_enough, at_limit, wants_more)] == [30, 30, 90]
    assert week.free_in(12) == [wants_more]
    assert (week.total.left, week.total.could) == (150, 90)


def test_could_be_taken_is_at_most_the_free_hours(branch, coordinator):
    works(branch, 0, starts=8, ends=10, weekly_minutes_wanted=1200)
    visit_at(branch, hours=4)
    total = Week(coordinator, branch, MONDAY).total
    assert (total.left, total.could, total.short) == (1200, 120, 120)


def test_hours_that_have_begun_count_for_nothing(branch, coordinator):
    """It is Saturday 10:00."""
    works(branch, 4, 5, weekly_minutes_wanted=1200)
    visit_at(branch, starts_at=NINE - 10 * 24 * HOUR)  # Friday
    visit_at(branch, starts_at=NINE - 9 * 24 * HOUR + 4 * HOUR)  # Saturday 13:00
    values = {"service_type": ServiceTypeFactory(), "weekly_minutes": 120, "weekdays": [0, 5], "since": MONDAY}
    values["start_time"] = dt.time(14)
    save_waiting(Waiting(client=ClientFactory(branch=branch)), values, by=coordinator)
    week = Week(coordinator, branch, MONDAY - dt.timedelta(days=14))
    assert week.passed == 5 * 24 + 11
    needed = {(one.hour - 5 * 24, one.unfilled, one.waiting) for one in week.cells if one.needed}
    assert needed == {(13, 1, 0), (14, 0, 1)}
    assert [one.hour - 5 * 24 for one in week.cells if one.free] == [11, 12, 13, 14, 15]
    assert (week.total.unfilled, week.total.waiting, week.total.could) == (60, 60, 300)


def test_needed_counts_open_visits_and_the_waiting_list(branch, coordinator):
    visit_at(branch, hours=2)
    visit_at(branch, status="cancelled")
    visit_at(branch, starts_at=NINE + 7 * 24 * HOUR)
    values = {"service_type": ServiceTypeFactory(), "weekly_minutes": 120, "weekdays": [0, 3], "since": MONDAY}
    values["start_time"] = dt.time(10)
    save_waiting(Waiting(client=ClientFactory(branch=branch)), values, by=coordinator)
    week = Week(coordinator, branch, MONDAY)
    found = {(one.hour, one.unfilled, one.waiting) for one in week.cells if one.needed}
    assert found == {(9, 1, 0), (10, 1, 1), (3 * 24 + 10, 0, 1)}


def test_sums(branch, coordinator):
    one = works(branch, 0, city="Boston", weekly_minutes_wanted=600)
    works(branch, 0, city="Quincy", weekly_minutes_wanted=300)
    visit_at(branch, caregiver=one, hours=2)
    visit_at(branch, starts_at=NINE + 4 * HOUR, hours=3, town="Quincy")
    visit_at(branch, starts_at=NINE + 4 * HOUR, hours=4, town="Quincy")
    week = Week(coordinator, branch, MONDAY)
    total = week.total
    assert (total.members, total.wanted, total.planned, total.left, total.unfilled) == (2, 900, 120, 780, 420)
    assert [(row.name, row.left, row.unfilled, row.short) for row in week.areas] == [
        ("Quincy", 300, 420, 120),
        ("Boston", 480, 0, 0),
    ]


def test_narrowed_to_a_town_and_a_role(branch, coordinator):
    nurse = RoleFactory(code="RN", name="Registered nurse", scope=["skilled_nursing"])
    works(branch, 0, city="Quincy")
    works(branch, 0, city="Boston", role=nurse)
    visit_at(branch, town="Quincy")
    visit_at(
        branch,
        town="Boston",
        service_type=ServiceTypeFactory(code="SN", name="Nursing", categories=["skilled_nursing"]),
    )
    quincy = cell(Week(coordinator, branch, MONDAY, area="Quincy"), 0, 9)
    assert (quincy.free, quincy.unfilled) == (1, 1)
    of_nurses = Week(coordinator, branch, MONDAY, role=nurse)
    assert (cell(of_nurses, 0, 9).free, [one.row.service_type.code for one in of_nurses.unfilled]) == (1, ["SN"])
    everything = Week(coordinator, branch, MONDAY)
    assert {row.name: row.unfilled for row in everything.roles} == {
        "Registered nurse": 60,
        "Personal support worker": 60,
    }


def test_the_week_of_the_clock_change_keeps_the_wall(branch, coordinator):
    works(branch, 6)
    sunday_nine = dt.datetime(2027, 3, 14, 13, tzinfo=dt.UTC)
    visit_at(branch, starts_at=sunday_nine)
    week = Week(coordinator, branch, dt.date(2027, 3, 8))
    assert (cell(week, 6, 9).unfilled, cell(week, 6, 9).free) == (1, 1)


def test_page_cells_and_rows_agree(branch, coordinator, as_user):
    member = works(branch, 0)
    visit = visit_at(branch)
    http = as_user(coordinator)
    page = http.get(reverse("scheduling:capacity"), {"week": "2026-12-09"})
    (row,) = [row for row in page.context["rows"] if row["label"] == "09–12"]
    shown = row["cells"][0]
    assert (shown["cell"].unfilled, shown["cell"].free, str(shown["words"])) == (1, 1, "tight")
    behind = http.get(f"{reverse('scheduling:capacity-hour')}?{shown['query']}")
    assert [one.row for one in behind.context["visits"]] == [visit]
    assert [one for one, _left in behind.context["free"]] == [member]
    assert http.get(reverse("scheduling:capacity-hour"), {"hour": "168"}).status_code == 404
    hourly = http.get(reverse("scheduling:capacity"), {"week": "2026-12-07", "by": "hour"})
    assert len(hourly.context["rows"]) == 24


def test_csv_has_every_hour(branch, coordinator, as_user):
    works(branch, 0)
    visit_at(branch)
    answer = as_user(coordinator).get(reverse("scheduling:capacity"), {"week": "2026-12-07", "export": "csv"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 169
    assert lines[10] == "Monday,09:00,1,1,0"


def test_another_branch_stays_out(branch, other_branch, other_coordinator, as_user):
    visit_at(branch)
    page = as_user(other_coordinator).get(reverse("scheduling:capacity"), {"week": "2026-12-07"})
    assert page.context["week"].branch == other_branch
    assert page.context["week"].total.unfilled == 0


@pytest.mark.parametrize("name", ["capacity", "capacity-hour"])
def test_pages_cost_the_same_for_1_and_30(name, branch, coordinator, as_user):
    http = as_user(coordinator)
    url = f"{reverse(f'scheduling:{name}')}?week=2026-12-07&hour=9"

    def cost():
        with CaptureQueriesContext(connection) as found:
            assert http.get(url).status_code == 200
        return len(found)

    def grow(count):
        for _ in range(count):
            visit_at(branch, caregiver=works(branch, 0))
            visit_at(branch)
            client = ClientFactory(branch=branch)
            values = {"service_type": ServiceTypeFactory(), "weekly_minutes": 120, "weekdays": [0], "since": MONDAY}
            save_waiting(Waiting(client=client), values, by=coordinator)

    grow(1)
    cost()
    first = cost()
    grow(29)
    assert cost() == first
