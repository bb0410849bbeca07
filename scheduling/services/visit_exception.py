"""Exceptions of a visit: found by the rules, resolved by a person with a reason code."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from homecare.accounts.models import Agency, User
from homecare.audit.services.event import record
from homecare.errors import Conflict, DomainError
from scheduling.exceptions_found import Found, PunchFact, Tolerance, VisitFacts, exceptions_found
from scheduling.models import ClockEvent, PunchDecision, ReasonCode, Visit, VisitException, VisitTask
from scheduling.reason_sets import set_of

# A visit lasts at most a day: no other one that began earlier can still go on.
LONGEST = dt.timedelta(days=2)
REASON_FIELDS = ["reason_code", "action_code", "memo", "resolved_by", "resolved_at"]
DETAILS: dict[str, str] = {
    "late": gettext_noop("Started %(minutes)s min after the planned time."),
    "early": gettext_noop("Started %(minutes)s min before the planned time."),
    "short": gettext_noop("Worked %(worked)s min of %(planned)s planned."),
    "long": gettext_noop("Worked %(worked)s min, %(planned)s were planned."),
    "far": gettext_noop("Clocked %(metres)s m from the client's address."),
    "no_position": gettext_noop("The phone gave no position for %(count)s of the punches."),
    "no_in": gettext_noop("There is no clock-in."),
    "no_out": gettext_noop("There is no clock-out."),
    "manual": gettext_noop("The office clocked for the caregiver (%(count)s)."),
    "tasks_missing": gettext_noop("%(count)s tasks have no answer."),
    "unknown_phone": gettext_noop("Clocked from a telephone that is not on the client's file."),
    "not_scheduled": gettext_noop("Nobody had planned this visit; it was made from a punch."),
    "overlap": gettext_noop("Shares %(minutes)s min with another visit of the same caregiver or client."),
    "mock_location": gettext_noop("The phone said that its position is made up by a program."),
    "clock_skew": gettext_noop("The phone's clock was %(minutes)s min off; the time was corrected."),
    "inaccurate": gettext_noop("The position may be %(metres)s m off."),
    "offline": gettext_noop("Recorded without signal; reached us %(minutes)s min later."),
}


def _fact(punch: ClockEvent) -> PunchFact:
    return PunchFact(
        kind=punch.kind,
        at=punch.at,
        received_at=punch.received_at,
        is_manual=punch.method == ClockEvent.Method.OFFICE,
        has_position=punch.latitude is not None,
        distance_metres=punch.distance_metres,
        is_mock=punch.is_mock_location,
        clock_offset=dt.timedelta(seconds=punch.clock_offset_seconds or 0),
        accuracy_metres=punch.accuracy_metres,
        is_by_phone_app=punch.method == ClockEvent.Method.MOBILE,
        is_strange_number=punch.method == ClockEvent.Method.TELEPHONY and punch.client_id is None,
    )


def _window(visit: Visit) -> tuple[dt.datetime, dt.datetime] | None:
    if visit.window_starts_at is None or visit.window_ends_at is None:
        return None
    return visit.window_starts_at, visit.window_ends_at


def _overlap(visit: Visit) -> int:
    """Minutes shared by the clock with another visit of the caregiver or client. Double-ups and clients who share a
    visit do so by plan."""
    if visit.started_at is None or visit.finished_at is None:
        return 0
    same = models.Q(caregiver=visit.caregiver_id) | models.Q(client=visit.client_id)
    near = {"starts_at__gt": visit.starts_at - LONGEST, "starts_at__lt": visit.ends_at + LONGEST}
    rows = Visit.objects.live().filter(same, **near).exclude(pk=visit.pk).exclude(pk__in=visit.partners.values("pk"))
    rows = rows.filter(started_at__lt=visit.finished_at, finished_at__gt=visit.started_at)
    if visit.is_shared:
        rows = rows.exclude(pk__in=visit.sharing.values("pk"))
    pairs = rows.values_list("started_at", "finished_at")
    shared = (min(visit.finished_at, end) - max(visit.started_at, start) for start, end in pairs)
    return max((int(one.total_seconds() // 60) for one in shared), default=0)


def _facts(visit: Visit) -> VisitFacts:
    return VisitFacts(
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        started_at=visit.started_at,
        finished_at=visit.finished_at,
        punches=[_fact(punch) for punch in ClockEvent.objects.filter(visit=visit.leader_id or visit.pk)],
        unanswered_tasks=VisitTask.objects.filter(visit=visit, outcome=VisitTask.Outcome.PENDING).count(),
        window=_window(visit),
        is_remote=visit.service_type.is_remote,
        overlap_minutes=_overlap(visit),
        is_unplanned=PunchDecision.objects.filter(visit=visit, kind=PunchDecision.Kind.NEW_VISIT).exists(),
    )


def _detail(found: Found) -> str:
    # Written once for everybody who reads it later, so in the agency's language and not in the caregiver's.
    with translation.override(settings.LANGUAGE_CODE):
        return _(DETAILS[found.kind]) % found.numbers


@transaction.atomic(savepoint=False)
def find_exceptions(visit: Visit) -> list[VisitException]:
    """Brings the exceptions of a completed visit up to date with its punches and tasks; returns the unresolved ones.

    With a visit that others follow, theirs too: its punches are theirs. What no longer holds disappears while nobody
    has resolved it; a resolved one stays, with its reason.
    The caller holds the visit's lock. A visit that goes on again loses its unresolved ones; others have none to judge.
    """
    for follower in visit.led("branch", "service_type"):
        find_exceptions(follower)
    if visit.status == Visit.Status.IN_PROGRESS:
        VisitException.objects.filter(visit=visit).unresolved().delete()
    if visit.status != Visit.Status.COMPLETED:
        return []
    agency = Agency.current()
    tolerance = Tolerance(agency.grace_minutes, agency.geofence_metres)
    found = {one.kind: _detail(one) for one in exceptions_found(_facts(visit), tolerance)}
    for path in settings.VISIT_CHECKS:
        found |= {kind: sentence[:200] for kind, sentence in import_string(path)(visit)}
    known = {row.kind: row for row in VisitException.objects.filter(visit=visit)}
    gone = [row.pk for row in known.values() if row.kind not in found and row.resolved_at is None]
    if gone:
        VisitException.objects.filter(pk__in=gone).delete()
    for kind, detail in found.items():
        row = known.get(kind)
        if row is not None and row.resolved_at is None and row.detail != detail:
            row.detail = detail
            row.save(update_fields=["detail"])
    new = [VisitException(visit=visit, kind=kind, detail=text) for kind, text in found.items() if kind not in known]
    VisitException.objects.bulk_create(new)
    return [*new, *(row for kind, row in known.items() if kind in found and row.resolved_at is None)]


def check_reason(visit: Visit, code: ReasonCode | None, memo: str, action: ReasonCode | None) -> None:
    """A reason of the payer's table is chosen, explained where the code says so, with what was done about it where the
    table has such codes; DomainError on the field that lacks."""
    if code is None:
        raise DomainError(_("Choose a reason."), field="code")
    codes = set_of(visit)
    if code not in codes.reasons:
        raise DomainError(_("This reason is not in the table of the visit's payer. Choose another one."), field="code")
    if codes.actions and action not in codes.actions:
        raise DomainError(_("Choose what was done about it; this payer asks for that."), field="action")
    if code.needs_memo and not memo.strip():
        raise DomainError(_("This reason needs a sentence of explanation."), field="memo")


@transaction.atomic
def resolve_exception(
    exception: VisitException,
    *,
    code: ReasonCode | None,
    memo: str = "",
    action: ReasonCode | None = None,
    by: User,
) -> VisitException:
    """A person says why the visit differs from its plan. A resolved exception may be given another reason until the
    visit is approved; the trail keeps both."""
    visit = Visit.locked(exception.visit_id)
    check_reason(visit, code, memo, action)
    if visit.status != Visit.Status.COMPLETED:
        raise Conflict(_("This visit is not waiting for approval any more. Reopen it to change a reason."))
    row = VisitException.objects.select_for_update().filter(pk=exception.pk).first()
    if row is None:
        raise Conflict(_("This exception does not hold any more; the visit was corrected. Reload the page."))
    set_reason(row, code=code, memo=memo, action=action, by=by)
    row.save(update_fields=REASON_FIELDS)
    record("visit_exception.resolved", row, by=by, changes=_reason_change(row), reason=memo)
    return row


def set_reason(row: VisitException, *, code: ReasonCode | None, memo: str, action: ReasonCode | None, by: User) -> None:
    """Sets the fields; the caller has checked, saves and records."""
    row.reason_code, row.action_code, row.memo = code, action, memo.strip()[:256]
    row.resolved_by, row.resolved_at = by, timezone.now()


def _reason_change(row: VisitException) -> dict[str, Any]:
    return {"kind": row.kind, "reason_code": row.reason_code, "action_code": row.action_code}
