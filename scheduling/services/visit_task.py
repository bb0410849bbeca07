"""What a visit was asked to do, copied from the plan in force when it began, and what became of each task."""

from __future__ import annotations

import datetime as dt

from django.db import models, transaction
from django.utils.translation import gettext as _

from careplans.models import CarePlan, PlannedTask
from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.clock import local_date
from homecare.errors import Conflict, DomainError
from scheduling.models import Visit, VisitTask
from scheduling.services.visit_exception import find_exceptions

NEEDS_REASON = {VisitTask.Outcome.REFUSED, VisitTask.Outcome.UNABLE}


def plan_in_force(client_id: int, at: dt.datetime) -> CarePlan | None:
    """The version the caregiver worked by at that moment, also when the phone tells us hours later.

    Before the first version came into force the active one counts: it is what there is.
    """
    begun = [CarePlan.Status.ACTIVE, CarePlan.Status.SUPERSEDED]
    in_force_first = models.Case(models.When(activated_at__lte=at, then=0), default=1)
    plans = CarePlan.objects.filter(client_id=client_id, status__in=begun)
    return plans.order_by(in_force_first, models.F("activated_at").desc(nulls_last=True)).first()


def due_tasks(plan: CarePlan | None, visit: Visit) -> list[PlannedTask]:
    """The plan's tasks of the visit's service for the weekday on which it starts in the branch's zone."""
    if plan is None:
        return []
    day = local_date(visit.starts_at, visit.branch.time_zone)
    service = visit.service_type
    return [task for task in plan.tasks.all() if task.is_due_on(day) and service.performs(task.category)]


def _copy(task: PlannedTask, visit: Visit) -> VisitTask:
    return VisitTask(
        visit=visit,
        planned_task=task,
        category=task.category,
        title=task.title,
        instructions=task.instructions,
        position=task.position,
    )


def copy_tasks(visit: Visit, at: dt.datetime) -> CarePlan | None:
    """Fixes the plan version and its due tasks on the visit when it begins; a second call changes nothing.

    Visits that follow this one begin with it. The caller holds the visit's lock and saves `plan`.
    """
    for follower in visit.led("branch", "service_type"):
        if follower.plan_id is None and copy_tasks(follower, at) is not None:
            follower.save(update_fields=["plan"])
    if visit.plan_id is not None:
        return visit.plan
    plan = plan_in_force(visit.client_id, at)
    if plan is not None:
        visit.plan = plan
        copies = [_copy(task, visit) for task in due_tasks(plan, visit)]
        VisitTask.objects.bulk_create(copies, ignore_conflicts=True)
    return plan


def _task_of(visit: Visit, planned_task_id: int) -> VisitTask:
    """The visit's copy. A phone may still hold the version before: what was done by it is added, not lost."""
    row = VisitTask.objects.filter(visit=visit, planned_task_id=planned_task_id).first()
    if row is not None:
        return row
    planned = PlannedTask.objects.filter(pk=planned_task_id, plan__client_id=visit.client_id).first()
    if planned is None:
        raise Conflict(_("This task is not in the client's plan."))
    row = _copy(planned, visit)
    row.save()
    return row


@transaction.atomic
def record_task(
    visit: Visit, planned_task_id: int, outcome: str, *, by: User, at: dt.datetime, reason: str = ""
) -> VisitTask:
    """What became of one task: done, refused by the client, not needed, could not be done, or back to open.

    Of two answers the one given later by the clock counts, in whatever order they arrive. Refused and could not be
    done need a reason (DomainError). An approved visit takes no further answers (Conflict).
    """
    if outcome not in VisitTask.Outcome.values:
        raise DomainError(_("Choose what became of the task."), field="outcome")
    reason = reason.strip()[:200]
    if outcome in NEEDS_REASON and not reason:
        raise DomainError(_("Say in a few words why the task was not done."), field="reason")
    visit = Visit.objects.select_for_update(of=("self",)).select_related("branch", "service_type").get(pk=visit.pk)
    if visit.status in (Visit.Status.APPROVED, Visit.Status.CANCELLED, Visit.Status.MISSED):
        raise Conflict(
            _("This visit takes no more answers: it is %(status)s.") % {"status": visit.get_status_display()}
        )
    if visit.plan_id is None and copy_tasks(visit, at) is not None:
        visit.save(update_fields=["plan"])
    task = _task_of(visit, planned_task_id)
    if task.recorded_at is not None and task.recorded_at > at:
        return task
    before, task.outcome, task.reason, task.recorded_at = task.outcome, outcome, reason, at
    task.save(update_fields=["outcome", "reason", "recorded_at"])
    record("visit_task.recorded", task, by=by, changes={"outcome": [before, outcome]})
    find_exceptions(visit)
    return task
