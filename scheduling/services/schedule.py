"""A client's recurring service: begun, continued by the nightly sweep, ended. Changing it is services/schedule_edit.py.

Visits are materialised `settings.SCHEDULE_HORIZON_WEEKS` ahead. Whom a rule blocks on a date (time off, no credential,
another visit) does not come: that visit stays open and is listed with the reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from django.conf import settings
from django.db.models import F, Q
from django.utils.translation import gettext as _

from clients.models import Client
from homecare.accounts.models import User
from homecare.audit.services.event import build, record, record_many
from homecare.bulk_copy import another, copy_rows, give_numbers
from homecare.clock import now, today
from homecare.errors import DomainError
from scheduling import notices, recurrence
from scheduling.models import AssignmentRule, RuleOverride, Schedule, ServiceType, Visit
from scheduling.models.schedule import ScheduleQuerySet
from scheduling.models.visit import VisitQuerySet
from scheduling.pattern import Assignment, Pattern
from scheduling.placement import Finding, Judge, OverrideNeeded, Placement, blocking
from scheduling.services.visit import lock_members, once_more
from staff.models import Member
from staff.models.member import MemberQuerySet

DAY = dt.timedelta(days=1)
SWEEP_SIZE = 50


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


def preview_schedule(
    client: Client, *, service_type: ServiceType, pattern: Pattern, backfill: bool = False
) -> Materialised:
    """The visits a pattern would make up to the horizon with what the rules say, without saving anything."""
    check_pattern(client, pattern)
    schedule = _row(client, service_type, pattern, note="", by=None)
    members = {row.pk: row for row in _members(pattern).select_related("role", "user")}
    first = pattern.starts_on if backfill else max(pattern.starts_on, today(client.branch.time_zone))
    return plan_visits([(schedule, pattern, first)], members)[0]


def create_schedule(
    client: Client,
    *,
    service_type: ServiceType,
    rule: str,
    starts_on: dt.date,
    start_time: dt.time,
    duration_minutes: int,
    ends_on: dt.date | None = None,
    head_count: int = 1,
    assignments: Iterable[Assignment] = (),
    note: str = "",
    by: User,
    override_reason: str = "",
    backfill: bool = False,
) -> Materialised:
    """Begins a recurring service and makes its visits up to the horizon (`backfill`: also those before today).

    Blocked caregivers leave their visits open; warnings need `override_reason` and the permission to override.
    """
    assignments = tuple(row if row.since else replace(row, since=starts_on) for row in assignments)
    pattern = Pattern(rule, starts_on, start_time, duration_minutes, ends_on, head_count, assignments)
    check_pattern(client, pattern)

    def act() -> Materialised:
        members = lock_members({row.member_id for row in assignments})
        schedule = _row(client, service_type, pattern, note=note, by=by)
        schedule.save(force_insert=True)
        save_assignments(schedule, assignments)
        first = starts_on if backfill else max(starts_on, today(client.branch.time_zone))
        (made,) = plan_visits([(schedule, pattern, first)], members)
        demand_reason(made.warnings, by=by, override_reason=override_reason)
        save_planned([made], by=by, override_reason=override_reason)
        changes = {"rule": [None, rule], "start_time": [None, start_time], "visits": [0, len(made.planned)]}
        record("schedule.created", schedule, by=by, changes=changes)
        told = {row.visit.caregiver_id for row in made.planned}
        notices.tell_of_series(
            [member for pk, member in members.items() if pk in told], notices.ASSIGNED, key=f"schedule{schedule.pk}"
        )
        return made

    return once_more(act)


def extend_schedules(*, by: User | None = None) -> int:
    """The nightly sweep: every active pattern has its visits up to the horizon. Running twice makes nothing twice.

    Patterns past their last day become ended. Patterns of clients on hold or gone wait. Returns the visits made.
    """
    by, made = by or User.system(), 0
    Schedule.objects.active().filter(ends_on__lt=now().date() - DAY).update(status=Schedule.Status.ENDED)
    ids = list(_due().values_list("pk", flat=True).order_by("pk"))
    for start in range(0, len(ids), SWEEP_SIZE):
        made += once_more(lambda chunk=ids[start : start + SWEEP_SIZE]: _extend(chunk, by))  # type: ignore[misc]
    return made


def extend_schedule(schedule: Schedule, *, by: User) -> int:
    """One pattern's visits up to the horizon; returns how many were made."""
    return once_more(lambda: _extend([schedule.pk], by))


def end_schedule(schedule: Schedule, *, ends_on: dt.date, by: User, reason: str = "") -> list[Visit]:
    """`ends_on` is the last day of the service. Later visits that have not begun are cancelled and returned."""
    zone_name = schedule.client.branch.time_zone
    if ends_on < schedule.starts_on - DAY:
        raise DomainError(_("The last day is before the pattern begins."), field="ends_on")
    if ends_on < today(zone_name) - DAY:
        raise DomainError(_("What has taken place stays. Choose yesterday or a later day."), field="ends_on")

    def act() -> list[Visit]:
        row = Schedule.locked(schedule.pk)
        before = {"ends_on": row.ends_on, "status": row.status}
        row.ends_on = ends_on
        if ends_on < today(zone_name):
            row.move_to(Schedule.Status.ENDED)
        row.save(update_fields=["ends_on", "status"])
        cancelled = cancel_occurrences(
            untouched(row).filter(occurrence_on__gt=ends_on), reason=reason or _("The service ended"), by=by
        )
        changes = {"ends_on": [before["ends_on"], ends_on], "status": [before["status"], row.status]}
        record("schedule.ended", row, by=by, changes=changes, reason=reason)
        tell_caregivers(cancelled, notices.CANCELLED, key=f"schedule{row.pk}:end{ends_on}")
        return cancelled

    return once_more(act)


def untouched(schedule: Schedule) -> VisitQuerySet:
    """The pattern's visits that lie ahead and have not begun: the only ones a change of the pattern may touch."""
    return Visit.objects.filter(schedule=schedule, status__in=Visit.OPEN_STATUSES, starts_at__gt=now())


def cancel_occurrences(visits: VisitQuerySet, *, reason: str, by: User) -> list[Visit]:
    """Cancels visits that their pattern no longer has. They no longer stand for a day of it, so it may come back."""
    rows = list(visits.select_for_update(of=("self",)).select_related("branch", "caregiver__user").order_by("pk"))
    events = []
    for row in rows:
        changes = {"status": [row.status, Visit.Status.CANCELLED], "occurrence_on": [row.occurrence_on, None]}
        events.append(build("visit.cancelled", row, by=by, changes=changes, reason=reason))
    Visit.objects.filter(pk__in=[row.pk for row in rows]).update(
        status=Visit.Status.CANCELLED, cancel_reason=reason[:200], occurrence_on=None, version=F("version") + 1
    )
    record_many(events)
    return rows


def tell_caregivers(visits: Iterable[Visit], kind: str, *, key: str) -> None:
    members = {row.caregiver_id: row.caregiver for row in visits if row.caregiver is not None}
    notices.tell_of_series(members.values(), kind, key=key)


def plan_visits(series: Sequence[tuple[Schedule, Pattern, dt.date]], members: dict[int, Member]) -> list[Materialised]:
    """The missing visits of several patterns from a first day each up to the horizon, judged in one pass."""
    results, queue = [], []
    taken = _occurrences([schedule.pk for schedule, _pattern, _first in series if schedule.pk])
    for schedule, pattern, first in series:
        result = Materialised(schedule)
        results.append(result)
        queue += [(result, visit) for visit in _missing(schedule, pattern, first, taken)]
    placements = [Placement.of(visit, key=number) for number, (_result, visit) in enumerate(queue)]
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
        RuleOverride.objects.bulk_create(
            RuleOverride(
                visit=row.visit, rule=one.code, sentence=one.sentence[:300], reason=override_reason.strip()[:200], by=by
            )
            for result in made
            for row in result.planned
            for one in row.warnings
        )
    for result in made:
        result.schedule.materialised_until = horizon(result.schedule.client.branch.time_zone)
    Schedule.objects.bulk_update([result.schedule for result in made], ["materialised_until"])


def _due() -> ScheduleQuerySet:
    """Active patterns of clients in care that lack visits before the horizon, which begins by the easternmost clock."""
    wanted = now().date() - DAY + dt.timedelta(weeks=settings.SCHEDULE_HORIZON_WEEKS)
    statuses = [Client.Status.ACTIVE, Client.Status.ASSESSMENT]
    lacking = Q(materialised_until=None) | Q(materialised_until__lt=wanted)
    unended = Q(ends_on=None) | Q(materialised_until=None) | Q(ends_on__gt=F("materialised_until"))
    return Schedule.objects.active().filter(lacking, unended, client__status__in=statuses)


def _extend(ids: list[int], by: User) -> int:
    rules = AssignmentRule.objects.filter(schedule__in=ids)
    by_schedule: dict[int, list[AssignmentRule]] = {}
    for rule in rules:
        by_schedule.setdefault(rule.schedule_id, []).append(rule)
    members = lock_members({rule.member_id for rule in rules})
    rows = Schedule.objects.select_for_update(of=("self",)).select_related("client__branch", "service_type")
    series = []
    for row in rows.filter(pk__in=ids).order_by("pk"):
        from_on = today(row.client.branch.time_zone)
        first = max(row.starts_on, from_on, (row.materialised_until or dt.date.min) + DAY)
        series.append((row, Pattern.of(row, by_schedule.get(row.pk, ())), first))
    made = plan_visits(series, members)
    save_planned(made, by=by)
    record_many(
        [
            build("schedule.extended", result.schedule, by=by, changes={"visits": [0, len(result.planned)]})
            for result in made
            if result.planned
        ]
    )
    return sum(len(result.planned) for result in made)


def _missing(
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
    )
    for day in pattern.days(first, horizon(zone_name)):
        starts_at, ends_at = pattern.span(day, zone_name)
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
            )


def _occurrences(ids: list[int]) -> set[tuple[int, dt.date | None, int]]:
    """Days of the patterns that already have their visit, also a cancelled one: it is not made again."""
    if not ids:
        return set()
    rows = Visit.objects.filter(schedule__in=ids, occurrence_on__gte=now().date() - DAY)
    return {(pk or 0, on, slot) for pk, on, slot in rows.values_list("schedule_id", "occurrence_on", "slot")}


def _row(client: Client, service_type: ServiceType, pattern: Pattern, *, note: str, by: User | None) -> Schedule:
    return Schedule(
        client=client,
        service_type=service_type,
        rule=pattern.rule,
        starts_on=pattern.starts_on,
        ends_on=pattern.ends_on,
        start_time=pattern.start_time,
        duration_minutes=pattern.duration_minutes,
        head_count=pattern.head_count,
        note=note,
        created_by=by,
    )


def save_assignments(schedule: Schedule, assignments: Iterable[Assignment]) -> None:
    AssignmentRule.objects.bulk_create(
        AssignmentRule(
            schedule=schedule,
            member_id=row.member_id,
            slot=row.slot,
            weekdays=list(row.weekdays),
            since=row.since or schedule.starts_on,
            until=row.until,
            every_weeks=row.every_weeks,
        )
        for row in assignments
    )


def _members(pattern: Pattern) -> MemberQuerySet:
    return Member.objects.filter(pk__in={row.member_id for row in pattern.assignments})


def check_pattern(client: Client, pattern: Pattern) -> None:
    """Refuses what no calendar can keep, beside its field."""
    try:
        recurrence.parse(pattern.rule)
    except recurrence.BadRule as error:
        raise DomainError(str(error), field="weekdays") from error
    if not 5 <= pattern.duration_minutes <= 24 * 60:
        raise DomainError(_("A visit lasts between 5 minutes and 24 hours."), field="duration_minutes")
    if pattern.ends_on is not None and pattern.ends_on < pattern.starts_on:
        raise DomainError(_("The last day is before the first."), field="ends_on")
    if not 1 <= pattern.head_count <= 4:
        raise DomainError(_("A visit needs one to four caregivers."), field="head_count")
    if client.status in (Client.Status.DISCHARGED, Client.Status.DECLINED):
        raise DomainError(
            _("%(client)s is %(status)s. Take the client up again before planning visits.")
            % {"client": client, "status": client.get_status_display().lower()}
        )
    last = pattern.starts_on + dt.timedelta(days=366)
    if not list(islice(pattern.days(pattern.starts_on, last), 1)):
        raise DomainError(_("This pattern has no visit in its first year. Check its days and dates."), field="weekdays")
