"""A care plan's life: drafted, written, reviewed, in force, superseded by the next (docs/care-plans.md)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from careplans.models import CarePlan, Goal, PlannedTask, PlanTemplate
from careplans.services.plan_template import propose_template
from clients.models import Client
from clients.services.client import change_status
from homecare import clock
from homecare.accounts.models import User
from homecare.audit.services.event import changes_of, record
from homecare.errors import Conflict, DomainError
from homecare.inbox.services.notification import notify
from staff.models import TaskCategory

Part = Mapping[str, Any]
CLOSED = {Client.Status.DISCHARGED, Client.Status.DECLINED}


def review_days() -> int:
    """A plan is reviewed at least every so many days; 60 by 42 CFR 484.60."""
    return int(settings.CARE_PLAN_REVIEW_DAYS)


def _refuse_closed(client: Client) -> None:
    if client.status in CLOSED:
        raise Conflict(
            _("%(name)s is %(status)s. Take the client back into assessment first.")
            % {"name": client.full_name, "status": client.get_status_display().lower()}
        )


def _new_version(client: Client, *, by: User, **fields: Any) -> CarePlan:
    """The next draft of a client whose row is locked; one at a time."""
    _refuse_closed(client)
    waiting = client.care_plans.filter(status__in=[CarePlan.Status.DRAFT, CarePlan.Status.IN_REVIEW]).first()
    if waiting:
        raise Conflict(
            _("Version %(version)s of this plan is already being written. Finish or discard it first.")
            % {"version": waiting.version}
        )
    last = client.care_plans.aggregate(last=Max("version"))["last"] or 0
    return CarePlan.objects.create(client=client, version=last + 1, written_by=by, **fields)


def _fill(plan: CarePlan, goals: Iterable[Part], tasks: Iterable[Part]) -> None:
    Goal.objects.bulk_create(
        Goal(
            plan=plan,
            text=goal["text"],
            measure=goal.get("measure", ""),
            target_on=goal.get("target_on"),
            position=position,
        )
        for position, goal in enumerate(goals)
    )
    PlannedTask.objects.bulk_create(
        PlannedTask(
            plan=plan,
            category=task["category"],
            title=task["title"],
            instructions=task.get("instructions", ""),
            weekdays=sorted(int(day) for day in task.get("weekdays") or []),
            position=position,
        )
        for position, task in enumerate(tasks)
    )


@transaction.atomic
def draft_plan(client: Client, *, by: User, template: PlanTemplate | None = None) -> CarePlan:
    """A first draft from a template; without one, from the template that fits the client's diagnoses best."""
    row = Client.locked(client.pk)
    start = template or propose_template(row)
    content = start.content if start else {}
    plan = _new_version(row, by=by, template=start, summary=content.get("summary", ""))
    _fill(plan, content.get("goals", []), content.get("tasks", []))
    record("careplan.drafted", plan, by=by, changes={"template": [None, start.code if start else None]})
    return plan


@transaction.atomic
def revise_plan(plan: CarePlan, *, by: User) -> CarePlan:
    """The next version as a draft, copied from the one in force, which stays in force meanwhile."""
    client = Client.locked(plan.client_id)
    row = CarePlan.locked(plan.pk)
    if row.status != CarePlan.Status.ACTIVE:
        raise Conflict(_("Only the version in force can be revised. Open the active version of this plan."))
    draft = _new_version(client, by=by, template=row.template, summary=row.summary)
    _fill(
        draft,
        row.goals.values("text", "measure", "target_on"),
        row.tasks.values("category", "title", "instructions", "weekdays"),
    )
    record("careplan.revised", draft, by=by, changes={"version": [row.version, draft.version]})
    return draft


def _editable(plan: CarePlan) -> CarePlan:
    """The draft under its row lock; what was submitted or is in force is not written any more."""
    row = CarePlan.locked(plan.pk)
    if not row.is_editable:
        raise Conflict(
            _("This version is %(status)s and can no longer be changed. %(hint)s")
            % {
                "status": row.get_status_display().lower(),
                "hint": _("Return it to draft first.")
                if row.status == CarePlan.Status.IN_REVIEW
                else _("Revise the plan to write a new version."),
            }
        )
    return row


def _check_task(task: Part) -> None:
    if not str(task.get("title", "")).strip():
        raise DomainError(_("A task has no title. Name it or remove it."), field="title")
    if task.get("category") not in TaskCategory.values:
        raise DomainError(_("Choose a category for the task “%(title)s”.") % {"title": task["title"]}, field="category")
    if any(int(day) not in range(7) for day in task.get("weekdays") or []):
        raise DomainError(_("Weekdays are 0 (Monday) to 6 (Sunday)."), field="weekdays")


def _titles(plan: CarePlan) -> dict[str, list[str]]:
    return {
        "goals": list(plan.goals.values_list("text", flat=True)),
        "tasks": list(plan.tasks.values_list("title", flat=True)),
    }


@transaction.atomic
def write_plan(plan: CarePlan, *, by: User, summary: str, goals: Iterable[Part], tasks: Iterable[Part]) -> CarePlan:
    """Replaces everything a draft says: goals {text, measure, target_on}, tasks {category, title, instructions,
    weekdays}, both in the order given."""
    row = _editable(plan)
    goals, tasks = list(goals), list(tasks)
    for task in tasks:
        _check_task(task)
    before = _titles(row) | {"summary": row.summary}
    row.goals.all().delete()
    row.tasks.all().delete()
    _fill(row, goals, tasks)
    row.summary = summary
    row.save(update_fields=["summary"])
    after = _titles(row) | {"summary": row.summary}
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    record("careplan.written", row, by=by, changes=changes)
    return row


@transaction.atomic
def add_task(
    plan: CarePlan,
    *,
    by: User,
    category: str,
    title: str,
    instructions: str = "",
    weekdays: Iterable[int] = (),
) -> PlannedTask:
    """One more task at the end of a draft."""
    row = _editable(plan)
    fields = {"category": category, "title": title, "instructions": instructions, "weekdays": sorted(set(weekdays))}
    _check_task(fields)
    last = row.tasks.aggregate(last=Max("position"))["last"]
    task = PlannedTask.objects.create(plan=row, position=0 if last is None else last + 1, **fields)
    record("careplan.task_added", row, by=by, changes={"task": [None, title]})
    return task


@transaction.atomic
def update_task(task: PlannedTask, *, by: User, **fields: Any) -> PlannedTask:
    """Changes a task of a draft: category, title, instructions, weekdays."""
    plan = _editable(task.plan)
    row = plan.tasks.get(pk=task.pk)
    before = {name: getattr(row, name) for name in fields}
    _check_task({"category": row.category, "title": row.title, "weekdays": row.weekdays} | fields)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))
    record("careplan.task_updated", plan, by=by, changes=changes_of(before, row))
    return row


@transaction.atomic
def remove_task(task: PlannedTask, *, by: User) -> None:
    """Takes a task out of a draft."""
    plan = _editable(task.plan)
    plan.tasks.filter(pk=task.pk).delete()
    record("careplan.task_removed", plan, by=by, changes={"task": [task.title, None]})


@transaction.atomic
def order_tasks(plan: CarePlan, task_ids: list[int], *, by: User) -> CarePlan:
    """Puts the tasks of a draft in this order; every task is named once."""
    row = _editable(plan)
    tasks = {task.pk: task for task in row.tasks.all()}
    if sorted(tasks) != sorted(task_ids):
        raise Conflict(_("The tasks of this plan have changed meanwhile. Reload the page and order them again."))
    for position, pk in enumerate(task_ids):
        tasks[pk].position = position
    PlannedTask.objects.bulk_update(tasks.values(), ["position"])
    record("careplan.tasks_ordered", row, by=by)
    return row


@transaction.atomic
def discard_plan(plan: CarePlan, *, by: User) -> Client:
    """Throws a draft away; its version number is used again. Returns the client."""
    row = _editable(plan)
    client = row.client
    record("careplan.discarded", row, by=by, changes={"version": [row.version, None], **_titles(row)})
    row.delete()
    return client


@transaction.atomic
def submit_plan(plan: CarePlan, *, by: User) -> CarePlan:
    """Hands a draft in for review: it needs a goal and a task."""
    row = CarePlan.locked(plan.pk)
    row.move_to(CarePlan.Status.IN_REVIEW)
    if not row.goals.exists():
        raise DomainError(_("The plan has no goal yet. Ask the client what they want to reach and add it."))
    if not row.tasks.exists():
        raise DomainError(_("The plan has no task yet. Add what caregivers shall do."))
    row.review_comment = ""
    row.save(update_fields=["status", "review_comment"])
    record("careplan.submitted", row, by=by, changes={"status": [CarePlan.Status.DRAFT, row.status]})
    return row


@transaction.atomic
def return_plan(plan: CarePlan, *, comment: str, by: User) -> CarePlan:
    """Sends a plan back to its writer with what has to change."""
    if not comment.strip():
        raise DomainError(_("Say what has to change, so that the writer knows."), field="comment")
    row = CarePlan.locked(plan.pk)
    row.move_to(CarePlan.Status.DRAFT)
    row.review_comment = comment.strip()
    row.save(update_fields=["status", "review_comment"])
    event = record("careplan.returned", row, by=by, reason=row.review_comment)
    if row.written_by_id != by.pk:
        notify(
            row.written_by,
            "careplan.returned",
            dedupe_key=f"careplan:{row.pk}:returned:{event.pk}",
            title=_("A care plan you wrote came back"),
            body=f"{row.client.full_name}: {row.review_comment}",
            url=row.get_absolute_url(),
        )
    return row


def _dates(plan: CarePlan, starts_on: dt.date | None, review_on: dt.date | None) -> tuple[dt.date, dt.date]:
    today = clock.today(plan.client.branch.time_zone)
    starts_on = starts_on or today
    review_on = review_on or starts_on + dt.timedelta(days=review_days())
    if review_on <= starts_on:
        raise DomainError(_("The review date must be after the start."), field="review_on")
    if review_on < today:
        raise DomainError(_("The review date lies in the past."), field="review_on")
    return starts_on, review_on


@transaction.atomic
def activate_plan(
    plan: CarePlan, *, by: User, starts_on: dt.date | None = None, review_on: dt.date | None = None
) -> CarePlan:
    """Puts a reviewed version in force; the previous one is superseded in the same moment.

    Starts today and is due for review after 60 days unless said otherwise. The first plan of a client in assessment
    makes the client active. The client's row is locked first, so that one activation goes after the other.
    """
    client = Client.locked(plan.client_id)
    row = CarePlan.locked(plan.pk)
    row.move_to(CarePlan.Status.ACTIVE)
    _refuse_closed(client)
    row.starts_on, row.review_on = _dates(row, starts_on, review_on)
    previous = client.care_plans.active().select_for_update().first()
    if previous and row.starts_on > clock.today(client.branch.time_zone):
        raise DomainError(
            _("Version %(version)s is in force until this one starts. Activate on the day, or let it start today.")
            % {"version": previous.version},
            field="starts_on",
        )
    if previous:
        previous.move_to(CarePlan.Status.SUPERSEDED)
        previous.save(update_fields=["status"])
        record("careplan.superseded", previous, by=by, changes={"by_version": [None, row.version]})
    row.activated_by, row.activated_at = by, timezone.now()
    row.save(update_fields=["status", "starts_on", "review_on", "activated_by", "activated_at"])
    record(
        "careplan.activated",
        row,
        by=by,
        changes={"starts_on": [None, row.starts_on], "review_on": [None, row.review_on]},
    )
    if client.status == Client.Status.ASSESSMENT:
        change_status(client, Client.Status.ACTIVE, by=by, reason=_("First care plan in force"))
    for path in settings.PLAN_STEPS:
        import_string(path)(row, by=by)
    return row
