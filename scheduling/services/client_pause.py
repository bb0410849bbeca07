"""One client of a shared pattern pauses for some days: each of their visits of these days is left, the others' go on.

A visit is left by cancelling it (services/visit.py), so the next client leads where this one did. `TemporaryChange`
keeps the client and which visits were left, so that they come back when the pause is taken back; what the pattern
brings later for these days is left as it is made. services/temporary_change.py begins and ends such a pause.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Case, F, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from homecare.accounts.models import User
from homecare.audit.services.event import build, record_many
from homecare.clock import now, today
from homecare.errors import DomainError
from scheduling import notices
from scheduling.fact_rows import Other
from scheduling.models import Schedule, TemporaryChange, Visit
from scheduling.pattern import Pattern, Temporary
from scheduling.placement import Judge, Placement, blocking
from scheduling.series import Edit, Fate, Slot, VisitChange
from scheduling.services.visit import cancel_visit, heir_of
from staff.models import Member


def work_out_pause(schedule: Schedule, pattern: Pattern, change: Temporary) -> Edit:
    """Which visits of the client would be left, who leads each then, and who else is there."""
    if change.client_id not in {schedule.client_id, *schedule.sharers.values_list("client_id", flat=True)}:
        raise DomainError(_("This client does not share the pattern's visits."), field="client")
    rows = list(_theirs(schedule, change.client_id, (change.first, change.last)))
    followers: dict[int, list[Visit]] = defaultdict(list)
    for one in Visit.objects.live().filter(leader__in=[row.leader_id or row.pk for row in rows]).order_by("pk"):
        followers[one.leader_id or 0].append(one)
    edit = Edit(schedule, pattern, change.first, [], [])
    for row in rows:
        rest = [one for one in followers[row.leader_id or row.pk] if one.pk != row.pk]
        heir = heir_of(row.lead, row, rest) if rest or row.leader_id else None
        edit.changes.append(VisitChange(row, None, fate=Fate.CANCELLED, goes_on=heir))
        edit.beside += rest if row.leader_id is None else [row.lead, *rest]
    return edit


def leave_visits(edit: Edit, *, reason: str, by: User) -> dict[str, int]:
    """Cancels the client's visits; says for each which visit goes on (0: none). Caregivers hear once."""
    left = {str(row.pk): heir.pk if heir else 0 for row, heir in _pairs(edit)}
    for row, _heir in _pairs(edit):
        cancel_visit(row, reason=reason, by=by, tell=False)
    if left:
        _tell((row for row, _heir in _pairs(edit)), edit.schedule)
    return left


def leave_paused(schedules: Iterable[Schedule], *, by: User) -> int:
    """What a pattern has brought since for days on which one client pauses is left; returns how many visits."""
    count = 0
    pauses = TemporaryChange.objects.filter(schedule__in=[row.pk for row in schedules], client__isnull=False)
    for pause in pauses.select_related("schedule__client__branch", "client").order_by("pk"):
        if pause.until_on < today(pause.schedule.client.branch.time_zone):
            continue
        days = Temporary(pause.from_on, pause.until_on, is_paused=True, client_id=pause.client_id)
        edit = work_out_pause(pause.schedule, Pattern.of(pause.schedule, ()), days)
        left = leave_visits(edit, reason=pause.reason, by=by)
        if left:
            pause.left |= left
            pause.save(update_fields=["left"])
            count += len(left)
    return count


def work_out_return(change: TemporaryChange, pattern: Pattern) -> Edit:
    """Which of the visits that were left come back, with what the client's rules say; whom one blocks stays away."""
    schedule = change.schedule
    rows = Visit.objects.filter(pk__in=[int(pk) for pk in change.left], status=Visit.Status.CANCELLED)
    rows = rows.filter(starts_at__gt=now(), client=change.client_id).select_related("branch", "client", "service_type")
    pairs = [(row, _stay(change, row)) for row in rows.order_by("pk")]
    placements = [_placement(row, lead) for row, lead in pairs]
    judge = Judge(placements)
    edit = Edit(schedule, pattern, change.from_on, [], [])
    for (row, lead), placement in zip(pairs, placements, strict=True):
        stay = lead or row
        findings = judge.judge_client(placement) if lead else judge.judge(placement)
        day = row.occurrence_on or row.starts_at.date()
        slot = Slot(day, row.slot, stay.starts_at, stay.ends_at, stay.caregiver_id)
        if lead is not None and blocking(findings):
            continue
        judge.take(placement)
        caregiver = None if blocking(findings) else stay.caregiver
        edit.changes.append(VisitChange(row, slot, findings, caregiver, stay.caregiver, lead, Fate.CREATED))
        edit.beside += [lead, *lead.led()] if lead else []
    return edit


def come_back(edit: Edit, *, by: User) -> None:
    """The client's visits take place again: who led leads again, who followed follows."""
    for change in edit.changes:
        if change.visit is not None:
            _join(change.visit, change.goes_on, change.caregiver)
    changes = {"status": [Visit.Status.CANCELLED, Visit.Status.PLANNED]}
    record_many([build("visit.restored", row, by=by, changes=changes) for row, _lead in _pairs(edit)])
    _tell((lead or row for row, lead in _pairs(edit)), edit.schedule)


def _pairs(edit: Edit) -> list[tuple[Visit, Visit | None]]:
    """Each visit of the client, and the visit that leads without it."""
    return [(change.visit, change.goes_on) for change in edit.changes if change.visit is not None]


def _join(row: Visit, lead: Visit | None, caregiver: Member | None) -> None:
    """In one statement, so that the caregiver's time passes from one leader to the other."""
    if lead is None:
        Visit.objects.filter(pk=row.pk).update(
            status=Visit.Status.PLANNED, cancel_reason="", caregiver=caregiver, version=F("version") + 1
        )
        return
    leads = row if row.schedule_id is not None and lead.schedule_id is None else lead
    is_moved = (lead.starts_at, lead.ends_at) != (row.starts_at, row.ends_at)
    Visit.objects.filter(pk__in=[row.pk, lead.pk, *(one.pk for one in lead.led())]).update(
        leader=Case(When(pk=leads.pk, then=None), default=leads.pk),
        status=lead.status,
        cancel_reason="",
        starts_at=lead.starts_at,
        ends_at=lead.ends_at,
        window_starts_at=lead.window_starts_at,
        window_ends_at=lead.window_ends_at,
        caregiver=lead.caregiver_id,
        is_changed_by_hand=Case(When(pk=row.pk, then=Value(is_moved)), default=F("is_changed_by_hand")),
        version=F("version") + 1,
    )


def _theirs(schedule: Schedule, client_id: int | None, days: tuple[dt.date, dt.date]) -> QuerySet:
    """The client's visits ahead of these days: led by the pattern's, or by who leads since another client left it."""
    heirs = {pk for left in schedule.temporary_changes.values_list("left", flat=True) for pk in left.values()}
    whole = Q(schedule=schedule) | Q(leader__schedule=schedule) | Q(pk__in=heirs) | Q(leader__in=heirs)
    rows = Visit.objects.filter(whole, client=client_id, occurrence_on__range=days, starts_at__gt=now())
    rows = rows.filter(status__in=Visit.OPEN_STATUSES)
    return rows.select_related("branch", "client", "caregiver__user", "leader__client").order_by("starts_at", "pk")


def _stay(change: TemporaryChange, row: Visit) -> Visit | None:
    """The visit that leads what goes on without the client, while it can still be joined; None when nobody is there."""
    rows = Visit.objects.live().select_related("branch", "client", "caregiver__user")
    stay = rows.filter(pk=change.left[str(row.pk)]).first()
    if stay is not None and stay.leader_id is not None:
        stay = rows.get(pk=stay.leader_id)
    if stay is None:
        stay = rows.leading().filter(schedule=change.schedule_id, occurrence_on=row.occurrence_on).first()
    return stay if stay is None or stay.is_movable else None


def _placement(row: Visit, lead: Visit | None) -> Placement:
    if lead is None:
        return Placement.of(row)
    other = Other(row.client_id, row.service_type_id, row.time_weight, row.pk)
    return Placement.of(lead, total=lead.time_total + row.time_weight).at(other)


def _tell(visits: Iterable[Visit], schedule: Schedule) -> None:
    shown = {row.caregiver_id for row in visits if row.caregiver_id and row.is_published}
    people = Member.objects.select_related("user").filter(pk__in=shown)
    notices.tell_of_series(people, notices.CHANGED, key=f"pause{schedule.pk}:{now().timestamp():.0f}")
