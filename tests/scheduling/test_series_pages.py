"""Patterns on the page: several times a day, flexible, for a while, undone; double-ups named and moved together."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from homecare.accounts.models import Holiday
from scheduling.models import Schedule, SeriesChange, TemporaryChange, Visit, VisitNote
from scheduling.pattern import Assignment, Pattern
from scheduling.services.schedule import create_schedules
from tests.factories import (
    AuthorizationFactory,
    ClientFactory,
    CoverageFactory,
    PayerFactory,
    RateFactory,
    ServiceTypeFactory,
)

pytestmark = pytest.mark.django_db

TODAY = dt.datetime(2026, 11, 20, 15, tzinfo=dt.UTC)
MONDAY = dt.date(2026, 11, 23)
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def frozen_now():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def http(as_user, coordinator):
    return as_user(coordinator)


def plan(branch, by, *assignments, **fields):
    fields = {"rule": "FREQ=WEEKLY;BYDAY=MO,WE", "start_time": dt.time(8), "duration_minutes": 60} | fields
    pattern = Pattern(starts_on=MONDAY, assignments=assignments, **fields)
    made = create_schedules(ClientFactory(branch=branch), service_type=ServiceTypeFactory(), patterns=[pattern], by=by)
    return made[0].schedule


def form_data(**fields):
    data = {
        "service_type": ServiceTypeFactory().pk,
        "repeats": "weekly",
        "interval": 1,
        "weekdays": ["0", "2"],
        "start_time": "08:00",
        "duration_minutes": 60,
        "head_count": 1,
        "starts_on": "2026-11-23",
        "timing": "exact",
    }
    return data | fields


def formset(prefix, *rows):
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0}
    return data | {f"{prefix}-{at}-{name}": value for at, row in enumerate(rows) for name, value in row.items()}


def test_page_plans_several_times_of_a_day_together(http, branch, caregiver, other_caregiver):
    client = ClientFactory(branch=branch)
    url = reverse("scheduling:schedule-create", args=[client.pk])
    data = form_data() | formset("times", {"start_time": "18:00", "duration_minutes": 30, "weekdays": ["2"]})
    data |= formset("team", {"member": caregiver.pk, "time": "1"}, {"member": other_caregiver.pk, "time": "2"})
    seen = http.post(url + "?preview", data, **HTMX).content.decode()
    assert "Mon and Wed at 08:00" in seen
    assert "Wed at 18:00" in seen
    assert http.post(url, data).status_code == 302
    first, second = Schedule.objects.order_by("start_time")
    assert first.group == second.group is not None
    assert (second.rule, second.duration_minutes) == ("FREQ=WEEKLY;BYDAY=WE", 30)
    assert set(Visit.objects.values_list("schedule", "caregiver")) == {
        (first.pk, caregiver.pk),
        (second.pk, other_caregiver.pk),
    }
    assert "Wed at 18:00" in http.get(first.get_absolute_url()).content.decode()


def test_page_plans_a_flexible_window_and_says_it(http, branch):
    url = reverse("scheduling:schedule-create", args=[ClientFactory(branch=branch).pk])
    wrong = http.post(url, form_data(timing="window") | formset("team", {}))
    assert "Enter the earliest and the latest start." in wrong.content.decode()
    data = form_data(timing="window", window_start="07:00", window_end="09:00") | formset("team", {})
    assert http.post(url, data).status_code == 302
    schedule = Schedule.objects.get()
    assert schedule.sentence == "Mon and Wed at 08:00, between 07:00 and 09:00"
    visit = schedule.visits.order_by("starts_at")[0]
    assert (visit.window_starts_at.hour, visit.window_ends_at.hour) == (12, 14)
    assert "07:00–09:00" in http.get(visit.get_absolute_url()).content.decode()


def test_page_pauses_a_pattern_for_a_while_and_takes_it_back(http, branch, coordinator, caregiver):
    schedule = plan(branch, coordinator, Assignment(caregiver.pk))
    url = reverse("scheduling:schedule-temporary-change", args=[schedule.pk])
    assert http.get(url + "?day=2026-11-25").context["form"]["from_on"].value() == "2026-11-25"
    data = {"what": "pause", "from_on": "2026-11-25", "until_on": "2026-12-02", "slot": 1}
    seen = http.post(url + "?preview", data, **HTMX)
    assert "3 cancelled" in seen.content.decode()
    assert "Say why" not in seen.content.decode()
    data |= {"reason": "In hospital", "expected": seen.context["expected"]}
    assert http.post(url, data).status_code == 302
    assert schedule.visits.exclude(status="cancelled").count() == 21
    page = http.get(schedule.get_absolute_url()).content.decode()
    assert "In hospital" in page
    change = TemporaryChange.objects.get()
    assert http.post(reverse("scheduling:temporary-change-withdraw", args=[change.pk])).status_code == 302
    assert schedule.visits.exclude(status="cancelled").count() == 24


def test_page_offers_undo_on_the_notice_and_in_the_list_of_changes(http, branch, coordinator, caregiver):
    schedule = plan(branch, coordinator, Assignment(caregiver.pk))
    url = reverse("scheduling:schedule-update", args=[schedule.pk])
    data = form_data(scope="all", start_time="10:00") | formset("team", {"member": caregiver.pk})
    page = http.post(url, data, follow=True).content.decode()
    change = SeriesChange.objects.get(kind="edited")
    undo = reverse("scheduling:series-change-undo", args=[change.pk])
    assert page.count(f'action="{undo}"') == 2
    Visit.objects.filter(pk=schedule.visits.order_by("starts_at")[2].pk).update(version=9)
    after = http.post(undo, follow=True).content.decode()
    assert "The change is undone." in after
    assert "It was changed since." in after
    assert f'action="{undo}"' not in after
    schedule.refresh_from_db()
    assert schedule.start_time == dt.time(8)
    assert "undone already" in http.post(undo, follow=True).content.decode()


def test_preview_says_units_cost_and_who_is_told(http, branch, coordinator, caregiver):
    schedule = plan(branch, coordinator, Assignment(caregiver.pk))
    payer = PayerFactory(rounding="exact")
    CoverageFactory(client=schedule.client, payer=payer)
    RateFactory(payer=payer, service_type=schedule.service_type)
    AuthorizationFactory(
        client=schedule.client, payer=payer, service_type=schedule.service_type, number="PA7", total_units=100
    )
    url = reverse("scheduling:schedule-update", args=[schedule.pk])
    data = form_data(scope="all", duration_minutes=90) | formset("team", {"member": caregiver.pk})
    facts = http.post(url + "?preview", data, **HTMX).context["facts"]
    assert [(fact.label, fact.before, fact.after, fact.is_over) for row in facts for fact in row.facts] == [
        ("Authorization PA7, units of 100", "96", "144", True),
        ("Cost at the payer's rate", "$768.00", "$1,152.00", False),
    ]
    told = http.post(url + "?preview", data, **HTMX).context["told"]
    assert [member.pk for member in told] == [caregiver.pk]


def test_double_up_names_the_others_and_moves_them_together(http, branch, coordinator, caregiver, other_caregiver):
    lines = (Assignment(caregiver.pk, slot=1), Assignment(other_caregiver.pk, slot=2))
    schedule = plan(branch, coordinator, *lines, head_count=2)
    first, second = schedule.visits.order_by("starts_at", "slot")[:2]
    assert other_caregiver.full_name in http.get(first.get_absolute_url()).content.decode()
    assert "Together with" in http.get(schedule.get_absolute_url()).content.decode()
    url = reverse("scheduling:visit-move", args=[first.pk])
    form = http.get(url).context["form"]
    assert form.fields["together"].help_text == other_caregiver.full_name
    data = {"day": "2026-11-23", "start_time": "11:00", "caregiver": caregiver.pk, "version": first.version}
    assert http.post(url, data | {"together": "on"}).status_code == 302
    for row in (first, second):
        row.refresh_from_db()
        assert row.starts_at == dt.datetime(2026, 11, 23, 16, tzinfo=dt.UTC)
    assert second.caregiver == other_caregiver
    alone = {"day": "2026-11-23", "start_time": "12:00", "caregiver": caregiver.pk, "version": first.version}
    assert http.post(url, alone).status_code == 302
    second.refresh_from_db()
    assert second.starts_at.hour == 16


def test_double_up_moves_nobody_when_a_partner_cannot(http, branch, coordinator, caregiver, other_caregiver):
    lines = (Assignment(caregiver.pk, slot=1), Assignment(other_caregiver.pk, slot=2))
    schedule = plan(branch, coordinator, *lines, head_count=2)
    plan(branch, coordinator, Assignment(other_caregiver.pk), start_time=dt.time(11))
    first = schedule.visits.order_by("starts_at", "slot")[0]
    url = reverse("scheduling:visit-move", args=[first.pk])
    data = {"day": "2026-11-23", "start_time": "11:00", "caregiver": caregiver.pk, "together": "on"}
    answer = http.post(url, data)
    assert "is already with" in answer.content.decode()
    first.refresh_from_db()
    assert first.starts_at.hour == 13


def test_handover_shows_the_last_notes_where_the_caregiver_changes(
    http, branch, coordinator, caregiver, other_caregiver
):
    pattern = Pattern(
        "FREQ=DAILY",
        MONDAY,
        dt.time(8),
        600,
        assignments=(
            Assignment(caregiver.pk, since=MONDAY, days_on=2, days_off=2),
            Assignment(other_caregiver.pk, since=MONDAY + dt.timedelta(days=2), days_on=2, days_off=2),
        ),
    )
    (made,) = create_schedules(
        ClientFactory(branch=branch),
        service_type=ServiceTypeFactory(),
        patterns=[pattern],
        handover_note="Count the tablets together.",
        by=coordinator,
        override_reason="Agreed",
    )
    visits = list(made.schedule.visits.order_by("starts_at"))
    assert [row.caregiver_id for row in visits[:6]] == [caregiver.pk] * 2 + [other_caregiver.pk] * 2 + [
        caregiver.pk
    ] * 2
    VisitNote.objects.create(visit=visits[1], author=caregiver.user, text="Slept badly.", written_at=visits[1].ends_at)
    page = http.get(visits[2].get_absolute_url()).content.decode()
    assert "Count the tablets together." in page
    assert "Slept badly." in page
    assert "Handover" not in http.get(visits[1].get_absolute_url()).content.decode()


def test_page_shows_a_sleepover_with_its_hours_of_sleep(http, branch, coordinator, caregiver):
    Holiday.objects.create(branch=branch, on=dt.date(2026, 11, 25), name="Eve")
    schedule = plan(
        branch,
        coordinator,
        Assignment(caregiver.pk),
        start_time=dt.time(21),
        duration_minutes=600,
        sleep=(dt.time(23), dt.time(6)),
        skips_holidays=True,
    )
    page = http.get(schedule.get_absolute_url()).content.decode()
    assert "sleep 23:00–06:00, not on holidays" in page
    visits = schedule.visits.order_by("starts_at")
    assert [row.occurrence_on.day for row in visits[:3]] == [23, 30, 2]
    assert "23:00–06:00" in http.get(visits[0].get_absolute_url()).content.decode()
