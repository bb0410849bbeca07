"""A rotation as lines of its patterns: whose visits it changes, and writing the lines when its roster is applied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.clock import today
from homecare.errors import Conflict
from scheduling.models import AssignmentRule, Roster, Rotation, Schedule, SeriesChange, Visit
from scheduling.pattern import Assignment, Pattern
from scheduling.services.materialise import patterns_of
from scheduling.services.schedule import save_assignments, untouched_of
from scheduling.services.series_change import keep_change, snapshot

DEEPEST = 20


def chains(ids: Iterable[int]) -> dict[int, int]:
    """Each pattern and those that continue it, with the pattern named in the rotation: {row: named}."""
    found = {pk: pk for pk in ids}
    edge = dict(found)
    for _step in range(DEEPEST):
        rows = Schedule.objects.filter(continues__in=edge).values_list("pk", "continues_id")
        edge = {pk: edge[before] for pk, before in rows if before}
        if not edge:
            break
        found |= edge
    return found


def patterns_with(rotation: Rotation) -> tuple[list[Schedule], dict[int, Pattern]]:
    """The active patterns it touches, as they would be with its lines, which replace those it wrote before."""
    lines = rotation.turns.lines(rotation.pk)
    formerly = set(AssignmentRule.objects.filter(rotation=rotation).values_list("schedule_id", flat=True))
    named = chains({shift.schedule_id for shift in rotation.shifts.all()})
    wanted = Schedule.objects.active().filter(pk__in={*named, *formerly})
    rows = list(wanted.select_related("client__branch", "service_type").order_by("pk"))
    own = {(shift.slot, tuple(shift.weekdays)) for shift in rotation.shifts.all()}
    people = {turner.member_id for turner in rotation.turners.all()}

    def is_ours(line: Assignment) -> bool:
        by_hand = line.every_weeks == rotation.weeks > 1 and (line.slot, line.weekdays) in own
        return line.rotation_id == rotation.pk or (by_hand and line.member_id in people)

    found = {}
    for pk, pattern in patterns_of(rows).items():
        kept = tuple(line for line in pattern.assignments if not is_ours(line))
        found[pk] = replace(pattern, assignments=kept + tuple(lines.get(named.get(pk, 0), ())))
    return rows, found


def visits_of(rotation: Rotation, schedules: Iterable[Schedule]) -> Any:
    """Visits ahead that follow their pattern: from the rotation's first day, without those changed by hand."""
    first = max(rotation.starts_on, today(rotation.branch.time_zone))
    rows = untouched_of(schedules).filter(occurrence_on__gte=first, is_changed_by_hand=False)
    return rows.select_related("client", "branch", "service_type").order_by("starts_at", "pk")


def lock_patterns(roster: Roster) -> dict[str, Any] | None:
    """Locks the patterns of a rotation's roster and returns them as they are; None for every other roster.

    Raises Conflict when visits were planned since the draft: they would not know of the rotation.
    """
    if roster.rotation_id is None:
        return None
    rotation = Rotation.objects.select_for_update(of=("self",)).select_related("branch").get(pk=roster.rotation_id)
    schedules, _patterns = patterns_with(rotation)
    list(Schedule.objects.select_for_update().filter(pk__in=[row.pk for row in schedules]).order_by("pk"))
    drafted = set(roster.lines.values_list("visit_id", flat=True))
    visits = list(visits_of(rotation, schedules))
    if any(visit.pk not in drafted for visit in visits):
        raise Conflict(_("Visits were planned since this rotation was drafted. Draft it again."))
    return snapshot(schedules, Visit.objects.filter(pk__in=drafted))


def write_lines(roster: Roster, before: dict[str, Any], *, by: User) -> SeriesChange:
    """Writes the rotation's lines to its patterns: staffing goes on with the horizon. One undo for all of them."""
    rotation: Rotation = roster.rotation  # type: ignore[assignment]
    schedules, patterns = patterns_with(rotation)
    for row in schedules:
        row.assignment_rules.all().delete()
        save_assignments(row, patterns[row.pk].assignments)
        record("schedule.rotation_applied", row, by=by, changes={"rotation": [None, rotation.name]})
    return keep_change(SeriesChange.Kind.ROTATION, schedules[0], before=before, by=by)
