"""Visits and patterns in JSON."""

import datetime as dt
import json

import pytest

from scheduling.models import Schedule, Visit
from tests.factories import ClientFactory, MemberFactory, ScheduleFactory, ServiceTypeFactory, VisitFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_november")]

NINE = "2026-12-07T14:00:00Z"
TEN = "2026-12-07T15:00:00Z"
START = dt.datetime(2026, 12, 7, 14, tzinfo=dt.UTC)


@pytest.fixture
def http(as_user, coordinator):
    """Signed in, its session already begun: the first request of a session also writes it."""
    client = as_user(coordinator)
    client.get("/api/v1/me/")
    return client


def post(http, url, data, **headers):
    return http.post(url, json.dumps(data), content_type="application/json", **headers)


def new_visit(client, **fields):
    return {"client": client.pk, "service_type": ServiceTypeFactory().pk, "starts_at": NINE, "ends_at": TEN} | fields


def test_visit_planned_once_per_idempotency_key(http, branch, caregiver):
    data = new_visit(ClientFactory(branch=branch), caregiver=caregiver.pk)
    first = post(http, "/api/v1/visits/", data, HTTP_IDEMPOTENCY_KEY="a")
    again = post(http, "/api/v1/visits/", data, HTTP_IDEMPOTENCY_KEY="a")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Visit.objects.count() == 1


def test_visit_refused_names_each_rule(http, branch, caregiver):
    VisitFactory(client=ClientFactory(branch=branch), caregiver=caregiver, starts_at=START)
    data = new_visit(ClientFactory(branch=branch), caregiver=caregiver.pk)
    answer = post(http, "/api/v1/visits/", data)
    assert (answer.status_code, answer.json()["code"]) == (409, "time_taken")
    assert answer.json()["findings"][0]["rule"] == "overlap"
    answer = post(http, "/api/v1/visits/", data | {"caregiver": MemberFactory(branch=branch).pk})
    assert (answer.status_code, answer.json()["code"]) == (422, "override_needed")


def test_visit_assigned_moved_and_cancelled(http, branch, caregiver):
    visit = VisitFactory(client=ClientFactory(branch=branch), starts_at=START)
    url = f"/api/v1/visits/{visit.pk}/"
    assert post(http, url + "assign/", {"caregiver": caregiver.pk, "version": 1}).json()["version"] == 2
    moved = post(http, url + "move/", {"starts_at": TEN}).json()
    assert (moved["caregiver"], moved["ends_at"]) == (caregiver.pk, "2026-12-07T16:00:00Z")
    assert post(http, url + "move/", {"starts_at": NINE, "version": 2}).status_code == 409
    assert post(http, url + "cancel/", {"reason": "Away"}).json()["status"] == "cancelled"


def test_visit_of_another_branch_does_not_exist(as_user, other_coordinator, branch, caregiver):
    visit = VisitFactory(client=ClientFactory(branch=branch))
    http = as_user(other_coordinator)
    assert http.get(f"/api/v1/visits/{visit.pk}/").status_code == 404
    assert http.get("/api/v1/visits/").json()["results"] == []
    assert http.get(f"/api/v1/visits/week/?branch={branch.pk}").status_code == 404
    assert post(http, "/api/v1/visits/", new_visit(visit.client)).status_code == 422


def test_biller_reads_but_does_not_plan(as_user, biller, branch):
    http = as_user(biller)
    assert http.get("/api/v1/visits/").status_code == 200
    assert post(http, "/api/v1/visits/", new_visit(ClientFactory(branch=branch))).status_code == 403


def test_visit_list_filters(http, branch, caregiver):
    mine = VisitFactory(client=ClientFactory(branch=branch), caregiver=caregiver, starts_at=START)
    VisitFactory(client=ClientFactory(branch=branch), starts_at=START + dt.timedelta(days=2))

    def ids(query):
        return [row["id"] for row in http.get(f"/api/v1/visits/?{query}").json()["results"]]

    assert ids(f"caregiver={caregiver.pk}") == [mine.pk]
    assert ids("from=2026-12-07T00:00:00Z&to=2026-12-08T00:00:00Z") == [mine.pk]
    assert ids("unfilled=false") == [mine.pk]
    assert ids("status=cancelled") == []


def test_week_lists_every_live_visit_compactly(http, branch, caregiver, django_assert_max_num_queries):
    client = ClientFactory(branch=branch)
    visit = VisitFactory(client=client, caregiver=caregiver, starts_at=START)
    VisitFactory(client=client, starts_at=START, status="cancelled")
    VisitFactory(client=client, starts_at=START + dt.timedelta(days=7))
    with django_assert_max_num_queries(12):
        answer = http.get("/api/v1/visits/week/?monday=2026-12-09").json()
    service = visit.service_type_id
    row = {"id": visit.pk, "v": 1, "m": caregiver.pk, "c": client.pk, "s": service, "t": "2026-12-07T14:00Z"}
    assert answer == {
        "monday": "2026-12-07",
        "time_zone": "America/New_York",
        "visits": [row | {"n": 60, "st": "planned"}],
    }
    assert http.get("/api/v1/visits/week/?monday=soon").status_code == 422


def test_schedule_begun_and_ended(http, branch, caregiver):
    data = {
        "client": ClientFactory(branch=branch).pk,
        "service_type": ServiceTypeFactory().pk,
        "rule": "FREQ=WEEKLY;BYDAY=MO",
        "starts_on": "2026-12-07",
        "start_time": "08:00",
        "duration_minutes": 60,
        "assignments": [{"member": caregiver.pk}],
    }
    answer = post(http, "/api/v1/schedules/", data)
    assert answer.status_code == 201
    assert answer.json()["left_open"] == []
    schedule = Schedule.objects.get()
    assert answer.json()["visits"] == schedule.visits.count() > 5
    ended = post(http, f"/api/v1/schedules/{schedule.pk}/end/", {"ends_on": "2026-12-08"}).json()
    assert ended["cancelled"] == answer.json()["visits"] - 1
    bad = post(http, "/api/v1/schedules/", data | {"rule": "FREQ=HOURLY"})
    assert (bad.status_code, bad.json()["errors"]) == (
        422,
        {"weekdays": ["A pattern repeats daily, weekly or monthly."]},
    )


def test_schedule_list_needs_the_same_queries_for_1_and_30_rows(http, branch, django_assert_max_num_queries):
    for _number in range(30):
        ScheduleFactory(client=ClientFactory(branch=branch))
    with django_assert_max_num_queries(12):
        assert len(http.get("/api/v1/schedules/").json()["results"]) == 30
