"""Punches and phone events over /api/v1/."""

import json
import uuid

import pytest
from django.utils import timezone

from scheduling.models import ClockEvent, Visit
from scheduling.services.clock import clock_in
from tests.factories import ClientFactory, VisitFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(caregiver):
    return VisitFactory(caregiver=caregiver, starts_at=timezone.now(), client=ClientFactory(branch=caregiver.branch))


def send(http, visit, /, **more):
    act = {"key": str(uuid.uuid4()), "kind": "note", "visit": visit.pk, "at": timezone.now().isoformat()}
    return http.post(
        "/api/v1/phone-events/",
        json.dumps({**act, "body": {"text": "Fine"}, **more}),
        content_type="application/json",
    )


def test_phone_event_is_taken_in_once(caregiver, visit, as_user):
    http, key, at = as_user(caregiver.user), str(uuid.uuid4()), timezone.now().isoformat()
    answers = [send(http, visit, key=key, at=at), send(http, visit, key=key, at=at), send(http, visit, key=key)]
    assert [one.status_code for one in answers] == [201, 200, 422]
    assert answers[2].json()["code"] == "refused"
    Visit.objects.filter(pk=visit.pk).update(status="cancelled")
    assert send(http, visit).status_code == 202
    assert visit.notes.count() == 1


@pytest.mark.parametrize("broken", [{"key": "x"}, {"at": "soon"}, {"visit": "y"}, {"body": []}])
def test_phone_event_that_is_none_is_refused(caregiver, visit, as_user, broken):
    answer = send(as_user(caregiver.user), visit, **broken)
    assert (answer.status_code, answer.json()["code"]) == (422, "refused")


def test_phone_events_are_only_the_caregivers_own(caregiver, other_caregiver, coordinator, visit, as_user):
    send(as_user(caregiver.user), visit)
    assert len(as_user(caregiver.user).get("/api/v1/phone-events/").json()["results"]) == 1
    assert as_user(other_caregiver.user).get("/api/v1/phone-events/").json()["results"] == []
    assert send(as_user(coordinator), visit).status_code == 403


def test_clock_events_are_read_by_the_branch(caregiver, coordinator, other_coordinator, visit, as_user):
    clock_in(visit, at=timezone.now(), by=caregiver.user, member=caregiver)
    (row,) = as_user(coordinator).get(f"/api/v1/clock-events/?visit={visit.pk}").json()["results"]
    assert (row["kind"], row["member"], row["visit"]) == ("in", caregiver.pk, visit.pk)
    assert as_user(other_coordinator).get("/api/v1/clock-events/").json()["results"] == []
    assert as_user(caregiver.user).get("/api/v1/clock-events/").status_code == 403
    assert as_user(coordinator).delete(f"/api/v1/clock-events/{row['id']}/").status_code in (403, 405)
    assert ClockEvent.objects.count() == 1
