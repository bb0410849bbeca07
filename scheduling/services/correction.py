"""Corrections that caregivers propose ("I forgot to clock out"): sent from the phone, decided by the office."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.clock import at_local, local, local_date
from homecare.errors import Conflict, DomainError, readable
from homecare.inbox.services.notification import notify
from scheduling.models import ReasonCode, Visit, VisitCorrection
from scheduling.services.approval import approve_visit, close_visit
from staff.models import Member

LONGEST = dt.timedelta(hours=25)
MOST_POINTS, MOST_COORDINATE = 1500, 4000
CLOSED = {Visit.Status.APPROVED, Visit.Status.CANCELLED}


def read_strokes(raw: Any) -> list[list[list[int]]]:
    """A drawn signature as lines of whole points; ValueError when it is none."""
    if not raw:
        return []
    lines = [[[int(x), int(y)] for x, y in line] for line in raw]
    points = [value for line in lines for point in line for value in point]
    if len(points) > 2 * MOST_POINTS or any(not 0 <= one <= MOST_COORDINATE for one in points):
        raise ValueError("not a signature")
    return [line for line in lines if line]


def read_times(visit: Visit, start: str, end: str) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The moments of two times of the branch's wall clock: the start on the visit's day, the end after it."""
    zone = visit.branch.time_zone
    day = local_date(visit.starts_at, zone)
    starts_at = at_local(day, dt.time.fromisoformat(start), zone) if start else None
    if not end:
        return starts_at, None
    begun = starts_at or visit.started_at or visit.starts_at
    ends_at = at_local(local_date(begun, zone), dt.time.fromisoformat(end), zone)
    if ends_at <= begun:
        next_day = local(begun, zone).date() + dt.timedelta(days=1)
        ends_at = at_local(next_day, dt.time.fromisoformat(end), zone)
    return starts_at, ends_at


@transaction.atomic
def propose_correction(
    visit: Visit,
    *,
    member: Member,
    starts_at: dt.datetime | None,
    ends_at: dt.datetime | None,
    reason: str,
    signed_name: str = "",
    strokes: list[list[list[int]]] | None = None,
    by: User,
    at: dt.datetime,
) -> VisitCorrection:
    """The caregiver says when the visit really was. One at a time waits for the office (Conflict).

    Needs a time, a reason and a signature, drawn or as the name of who confirms (DomainError on the field).
    """
    row = Visit.locked(visit.leader_id or visit.pk)
    if row.status in CLOSED:
        raise Conflict(_("The office has already closed this visit. Call the office."))
    if starts_at is None and ends_at is None:
        raise DomainError(_("Enter when the visit began or ended."), field="start")
    if not reason.strip():
        raise DomainError(_("Say in a few words why the times are wrong."), field="reason")
    if not signed_name.strip() and not strokes:
        raise DomainError(_("Let the client sign, or enter the name of who confirms the times."), field="signed_name")
    _check(row, starts_at, ends_at, at)
    try:
        with transaction.atomic():
            correction = VisitCorrection.objects.create(
                visit=row,
                member=member,
                starts_at=starts_at,
                ends_at=ends_at,
                reason=reason.strip()[:200],
                signed_name=signed_name.strip()[:120],
                strokes=strokes or [],
                proposed_at=at,
            )
    except IntegrityError as error:
        raise readable(error) from error
    changes = {"starts_at": [row.started_at, starts_at], "ends_at": [row.finished_at, ends_at]}
    record("visit_correction.proposed", correction, by=by, changes=changes, reason=correction.reason)
    return correction


def _check(visit: Visit, starts_at: dt.datetime | None, ends_at: dt.datetime | None, at: dt.datetime) -> None:
    begin, end = starts_at or visit.started_at, ends_at or visit.finished_at
    if (begin and begin > at) or (ends_at and ends_at > at):
        raise DomainError(_("This time has not come yet."), field="end")
    if begin and end and not dt.timedelta() < end - begin <= LONGEST:
        raise DomainError(_("The end is not after the start, or more than a day later."), field="end")


def _locked(correction: VisitCorrection) -> VisitCorrection:
    """The visit first, as everywhere, then the correction."""
    Visit.locked(correction.visit_id)
    return VisitCorrection.locked(correction.pk, "visit__branch", "member__user")


@transaction.atomic
def accept_correction(
    correction: VisitCorrection, *, code: ReasonCode | None, memo: str = "", action: ReasonCode | None = None, by: User
) -> VisitCorrection:
    """The proposed times become the approved ones, with the office's reason; the punches stay.

    A visit that was never finished is closed first. DomainError and Conflict as `approve_visit` gives them.
    """
    row = _locked(correction)
    if row.status == VisitCorrection.Status.ACCEPTED:
        return row
    _decide(row, VisitCorrection.Status.ACCEPTED, by=by)
    visit = row.visit
    if visit.status not in (Visit.Status.COMPLETED, Visit.Status.APPROVED):
        visit = close_visit(visit, by=by, reason=row.reason)
    approve_visit(
        visit,
        by=by,
        starts_at=row.starts_at or visit.started_at,
        ends_at=row.ends_at or visit.finished_at,
        code=code,
        memo=memo or row.reason,
        action=action,
    )
    record("visit_correction.accepted", row, by=by)
    _tell(row)
    return row


@transaction.atomic
def decline_correction(correction: VisitCorrection, *, answer: str, by: User) -> VisitCorrection:
    """The times stay as they were clocked; the caregiver reads why."""
    if not answer.strip():
        raise DomainError(_("Say why; the caregiver reads it."), field="reason")
    row = _locked(correction)
    if row.status == VisitCorrection.Status.DECLINED:
        return row
    row.answer = answer.strip()[:200]
    _decide(row, VisitCorrection.Status.DECLINED, by=by)
    record("visit_correction.declined", row, by=by, reason=row.answer)
    _tell(row)
    return row


def _decide(row: VisitCorrection, status: str, *, by: User) -> None:
    row.move_to(status)
    row.decided_by, row.decided_at = by, timezone.now()
    row.save(update_fields=["status", "decided_by", "decided_at", "answer"])


def _tell(row: VisitCorrection) -> None:
    """The caregiver hears of it; the title leaves the house and names no client."""
    user = row.member.user
    if user is None:
        return
    with translation.override(user.language):
        if row.status == VisitCorrection.Status.ACCEPTED:
            title = _("Your correction was accepted.")
        else:
            title = _("Your correction was declined.")
        notify(
            user,
            "visit.correction",
            dedupe_key=f"visit.correction:{row.pk}",
            title=title,
            body=row.answer,
            url=reverse("scheduling:phone-visit", args=[row.visit_id]),
        )
