"""Saying what a visit was: approved with one time for pay and bill, missed, or reopened (DESIGN.md, invariants 3, 6).

Punches are never edited: the approved times stand beside them with who, when and why. Clients who share a visit share
its punches: their rows are approved together with the same times, and each gets its part of the minutes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models import F, Q
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
from scheduling.shared_time import portions

LONGEST = dt.timedelta(hours=25)
APPROVAL_FIELDS = ["status", "version", "approved_minutes", "approved_starts_at", "approved_ends_at"]
REOPENED = ("status", "approved_minutes", "approved_by")
APPROVAL_FIELDS += ["approved_by", "approved_at", "adjustment_code", "adjustment_action", "adjustment_memo"]


@dataclass
class BulkApproval:
    """What one press approved, and which visits were left with the reason of each."""

    approved: list[Visit] = field(default_factory=list)
    left: list[tuple[Visit, str]] = field(default_factory=list)


def _locked(visit: Visit) -> Visit:
    """The visit that holds the punches: this one, or the one it follows."""
    rows = Visit.objects.select_for_update(of=("self",)).select_related("branch")
    return rows.get(pk=visit.leader_id or visit.pk)


def _all_of(lead: Visit) -> list[Visit]:
    """The locked visit and those that share it, locked too."""
    if not lead.is_shared:
        return [lead]
    followers = Visit.objects.select_for_update(of=("self",)).filter(leader=lead.pk).live()
    return [lead, *followers.select_related("branch").order_by("pk")]


def _meant(visit: Visit, stay: list[Visit]) -> Visit:
    """The row of this visit; Conflict when its client has left the shared visit meanwhile."""
    for row in stay:
        if row.pk == visit.pk:
            return row
    raise Conflict(_("This visit is not shared any more. Reload the page to see its present state."))


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


def waits_with(names: Sequence[str]) -> str:
    """Why a visit without anything open of its own cannot be approved: these clients share it and theirs can't be."""
    return _("Approved together with %(names)s, where something is still open.") % {"names": ", ".join(names)}


def _set_approval(
    visits: list[Visit], starts_at: dt.datetime, ends_at: dt.datetime, by: User, moment: dt.datetime
) -> None:
    """One visit, or all that share it: each with its part of the minutes."""
    parts = portions(minutes_between(starts_at, ends_at), [visit.time_weight for visit in visits])
    for visit, minutes in zip(visits, parts, strict=True):
        visit.move_to(Visit.Status.APPROVED)
        visit.version += 1
        visit.approved_starts_at, visit.approved_ends_at = starts_at, ends_at
        visit.approved_minutes = minutes
        visit.approved_by, visit.approved_at = by, moment


def approve_visits(visits: Iterable[Visit], *, by: User) -> BulkApproval:
    """Approves every clean visit with its clocked times, in one transaction; says what was left and why.

    A shared visit is approved for all its clients, or left for all of them. Rows are locked in key order, so two
    people pressing at once wait for each other and never deadlock; the second finds them already approved.
    """
    leads = sorted({visit.leader_id or visit.pk for visit in visits})
    result, moment = BulkApproval(), timezone.now()
    with transaction.atomic():
        followers = Q(leader__in=leads) & ~Q(status__in=[Visit.Status.CANCELLED, Visit.Status.MISSED])
        locked = Visit.objects.select_for_update(of=("self",)).filter(Q(pk__in=leads) | followers)
        rows = list(locked.select_related("client", "caregiver").order_by(F("leader").asc(nulls_first=True), "pk"))
        ids = [row.pk for row in rows]
        open_counts = _open_exceptions(ids)
        proposed = set(VisitCorrection.objects.pending().filter(visit__in=ids).values_list("visit_id", flat=True))
        stays: dict[int, list[Visit]] = {pk: [] for pk in leads}
        for row in rows:
            stays[row.leader_id or row.pk].append(row)
        for stay in stays.values():
            own = [why_not(row, open_counts.get(row.pk, 0), has_correction=row.pk in proposed) for row in stay]
            if not stay or any(own) or stay[0].started_at is None or stay[0].finished_at is None:
                others = [row.client.full_name for row, reason in zip(stay, own, strict=True) if reason]
                result.left += [(row, reason or waits_with(others)) for row, reason in zip(stay, own, strict=True)]
                continue
            _set_approval(stay, stay[0].started_at, stay[0].finished_at, by, moment)
            result.approved += stay
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

    Adjusted times need a reason code; the same reason resolves exceptions that have none yet. A shared visit is
    approved for all its clients. Already approved with the same times: the present row. DomainError names the field;
    Conflict when the visit is not completed.
    """
    row = _locked(visit)
    stay = _all_of(row)
    meant = _meant(visit, stay)
    starts_at, ends_at = starts_at or row.started_at, ends_at or row.finished_at
    if starts_at is None or ends_at is None:
        raise DomainError(_("A punch is missing. Enter the approved times."), field="starts_at")
    if row.status == Visit.Status.APPROVED and (row.approved_starts_at, row.approved_ends_at) == (starts_at, ends_at):
        return meant
    if VisitCorrection.objects.pending().filter(visit__in=stay).exists():
        raise Conflict(_("The caregiver proposes other times. Accept or decline them first."))
    _check_times(starts_at, ends_at)
    adjusted = not (_same_minute(row.started_at, starts_at) and _same_minute(row.finished_at, ends_at))
    for one in stay:
        if one.status == Visit.Status.COMPLETED:
            _resolve_open(one, code=code, memo=memo, action=action, by=by, needed=adjusted)
        one.adjustment_code, one.adjustment_action = (code, action) if adjusted else (None, None)
        one.adjustment_memo = memo.strip()[:256] if adjusted else ""
    if not adjusted and row.started_at and row.finished_at:
        starts_at, ends_at = row.started_at, row.finished_at  # to the second, as punched
    _set_approval(stay, starts_at, ends_at, by, timezone.now())
    for one in stay:
        one.save(update_fields=APPROVAL_FIELDS)
    record_many([_approval_event(one, by) for one in stay])
    return meant


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
    row = _locked(visit)
    if row.status == Visit.Status.COMPLETED:
        return _meant(visit, _all_of(row))
    if row.status != Visit.Status.APPROVED:
        raise Conflict(_("Only an approved visit can be reopened. Reload the page to see its present state."))
    stay = _all_of(row)
    meant = _meant(visit, stay)
    before = {one.pk: {name: getattr(one, name) for name in REOPENED} for one in stay}
    for one in reversed(stay):
        _take_approval_back(one)
    for one in stay:
        record("visit.reopened", one, by=by, changes=changes_of(before[one.pk], one), reason=reason.strip())
    find_exceptions(row)
    return meant


def _take_approval_back(row: Visit) -> None:
    row.move_to(Visit.Status.COMPLETED)
    row.version += 1
    row.approved_minutes = row.approved_starts_at = row.approved_ends_at = None
    row.approved_by = row.approved_at = row.adjustment_code = row.adjustment_action = None
    row.adjustment_memo = ""
    _save_or_explain(row, APPROVAL_FIELDS)


@transaction.atomic
def close_visit(visit: Visit, *, by: User, reason: str) -> Visit:
    """It took place but was never clocked to its end: completed, with the missing punches as exceptions to resolve."""
    if not reason.strip():
        raise DomainError(_("Say how you know that the visit took place."), field="reason")
    row = _locked(visit)
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
    row = _locked(visit)
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
    row = _locked(visit)
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
