"""The kinds of service a pattern can say: flexible, split, overnight, round the clock, in rotation, for a while."""

import datetime as dt
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
import time_machine
from django.utils import timezone

from homecare.accounts.models import User
from homecare.errors import Conflict, DomainError
from homecare.inbox.models import Notification
from scheduling.exceptions_found import Tolerance, VisitFacts, exceptions_found
from scheduling.models import Schedule, TemporaryChange, Visit
from scheduling.pattern import LAST_MINUTE, Assignment, Pattern, Temporary
from scheduling.recurrence import MAX_INTERVAL
from scheduling.series import Scope
from scheduling.services.materialise import patterns_of
from scheduling.services.schedule import create_schedules, extend_schedules
from scheduling.services.schedule_edit import edit_schedule
from scheduling.services.temporary_change import (
    change_temporarily,
    preview_temporary_change,
    withdraw_temporary_change,
)
from scheduling.services.visit import move_visit
from tests.factories import ClientFactory, ServiceTypeFactory
from tests.scheduling.test_schedule import MONDAY, TODAY, assert_once, live

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(TODAY, tick=False) as traveller:
        yield traveller


def plan(branch, by, *patterns, **fields):
    return create_schedules(
        ClientFactory(branch=branch),
        service_type=ServiceTypeFactory(),
        patterns=patterns,
        by=by,
        override_reason="Agreed",
        **fields,
    )


def daily(hour, minutes, *assignments, **fields):
    return Pattern("FREQ=DAILY", MONDAY, dt.time(hour), minutes, assignments=assignments, **fields)


def held(schedule, **changes):
    return replace(patterns_of([schedule])[schedule.pk], **changes)


@pytest.mark.parametrize("weeks", range(1, MAX_INTERVAL + 1))
def test_pattern_every_n_weeks_keeps_its_weeks_through_an_edit(branch, coordinator, weeks):
    rule = f"FREQ=WEEKLY;INTERVAL={weeks};BYDAY=MO,TH"
    (made,) = plan(branch, coordinator, Pattern(rule, MONDAY, dt.time(8), 60))
    expected = [row.occurrence_on for row in live(made.schedule.client)]
    assert {(day - MONDAY).days // 7 % weeks for day in expected} == {0}
    edit_schedule(made.schedule, held(made.schedule, start_time=dt.time(9)), scope=Scope.ALL, by=coordinator)
    assert [row.occurrence_on for row in live(made.schedule.client)] == expected


def test_round_the_clock_with_two_people_in_twelve_hour_shifts(branch, coordinator, caregiver, other_caregiver):
    day, night = plan(
        branch,
        coordinator,
        daily(8, 720, Assignment(caregiver.pk)),
        daily(20, 720, Assignment(other_caregiver.pk)),
        handover_note="Medicines counted together.",
    )
    visits = list(live(day.schedule.client)[:6])
    assert [row.caregiver_id for row in visits] == [caregiver.pk, other_caregiver.pk] * 3
    assert all(before.ends_at == after.starts_at for before, after in pairwise(visits))
    assert day.schedule.group == night.schedule.group


def test_split_shift_is_refused_as_a_whole_when_one_part_cannot_be(branch, coordinator):
    with pytest.raises(DomainError, match="between 5 minutes and 24 hours"):
        plan(branch, coordinator, daily(8, 180), daily(16, 0))
    assert not Schedule.objects.exists()


def test_same_caregiver_twice_at_once_in_one_plan_is_left_open(branch, coordinator, caregiver):
    line = Assignment(caregiver.pk)
    _first, second = plan(branch, coordinator, daily(8, 120, line), daily(9, 120, line))
    assert len(second.left_open) == len(second.planned)


def test_live_in_rotation_takes_turns_by_days(branch, coordinator, caregiver, other_caregiver):
    (made,) = plan(
        branch,
        coordinator,
        daily(
            8,
            1440,
            Assignment(caregiver.pk, since=MONDAY, days_on=7, days_off=7),
            Assignment(other_caregiver.pk, since=MONDAY + 7 * DAY, days_on=7, days_off=7),
            sleep=(dt.time(22), dt.time(6)),
        ),
    )
    turns = [row.caregiver_id for row in live(made.schedule.client)[:28]]
    assert turns == ([caregiver.pk] * 7 + [other_caregiver.pk] * 7) * 2
    assert made.schedule.assignment_rules.all()[0].sentence.startswith("all days, 7 days on, 7 days off")


def test_visit_of_any_time_is_late_only_when_the_day_is_over(branch, coordinator, caregiver):
    (made,) = plan(branch, coordinator, daily(9, 30, Assignment(caregiver.pk), window=(dt.time(), LAST_MINUTE)))
    assert made.schedule.timing == "anytime"
    with time_machine.travel(dt.datetime(2026, 11, 24, 2, tzinfo=dt.UTC), tick=False):  # Monday 21:00 in Boston
        assert not Visit.objects.late(timezone.now(), 15).exists()
    with time_machine.travel(dt.datetime(2026, 11, 24, 6, tzinfo=dt.UTC), tick=False):
        assert Visit.objects.late(timezone.now(), 15).count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"window": (dt.time(9), dt.time(8))}, "window_end"),
        ({"window": (dt.time(9), dt.time(10))}, "start_time"),
        ({"sleep": (dt.time(23), dt.time(6))}, "sleep_start"),
    ],
)
def test_window_and_sleep_that_do_not_fit_are_refused_beside_their_field(branch, coordinator, fields, field):
    with pytest.raises(DomainError) as refused:
        plan(branch, coordinator, daily(8, 60, **fields))
    assert refused.value.field == field


def test_change_for_a_while_moves_its_days_and_reverts_by_itself(branch, coordinator, caregiver, other_caregiver):
    (made,) = plan(branch, coordinator, daily(8, 60, Assignment(caregiver.pk)))
    schedule = made.schedule
    week = Temporary(MONDAY + 7 * DAY, MONDAY + 13 * DAY, start_time=dt.time(10), member_id=other_caregiver.pk)
    change_temporarily(schedule, week, reason="Maria is away", by=coordinator, override_reason="Agreed")
    seen = Counter((row.starts_at.hour, row.caregiver_id) for row in live(schedule.client))
    assert seen == {(13, caregiver.pk): 75, (15, other_caregiver.pk): 7}
    told = Notification.objects.filter(recipient__in=[caregiver.user, other_caregiver.user])
    assert set(told.values_list("title", flat=True)) >= {"Your regular visits have changed"}
    assert_once(schedule.client)


def test_change_for_a_while_beyond_the_horizon_waits_for_the_sweep(branch, coordinator, clock):
    (made,) = plan(branch, coordinator, daily(8, 60))
    far = Temporary(dt.date(2027, 2, 10), dt.date(2027, 2, 20), is_paused=True)
    assert preview_temporary_change(made.schedule, far).affected == 3
    change_temporarily(made.schedule, far, reason="At the daughter's", by=coordinator)
    clock.move_to(TODAY + 14 * DAY)
    extend_schedules(by=User.system())
    days = [row.occurrence_on for row in live(made.schedule.client)]
    assert dt.date(2027, 2, 9) in days
    assert dt.date(2027, 2, 21) in days
    assert not [day for day in days if far.first <= day <= far.last]


def test_change_for_a_while_goes_on_in_the_successor(branch, coordinator):
    (made,) = plan(branch, coordinator, daily(8, 60))
    pause = Temporary(MONDAY + 5 * DAY, MONDAY + 9 * DAY, is_paused=True)
    change_temporarily(made.schedule, pause, reason="Away", by=coordinator)
    wanted = held(made.schedule, start_time=dt.time(10))
    start = MONDAY + 7 * DAY
    edit = edit_schedule(made.schedule, wanted, scope=Scope.FOLLOWING, from_on=start, by=coordinator)
    days = list(TemporaryChange.objects.order_by("from_on").values_list("schedule", "from_on", "until_on"))
    assert days == [
        (made.schedule.pk, MONDAY + 5 * DAY, MONDAY + 6 * DAY),
        (edit.schedule.pk, MONDAY + 7 * DAY, MONDAY + 9 * DAY),
    ]
    assert not [row for row in live(made.schedule.client) if pause.covers(row.occurrence_on)]


def test_change_for_a_while_leaves_what_a_person_moved(branch, coordinator, caregiver):
    (made,) = plan(branch, coordinator, daily(8, 60, Assignment(caregiver.pk)))
    visit = live(made.schedule.client)[2]
    move_visit(visit, starts_at=visit.starts_at + dt.timedelta(hours=5), by=coordinator, override_reason="Agreed")
    week = Temporary(MONDAY, MONDAY + 6 * DAY, start_time=dt.time(10))
    kept = change_temporarily(made.schedule, week, reason="Therapy", by=coordinator, override_reason="Agreed")
    assert [row.starts_at.hour for row in live(made.schedule.client)[:8]] == [15, 15, 18, 15, 15, 15, 15, 13]
    withdraw_temporary_change(kept, by=coordinator, override_reason="Agreed")
    assert [row.starts_at.hour for row in live(made.schedule.client)[:4]] == [13, 13, 18, 13]
    with pytest.raises(Conflict, match="taken back already"):
        withdraw_temporary_change(kept, by=coordinator)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Temporary(MONDAY + DAY, MONDAY, is_paused=True), "before the first"),
        (Temporary(MONDAY - 20 * DAY, MONDAY - 10 * DAY, is_paused=True), "lie ahead"),
        (Temporary(MONDAY, MONDAY + 400 * DAY, is_paused=True), "at most a year"),
        (Temporary(MONDAY, MONDAY), "Say what changes"),
    ],
)
def test_change_for_a_while_that_makes_no_sense_is_refused(branch, coordinator, change, words):
    (made,) = plan(branch, coordinator, daily(8, 60))
    with pytest.raises(DomainError, match=words):
        change_temporarily(made.schedule, change, reason="Why not", by=coordinator)


@pytest.mark.parametrize(
    ("minutes", "kinds"),
    [(-76, ["early"]), (-75, []), (0, []), (75, []), (76, ["late"])],
)
def test_visit_begun_within_its_window_is_neither_early_nor_late(minutes, kinds):
    """Planned at 08:00, may begin from 07:00 to 09:00, grace 15 minutes."""
    eight = dt.datetime(2026, 11, 23, 13, tzinfo=dt.UTC)
    hour = dt.timedelta(hours=1)
    started = eight + dt.timedelta(minutes=minutes)
    facts = VisitFacts(eight, eight + hour, started, started + hour, window=(eight - hour, eight + hour))
    assert [found.kind for found in exceptions_found(facts, Tolerance(grace_minutes=15))] == kinds
