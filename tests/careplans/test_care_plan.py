import datetime as dt
import itertools
import threading

import pytest
import time_machine
from django.db import IntegrityError, connections, transaction

from careplans import catalogue
from careplans.models import CarePlan, Goal, Instrument, PlannedTask, PlanTemplate
from careplans.services import care_plan as plans
from careplans.services.plan_template import proposals
from careplans.tasks import warn_plan_reviews
from clients.models import Client
from homecare.clock import today
from homecare.errors import Conflict, DomainError, InvalidTransition
from homecare.inbox.models import Notification
from staff.models import TaskCategory
from tests.factories import CarePlanFactory, ClientFactory, DiagnosisFactory

Status = CarePlan.Status
SNOMED = "http://snomed.info/sct"
GOALS = [{"text": "Walk to the mailbox", "measure": "Alone in six weeks"}]
TASKS = [
    {"category": "personal_care", "title": "Shower", "instructions": "Sitting", "weekdays": [4, 1]},
    {"category": "meals", "title": "Breakfast"},
]


def written(client, by):
    """A draft with a goal and two tasks."""
    plan = CarePlanFactory(client=client, written_by=by, version=client.care_plans.count() + 1)
    return plans.write_plan(plan, by=by, summary="Back on the feet.", goals=GOALS, tasks=TASKS)


def in_force(client, by, **dates):
    return plans.activate_plan(plans.submit_plan(written(client, by), by=by), by=by, **dates)


@pytest.fixture
def client(branch):
    return ClientFactory(branch=branch)


def plan_in(status, client, by):
    if status == Status.DRAFT:
        return written(client, by)
    if status == Status.IN_REVIEW:
        return plans.submit_plan(written(client, by), by=by)
    first = in_force(client, by)
    if status == Status.SUPERSEDED:
        plans.activate_plan(plans.submit_plan(plans.revise_plan(first, by=by), by=by), by=by)
        first.refresh_from_db()
    return first


ACTS = {
    "submit": (plans.submit_plan, {}, {Status.DRAFT: Status.IN_REVIEW}),
    "return": (plans.return_plan, {"comment": "More detail"}, {Status.IN_REVIEW: Status.DRAFT}),
    "activate": (plans.activate_plan, {}, {Status.IN_REVIEW: Status.ACTIVE}),
}


@pytest.mark.parametrize(("before", "act"), list(itertools.product(Status, ACTS)))
def test_plan_moves_only_along_its_arrows(before, act, supervisor, client):
    plan = plan_in(before, client, supervisor)
    service, fields, arrows = ACTS[act]
    if before in arrows:
        assert service(plan, by=supervisor, **fields).status == arrows[before]
    else:
        with pytest.raises(InvalidTransition):
            service(plan, by=supervisor, **fields)
        plan.refresh_from_db()
        assert plan.status == before


@pytest.mark.parametrize("status", Status)
def test_plan_is_written_only_as_a_draft(status, supervisor, client):
    plan = plan_in(status, client, supervisor)
    if status == Status.DRAFT:
        plans.write_plan(plan, by=supervisor, summary="New", goals=GOALS, tasks=TASKS)
        plans.add_task(plan, by=supervisor, category=TaskCategory.MEALS, title="Lunch")
        assert list(plan.tasks.values_list("title", "position")) == [("Shower", 0), ("Breakfast", 1), ("Lunch", 2)]
    else:
        with pytest.raises(Conflict, match="can no longer be changed"):
            plans.write_plan(plan, by=supervisor, summary="New", goals=GOALS, tasks=TASKS)
        with pytest.raises(Conflict):
            plans.add_task(plan, by=supervisor, category=TaskCategory.MEALS, title="Lunch")


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.SUPERSEDED])
def test_database_refuses_changes_to_a_plan_in_force(status, supervisor, client):
    plan = plan_in(status, client, supervisor)
    task, goal = plan.tasks.first(), plan.goals.first()
    acts = [
        lambda: CarePlan.objects.filter(pk=plan.pk).update(summary="x"),
        lambda: CarePlan.objects.filter(pk=plan.pk).update(review_on=dt.date(2030, 1, 1)),
        lambda: PlannedTask.objects.filter(pk=task.pk).update(title="x"),
        lambda: PlannedTask.objects.create(plan=plan, category="meals", title="x"),
        lambda: task.delete(),
        lambda: Goal.objects.filter(pk=goal.pk).update(text="x"),
        lambda: plan.delete(),
    ]
    for act in acts:
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


def test_plan_needs_a_goal_and_a_task(supervisor, client):
    plan = CarePlanFactory(client=client)
    with pytest.raises(DomainError, match="no goal"):
        plans.submit_plan(plan, by=supervisor)
    plans.write_plan(plan, by=supervisor, summary="", goals=GOALS, tasks=[])
    with pytest.raises(DomainError, match="no task"):
        plans.submit_plan(plan, by=supervisor)
    plan.refresh_from_db()
    assert plan.status == Status.DRAFT


def test_task_without_title_or_category_is_refused(supervisor, client):
    plan = written(client, supervisor)
    for task, words in (
        ({"category": "meals", "title": " "}, "no title"),
        ({"category": "magic", "title": "Spell"}, "category"),
        ({"category": "meals", "title": "Soup", "weekdays": [7]}, "Weekdays"),
    ):
        with pytest.raises(DomainError, match=words):
            plans.write_plan(plan, by=supervisor, summary="", goals=GOALS, tasks=[task])
    assert plan.tasks.count() == 2


def test_tasks_of_a_draft_are_changed_ordered_and_removed(supervisor, client):
    plan = written(client, supervisor)
    shower, breakfast = plan.tasks.all()
    plans.update_task(shower, by=supervisor, title="Bath", weekdays=[6])
    plans.order_tasks(plan, [breakfast.pk, shower.pk], by=supervisor)
    assert list(plan.tasks.values_list("title", flat=True)) == ["Breakfast", "Bath"]
    with pytest.raises(Conflict, match="changed meanwhile"):
        plans.order_tasks(plan, [shower.pk], by=supervisor)
    plans.remove_task(breakfast, by=supervisor)
    assert list(plan.tasks.values_list("title", flat=True)) == ["Bath"]


@time_machine.travel(dt.datetime(2026, 11, 24, 2, tzinfo=dt.UTC))
def test_first_plan_makes_the_client_active_and_is_due_after_sixty_days(supervisor, branch):
    client = ClientFactory(branch=branch, status=Client.Status.ASSESSMENT)
    plan = in_force(client, supervisor)
    client.refresh_from_db()
    assert client.status == Client.Status.ACTIVE
    assert (plan.starts_on, plan.review_on) == (dt.date(2026, 11, 23), dt.date(2027, 1, 22))
    assert (plan.version, plan.activated_by) == (1, supervisor)


def test_next_version_supersedes_the_previous(supervisor, client):
    first = in_force(client, supervisor)
    draft = plans.revise_plan(first, by=supervisor)
    assert (draft.version, list(draft.tasks.values_list("title", "weekdays"))) == (
        2, [("Shower", [1, 4]), ("Breakfast", [])],
    )  # fmt: skip
    assert [goal.text for goal in draft.goals.all()] == ["Walk to the mailbox"]
    with pytest.raises(Conflict, match="already being written"):
        plans.revise_plan(first, by=supervisor)
    plans.activate_plan(plans.submit_plan(draft, by=supervisor), by=supervisor)
    assert dict(client.care_plans.values_list("version", "status")) == {1: "superseded", 2: "active"}


def test_plan_dates_make_sense(supervisor, client):
    day = today("America/New_York")
    plan = plans.submit_plan(written(client, supervisor), by=supervisor)
    for dates, field in (
        ({"starts_on": day, "review_on": day}, "review_on"),
        ({"starts_on": day - dt.timedelta(days=90), "review_on": day - dt.timedelta(days=30)}, "review_on"),
    ):
        with pytest.raises(DomainError) as refusal:
            plans.activate_plan(plan, by=supervisor, **dates)
        assert refusal.value.field == field
    plans.activate_plan(plan, by=supervisor)
    draft = plans.submit_plan(plans.revise_plan(plan, by=supervisor), by=supervisor)
    with pytest.raises(DomainError, match="in force until") as refusal:
        plans.activate_plan(draft, by=supervisor, starts_on=day + dt.timedelta(days=7))
    assert refusal.value.field == "starts_on"


@pytest.mark.parametrize("status", [Client.Status.DISCHARGED, Client.Status.DECLINED])
def test_plan_of_a_closed_client_is_refused(status, supervisor, branch):
    with pytest.raises(Conflict, match="assessment first"):
        plans.draft_plan(ClientFactory(branch=branch, status=status), by=supervisor)


def test_draft_discarded_frees_its_version(supervisor, client):
    plan = written(client, supervisor)
    plans.discard_plan(plan, by=supervisor)
    assert plans.draft_plan(client, by=supervisor).version == 1


def test_plan_returned_tells_its_writer_why(supervisor, coordinator, client):
    plan = plans.submit_plan(written(client, coordinator), by=coordinator)
    with pytest.raises(DomainError):
        plans.return_plan(plan, comment="", by=supervisor)
    back = plans.return_plan(plan, comment="Add the walker", by=supervisor)
    assert (back.status, back.review_comment) == (Status.DRAFT, "Add the walker")
    told = Notification.objects.get(recipient=coordinator)
    assert "Add the walker" in told.body
    assert plans.submit_plan(back, by=coordinator).review_comment == ""


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([(SNOMED, "38341003"), (SNOMED, "230690007")], "stroke"),
        ([(SNOMED, "88805009"), (SNOMED, "38341003")], "heart-failure"),
        ([("http://hl7.org/fhir/sid/icd-10-cm", "J44.9")], "copd"),
        ([(SNOMED, "15777000"), (SNOMED, "162864005")], "diabetes"),
        ([(SNOMED, "162864005")], "hypertension"),
        ([("", "")], "frailty"),
        ([], "frailty"),
    ],
)
def test_template_is_proposed_from_the_diagnoses(codes, expected, client):
    catalogue.load()
    for system, code in codes:
        DiagnosisFactory(client=client, system=system, code=code)
    DiagnosisFactory(client=client, system=SNOMED, code="26929004", resolved_on=dt.date(2020, 1, 1))
    assert proposals(client)[0].template.code == expected


def test_draft_from_a_template_has_its_goals_and_tasks(supervisor, client):
    catalogue.load()
    catalogue.load()
    assert (Instrument.objects.count(), PlanTemplate.objects.count()) == (2, 12)
    DiagnosisFactory(client=client, system=SNOMED, code="88805009")
    plan = plans.draft_plan(client, by=supervisor)
    assert plan.template.code == "heart-failure"
    assert plan.goals.count() == len(plan.template.content["goals"])
    assert plan.tasks.first().title == "Weigh"
    assert set(plan.tasks.values_list("category", flat=True)) <= set(TaskCategory.values)


def test_every_template_can_be_submitted(supervisor, branch):
    catalogue.load()
    for template in PlanTemplate.objects.all():
        plan = plans.draft_plan(ClientFactory(branch=branch), by=supervisor, template=template)
        assert plans.submit_plan(plan, by=supervisor).status == Status.IN_REVIEW


@pytest.mark.django_db(transaction=True)
def test_plan_activated_by_two_at_once_is_in_force_once(supervisor, manager, branch):
    client = ClientFactory(branch=branch, status=Client.Status.ASSESSMENT)
    plan = plans.submit_plan(written(client, supervisor), by=supervisor)
    start, outcomes = threading.Barrier(2), []

    def run(person):
        start.wait()
        try:
            outcomes.append(plans.activate_plan(plan, by=person).activated_by_id)
        except InvalidTransition:
            outcomes.append(None)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[person]) for person in (supervisor, manager)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winner = next(pk for pk in outcomes if pk)
    assert sorted(outcomes, key=bool) == [None, winner]
    assert CarePlan.objects.active().get().activated_by_id == winner
    assert Client.objects.get(pk=client.pk).status == Client.Status.ACTIVE


@pytest.mark.django_db(transaction=True)
def test_plan_revised_by_two_at_once_gets_one_draft(supervisor, manager, branch):
    first = in_force(ClientFactory(branch=branch), supervisor)
    start, outcomes = threading.Barrier(2), []

    def run(person):
        start.wait()
        try:
            outcomes.append(plans.revise_plan(first, by=person).version)
        except Conflict as error:
            outcomes.append(error.message)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[person]) for person in (supervisor, manager)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [
        2, "Version 2 of this plan is already being written. Finish or discard it first.",
    ]  # fmt: skip


@time_machine.travel(dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC))
def test_reviews_falling_due_are_told_once_per_step(supervisor, coordinator, other_coordinator, client):
    in_force(client, supervisor, review_on=dt.date(2026, 12, 3))
    in_force(ClientFactory(branch=client.branch), supervisor, review_on=dt.date(2026, 12, 30))
    assert warn_plan_reviews() == 1
    assert warn_plan_reviews() == 0
    told = Notification.objects.get()
    assert (told.recipient, told.title) == (supervisor, "A care plan review is due in 10 days")
    with time_machine.travel(dt.datetime(2026, 12, 4, 15, tzinfo=dt.UTC)):
        assert warn_plan_reviews() == 1
        assert Notification.objects.first().title == "A care plan review is overdue"
