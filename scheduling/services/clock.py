"""Punches. A clock is never refused: place and accuracy are recorded and flagged (DESIGN.md, invariant 3)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Address
from homecare.accounts.models import User
from homecare.audit.services.event import changes_of, record
from homecare.errors import Conflict, DomainError, readable
from scheduling.models import ClockEvent, Visit
from scheduling.punches import SAME_ACT, Punch, worked
from scheduling.services.visit_exception import find_exceptions
from scheduling.services.visit_task import copy_tasks
from scheduling.travel import kilometres
from staff.models import Member

# A punch on such a visit is kept without a visit and shown to the office.
CLOSED = {Visit.Status.CANCELLED, Visit.Status.APPROVED}


@dataclass(frozen=True)
class Position:
    """Where the phone says it is: degrees, and metres of accuracy when it knows them."""

    latitude: float
    longitude: float
    accuracy_metres: int | None = None


@dataclass(frozen=True)
class Act:
    """What is punched: by whom, when, from where. `by` differs from the member's user when the office clocks."""

    kind: str
    at: dt.datetime
    by: User
    member: Member
    position: Position | None = None
    position_problem: str = ""
    method: str = ClockEvent.Method.MOBILE
    reason: str = ""
    received_at: dt.datetime | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    """What the telephone, device or phone says about itself: fields of the punch, kept as they are."""


def clock_in(visit: Visit, *, at: dt.datetime, by: User, member: Member, **how: Any) -> ClockEvent:
    """The caregiver begins. Keeps the punch, moves the visit, fixes the plan version and its tasks.

    `how`: position, position_problem, method, reason, received_at, evidence (see `Act`). The event's `visit` is None
    when the visit is not the member's any more, cancelled or approved: the punch is kept for the office. A second tap
    within a minute returns the punch that is there. By the office: needs a reason and a time that has passed
    (DomainError).
    """
    return _punch(visit, Act(ClockEvent.Kind.IN, at, by, member, **how))


def clock_out(visit: Visit, *, at: dt.datetime, by: User, member: Member, **how: Any) -> ClockEvent:
    """The caregiver finishes; without a clock-in too, which becomes an exception. See `clock_in`."""
    return _punch(visit, Act(ClockEvent.Kind.OUT, at, by, member, **how))


@transaction.atomic
def clock_for(visit: Visit, kind: str, *, at: dt.datetime, by: User, reason: str) -> ClockEvent:
    """The office clocks for the caregiver, who could not: always an exception, with the reason that was given."""
    if visit.caregiver is None:
        raise DomainError(_("Nobody is assigned to this visit. Assign the caregiver first."))
    if visit.status in CLOSED:
        raise Conflict(
            _("This visit is %(status)s, so nobody can clock for it.") % {"status": visit.get_status_display().lower()}
        )
    clock = clock_in if kind == ClockEvent.Kind.IN else clock_out
    return clock(visit, at=at, by=by, member=visit.caregiver, method=ClockEvent.Method.OFFICE, reason=reason)


def _check_office(act: Act) -> None:
    if act.method != ClockEvent.Method.OFFICE:
        return
    if not act.reason.strip():
        raise DomainError(_("Say why the caregiver could not clock."), field="reason")
    if act.at > timezone.now():
        raise DomainError(_("This time has not come yet. Enter when it happened."), field="at")


@transaction.atomic(savepoint=False)
def _punch(visit: Visit, act: Act) -> ClockEvent:
    _check_office(act)
    row = _locked(visit.leader_id or visit.pk)  # clients who share a visit share its punches
    kept = list(ClockEvent.objects.filter(visit=row))
    same = [one for one in kept if one.kind == act.kind and abs(one.at - act.at) <= SAME_ACT]
    if same and row.caregiver_id == act.member.pk:
        same[0].visit = row
        return same[0]
    before = row.status
    if row.caregiver_id != act.member.pk or row.status in CLOSED or not _follow(row, act, kept):
        return _keep_unmatched(act)
    event = _keep(act, row)
    if Visit.Status.COMPLETED in (before, row.status):
        find_exceptions(row)
    return event


def _locked(pk: int) -> Visit:
    return Visit.objects.select_for_update(of=("self",)).select_related("branch", "service_type").get(pk=pk)


def _follow(visit: Visit, act: Act, kept: list[ClockEvent]) -> bool:
    """Moves the visit to what all its punches say; False when its caregiver's time was given away meanwhile."""
    times = worked([*(Punch(one.kind, one.at) for one in kept), Punch(act.kind, act.at)])
    before = {name: getattr(visit, name) for name in ("status", "started_at", "finished_at", "plan_id")}
    status = Visit.Status.IN_PROGRESS if times.is_running else Visit.Status.COMPLETED
    if visit.status != status:
        visit.move_to(status)
    visit.started_at, visit.finished_at = times
    visit.version += 1
    if before["status"] == Visit.Status.MISSED and not _take_time_again(visit):
        return False
    copy_tasks(visit, act.at)
    visit.save(update_fields=["status", "started_at", "finished_at", "plan", "version"])
    record(f"visit.clocked_{act.kind}", visit, by=act.by, changes=changes_of(before, visit), reason=act.reason)
    return True


def _take_time_again(visit: Visit) -> bool:
    """A visit marked missed held its caregiver's time no more; False when another one holds it now."""
    try:
        with transaction.atomic():
            visit.save(update_fields=["status"])
    except IntegrityError as error:
        readable(error)  # only a lost race for the caregiver's time has a sentence; anything else goes on up
        return False
    return True


def _distance(client_id: int, position: Position | None) -> int | None:
    """Metres from the client's address less the accuracy, never below 0; None when either place is unknown."""
    if position is None:
        return None
    address = Address.objects.filter(client_id=client_id, is_primary=True).first()
    if address is None or address.place is None:
        return None
    metres = 1000 * kilometres(address.place, (position.latitude, position.longitude))
    return max(0, round(metres) - (position.accuracy_metres or 0))


def _keep(act: Act, visit: Visit | None) -> ClockEvent:
    return ClockEvent.objects.create(
        visit=visit,
        member=act.member,
        kind=act.kind,
        method=act.method,
        at=act.at,
        received_at=act.received_at or timezone.now(),
        latitude=act.position.latitude if act.position else None,
        longitude=act.position.longitude if act.position else None,
        accuracy_metres=act.position.accuracy_metres if act.position else None,
        distance_metres=_distance(visit.client_id, act.position) if visit else None,
        position_problem=act.position_problem[:60],
        recorded_by=act.by,
        reason=act.reason.strip()[:200],
        **act.evidence,
    )


@transaction.atomic
def keep_unmatched(kind: str, *, at: dt.datetime, by: User, member: Member, **how: Any) -> ClockEvent:
    """A punch for a visit we do not know: kept, and shown to the office."""
    return _keep_unmatched(Act(kind, at, by, member, **how))


def _keep_unmatched(act: Act) -> ClockEvent:
    event = _keep(act, None)
    record("clock_event.unmatched", event, by=act.by, changes={"kind": act.kind, "at": act.at})
    return event


@transaction.atomic
def match_punch(event: ClockEvent, visit: Visit, *, by: User) -> ClockEvent:
    """The office says to which visit an unmatched punch belongs; once, the punch itself stays as it was."""
    row = _locked(visit.leader_id or visit.pk)
    event = ClockEvent.objects.select_for_update().get(pk=event.pk)
    if event.visit_id is not None:
        raise Conflict(_("This punch already belongs to a visit. Reload the page."))
    if row.caregiver_id != event.member_id:
        raise DomainError(_("This visit belongs to another caregiver. Choose one of the caregiver who clocked."))
    act = Act(event.kind, event.at, by, event.member, method=event.method)
    kept = list(ClockEvent.objects.filter(visit=row))
    if row.status in CLOSED or not _follow(row, act, kept):
        raise Conflict(_("This visit is cancelled, approved or in conflict with another one. Choose another visit."))
    position = None
    if event.latitude is not None and event.longitude is not None:
        position = Position(event.latitude, event.longitude, event.accuracy_metres)
    event.visit, event.distance_metres = row, _distance(row.client_id, position)
    event.save(update_fields=["visit", "distance_metres"])
    find_exceptions(row)
    return event
