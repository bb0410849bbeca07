import datetime as dt
from decimal import Decimal as D

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from careplans import catalogue
from careplans.due_assessments import due_assessments
from careplans.models import Assessment, CarePlan, Instrument, MedicationOrder, PlanTemplate, VitalReading
from careplans.services import care_plan as plans
from careplans.services.assessment import record_assessment
from careplans.services.vital_reading import record_reading
from clients.models import Client
from homecare.audit.models import Event
from homecare.clock import today
from tests.careplans.test_care_plan import GOALS, TASKS, in_force, written
from tests.factories import ClientFactory, DiagnosisFactory

SNOMED = "http://snomed.info/sct"
MOST_QUERIES = 12
# The record head and its trail entry of a client's page come on top of a list's queries.
MOST_OF_A_RECORD = 16


@pytest.fixture
def client(branch):
    catalogue.load()
    return ClientFactory(branch=branch)


def katz():
    return Instrument.objects.get(code="katz")


def assess(client, by, **changes):
    answers = {item["code"]: 1 for item in katz().items} | changes
    return record_assessment(client, katz(), answers, assessed_on=today("America/New_York"), by=by)


def count(http, url):
    with CaptureQueriesContext(connection) as queries:
        assert http.get(url).status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    "url", ["/plans/", "/plans/?review=14", "/plans/assessments/", "/plans/assessments/?show=done", "/plans/templates/"]
)
def test_list_costs_the_same_for_one_and_thirty(url, supervisor, client, as_user):
    http = as_user(supervisor)
    in_force(client, supervisor, review_on=today("America/New_York") + dt.timedelta(days=3))
    assess(client, supervisor)
    http.get(url)
    one = count(http, url)
    for _number in range(29):
        another = ClientFactory(branch=client.branch)
        in_force(another, supervisor, review_on=today("America/New_York") + dt.timedelta(days=3))
        assess(another, supervisor)
    assert count(http, url) == one <= MOST_QUERIES


@pytest.mark.parametrize("name", ["client-plan", "client-health"])
def test_client_tab_costs_the_same_for_one_and_thirty(name, supervisor, client, as_user):
    http, url = as_user(supervisor), reverse(f"careplans:{name}", args=[client.pk])
    plan = in_force(client, supervisor)

    def more(first, last):
        nonlocal plan
        for number in range(first, last):
            record_reading(client, "systolic", D(170), taken_at=timezone.now(), by=supervisor)
            record_reading(client, "pain", D(2), taken_at=timezone.now(), by=supervisor)
            MedicationOrder.objects.create(client=client, name=f"Medicine {number}")
            assess(client, supervisor)
        plan = plans.activate_plan(
            plans.submit_plan(plans.revise_plan(plan, by=supervisor), by=supervisor), by=supervisor
        )

    more(0, 2)
    http.get(url)
    few = count(http, url)
    more(2, 32)
    assert count(http, url) == few <= MOST_OF_A_RECORD


PAGES = [
    ("careplan-list", "", "manager coordinator supervisor"),
    ("careplan-detail", "plan", "manager coordinator supervisor"),
    ("careplan-create", "client", "coordinator supervisor"),
    ("careplan-update", "plan", "coordinator supervisor"),
    ("careplan-return", "plan", "supervisor"),
    ("careplan-activate", "plan", "supervisor"),
    ("client-plan", "client", "manager coordinator supervisor"),
    ("client-health", "client", "manager coordinator supervisor"),
    ("vital-create", "client", "supervisor"),
    ("vital-acknowledge", "reading", "supervisor"),
    ("assessment-list", "", "manager coordinator supervisor"),
    ("assessment-create", "katz", "coordinator supervisor"),
    ("assessment-detail", "assessment", "manager coordinator supervisor"),
    ("plantemplate-list", "", "manager coordinator supervisor"),
    ("plantemplate-detail", "template", "manager coordinator supervisor"),
]
PEOPLE = ("manager", "coordinator", "supervisor", "biller", "relative")


@pytest.mark.parametrize(("name", "needs", "allowed"), PAGES)
def test_page_opens_for_its_roles_only(name, needs, allowed, client, other_coordinator, caregiver, as_user, request):
    people = {role: request.getfixturevalue(role) for role in PEOPLE} | {"caregiver": caregiver.user}
    args = {
        "": lambda: [],
        "client": lambda: [client.pk],
        "katz": lambda: [client.pk, "katz"],
        "plan": lambda: [written(client, people["supervisor"]).pk],
        "reading": lambda: [record_reading(client, "pain", D(9), taken_at=timezone.now(), by=people["supervisor"]).pk],
        "assessment": lambda: [assess(client, people["supervisor"]).pk],
        "template": lambda: [PlanTemplate.objects.first().pk],
    }[needs]()
    url = reverse(f"careplans:{name}", args=args)
    codes = {role: as_user(person).get(url).status_code for role, person in people.items()}
    assert codes == {role: 200 if role in allowed.split() else 403 for role in people}
    if needs and needs != "template" and "coordinator" in allowed:
        assert as_user(other_coordinator).get(url).status_code == 404


@pytest.mark.parametrize("verb", ["submit", "revise", "discard"])
def test_verbs_of_another_branch_are_not_found(verb, client, supervisor, other_coordinator, biller, as_user):
    url = reverse(f"careplans:careplan-{verb}", args=[written(client, supervisor).pk])
    assert as_user(other_coordinator).post(url).status_code == 404
    assert as_user(biller).post(url).status_code == 403
    assert as_user(supervisor).get(url).status_code == 405


@pytest.mark.parametrize("name", ["client-plan", "client-health"])
def test_looking_at_a_client_is_kept(name, client, coordinator, as_user):
    as_user(coordinator).get(reverse(f"careplans:{name}", args=[client.pk]))
    event = Event.objects.get(kind="view")
    assert (event.user, event.client_id, event.reason) == (coordinator, client.pk, name.removeprefix("client-"))


def test_plan_from_referral_to_force_through_the_pages(coordinator, supervisor, branch, as_user):
    catalogue.load()
    client = ClientFactory(branch=branch, status=Client.Status.ASSESSMENT)
    DiagnosisFactory(client=client, system=SNOMED, code="88805009", display="Heart failure")
    office, nurse = as_user(coordinator), as_user(supervisor)
    url = reverse("careplans:careplan-create", args=[client.pk])
    first = office.get(url).context["form"].choices()[0]
    assert (first["template"].code, first["is_chosen"]) == ("heart-failure", True)
    answer = office.post(url, {"template": first["template"].pk})
    plan = CarePlan.objects.get()
    assert answer.url == reverse("careplans:careplan-update", args=[plan.pk])
    office.post(reverse("careplans:careplan-submit", args=[plan.pk]))
    back = nurse.post(reverse("careplans:careplan-return", args=[plan.pk]), {"comment": "Add the scale"})
    assert back.url == plan.get_absolute_url()
    assert "Add the scale" in office.get(plan.get_absolute_url()).content.decode()
    office.post(reverse("careplans:careplan-submit", args=[plan.pk]))
    page = nurse.get(reverse("careplans:careplan-activate", args=[plan.pk]))
    dates = {name: page.context["form"].initial[name].isoformat() for name in ("starts_on", "review_on")}
    nurse.post(reverse("careplans:careplan-activate", args=[plan.pk]), dates)
    plan.refresh_from_db()
    client.refresh_from_db()
    assert (plan.status, client.status) == ("active", "active")
    shown = office.get(reverse("careplans:client-plan", args=[client.pk])).content.decode()
    assert "Weigh" in shown
    assert "Plan in force, version 1" in shown


def typed(goals=GOALS, tasks=TASKS, **more):
    fields = {"summary": "Back on the feet.", "goals": len(goals), "tasks": len(tasks)} | more
    for what, rows in (("goal", goals), ("task", tasks)):
        fields |= {f"{what}-{n}-{key}": value for n, row in enumerate(rows) for key, value in row.items()}
    return fields


def test_plan_editor_changes_rows_without_saving_or_losing_words(supervisor, client, as_user):
    plan, http = written(client, supervisor), as_user(supervisor)
    url = reverse("careplans:careplan-update", args=[plan.pk])
    half = [{"category": "", "title": "Half a ti", "instructions": "so far", "weekdays": ["0", "6"]}, *TASKS]

    def rows(act):
        page = http.post(url, typed(tasks=half, act=act), headers={"HX-Request": "true"})
        assert b"<html" not in page.content
        return [row.title for row in page.context["form"].tasks]

    assert rows("add-task") == ["Half a ti", "Shower", "Breakfast", ""]
    assert rows("down-task:0") == ["Shower", "Half a ti", "Breakfast"]
    assert rows("up-task:2") == ["Half a ti", "Breakfast", "Shower"]
    assert rows("remove-task:1") == ["Half a ti", "Breakfast"]
    assert rows("up-task:0") == rows("remove-task:99") == rows("nonsense") == ["Half a ti", "Shower", "Breakfast"]
    page = http.post(url, typed(tasks=half, act="add-goal"))
    assert b"<html" in page.content
    assert page.context["form"].tasks[0].weekdays == [0, 6]
    assert page.context["form"]["summary"].value() == "Back on the feet."
    assert plan.tasks.count() == 2


def test_plan_editor_saves_in_order(supervisor, client, as_user):
    plan = written(client, supervisor)
    http = as_user(supervisor)
    answer = http.post(
        reverse("careplans:careplan-update", args=[plan.pk]),
        typed(goals=[*GOALS, {"text": "", "measure": ""}], tasks=[TASKS[1], TASKS[0]]),
    )
    assert answer.url == plan.get_absolute_url()
    assert list(plan.tasks.values_list("title", "weekdays")) == [("Breakfast", []), ("Shower", [1, 4])]
    assert plan.goals.count() == 1


@pytest.mark.parametrize(
    ("goals", "tasks", "sentence"),
    [
        (GOALS, [{"category": "", "title": "Soup"}], "Task 1: Choose a category."),
        (GOALS, [{"category": "meals", "title": "", "instructions": "hot"}], "Task 1: Give the task a title."),
        ([{"text": "", "measure": "daily"}], TASKS, "Goal 1: Say what the client wants to reach."),
        ([{"text": "Walk", "target_on": "soon"}], TASKS, "Goal 1: Enter a date."),
        ([{"text": "x" * 201}], TASKS, "Goal 1: At most 200 characters."),
    ],
)
def test_plan_editor_with_a_slip_keeps_what_was_typed(goals, tasks, sentence, supervisor, client, as_user):
    plan = written(client, supervisor)
    page = as_user(supervisor).post(reverse("careplans:careplan-update", args=[plan.pk]), typed(goals, tasks))
    text = page.content.decode()
    assert sentence in text
    for row in (*goals, *tasks):
        assert all(
            f'value="{word}"' in text for key, word in row.items() if word and key in ("text", "title", "measure")
        )
    assert list(plan.tasks.values_list("title", flat=True)) == ["Shower", "Breakfast"]


def test_plan_page_shows_what_a_version_changes(supervisor, client, as_user):
    first = in_force(client, supervisor)
    draft = plans.revise_plan(first, by=supervisor)
    plans.write_plan(
        draft, by=supervisor, summary="", goals=GOALS,
        tasks=[TASKS[0] | {"instructions": "Standing"}, {"category": "vitals", "title": "Weigh"}],
    )  # fmt: skip
    page = as_user(supervisor).get(draft.get_absolute_url())
    (label, changes) = page.context["differences"][0]
    assert label == "Tasks"
    assert [(change.kind, change.title) for change in changes] == [
        ("changed", "Shower"), ("added", "Weigh"), ("removed", "Breakfast"),
    ]  # fmt: skip


def test_assessment_page_scores_while_it_is_filled(coordinator, client, as_user):
    url = reverse("careplans:assessment-create", args=[client.pk, "katz"])
    page = as_user(coordinator).post(url, {"act": "score", "bathing": "1", "dressing": "0"})
    assert page.context["so_far"] == {
        "answered": 2, "items": 6, "score": 1, "highest": 6, "band": "", "tone": "",
    }  # fmt: skip
    full = {item["code"]: "1" for item in katz().items}
    assert as_user(coordinator).post(url, full | {"act": "score"}).context["so_far"]["band"] == "Full function"
    assert not Assessment.objects.exists()


def test_assessment_page_keeps_answers_and_names_the_open_item(coordinator, client, as_user):
    url = reverse("careplans:assessment-create", args=[client.pk, "lawton"])
    codes = [item["code"] for item in Instrument.objects.get(code="lawton").items]
    fields = {code: "1" for code in codes if code != "money"} | {"assessed_on": "2026-01-05", "comment": "At the table"}
    page = as_user(coordinator).post(url, fields)
    assert list(page.context["form"].errors) == ["money"]
    text = page.content.decode()
    assert text.count(" checked") == len(codes) - 1
    assert "At the table" in text
    answer = as_user(coordinator).post(url, fields | {"money": "0"})
    row = Assessment.objects.get()
    assert (answer.url, row.score, row.band) == (row.get_absolute_url(), 7, "Needs help with some tasks")


def test_assessments_due_lists_first_ones_and_old_ones(supervisor, client, other_branch, as_user):
    old = ClientFactory(branch=client.branch, last_name="Old")
    ClientFactory(branch=client.branch, status=Client.Status.DISCHARGED)
    ClientFactory(branch=other_branch)
    for instrument in Instrument.objects.all():
        answers = {item["code"]: 1 for item in instrument.items}
        day = today("America/New_York")
        record_assessment(client, instrument, answers, assessed_on=day, by=supervisor)
        record_assessment(old, instrument, answers, assessed_on=day - dt.timedelta(days=70), by=supervisor)
    record_assessment(old, katz(), {item["code"]: 1 for item in katz().items}, assessed_on=day, by=supervisor)
    found = [(row.client.pk, row.instrument.code, row.days_left) for row in due_assessments(supervisor, day)]
    assert found == [(old.pk, "lawton", -10)]
    new = ClientFactory(branch=client.branch)
    page = as_user(supervisor).get(reverse("careplans:assessment-list"))
    assert [row.client.pk for row in page.context["page_obj"]] == [new.pk, new.pk, old.pk]


def vitals(**more):
    return {"measured_on": "2026-01-05", "measured_time": "09:30"} | more


def test_vitals_are_entered_in_the_units_people_read(supervisor, client, as_user):
    url = reverse("careplans:vital-create", args=[client.pk])
    as_user(supervisor).post(
        url, vitals(temperature="98.6", temperature_unit="°F", weight="154", weight_unit="lb", pain="0")
    )
    assert dict(VitalReading.objects.values_list("kind", "value")) == {
        "temperature": D("37.00"), "weight": D("69.85"), "pain": D("0.00"),
    }  # fmt: skip
    assert VitalReading.objects.first().taken_at == dt.datetime(2026, 1, 5, 14, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"systolic": "12"}, "systolic"), ({}, "__all__"), ({"pain": "2", "measured_on": "2090-01-01"}, "measured_time")],
)
def test_vitals_with_a_slip_keep_what_was_typed(fields, field, supervisor, client, as_user):
    url = reverse("careplans:vital-create", args=[client.pk])
    page = as_user(supervisor).post(url, vitals(**fields))
    assert list(page.context["form"].errors) == [field]
    assert all(f'value="{value}"' in page.content.decode() for value in fields.values())
    assert not VitalReading.objects.exists()


def test_health_tab_shows_alerts_until_acknowledged(supervisor, client, as_user):
    http, url = as_user(supervisor), reverse("careplans:client-health", args=[client.pk])
    row = record_reading(client, "systolic", D(172), taken_at=timezone.now(), by=supervisor)
    record_reading(client, "systolic", D(150), taken_at=timezone.now() - dt.timedelta(days=3), by=supervisor)
    record_reading(client, "diastolic", D(90), taken_at=timezone.now(), by=supervisor)
    page = http.get(url)
    assert page.context["alerts"] == [row]
    trend = page.context["trends"][0]
    assert (trend.kind, trend.value_words, len(trend.drawing.series[0].dots)) == ("pressure", "172/90 mmHg", 2)
    assert b"<polyline" in page.content
    http.post(reverse("careplans:vital-acknowledge", args=[row.pk]), {"comment": "Called the doctor"})
    page = http.get(url)
    assert page.context["alerts"] == []
    assert "Called the doctor" in page.content.decode()


def test_plan_list_shows_what_is_due_first(supervisor, client, as_user):
    day = today("America/New_York")
    later = in_force(client, supervisor, review_on=day + dt.timedelta(days=50))
    soon = in_force(ClientFactory(branch=client.branch), supervisor, review_on=day + dt.timedelta(days=5))
    draft = written(ClientFactory(branch=client.branch), supervisor)
    http = as_user(supervisor)
    assert [row.pk for row in http.get("/plans/").context["page_obj"]] == [soon.pk, later.pk, draft.pk]
    assert [row.pk for row in http.get("/plans/?review=14").context["page_obj"]] == [soon.pk]
    assert [row.pk for row in http.get("/plans/?status=draft").context["page_obj"]] == [draft.pk]
    assert [row.pk for row in http.get("/plans/?review=overdue").context["page_obj"]] == []
