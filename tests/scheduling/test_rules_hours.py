"""Rules about hours of work: boundaries, nights, and the weeks in which the clock changes."""

import datetime as dt

import pytest

from homecare.accounts.models import Agency
from scheduling.placement import Judge, Placement
from tests.factories import BranchFactory, ClientFactory, MemberFactory, ServiceTypeFactory
from tests.scheduling.placing import DAY, HOUR, NINE, against, works

pytestmark = pytest.mark.django_db

# Boston's clocks went back on Sun 1 Nov 2026 and go forward on Sun 14 Mar 2027.
FALL_SUNDAY = dt.datetime(2026, 11, 1, 4, tzinfo=dt.UTC)  # midnight
SPRING_SUNDAY = dt.datetime(2027, 3, 14, 5, tzinfo=dt.UTC)


@pytest.fixture
def client_of(branch):
    return ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez")


@pytest.fixture
def neighbour(branch):
    return ClientFactory(branch=branch, first_name="Ruth", last_name="Mensah")


@pytest.fixture
def member(branch):
    return MemberFactory(branch=branch, always_available=True, first_name="Ben", last_name="Silva")


@pytest.fixture
def live_in():
    return ServiceTypeFactory(code="LIVE", name="Live-in care", categories=["live_in"])


def set_numbers(**numbers):
    Agency.objects.update_or_create(pk=1, defaults={"rule_numbers": numbers})


@pytest.mark.parametrize(("minutes", "over"), [(60, False), (61, True)])
def test_daily_hours(client_of, neighbour, member, minutes, over):
    works(member, neighbour, NINE + 2 * HOUR, 11)
    found = against(client_of, member, NINE, NINE + dt.timedelta(minutes=minutes)).get("daily_hours")
    assert (found is not None) is over
    if over:
        assert found.sentence == "Ben Silva would work 12 h 1 min on Mon 7 Dec 2026; the limit is 12 h."
        assert not found.blocks


def test_daily_hours_of_the_record_come_before_the_agencys(client_of, branch):
    careful = MemberFactory(branch=branch, always_available=True, daily_minutes_limit=30)
    assert "the limit is 30 min" in against(client_of, careful)["daily_hours"].sentence
    set_numbers(daily_hours={"hours": 1})
    other = MemberFactory(branch=branch, always_available=True)
    assert "daily_hours" not in against(client_of, other)
    assert "daily_hours" in against(client_of, other, NINE, NINE + 2 * HOUR)


def test_daily_hours_split_a_night_at_midnight(client_of, neighbour, member):
    works(member, neighbour, NINE, 10)
    from_22 = NINE + 13 * HOUR
    assert "daily_hours" not in against(client_of, member, from_22, from_22 + 10 * HOUR)  # 12 h and 8 h
    assert "Mon 7 Dec" in against(client_of, member, from_22 - HOUR, from_22 + 3 * HOUR)["daily_hours"].sentence


@pytest.mark.parametrize(("midnight", "true_hours"), [(FALL_SUNDAY, 25), (SPRING_SUNDAY, 23)])
def test_daily_hours_count_what_the_clock_really_runs(client_of, neighbour, member, midnight, true_hours):
    """From midnight to midnight the day of the change has 25 or 23 hours, all of them work."""
    set_numbers(daily_hours={"hours": 24})
    works(member, neighbour, midnight, true_hours - 1)
    last = midnight + (true_hours - 1) * HOUR
    found = against(client_of, member, last, last + HOUR)
    assert ("daily_hours" in found) is (true_hours == 25)
    assert ("25 h" in found["daily_hours"].sentence) if true_hours == 25 else True


def test_daily_hours_leave_live_in_care_alone(client_of, member, live_in):
    assert "daily_hours" not in against(client_of, member, NINE, NINE + 24 * HOUR, service=live_in)
    works(member, client_of, NINE - 14 * HOUR, 14, service_type=live_in)
    assert "daily_hours" not in against(client_of, member, NINE, NINE + 12 * HOUR)


@pytest.mark.parametrize(("limit", "too_many"), [(None, False), (4, False), (3, True)])
def test_visits_per_day(client_of, neighbour, branch, limit, too_many):
    someone = MemberFactory(branch=branch, always_available=True, daily_visits_limit=limit)
    for number in (2, 4, 6):
        works(someone, neighbour, NINE + number * HOUR)
    works(someone, neighbour, NINE + DAY)
    found = against(client_of, someone).get("visits_per_day")
    assert (found is not None) is too_many
    if too_many:
        assert "would have 4 visits on Mon 7 Dec 2026; the limit is 3" in found.sentence


def test_visits_per_day_of_the_agency(client_of, neighbour, member):
    set_numbers(visits_per_day={"visits": 1})
    works(member, neighbour, NINE + 2 * HOUR)
    assert "visits_per_day" in against(client_of, member)


@pytest.mark.parametrize(("minutes", "said"), [(60, None), (61, "1 min of overtime"), (180, "2 h of overtime")])
def test_overtime_of_the_federal_week(client_of, neighbour, member, minutes, said):
    for day in range(1, 6):
        works(member, neighbour, NINE + day * DAY, 7.8)
    found = against(client_of, member, NINE, NINE + dt.timedelta(minutes=minutes)).get("overtime")
    assert (found is None) is (said is None)
    if said:
        assert found.sentence == f"This visit makes {said} for Ben Silva (federal law: over 40 h a week)."
        assert not found.blocks


def test_overtime_counts_only_what_this_visit_adds(client_of, neighbour, member):
    for day in range(1, 6):
        works(member, neighbour, NINE + day * DAY, 9)
    assert "makes 1 h of overtime" in against(client_of, member)["overtime"].sentence


def test_overtime_by_the_day_in_california():
    branch = BranchFactory(code="LAX", name="Los Angeles", state="CA", time_zone="America/Los_Angeles")
    client = ClientFactory(branch=branch)
    someone = MemberFactory(branch=branch, always_available=True, first_name="Ben", last_name="Silva")
    works(someone, client, NINE + 4 * HOUR, 7)
    start = NINE + 12 * HOUR
    assert "overtime" not in against(client, someone, start, start + HOUR)
    assert (
        "makes 2 h of overtime for Ben Silva (California"
        in against(client, someone, start, start + 3 * HOUR)["overtime"].sentence
    )
    assert (
        "6 h of overtime for Ben Silva, 2 h at double pay"
        in against(client, someone, NINE + 4 * HOUR - 7 * HOUR, NINE + 4 * HOUR)["overtime"].sentence
    )
    set_numbers(overtime={"attendants": 1})
    assert "makes 1 h of overtime" in against(client, someone, start, start + 3 * HOUR)["overtime"].sentence


def test_overtime_of_a_night_over_sunday_counts_in_both_weeks(client_of, neighbour, member):
    """Sunday 20:00 to Monday 04:00: four hours belong to the week that is full, four to the next."""
    for day in range(5):
        works(member, neighbour, NINE + day * DAY, 8)
    sunday = NINE + 6 * DAY + 11 * HOUR
    assert "makes 4 h of overtime" in against(client_of, member, sunday, sunday + 8 * HOUR)["overtime"].sentence


@pytest.mark.parametrize(("sunday_midnight", "made"), [(FALL_SUNDAY, 5), (SPRING_SUNDAY, 3)])
def test_overtime_of_the_week_in_which_the_clock_changes(client_of, neighbour, member, sunday_midnight, made):
    """Midnight to 04:00 by the wall is five hours in autumn and three in spring, and is paid so."""
    for day in range(2, 7):
        works(member, neighbour, sunday_midnight - day * DAY + 9 * HOUR, 8)
    found = against(client_of, member, sunday_midnight, sunday_midnight + made * HOUR)["overtime"]
    assert f"makes {made} h of overtime" in found.sentence


def test_overtime_leaves_out_agreed_sleep_in_a_shift_around_the_clock(client_of, member, live_in):
    works(member, client_of, NINE, 24, service_type=live_in)
    next_day = NINE + 2 * DAY
    assert (
        "makes 8 h of overtime"
        in against(client_of, member, next_day, next_day + 24 * HOUR, live_in)["overtime"].sentence
    )
    set_numbers(overtime={"sleep_hours": 8})
    assert "overtime" not in against(client_of, member, next_day, next_day + 24 * HOUR, live_in)


@pytest.mark.parametrize(("hours", "rests"), [(8, True), (7.99, False)])
@pytest.mark.parametrize("is_before", [True, False])
def test_rest_between_days(client_of, neighbour, member, hours, rests, is_before):
    gap = dt.timedelta(hours=hours)
    if is_before:
        works(member, neighbour, NINE - gap - 3 * HOUR, 3)
        starts_at, when = NINE, "Sun 6 Dec, 22:00–01:00"
    else:
        starts_at, when = NINE + 8 * HOUR, "Tue 8 Dec, 02:00–03:00"
        works(member, neighbour, starts_at + HOUR + gap)
    found = against(client_of, member, starts_at).get("rest")
    assert (found is None) is rests
    if not rests:
        assert "would rest 7 h 59 min between" in found.sentence
        assert "Mensah R., " + when[:3] in found.sentence
        assert not found.blocks


def test_rest_is_not_asked_between_visits_of_one_day(client_of, neighbour, member):
    works(member, neighbour, NINE - 2 * HOUR)
    assert "rest" not in against(client_of, member)


def test_rest_is_measured_in_true_hours_when_the_clock_changes(client_of, neighbour, member):
    """From 23:00 to 07:00 the wall shows eight hours; in the spring night seven have passed, in autumn nine."""
    works(member, neighbour, SPRING_SUNDAY - 2 * HOUR)
    assert "rest 7 h" in against(client_of, member, SPRING_SUNDAY + 6 * HOUR)["rest"].sentence
    works(member, neighbour, FALL_SUNDAY - 2 * HOUR)
    assert "rest" not in against(client_of, member, FALL_SUNDAY + 8 * HOUR)


def test_rest_of_the_agencys_own_length(client_of, neighbour, member):
    works(member, neighbour, NINE - 12 * HOUR)
    set_numbers(rest={"hours": 11})
    assert "rest" not in against(client_of, member)
    set_numbers(rest={"hours": 12})
    assert "the least is 12 h" in against(client_of, member)["rest"].sentence


def test_rest_after_a_live_in_shift_is_its_own(client_of, member, live_in):
    works(member, client_of, NINE - DAY, 24, service_type=live_in)
    assert "rest" not in against(client_of, member, NINE, NINE + 24 * HOUR, live_in)


@pytest.mark.parametrize(("days", "too_many"), [((-5, -1), False), ((-6, -1), True), ((-3, 2), False), ((-3, 3), True)])
def test_consecutive_days(client_of, neighbour, member, days, too_many):
    """Each with the visit itself on day 0: six days in a row pass, the seventh is spoken against."""
    for day in range(days[0], days[1] + 1):
        if day:
            works(member, neighbour, NINE + day * DAY)
    found = against(client_of, member).get("consecutive_days")
    assert (found is not None) is too_many
    if too_many:
        assert "would work 7 days in a row" in found.sentence and "the limit is 6" in found.sentence


def test_consecutive_days_begin_anew_after_a_free_day(client_of, neighbour, member):
    for day in (-7, -6, -5, -4, -3, -1):
        works(member, neighbour, NINE + day * DAY)
    assert "consecutive_days" not in against(client_of, member)


def test_consecutive_days_are_not_more_by_a_second_visit_of_a_day(client_of, neighbour, member):
    for day in range(-6, 1):
        works(member, neighbour, NINE + day * DAY + 2 * HOUR)
    assert "consecutive_days" not in against(client_of, member)


def test_consecutive_days_of_a_series_are_counted_as_they_are_taken(client_of, member):
    service = ServiceTypeFactory()
    placements = [
        Placement(n, client_of.branch_id, client_of.pk, service.pk, NINE + n * DAY, NINE + n * DAY + HOUR, member.pk)
        for n in range(9)
    ]
    judge, said = Judge(placements), []
    for placement in placements:
        said.append([finding.code for finding in judge.judge(placement)])
        judge.take(placement)
    assert said == [[]] * 6 + [["consecutive_days"]] * 3


@pytest.mark.parametrize(("days", "too_many"), [(6, False), (7, True)])
def test_live_in_days(client_of, member, live_in, days, too_many):
    for day in range(1, days + 1):
        works(member, client_of, NINE - day * DAY, 24, service_type=live_in)
    found = against(client_of, member, NINE, NINE + DAY, live_in)
    assert ("live_in" in found) is too_many
    assert "consecutive_days" not in found
    if too_many:
        assert "more than 7 days in a row" in found["live_in"].sentence


def test_live_in_days_do_not_count_other_visits(client_of, neighbour, member, live_in):
    for day in range(1, 9):
        works(member, neighbour, NINE - day * DAY)
    assert "live_in" not in against(client_of, member, NINE, NINE + DAY, live_in)
