"""The pages and the API of webhooks: who sees which, the secret shown once, the log."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from homecare.accounts.roles import RoleName
from homecare.webhooks.models import Dispatch, Endpoint
from homecare.webhooks.services.dispatch import deliver_due
from homecare.webhooks.services.endpoint import create_endpoint, ping_endpoint
from tests.conftest import person

pytestmark = pytest.mark.django_db


def test_secret_is_shown_once(listener, manager, as_user):
    http = as_user(manager)
    made = http.post(
        reverse("webhooks:endpoint-create"), {"name": "Sync", "url": listener.url, "kinds": ["visit.planned"]}
    )
    secret = made.context["secret"]
    assert secret.startswith("whsec_")
    assert secret in made.content.decode()
    row = Endpoint.objects.get()
    assert secret not in http.get(row.get_absolute_url()).content.decode()
    assert not [value for value in vars(row).values() if isinstance(value, str) and secret[6:] in value]
    again = http.post(reverse("webhooks:endpoint-rotate", args=[row.pk]))
    assert again.context["secret"] != secret


def test_refused_address_keeps_what_was_typed(manager, as_user):
    page = as_user(manager).post(
        reverse("webhooks:endpoint-create"), {"name": "Sync", "url": "https://10.0.0.1/", "kinds": ["visit.planned"]}
    )
    text = page.content.decode()
    assert "private network" in text
    assert "https://10.0.0.1/" in text
    assert Endpoint.objects.count() == 0


def test_log_shows_the_answer_and_sends_again(endpoint, listener, manager, as_user):
    http = as_user(manager)
    listener.answers = [500]
    http.post(reverse("webhooks:endpoint-ping", args=[endpoint.pk]))
    deliver_due()
    assert "500 ·" in http.get(endpoint.get_absolute_url()).content.decode()
    row = Dispatch.objects.get()
    http.post(reverse("webhooks:dispatch-redeliver", args=[row.pk]))
    assert deliver_due() == 1
    Dispatch.objects.update(status="failed")
    http.post(reverse("webhooks:endpoint-redeliver", args=[endpoint.pk]))
    assert deliver_due() == 1
    http.post(reverse("webhooks:endpoint-switch-off", args=[endpoint.pk]))
    assert Endpoint.objects.get().is_active is False
    http.post(reverse("webhooks:endpoint-remove", args=[endpoint.pk]))
    assert Endpoint.objects.count() == 0


def test_a_manager_of_one_branch_sees_only_its_webhooks(listener, endpoint, branch, other_branch, manager, as_user):
    local = person(RoleName.MANAGER, branch)
    own, _secret = create_endpoint(name="Own", url=listener.url, kinds=["visit.planned"], branch=branch, by=manager)
    http = as_user(local)
    assert list(http.get(reverse("webhooks:endpoint-list")).context["object_list"]) == [own]
    assert http.get(endpoint.get_absolute_url()).status_code == 404
    asked = {"name": "All", "url": listener.url, "kinds": ["visit.planned"], "branch": ""}
    assert http.post(reverse("webhooks:endpoint-create"), asked).context["form"].errors["branch"]
    refused = http.post(reverse("api:webhook-endpoint-list"), asked | {"branch": None}, "application/json")
    assert (refused.status_code, refused.json()["errors"]) == (422, {"branch": ["Name a branch of yours."]})


@pytest.mark.parametrize("name", ["list", "detail"])
def test_lists_cost_the_same_for_1_and_30(name, endpoint, listener, manager, as_user):
    http = as_user(manager)
    url = reverse("webhooks:endpoint-list") if name == "list" else endpoint.get_absolute_url()

    def cost():
        with CaptureQueriesContext(connection) as found:
            assert http.get(url).status_code == 200
        return len(found)

    ping_endpoint(endpoint, by=manager)
    http.get(url)
    first = cost()
    for n in range(29):
        create_endpoint(name=f"N{n}", url=listener.url, kinds=["visit.planned"], branch=None, by=manager)
        ping_endpoint(endpoint, by=manager)
    assert cost() == first


def test_api_makes_pings_and_lists(listener, manager, as_user):
    http = as_user(manager)
    asked = {"name": "Sync", "url": listener.url, "kinds": ["visit.planned"], "branch": None}
    made = http.post(reverse("api:webhook-endpoint-list"), asked, "application/json")
    assert (made.status_code, made.json()["secret"][:6]) == (201, "whsec_")
    pk = made.json()["id"]
    http.post(reverse("api:webhook-endpoint-ping", args=[pk]))
    assert deliver_due() == 1
    (row,) = http.get(reverse("api:webhook-delivery-list")).json()["results"]
    assert (row["kind"], row["status"], row["tries"][0]["code"]) == ("webhook.ping", "delivered", 204)
    again = http.post(reverse("api:webhook-delivery-redeliver", args=[row["id"]]))
    assert again.json()["status"] == "waiting"
    assert http.post(reverse("api:webhook-endpoint-switch-off", args=[pk])).json()["is_active"] is False
    assert "visit.planned" in [row["kind"] for row in http.get(reverse("api:webhook-endpoint-kinds")).json()]
    assert "secret" not in http.get(reverse("api:webhook-endpoint-detail", args=[pk])).json()
