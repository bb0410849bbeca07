"""Changing a recurring service: this and following, the whole series, or what nobody changed by hand.

`preview_edit` says for every affected visit what it is and what it would be, and what the rules say to that;
`edit_schedule` works the same list out again under locks and writes it in one transaction. Past and started visits are
never touched. A change from a day on ends the pattern the day before and begins a successor, so that history keeps its
pattern; the visits themselves stay the same rows with their notes and their trail.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from django.utils.translation import gettext as _

from homecare.accounts.models import User
from homecare.audit.services.event import build, record, record_many
from homecare.clock import monday_of, now, today
from homecare.errors import Conflict, DomainError
from scheduling import notices
from scheduling.models import RuleOverride, Schedule, Visit
from scheduling.pattern import Pattern
from scheduling.placement import Finding, Judge, Placement, blocking
from scheduling.series import Edit, Fate, Scope, Slot, VisitChange
from scheduling.services.schedule import (
    DAY,
    check_pattern,
    demand_reason,
    horizon,
    save_assignments,
    untouched,
)
from scheduling.services.visit import lock_members, once_more
from staff.models import Member

KEPT = ("starts_at", "ends_at", "caregiver_id", "occurrence_on", "slot", "status")


def preview_edit(schedule: Schedule, pattern: Pattern, *, scope: str, from_on: dt.date | None = None) -> Edit:
    """What the change would do, worked out without locks and without saving anything."""
    members = Member.objects.filter(pk__in=_member_ids(pattern)).select_related("role", "user")
    return _work_out(schedule, pattern, scope, from_on, {row.pk: row for row in members})


def edit_schedule(
    schedule: Schedule,
    pattern: Pattern,
    *,
    scope: str,
    from_on: dt.date | None = None,
    by: User,
    override_reason: str = "",
    note: str | None = None,
    expected: int | None = None,
) -> Edit:
    """Changes the pattern and its visits that lie ahead; `edit.schedule` is the row in force afterwards.

    `from_on` is the day of the visit from which *this and following* counts. `expected` is how many visits the preview
    showed as affected: when it is another number now, somebody was faster and nothing is changed (Conflict).
    """

    def act() -> Edit:
        members = lock_members(_member_ids(pattern))
        row = Schedule.objects.select_for_update(of=("self",)).select_related("client__branch", "service_type")
        locked = row.get(pk=schedule.pk)
        list(untouched(locked).select_for_update(of=("self",)).order_by("pk").values_list("pk"))
        edit = _work_out(locked, pattern, scope, from_on, members)
        affected = len(edit.changes) - edit.count(Fate.SAME)
        if expected is not None and affected != expected:
            raise Conflict(
                _("Meanwhile %(now)s visits would change instead of %(then)s. Look at the preview again.")
                % {"now": affected, "then": expected}
            )
        demand_reason(edit.warnings, by=by, override_reason=override_reason)
        _save(edit, by=by, override_reason=override_reason, note=note)
        return edit

    return once_more(act)


def _work_out(
    schedule: Schedule, pattern: Pattern, scope: str, from_on: dt.date | None, members: dict[int, Member]
) -> Edit:
    zone_name = schedule.client.branch.time_zone
    if schedule.status != Schedule.Status.ACTIVE:
        raise DomainError(_("This pattern has ended. Begin a new one."))
    start = _first_day(schedule, scope, from_on, today(zone_name))
    pattern = replace(pattern, starts_on=max(start, schedule.starts_on), ends_on=_last_day(schedule, pattern))
    check_pattern(schedule.client, pattern)
    affected, kept = _split_visits(schedule, scope, start)
    free = _free_slots(pattern, kept, zone_name, schedule)
    changes = _matched(affected, free, monthly=pattern.rule.startswith("FREQ=MONTHLY"))
    edit = Edit(schedule, pattern, start, changes, kept)
    _judge(edit, members)
    return edit


def _first_day(schedule: Schedule, scope: str, from_on: dt.date | None, today_on: dt.date) -> dt.date:
    """The first day of the pattern that the change may touch."""
    start = max(schedule.starts_on, today_on)
    if scope == Scope.FOLLOWING:
        if from_on is None:
            raise DomainError(_("Choose the visit from which the change counts."), field="from_on")
        start = max(start, from_on)
    if schedule.ends_on is not None and start > schedule.ends_on:
        raise DomainError(_("This pattern has no visits from that day on."), field="from_on")
    ahead = list(
        untouched(schedule).filter(occurrence_on__gte=start).order_by("occurrence_on").values_list("occurrence_on")[:1]
    )
    return ahead[0][0] if ahead else start


def _last_day(schedule: Schedule, pattern: Pattern) -> dt.date | None:
    """The new last day; never beyond the day from which another pattern already continues this one."""
    if schedule.ends_on is None or not Schedule.objects.filter(continues=schedule).exists():
        return pattern.ends_on
    return min(pattern.ends_on or schedule.ends_on, schedule.ends_on)


def _split_visits(schedule: Schedule, scope: str, start: dt.date) -> tuple[list[Visit], list[Visit]]:
    """(visits the change may touch, visits from that day on that stay exactly as they are)."""
    rows = Visit.objects.filter(schedule=schedule, occurrence_on__gte=start).select_related(
        "branch", "caregiver__user", "client", "service_type"
    )
    moment = now()
    affected: list[Visit] = []
    kept: list[Visit] = []
    for row in rows.order_by("occurrence_on", "slot"):
        is_ahead = row.status in Visit.OPEN_STATUSES and row.starts_at > moment
        by_hand = scope == Scope.UNCHANGED and row.is_changed_by_hand
        (affected if is_ahead and not by_hand else kept).append(row)
    return affected, kept


def _free_slots(pattern: Pattern, kept: list[Visit], zone_name: str, schedule: Schedule) -> list[Slot]:
    """The days of the new pattern ahead that no kept visit already stands for."""
    taken = {(row.occurrence_on, row.slot) for row in kept}
    last = max(horizon(zone_name), schedule.materialised_until or dt.date.min)
    moment = now()
    free = []
    for day in pattern.days(pattern.starts_on, last):
        starts_at, ends_at = pattern.span(day, zone_name)
        if starts_at <= moment:
            continue
        free += [
            Slot(day, slot, starts_at, ends_at, pattern.caregiver_on(day, slot))
            for slot in pattern.slots
            if (day, slot) not in taken
        ]
    return free


def _matched(affected: list[Visit], free: list[Slot], *, monthly: bool) -> list[VisitChange]:
    """Each visit meets its day in the new pattern, else it is moved to a day of its week (or month) that has none.

    What finds no day is cancelled, a day that finds no visit gets a new one.
    """
    by_key = {(slot.day, slot.slot): slot for slot in free}
    changes, homeless = [], defaultdict(list)
    for visit in affected:
        slot = by_key.pop((visit.occurrence_on, visit.slot), None)  # type: ignore[arg-type]
        if slot is not None:
            changes.append(VisitChange(visit, slot))
        else:
            homeless[_period(visit.occurrence_on, monthly)].append(visit)  # type: ignore[arg-type]
    for slot in by_key.values():
        waiting = homeless[_period(slot.day, monthly)]
        same_slot = next((row for row in waiting if row.slot == slot.slot), None)
        if same_slot is not None:
            waiting.remove(same_slot)
        changes.append(VisitChange(same_slot, slot))
    changes += [VisitChange(visit, None) for rows in homeless.values() for visit in rows]
    return sorted(changes, key=lambda change: change.when)


def _period(day: dt.date, monthly: bool) -> dt.date:
    return day.replace(day=1) if monthly else monday_of(day)


def _judge(edit: Edit, members: dict[int, Member]) -> None:
    """Asks the rules about every visit as it would be; whom a rule blocks does not come."""
    client = edit.schedule.client
    placements = [
        Placement(
            key=number,
            branch_id=client.branch_id,
            client_id=client.pk,
            service_type_id=edit.schedule.service_type_id,
            starts_at=change.after.starts_at if change.after else change.visit.starts_at,  # type: ignore[union-attr]
            ends_at=change.after.ends_at if change.after else change.visit.ends_at,  # type: ignore[union-attr]
            member_id=change.after.member_id if change.after else None,
            visit_id=change.visit.pk if change.visit else None,
        )
        for number, change in enumerate(edit.changes)
    ]
    known: dict[str, Iterable] = {
        "members": members.values(),
        "service_types": [edit.schedule.service_type],
        "branches": [client.branch],
    }
    judge = Judge(placements, known)
    for change, placement in zip(edit.changes, placements, strict=True):
        if change.after is None:
            change.settle()
            continue
        change.findings = judge.judge(placement)
        change.wanted = members.get(placement.member_id) if placement.member_id else None
        if change.wanted is not None and blocking(change.findings):
            placement = replace(placement, member_id=None)
        else:
            change.caregiver = change.wanted
        change.settle()
        judge.take(placement)


def _save(edit: Edit, *, by: User, override_reason: str, note: str | None) -> None:
    old = edit.schedule
    previous = {change.visit.pk: change.visit.caregiver for change in edit.changes if change.visit is not None}
    before = {"rule": old.rule, "start_time": old.start_time, "duration_minutes": old.duration_minutes}
    row = _successor(edit, by) if edit.splits else _in_place(edit)
    if note is not None:
        row.note = note
    row.materialised_until = max(horizon(row.client.branch.time_zone), old.materialised_until or dt.date.min)
    row.save()
    row.assignment_rules.all().delete()
    save_assignments(row, edit.pattern.assignments)
    events = _save_visits(edit, row, by=by, reason=override_reason)
    changes = {name: [value, getattr(row, name)] for name, value in before.items() if value != getattr(row, name)}
    changes["visits"] = [len(edit.changes), len(events)]
    record("schedule.changed", row, by=by, changes=changes, reason=override_reason)
    record_many(events)
    _tell(edit, previous, key=f"schedule{row.pk}:{now().timestamp():.0f}")
    edit.schedule = row


def _tell(edit: Edit, previous: dict[int, Member | None], *, key: str) -> None:
    """One notice for each caregiver whose regular visits changed, began or ended."""
    touched = [change for change in edit.changes if change.fate != Fate.SAME]
    had = {
        member.pk: member
        for change in touched
        if change.visit and (member := previous.get(change.visit.pk)) is not None
    }
    gained = {change.caregiver.pk: change.caregiver for change in touched if change.caregiver and change.after}
    notices.tell_of_series(had.values(), notices.CHANGED, key=key)
    notices.tell_of_series([row for pk, row in gained.items() if pk not in had], notices.ASSIGNED, key=key)


def _in_place(edit: Edit) -> Schedule:
    """The pattern has no day before the change: it is the change."""
    row = edit.schedule
    _write_pattern(row, edit.pattern)
    return row


def _successor(edit: Edit, by: User) -> Schedule:
    """Ends the pattern the day before and begins the one that continues it; a later successor continues the new one."""
    old = edit.schedule
    later = Schedule.objects.filter(continues=old).first()
    if later is not None:
        Schedule.objects.filter(pk=later.pk).update(continues=None)
    row = Schedule(client=old.client, service_type=old.service_type, note=old.note, created_by=by, continues=old)
    _write_pattern(row, edit.pattern)
    row.save(force_insert=True)
    if later is not None:
        Schedule.objects.filter(pk=later.pk).update(continues=row)
    ends_on = edit.from_on - DAY
    record("schedule.changed", old, by=by, changes={"ends_on": [old.ends_on, ends_on]})
    Schedule.objects.filter(pk=old.pk).update(ends_on=ends_on)
    Visit.objects.filter(pk__in=[visit.pk for visit in edit.kept]).update(schedule=row)
    return row


def _write_pattern(row: Schedule, pattern: Pattern) -> None:
    row.rule = pattern.rule
    row.starts_on = pattern.starts_on
    row.ends_on = pattern.ends_on
    row.start_time = pattern.start_time
    row.duration_minutes = pattern.duration_minutes
    row.head_count = pattern.head_count


def _save_visits(edit: Edit, schedule: Schedule, *, by: User, reason: str) -> list:
    """Writes every visit in two statements (one UPDATE, so that two visits may swap caregivers) and their events."""
    events, updated, created, overrides = [], [], [], []
    for change in edit.changes:
        fate = change.fate
        visit = change.visit or Visit(
            branch_id=schedule.client.branch_id,
            client=schedule.client,
            service_type=schedule.service_type,
            note=schedule.note,
        )
        before = {name: getattr(visit, name) for name in KEPT} if change.visit else {}
        _write(visit, change, schedule)
        if fate == Fate.CREATED:
            created.append(visit)
        else:
            updated.append(visit)
        if fate != Fate.SAME:
            events.append((visit, fate, before))
        overrides += [(visit, finding) for finding in change.warnings]
    # Days are exchanged inside the pattern: free them all before any is taken again.
    Visit.objects.filter(pk__in=[visit.pk for visit in updated]).update(occurrence_on=None)
    fields = ["schedule", "occurrence_on", "slot", "starts_at", "ends_at", "caregiver", "status", "cancel_reason"]
    Visit.objects.bulk_update(updated, [*fields, "is_changed_by_hand", "version"])
    Visit.objects.bulk_create(created, batch_size=1000)
    _keep_overrides(overrides, by=by, reason=reason)
    return [_event(visit, fate, before, by) for visit, fate, before in events]


def _write(visit: Visit, change: VisitChange, schedule: Schedule) -> None:
    visit.schedule = schedule
    if change.after is None:
        visit.status, visit.occurrence_on = Visit.Status.CANCELLED, None
        visit.cancel_reason = _("No longer part of the pattern")
    else:
        if change.fate == Fate.CHANGED:
            visit.is_changed_by_hand = False
        visit.occurrence_on, visit.slot = change.after.day, change.after.slot
        visit.starts_at, visit.ends_at = change.after.starts_at, change.after.ends_at
        visit.caregiver = change.caregiver
    if change.visit is not None:
        visit.version += 1


def _event(visit: Visit, fate: str, before: dict, by: User) -> object:
    words: dict[str, str] = {Fate.CREATED: "visit.created", Fate.CANCELLED: "visit.cancelled"}
    action = words.get(fate, "visit.moved")
    after = {name: getattr(visit, name) for name in KEPT}
    changes = {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}
    return build(action, visit, by=by, changes=changes)


def _keep_overrides(overrides: Iterable[tuple[Visit, Finding]], *, by: User, reason: str) -> None:
    RuleOverride.objects.bulk_create(
        RuleOverride(visit=visit, rule=one.code, sentence=one.sentence[:300], reason=reason.strip()[:200], by=by)
        for visit, one in overrides
    )


def _member_ids(pattern: Pattern) -> set[int]:
    return {row.member_id for row in pattern.assignments}
