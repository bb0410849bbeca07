"""Reminders tell once, in the branch's own time, and name no client outside the house."""

import datetime as dt

import pytest
import time_machine

from homecare.accounts.models import Agency
from homecare.accounts.roles import RoleName
from homecare.inbox.models import Notification
from scheduling import tasks
from scheduling.services.reminder import remind_tomorrow, remind_unapproved, warn_late_visits
from tests.conftest import person
from tests.factories import ClientFactory, MemberFactory, VisitFactory, completed_visit

pytestmark = pytest.mark.django_db
# A Tuesday, 18:30 in Boston.
EVENING = dt.datetime(2026, 11, 3, 23, 30, tzinfo=dt.UTC)


def visit(caregiver, starts_at, **fields):
    client = ClientFactory(branch=caregiver.branch, last_name="Lopez")
    return VisitFactory(caregiver=caregiver, client=client, starts_at=starts_at, **fields)


def told(user=None) -> list[str]:
    rows = Notification.objects.order_by("pk")
    return list((rows.filter(recipient=user) if user else rows).values_list("title", flat=True))


def test_tomorrow_is_told_once_with_count_and_first_time(caregiver, other_caregiver):
    wednesday = dt.datetime(2026, 11, 4, 13, tzinfo=dt.UTC)
    visit(caregiver, wednesday + dt.timedelta(hours=3))
    visit(caregiver, wednesday)
    visit(caregiver, wednesday + dt.timedelta(days=1))
    visit(caregiver, wednesday + dt.timedelta(hours=6), status="cancelled")
    visit(other_caregiver, dt.datetime(2026, 11, 5, 4, 30, tzinfo=dt.UTC))
    assert remind_tomorrow(EVENING) == 2
    assert remind_tomorrow(EVENING + dt.timedelta(minutes=10)) == 0
    assert told(caregiver.user) == ["Tomorrow: 2 visits, the first at 08:00"]
    assert told(other_caregiver.user) == ["Tomorrow: 1 visit, at 23:30"]


def test_tomorrow_waits_for_the_branch_hour(caregiver, other_branch):
    other_branch.time_zone = "America/Los_Angeles"
    other_branch.save()
    western = MemberFactory(branch=other_branch, user=person(RoleName.CAREGIVER, other_branch))
    visit(caregiver, dt.datetime(2026, 11, 4, 13, tzinfo=dt.UTC))
    visit(western, dt.datetime(2026, 11, 4, 18, tzinfo=dt.UTC))
    assert remind_tomorrow(dt.datetime(2026, 11, 3, 22, 59, tzinfo=dt.UTC)) == 0
    assert remind_tomorrow(EVENING) == 1
    assert told(western.user) == []
    Agency.objects.update(reminder_hour=10)
    assert remind_tomorrow(EVENING) == 1
    assert told(western.user) == ["Tomorrow: 1 visit, at 10:00"]


def test_tomorrow_speaks_the_caregivers_language(caregiver):
    caregiver.user.language = "es"
    caregiver.user.save()
    visit(caregiver, dt.datetime(2026, 11, 4, 13, tzinfo=dt.UTC))
    remind_tomorrow(EVENING)
    assert told(caregiver.user) == ["Mañana: 1 visita, a las 08:00"]


def test_late_visit_is_told_to_the_coordinators_of_its_branch(caregiver, coordinator, other_coordinator, biller):
    starts = EVENING - dt.timedelta(minutes=16)
    late = visit(caregiver, starts)
    visit(caregiver, starts + dt.timedelta(hours=2))
    assert warn_late_visits(EVENING) >= 1
    row = Notification.objects.get(recipient=coordinator)
    assert (row.title, row.is_urgent, row.url) == (
        f"The 18:14 visit of {caregiver.short_name} has not started",
        True,
        f"/schedule/visits/{late.pk}/",
    )
    assert "Lopez" not in row.title
    assert told(other_coordinator) == told(biller) == []
    assert warn_late_visits(EVENING + dt.timedelta(minutes=1)) == 0


@pytest.mark.parametrize("status", ["in_progress", "completed", "missed", "cancelled"])
def test_late_warning_is_not_for_what_began_or_will_not(caregiver, coordinator, status):
    visit(caregiver, EVENING - dt.timedelta(minutes=30), status=status)
    assert warn_late_visits(EVENING) == 0


def test_late_warning_waits_for_the_grace_minutes(caregiver, coordinator):
    visit(caregiver, EVENING - dt.timedelta(minutes=15))
    assert warn_late_visits(EVENING) == 0
    Agency.objects.update(grace_minutes=5)
    assert warn_late_visits(EVENING) == 2  # the coordinator, and the caregiver


def test_unapproved_visits_are_told_to_approvers_once_a_week(caregiver, coordinator, supervisor):
    morning = dt.datetime(2026, 11, 3, 14, 30, tzinfo=dt.UTC)
    for days in (3, 4):
        completed_visit(caregiver, starts_at=morning - dt.timedelta(days=days))
    completed_visit(caregiver, starts_at=morning - dt.timedelta(days=1))
    assert remind_unapproved(morning - dt.timedelta(hours=2)) == 0
    assert remind_unapproved(morning) == 1
    assert remind_unapproved(morning + dt.timedelta(days=1)) == 0
    assert remind_unapproved(morning + dt.timedelta(days=7)) == 1
    assert told(coordinator) == ["Boston: 2 visits wait for approval", "Boston: 3 visits wait for approval"]
    assert told(supervisor) == []


def test_tasks_run_twice_tell_once(caregiver, coordinator):
    with time_machine.travel(EVENING, tick=False):
        visit(caregiver, EVENING - dt.timedelta(minutes=30))
        visit(caregiver, EVENING + dt.timedelta(hours=14))
        completed_visit(caregiver, starts_at=EVENING - dt.timedelta(days=4))
        for _run in range(2):
            for task in (tasks.warn_late_visits, tasks.remind_tomorrow, tasks.remind_unapproved):
                task()
    kinds = list(Notification.objects.values_list("kind", flat=True).order_by("kind"))
    assert kinds == ["visit.clock_in", "visit.late", "visit.tomorrow", "visit.unapproved"]


def test_extending_schedules_calls_the_service(db):
    tasks.extend_schedules()
