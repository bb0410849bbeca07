"""The waiting list: in turn, who could take it, leaving, and its numbers."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from homecare.errors import Conflict, InvalidTransition
from scheduling.models import Waiting
from scheduling.services.waiting import leave_list, save_waiting, take_back
from scheduling.waiting_list import figures, trial_visits, who_could
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
