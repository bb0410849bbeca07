"""A client's recurring service: begun, continued by the nightly sweep, ended. services/schedule_edit.py changes it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from django.conf import settings
from django.db.models import F, Q
from django.utils.translation import gettext as _

from clients.models import Client
from homecare.accounts.models import User
from homecare.audit.services.event import build, record, record_many
from homecare.clock import now, today
from homecare.errors import DomainError
from scheduling import notices, recurrence
from scheduling.models import AssignmentRule, Schedule, SeriesChange, ServiceType, TemporaryChange, Visit, Waiting
from scheduling.models.schedule import ScheduleQuerySet
from scheduling.models.visit import VisitQuerySet
from scheduling.pattern import Assignment, Pattern
from scheduling.services.materialise import (
    DAY,
    Materialised,
    demand_reason,
    patterns_of,
    plan_visits,
    save_planned,
    with_holidays,
)
from scheduling.services.series_change import keep_change, keep_plan, snapshot
from scheduling.services.service_type import check_in_use
from scheduling.services.visit import lock_members, once_more
from scheduling.services.waiting import place_entries
from staff.models import Member

SWEEP_SIZE = 50
MOST_PATTERNS = 6


def preview_schedule(
    client: Client, *, service_type: ServiceType, pattern: Pattern, backfill: bool = False
) -> Materialised:
    """The visits a pattern would make up to the horizon with what the rules say, without saving anything."""
    return preview_schedules(client, service_type=service_type, patterns=[pattern], backfill=backfill)[0]


def preview_schedules(
    client: Client, *, service_type: ServiceType, patterns: Sequence[Pattern], backfill: bool = False
) -> list[Materialised]:
    """The same for several patterns planned together: each sees the visits of the others."""
    for pattern in patterns:
        check_pattern(client, pattern)
    ids = {pk for pattern in patterns for pk in pattern.member_ids}
    rows = Member.objects.filter(pk__in=ids).select_related("role", "user")
    series = [
        (_row(client, service_type, pattern, by=None), pattern, _first_day(client, pattern, backfill))
        for pattern in _settled(client, patterns)
    ]
    return plan_visits(series, {row.pk: row for row in rows})


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
    waiting: Iterable[Waiting] = (),
) -> Materialised:
    """Begins a recurring service and makes its visits up to the horizon (`backfill`: also those before today).

    Blocked caregivers leave their visits open; warnings need `override_reason` and the permission to override.
    """
    pattern = Pattern(rule, starts_on, start_time, duration_minutes, ends_on, head_count, tuple(assignments))
    (made,) = create_schedules(
        client,
        service_type=service_type,
        patterns=[pattern],
        note=note,
        by=by,
        override_reason=override_reason,
        backfill=backfill,
        waiting=waiting,
    )
    return made


def create_schedules(
    client: Client,
    *,
    service_type: ServiceType,
    patterns: Sequence[Pattern],
    note: str = "",
    handover_note: str = "",
    by: User,
    override_reason: str = "",
    backfill: bool = False,
    waiting: Iterable[Waiting] = (),
) -> list[Materialised]:
    """Begins one or several patterns together (several times a day, 12-hour shifts): all of them or none.

    They serve these entries of the waiting list, which leave it. It can be undone, but for patterns with a past.
    """
    if not 1 <= len(patterns) <= MOST_PATTERNS:
        raise DomainError(_("Plan one to six times a day together."))
    check_in_use(service_type)
    for pattern in patterns:
        check_pattern(client, pattern)
    settled = _settled(client, patterns)
    group = uuid.uuid4() if len(patterns) > 1 else None

    def act() -> list[Materialised]:
        members = lock_members({pk for pattern in settled for pk in pattern.member_ids})
        series = []
        for pattern in settled:
            row = _row(client, service_type, pattern, by=by)
            row.note, row.handover_note, row.group = note, handover_note, group
            row.save(force_insert=True)
            save_assignments(row, pattern.assignments)
            series.append((row, pattern, _first_day(client, pattern, backfill)))
        made = plan_visits(series, members)
        warnings = [finding for result in made for finding in result.warnings]
        demand_reason(warnings, by=by, override_reason=override_reason)
        save_planned(made, by=by, override_reason=override_reason)
        for result in made:
            row = result.schedule
            changes = {
                "rule": [None, row.rule],
                "start_time": [None, row.start_time],
                "visits": [0, len(result.planned)],
            }
            record("schedule.created", row, by=by, changes=changes)
        place_entries(waiting, made[0].schedule, by=by)
        if not backfill:
            keep_plan([result.schedule for result in made], by=by)
        told = {visit.caregiver_id for result in made for visit in result.visits if visit.is_published}
        key = f"schedule{made[0].schedule.pk}"
        notices.tell_of_series([row for pk, row in members.items() if pk in told], notices.ASSIGNED, key=key)
        return made

    return once_more(act)


def extend_schedules(*, by: User | None = None) -> int:
    """The nightly sweep: every active pattern has its visits up to the horizon. Running twice makes nothing twice.

    Patterns past their last day become ended; patterns of clients on hold or gone wait. Holidays entered or removed
    since are obeyed. What can no longer be undone is forgotten. Returns the visits made.
    """
    by, made = by or User.system(), 0
    Schedule.objects.active().filter(ends_on__lt=now().date() - DAY).update(status=Schedule.Status.ENDED)
    SeriesChange.objects.filter(at__lt=now() - SeriesChange.UNDO_FOR).exclude(before={}).update(before={}, after={})
    ids = list(_due().values_list("pk", flat=True).order_by("pk"))
    for start in range(0, len(ids), SWEEP_SIZE):
        made += once_more(lambda chunk=ids[start : start + SWEEP_SIZE]: _extend(chunk, by))  # type: ignore[misc]
    return made


def extend_schedule(schedule: Schedule, *, by: User) -> int:
    """One pattern's visits up to the horizon; returns how many were made."""
    return once_more(lambda: _extend([schedule.pk], by))


def end_schedule(schedule: Schedule, *, ends_on: dt.date, by: User, reason: str = "") -> list[Visit]:
    """`ends_on` is the last day of the service. Later visits that have not begun are cancelled and returned.

    A last day later than the one before brings its visits back.
    """
    zone_name = schedule.client.branch.time_zone
    if ends_on < schedule.starts_on - DAY:
        raise DomainError(_("The last day is before the pattern begins."), field="ends_on")
    if ends_on < today(zone_name) - DAY:
        raise DomainError(_("What has taken place stays. Choose yesterday or a later day."), field="ends_on")

    def act() -> list[Visit]:
        row = Schedule.locked(schedule.pk, "client__branch")
        _stays_before_its_successor(row, ends_on)
        gone = untouched(row).filter(occurrence_on__gt=ends_on)
        before = snapshot([row], list(gone))
        was = {"ends_on": row.ends_on, "status": row.status}
        made_until = [day for day in (row.materialised_until, row.ends_on) if day is not None]
        row.materialised_until = min(made_until) if row.materialised_until is not None else None
        row.ends_on = ends_on
        if ends_on < today(zone_name):
            row.move_to(Schedule.Status.ENDED)
        row.save(update_fields=["ends_on", "status", "materialised_until"])
        cancelled = cancel_occurrences(gone, reason=reason or _("The service ended"), by=by)
        existing = set(Visit.objects.filter(schedule=row).values_list("pk", flat=True))
        if row.status == Schedule.Status.ACTIVE:
            _extend([row.pk], by)
        brought_back = Visit.objects.filter(schedule=row).exclude(pk__in=existing).values_list("pk", flat=True)
        keep_change(SeriesChange.Kind.ENDED, row, before=before, by=by, created=brought_back)
        changes = {"ends_on": [was["ends_on"], ends_on], "status": [was["status"], row.status]}
        record("schedule.ended", row, by=by, changes=changes, reason=reason)
        tell_caregivers(cancelled, notices.CANCELLED, key=f"schedule{row.pk}:end{ends_on}")
        return cancelled

    return once_more(act)


def _stays_before_its_successor(row: Schedule, ends_on: dt.date) -> None:
    later = Schedule.objects.filter(continues=row).first()
    if later is not None and ends_on >= later.starts_on:
        raise DomainError(
            _("Another pattern continues this one from %(day)s. End that one, or choose an earlier day.")
            % {"day": f"{later.starts_on:%Y-%m-%d}"},
            field="ends_on",
        )


def untouched(schedule: Schedule) -> VisitQuerySet:
    """The pattern's visits that lie ahead and have not begun: the only ones a change of the pattern may touch."""
    return untouched_of([schedule])


def untouched_of(schedules: Iterable[Schedule]) -> VisitQuerySet:
    """As `untouched`, of several patterns."""
    return Visit.objects.filter(
        schedule__in=[row.pk for row in schedules], status__in=Visit.OPEN_STATUSES, starts_at__gt=now()
    )


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
    members = {row.caregiver_id: row.caregiver for row in visits if row.caregiver is not None and row.is_published}
    notices.tell_of_series(members.values(), kind, key=key)


def _due() -> ScheduleQuerySet:
    """Active patterns of clients in care that lack visits before the horizon, which begins by the easternmost clock."""
    wanted = now().date() - DAY + dt.timedelta(weeks=settings.SCHEDULE_HORIZON_WEEKS)
    statuses = [Client.Status.ACTIVE, Client.Status.ASSESSMENT]
    lacking = Q(materialised_until=None) | Q(materialised_until__lt=wanted) | Q(skips_holidays=True)
    unended = Q(ends_on=None) | Q(materialised_until=None) | Q(ends_on__gt=F("materialised_until"))
    return Schedule.objects.active().filter(lacking, unended | Q(skips_holidays=True), client__status__in=statuses)


def _extend(ids: list[int], by: User) -> int:
    wanted = set(AssignmentRule.objects.filter(schedule__in=ids).values_list("member_id", flat=True))
    brought = TemporaryChange.objects.filter(schedule__in=ids, member__isnull=False)
    members = lock_members(wanted | set(brought.values_list("member_id", flat=True)))
    query = Schedule.objects.select_for_update(of=("self",)).select_related("client__branch", "service_type")
    rows = list(query.filter(pk__in=ids).order_by("pk"))
    patterns = patterns_of(rows)  # read after the rows are locked: nobody changes them any more
    members |= lock_members({pk for pattern in patterns.values() for pk in pattern.member_ids} - members.keys())
    series = []
    for row in rows:
        from_on = today(row.client.branch.time_zone)
        first = max(row.starts_on, from_on, (row.materialised_until or dt.date.min) + DAY)
        if row.skips_holidays:
            first = max(row.starts_on, from_on)  # a holiday that is no longer one gets its visit back
            _obey_holidays(row, patterns[row.pk], by)
        series.append((row, patterns[row.pk], first))
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


def _obey_holidays(row: Schedule, pattern: Pattern, by: User) -> None:
    """Cancels what was made before the day became a holiday, except what a person changed by hand."""
    on_holidays = untouched(row).filter(occurrence_on__in=pattern.skipped, is_changed_by_hand=False)
    cancelled = cancel_occurrences(on_holidays, reason=_("Holiday"), by=by)
    tell_caregivers(cancelled, notices.CANCELLED, key=f"schedule{row.pk}:holiday{now():%Y%m%d}")


def _first_day(client: Client, pattern: Pattern, backfill: bool) -> dt.date:
    return pattern.starts_on if backfill else max(pattern.starts_on, today(client.branch.time_zone))


def _settled(client: Client, patterns: Sequence[Pattern]) -> list[Pattern]:
    """Each line of who comes counts from a day, and holidays are those of the client's branch."""
    settled = []
    for pattern in patterns:
        lines = tuple(row if row.since else replace(row, since=pattern.starts_on) for row in pattern.assignments)
        settled.append(with_holidays(replace(pattern, assignments=lines), client.branch_id))
    return settled


def _row(client: Client, service_type: ServiceType, pattern: Pattern, *, by: User | None) -> Schedule:
    row = Schedule(client=client, service_type=service_type, created_by=by)
    write_pattern(row, pattern)
    return row


def write_pattern(row: Schedule, pattern: Pattern) -> None:
    """The row's columns say what the pattern says."""
    row.rule = pattern.rule
    row.starts_on = pattern.starts_on
    row.ends_on = pattern.ends_on
    row.start_time = pattern.start_time
    row.duration_minutes = pattern.duration_minutes
    row.head_count = pattern.head_count
    row.timing = pattern.timing
    row.window_start, row.window_end = (pattern.window or (None, None)) if pattern.timing == "window" else (None, None)
    row.skips_holidays = pattern.skips_holidays
    row.sleep_start, row.sleep_end = pattern.sleep or (None, None)


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
            days_on=row.days_on,
            days_off=row.days_off,
            rotation_id=row.rotation_id,
        )
        for row in assignments
    )


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
    _check_hours(pattern)
    last = pattern.starts_on + dt.timedelta(days=366)
    if not list(islice(pattern.rule_days(pattern.starts_on, last), 1)):
        raise DomainError(_("This pattern has no visit in its first year. Check its days and dates."), field="weekdays")


def _check_hours(pattern: Pattern) -> None:
    """The window holds the planned start; sleep lies within the visit."""
    if pattern.window is not None:
        first, last = pattern.window
        if first >= last:
            raise DomainError(_("The latest start is not after the earliest."), field="window_end")
        if not first <= pattern.start_time <= last:
            raise DomainError(_("The planned start lies outside its window."), field="start_time")
    if pattern.sleep is not None:
        begins, ends = (_minutes_after(pattern.start_time, time) for time in pattern.sleep)
        if not begins < ends <= pattern.duration_minutes:
            raise DomainError(_("The hours of sleep lie outside the visit."), field="sleep_start")


def _minutes_after(start: dt.time, time: dt.time) -> int:
    """Minutes by the wall clock from the start to the next time it shows that time."""
    return ((time.hour - start.hour) * 60 + time.minute - start.minute) % (24 * 60)
