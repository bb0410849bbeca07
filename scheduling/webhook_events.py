"""What other programs are told of visits and patterns: ids, times, state and type only.

Hears every event of the trail (`AUDIT_LISTENERS`), so that no service can forget to tell. Visits that a pattern makes
ahead are not told one by one: `schedule.planned` says that there are new ones, which are read from the API.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from homecare.audit.models import Event
from homecare.webhooks.kinds import declare
from homecare.webhooks.services.outbox import Happening, emit
from scheduling.models import Schedule, Visit

VISIT_KINDS = {
    "visit.planned": _("Visit planned"),
    "visit.changed": _("Visit changed: time, service or state"),
    "visit.assigned": _("Visit given to a caregiver, or opened again"),
    "visit.cancelled": _("Visit cancelled"),
    "visit.started": _("Visit started"),
    "visit.completed": _("Visit completed"),
    "visit.missed": _("Visit missed"),
    "visit.approved": _("Visit approved"),
}
SCHEDULE_KINDS = {
    "schedule.planned": _("Pattern planned or extended: it has new visits"),
    "schedule.changed": _("Pattern changed"),
    "schedule.ended": _("Pattern ended"),
}
# What the trail calls it → what is told. A clock event is told by the state the visit has after it.
TOLD = {
    "visit.created": "visit.planned",
    "visit.assigned": "visit.assigned",
    "visit.lost": "visit.assigned",
    "visit.moved": "visit.changed",
    "visit.updated": "visit.changed",
    "visit.confirmed": "visit.changed",
    "visit.restored": "visit.changed",
    "visit.reopened": "visit.changed",
    "visit.cancelled": "visit.cancelled",
    "visit.clocked_in": "visit.started",
    "visit.clocked_out": "visit.completed",
    "visit.closed": "visit.completed",
    "visit.missed": "visit.missed",
    "visit.approved": "visit.approved",
    "schedule.created": "schedule.planned",
    "schedule.extended": "schedule.planned",
    "schedule.changed": "schedule.changed",
    "schedule.rotation_applied": "schedule.changed",
    "schedule.changed_temporarily": "schedule.changed",
    "schedule.change_withdrawn": "schedule.changed",
    "schedule.change_undone": "schedule.changed",
    "schedule.retimed": "schedule.changed",
    "schedule.ended": "schedule.ended",
}
BY_STATE = {"in_progress": "visit.started", "completed": "visit.completed"}

for _name, _label in {**VISIT_KINDS, **SCHEDULE_KINDS}.items():
    declare(_name, _label)


def hear(events: Sequence[Event]) -> None:
    """Called with what was just written to the trail, in the same transaction."""
    told = [event for event in events if event.action in TOLD and event.object_id is not None]
    if told:
        emit({kind for event in told for kind in _kinds(event)}, lambda: _happenings(told))


def _kinds(event: Event) -> list[str]:
    """A move to another caregiver is told as both."""
    kinds = [TOLD[event.action]]
    if event.action.startswith("visit.clocked"):
        return list(BY_STATE.values())
    if "caregiver_id" in event.changes and kinds[0] == "visit.changed":
        kinds.append("visit.assigned")
    return kinds


def _happenings(events: Sequence[Event]) -> Iterator[Happening]:
    readers: dict[str, Callable[[list[Any]], dict[Any, Any]]] = {
        "scheduling.visit": facts_of_visits,
        "scheduling.schedule": _schedules,
    }
    for label, read in readers.items():
        mine = [event for event in events if event.object_type == label]
        rows = read([event.object_id for event in mine]) if mine else {}
        for event in mine:
            row = rows.get(event.object_id)
            if row is not None:
                yield from _of(event, row)


def _of(event: Event, row: dict[str, Any]) -> Iterator[Happening]:
    subject = f"{event.object_type.partition('.')[2]}:{event.object_id}"
    kinds = _kinds(event)
    if event.action.startswith("visit.clocked"):
        kinds = [BY_STATE.get(row["status"], "visit.changed")]
    for kind in kinds:
        # A change of a visit is known by its version; patterns have none, so each of their events is its own.
        mark = f"{row['version']}:{row['status']}" if "version" in row else uuid.uuid4().hex
        yield Happening(kind, f"{kind}:{subject}:{mark}", row["branch"], subject, row)


def _moment(value: Any) -> str | None:
    return value.isoformat() if value is not None else None


def facts_of_visits(ids: list[Any]) -> dict[Any, dict[str, Any]]:
    """What a message about each of these visits says, in the order of their time."""
    rows = Visit.objects.filter(pk__in=ids).select_related("service_type")
    return {
        row.pk: {
            "visit": row.pk,
            "version": row.version,
            "status": row.status,
            "branch": row.branch_id,
            "client": row.client_id,
            "caregiver": row.caregiver_id,
            "service_type": row.service_type.code,
            "schedule": row.schedule_id,
            "starts_at": _moment(row.starts_at),
            "ends_at": _moment(row.ends_at),
            "started_at": _moment(row.started_at),
            "finished_at": _moment(row.finished_at),
            "approved_minutes": row.approved_minutes,
        }
        for row in rows
    }


def _schedules(ids: list[Any]) -> dict[Any, dict[str, Any]]:
    rows = Schedule.objects.filter(pk__in=ids).select_related("service_type", "client")
    return {
        row.pk: {
            "schedule": row.pk,
            "status": row.status,
            "branch": row.client.branch_id,
            "client": row.client_id,
            "service_type": row.service_type.code,
            "starts_on": row.starts_on.isoformat(),
            "ends_on": row.ends_on.isoformat() if row.ends_on else None,
            "visits_until": row.materialised_until.isoformat() if row.materialised_until else None,
        }
        for row in rows
    }
