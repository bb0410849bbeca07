"""The waiting list: in turn, who could take it, leaving, and its numbers."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from homecare.errors import Conflict, DomainError, InvalidTransition
from scheduling.models import Schedule, SeriesChange, Visit, Waiting
from scheduling.pattern import Assignment
from scheduling.services.schedule import create_schedule, extend_schedules
from scheduling.services.undo import undo_change
from scheduling.services.visit import move_visit
from scheduling.services.waiting import leave_list, save_waiting, take_back
from scheduling.waiting_list import figures, pattern_url, trial_visits, who_could
from tests.factories import AddressFactory, ClientFactory, MemberFactory, ServiceTypeFactory, TimeOffFactory

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 28)


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel(dt.datetime(2026, 11, 28, 15, tzinfo=dt.UTC), tick=False):
        yield


def enter(branch, by, *, status="inquiry", client=None, **fields):
    client = client or ClientFactory(branch=branch, status=status)
    values = {"service_type": ServiceTypeFactory(), "weekly_minutes": 360, "since": TODAY, "weekdays": [0, 2]}
    return save_waiting(Waiting(client=client), values | fields, by=by)


def test_order_is_priority_then_wait(branch, coordinator):
    late = enter(branch, coordinator)
    early = enter(branch, coordinator, since=dt.date(2026, 9, 1))
    urgent = enter(branch, coordinator, priority=1)
    assert list(Waiting.objects.waiting().in_turn()) == [urgent, early, late]


def test_figures(branch, coordinator):
    for days, minutes in ((0, 60), (10, 120), (40, 300)):
        enter(branch, coordinator, since=TODAY - dt.timedelta(days=days), weekly_minutes=minutes)
    assert figures(Waiting.objects.waiting(), TODAY) == (3, 480, 10)
    assert figures(Waiting.objects.none(), TODAY) == (0, 0, None)


@pytest.mark.parametrize(
    ("minutes", "weekdays", "days", "each"),
    [(360, [0, 2], [0, 2], 180), (100, [1], [1], 105), (600, [], [0, 1, 2], 195), (60, [], [0], 60)],
)
def test_trial_week(branch, coordinator, minutes, weekdays, days, each):
    entry = enter(branch, coordinator, weekly_minutes=minutes, weekdays=weekdays)
    visits = trial_visits(entry)
    assert [visit.key for visit in visits] == days
    assert {visit.minutes for visit in visits} == {each}
    first = dt.datetime(2026, 11, 30, 14, tzinfo=dt.UTC) + dt.timedelta(days=days[0])
    assert visits[0].starts_at == first, "09:00 of the next whole week, in the branch's clock"


def test_who_could_take_it_is_what_the_rules_say(branch, coordinator, caregiver):
    away = MemberFactory(branch=branch, always_available=True)
    monday = dt.datetime(2026, 11, 30, 5, tzinfo=dt.UTC)
    TimeOffFactory(member=away, starts_at=monday, ends_at=monday + dt.timedelta(days=7), status="approved")
    entry = enter(branch, coordinator)
    found = {row.member: row for row in who_could(entry, coordinator)}
    assert (found[caregiver].possible, found[caregiver].asked) == (2, 2)
    assert found[away].is_eligible is False
    Waiting.objects.filter(pk=entry.pk).update(language="es")
    entry.refresh_from_db()
    assert who_could(entry, coordinator) == []


def test_leaving_and_coming_back(branch, coordinator):
    entry = enter(branch, coordinator)
    gone = leave_list(entry, "elsewhere", note="Found a neighbour", by=coordinator)
    assert (gone.status, gone.left_note) == ("elsewhere", "Found a neighbour")
    assert leave_list(entry, "elsewhere", by=coordinator).left_at == gone.left_at
    with pytest.raises(InvalidTransition):
        leave_list(entry, "placed", by=coordinator)
    with pytest.raises(Conflict):
        save_waiting(entry, {"area": "Quincy"}, by=coordinator)
    again = take_back(entry, by=coordinator)
    assert (again.status, again.left_at, again.since) == ("waiting", None, TODAY)


def test_one_entry_for_each_service(branch, coordinator):
    entry = enter(branch, coordinator)
    with pytest.raises(Conflict, match="already waits"):
        enter(branch, coordinator, client=entry.client)
    enter(branch, coordinator, client=entry.client, service_type=ServiceTypeFactory(code="LI", name="Live-in"))
    leave_list(entry, "withdrawn", by=coordinator)
    enter(branch, coordinator, client=entry.client)
    with pytest.raises(Conflict, match="already waits"):
        take_back(entry, by=coordinator)


def test_pages(branch, coordinator, other_coordinator, caregiver, as_user):
    http = as_user(coordinator)
    client = ClientFactory(branch=branch, status="inquiry", first_name="Rosa", last_name="Lopez")
    AddressFactory(client=client, city="Quincy")
    typed = {
        "client": client.pk,
        "service_type": ServiceTypeFactory().pk,
        "hours": "6",
        "weekdays": ["0", "2"],
        "start_time": "10:00",
        "since": "2026-11-01",
        "priority": "1",
    }
    assert http.post(reverse("scheduling:waiting-create"), typed | {"hours": ""}).context["form"].errors["hours"]
    page = http.post(reverse("scheduling:waiting-create"), typed, follow=True)
    entry = Waiting.objects.get()
    assert (entry.weekly_minutes, page.context["whole"], page.context["part"]) == (360, 1, 0)
    listed = http.get(reverse("scheduling:waiting-list")).content.decode()
    assert "Quincy" in listed
    assert "27 days" in listed
    form = http.get(page.context["pattern_url"]).context["form"]
    assert form["weekdays"].value() == ["0", "2"]
    assert (form["start_time"].value(), form["duration_minutes"].value()) == ("10:00", "180")
    http.post(reverse("scheduling:waiting-update", args=[entry.pk]), typed | {"hours": "8"})
    entry.refresh_from_db()
    assert entry.weekly_minutes == 480
    http.post(reverse("scheduling:waiting-leave", args=[entry.pk]), {"status": "placed"})
    assert list(http.get(reverse("scheduling:waiting-list")).context["entries"]) == []
    assert len(http.get(reverse("scheduling:waiting-list") + "?status=placed").context["entries"]) == 1
    assert as_user(other_coordinator).get(entry.get_absolute_url()).status_code == 404


def test_dashboard_counts_them(branch, coordinator, manager, as_user):
    enter(branch, coordinator)
    rows = as_user(manager).get(reverse("reports:figure", args=["waiting"])).context["lines"]
    assert len(rows) == 1


def test_list_costs_the_same_for_1_and_30(branch, coordinator, as_user):
    http = as_user(coordinator)

    def cost():
        with CaptureQueriesContext(connection) as found:
            assert http.get(reverse("scheduling:waiting-list")).status_code == 200
        return len(found)

    enter(branch, coordinator)
    cost()
    first = cost()
    for _ in range(29):
        enter(branch, coordinator)
    assert cost() == first


def test_entry_costs_the_same_for_1_and_30_caregivers(branch, coordinator, caregiver, as_user):
    http, entry = as_user(coordinator), enter(branch, coordinator)

    def cost():
        with CaptureQueriesContext(connection) as found:
            assert http.get(entry.get_absolute_url()).status_code == 200
        return len(found)

    cost()
    first = cost()
    for _ in range(29):
        MemberFactory(branch=branch, always_available=True)
    assert cost() == first


def test_api(branch, coordinator, other_coordinator, as_user):
    http = as_user(coordinator)
    client = ClientFactory(branch=branch)
    asked = {"client": client.pk, "service_type": ServiceTypeFactory().pk, "weekly_minutes": 360, "since": "2026-11-01"}
    made = http.post(reverse("api:waiting-list"), asked, "application/json")
    assert (made.status_code, made.json()["status"]) == (201, "waiting")
    url = reverse("api:waiting-detail", args=[made.json()["id"]])
    assert http.patch(url, {"area": "Quincy"}, "application/json").json()["area"] == "Quincy"
    again = http.post(reverse("api:waiting-list"), asked, "application/json")
    assert (again.status_code, Waiting.objects.count()) == (422, 1)
    leave = reverse("api:waiting-leave", args=[made.json()["id"]])
    assert http.post(leave, {"status": "placed"}, "application/json").json()["status"] == "placed"
    assert as_user(other_coordinator).get(url).status_code == 404


def pattern_of(entry, **fields):
    values = {"service_type": entry.service_type, "rule": "FREQ=WEEKLY;BYDAY=MO,WE", "starts_on": TODAY}
    return values | {"start_time": dt.time(10), "duration_minutes": 180, "waiting": [entry]} | fields


def test_planning_its_pattern_takes_the_entry_off_and_undo_brings_it_back(branch, coordinator, caregiver):
    entry = enter(branch, coordinator, status="active")
    line = Assignment(caregiver.pk)
    made = create_schedule(entry.client, **pattern_of(entry, assignments=[line]), by=coordinator)
    entry.refresh_from_db()
    assert (entry.status, entry.schedule, entry.left_at is None) == ("placed", made.schedule, False)
    change = SeriesChange.objects.get(schedule=made.schedule)
    moved = Visit.objects.filter(schedule=made.schedule).order_by("starts_at")[0]
    move_visit(moved, starts_at=moved.starts_at + dt.timedelta(hours=1), by=coordinator)
    undone = undo_change(change, by=coordinator)
    entry.refresh_from_db()
    assert (entry.status, entry.schedule, entry.left_at) == ("waiting", None, None)
    assert [visit for visit, _why in undone.left] == [moved], "what a person touched since is left"
    rest = Visit.objects.filter(schedule=made.schedule).exclude(pk=moved.pk)
    assert set(rest.values_list("status", flat=True)) == {"cancelled"}
    made.schedule.refresh_from_db()
    assert (made.schedule.status, made.schedule.assignment_rules.count()) == ("ended", 0)
    assert extend_schedules(by=coordinator) == 0, "the sweep does not plan it again"
    with pytest.raises(Conflict):
        undo_change(change, by=coordinator)


def test_undo_leaves_a_client_who_is_on_the_list_anew(branch, coordinator):
    entry = enter(branch, coordinator, status="active")
    made = create_schedule(entry.client, **pattern_of(entry), by=coordinator)
    anew = enter(branch, coordinator, client=entry.client, service_type=entry.service_type)
    undo_change(SeriesChange.objects.get(schedule=made.schedule), by=coordinator)
    assert [row.status for row in (Waiting.objects.get(pk=entry.pk), Waiting.objects.get(pk=anew.pk))] == [
        "placed",
        "waiting",
    ]


def test_pattern_that_serves_no_entry_is_not_planned(branch, coordinator):
    entry = enter(branch, coordinator, status="active")
    stranger = ClientFactory(branch=branch)
    other_service = ServiceTypeFactory(code="RN", name="Nursing")
    for client, fields, sentence in (
        (stranger, {}, "another client's"),
        (entry.client, {"service_type": other_service}, "waits for"),
    ):
        with pytest.raises(DomainError, match=sentence):
            create_schedule(client, **pattern_of(entry, **fields), by=coordinator)
    leave_list(entry, "withdrawn", by=coordinator)
    with pytest.raises(Conflict, match="left the waiting list"):
        create_schedule(entry.client, **pattern_of(entry), by=coordinator)
    assert (Schedule.objects.count(), Visit.objects.count()) == (0, 0)


def test_form_of_a_pattern_offers_what_the_client_waits_for(branch, coordinator, as_user):
    http = as_user(coordinator)
    entry = enter(branch, coordinator, status="active")
    url = reverse("scheduling:schedule-create", args=[entry.client_id])
    asked = http.get(pattern_url(entry)).context["form"]
    assert asked["waiting"].value() == [str(entry.pk)], "asked for by the entry: ticked"
    assert http.get(url).context["form"]["waiting"].value() == [], "offered"
    typed = {"service_type": entry.service_type_id, "repeats": "weekly", "weekdays": ["0"], "interval": 1}
    typed |= {"start_time": "10:00", "duration_minutes": 60, "head_count": 1, "starts_on": "2026-11-30"}
    typed |= {"team-TOTAL_FORMS": 0, "team-INITIAL_FORMS": 0, "waiting": [entry.pk]}
    page = http.post(url, typed, follow=True)
    entry.refresh_from_db()
    assert (entry.status, entry.schedule) == ("placed", page.context["schedule"])
    (notice,) = page.context["messages"]
    http.post(notice.extra_tags)
    entry.refresh_from_db()
    assert entry.status == "waiting"
    elsewhere = http.get(reverse("scheduling:schedule-create", args=[ClientFactory(branch=branch).pk]))
    assert "waiting" not in elsewhere.context["form"].fields


def test_api_plans_what_is_waited_for(branch, other_branch, coordinator, as_user):
    entry = enter(branch, coordinator, status="active")
    foreign = enter(other_branch, coordinator, status="active")
    body = {"client": entry.client_id, "service_type": entry.service_type_id, "rule": "FREQ=WEEKLY;BYDAY=MO"}
    body |= {"starts_on": "2026-11-30", "start_time": "10:00", "duration_minutes": 60}
    http = as_user(coordinator)
    url = reverse("api:schedule-list")
    for waiting, code in (([foreign.pk], 422), ([entry.pk], 201)):
        answer = http.post(url, body | {"waiting": waiting}, content_type="application/json")
        assert answer.status_code == code, answer.json()
    entry.refresh_from_db()
    assert entry.status == "placed"
