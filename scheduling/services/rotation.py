"""Rotations: what their rows hold, who takes turns, and the draft that shows what they change before anything is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from homecare.accounts.models import Branch, User
from homecare.audit.services.event import changes_of, record
from homecare.errors import DomainError
from scheduling.models import Roster, RosterLine, Rotation, RotationShift, RotationTurner, Schedule
from scheduling.placement import Judge, Placement, blocking
from scheduling.services.rotation_lines import patterns_with, visits_of
from scheduling.services.visit import once_more
from staff.models import Member

FRAME = ("name", "weeks", "starts_on", "ends_on")
SHARED: dict[type, tuple[str, ...]] = {
    RotationShift: ("row", "schedule", "slot", "weekdays"),
    RotationTurner: ("member", "first_row", "since", "until"),
}


def _monday(day: dt.date | None, field: str) -> None:
    if day is not None and day.weekday():
        raise DomainError(_("A rotation begins and is joined on a Monday."), field=field)


def create_rotation(
    branch: Branch, *, name: str, weeks: int, starts_on: dt.date, ends_on: dt.date | None = None, by: User
) -> Rotation:
    """A new rotation without shifts; it changes nothing before its draft is applied."""
    _check_frame(weeks, starts_on, ends_on)

    def act() -> Rotation:
        row = Rotation.objects.create(
            branch=branch, name=name.strip(), weeks=weeks, starts_on=starts_on, ends_on=ends_on, created_by=by
        )
        record("rotation.created", row, by=by)
        return row

    return once_more(act)


def _check_frame(weeks: int, starts_on: dt.date, ends_on: dt.date | None) -> None:
    _monday(starts_on, "starts_on")
    if not 1 <= weeks <= 8:
        raise DomainError(_("A rotation has 1 to 8 weeks."), field="weeks")
    if ends_on is not None and ends_on < starts_on:
        raise DomainError(_("The last day is before the first."), field="ends_on")


def update_rotation(
    rotation: Rotation,
    values: dict[str, Any],
    *,
    shifts: Sequence[dict[str, Any]] | None = None,
    turners: Sequence[dict[str, Any]] | None = None,
    by: User,
) -> Rotation:
    """Changes its name, weeks and days; `shifts` and `turners` are all it then has (None: as they are).

    The plan changes when the next draft is applied.
    """

    def act() -> Rotation:
        row = Rotation.objects.select_for_update(of=("self",)).select_related("branch").get(pk=rotation.pk)
        before = {name: getattr(row, name) for name in FRAME}
        for name in FRAME:
            setattr(row, name, values.get(name, before[name]))
        row.name = row.name.strip()
        _check_frame(row.weeks, row.starts_on, row.ends_on)
        wanted = [] if shifts is None else _exchange(row.shifts.all(), shifts, _of_shift, by)
        joining = [] if turners is None else _exchange(row.turners.all(), turners, _of_turner, by)
        if row.shifts.filter(row__gt=row.weeks).exists() or row.turners.filter(first_row__gt=row.weeks).exists():
            raise DomainError(
                _("A row beyond these weeks has shifts or caregivers. Take them out first."), field="weeks"
            )
        row.save(update_fields=FRAME)
        if changes := changes_of(before, row):
            record("rotation.changed", row, by=by, changes=changes)
        for shift in wanted:
            add_shift(row, **shift, by=by)
        for turner in joining:
            add_turner(row, **turner, by=by)
        return row

    return once_more(act)


def _exchange(
    held: Iterable[RotationShift | RotationTurner],
    wanted: Sequence[dict[str, Any]],
    key: Callable[..., tuple],
    by: User,
) -> list[dict[str, Any]]:
    """Removes what is not wanted any more; returns what is to be added."""
    new = {key(**values): values for values in wanted}
    for part in held:
        same = key(**{name: getattr(part, name) for name in SHARED[type(part)]})
        if new.pop(same, None) is None:
            remove_part(part, by=by)
    return list(new.values())


def _of_shift(row: int, schedule: Schedule, slot: int = 1, weekdays: Sequence[int] = ()) -> tuple:
    return row, schedule.pk, slot, tuple(sorted(set(weekdays)))


def _of_turner(member: Member, first_row: int, since: dt.date | None = None, until: dt.date | None = None) -> tuple:
    return member.pk, first_row, since, until


def add_shift(
    rotation: Rotation, *, row: int, schedule: Schedule, slot: int = 1, weekdays: Sequence[int] = (), by: User
) -> RotationShift:
    """This place of a pattern belongs to a row on these weekdays (none: all days of the pattern)."""
    _check_row(rotation, row, "row")
    if schedule.client.branch_id != rotation.branch_id or schedule.status != Schedule.Status.ACTIVE:
        raise DomainError(_("Choose an active pattern of the rotation's branch."), field="schedule")
    if not 1 <= slot <= schedule.head_count:
        raise DomainError(_("The pattern has no such place."), field="slot")

    def act() -> RotationShift:
        made = RotationShift.objects.create(
            rotation=rotation, row=row, schedule=schedule, slot=slot, weekdays=sorted(set(weekdays))
        )
        record("rotation.changed", rotation, by=by, changes={"shift": [None, made.pk]})
        return made

    return once_more(act)


def add_turner(
    rotation: Rotation,
    *,
    member: Member,
    first_row: int,
    since: dt.date | None = None,
    until: dt.date | None = None,
    by: User,
) -> RotationTurner:
    """A caregiver takes turns: `first_row` is theirs in the rotation's first week, also when they join later."""
    _check_row(rotation, first_row, "first_row")
    if member.branch_id != rotation.branch_id:
        raise DomainError(_("Choose a caregiver of the rotation's branch."), field="member")
    _monday(since, "since")
    _in_order(since or rotation.starts_on, until)

    def act() -> RotationTurner:
        made = RotationTurner.objects.create(
            rotation=rotation, member=member, first_row=first_row, since=since, until=until
        )
        record("rotation.changed", rotation, by=by, changes={"member": [None, member.pk]})
        return made

    return once_more(act)


def leave_rotation(turner: RotationTurner, *, until: dt.date | None, by: User) -> RotationTurner:
    """The caregiver's last day; None: they go on."""
    _in_order(turner.since or turner.rotation.starts_on, until)
    with transaction.atomic():
        row = RotationTurner.objects.select_for_update().get(pk=turner.pk)
        before, row.until = row.until, until
        row.save(update_fields=["until"])
        record("rotation.changed", turner.rotation, by=by, changes={"until": [before, until]})
    return row


@transaction.atomic
def remove_part(part: RotationShift | RotationTurner, *, by: User) -> None:
    """Takes a shift or a caregiver out of the rotation; the plan changes when the next draft is applied."""
    name = "shift" if isinstance(part, RotationShift) else "member"
    record("rotation.changed", part.rotation, by=by, changes={name: [part.pk, None]})
    part.delete()


def draft_rotation(rotation: Rotation, *, by: User) -> Roster:
    """A roster of every visit ahead that the rotation touches, with its conflicts; applied, the lines are written.

    Raises DomainError without shifts or caregivers, when two would have the same place, or when no visit lies ahead.
    """
    _check_whole(rotation)

    def act() -> Roster:
        schedules, patterns = patterns_with(rotation)
        visits = list(visits_of(rotation, schedules))
        if not visits:
            raise DomainError(_("None of these patterns has a visit ahead in the weeks of the rotation."))
        roster = Roster.objects.create(
            branch=rotation.branch,
            first_on=min(visit.occurrence_on for visit in visits),
            last_on=max(visit.occurrence_on for visit in visits),
            origin=Roster.Origin.ROTATION,
            status=Roster.Status.DRAFT,
            rotation=rotation,
            only_open=False,
            created_by=by,
        )
        lines = []
        for visit in visits:
            wanted = patterns[visit.schedule_id].caregiver_on(visit.occurrence_on, visit.slot)
            lines.append(
                RosterLine(
                    roster=roster,
                    visit=visit,
                    version=visit.version,
                    caregiver_before_id=visit.caregiver_id,
                    starts_before=visit.starts_at,
                    caregiver_id=wanted,
                    starts_at=visit.starts_at,
                )
            )
        _judge(lines)
        RosterLine.objects.bulk_create(lines, batch_size=1000)
        record("roster.begun", roster, by=by, changes={"rotation": [None, rotation.name]})
        return roster

    return once_more(act)


def _judge(lines: list[RosterLine]) -> None:
    """Whom a rule blocks does not come: the line is unfilled and says why. Warnings stand with the line."""
    placements = [Placement.of(line.visit, member_id=line.caregiver_id) for line in lines]
    judge = Judge(placements)
    for line, placement in zip(lines, placements, strict=True):
        findings = judge.judge(placement) if line.caregiver_id else []
        if blocking(findings):
            line.caregiver_id, placement = None, replace(placement, member_id=None)
            line.reasons = [{"why": blocking(findings)[0].sentence, "carers": 1}]
        else:
            line.warnings = [finding.sentence for finding in findings]
        judge.take(placement)


def _check_row(rotation: Rotation, row: int, field: str) -> None:
    if not 1 <= row <= rotation.weeks:
        raise DomainError(_("The rotation has rows 1 to %(n)s.") % {"n": rotation.weeks}, field=field)


def _in_order(since: dt.date, until: dt.date | None) -> None:
    if until is not None and until < since:
        raise DomainError(_("The last day is before the first."), field="until")


def _check_whole(rotation: Rotation) -> None:
    turns = rotation.turns
    if not turns.shifts or not turns.turners:
        raise DomainError(_("Give the rotation its shifts and its caregivers first."))
    clashes = turns.clashes()
    if clashes:
        names = Member.objects.in_bulk({pk for pair in clashes for pk in pair})
        one, other = clashes[0]
        raise DomainError(
            _("%(one)s and %(other)s would have the same place on the same days. Let one begin in another row.")
            % {"one": names[one].full_name, "other": names[other].full_name}
        )
