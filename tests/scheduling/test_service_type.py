"""The kinds of service: added, changed, switched off; what was a visit in person stays one."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from homecare.audit.models import Event
from homecare.clock import now
from homecare.errors import DomainError
from scheduling.models import ServiceType, Visit
from scheduling.services.service_type import add_service_type, change_service_type
from tests.factories import AddressFactory, ClientFactory, ServiceTypeFactory, VisitFactory

pytestmark = pytest.mark.django_db
LIST, NEW = "scheduling:service-type-list", "scheduling:service-type-create"
GIVEN = {
    "code": " night ", "name": "Night care", "mode": "in_person", "categories": ["personal_care"],
    "performed": ["mobility"], "colour": "6", "is_billable": "on", "is_active": "on",
}  # fmt: skip


def begun(**fields):
    return VisitFactory(starts_at=now() - dt.timedelta(days=1), **fields).service_type


def trail(row):
    return [(event.action, event.changes) for event in Event.objects.about(row).order_by("pk")]


def test_service_is_added_and_changed_on_its_page(manager, as_user):
    http = as_user(manager)
    assert http.post(reverse(NEW), GIVEN).url == reverse(LIST)
    row = ServiceType.objects.get(code="NIGHT")
    assert (row.name, row.categories, row.performed, row.colour) == ("Night care", ["personal_care"], ["mobility"], 6)
    page = http.get(row.get_absolute_url())
    assert "code" not in page.context["form"].fields and not page.context["form"].fields["mode"].disabled
    changed = {**GIVEN, "code": "OTHER", "mode": "video", "is_active": ""}
    assert http.post(row.get_absolute_url(), changed).status_code == 302
    row.refresh_from_db()
    assert (row.code, row.mode, row.is_active) == ("NIGHT", "video", False)
    assert trail(row) == [
        ("servicetype.added", {"code": [None, "NIGHT"], "name": [None, "Night care"]}),
        ("servicetype.changed", {"mode": ["in_person", "video"], "is_active": [True, False]}),
    ]
    assert "Switched off" in http.get(reverse(LIST)).content.decode()


@pytest.mark.parametrize(("field", "value"), [("code", ""), ("name", ""), ("colour", "9"), ("mode", "letter")])
def test_what_cannot_be_is_said_beside_its_field(manager, as_user, field, value):
    answer = as_user(manager).post(reverse(NEW), {**GIVEN, field: value})
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert "Night" in answer.content.decode() or field == "name"


def test_a_code_is_given_once(manager, as_user):
    ServiceTypeFactory(code="NIGHT")
    answer = as_user(manager).post(reverse(NEW), GIVEN)
    assert answer.context["form"].errors == {"code": ["Another service has this code. Choose another one."]}


def test_how_it_is_done_stays_once_a_visit_has_taken_place(manager, as_user):
    service = begun()
    page = as_user(manager).get(service.get_absolute_url())
    assert page.context["form"].fields["mode"].disabled
    with pytest.raises(DomainError, match="have taken place") as refused:
        change_service_type(service, mode="telephone", by=manager)
    assert refused.value.field == "mode"
    answer = as_user(manager).post(
        service.get_absolute_url(), {**GIVEN, "mode": "telephone", "categories": ["personal_care", "live_in"]}
    )
    assert list(answer.context["form"].errors) == ["categories"]
    service.refresh_from_db()
    assert (service.mode, service.categories) == ("in_person", ["personal_care"])
    change_service_type(service, name="Care at home", categories=["mobility"], by=manager)
    assert trail(service)[-1][1] == {
        "name": ["Personal care", "Care at home"],
        "categories": [["personal_care"], ["mobility"]],
    }


@pytest.mark.parametrize("status", [Visit.Status.CANCELLED, Visit.Status.MISSED])
def test_what_never_took_place_does_not_hold_a_service(manager, status):
    service = begun(status=status)
    assert change_service_type(service, mode="telephone", by=manager).is_remote


def test_saving_without_a_change_leaves_no_trace(manager):
    service = ServiceTypeFactory()
    change_service_type(service, name=service.name, by=manager)
    assert trail(service) == []


def test_coordinators_do_not_decide_what_is_offered(coordinator, as_user):
    http, row = as_user(coordinator), ServiceTypeFactory()
    for url in (reverse(LIST), reverse(NEW), row.get_absolute_url()):
        assert http.get(url).status_code == 403
    answer = http.patch(reverse("api:servicetype-detail", args=[row.pk]), {}, content_type="application/json")
    assert answer.status_code == 403


def test_list_costs_the_same_for_one_and_for_thirty(manager, as_user):
    http, counts = as_user(manager), []
    for many in (1, 30):
        for n in range(many):
            ServiceTypeFactory(code=f"N{many}-{n}")
        http.get(reverse(LIST))
        with CaptureQueriesContext(connection) as seen:
            assert http.get(reverse(LIST)).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_api_writes_through_the_same_service(manager, as_user):
    http, url = as_user(manager), reverse("api:servicetype-list")
    made = http.post(url, {"code": "night", "name": "Night", "mode": "in_person"}, content_type="application/json")
    assert (made.status_code, made.json()["code"]) == (201, "NIGHT")
    row = ServiceType.objects.get(code="NIGHT")
    one = reverse("api:servicetype-detail", args=[row.pk])
    changed = http.patch(one, {"code": "X", "name": "Nights"}, content_type="application/json")
    assert (changed.status_code, changed.json()["code"], changed.json()["name"]) == (200, "NIGHT", "Nights")
    assert (made.json()["version"], changed.json()["version"]) == (1, 2)
    stale = http.patch(one, {"name": "Evenings", "version": 1}, content_type="application/json")
    assert (stale.status_code, f"{manager} changed this at" in stale.json()["detail"]) == (409, True)
    assert ServiceType.objects.get(pk=row.pk).name == "Nights"
    VisitFactory(service_type=row, starts_at=now() - dt.timedelta(days=1))
    refused = http.patch(one, {"mode": "video"}, content_type="application/json")
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["mode"])
    assert http.patch(one, {"colour": 9}, content_type="application/json").status_code == 422
    assert http.delete(one).status_code in (403, 405)


def test_a_code_taken_meanwhile_is_refused_beside_its_field(manager):
    ServiceTypeFactory(code="NIGHT")
    with pytest.raises(DomainError) as refused:
        add_service_type("night", name="Night", by=manager)
    assert refused.value.field == "code"


def test_nothing_new_is_planned_with_a_service_that_is_switched_off(branch, coordinator, as_user):
    http, service = as_user(coordinator), ServiceTypeFactory(name="Foot care", is_active=False)
    client = ClientFactory(branch=branch)
    visit = {"starts_at": "2026-12-07T14:00:00Z", "ends_at": "2026-12-07T15:00:00Z"}
    pattern = {"rule": "FREQ=WEEKLY;BYDAY=MO", "starts_on": "2026-12-07", "start_time": "09:00", "duration_minutes": 60}
    for name, values in (("visit", visit), ("schedule", pattern)):
        body = {"client": client.pk, "service_type": service.pk, **values}
        refused = http.post(reverse(f"api:{name}-list"), body, content_type="application/json")
        assert refused.status_code == 422, name
        assert "Foot care is switched off. Choose another service" in refused.content.decode()
        ServiceType.objects.filter(pk=service.pk).update(is_active=True)
        assert http.post(reverse(f"api:{name}-list"), body, content_type="application/json").status_code == 201, name
        ServiceType.objects.filter(pk=service.pk).update(is_active=False)


def test_nobody_comes_to_share_a_visit_with_a_service_that_is_switched_off(branch, caregiver, coordinator, as_user):
    homes = [ClientFactory(branch=branch, last_name="Diaz") for _number in range(2)]
    for client in homes:
        AddressFactory(client=client, line1="2 Home Street")
    starts_at = (now() + dt.timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
    visit = VisitFactory(
        client=homes[0], caregiver=caregiver, starts_at=starts_at, ends_at=starts_at + dt.timedelta(hours=1)
    )
    body = {
        "client": homes[1].pk,
        "service_type": ServiceTypeFactory(code="FOOT", name="Foot care", is_active=False).pk,
    }
    refused = as_user(coordinator).post(f"/api/v1/visits/{visit.pk}/share/", body, content_type="application/json")
    assert (refused.status_code, "Foot care is switched off" in refused.content.decode()) == (422, True)
    assert not visit.followers.exists()


def test_visit_of_a_service_switched_off_is_edited_without_changing_it(branch, coordinator, as_user):
    service = ServiceTypeFactory(is_active=False)
    visit = VisitFactory(
        client=ClientFactory(branch=branch), service_type=service, starts_at=now() + dt.timedelta(days=3)
    )
    page = as_user(coordinator).get(reverse("scheduling:visit-update", args=[visit.pk]))
    assert f'<option value="{service.pk}" selected>' in page.content.decode()
