"""A change of a pattern can be taken back for one hour; what has moved on meanwhile is left and listed."""

import datetime as dt

import pytest
import time_machine

from homecare.accounts.models import User
from homecare.audit.models import Event
from homecare.errors import Conflict, DomainError
from scheduling.models import Schedule, SeriesChange, Visit
from scheduling.pattern import Assignment, Temporary
from scheduling.series import Scope
from scheduling.services.schedule import create_schedule, end_schedule, extend_schedule, extend_schedules
from scheduling.services.schedule_edit import edit_schedule
from scheduling.services.series_change import PATTERN_FIELDS
from scheduling.services.temporary_change import change_temporarily
from scheduling.services.undo import undo_change
from scheduling.services.visit import cancel_visit, create_visit, move_visit
from tests.factories import ClientFactory, ServiceTypeFactory, TimeOffFactory
from tests.scheduling.test_schedule import MONDAY, TODAY, assert_once, live, pattern_of

pytestmark = pytest.mark.django_db
VISIT = ("schedule_id", "occurrence_on", "slot", "starts_at", "ends_at", "caregiver_id", "status", "cancel_reason")
FIRST_IN_DECEMBER = dt.date(2026, 12, 2)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(TODAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def series(branch, coordinator, caregiver):
    return create_schedule(
        ClientFactory(branch=branch),
        service_type=ServiceTypeFactory(),
        rule="FREQ=WEEKLY;BYDAY=MO,WE,FR",
        starts_on=MONDAY,
        start_time=dt.time(8),
        duration_minutes=60,
        assignments=[Assignment(caregiver.pk)],
        by=coordinator,
    ).schedule


def state(client):
    """Everything an undo must bring back."""
    visits = Visit.objects.filter(client=client, occurrence_on__isnull=False).order_by("pk")
    patterns = Schedule.objects.filter(client=client).order_by("pk")
    lines = patterns.values_list("assignment_rules__member", "assignment_rules__weekdays", "assignment_rules__since")
    return list(visits.values_list("pk", *VISIT)), list(patterns.values_list("pk", *PATTERN_FIELDS)), list(lines)


def later(clock, **delta):
    clock.shift(dt.timedelta(**delta))


def last_change():
    return SeriesChange.objects.order_by("-pk")[0]


def edits(other):
    """Every kind of change that keeps an undo."""
    return {
        "other time": {"start_time": dt.time(10)},
        "other days": {"rule": "FREQ=WEEKLY;BYDAY=TU"},
        "more days": {"rule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,FR"},
        "two caregivers": {"head_count": 2, "assignments": (Assignment(other.pk, since=MONDAY),)},
        "window": {"window": (dt.time(7), dt.time(9))},
    }


@pytest.mark.parametrize("kind", ["other time", "other days", "more days", "two caregivers", "window"])
@pytest.mark.parametrize("scope", [Scope.ALL, Scope.FOLLOWING])
def test_undo_brings_back_the_pattern_and_every_visit(series, coordinator, other_caregiver, clock, kind, scope):
    before = state(series.client)
    changed = pattern_of(series, **edits(other_caregiver)[kind])
    edit_schedule(series, changed, scope=scope, from_on=FIRST_IN_DECEMBER, by=coordinator)
    assert state(series.client) != before
    later(clock, minutes=59)
    undone = undo_change(last_change(), by=coordinator)
    assert (undone.left, undone.left_open) == ([], [])
    assert state(series.client) == before
    assert Event.objects.filter(action="schedule.change_undone").count() == 1
    assert_once(series.client)


def test_undo_of_an_end_brings_the_cancelled_visits_back(series, coordinator, clock):
    before = state(series.client)
    end_schedule(series, ends_on=dt.date(2026, 12, 4), by=coordinator, reason="Moved away")
    later(clock, minutes=5)
    assert len(undo_change(last_change(), by=coordinator).restored) == 30
    assert state(series.client) == before


def test_undo_of_a_pause_brings_its_days_back(series, coordinator, clock):
    before = state(series.client)
    week = Temporary(MONDAY, MONDAY + dt.timedelta(days=6), is_paused=True)
    change_temporarily(series, week, reason="In hospital", by=coordinator)
    assert live(series.client).count() == 33
    later(clock, minutes=5)
    undo_change(last_change(), by=coordinator)
    assert state(series.client) == before
    assert not series.temporary_changes.exists()


def test_undo_leaves_and_lists_what_has_changed_since(series, coordinator, clock):
    edit_schedule(series, pattern_of(series, start_time=dt.time(10)), scope=Scope.ALL, by=coordinator)
    later(clock, minutes=5)
    visits = list(live(series.client))
    moved = move_visit(visits[3], starts_at=visits[3].starts_at + dt.timedelta(hours=4), by=coordinator)
    cancelled = cancel_visit(visits[4], reason="Away", by=coordinator)
    undone = undo_change(last_change(), by=coordinator)
    assert {visit.pk for visit, _reason in undone.left} == {moved.pk, cancelled.pk}
    assert Visit.objects.get(pk=moved.pk).starts_at == moved.starts_at
    assert Visit.objects.get(pk=cancelled.pk).status == "cancelled"
    assert [visit.starts_at.hour for visit in live(series.client)].count(13) == 34
    assert_once(series.client)


def test_undo_never_moves_a_visit_that_has_begun_or_into_the_past(series, coordinator, clock):
    clock.move_to(dt.datetime(2026, 11, 23, 12, 50, tzinfo=dt.UTC))  # Monday 07:50, ten minutes before the first visit
    edit_schedule(series, pattern_of(series, start_time=dt.time(10)), scope=Scope.ALL, by=coordinator)
    later(clock, minutes=30)  # 08:20: the former time has passed
    undone = undo_change(last_change(), by=coordinator)
    assert [reason for _visit, reason in undone.left] == ["Its former time has passed."]
    assert live(series.client)[0].starts_at == dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC)
    assert live(series.client)[1].starts_at == dt.datetime(2026, 11, 25, 13, tzinfo=dt.UTC)


def test_undo_asks_the_rules_again_and_leaves_open_whom_they_block(
    series, branch, coordinator, caregiver, other_caregiver, clock
):
    handed = pattern_of(series, assignments=(Assignment(other_caregiver.pk, since=MONDAY),))
    edit_schedule(series, handed, scope=Scope.ALL, by=coordinator)
    later(clock, minutes=5)
    create_visit(
        ClientFactory(branch=branch),
        service_type=ServiceTypeFactory(),
        starts_at=dt.datetime(2026, 11, 25, 13, 30, tzinfo=dt.UTC),
        ends_at=dt.datetime(2026, 11, 25, 14, 30, tzinfo=dt.UTC),
        caregiver=caregiver,
        by=coordinator,
        override_reason="Agreed",
    )
    TimeOffFactory(
        member=caregiver,
        status="approved",
        starts_at=dt.datetime(2026, 11, 30, 5, tzinfo=dt.UTC),
        ends_at=dt.datetime(2026, 12, 1, 5, tzinfo=dt.UTC),
    )
    undone = undo_change(last_change(), by=coordinator)
    assert [visit.occurrence_on.isoformat() for visit, _found in undone.left_open] == ["2026-11-25", "2026-11-30"]
    assert {visit.caregiver_id for visit in live(series.client)} == {caregiver.pk, None}


def test_undo_after_the_sweep_takes_its_visits_away_too(series, coordinator, clock):
    clock.move_to(dt.datetime(2026, 11, 23, 4, 50, tzinfo=dt.UTC))  # Sunday 23:50 in Boston
    extend_schedules(by=User.system())
    edit_schedule(series, pattern_of(series, rule="FREQ=WEEKLY;BYDAY=MO,TU,WE,FR"), scope=Scope.ALL, by=coordinator)
    clock.move_to(dt.datetime(2026, 11, 23, 5, 20, tzinfo=dt.UTC))  # Monday 00:20: a day more
    assert extend_schedule(series, by=User.system()) == 1
    undo_change(last_change(), by=coordinator)
    assert {visit.starts_at.weekday() for visit in live(series.client)} == {0, 2, 4}
    assert_once(series.client)
    assert extend_schedules(by=User.system()) == 0


def test_undo_is_refused_politely(series, coordinator, clock):
    edit_schedule(series, pattern_of(series, start_time=dt.time(10)), scope=Scope.ALL, by=coordinator)
    first = last_change()
    later(clock, minutes=1)
    series.refresh_from_db()
    edit_schedule(series, pattern_of(series, start_time=dt.time(11)), scope=Scope.ALL, by=coordinator)
    second = last_change()
    with pytest.raises(DomainError, match="Undo the later change first"):
        undo_change(first, by=coordinator)
    undo_change(second, by=coordinator)
    with pytest.raises(Conflict, match="undone already"):
        undo_change(second, by=coordinator)
    later(clock, minutes=60)
    with pytest.raises(DomainError, match="for one hour"):
        undo_change(first, by=coordinator)
    extend_schedules(by=User.system())
    first.refresh_from_db()
    assert (first.before, first.may_be_undone) == ({}, False)
