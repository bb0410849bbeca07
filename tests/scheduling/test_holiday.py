"""Holiday planning: who is visited, who is away, who worked the last ones, and answers for many at once."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from homecare.accounts.models import Holiday
from homecare.errors import DomainError
from scheduling.holidays import HolidayPlan
from scheduling.models import HolidayAnswer, TemporaryChange, Visit
from scheduling.pattern import Pattern
from scheduling.services.holiday import decide_holiday
from scheduling.services.schedule import create_schedules
from scheduling.services.temporary_change import withdraw_temporary_change
from tests.factories import (
    ClientFactory,
    MemberFactory,
    ScheduleFactory,
    ServiceTypeFactory,
    TimeOffFactory,
    VisitFactory,
    completed_visit,
)

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 12, 25)  # a Friday
NINE = dt.datetime(2026, 12, 25, 14, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel(dt.datetime(2026, 11, 28, 15, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def holiday(branch):
    return Holiday.objects.create(branch=branch, on=DAY, name="Christmas Day")


def planned(branch, coordinator, **fields):
    """A client with a pattern on Thursdays and Fridays."""
    client = ClientFactory(branch=branch)
    pattern = Pattern("FREQ=WEEKLY;BYDAY=TH,FR", dt.date(2026, 11, 30), dt.time(9), 60, **fields)
    create_schedules(client, service_type=ServiceTypeFactory(), patterns=[pattern], by=coordinator)
    return client


def live(client):
    return list(Visit.objects.live().filter(client=client, occurrence_on__range=(DAY - dt.timedelta(days=1), DAY)))


def test_plan_shows_visits_skips_and_time_off(holiday, branch, other_branch, coordinator, caregiver):
    comes = planned(branch, coordinator)
    skips = planned(branch, coordinator, skips_holidays=True)
    VisitFactory(client__branch=branch, starts_at=NINE + dt.timedelta(days=1))
    VisitFactory(client__branch=other_branch, starts_at=NINE)
    TimeOffFactory(member=caregiver, starts_at=NINE, ends_at=NINE + dt.timedelta(hours=2), status="requested")
    TimeOffFactory(member=MemberFactory(branch=branch), starts_at=NINE, status="declined")
    plan = HolidayPlan(holiday, coordinator)
    assert [visit.client for visit in plan.visits] == [comes]
    assert [row.client for row in plan.skipping] == [skips]
    assert set(plan.time_off) == {caregiver.pk}


def test_shares_count_days_worked_on_the_last_holidays(holiday, branch, coordinator, caregiver, other_caregiver):
    for day in (dt.date(2026, 7, 4), dt.date(2026, 11, 26), dt.date(2025, 1, 1)):
        Holiday.objects.create(branch=branch, on=day, name=str(day))
    fourth = dt.datetime(2026, 7, 4, 13, tzinfo=dt.UTC)
    completed_visit(caregiver, starts_at=fourth)
    completed_visit(caregiver, starts_at=fourth + dt.timedelta(hours=3))
    completed_visit(caregiver, starts_at=dt.datetime(2026, 11, 26, 15, tzinfo=dt.UTC))
    completed_visit(other_caregiver, starts_at=fourth + dt.timedelta(days=1))
    VisitFactory(caregiver=other_caregiver, starts_at=fourth, status="cancelled")
    VisitFactory(client__branch=branch, caregiver=other_caregiver, starts_at=NINE)
    plan = HolidayPlan(holiday, coordinator)
    assert len(plan.last_ones) == 2
    assert [(row.member, row.worked, row.visits) for row in plan.shares] == [
        (caregiver, 2, 0),
        (other_caregiver, 0, 1),
    ]


def test_no_visits_pauses_the_patterns_for_that_day_alone(holiday, branch, coordinator):
    client = planned(branch, coordinator)
    single = VisitFactory(client=client, starts_at=NINE + dt.timedelta(hours=5))
    result = decide_holiday(holiday, {client: "cancel"}, by=coordinator)
    assert (result.answered, result.cancelled, result.left) == (1, 2, [])
    assert [visit.occurrence_on for visit in live(client)] == [DAY - dt.timedelta(days=1)]
    change = TemporaryChange.objects.get()
    assert (change.from_on, change.until_on, change.is_paused, change.reason) == (DAY, DAY, True, "Christmas Day")
    single.refresh_from_db()
    assert (single.status, single.cancel_reason) == ("cancelled", "Christmas Day")
    again = decide_holiday(holiday, {client: "cancel"}, by=coordinator)
    assert (again.cancelled, TemporaryChange.objects.count(), HolidayAnswer.objects.count()) == (0, 1, 1)
    withdraw_temporary_change(change, by=coordinator)
    assert len(live(client)) == 2


def test_a_day_beyond_the_horizon_is_paused_too(branch, coordinator):
    client, far = planned(branch, coordinator), dt.date(2027, 7, 1)
    holiday = Holiday.objects.create(branch=branch, on=far, name="Far away")
    result = decide_holiday(holiday, {client: "cancel"}, by=coordinator)
    assert (result.answered, result.cancelled) == (1, 0)
    assert TemporaryChange.objects.get().from_on == far


def test_visits_that_take_place_stay(holiday, branch, coordinator):
    client = planned(branch, coordinator)
    result = decide_holiday(holiday, {client: "keep"}, by=coordinator)
    assert (result.answered, result.cancelled, len(live(client))) == (1, 0, 2)
    assert HolidayAnswer.objects.get().answer == "keep"


def test_one_client_refused_does_not_stop_the_others(holiday, branch, coordinator, monkeypatch):
    from scheduling.services import holiday as service

    first, second = planned(branch, coordinator), planned(branch, coordinator)
    plain = service.change_temporarily

    def refuse_first(schedule, *args, **kwargs):
        if schedule.client_id == first.pk:
            raise DomainError("Somebody was faster.")
        return plain(schedule, *args, **kwargs)

    monkeypatch.setattr(service, "change_temporarily", refuse_first)
    result = decide_holiday(holiday, {first: "cancel", second: "cancel"}, by=coordinator)
    assert (result.answered, result.cancelled, result.left) == (1, 1, [(first, "Somebody was faster.")])
    assert list(HolidayAnswer.objects.values_list("client", flat=True)) == [second.pk], "no answer without its deed"


def test_a_holiday_that_is_over_stays_as_it_was(holiday, branch, coordinator):
    client = ClientFactory(branch=branch)
    with time_machine.travel(dt.datetime(2026, 12, 27, 15, tzinfo=dt.UTC)), pytest.raises(DomainError):
        decide_holiday(holiday, {client: "keep"}, by=coordinator)


def test_pages_preview_then_keep(holiday, branch, coordinator, other_coordinator, as_user):
    keeps, drops = planned(branch, coordinator), planned(branch, coordinator)
    http = as_user(coordinator)
    assert list(http.get(reverse("scheduling:holiday-list")).context["object_list"]) == [holiday]
    url = reverse("scheduling:holiday-decide", args=[holiday.pk])
    stranger = ClientFactory(branch=branch)
    typed = {f"client-{keeps.pk}": "keep", f"client-{drops.pk}": "cancel", f"client-{stranger.pk}": ""}
    preview = http.post(f"{url}?preview", typed)
    assert [visit.client for visit in preview.context["visits"]] == [drops]
    assert HolidayAnswer.objects.count() == 0
    page = http.post(url, typed, follow=True)
    assert "2 answers are kept. 1 visit is cancelled." in page.content.decode()
    rows = {row.client: (len(row.visits), row.answer.answer) for row in page.context["plan"].clients}
    assert rows == {keeps: (1, "keep"), drops: (0, "cancel")}
    assert as_user(other_coordinator).post(url, typed).status_code == 404


def test_clients_of_another_branch_are_left_alone(holiday, branch, other_branch, manager, as_user):
    other = ClientFactory(branch=other_branch)
    url = reverse("scheduling:holiday-decide", args=[holiday.pk])
    as_user(manager).post(url, {f"client-{other.pk}": "cancel"})
    assert HolidayAnswer.objects.count() == 0


def test_page_costs_the_same_for_1_and_30(holiday, branch, coordinator, as_user):
    http, url = as_user(coordinator), reverse("scheduling:holiday-detail", args=[holiday.pk])

    def grow(count):
        for _ in range(count):
            member, client = MemberFactory(branch=branch), ClientFactory(branch=branch)
            VisitFactory(client=client, caregiver=member, starts_at=NINE)
            HolidayAnswer.objects.create(holiday=holiday, client=client, answer="keep", by=coordinator)
            TimeOffFactory(member=MemberFactory(branch=branch), starts_at=NINE)
            ScheduleFactory(client=client, skips_holidays=True, rule="FREQ=DAILY")

    def cost():
        with CaptureQueriesContext(connection) as found:
            assert http.get(url).status_code == 200
        return len(found)

    grow(1)
    cost()
    first = cost()
    grow(29)
    assert cost() == first


def test_api(holiday, branch, other_branch, coordinator, manager, as_user):
    client = planned(branch, coordinator)
    http = as_user(coordinator)
    url = reverse("api:holiday-decide", args=[holiday.pk])
    made = http.post(url, {"client": client.pk, "answer": "cancel"}, "application/json")
    assert [row["answer"] for row in made.json()["answers"]] == ["cancel"]
    assert [visit.occurrence_on for visit in live(client)] == [DAY - dt.timedelta(days=1)]
    other = ClientFactory(branch=other_branch)
    refused = as_user(manager).post(url, {"client": other.pk, "answer": "keep"}, "application/json")
    assert refused.status_code == 422


def test_answer_given_meanwhile_is_not_overwritten_by_an_older_page(holiday, branch, coordinator, manager):
    touched, left_alone = planned(branch, coordinator), planned(branch, coordinator)
    seen = {touched: "", left_alone: "keep"}
    decide_holiday(holiday, {left_alone: "keep"}, by=coordinator)
    decide_holiday(holiday, {touched: "cancel", left_alone: "cancel"}, by=manager)
    result = decide_holiday(holiday, {touched: "keep", left_alone: "keep"}, seen=seen, by=coordinator)
    assert (result.answered, result.cancelled) == (0, 0)
    assert [client for client, _why in result.left] == [touched]
    assert result.left[0][1].startswith(f"{manager} answered “No visits that day” meanwhile, at ")
    assert set(HolidayAnswer.objects.values_list("answer", flat=True)) == {"cancel"}


def test_page_sends_what_it_showed(holiday, branch, coordinator, manager, as_user):
    client = planned(branch, coordinator)
    html = as_user(coordinator).get(reverse("scheduling:holiday-detail", args=[holiday.pk])).content.decode()
    assert f'name="was-{client.pk}" value=""' in html
    decide_holiday(holiday, {client: "cancel"}, by=manager)
    sent = {f"client-{client.pk}": "keep", f"was-{client.pk}": ""}
    answer = as_user(coordinator).post(reverse("scheduling:holiday-decide", args=[holiday.pk]), sent, follow=True)
    assert f"{manager} answered" in answer.content.decode()
    assert HolidayAnswer.objects.get().answer == "cancel"
