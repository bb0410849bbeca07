"""What a caregiver needs to know and do at one visit, gathered for the phone in few queries."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils import timezone

from careplans import vitals
from careplans.models import MedicationOrder, VitalReading
from careplans.models.vital import VitalKind, VitalThreshold
from clients.models import Address, Allergy
from scheduling.appointments import Occasion, on_day_of
from scheduling.directions import geo_uri
from scheduling.handover import Handover, handover_of
from scheduling.models import FixedDevice, Visit, VisitCorrection, VisitNote, VisitTask
from scheduling.services.visit_task import due_tasks, plan_in_force
from staff.models import Member, TaskCategory

# Health facts are shown around the visit, not for years after it.
CARE_SHOWN = dt.timedelta(days=14)
USUAL_SIGNS = ("systolic", "diastolic", "heart_rate", "temperature", "oxygen")


@dataclass(frozen=True)
class TaskLine:
    """One task with what became of it. `key` makes a form sent twice one act."""

    planned_task: int
    title: str
    instructions: str = ""
    outcome: str = VisitTask.Outcome.PENDING
    reason: str = ""
    key: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def outcome_label(self) -> str:
        return str(VisitTask.Outcome(self.outcome).label)


@dataclass(frozen=True)
class SignField:
    """One vital sign's input: its limits are what a living adult can have."""

    kind: str
    label: str
    unit: str
    least: Decimal
    most: Decimal
    decimals: int

    @property
    def step(self) -> str:
        return "1" if not self.decimals else f"0.{'0' * (self.decimals - 1)}1"


@dataclass(frozen=True)
class VisitSheet:
    """Everything on the visit's page, top to bottom."""

    visit: Visit
    address: Address | None
    map_url: str
    shows_care: bool
    allergies: list[Allergy]
    tasks: list[TaskLine]
    signs: list[SignField]
    more_signs: list[SignField]
    readings: list[VitalReading]
    medications: list[MedicationOrder]
    appointments: list[Occasion]
    notes: list[VisitNote]
    handover: Handover | None = None
    has_device: bool = False
    corrections: list[VisitCorrection] = field(default_factory=list)
    may_correct: bool = False

    @property
    def unanswered(self) -> int:
        return sum(task.outcome == VisitTask.Outcome.PENDING for task in self.tasks)


def primary_address(client_id: int) -> Address | None:
    return Address.objects.filter(client_id=client_id, is_primary=True).first()


def sheet_for(visit: Visit, member: Member) -> VisitSheet:
    """The sheet of a visit that the member may see. Around the visit it holds the client's health facts, else none."""
    address = primary_address(visit.client_id)
    moment = timezone.now()
    shows_care = visit.starts_at - CARE_SHOWN <= moment <= visit.ends_at + CARE_SHOWN
    corrections = list(VisitCorrection.objects.filter(visit=visit.leader_id or visit.pk))
    signs, more = _signs(visit, member) if shows_care else ([], [])
    return VisitSheet(
        visit=visit,
        address=address,
        map_url=geo_uri(address.place, str(address)) if address else "",
        shows_care=shows_care,
        allergies=list(visit.client.allergies.all()) if shows_care else [],
        tasks=_tasks(visit, moment),
        signs=signs,
        more_signs=more,
        readings=list(visit.readings.all()),
        medications=list(MedicationOrder.objects.filter(client=visit.client_id).current()) if shows_care else [],
        appointments=on_day_of(visit) if shows_care else [],
        notes=list(visit.notes.select_related("author")),
        handover=handover_of(visit) if shows_care else None,
        corrections=corrections,
        may_correct=_may_correct(visit, corrections, moment),
        has_device=FixedDevice.objects.filter(client=visit.client_id).installed().exists(),
    )


def _may_correct(visit: Visit, corrections: list[VisitCorrection], moment: dt.datetime) -> bool:
    """It has begun, the office has not closed it, and no correction waits."""
    is_closed = visit.status in (Visit.Status.APPROVED, Visit.Status.CANCELLED)
    waits = any(one.status == VisitCorrection.Status.PENDING for one in corrections)
    return visit.starts_at <= moment and not is_closed and not waits


def _tasks(visit: Visit, moment: dt.datetime) -> list[TaskLine]:
    """The visit's own copies once it began; before that what the plan in force asks for on that weekday."""
    kept = [
        TaskLine(task.planned_task_id, task.title, task.instructions, task.outcome, task.reason)
        for task in visit.tasks.all()
        if task.planned_task_id is not None
    ]
    if visit.plan_id is not None or not visit.is_movable:
        return kept
    planned = due_tasks(plan_in_force(visit.client_id, moment), visit)
    return [TaskLine(task.pk, task.title, task.instructions) for task in planned]


def _field(kind: str) -> SignField:
    sign = vitals.SIGNS[kind]
    return SignField(kind, str(VitalKind(kind).label), sign.unit, sign.least, sign.most, sign.decimals)


def _signs(visit: Visit, member: Member) -> tuple[list[SignField], list[SignField]]:
    """The signs the client's physician set limits for, else the usual five; the others one tap away."""
    if TaskCategory.VITALS not in member.role.scope:
        return [], []
    watched = set(VitalThreshold.objects.filter(client=visit.client_id).values_list("kind", flat=True))
    first = [kind for kind in vitals.MEASURED if kind in (watched or USUAL_SIGNS)]
    rest = [kind for kind in vitals.MEASURED if kind not in first and kind != VitalKind.HEIGHT]
    return [_field(kind) for kind in first], [_field(kind) for kind in rest]
