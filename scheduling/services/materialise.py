"""The visits of patterns, made ahead up to the horizon and judged in one pass before they are written.

Whom a rule blocks on a date (time off, no credential, another visit) does not come: that visit stays open and is
listed with the reason. Nothing is ever made twice: the database has one visit per pattern, day and place.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from homecare.accounts.models import Holiday, User
from homecare.bulk_copy import another, copy_rows, give_numbers
from homecare.clock import now, today
from scheduling.homes import sharers_of
from scheduling.models import AssignmentRule, Schedule, TemporaryChange, Visit
from scheduling.pattern import Pattern
from scheduling.placement import Finding, Judge, OverrideNeeded, Placement, blocking
from scheduling.services.override import keep_overrides
from staff.models import Member

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Planned:
    """One visit of a pattern as it will be made: with its caregiver, or open because of what blocks."""

    visit: Visit
    findings: tuple[Finding, ...] = ()
    wanted: Member | None = None

    @property
    def is_left_open(self) -> bool:
        """The regular caregiver cannot come on this date."""
        return self.wanted is not None and self.visit.caregiver_id is None

    @property
    def caregiver(self) -> Member | None:
        """Who comes."""
        return None if self.is_left_open else self.wanted

    @property
    def warnings(self) -> list[Finding]:
        return [] if self.is_left_open else [finding for finding in self.findings if not finding.blocks]


@dataclass
class Materialised:
    """What became of a pattern: its row and its planned visits."""

    schedule: Schedule
    planned: list[Planned] = field(default_factory=list)

    @property
    def visits(self) -> list[Visit]:
        return [row.visit for row in self.planned]

    @property
    def left_open(self) -> list[Planned]:
        """Visits whose regular caregiver cannot come, with the reason."""
        return [row for row in self.planned if row.is_left_open]

    @property
    def warnings(self) -> list[Finding]:
        return [finding for row in self.planned for finding in row.warnings]


def horizon(zone_name: str) -> dt.date:
    """The last day up to which visits are made ahead."""
    return today(zone_name) + dt.timedelta(weeks=settings.SCHEDULE_HORIZON_WEEKS)


def patterns_of(schedules: Sequence[Schedule]) -> dict[int, Pattern]:
    """The patterns of these rows with their lines, temporary changes and holidays: three queries for all of them."""
    ids = [row.pk for row in schedules]
    lines = _by_schedule(AssignmentRule.objects.filter(schedule__in=ids))
    changes = _by_schedule(TemporaryChange.objects.filter(schedule__in=ids, client=None).order_by("pk"))
    off: dict[int, list[dt.date]] = defaultdict(list)
    branches = {row.client.branch_id for row in schedules if row.skips_holidays}
    if branches:
        for branch_id, on in Holiday.objects.filter(branch__in=branches).values_list("branch_id", "on"):
            off[branch_id].append(on)
    return {row.pk: Pattern.of(row, lines[row.pk], changes[row.pk], off[row.client.branch_id]) for row in schedules}


def with_holidays(pattern: Pattern, branch_id: int) -> Pattern:
    """A pattern that is still being thought about, with the holidays of the branch it would skip."""
    if not pattern.skips_holidays:
        return replace(pattern, skipped=frozenset())
    return replace(pattern, skipped=frozenset(Holiday.objects.filter(branch=branch_id).values_list("on", flat=True)))


def _by_schedule(rows: QuerySet) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.schedule_id].append(row)
    return found


def plan_visits(series: Sequence[tuple[Schedule, Pattern, dt.date]], members: dict[int, Member]) -> list[Materialised]:
    """The missing visits of several patterns from a first day each up to the horizon, judged in one pass."""
    results, queue = [], []
    taken = _occurrences([schedule.pk for schedule, _pattern, _first in series if schedule.pk])
    for schedule, pattern, first in series:
        result = Materialised(schedule)
        results.append(result)
        queue += [(result, visit) for visit in missing_visits(schedule, pattern, first, taken)]
    others = sharers_of([schedule for schedule, _pattern, _first in series])
    placements = [
        Placement.of(visit, key=number).shared_with(others.get(result.schedule.pk, ()))
        for number, (result, visit) in enumerate(queue)
    ]
    judge = Judge(
        placements,
        {
            "members": members.values(),
            "service_types": {schedule.service_type for schedule, *_rest in series},
            "branches": {schedule.client.branch for schedule, *_rest in series},
        },
    )
    for (result, visit), placement in zip(queue, placements, strict=True):
        findings = judge.judge(placement)
        wanted = members.get(visit.caregiver_id) if visit.caregiver_id else None
        if wanted is not None and blocking(findings):
            visit.caregiver_id = None
            placement = replace(placement, member_id=None)
        judge.take(placement)
        result.planned.append(Planned(visit, tuple(findings), wanted))
    return results


def demand_reason(warnings: Sequence[Finding], *, by: User, override_reason: str) -> None:
    """Raises OverrideNeeded for warnings without a reason from somebody who may give one."""
    may_override = by.has_perm("scheduling.override_rule")
    if warnings and not (override_reason.strip() and may_override):
        raise OverrideNeeded(warnings[:5], may_override=may_override)


def save_planned(made: Sequence[Materialised], *, by: User, override_reason: str = "") -> None:
    """Inserts the visits and what was overridden; each pattern remembers up to when it has its visits."""
    visits = [visit for result in made for visit in result.visits]
    give_numbers(visits)
    copy_rows(Visit, visits)
    if override_reason:
        warned = ((row.visit, one) for result in made for row in result.planned for one in row.warnings)
        keep_overrides(warned, by=by, reason=override_reason)
    for result in made:
        result.schedule.materialised_until = horizon(result.schedule.client.branch.time_zone)
    Schedule.objects.bulk_update([result.schedule for result in made], ["materialised_until"])


def missing_visits(
    schedule: Schedule, pattern: Pattern, first: dt.date, taken: set[tuple[int, dt.date | None, int]]
) -> Iterator[Visit]:
    """Unsaved visits of the pattern that are not there yet, cancelled ones included."""
    client = schedule.client
    zone_name = client.branch.time_zone
    model = Visit(
        branch_id=client.branch_id,
        client_id=client.pk,
        service_type_id=schedule.service_type_id,
        schedule_id=schedule.pk,
        note=schedule.note,
        time_weight=schedule.time_weight,
        time_total=schedule.time_weight,
    )
    for day in pattern.days(first, horizon(zone_name)):
        starts_at, ends_at = pattern.span(day, zone_name)
        window = pattern.window_on(day, zone_name)
        for slot in pattern.slots:
            if (schedule.pk, day, slot) in taken:
                continue
            yield another(
                model,
                occurrence_on=day,
                slot=slot,
                caregiver_id=pattern.caregiver_on(day, slot),
                starts_at=starts_at,
                ends_at=ends_at,
                window_starts_at=window[0],
                window_ends_at=window[1],
            )


def _occurrences(ids: list[int]) -> set[tuple[int, dt.date | None, int]]:
    """Days of the patterns that already have their visit, also a cancelled one: it is not made again."""
    if not ids:
        return set()
    rows = Visit.objects.filter(schedule__in=ids, occurrence_on__gte=now().date() - DAY)
    return {(pk or 0, on, slot) for pk, on, slot in rows.values_list("schedule_id", "occurrence_on", "slot")}
