"""What every endpoint shares: who may, with which token, once, and how it says no."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client as HttpClient
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from rest_framework import mixins, serializers

from homecare.accounts.models import Holiday, IdempotencyKey, PersonalToken, User
from homecare.accounts.services.token import create_token, revoke_token
from homecare.accounts.services.user import deactivate_user
from homecare.api.viewsets import IdempotentWrites, ReadViewSet
from homecare.errors import Conflict, DomainError
from homecare.jobs.models import Job
from homecare.jobs.services.job import start_job
from tests.homecare import counting

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"


class HolidaySerializer(serializers.ModelSerializer):
    class Meta:
        model = Holiday
        fields = ["id", "branch", "on", "name"]
        validators: list = []


class HolidayViewSet(IdempotentWrites, mixins.CreateModelMixin, ReadViewSet):
    """An endpoint for tests alone."""

    queryset = Holiday.objects.all()
    serializer_class = HolidaySerializer
    permissions = {"list": "accounts.see_branch_rows", "create": "scheduling.change_visit"}

    def perform_create(self, serializer) -> None:
        name = serializer.validated_data["name"]
        if name == "refused":
            raise DomainError("Holidays have names.", field="name")
        if name == "taken":
            raise Conflict("Somebody was faster.")
        serializer.save()


def call(user: User | None, method: str = "get", *, body: dict | None = None, token: str = "", key: str = ""):
    """A request to the endpoint above, with a token."""
    headers = {"Authorization": f"Bearer {token or token_of(user)}"} if user else {}
    if key:
        headers["Idempotency-Key"] = key
    action = {"get": "list", "post": "create", "delete": "destroy"}[method]
    view = HolidayViewSet.as_view({method: action} if hasattr(HolidayViewSet, action) else {"get": "list"})
    data = json.dumps(body) if body is not None else ""
    request = RequestFactory().generic(method.upper(), "/x/", data, "application/json", headers=headers)
    answer: HttpResponse = view(request)
    answer.render()
    return answer


def token_of(user: User, scope: str = "write", **more) -> str:
    return create_token(user, "Test", scope=scope, expires_on=more.get("expires_on"), by=user)[1]


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def christmas(branch, name: str = "Christmas") -> dict:
    return {"branch": branch.pk, "on": "2026-12-25", "name": name}


def test_me_says_who_and_what_and_where(coordinator, branch):
    answer = HttpClient().get(ME, headers=bearer(token_of(coordinator, "read")))
    body = answer.json()
    assert answer.status_code == 200
    assert (body["id"], body["roles"], body["branches"], body["scopes"]) == (
        coordinator.pk,
        ["Coordinator"],
        [branch.code],
        ["read"],
    )
    assert "scheduling.change_visit" in body["permissions"]


def test_api_without_sign_in_is_401_as_problem_json():
    for path in (ME, "/api/v1/jobs/", "/api/v1/schema/", "/api/v1/branches/", "/api/v1/notifications/"):
        answer = HttpClient().get(path)
        assert answer.status_code == 401, path
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["status"] == 401


@pytest.mark.parametrize("spoil", ["wrong", "expired", "revoked", "inactive"])
def test_token_that_is_no_longer_good_is_refused_at_once(coordinator, administrator, spoil):
    token, secret = create_token(coordinator, "Test", scope="read", expires_on=None, by=coordinator)
    assert HttpClient().get(ME, headers=bearer(secret)).status_code == 200
    if spoil == "wrong":
        secret += "x"
    if spoil == "expired":
        PersonalToken.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    if spoil == "revoked":
        revoke_token(token, by=coordinator)
    if spoil == "inactive":
        deactivate_user(coordinator, by=administrator)
    answer = HttpClient().get(ME, headers=bearer(secret))
    assert answer.status_code == 401
    assert "Make a new one on your profile page" in answer.json()["detail"]


def test_reading_token_writes_nothing(coordinator, branch):
    secret = token_of(coordinator, "read")
    assert call(coordinator, token=secret).status_code == 200
    answer = call(coordinator, "post", body=christmas(branch), token=secret)
    assert answer.status_code == 403
    assert not Holiday.objects.exists()


def test_permission_is_asked_per_action(biller, coordinator, caregiver, branch):
    assert call(biller, "post", body=christmas(branch)).status_code == 403
    assert call(caregiver.user).status_code == 403
    assert call(coordinator, "post", body=christmas(branch)).status_code == 201
    assert call(coordinator).status_code == 200


def test_rows_of_other_branches_are_not_listed(coordinator, other_coordinator, branch):
    Holiday.objects.create(**{**christmas(branch), "branch": branch})
    assert len(call(coordinator).data["results"]) == 1
    assert call(other_coordinator).data["results"] == []


@pytest.mark.parametrize(
    ("name", "status", "code", "errors"),
    [
        ("refused", 422, "refused", {"name": ["Holidays have names."]}),
        ("taken", 409, "conflict", None),
        ("", 422, "invalid", {"name": ["This field may not be blank."]}),
    ],
)
def test_refusal_is_problem_json_with_its_fields(coordinator, branch, name, status, code, errors):
    answer = call(coordinator, "post", body=christmas(branch, name))
    problem = json.loads(answer.content)
    assert answer.status_code == problem["status"] == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (problem["code"], problem.get("errors")) == (code, errors)
    assert problem["detail"]


def test_write_with_a_key_happens_once(coordinator, branch):
    first = call(coordinator, "post", body=christmas(branch), key="k1")
    again = call(coordinator, "post", body=christmas(branch), key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert json.loads(first.content) == json.loads(again.content)
    assert again.headers["Idempotent-Replay"] == "true"
    assert Holiday.objects.count() == 1


def test_key_used_for_another_body_is_refused(coordinator, branch):
    call(coordinator, "post", body=christmas(branch), key="k1")
    answer = call(coordinator, "post", body=christmas(branch, "Boxing day"), key="k1")
    assert answer.status_code == 422
    assert "another request" in json.loads(answer.content)["detail"]


def test_key_of_a_refused_write_may_be_used_again(coordinator, branch):
    assert call(coordinator, "post", body=christmas(branch, "taken"), key="k1").status_code == 409
    assert not IdempotencyKey.objects.exists()
    assert call(coordinator, "post", body=christmas(branch), key="k1").status_code == 201


def test_key_belongs_to_one_person(coordinator, supervisor, other_coordinator, branch, other_branch):
    call(coordinator, "post", body=christmas(branch), key="k1")
    assert call(other_coordinator, "post", body=christmas(other_branch), key="k1").status_code == 201


def test_jobs_are_read_and_stopped_by_their_owner(coordinator, other_coordinator, branch):
    job = start_job(counting.COUNT, by=coordinator, params={"branch": branch.pk, "items": 1})
    mine, other = bearer(token_of(coordinator)), bearer(token_of(other_coordinator))
    path = f"/api/v1/jobs/{job.public_id}/"
    assert HttpClient().get(path, headers=mine).json()["status"] == "queued"
    assert HttpClient().get(path, headers=other).status_code == 404
    assert HttpClient().get("/api/v1/jobs/", headers=other).json()["results"] == []
    answer = HttpClient().post(f"{path}cancel/", headers=mine)
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert HttpClient().post(f"{path}retry/", headers=mine).status_code == 409
    assert Job.objects.get().status == "cancelled"


def test_session_writes_need_the_csrf_token(coordinator):
    job = start_job(counting.REFUSE, by=coordinator)
    http = HttpClient(enforce_csrf_checks=True)
    http.force_login(coordinator)
    assert http.get(ME).status_code == 200
    assert http.post(f"/api/v1/jobs/{job.public_id}/cancel/").status_code == 403


def test_schema_describes_every_endpoint_without_a_warning():
    with GENERATOR_STATS.silence():
        schema = SchemaGenerator().get_schema(request=None, public=True)
        complaints = {**GENERATOR_STATS._warn_cache, **GENERATOR_STATS._error_cache}
    assert complaints == {}
    assert {ME, "/api/v1/jobs/{public_id}/cancel/", "/api/v1/branches/"} <= set(schema["paths"])
    assert schema["components"]["securitySchemes"]["personalToken"] == {"type": "http", "scheme": "bearer"}


def test_schema_and_docs_are_for_people_who_may_sign_in(coordinator, caregiver, as_user):
    assert as_user(coordinator).get(reverse("api:schema")).status_code == 200
    page = as_user(coordinator).get(reverse("api:docs"))
    assert page.status_code == 200
    assert b"swagger-ui-bundle.js" in page.content
    assert b"cdn" not in page.content
    assert as_user(caregiver.user).get(reverse("api:docs")).status_code == 403
    assert HttpClient().get(reverse("api:docs")).status_code == 302


def test_route_list_names_every_address_with_who_may():
    out = StringIO()
    call_command("list_routes", "--json", stdout=out)
    found = {route["name"]: route for route in json.loads(out.getvalue())}
    assert found["jobs:job-list"] == {
        "path": "/jobs/",
        "name": "jobs:job-list",
        "view": "homecare.jobs.views.job.JobList",
        "permission": "jobs.view_job",
    }
    assert found["accounts:profile"]["permission"] == "signed in"
    assert found["accounts:invitation-accept"]["permission"] == "public"
    assert found["api:job-cancel"]["permission"] == "cancel=signed in"
    text = StringIO()
    call_command("list_routes", stdout=text)
    assert f"{len(json.loads(out.getvalue()))} addresses" in text.getvalue()
