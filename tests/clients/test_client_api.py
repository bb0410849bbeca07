"""/api/v1/clients/ and /api/v1/referrals/: who may, which rows, writes that may be sent again, readable refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client, Referral
from homecare.audit.models import Event
from tests.clients.bundles import bundle, condition, patient
from tests.factories import AddressFactory, ClientFactory, ReferralFactory

CLIENTS, REFERRALS = "/api/v1/clients/", "/api/v1/referrals/"


@pytest.fixture(autouse=True)
def no_steps(settings):
    settings.REFERRAL_STEPS = []


@pytest.fixture
def call(as_user):
    """call(user, method, url, body, key) → (status, answer)."""

    def send(user: Any, method: str, url: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        headers = {"Idempotency-Key": key} if key else {}
        content = json.dumps(body) if body is not None else ""
        answer = getattr(as_user(user), method)(url, content, content_type="application/json", headers=headers)
        return answer.status_code, answer.json()

    return send


def test_clients_are_listed_by_branch_and_searched(branch, other_branch, coordinator, as_user):
    mine = ClientFactory(branch=branch, last_name="Okonkwo")
    ClientFactory(branch=branch, last_name="Silva")
    ClientFactory(branch=other_branch, last_name="Okonkwo")
    http = as_user(coordinator)
    assert [row["id"] for row in http.get(CLIENTS, {"q": "okonkwa"}).json()["results"]] == [mine.pk]
    assert len(http.get(CLIENTS, {"status": "active"}).json()["results"]) == 2
    assert http.get(CLIENTS, {"status": "declined"}).json()["results"] == []


def test_client_list_costs_the_same_for_1_and_30(branch, coordinator, as_user):
    http = as_user(coordinator)
    ClientFactory(branch=branch)
    http.get(CLIENTS)
    with CaptureQueriesContext(connection) as one:
        http.get(CLIENTS)
    for _n in range(29):
        ClientFactory(branch=branch)
    with CaptureQueriesContext(connection) as thirty:
        assert len(http.get(CLIENTS).json()["results"]) == 30
    assert len(one) == len(thirty) <= 12


def test_client_is_read_with_the_record_and_the_view_is_kept(branch, coordinator, as_user):
    client = ClientFactory(branch=branch)
    AddressFactory(client=client)
    answer = as_user(coordinator).get(f"{CLIENTS}{client.pk}/").json()
    assert (answer["number"], answer["addresses"][0]["city"]) == (client.number, "Boston")
    assert Event.objects.filter(action="client.viewed", reason="api", object_id=client.pk).count() == 1


def test_client_of_another_branch_is_not_there(other_branch, coordinator, call):
    client = ClientFactory(branch=other_branch)
    assert call(coordinator, "get", f"{CLIENTS}{client.pk}/")[0] == 404
    assert call(coordinator, "patch", f"{CLIENTS}{client.pk}/", {"first_name": "X"})[0] == 404
    assert call(coordinator, "post", f"{CLIENTS}{client.pk}/status/", {"status": "on_hold"})[0] == 404


def test_roles_without_the_permission_are_refused(branch, caregiver, relative, biller, call):
    client = ClientFactory(branch=branch)
    for user in (caregiver.user, relative):
        assert call(user, "get", CLIENTS)[0] == 403
        assert call(user, "get", REFERRALS)[0] == 403
    assert call(biller, "get", CLIENTS)[0] == 200
    assert call(biller, "patch", f"{CLIENTS}{client.pk}/", {"first_name": "X"})[0] == 403
    assert call(biller, "post", f"{REFERRALS}import/", {})[0] == 403


def test_client_is_created_once_per_key(branch, coordinator, call):
    body = {
        "branch": branch.pk,
        "first_name": "Rosa",
        "last_name": "Lopez",
        "birth_on": "1940-05-12",
        "address": {"line1": "1 Elm Street", "city": "Boston"},
    }
    first = call(coordinator, "post", CLIENTS, body, key="k1")
    again = call(coordinator, "post", CLIENTS, body, key="k1")
    assert first[0] == again[0] == 201
    assert first[1] == again[1]
    assert Client.objects.get().addresses.get().is_primary
    assert call(coordinator, "post", CLIENTS, {**body, "first_name": "Ana"}, key="k1")[0] == 422


def test_create_refuses_readably(branch, other_branch, coordinator, call):
    code, answer = call(coordinator, "post", CLIENTS, {"branch": other_branch.pk, "last_name": "Lopez"})
    assert code == 422
    assert {"branch", "first_name", "birth_on"} <= set(answer["errors"])
    body = {"branch": branch.pk, "first_name": "A", "last_name": "B", "birth_on": "2999-01-01"}
    code, answer = call(coordinator, "post", CLIENTS, body)
    assert (code, list(answer["errors"])) == (422, ["birth_on"])
    assert not Client.objects.exists()


def test_client_is_corrected_and_moved(branch, coordinator, call):
    client = ClientFactory(branch=branch)
    url = f"{CLIENTS}{client.pk}/"
    assert call(coordinator, "patch", url, {"first_name": "Rosalia", "status": "declined"})[1]["status"] == "active"
    assert call(coordinator, "post", f"{url}status/", {"status": "on_hold"})[0] == 422
    code, answer = call(coordinator, "post", f"{url}status/", {"status": "on_hold", "reason": "In hospital"})
    assert (code, answer["status"], answer["first_name"]) == (200, "on_hold", "Rosalia")
    assert call(coordinator, "post", f"{url}status/", {"status": "inquiry"})[0] == 409


def test_referral_goes_from_bundle_to_client(branch, coordinator, call):
    document = bundle(patient(), condition())
    code, made = call(coordinator, "post", f"{REFERRALS}import/", document)
    assert (code, made["outcome"], made["referral"]["summary"]["conditions"][0]["display"]) == (
        201,
        "created",
        "Heart failure",
    )
    assert call(coordinator, "post", f"{REFERRALS}import/", document)[1]["outcome"] == "unchanged"
    url = f"{REFERRALS}{made['referral']['id']}/"
    code, client = call(coordinator, "post", f"{url}accept/", {"branch": branch.pk}, key="a")
    assert (code, client["status"], client["diagnoses"][0]["display"]) == (200, "assessment", "Heart failure")
    assert call(coordinator, "post", f"{url}accept/", {"branch": branch.pk}, key="b")[1]["id"] == client["id"]
    assert call(coordinator, "get", url)[1]["client"] == client["id"]
    assert call(coordinator, "post", f"{url}decline/", {"reason": "x"})[0] == 409
    assert Client.objects.count() == 1


def test_refused_bundle_says_what_is_wrong_where(coordinator, call):
    code, answer = call(coordinator, "post", f"{REFERRALS}import/", bundle(patient(birthDate=None)))
    assert code == 422
    assert "Patient.birthDate is missing" in answer["errors"]["bundle"][0]
    assert call(coordinator, "post", f"{REFERRALS}import/", [1])[0] == 422
    assert not Referral.objects.exists()


def test_referral_is_declined_and_reopened(coordinator, call):
    row = ReferralFactory()
    url = f"{REFERRALS}{row.pk}/"
    assert call(coordinator, "post", f"{url}decline/", {"reason": ""})[0] == 422
    assert call(coordinator, "post", f"{url}decline/", {"reason": "Out of our area"})[1]["status"] == "declined"
    assert call(coordinator, "post", f"{url}reopen/")[1]["status"] == "received"
    assert len(call(coordinator, "get", f"{REFERRALS}?status=received&q=lopes")[1]["results"]) == 1


def test_known_referral_of_another_branch_is_not_shown(branch, coordinator, other_coordinator, call):
    document = bundle(patient())
    made = call(coordinator, "post", f"{REFERRALS}import/", document)[1]["referral"]
    call(coordinator, "post", f"{REFERRALS}{made['id']}/accept/", {"branch": branch.pk})
    assert call(other_coordinator, "post", f"{REFERRALS}import/", document) == (
        200,
        {"outcome": "unchanged", "referral": None},
    )
