"""Who is suggested for a visit, in which order and why."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import CaregiverPreference
from homecare.accounts.models import Agency
from scheduling.factors import usual_hours
from scheduling.matching import rank, suggest_for_visit
from scheduling.models import Offer, OfferAnswer
from scheduling.placement import Placement
from tests.factories import AddressFactory, ClientFactory, MemberFactory, VisitFactory

pytestmark = pytest.mark.django_db

NINE = dt.datetime(2026, 12, 7, 14, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def frozen_now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def visit(branch):
    client = ClientFactory(branch=branch, language="es")
    AddressFactory(client=client, latitude=42.36, longitude=-71.06)
    return VisitFactory(client=client, starts_at=NINE)


def member(branch, **fields):
    fields = {"latitude": 42.36, "longitude": -71.06} | fields
    return MemberFactory(branch=branch, always_available=True, **fields)


def test_suggestions_rank_by_what_speaks_for_a_caregiver(visit, branch):
    stranger = member(branch, last_name="D")
    speaker = member(branch, last_name="C", languages=["en", "es"])
    wished = member(branch, last_name="B", languages=["es"])
    CaregiverPreference.objects.create(client=visit.client, member=wished, kind="preferred")
    familiar = member(branch, last_name="A", languages=["es"])
    for day in range(1, 11):
        VisitFactory(client=visit.client, caregiver=familiar, starts_at=NOW - dt.timedelta(days=day))
    far = member(branch, last_name="E", latitude=42.36 + 0.5)
    rows = suggest_for_visit(visit)
    assert [row.member for row in rows] == [familiar, wished, speaker, stranger, far]
    assert [row.score for row in rows] == [80, 65, 45, 35, 15]
    assert "10 visits with this client before" in rows[0].why
    assert "the client's wish" in rows[1].why
    assert "speaks Spanish" in rows[2].why
    assert "0 min (0.0 km) from home, 0 h planned this week, wants 30 h" in rows[3].why


def test_suggestions_measure_from_the_visit_before(visit, branch):
    near = member(branch, latitude=43.0)
    neighbour = ClientFactory(branch=branch)
    AddressFactory(client=neighbour, latitude=42.361, longitude=-71.06)
    VisitFactory(client=neighbour, caregiver=near, starts_at=NINE - dt.timedelta(hours=2))
    (row,) = suggest_for_visit(visit)
    assert "1 min (0.1 km) from the visit before" in row.why


def test_suggestions_list_whom_a_rule_blocks_last_with_the_reason(visit, branch, other_branch):
    fits = member(branch)
    excluded = member(branch)
    CaregiverPreference.objects.create(client=visit.client, member=excluded, kind="excluded")
    unavailable = MemberFactory(branch=branch, latitude=42.36, longitude=-71.06)
    MemberFactory(branch=other_branch)
    MemberFactory(branch=branch, status="left")
    rows = suggest_for_visit(visit)
    assert [(row.member, row.is_eligible) for row in rows] == [(fits, True), (unavailable, True), (excluded, False)]
    assert rows[1].score == rows[0].score - 15
    assert "does not want" in rows[2].findings[0].sentence


def points_of(row):
    return {str(point.label): point.points for point in row.points if point.points}


def test_suggestions_say_how_their_points_add_up(visit, branch):
    known = member(branch, languages=["es"])
    for day in range(1, 6):
        VisitFactory(client=visit.client, caregiver=known, starts_at=NOW - dt.timedelta(days=day))
    (row,) = suggest_for_visit(visit)
    assert points_of(row) == {
        "Knows the client": 18,
        "Nearness": 15,
        "Little detour": 5,
        "Speaks the client's language": 10,
        "Wants more hours": 15,
    }
    assert sum(points_of(row).values()) == row.score == 63


def test_suggestions_say_what_would_make_somebody_eligible(visit, branch):
    excluded = member(branch, hired_on=dt.date(2026, 12, 8))
    CaregiverPreference.objects.create(client=visit.client, member=excluded, kind="excluded", reason="came late")
    (row,) = suggest_for_visit(visit)
    assert [(one.sentence, one.remedy) for one in row.hindrances] == [
        (
            f"{excluded.full_name} starts work on Tue 8 Dec 2026.",
            "Choose a day on which the caregiver is employed and at work.",
        ),
        (
            f"{visit.client.full_name} does not want {excluded.full_name}: came late.",
            "Speak with the client; the wish stands on the client's page.",
        ),
    ]


def test_weights_of_the_agency_change_the_order(visit, branch):
    near = member(branch, last_name="Near")
    speaker = member(branch, last_name="Speaker", languages=["es"], latitude=42.36 + 0.2)
    assert [row.member for row in suggest_for_visit(visit)] == [near, speaker]
    Agency.objects.update_or_create(pk=1, defaults={"matching_weights": {"nearness": 0, "detour": 0, "language": 30}})
    rows = suggest_for_visit(visit)
    assert [row.member for row in rows] == [speaker, near]
    assert rows[0].score == 45 and "from home" not in rows[0].why


def test_warnings_cost_what_the_agency_says(visit, branch):
    MemberFactory(branch=branch, latitude=42.36, longitude=-71.06)
    (row,) = suggest_for_visit(visit)
    assert (row.score, points_of(row)["1 warning"]) == (20, -15)
    Agency.objects.update_or_create(pk=1, defaults={"matching_weights": {"warning": 0}})
    assert suggest_for_visit(visit)[0].score == 35


def test_detour_is_what_the_way_between_two_visits_grows(visit, branch):
    passing = member(branch, latitude=43.0)
    for hours, latitude in ((-2, 42.30), (2, 42.42)):
        neighbour = ClientFactory(branch=branch)
        AddressFactory(client=neighbour, latitude=latitude, longitude=-71.06)
        VisitFactory(client=neighbour, caregiver=passing, starts_at=NINE + dt.timedelta(hours=hours))
    (row,) = suggest_for_visit(visit)
    assert points_of(row)["Little detour"] == 5 and "1 min detour" in row.why


def test_overtime_takes_points_away(visit, branch):
    Agency.objects.update_or_create(
        pk=1, defaults={"rule_severities": {"overtime": "warn"}, "matching_weights": {"warning": 0}}
    )
    busy = member(branch, weekly_minutes_limit=6000)
    for day in range(1, 6):
        starts_at = NINE + dt.timedelta(days=day)
        VisitFactory(
            client=visit.client, caregiver=busy, starts_at=starts_at, ends_at=starts_at + dt.timedelta(hours=8)
        )
    (row,) = suggest_for_visit(visit)
    assert points_of(row)["Overtime"] == -8 and "1 h of overtime" in row.why


def test_weekend_visits_go_to_those_who_had_fewer(branch):
    client = ClientFactory(branch=branch)
    saturday = NINE + dt.timedelta(days=5)
    often, seldom = member(branch, last_name="Often"), member(branch, last_name="Seldom")
    for week in (1, 2):
        VisitFactory(client=client, caregiver=often, starts_at=saturday - dt.timedelta(weeks=week))
    VisitFactory(client=client, caregiver=seldom, starts_at=NINE - dt.timedelta(days=4))  # a Thursday morning
    rows = {row.member: points_of(row) for row in suggest_for_visit(VisitFactory(client=client, starts_at=saturday))}
    label = "Evenings and weekends shared fairly"
    assert (rows[seldom].get(label), rows[often].get(label)) == (5, None)
    monday = suggest_for_visit(VisitFactory(client=client, starts_at=NINE))
    assert all(label not in points_of(row) for row in monday)


def test_declined_offers_take_points_away(visit, branch, coordinator):
    offer = Offer.objects.create(
        branch=branch, client=visit.client, created_by=coordinator, expires_at=NOW + dt.timedelta(days=1)
    )
    unwilling = member(branch)
    answer = OfferAnswer.objects.create(offer=offer, member=unwilling, status="declined", answered_at=NOW)
    (row,) = suggest_for_visit(visit)
    assert points_of(row)["Declined offers"] == -3 and "declined 1 offer lately" in row.why
    OfferAnswer.objects.filter(pk=answer.pk).update(answered_at=NOW - dt.timedelta(days=91))
    assert "Declined offers" not in points_of(suggest_for_visit(visit)[0])


def test_series_points_count_by_the_visits_somebody_can_take(visit, branch):
    someone = member(branch)
    days = [Placement.of(visit, key=n, starts_at=NINE + n * DAY, ends_at=NINE + n * DAY + HOUR) for n in range(4)]
    VisitFactory(client=ClientFactory(branch=branch), caregiver=someone, starts_at=NINE + DAY)
    (row,) = rank([placement.given_to(0) for placement in days], [someone])
    assert (row.possible, row.asked) == (3, 4)
    assert "free for 3 of 4 visits" in row.why
    assert row.score == sum(points_of(row).values())


def test_suggestions_need_the_same_queries_for_1_and_30_caregivers(visit, branch):
    Agency.current()
    counts = []
    for more in (1, 29):
        for _number in range(more):
            VisitFactory(client=ClientFactory(branch=branch), caregiver=member(branch), starts_at=NINE)
        with CaptureQueriesContext(connection) as seen:
            suggest_for_visit(visit)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 18


def test_usual_hours_follow_the_clock_change():
    """Friday and Monday around the night the clock falls back in New York; the weekend between has none."""
    since, until = dt.datetime(2026, 10, 30, 13, tzinfo=dt.UTC), dt.datetime(2026, 11, 2, 13, tzinfo=dt.UTC)
    assert [f"{edge:%d %H:%M}" for edge in usual_hours(since, until, "America/New_York")] == [
        "30 11:00",
        "30 22:00",
        "02 12:00",
        "02 23:00",
    ]
