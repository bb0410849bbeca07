"""Temporary changes, undo, rosters and absences in JSON: the services of the pages, with keys, scopes and problems."""

import datetime as dt
import json

import pytest
from django.test import Client as HttpClient

from homecare.accounts.services.token import create_token
from homecare.clock import at_local, monday_of, today
from scheduling.models import Roster, SeriesChange, TemporaryChange, Visit
from scheduling.pattern import Assignment
from scheduling.services.roster import begin_roster
from scheduling.services.schedule import create_schedule
from staff.models import TimeOff
from tests.factories import AddressFactory, ClientFactory, ServiceTypeFactory, VisitFactory

pytestmark = pytest.mark.django_db
ZONE = "America/New_York"


@pytest.fixture
def http(as_user, coordinator):
    """Signed in, its session already begun: the first request of a session also writes it."""
    client = as_user(coordinator)
    client.get("/api/v1/me/")
    return client


@pytest.fixture
def monday():
    return monday_of(today(ZONE)) + dt.timedelta(days=7)


@pytest.fixture
def pattern(branch, caregiver, coordinator, monday):
    return create_schedule(
        ClientFactory(branch=branch),
        service_type=ServiceTypeFactory(),
        rule="FREQ=WEEKLY;BYDAY=MO",
        starts_on=monday,
        start_time=dt.time(8),
        duration_minutes=60,
        assignments=[Assignment(member_id=caregiver.pk)],
        by=coordinator,
    ).schedule


@pytest.fixture
def roster(branch, monday, coordinator):
    for hour in (9, 12):
        client = ClientFactory(branch=branch)
        AddressFactory(client=client)
        VisitFactory(client=client, starts_at=at_local(monday, dt.time(hour), ZONE))
    return begin_roster(
        branch, first_on=monday, last_on=monday, origin="copy", only_open=True, seconds=5, by=coordinator
    )


def post(http, path, data=None, **headers):
    return http.post(f"/api/v1/{path}", json.dumps(data or {}), content_type="application/json", **headers)


def pause(pattern, monday, **fields):
    days = {"from_on": str(monday), "until_on": str(monday + dt.timedelta(days=6))}
    return {"schedule": pattern.pk, "is_paused": True, "reason": "Hospital", **days} | fields


def test_pause_made_once_taken_back_and_undone(http, pattern, monday):
    preview = post(http, "temporary-changes/preview/", pause(pattern, monday)).json()
    assert (preview["affected"], [row["fate"] for row in preview["changes"]]) == (1, ["cancelled"])
    assert not TemporaryChange.objects.exists()
    made = post(http, "temporary-changes/", pause(pattern, monday), HTTP_IDEMPOTENCY_KEY="p")
    again = post(http, "temporary-changes/", pause(pattern, monday), HTTP_IDEMPOTENCY_KEY="p")
    assert (made.status_code, again.json()) == (201, made.json())
    assert not pattern.visits.live().filter(occurrence_on=monday).exists()
    back = post(http, f"temporary-changes/{made.json()['id']}/take-back/").json()
    assert back["affected"] == 1
    assert pattern.visits.get(occurrence_on=monday).status == "planned"
    changes = http.get(f"/api/v1/series-changes/?schedule={pattern.pk}").json()["results"]
    found = [(row["kind"], row["may_be_undone"]) for row in changes]
    assert found == [("withdrawn", True), ("temporary", True), ("planned", True)]
    early = post(http, f"series-changes/{changes[1]['id']}/undo/")
    assert (early.status_code, "later change first" in early.json()["detail"]) == (422, True)
    undone = post(http, f"series-changes/{changes[0]['id']}/undo/").json()
    assert (undone["schedule"], undone["left"], undone["left_open"]) == (pattern.pk, [], [])
    assert not pattern.visits.live().filter(occurrence_on=monday).exists()
    assert post(http, f"series-changes/{changes[0]['id']}/undo/").status_code == 409


def test_temporary_change_refusals_name_the_field(http, pattern, monday):
    for fields, field in (
        ({"reason": ""}, "reason"),
        ({"is_paused": False}, "what"),
        ({"until_on": str(monday - dt.timedelta(days=1))}, "until_on"),
        ({"slot": 2}, "slot"),
        ({"start_time": "09:00"}, "is_paused"),
    ):
        answer = post(http, "temporary-changes/", pause(pattern, monday, **fields))
        assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert not SeriesChange.objects.exclude(kind="planned").exists()


def test_roster_begun_read_changed_and_applied(http, roster, caregiver):
    assert http.get(f"/api/v1/rosters/{roster.pk}/").json()["status"] == "draft"
    lines = http.get(f"/api/v1/roster-lines/?roster={roster.pk}&show=unfilled").json()["results"]
    assert len(lines) == 2
    changed = post(http, f"roster-lines/{lines[0]['id']}/change/", {"caregiver": caregiver.pk})
    assert (changed.status_code, changed.json()["caregiver"], changed.json()["is_changed"]) == (200, caregiver.pk, True)
    figures = http.get(f"/api/v1/rosters/{roster.pk}/figures/").json()
    assert (figures["live"]["filled"], figures["roster"]["filled"], figures["roster"]["unfilled"]) == (0, 1, 1)
    applied = post(http, f"rosters/{roster.pk}/apply/", HTTP_IDEMPOTENCY_KEY="r").json()
    assert (applied["status"], applied["changed"]) == ("applied", 1)
    assert post(http, f"rosters/{roster.pk}/apply/", HTTP_IDEMPOTENCY_KEY="r").json() == applied
    assert post(http, f"rosters/{roster.pk}/discard/").status_code == 409


def test_roster_refused_names_its_lines(http, roster, caregiver):
    line = roster.lines.order_by("pk").first()
    post(http, f"roster-lines/{line.pk}/change/", {"caregiver": caregiver.pk})
    Visit.objects.filter(pk=line.visit_id).update(version=9)
    answer = post(http, f"rosters/{roster.pk}/apply/")
    assert (answer.status_code, answer.json()["code"], answer.json()["changed"]) == (409, "roster_refused", [line.pk])


def test_roster_begun_by_the_engine_shows_its_search(http, branch, roster, monday):
    data = {"branch": branch.pk, "first_on": str(monday), "last_on": str(monday), "seconds": 5}
    answer = post(http, "rosters/", data)
    assert answer.status_code == 201
    assert answer.json()["search"] == {"status": "queued", "percent": 0, "message": ""}
    late = post(http, "rosters/", data | {"last_on": str(monday - dt.timedelta(days=1))})
    assert (late.status_code, list(late.json()["errors"])) == (422, ["last_on"])


def test_absence_reported_proposed_and_covered(http, branch, caregiver, other_caregiver, monday):
    starts_at = at_local(monday, dt.time(9), ZONE)
    visit = VisitFactory(client=ClientFactory(branch=branch), caregiver=caregiver, starts_at=starts_at)
    data = {
        "member": caregiver.pk,
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + dt.timedelta(hours=8)).isoformat(),
    }
    made = post(http, "absences/", data, HTTP_IDEMPOTENCY_KEY="sick")
    assert (made.status_code, made.json()["lost"], made.json()["open"]) == (201, 1, 1)
    assert post(http, "absences/", data, HTTP_IDEMPOTENCY_KEY="sick").json() == made.json()
    pk = made.json()["id"]
    found = http.get(f"/api/v1/absences/{pk}/proposals/").json()
    assert [(row["visit"], row["best"]["member"]) for row in found] == [(visit.pk, other_caregiver.pk)]
    choice = {"visit": visit.pk, "member": other_caregiver.pk, "version": found[0]["version"]}
    covered = post(http, f"absences/{pk}/cover/", {"choices": [choice]}).json()
    assert covered == {"taken": [visit.pk], "refused": []}
    assert http.get(f"/api/v1/absences/{pk}/").json()["covered"] == 1
    stale = post(http, f"absences/{pk}/cover/", {"choices": [choice]}).json()
    assert stale["taken"] == []
    assert stale["refused"][0]["visit"] == visit.pk


def test_other_branches_see_nothing(as_user, other_coordinator, pattern, roster, caregiver, monday):
    http = as_user(other_coordinator)
    line = roster.lines.first()
    for path in ("temporary-changes", "series-changes", "rosters", "roster-lines", "absences"):
        assert http.get(f"/api/v1/{path}/").json()["results"] == []
    assert http.get(f"/api/v1/rosters/{roster.pk}/figures/").status_code == 404
    assert post(http, f"roster-lines/{line.pk}/change/", {"caregiver": None}).status_code == 404
    assert post(http, "temporary-changes/", pause(pattern, monday)).status_code == 422


def test_token_that_only_reads_plans_nothing(coordinator, pattern, roster, monday):
    _token, secret = create_token(coordinator, "Reader", scope="read", expires_on=None, by=coordinator)
    http = HttpClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert http.get("/api/v1/rosters/").status_code == 200
    assert post(http, f"rosters/{roster.pk}/apply/").status_code == 403
    assert post(http, "temporary-changes/", pause(pattern, monday)).status_code == 403
    assert Roster.objects.get().status == "draft"


def test_lists_need_the_same_queries_for_1_and_30_rows(
    http, branch, caregiver, coordinator, pattern, roster, monday, django_assert_max_num_queries
):
    for number in range(30):
        day = monday + dt.timedelta(days=7 * number)
        TemporaryChange.objects.create(
            schedule=pattern, from_on=day, until_on=day, is_paused=True, reason="x", created_by=coordinator
        )
        SeriesChange.objects.create(schedule=pattern, kind="edited", by=coordinator)
        Roster.objects.create(branch=branch, first_on=day, last_on=day, created_by=coordinator)
        starts_at = at_local(day, dt.time(15), ZONE)
        row = TimeOff.objects.create(member=caregiver, starts_at=starts_at, ends_at=starts_at + dt.timedelta(hours=1))
        visit = VisitFactory(client=pattern.client, starts_at=starts_at)
        row.lost_visits.create(visit=visit)
    for path in ("temporary-changes", "series-changes", "rosters", "roster-lines", "absences"):
        with django_assert_max_num_queries(10):
            assert len(http.get(f"/api/v1/{path}/").json()["results"]) >= 2
