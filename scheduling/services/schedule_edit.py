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
from homecare.audit.services.event import record
from homecare.clock import monday_of, now, today
from homecare.errors import Conflict, DomainError
from scheduling.homes import sharers_of
from scheduling.models import Rotation, Schedule, SeriesChange, TemporaryChange, Visit
from scheduling.pattern import Pattern
from scheduling.placement import Judge, Placement, blocking
from scheduling.recurrence import BadRule, parse
from scheduling.rotation import still_turning, stopped_turning
from scheduling.series import Edit, Scope, Slot, VisitChange
from scheduling.services.client_pause import leave_paused
from scheduling.services.materialise import DAY, demand_reason, horizon, patterns_of, with_holidays
from scheduling.services.schedule import check_pattern, save_assignments, untouched, write_pattern
from scheduling.services.series_change import keep_change, snapshot
from scheduling.services.series_write import save_changes
from scheduling.services.visit import lock_members, once_more
from staff.models import Member


def preview_edit(schedule: Schedule, pattern: Pattern, *, scope: str, from_on: dt.date | None = None) -> Edit:
    """What the change would do, worked out without locks and without saving anything."""
    members = Member.objects.filter(pk__in=_member_ids(schedule, pattern)).select_related("role", "user")
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
    handover_note: str | None = None,
    expected: int | None = None,
    leaves_rotation: bool = False,
) -> Edit:
    """Changes the pattern and its visits that lie ahead; `edit.schedule` is the row in force afterwards.

    `from_on` is the day of the visit from which *this and following* counts. `expected` is how many visits the preview
    showed as affected: when it is another number now, somebody was faster and nothing is changed (Conflict). Lines of a
    rotation that stay as they are stay its lines; changing one of them needs `leaves_rotation`.
    """

    def act() -> Edit:
        members = lock_members(_member_ids(schedule, pattern))
        row = Schedule.objects.select_for_update(of=("self",)).select_related("client__branch", "service_type")
        locked = row.get(pk=schedule.pk)
        lock_untouched(locked)
        edit = _work_out(locked, pattern, scope, from_on, members)
        check_expected(edit, expected)
        if edit.out_of and not leaves_rotation:
            raise DomainError(rotation_sentence(edit), field="leaves_rotation")
        demand_reason(edit.warnings, by=by, override_reason=override_reason)
        _save(edit, by=by, override_reason=override_reason, note=note, handover_note=handover_note)
        return edit

    return once_more(act)


def rotation_sentence(edit: Edit) -> str:
    """Whose lines the change takes out of which rotation, and what follows from it; '' when none."""
    names = Rotation.objects.filter(pk__in=edit.out_of).order_by("name").values_list("name", flat=True)
    if not names:
        return ""
    return _(
        "The rotation %(names)s gives caregivers to this pattern, and lines of it change here. They leave the rotation"
        " until it is applied again."
    ) % {"names": ", ".join(f"“{name}”" for name in names)}


def check_expected(edit: Edit, expected: int | None) -> None:
    """Raises Conflict when the person saw another number of affected visits in the preview."""
    if expected is not None and edit.affected != expected:
        raise Conflict(
            _("Meanwhile %(now)s visits would change instead of %(then)s. Look at the preview again.")
            % {"now": edit.affected, "then": expected}
        )


def _work_out(
    schedule: Schedule, pattern: Pattern, scope: str, from_on: dt.date | None, members: dict[int, Member]
) -> Edit:
    zone_name = schedule.client.branch.time_zone
    check_editable(schedule)
    start = _first_day(schedule, pattern, scope, from_on)
    held = patterns_of([schedule])[schedule.pk]
    pattern = replace(
        with_holidays(pattern, schedule.client.branch_id),
        starts_on=max(start, schedule.starts_on),
        ends_on=_last_day(schedule, pattern),
        temporary=held.temporary,
        assignments=still_turning(pattern.assignments, held.assignments),
    )
    check_pattern(schedule.client, pattern)
    if pattern.head_count > 1 and schedule.sharers.exists():
        raise DomainError(_("Clients share this pattern's visits, so one caregiver comes."), field="head_count")
    affected, kept = split_visits(schedule, scope, start)
    free = free_slots(pattern, kept, zone_name, schedule)
    changes = matched(affected, free, monthly=pattern.rule.startswith("FREQ=MONTHLY"))
    edit = Edit(schedule, pattern, start, changes, kept)
    edit.out_of = stopped_turning(pattern.assignments, held.assignments)
    judge_edit(edit, members)
    return edit


def lock_untouched(schedule: Schedule) -> None:
    list(untouched(schedule).select_for_update(of=("self",)).order_by("pk").values_list("pk"))


def work_out_days(
    schedule: Schedule, pattern: Pattern, scope: str, days: tuple[dt.date, dt.date], members: dict[int, Member]
) -> Edit:
    """The visits of some days anew, the pattern's row staying as it is (changes for a while, a new time zone)."""
    zone_name = schedule.client.branch.time_zone
    first, last = max(schedule.starts_on, today(zone_name), days[0]), days[1]
    affected, kept = split_visits(schedule, scope, first, last)
    free = free_slots(pattern, kept, zone_name, schedule, within=(first, last))
    edit = Edit(schedule, pattern, first, matched(affected, free, monthly=False), kept)
    judge_edit(edit, members)
    return edit


def check_editable(schedule: Schedule) -> None:
    if schedule.status != Schedule.Status.ACTIVE:
        raise DomainError(_("This pattern has ended. Begin a new one."))


def _first_day(schedule: Schedule, pattern: Pattern, scope: str, from_on: dt.date | None) -> dt.date:
    """The first day of the pattern that the change may touch."""
    start = max(schedule.starts_on, today(schedule.client.branch.time_zone))
    if scope == Scope.FOLLOWING:
        if from_on is None:
            raise DomainError(_("Choose the visit from which the change counts."), field="from_on")
        start = max(start, from_on)
    if _interval(schedule) > 1 or _interval(pattern) > 1:
        # Every second week is counted from the first day: begin in a week that has a visit.
        days = untouched(schedule).filter(occurrence_on__gte=start).order_by("occurrence_on")
        start = days.values_list("occurrence_on", flat=True).first() or start
    elif _has_begun(schedule, start):
        start += DAY
    if schedule.ends_on is not None and start > schedule.ends_on:
        raise DomainError(_("This pattern has no visits from that day on."), field="from_on")
    return start


def _interval(row: Schedule | Pattern) -> int:
    try:
        return parse(row.rule).interval
    except BadRule as error:
        raise DomainError(str(error), field="weekdays") from error


def _has_begun(schedule: Schedule, day: dt.date) -> bool:
    """A visit of that day is over or under way: the day belongs to what was."""
    rows = Visit.objects.filter(schedule=schedule, occurrence_on=day).exclude(status=Visit.Status.CANCELLED)
    return rows.exclude(status__in=Visit.OPEN_STATUSES, starts_at__gt=now()).exists()


def _last_day(schedule: Schedule, pattern: Pattern) -> dt.date | None:
    """The new last day; never beyond the day from which another pattern already continues this one."""
    if schedule.ends_on is None or not Schedule.objects.filter(continues=schedule).exists():
        return pattern.ends_on
    return min(pattern.ends_on or schedule.ends_on, schedule.ends_on)


def split_visits(
    schedule: Schedule, scope: str, start: dt.date, last: dt.date | None = None
) -> tuple[list[Visit], list[Visit]]:
    """(visits the change may touch, visits from that day (to `last`) that stay exactly as they are)."""
    rows = Visit.objects.filter(schedule=schedule, occurrence_on__gte=start)
    rows = rows.select_related("branch", "caregiver__user", "client", "service_type")
    rows = rows.filter(occurrence_on__lte=last) if last is not None else rows
    moment = now()
    affected: list[Visit] = []
    kept: list[Visit] = []
    for row in rows.order_by("occurrence_on", "slot"):
        is_ahead = row.status in Visit.OPEN_STATUSES and row.starts_at > moment
        by_hand = scope == Scope.UNCHANGED and row.is_changed_by_hand
        (affected if is_ahead and not by_hand else kept).append(row)
    return affected, kept


def free_slots(
    pattern: Pattern,
    kept: list[Visit],
    zone_name: str,
    schedule: Schedule,
    *,
    within: tuple[dt.date, dt.date] | None = None,
) -> list[Slot]:
    """The days of the new pattern ahead that no kept visit already stands for."""
    taken = {(row.occurrence_on, row.slot) for row in kept}
    made_until = schedule.materialised_until or dt.date.min
    first, last = pattern.starts_on, max(horizon(zone_name), made_until)
    if within is not None:
        first, last = max(first, within[0]), min(made_until, within[1])  # the sweep makes what lies beyond
    moment = now()
    free = []
    for day in pattern.days(first, last):
        starts_at, ends_at = pattern.span(day, zone_name)
        if starts_at <= moment:
            continue
        window = pattern.window_on(day, zone_name)
        free += [
            Slot(day, slot, starts_at, ends_at, pattern.caregiver_on(day, slot), window)
            for slot in pattern.slots
            if (day, slot) not in taken
        ]
    return free


def matched(affected: list[Visit], free: list[Slot], *, monthly: bool) -> list[VisitChange]:
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


def judge_edit(edit: Edit, members: dict[int, Member]) -> None:
    """Asks the rules about every visit as it would be; whom a rule blocks does not come."""
    client = edit.schedule.client
    others = sharers_of([edit.schedule]).get(edit.schedule.pk, ())
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
            weight=change.visit.time_weight if change.visit else edit.schedule.time_weight,
            total=change.visit.time_total if change.visit else edit.schedule.time_weight,
        ).shared_with(others if change.visit is None else ())
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


def _save(edit: Edit, *, by: User, override_reason: str, note: str | None, handover_note: str | None) -> None:
    old = edit.schedule
    later = Schedule.objects.filter(continues=old).first() if edit.splits else None
    touched = [change.visit for change in edit.changes if change.visit is not None]
    before = snapshot([old, later] if later else [old], [*touched, *edit.kept])
    was = {"rule": old.rule, "start_time": old.start_time, "duration_minutes": old.duration_minutes}
    row = _successor(edit, later, by) if edit.splits else _in_place(edit)
    row.note = old.note if note is None else note
    row.handover_note = old.handover_note if handover_note is None else handover_note
    row.materialised_until = max(horizon(row.client.branch.time_zone), old.materialised_until or dt.date.min)
    row.save()
    row.assignment_rules.all().delete()
    save_assignments(row, edit.pattern.assignments)
    created = save_changes(edit, row, by=by, override_reason=override_reason)
    leave_paused([row], by=by)
    keep_change(
        SeriesChange.Kind.EDITED,
        old,
        before=before,
        by=by,
        successor=row if row.pk != old.pk else None,
        created=created,
    )
    changes = {name: [value, getattr(row, name)] for name, value in was.items() if value != getattr(row, name)}
    changes["visits"] = [len(edit.changes), edit.affected]
    record("schedule.changed", row, by=by, changes=changes, reason=override_reason)
    edit.schedule = row


def _in_place(edit: Edit) -> Schedule:
    """The pattern has no day before the change: it is the change."""
    row = edit.schedule
    write_pattern(row, edit.pattern)
    return row


def _successor(edit: Edit, later: Schedule | None, by: User) -> Schedule:
    """Ends the pattern the day before and begins the one that continues it; a later successor continues the new one."""
    old = edit.schedule
    if later is not None:
        Schedule.objects.filter(pk=later.pk).update(continues=None)
    row = Schedule(client=old.client, service_type=old.service_type, created_by=by, continues=old, group=old.group)
    row.time_weight = old.time_weight
    write_pattern(row, edit.pattern)
    row.save(force_insert=True)
    for sharer in old.sharers.all():
        sharer.pk, sharer.schedule = None, row
        sharer.save(force_insert=True)
    if later is not None:
        Schedule.objects.filter(pk=later.pk).update(continues=row)
    ends_on = edit.from_on - DAY
    record("schedule.changed", old, by=by, changes={"ends_on": [old.ends_on, ends_on]})
    Schedule.objects.filter(pk=old.pk).update(ends_on=ends_on)
    Visit.objects.filter(pk__in=[visit.pk for visit in edit.kept]).update(schedule=row)
    _take_temporary_changes(old, row, edit.from_on)
    return row


def _take_temporary_changes(old: Schedule, row: Schedule, from_on: dt.date) -> None:
    """Temporary changes go on in the successor, in the order in which they were made: of two the later counts."""
    for change in TemporaryChange.objects.filter(schedule=old, until_on__gte=from_on).order_by("pk"):
        if change.from_on < from_on:
            TemporaryChange.objects.filter(pk=change.pk).update(until_on=from_on - DAY)
        else:
            TemporaryChange.objects.filter(pk=change.pk).delete()
        change.pk, change.schedule, change.from_on = None, row, max(change.from_on, from_on)
        change.save(force_insert=True)


def _member_ids(schedule: Schedule, pattern: Pattern) -> set[int]:
    brought = TemporaryChange.objects.filter(schedule=schedule, member__isnull=False)
    return pattern.member_ids | set(brought.values_list("member_id", flat=True))
