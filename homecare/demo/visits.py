"""Patterns and their visits: a past with punches, tasks and notes, a today in motion, twelve weeks ahead."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from operator import attrgetter

from django.utils import timezone

from careplans.models import CarePlan, PlannedTask
from homecare import clock
from homecare.bulk_copy import another, copy_rows, give_numbers
from homecare.demo import words
from homecare.demo.agency import ZONE, Setting
from homecare.demo.rota import Pattern, Rota
from scheduling.models import AssignmentRule, ClockEvent, Schedule, Visit, VisitNote, VisitTask
from scheduling.services.visit_exception import find_exceptions

AHEAD_WEEKS = 12
FORGOT_TO_CLOCK_OUT = 0.06
TASKS_WEEKS = 4  # older visits keep their punches and approval; the tasks of a year would only slow the seed


def build_schedules(setting: Setting, rota: Rota) -> list[tuple[Pattern, Schedule]]:
    """Patterns began on a Monday at the start of the demo's past and have no end."""
    begins = clock.monday_of(setting.today) - dt.timedelta(weeks=setting.weeks_past)
    until = setting.today + dt.timedelta(weeks=AHEAD_WEEKS)
    pairs = [
        (
            pattern,
            Schedule(
                client=pattern.client,
                service_type=pattern.service,
                rule=pattern.rule,
                starts_on=begins,
                start_time=pattern.start_time,
                duration_minutes=pattern.minutes,
                materialised_until=until,
                created_by=setting.users["coordinator"],
            ),
        )
        for pattern in rota.patterns
    ]
    Schedule.objects.bulk_create(schedule for _pattern, schedule in pairs)
    AssignmentRule.objects.bulk_create(
        AssignmentRule(schedule=schedule, member=pattern.member, since=begins)
        for pattern, schedule in pairs
        if pattern.member
    )
    return pairs


def _days(pattern: Pattern, schedule: Schedule, last: dt.date) -> Iterator[dt.date]:
    day = schedule.starts_on
    while day <= last:
        week = (day - schedule.starts_on).days // 7
        if day.weekday() in pattern.days and week % pattern.interval == 0:
            yield day
        day += dt.timedelta(days=1)


def _fill_past(setting: Setting, visit: Visit, age: int) -> None:
    """What became of a visit `age` days ago (0 is earlier today)."""
    random, draw = setting.random, setting.random.random()
    if visit.caregiver_id is None:
        visit.status, visit.cancel_reason = Visit.Status.CANCELLED, "Nobody was free"
        return
    if draw < 0.012:
        visit.status = Visit.Status.MISSED
        return
    if draw < 0.035:
        visit.status, visit.cancel_reason = Visit.Status.CANCELLED, "Client in hospital"
        return
    late = random.choice([0, 0, 0, 1, 2, 3, -2, -4, 5, 8]) if draw < 0.93 else random.choice([18, 24, 31])
    stay = random.choice([0, 0, 0, 1, 2, -1, 4]) if draw < 0.95 else random.choice([-18, 22])
    visit.started_at = visit.starts_at + dt.timedelta(minutes=late, seconds=random.randint(0, 50))
    visit.finished_at = visit.ends_at + dt.timedelta(minutes=max(late, 0) // 2 + stay, seconds=random.randint(0, 50))
    visit.status = Visit.Status.COMPLETED
    if age > 7 or (age > 2 and draw < 0.6):
        visit.status = Visit.Status.APPROVED
        visit.approved_starts_at, visit.approved_ends_at = visit.starts_at, visit.ends_at
        visit.approved_minutes = visit.planned_minutes
        visit.approved_by_id, visit.approved_at = setting.users["coordinator"].pk, visit.ends_at + dt.timedelta(days=1)


def _fill_today(setting: Setting, visit: Visit, now: dt.datetime) -> None:
    """Running or late visits of this hour."""
    if visit.caregiver_id is None or visit.starts_at > now:
        return
    if setting.random.random() < 0.8:
        visit.status = Visit.Status.IN_PROGRESS
        visit.started_at = min(visit.starts_at + dt.timedelta(minutes=2), now)


def _visits(
    setting: Setting, pairs: list[tuple[Pattern, Schedule]], plans: dict[int, CarePlan], now: dt.datetime
) -> Iterator[Visit]:
    for pattern, schedule in pairs:
        plan = plans[pattern.client.pk]
        first = Visit(
            branch_id=pattern.client.branch_id,
            client=pattern.client,
            service_type=pattern.service,
            schedule=schedule,
            caregiver=pattern.member,
        )
        for day in _days(pattern, schedule, setting.today + dt.timedelta(weeks=AHEAD_WEEKS)):
            starts_at = clock.at_local(day, schedule.start_time, ZONE)
            ends_at = starts_at + dt.timedelta(minutes=pattern.minutes)
            visit: Visit = another(first, occurrence_on=day, starts_at=starts_at, ends_at=ends_at)
            if visit.ends_at <= now:
                visit.plan_id = plan.pk
                _fill_past(setting, visit, (setting.today - day).days)
            elif day == setting.today:
                _fill_today(setting, visit, now)
                visit.plan_id = plan.pk if visit.started_at else None
            elif pattern.member and pattern.client.status == "on_hold":
                visit.status, visit.cancel_reason = Visit.Status.CANCELLED, "Client on hold"
            elif setting.random.random() < 0.015:
                visit.caregiver, visit.is_changed_by_hand = None, True
            yield visit


def build_visits(setting: Setting, pairs: list[tuple[Pattern, Schedule]], plans: dict[int, CarePlan]) -> list[Visit]:
    """In the order of their days, as they come to stand in the table of an agency that plans day by day."""
    visits = sorted(_visits(setting, pairs, plans, timezone.now()), key=attrgetter("starts_at"))
    give_numbers(visits)
    copy_rows(Visit, visits)
    return visits


def build_field_work(setting: Setting, visits: list[Visit], places: dict[int, tuple[float, float]]) -> None:
    """Punches of every visit that began, tasks and notes of the last weeks."""
    worked = [visit for visit in visits if visit.started_at]
    copy_rows(ClockEvent, (punch for visit in worked for punch in _punches(setting, visit, places)))
    since = timezone.now() - dt.timedelta(weeks=TASKS_WEEKS)
    recent = [visit for visit in worked if visit.starts_at > since]
    tasks: dict[int, list[PlannedTask]] = {}
    for task in PlannedTask.objects.filter(plan__in={visit.plan_id for visit in recent}):
        tasks.setdefault(task.plan_id, []).append(task)
    copy_rows(VisitTask, (row for visit in recent for row in _tasks(setting, visit, tasks.get(visit.plan_id or 0, []))))
    VisitNote.objects.bulk_create(
        VisitNote(
            visit=visit,
            author=visit.caregiver.user,
            text=setting.random.choice(words.NOTES),
            written_at=visit.finished_at,
        )
        for visit in recent
        if visit.finished_at and visit.caregiver and setting.random.random() < 0.5
    )


def build_exceptions(visits: list[Visit]) -> None:
    """What the approval list shows: found by the same rules as for a real clock-out."""
    for visit in visits:
        if visit.status == Visit.Status.COMPLETED:
            find_exceptions(visit)


def _punches(setting: Setting, visit: Visit, places: dict[int, tuple[float, float]]) -> Iterator[ClockEvent]:
    member = visit.caregiver
    if member is None or member.user_id is None:
        return
    far, (latitude, longitude) = setting.random.random() < 0.02, places[visit.client_id]
    forgot = setting.random.random() < FORGOT_TO_CLOCK_OUT
    for kind, at in (("in", visit.started_at), ("out", visit.finished_at)):
        if at is None:
            continue
        punch = ClockEvent(visit_id=visit.pk, member_id=member.pk, kind=kind, at=at)
        if kind == "out" and forgot:
            punch.method, punch.reason = ClockEvent.Method.OFFICE, "Forgot to clock out; the client confirmed the time"
            punch.recorded_by_id, punch.received_at = setting.users["coordinator"].pk, at + dt.timedelta(hours=2)
        else:
            punch.recorded_by_id, punch.received_at = member.user_id, at + dt.timedelta(seconds=2)
            punch.latitude, punch.longitude = latitude + (0.012 if far else 0.0001), longitude
            punch.accuracy_metres = setting.random.choice([8, 12, 20, 35])
            punch.distance_metres = setting.random.randint(900, 2400) if far else setting.random.randint(0, 60)
        yield punch


def _tasks(setting: Setting, visit: Visit, planned: list[PlannedTask]) -> Iterator[VisitTask]:
    for task in planned:
        if not visit.service_type.performs(task.category):
            continue
        if not task.is_due_on(clock.local_date(visit.starts_at, ZONE)):
            continue
        done = visit.finished_at is not None
        draw = setting.random.random()
        outcome = "pending" if not done else "refused" if draw < 0.03 else "not_needed" if draw < 0.06 else "done"
        yield VisitTask(
            visit_id=visit.pk,
            planned_task_id=task.pk,
            category=task.category,
            title=task.title,
            instructions=task.instructions,
            position=task.position,
            outcome=outcome,
            recorded_at=visit.finished_at,
        )
