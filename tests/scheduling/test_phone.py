"""The caregiver's pages, without a browser: who may see what, plain forms, the outbox's address."""

import datetime as dt
import json
import uuid

import pytest
from django.db import connection
from django.test import Client as HttpClient
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from careplans.models import CarePlan, MedicationOrder
from clients.models import Allergy
from homecare.audit.models import Event
from homecare.clock import at_local, today
from scheduling.models import ClockEvent, PhoneEvent, Visit, VisitNote
from staff.models import Role, TaskCategory
from tests.factories import AddressFactory, CarePlanFactory, ClientFactory, PlannedTaskFactory, VisitFactory

pytestmark = pytest.mark.django_db
ZONE = "America/New_York"


def today_at(hour: int, minute: int = 0) -> dt.datetime:
    return at_local(today(ZONE), dt.time(hour, minute), ZONE)


def visit_of(caregiver, hour=10, **fields):
    client = ClientFactory(branch=caregiver.branch, **fields.pop("client", {}))
    AddressFactory(client=client, access_notes="Key under the pot")
    return VisitFactory(caregiver=caregiver, client=client, starts_at=today_at(hour), **fields)


def plan_with(client, *titles):
    plan = CarePlanFactory(client=client)
    tasks = [PlannedTaskFactory(plan=plan, title=title, position=n) for n, title in enumerate(titles)]
    CarePlan.objects.filter(pk=plan.pk).update(status="in_review")
    CarePlan.objects.filter(pk=plan.pk).update(status="active", activated_at=timezone.now() - dt.timedelta(days=1))
    return tasks


def page(http, name, *args, **query):
    return http.get(reverse(f"scheduling:{name}", args=args), query)


def text(response) -> str:
    return response.content.decode()


def test_today_shows_own_visits_in_order(caregiver, other_caregiver, as_user):
    visit_of(caregiver, 14, client={"first_name": "Zoe"})
    visit_of(caregiver, 9, client={"first_name": "Amy"})
    visit_of(other_caregiver, 9, client={"first_name": "Carl"})
    body = text(page(as_user(caregiver.user), "phone-today"))
    assert body.index("Amy") < body.index("Zoe")
    assert "Carl" not in body
    assert "geo:42.358000,-71.063000?q=42.358000,-71.063000(1%20Beacon%20Street" in body
    assert "09:00" in body


def test_today_without_visits_is_friendly(caregiver, as_user):
    assert "No visits today" in text(page(as_user(caregiver.user), "phone-today"))


def test_today_costs_the_same_queries_for_1_and_12_visits(caregiver, as_user):
    http = as_user(caregiver.user)
    page(http, "phone-today")
    counts = []
    for hours in ([6], range(7, 18)):
        for hour in hours:
            visit_of(caregiver, hour)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert page(http, "phone-today").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 12


def test_week_shows_each_day_and_survives_nonsense(caregiver, as_user):
    visit = visit_of(caregiver, 9)
    http = as_user(caregiver.user)
    assert visit.client.last_name in text(page(http, "phone-week"))
    next_week = today(ZONE) + dt.timedelta(days=7)
    assert visit.client.last_name not in text(page(http, "phone-week", week=next_week.isoformat()))
    for nonsense in ("x", "9999-12-31", "0001-01-01"):
        assert page(http, "phone-week", week=nonsense).status_code == 200


def test_visit_page_shows_what_matters_and_leaves_a_trace(caregiver, as_user):
    visit = visit_of(caregiver, client={"important": "Hard of hearing", "preferred_name": "Rosie"})
    Allergy.objects.create(client=visit.client, substance="Penicillin", reaction="Rash")
    MedicationOrder.objects.create(client=visit.client, name="Furosemide 40 mg", dosage="One in the morning")
    MedicationOrder.objects.create(client=visit.client, name="Old pill", stopped_on=dt.date(2026, 1, 1))
    plan_with(visit.client, "Help with washing")
    body = text(page(as_user(caregiver.user), "phone-visit", visit.pk))
    for fact in (
        "Rosie",
        "Key under the pot",
        "Hard of hearing",
        "Penicillin (Rash)",
        "Help with washing",
        "Furosemide",
    ):
        assert fact in body
    assert "Old pill" not in body
    view = Event.objects.get(kind=Event.Kind.VIEW)
    assert (view.client_id, view.user) == (visit.client_id, caregiver.user)


def test_visit_page_keeps_health_facts_to_the_time_around_the_visit(caregiver, as_user):
    visit = visit_of(caregiver, client={"important": "Hard of hearing"})
    Visit.objects.filter(pk=visit.pk).update(
        starts_at=timezone.now() - dt.timedelta(days=60), ends_at=timezone.now() - dt.timedelta(days=60, hours=-1)
    )
    body = text(page(as_user(caregiver.user), "phone-visit", visit.pk))
    assert "Hard of hearing" not in body
    assert "only around the visit" in body


def test_visit_page_shows_signs_within_the_scope_only(caregiver, as_user):
    visit = visit_of(caregiver)
    http = as_user(caregiver.user)
    assert 'name="systolic"' not in text(page(http, "phone-visit", visit.pk))
    Role.objects.filter(pk=caregiver.role_id).update(scope=[*caregiver.role.scope, TaskCategory.VITALS])
    assert 'name="systolic" type="number" inputmode="decimal" min="40" max="300"' in text(
        page(http, "phone-visit", visit.pk)
    )


@pytest.mark.parametrize("name", ["phone-visit", "phone-clock-in", "phone-note", "phone-task", "phone-vitals"])
def test_visit_of_somebody_else_is_not_found(caregiver, other_caregiver, as_user, name):
    visit = visit_of(other_caregiver)
    http = as_user(caregiver.user)
    url = reverse(f"scheduling:{name}", args=[visit.pk])
    assert (http.get(url) if name == "phone-visit" else http.post(url, {"text": "x"})).status_code == 404
    assert not PhoneEvent.objects.exists()


@pytest.mark.parametrize("name", ["phone-today", "phone-week", "phone-events-waiting", "phone-calendar", "phone-event"])
def test_phone_pages_are_for_caregivers(coordinator, as_user, name):
    assert page(as_user(coordinator), name).status_code == 403
    assert page(HttpClient(), name).status_code in (302, 401)


def test_phone_pages_need_a_staff_record(administrator, as_user):
    assert page(as_user(administrator), "phone-today").status_code == 403


def post(http, visit, kind, **data):
    return http.post(reverse(f"scheduling:phone-{kind.replace('_', '-')}", args=[visit.pk]), data)


def test_plain_forms_carry_out_a_whole_visit(caregiver, as_user):
    visit = visit_of(caregiver)
    first, _second = plan_with(visit.client, "Wash", "Cook")
    http = as_user(caregiver.user)
    key = uuid.uuid4()
    assert post(http, visit, "confirm").status_code == 302
    for _twice in range(2):
        assert post(http, visit, "clock_in", key=key).status_code == 302
    post(http, visit, "task", planned_task=first.pk, outcome="done")
    post(http, visit, "note", text="Ate well")
    warned = post(http, visit, "clock_out")
    assert "1 task has no answer yet." in text(warned)
    visit.refresh_from_db()
    assert visit.status == "in_progress"
    post(http, visit, "clock_out", anyway="1")
    visit.refresh_from_db()
    assert (visit.status, visit.notes.get().text) == ("completed", "Ate well")
    assert dict(visit.tasks.values_list("title", "outcome")) == {"Wash": "done", "Cook": "pending"}
    assert list(ClockEvent.objects.values_list("kind", "position_problem").order_by("pk")) == [
        ("in", "no_script"),
        ("out", "no_script"),
    ]


def test_plain_form_that_lacks_something_keeps_what_was_typed(caregiver, as_user):
    visit = visit_of(caregiver)
    (task,) = plan_with(visit.client, "Wash")
    Role.objects.filter(pk=caregiver.role_id).update(scope=[*caregiver.role.scope, TaskCategory.VITALS])
    http = as_user(caregiver.user)
    answer = post(http, visit, "vitals", systolic="900", heart_rate="70")
    assert answer.status_code == 422
    assert "from 40 to 300" in text(answer)
    assert 'value="900"' in text(answer)
    assert post(http, visit, "vitals").status_code == 422
    assert post(http, visit, "note", text=" ").status_code == 422
    assert post(http, visit, "task", planned_task=task.pk, outcome="refused").status_code == 422
    assert not PhoneEvent.objects.exists()
    assert post(http, visit, "vitals", systolic="128").status_code == 302
    assert visit.readings.get().value == 128


HEADERS = {"X-Care-Outbox": "1", "Sec-Fetch-Site": "same-origin"}


def send(http, visit, kind="note", body=None, headers=HEADERS, **more):
    act = {
        "key": str(uuid.uuid4()),
        "kind": kind,
        "visit": visit.pk,
        "at": timezone.now().isoformat(),
        "body": {"text": "Fine"} if body is None else body,
        **more,
    }
    return http.post(
        reverse("scheduling:phone-event"), json.dumps(act), content_type="application/json", headers=headers
    )


def test_outbox_answers(caregiver, as_user):
    visit = visit_of(caregiver)
    http = as_user(caregiver.user)
    key, at = str(uuid.uuid4()), timezone.now().isoformat()
    first = send(http, visit, key=key, at=at)
    again = send(http, visit, key=key, at=at)
    other = send(http, visit, key=key, at=at, body={"text": "Other"})
    Visit.objects.filter(pk=visit.pk).update(status="cancelled")
    kept = send(http, visit)
    assert [one.status_code for one in (first, again, other, kept)] == [201, 200, 422, 202]
    assert (first.json()["replay"], again.json()["replay"]) == (False, True)
    assert kept.json()["sentence"].startswith("This visit was cancelled.")
    assert abs(first.json()["now"] / 1000 - timezone.now().timestamp()) < 60
    assert VisitNote.objects.count() == 1


def test_outbox_takes_acts_only_from_our_page_and_for_who_is_signed_in(caregiver, as_user):
    visit = visit_of(caregiver)
    http = HttpClient(enforce_csrf_checks=True)
    assert send(http, visit).status_code == 401
    http.force_login(caregiver.user)
    for headers in ({}, {"X-Care-Outbox": "1"}, {**HEADERS, "Sec-Fetch-Site": "cross-site"}):
        assert send(http, visit, headers=headers).status_code == 403
    assert send(http, visit, headers={"X-Care-Outbox": "1", "Origin": "https://evil.example"}).status_code == 403
    assert send(http, visit, user=caregiver.user.pk + 1).status_code == 403
    assert not PhoneEvent.objects.exists()
    assert send(http, visit, user=caregiver.user.pk).status_code == 201
    assert send(http, visit, headers={"X-Care-Outbox": "1", "Origin": "http://testserver"}).status_code == 201


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'"x"', b"\xff", b'{"kind": "note"}'])
def test_outbox_refuses_what_is_no_act(caregiver, as_user, raw):
    answer = as_user(caregiver.user).post(
        reverse("scheduling:phone-event"), raw, content_type="application/json", headers=HEADERS
    )
    assert answer.status_code in (403, 422)
    assert answer.json()["sentence"]


def test_outbox_keeps_a_null_character_out_of_the_database(caregiver, as_user):
    visit = visit_of(caregiver)
    assert send(as_user(caregiver.user), visit, body={"text": "a\u0000b"}).status_code == 201
    assert VisitNote.objects.get().text == "ab"


def test_waiting_page_shows_what_the_office_looks_at(caregiver, as_user):
    visit = visit_of(caregiver)
    http = as_user(caregiver.user)
    Visit.objects.filter(pk=visit.pk).update(status="cancelled")
    send(http, visit)
    assert "This visit was cancelled." in text(page(http, "phone-events-waiting"))


def test_worker_and_manifest_are_served(db):
    worker = HttpClient().get("/care/sw.js")
    assert worker["Service-Worker-Allowed"] == "/care/"
    assert worker["Content-Type"].startswith("text/javascript")
    assert HttpClient().get("/care/manifest.webmanifest").json()["scope"] == "/care/"


def test_worker_and_manifest_load_no_data_for_nobody(db):
    assert "visits" not in text(HttpClient().get("/care/sw.js"))
