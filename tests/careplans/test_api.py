import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from careplans import catalogue
from careplans.models import CarePlan, Instrument, MedicationOrder, VitalReading
from careplans.services.assessment import record_assessment
from careplans.services.care_plan import draft_plan
from careplans.services.vital_reading import record_reading
from clients.models import Client
from homecare.audit.models import Event
from homecare.clock import today
from tests.factories import ClientFactory


@pytest.fixture
def client(branch):
    catalogue.load()
    return ClientFactory(branch=branch, status=Client.Status.ASSESSMENT)


def api(user):
    http = APIClient()
    http.force_authenticate(user)
    return http


def test_plan_over_the_api_from_draft_to_force(coordinator, supervisor, client):
    office, nurse = api(coordinator), api(supervisor)
    made = office.post("/api/v1/care-plans/", {"client": client.pk, "template": "copd"}, format="json")
    assert (made.status_code, made.data["status"], made.data["version"]) == (201, "draft", 1)
    url = f"/api/v1/care-plans/{made.data['id']}/"
    assert office.post(url + "submit/").data["status"] == "in_review"
    assert office.post(url + "activate/").status_code == 403
    assert nurse.post(url + "return/", {}, format="json").status_code == 422
    assert nurse.post(url + "return/", {"comment": "Shorter"}, format="json").data["review_comment"] == "Shorter"
    office.post(url + "submit/")
    answer = nurse.post(
        url + "activate/", {"review_on": str(today("America/New_York") + dt.timedelta(days=30))}, format="json"
    )
    assert answer.data["status"] == "active"
    again = nurse.post(url + "activate/")
    assert (again.status_code, again.data["code"]) == (409, "invalid_transition")
    assert office.post(url + "revise/").data["version"] == 2
    assert [row["version"] for row in office.get(f"/api/v1/care-plans/?client={client.pk}").data["results"]] == [2, 1]


def test_same_draft_sent_twice_is_made_once(coordinator, client):
    http, body = api(coordinator), {"client": client.pk, "template": "copd"}
    first, second = (
        http.post("/api/v1/care-plans/", body, format="json", headers={"Idempotency-Key": "k1"}) for _ in range(2)
    )
    assert first.data["id"] == second.data["id"]
    assert CarePlan.objects.count() == 1


def test_assessment_over_the_api_is_scored_here(supervisor, client):
    answers = {item["code"]: 0 for item in Instrument.objects.get(code="katz").items}
    body = {"client": client.pk, "instrument": "katz", "assessed_on": "2026-01-05", "answers": answers, "score": 6}
    made = api(supervisor).post("/api/v1/assessments/", body, format="json")
    assert (made.status_code, made.data["score"], made.data["band"]) == (201, 0, "Severe loss of function")
    del answers["bathing"]
    refused = api(supervisor).post("/api/v1/assessments/", body, format="json")
    assert (refused.status_code, list(refused.data["errors"])) == (422, ["bathing"])


def test_reading_over_the_api_is_judged(supervisor, client):
    body = {"client": client.pk, "kind": "systolic", "value": "185", "taken_at": "2026-01-05T10:00:00Z"}
    made = api(supervisor).post("/api/v1/vital-readings/", body, format="json")
    assert (made.status_code, made.data["is_alert"]) == (201, True)
    refused = api(supervisor).post("/api/v1/vital-readings/", body | {"value": "12"}, format="json")
    assert refused.status_code == 422
    assert VitalReading.objects.count() == 1


@pytest.mark.parametrize("prefix", ["care-plans", "assessments", "vital-readings", "medication-orders"])
def test_rows_of_another_branch_do_not_exist(prefix, client, other_coordinator, coordinator, biller, caregiver):
    assert api(other_coordinator).get(f"/api/v1/{prefix}/?client={client.pk}").data["results"] == []
    assert api(coordinator).get(f"/api/v1/{prefix}/").status_code == 200
    assert api(biller).get(f"/api/v1/{prefix}/").status_code == 403
    assert api(caregiver.user).get(f"/api/v1/{prefix}/").status_code == 403


@pytest.mark.parametrize("prefix", ["care-plans", "assessments", "vital-readings", "medication-orders"])
def test_list_costs_the_same_for_one_and_thirty(prefix, client, supervisor):
    def more(number):
        for _ in range(number):
            another = ClientFactory(branch=client.branch)
            draft_plan(another, by=supervisor)
            record_reading(another, "pain", 2, taken_at=timezone.now(), by=supervisor)
            MedicationOrder.objects.create(client=another, name="Furosemide")
            katz = Instrument.objects.get(code="katz")
            answers = {item["code"]: 1 for item in katz.items}
            record_assessment(another, katz, answers, assessed_on=dt.date(2026, 1, 5), by=supervisor)

    def count():
        with CaptureQueriesContext(connection) as queries:
            assert http.get(f"/api/v1/{prefix}/").status_code == 200
        return len(queries)

    http = api(supervisor)
    more(1)
    http.get(f"/api/v1/{prefix}/")
    one = count()
    more(29)
    assert count() == one <= 8


def test_draft_for_a_client_of_another_branch_is_refused(client, other_coordinator):
    answer = api(other_coordinator).post("/api/v1/care-plans/", {"client": client.pk}, format="json")
    assert answer.status_code == 422
    assert not CarePlan.objects.exists()


def test_reading_one_row_is_kept_in_the_trail(client, coordinator):
    order = MedicationOrder.objects.create(client=client, name="Furosemide")
    api(coordinator).get(f"/api/v1/medication-orders/{order.pk}/")
    api(coordinator).get(f"/api/v1/vital-readings/?client={client.pk}")
    assert list(Event.objects.filter(kind="view").order_by("id").values_list("client_id", "reason")) == [
        (client.pk, "medication"),
        (client.pk, "health"),
    ]
