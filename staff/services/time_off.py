"""Time off: asked for, approved (which holds the person's time), declined, cancelled."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from homecare import clock
from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.errors import Conflict, DomainError, constraint_name, readable
from homecare.inbox.audience import people_with
from homecare.inbox.services.notification import notify
from staff.away import away_words
from staff.models import Commitment, Member, TimeOff

NAMED = 5


def _span(starts_at: dt.datetime, ends_at: dt.datetime, zone: str) -> str:
    start, end = clock.local(starts_at, zone), clock.local(ends_at, zone)
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%a} {end.day} {end:%b} {end:%H:%M}"
    return f"{start:%a} {start.day} {start:%b} {start:%H:%M}–{until}"


def _in_the_way(member: Member, starts_at: dt.datetime, ends_at: dt.datetime) -> Conflict | None:
    """The refusal that names what holds the person's time, None when they are free."""
    held = list(Commitment.objects.filter(member=member, during__overlap=(starts_at, ends_at)).order_by("during").all())
    if not held:
        return None
    zone = member.branch.time_zone
    visits = [row for row in held if row.visit_id is not None]
    if not visits:
        return Conflict(_("%(name)s already has approved time off then.") % {"name": member.full_name})
    named = ", ".join(_span(row.during.lower, row.during.upper, zone) for row in visits[:NAMED])
    if len(visits) > NAMED:
        named = _("%(named)s and %(n)s more") % {"named": named, "n": len(visits) - NAMED}
    sentence = ngettext(
        "%(name)s has a visit then: %(visits)s. Give it to somebody else or move it, then approve.",
        "%(name)s has %(n)s visits then: %(visits)s. Give them to somebody else or move them, then approve.",
        len(visits),
    )
    return Conflict(sentence % {"name": member.full_name, "n": len(visits), "visits": named})


@transaction.atomic
def request_time_off(
    member: Member,
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    by: User,
    reason: str = TimeOff.Reason.VACATION,
    note: str = "",
) -> TimeOff:
    """A wish for time off, [starts_at, ends_at) in UTC; whoever plans is told. It holds no time yet."""
    if ends_at <= starts_at:
        raise DomainError(_("The end is not after the start."), field="ends_at")
    wished = TimeOff.objects.filter(
        member=member, status__in=[TimeOff.Status.REQUESTED, TimeOff.Status.APPROVED], starts_at__lt=ends_at
    ).filter(ends_at__gt=starts_at)
    if wished.exists():
        raise Conflict(
            _("%(name)s already has time off in these days. Cancel the other request or choose other days.")
            % {"name": member.full_name}
        )
    row = TimeOff.objects.create(member=member, starts_at=starts_at, ends_at=ends_at, reason=reason, note=note)
    record("time_off.requested", row, by=by, changes={"starts_at": [None, starts_at], "ends_at": [None, ends_at]})
    for planner in people_with("staff.change_timeoff", member.branch):
        if planner.pk != by.pk:
            notify(
                planner,
                "time_off.requested",
                dedupe_key=f"time_off:{row.pk}:requested",
                title=_("%(name)s asks for time off") % {"name": member.full_name},
                body=away_words(starts_at, ends_at, member.branch.time_zone),
                url=reverse("staff:timeoff-list"),
            )
    return row


@transaction.atomic
def record_absence(
    member: Member, *, starts_at: dt.datetime, ends_at: dt.datetime, reason: str, note: str = "", by: User
) -> TimeOff:
    """Somebody is suddenly away: the time [starts_at, ends_at) is held at once, without a request.

    Requests of theirs for these days that nobody decided yet are settled by it. Raises Conflict when approved time off
    or a visit already holds the time.
    """
    if ends_at <= starts_at:
        raise DomainError(_("The end is not after the start."), field="ends_at")
    member = Member.locked(member.pk)
    conflict = _in_the_way(member, starts_at, ends_at)
    if conflict:
        raise conflict
    asked = TimeOff.objects.filter(member=member, status=TimeOff.Status.REQUESTED)
    for wish in asked.filter(starts_at__lt=ends_at, ends_at__gt=starts_at):
        _moved(wish, TimeOff.Status.CANCELLED, by=by, comment=_("Noted as an absence"))
    row = TimeOff.objects.create(
        member=member,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
        note=note,
        status=TimeOff.Status.APPROVED,
        decided_by=by,
    )
    record("time_off.noted", row, by=by, changes={"starts_at": [None, starts_at], "ends_at": [None, ends_at]})
    return row


def _moved(time_off: TimeOff, status: str, *, by: User, comment: str = "") -> TimeOff:
    """Moves a request under the member's row lock (the order in which scheduling locks too)."""
    member = Member.locked(time_off.member_id)
    row = TimeOff.locked(time_off.pk)
    before = row.status
    row.move_to(status)
    row.decided_by, row.decision_comment = by, comment
    if status == TimeOff.Status.APPROVED:
        conflict = _in_the_way(member, row.starts_at, row.ends_at)
        if conflict:
            raise conflict
    row.save(update_fields=["status", "decided_by", "decision_comment"])
    record(f"time_off.{status}", row, by=by, changes={"status": [before, status]}, reason=comment)
    if member.user is not None and member.user_id != by.pk:
        notify(
            member.user,
            "time_off.decided",
            dedupe_key=f"time_off:{row.pk}:{status}",
            title=_("Your time off: %(status)s") % {"status": row.get_status_display().lower()},
            body=away_words(row.starts_at, row.ends_at, member.branch.time_zone) + (f" · {comment}" if comment else ""),
            url=reverse("staff:timeoff-ask" if member.user.has_perm("scheduling.work_visit") else "home"),
        )
    return row


def approve_time_off(time_off: TimeOff, *, by: User) -> TimeOff:
    """Holds the person's time. Visits in the way are named; the exclusion constraint has the last word."""
    try:
        with transaction.atomic():
            return _moved(time_off, TimeOff.Status.APPROVED, by=by)
    except IntegrityError as error:
        if constraint_name(error) == "commitment_no_overlap":
            conflict = _in_the_way(time_off.member, time_off.starts_at, time_off.ends_at)
            raise (conflict or readable(error)) from error
        raise


@transaction.atomic
def decline_time_off(time_off: TimeOff, *, by: User, comment: str = "") -> TimeOff:
    """Says no, with the reason the person reads."""
    return _moved(time_off, TimeOff.Status.DECLINED, by=by, comment=comment)


@transaction.atomic
def cancel_time_off(time_off: TimeOff, *, by: User) -> TimeOff:
    """Takes a request or an approval back; the person's time is free again."""
    return _moved(time_off, TimeOff.Status.CANCELLED, by=by)
