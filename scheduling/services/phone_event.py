"""What phones queued arrives exactly once, and what cannot be applied is kept for a person (DESIGN.md, invariant 9).

The protocol table is in docs/field-work.md.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from careplans.models.vital import VitalKind
from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.errors import Conflict, DomainError, constraint_name
from scheduling.models import ClockEvent, PhoneEvent, PunchDecision, Visit
from scheduling.phone_envelope import read_number, read_position, read_values
from scheduling.phone_reasons import NotApplied, Why, sentence_for
from scheduling.services import clock
from scheduling.services.confirmation import confirm_visit
from scheduling.services.correction import propose_correction, read_strokes, read_times
from scheduling.services.fixed_device import clock_by_code
from scheduling.services.punch import decide
from scheduling.services.visit_note import add_note
from scheduling.services.visit_reading import record_readings
from scheduling.services.visit_task import record_task
from staff.models import Member

MAX_BODY = 20_000
# A phone whose clock is ahead cannot have acted in the future.
AHEAD = dt.timedelta(minutes=2)


class Receipt(NamedTuple):
    """The kept event, and whether the same act had arrived before."""

    event: PhoneEvent
    is_replay: bool


def receive_event(
    member: Member,
    key: uuid.UUID,
    kind: str,
    visit_id: int | None,
    at: dt.datetime,
    body: dict[str, Any],
    *,
    offset_ms: int = 0,
    is_timed_here: bool = False,
) -> Receipt:
    """Takes in one act of a phone: stored raw, applied and answered in one transaction, exactly once per (member, key).

    `at` is the device's time; `offset_ms` what the phone knows its clock to differ from ours (server minus device).
    The same key again gets the stored answer, with another content DomainError (422). What cannot be applied is kept
    as "to review" with a sentence; nothing is dropped and nothing blocks the acts behind it. `is_timed_here`: the time
    is ours (a plain form), so the same form sent twice is the same act although its time differs.
    """
    if len(json.dumps(body)) > MAX_BODY:
        raise DomainError(_("This is too long to be sent from a phone. Shorten the text."))
    digest = _digest(kind, visit_id, None if is_timed_here else at, body, offset_ms)
    happened = min(at + dt.timedelta(milliseconds=offset_ms), timezone.now() + AHEAD)
    event = PhoneEvent(
        member=member,
        key=key,
        kind=kind[:20],
        visit_id=visit_id,
        at=happened,
        body={**body, "device_at": at.isoformat(), "offset_ms": offset_ms},
        body_digest=digest,
        status=PhoneEvent.Status.TO_REVIEW,
    )
    with transaction.atomic():
        if not _is_first(event):
            kept = PhoneEvent.objects.get(member=member, key=key)
            if kept.body_digest != digest:
                raise DomainError(_("Something else was already received under this key. Send it under a new one."))
            return Receipt(kept, True)
        _apply(event, member)
        event.save(update_fields=["status", "answer"])
    return Receipt(event, False)


def _is_first(event: PhoneEvent) -> bool:
    """Inserts the row; a twin waits here on the unique index until the first one has its answer."""
    try:
        with transaction.atomic():
            event.save(force_insert=True)
    except IntegrityError as error:
        if constraint_name(error) != "phone_event_once":
            raise
        return False
    return True


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _apply(event: PhoneEvent, member: Member) -> None:
    visit = event.visit
    try:
        with transaction.atomic():
            result = _act(event, visit, member)
    except NotApplied as refusal:
        result = {"state": "to_review", "why": refusal.why}
    except DomainError as error:
        result = {"state": "to_review", "why": Why.REFUSED, "sentence": error.message}
    except (IntegrityError, DataError):
        result = {"state": "to_review", "why": Why.UNREADABLE}
    if result["state"] == "applied":
        event.status = PhoneEvent.Status.APPLIED
    else:
        result.setdefault("sentence", sentence_for(result["why"], visit))
        record("phone_event.kept", event, by=member.user, changes={"kind": event.kind, "why": str(result["why"])})
    event.answer = result


def _act(event: PhoneEvent, visit: Visit | None, member: Member) -> dict[str, Any]:
    handler = HANDLERS.get(event.kind)
    if handler is None:
        raise NotApplied(Why.UNREADABLE)
    if visit is None and event.kind in CLOCKS:
        # A clock for a visit that does not exist is still a punch.
        punch = clock.keep_unmatched(event.kind.removeprefix("clock_"), **_how(event, member))
        return {"state": "to_review", "why": Why.UNKNOWN, "clock_event": punch.pk}
    if visit is None:
        raise NotApplied(Why.UNKNOWN)
    if event.kind not in CLOCKS:
        _check_theirs(visit, member)
    answer = handler(event, visit, member)
    return {"state": "applied", **answer}


def _check_theirs(visit: Visit, member: Member) -> None:
    if visit.caregiver_id != member.pk:
        raise NotApplied(Why.MOVED)
    if visit.status == Visit.Status.CANCELLED:
        raise NotApplied(Why.CANCELLED)


def _person(member: Member) -> User:
    if member.user is None:
        raise DomainError(_("This caregiver has no log-in, so nothing can come from a phone of theirs."))
    return member.user


def _how(event: PhoneEvent, member: Member) -> dict[str, Any]:
    place = read_position(event.body.get("position"))
    position = clock.Position(*place) if place else None
    problem = "" if position else str(event.body.get("position_problem") or "unavailable")[:60]
    return {
        "at": event.at,
        "by": _person(member),
        "member": member,
        "position": position,
        "position_problem": problem,
        "received_at": event.received_at,
        "evidence": _evidence(event),
    }


def _evidence(event: PhoneEvent) -> dict[str, Any]:
    """What the phone says of itself: whether a program makes its position up, and how far its clock was off."""
    position = event.body.get("position")
    offset = event.body.get("offset_ms")
    seconds = round(offset / 1000) if isinstance(offset, int) else None
    return {
        "is_mock_location": isinstance(position, dict) and position.get("mock") is True,
        "clock_offset_seconds": seconds if seconds is not None and abs(seconds) < 2**31 else None,
    }


def _clock(event: PhoneEvent, visit: Visit, member: Member) -> dict[str, Any]:
    punch = CLOCKS[event.kind](visit, **_how(event, member))
    if punch.visit is None:
        why = Why.MOVED if visit.caregiver_id != member.pk else Why.of_status(visit.status)
        return {"state": "to_review", "why": why, "clock_event": punch.pk}
    return {"clock_event": punch.pk, "visit": state_of(visit, punch.visit)}


def _task(event: PhoneEvent, visit: Visit, member: Member) -> dict[str, Any]:
    body = event.body
    task = record_task(
        visit,
        read_number(body.get("planned_task")),
        str(body.get("outcome", "")),
        by=_person(member),
        at=event.at,
        reason=str(body.get("reason") or ""),
    )
    return {"task": {"planned_task": task.planned_task_id, "outcome": task.outcome, "reason": task.reason}}


def _vitals(event: PhoneEvent, visit: Visit, member: Member) -> dict[str, Any]:
    values = read_values(event.body.get("values"), set(VitalKind.values))
    readings = record_readings(visit, values, by=_person(member), taken_at=event.at)
    return {"alerts": [reading.alert_text for reading in readings if reading.is_alert]}


def _note(event: PhoneEvent, visit: Visit, member: Member) -> dict[str, Any]:
    note = add_note(visit, str(event.body.get("text") or ""), by=_person(member), written_at=event.at)
    return {"note": note.pk}


def _device_code(event: PhoneEvent, visit: Visit, member: Member) -> dict[str, Any]:
    kind = str(event.body.get("kind"))
    if kind not in ClockEvent.Kind.values:
        raise NotApplied(Why.UNREADABLE)
    code = re.sub(r"\D", "", str(event.body.get("code") or ""))
    by = _person(member)
    punch = clock_by_code(member, kind, code, by=by, until=event.at, of_visit=visit)
    if punch.visit is None:
        return {"state": "to_review", "why": Why.UNKNOWN, "clock_event": punch.pk}
    return {"clock_event": punch.pk, "visit": state_of(visit, punch.visit)}


def _correction(event: PhoneEvent, visit: Visit, member: Member) -> dict[str, Any]:
    body = event.body
    try:
        starts_at, ends_at = read_times(visit, str(body.get("start") or ""), str(body.get("end") or ""))
        strokes = read_strokes(body.get("strokes"))
    except (TypeError, ValueError, OverflowError):
        raise NotApplied(Why.UNREADABLE) from None
    correction = propose_correction(
        visit,
        member=member,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=str(body.get("reason") or ""),
        signed_name=str(body.get("signed_name") or ""),
        strokes=strokes,
        by=_person(member),
        at=event.at,
    )
    return {"correction": correction.pk}


def _confirm(event: PhoneEvent, visit: Visit, member: Member) -> dict[str, Any]:
    return {"visit": state_of(visit, confirm_visit(visit, by=_person(member)))}


CLOCKS: dict[str, Callable[..., ClockEvent]] = {"clock_in": clock.clock_in, "clock_out": clock.clock_out}
HANDLERS: dict[str, Callable[[PhoneEvent, Visit, Member], dict[str, Any]]] = {
    "clock_in": _clock,
    "clock_out": _clock,
    "task": _task,
    "vitals": _vitals,
    "note": _note,
    "confirm": _confirm,
    "device_code": _device_code,
    "correction": _correction,
}


def state_of(visit: Visit, clocked: Visit) -> dict[str, Any]:
    """What a phone needs to know of a visit's state; the visit it follows has its clock."""
    return {
        "id": visit.pk,
        "status": clocked.status,
        "started_at": clocked.started_at.isoformat() if clocked.started_at else None,
        "finished_at": clocked.finished_at.isoformat() if clocked.finished_at else None,
    }


@transaction.atomic
def apply_event(event: PhoneEvent, visit: Visit, *, by: User) -> PhoneEvent:
    """The office says to which visit a kept act belongs; it is carried out there in the caregiver's name."""
    event = _locked_for_review(event)
    if visit.caregiver_id != event.member_id:
        raise DomainError(_("Choose a visit of the caregiver who recorded this."), field="visit")
    punch = ClockEvent.objects.filter(pk=event.answer.get("clock_event")).first()
    try:
        if punch is not None:
            clock.match_punch(punch, visit, by=by)
        else:
            HANDLERS[event.kind](event, visit, event.member)
    except (NotApplied, KeyError):
        raise DomainError(
            _("This cannot be carried out as it was sent. Enter it by hand, then mark it as reviewed.")
        ) from None
    return _reviewed(event, by=by, note=_("Applied to the visit of %(day)s.") % {"day": visit.starts_at.date()})


@transaction.atomic
def mark_reviewed(event: PhoneEvent, *, by: User, note: str) -> PhoneEvent:
    """Somebody looked and nothing is to be carried out; says why in a few words."""
    if not note.strip():
        raise DomainError(_("Say in a few words what you did about it."), field="note")
    row = _locked_for_review(event)
    punch = ClockEvent.objects.unmatched().filter(pk=row.answer.get("clock_event")).first()
    if punch is not None:
        decide(punch, PunchDecision.Kind.CLOSED, note=note, by=by)
    return _reviewed(row, by=by, note=note)


def _locked_for_review(event: PhoneEvent) -> PhoneEvent:
    row = PhoneEvent.objects.select_for_update(of=("self",)).select_related("member__user").get(pk=event.pk)
    if row.status != PhoneEvent.Status.TO_REVIEW:
        raise Conflict(_("Somebody has already dealt with this. Reload the page."))
    return row


def _reviewed(event: PhoneEvent, *, by: User, note: str) -> PhoneEvent:
    event.status, event.reviewed_by, event.reviewed_at = PhoneEvent.Status.REVIEWED, by, timezone.now()
    event.review_note = note.strip()[:200]
    event.save(update_fields=["status", "reviewed_by", "reviewed_at", "review_note"])
    record("phone_event.reviewed", event, by=by, reason=event.review_note)
    return event
