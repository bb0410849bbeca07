"""Appointments with outside providers: when they are, what they are in the way of, who sees them."""

import datetime as dt

import pytest
import time_machine
from django.test import Client as HttpClient
from django.urls import reverse

from homecare.errors import Conflict, DomainError
from scheduling.appointments import coming, days_of
from scheduling.models import Appointment, Schedule
from scheduling.pattern import Pattern
from scheduling.placement import OverrideNeeded
from scheduling.services.appointment import cancel_appointment, save_appointment, skip_day
from scheduling.services.feed import create_client_feed
from scheduling.services.visit import create_visit
from tests.factories import ClientFactory, ContactFactory, ServiceTypeFactory, VisitFactory
from tests.scheduling.placing import DAY, HOUR, NINE, against

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 12, 7)


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel(dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def client_of(branch):
    return ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez")


def enter(client, by, **fields):
    values = {
        "kind": "dialysis",
        "provider": "Kidney Center",
        "starts_on": MONDAY,
        "start_time": dt.time(9, 30),
        "duration_minutes": 60,
        "escort": "family",
    }
    return save_appointment(Appointment(client=client), values | fields, by=by)


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        ({}, [7]),
        ({"weekdays": [0, 2]}, [7, 9, 14, 16, 21, 23]),
        ({"weekdays": [0], "every_weeks": 2}, [7, 21]),
        ({"weekdays": [4], "ends_on": dt.date(2026, 12, 18)}, [11, 18]),
    ],
)
def test_days(client_of, coordinator, fields, days):
    row = enter(client_of, coordinator, **fields)
    found = days_of(row, dt.date(2026, 12, 1), dt.date(2026, 12, 24))
    assert [day.day for day in found] == days


def test_time_stays_the_walls_over_the_clock_change(client_of, coordinator):
    row = enter(client_of, coordinator, weekdays=[6], starts_on=dt.date(2027, 3, 7))
    with time_machine.travel(dt.datetime(2027, 3, 6, 12, tzinfo=dt.UTC)):
        found = coming(Appointment.objects.filter(pk=row.pk), dt.datetime(2027, 3, 6, 12, tzinfo=dt.UTC), days=10)
    assert [one.starts_at.hour for one in found] == [14, 13]


@pytest.mark.parametrize(("offset", "warns"), [(-30, False), (-29, True), (0, True), (89, True), (90, False)])
def test_rule_warns_when_the_visit_touches_it(client_of, caregiver, coordinator, offset, warns):
    enter(client_of, coordinator)
    found = against(client_of, caregiver, NINE + dt.timedelta(minutes=offset))
    assert ("appointment" in found) is warns
    if warns:
        sentence = "Rosa Lopez has an appointment then: dialysis, Mon 7 Dec, 09:30–10:30."
        assert (found["appointment"].sentence, found["appointment"].severity) == (sentence, "warn")


def test_rule_passes_without_an_appointment_in_the_way(client_of, caregiver, coordinator):
    row = enter(client_of, coordinator, weekdays=[0])
    assert "appointment" in against(client_of, None), "an open visit is in the way too"
    assert "appointment" not in against(client_of, caregiver, NINE + DAY)
    skip_day(row, MONDAY, by=coordinator)
    assert "appointment" not in against(client_of, caregiver)
    assert "appointment" in against(client_of, caregiver, NINE + 7 * DAY)
    cancel_appointment(row, by=coordinator)
    assert "appointment" not in against(client_of, caregiver, NINE + 7 * DAY)
    enter(client_of, coordinator, escort="caregiver")
    assert "appointment" not in against(client_of, caregiver)


def test_the_escorts_visit_is_not_in_the_way(client_of, caregiver, coordinator):
    visit = VisitFactory(client=client_of, caregiver=caregiver, starts_at=NINE)
    enter(client_of, coordinator, visit=visit)
    assert "appointment" not in against(client_of, caregiver, visit=visit)
    assert "appointment" in against(client_of, caregiver)


def test_planning_over_it_needs_a_reason(client_of, coordinator):
    enter(client_of, coordinator)
    how = {"service_type": ServiceTypeFactory(), "starts_at": NINE, "ends_at": NINE + HOUR, "by": coordinator}
    with pytest.raises(OverrideNeeded, match="dialysis"):
        create_visit(client_of, **how)
    visit = create_visit(client_of, **how, override_reason="She is back earlier")
    assert visit.overrides.get().rule == "appointment"


def test_preview_of_a_series_shows_it(client_of, coordinator, as_user):
    from scheduling.services.materialise import plan_visits

    enter(client_of, coordinator, weekdays=[0])
    service = ServiceTypeFactory()
    schedule = Schedule(
        client=client_of,
        service_type=service,
        rule="FREQ=WEEKLY;BYDAY=MO,TU",
        starts_on=MONDAY,
        start_time=dt.time(9),
        duration_minutes=60,
    )
    (made,) = plan_visits([(schedule, Pattern.of(schedule, []), MONDAY)], {})
    warned = [row.visit.occurrence_on.weekday() for row in made.planned if row.warnings]
    assert set(warned) == {0}
    assert len(warned) == sum(row.visit.occurrence_on.weekday() == 0 for row in made.planned)


def test_what_makes_no_sense_is_refused(client_of, branch, coordinator):
    other = VisitFactory(client__branch=branch)
    for fields, field in (
        ({"visit": other}, "visit"),
        ({"weekdays": [0], "visit": VisitFactory(client=client_of)}, "visit"),
        ({"weekdays": [4], "ends_on": dt.date(2026, 12, 8)}, "weekdays"),
        ({"weekdays": [0], "ends_on": dt.date(2026, 12, 1)}, "ends_on"),
    ):
        with pytest.raises(DomainError) as caught:
            enter(client_of, coordinator, **fields)
        assert caught.value.field == field
    row = cancel_appointment(enter(client_of, coordinator), by=coordinator)
    with pytest.raises(Conflict):
        save_appointment(row, {"place": "x"}, by=coordinator)
    with pytest.raises(DomainError):
        skip_day(enter(client_of, coordinator), dt.date(2026, 12, 8), by=coordinator)


def test_office_enters_it_sees_the_clash_and_calls_it_off(client_of, coordinator, as_user):
    VisitFactory(client=client_of, starts_at=NINE)
    http = as_user(coordinator)
    typed = {
        "kind": "doctor",
        "provider": "Dr. Hahn",
        "starts_on": "2026-12-07",
        "start_time": "09:15",
        "duration_minutes": "60",
        "weekdays": ["0"],
        "every_weeks": "1",
        "escort": "family",
    }
    page = http.post(reverse("scheduling:appointment-create", args=[client_of.pk]), typed, follow=True)
    text = page.content.decode()
    assert "Dr. Hahn" in text
    assert "1 visit lies at the same time." in text
    assert "A visit lies at the same time" in text
    row = Appointment.objects.get()
    refused = http.post(reverse("scheduling:appointment-update", args=[row.pk]), typed | {"provider": ""})
    assert "provider" in refused.context["form"].errors
    http.post(reverse("scheduling:appointment-cancel", args=[row.pk]), {"on": "2026-12-07"})
    row.refresh_from_db()
    assert (row.skipped, row.cancelled_at) == ([MONDAY], None)
    http.post(reverse("scheduling:appointment-cancel", args=[row.pk]))
    row.refresh_from_db()
    assert row.cancelled_at is not None


def test_family_reads_it_and_the_feed_says_nothing_of_health(client_of, coordinator, relative, as_user):
    ContactFactory(client=client_of, user=relative, has_portal=True)
    enter(client_of, coordinator)
    assert "Kidney Center" in as_user(relative).get(reverse("reports:portal")).content.decode()
    _feed, secret = create_client_feed(client_of, label="x", by=coordinator)
    body = HttpClient().get(reverse("scheduling:calendar-feed", args=[secret])).content
    assert b"SUMMARY:Appointment" in body
    assert b"Kidney" not in body
    assert b"ialysis" not in body


def test_caregiver_reads_it_on_the_day(client_of, caregiver, coordinator, as_user):
    enter(client_of, coordinator, start_time=dt.time(14))
    visit = VisitFactory(client=client_of, caregiver=caregiver, starts_at=NINE)
    with time_machine.travel(NINE):
        text = as_user(caregiver.user).get(reverse("scheduling:phone-visit", args=[visit.pk])).content.decode()
    assert "Appointments today" in text
    assert "Kidney Center" in text


def test_api(client_of, branch, coordinator, other_coordinator, as_user):
    http = as_user(coordinator)
    asked = {
        "client": client_of.pk,
        "kind": "doctor",
        "provider": "Dr. Hahn",
        "starts_on": "2026-12-07",
        "start_time": "09:15",
        "weekdays": [0],
    }
    made = http.post(reverse("api:appointment-list"), asked, "application/json")
    assert (made.status_code, made.json()["duration_minutes"]) == (201, 60)
    url = reverse("api:appointment-detail", args=[made.json()["id"]])
    assert http.patch(url, {"place": "2nd floor"}, "application/json").json()["place"] == "2nd floor"
    skip = reverse("api:appointment-skip", args=[made.json()["id"]])
    assert http.post(skip, {"on": "2026-12-14"}, "application/json").json()["skipped"] == ["2026-12-14"]
    assert http.post(reverse("api:appointment-cancel", args=[made.json()["id"]])).json()["cancelled_at"]
    assert as_user(other_coordinator).get(url).status_code == 404
    assert (
        as_user(other_coordinator).post(reverse("api:appointment-list"), asked, "application/json").status_code == 422
    )
