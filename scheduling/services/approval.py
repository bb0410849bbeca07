"""Saying what a visit was: approved with one time for pay and bill, missed, or reopened (DESIGN.md, invariants 3, 6).

Punches are never edited: the approved times stand beside them with who, when and why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from homecare.accounts.models import User
from homecare.audit.models import Event
from homecare.audit.services.event import build, changes_of, record, record_many
from homecare.clock import minutes_between
from homecare.errors import Conflict, DomainError, readable
from scheduling.models import ReasonCode, Visit, VisitCorrection, VisitException
from scheduling.services.visit_exception import REASON_FIELDS, check_reason, find_exceptions, set_reason
from scheduling.services.visit_task import copy_tasks

LONGEST = dt.timedelta(hours=25)
APPROVAL_FIELDS = ["status", "version", "approved_minutes", "approved_starts_at", "approved_ends_at"]
APPROVAL_FIELDS += ["approved_by", "approved_at", "adjustment_code", "adjustment_action", "adjustment_memo"]


@dataclass
class BulkApproval:
    """What one press approved, and which visits were left with the reason of each."""

    approved: list[Visit] = field(default_factory=list)
    left: list[tuple[Visit, str]] = field(default_factory=list)


def _locked(pk: int) -> Visit:
    return Visit.objects.select_for_update(of=("self",)).select_related("branch").get(pk=pk)


def _open_exceptions(visit_ids: Iterable[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    open_ones = VisitException.objects.filter(visit_id__in=list(visit_ids)).unresolved()
    for visit_id in open_ones.values_list("visit_id", flat=True):
        counts[visit_id] = counts.get(visit_id, 0) + 1
    return counts


def why_not(visit: Visit, open_exceptions: int, *, has_correction: bool = False) -> str:
    """Why this visit cannot be approved as it was clocked; empty when it can."""
    if visit.status == Visit.Status.APPROVED:
        return _("It is already approved.")
    if visit.status != Visit.Status.COMPLETED:
        return _("It is %(status)s, not completed.") % {"status": visit.get_status_display().lower()}
    if has_correction:
        return _("The caregiver proposes other times. Accept or decline them first.")
    if open_exceptions:
        return ngettext(
            "%(count)s exception has no reason yet.", "%(count)s exceptions have no reason yet.", open_exceptions
        ) % {"count": open_exceptions}
    if visit.clocked_minutes is None:
        return _("A punch is missing. Open it and enter the approved times.")
    return ""


def _set_approval(visit: Visit, starts_at: dt.datetime, ends_at: dt.datetime, by: User, moment: dt.datetime) -> None:
    visit.move_to(Visit.Status.APPROVED)
    visit.version += 1
    visit.approved_starts_at, visit.approved_ends_at = starts_at, ends_at
    visit.approved_minutes = minutes_between(starts_at, ends_at)
    visit.approved_by, visit.approved_at = by, moment


def approve_visits(visits: Iterable[Visit], *, by: User) -> BulkApproval:
    """Approves every clean visit with its clocked times, in one transaction; says what was left and why.

    Rows are locked in key order, so two people pressing at once wait for each other and never deadlock; the second
    finds them already approved.
    """
    ids = sorted({visit.pk for visit in visits})
    result, moment = BulkApproval(), timezone.now()
    with transaction.atomic():
        locked = Visit.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
        rows = list(locked.select_related("client", "caregiver"))
        open_counts = _open_exceptions(ids)
        proposed = set(VisitCorrection.objects.pending().filter(visit__in=ids).values_list("visit_id", flat=True))
        for row in rows:
            reason = why_not(row, open_counts.get(row.pk, 0), has_correction=row.pk in proposed)
            if reason or row.started_at is None or row.finished_at is None:
                result.left.append((row, reason))
                continue
            _set_approval(row, row.started_at, row.finished_at, by, moment)
            result.approved.append(row)
        Visit.objects.bulk_update(result.approved, APPROVAL_FIELDS, batch_size=500)
        record_many([_approval_event(row, by) for row in result.approved])
    return result


def _approval_event(visit: Visit, by: User) -> Event:
    changes = {"status": ["completed", "approved"], "approved_minutes": [None, visit.approved_minutes]}
    return build("visit.approved", visit, by=by, changes=changes, reason=visit.adjustment_memo)


def _check_times(starts_at: dt.datetime, ends_at: dt.datetime) -> None:
    if ends_at <= starts_at:
        raise DomainError(_("The end is not after the start."), field="ends_at")
    if ends_at - starts_at > LONGEST:
        raise DomainError(_("A visit lasts at most a day."), field="ends_at")
    if ends_at > timezone.now() + dt.timedelta(minutes=5):
        raise DomainError(_("This time has not come yet."), field="ends_at")


def _same_minute(one: dt.datetime | None, other: dt.datetime) -> bool:
    return one is not None and one.replace(second=0, microsecond=0) == other.replace(second=0, microsecond=0)


@transaction.atomic
def approve_visit(
    visit: Visit,
    *,
    by: User,
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
    code: ReasonCode | None = None,
    memo: str = "",
    action: ReasonCode | None = None,
) -> Visit:
    """Approves one completed visit, with its punches or with adjusted times beside them.

    Adjusted times need a reason code; the same reason resolves exceptions that have none yet. Already approved with
    the same times: the present row. DomainError names the field; Conflict when the visit is not completed.
    """
    row = _locked(visit.pk)
    starts_at, ends_at = starts_at or row.started_at, ends_at or row.finished_at
    if starts_at is None or ends_at is None:
        raise DomainError(_("A punch is missing. Enter the approved times."), field="starts_at")
    if row.status == Visit.Status.APPROVED and (row.approved_starts_at, row.approved_ends_at) == (starts_at, ends_at):
        return row
    if VisitCorrection.objects.pending().filter(visit=row).exists():
        raise Conflict(_("The caregiver proposes other times. Accept or decline them first."))
    _check_times(starts_at, ends_at)
    adjusted = not (_same_minute(row.started_at, starts_at) and _same_minute(row.finished_at, ends_at))
    if row.status == Visit.Status.COMPLETED:
        _resolve_open(row, code=code, memo=memo, action=action, by=by, needed=adjusted)
    row.adjustment_code, row.adjustment_action = (code, action) if adjusted else (None, None)
    row.adjustment_memo = memo.strip()[:256] if adjusted else ""
    if not adjusted and row.started_at and row.finished_at:
        starts_at, ends_at = row.started_at, row.finished_at  # to the second, as punched
    _set_approval(row, starts_at, ends_at, by, timezone.now())
    row.save(update_fields=APPROVAL_FIELDS)
    record_many([_approval_event(row, by)])
    return row


def _resolve_open(
    visit: Visit, *, code: ReasonCode | None, memo: str, action: ReasonCode | None, by: User, needed: bool
) -> None:
    open_ones = list(VisitException.objects.select_for_update().filter(visit=visit).unresolved())
    if needed or open_ones:
        check_reason(visit, code, memo, action)
    for one in open_ones:
        set_reason(one, code=code, memo=memo, action=action, by=by)
    VisitException.objects.bulk_update(open_ones, REASON_FIELDS)


@transaction.atomic
def reopen_visit(visit: Visit, *, by: User, reason: str) -> Visit:
    """Takes an approval back. The database refuses it once the visit stands on an invoice (Conflict says so)."""
    if not reason.strip():
        raise DomainError(_("Say why the approval is taken back."), field="reason")
    row = _locked(visit.pk)
    if row.status == Visit.Status.COMPLETED:
        return row
    before = {name: getattr(row, name) for name in ("status", "approved_minutes", "approved_by")}
    if row.status != Visit.Status.APPROVED:
        raise Conflict(_("Only an approved visit can be reopened. Reload the page to see its present state."))
    row.move_to(Visit.Status.COMPLETED)
    row.version += 1
    row.approved_minutes = row.approved_starts_at = row.approved_ends_at = None
    row.approved_by = row.approved_at = row.adjustment_code = row.adjustment_action = None
    row.adjustment_memo = ""
    try:
        with transaction.atomic():
            row.save(update_fields=APPROVAL_FIELDS)
    except IntegrityError as error:
        raise readable(error) from error
    record("visit.reopened", row, by=by, changes=changes_of(before, row), reason=reason.strip())
    find_exceptions(row)
    return row


@transaction.atomic
def close_visit(visit: Visit, *, by: User, reason: str) -> Visit:
    """It took place but was never clocked to its end: completed, with the missing punches as exceptions to resolve."""
    if not reason.strip():
        raise DomainError(_("Say how you know that the visit took place."), field="reason")
    row = _locked(visit.pk)
    if row.status == Visit.Status.COMPLETED:
        return row
    if row.caregiver_id is None:
        raise DomainError(_("Nobody is assigned to this visit. Assign the caregiver who was there first."))
    if row.ends_at > timezone.now():
        raise DomainError(_("This visit is not over yet. Wait until its planned end."))
    if row.status == Visit.Status.APPROVED:
        raise Conflict(_("This visit is approved already. Reopen it to change it."))
    before = {"status": row.status}
    row.move_to(Visit.Status.COMPLETED)
    copy_tasks(row, row.started_at or row.starts_at)
    row.version += 1
    _save_or_explain(row, ["status", "plan", "version"])
    record("visit.closed", row, by=by, changes=changes_of(before, row), reason=reason.strip())
    find_exceptions(row)
    return row


@transaction.atomic
def mark_missed(visit: Visit, *, by: User, reason: str) -> Visit:
    """Nobody came. The reason is kept; a clock that arrives later brings the visit back by itself."""
    if not reason.strip():
        raise DomainError(_("Say why the visit was missed."), field="reason")
    row = _locked(visit.pk)
    if row.status == Visit.Status.MISSED:
        return row
    if row.starts_at > timezone.now():
        raise DomainError(_("This visit has not begun yet. Cancel it if it will not take place."))
    before = {"status": row.status, "cancel_reason": row.cancel_reason}
    row.move_to(Visit.Status.MISSED)
    row.cancel_reason, row.version = reason.strip()[:200], row.version + 1
    row.save(update_fields=["status", "cancel_reason", "version"])
    record("visit.missed", row, by=by, changes=changes_of(before, row), reason=row.cancel_reason)
    return row


@transaction.atomic
def restore_missed(visit: Visit, *, by: User) -> Visit:
    """Marked missed by mistake: planned again, if its caregiver's time is still free (else Conflict)."""
    row = _locked(visit.pk)
    if row.status == Visit.Status.PLANNED:
        return row
    if row.status != Visit.Status.MISSED:
        raise Conflict(_("Only a missed visit can be brought back. Reload the page to see its present state."))
    row.move_to(Visit.Status.PLANNED)
    row.cancel_reason, row.version = "", row.version + 1
    _save_or_explain(row, ["status", "cancel_reason", "version"])
    record("visit.restored", row, by=by, changes={"status": ["missed", "planned"]})
    return row


def _save_or_explain(visit: Visit, fields: list[str]) -> None:
    try:
        with transaction.atomic():
            visit.save(update_fields=fields)
    except IntegrityError as error:
        raise readable(error) from error
