"""Patterns: visits made ahead, extended, ended, and changed by scope without losing or doubling a visit."""

import datetime as dt

import pytest
import time_machine
from django.db.models import Count

from homecare.accounts.models import User
from homecare.audit.models import Event
from homecare.errors import DomainError
from scheduling.models import Schedule, Visit
from scheduling.pattern import Assignment, Pattern
from scheduling.placement import OverrideNeeded
from scheduling.series import Fate, Scope
from scheduling.services.schedule import create_schedule, end_schedule, extend_schedules, preview_schedule
from scheduling.services.schedule_edit import edit_schedule, preview_edit
from scheduling.services.visit import assign_visit, cancel_visit, move_visit
from tests.factories import ClientFactory, MemberFactory, ServiceTypeFactory, TimeOffFactory

pytestmark = pytest.mark.django_db

TODAY = dt.datetime(2026, 11, 20, 15, tzinfo=dt.UTC)  # Friday 10:00 in Boston
MONDAY = dt.date(2026, 11, 23)


@pytest.fixture(autouse=True)
def frozen_now():
    with time_machine.travel(TODAY, tick=False):
        yield


def begin(client, by, *, rule="FREQ=WEEKLY;BYDAY=MO,WE,FR", assignments=(), **fields):
    fields = {"starts_on": MONDAY, "start_time": dt.time(8), "duration_minutes": 60} | fields
    return create_schedule(
        client, service_type=ServiceTypeFactory(), rule=rule, assignments=assignments, by=by, **fields
    )


@pytest.fixture
def series(branch, coordinator, caregiver):
    """Monday, Wednesday and Friday at 08:00 with one regular caregiver."""
    made = begin(ClientFactory(branch=branch), coordinator, assignments=[Assignment(caregiver.pk)])
    return made.schedule


def pattern_of(schedule, **changes):
    from dataclasses import replace

    return replace(Pattern.of(schedule, schedule.assignment_rules.all()), **changes)


def live(client):
    return Visit.objects.filter(client=client).exclude(status="cancelled").order_by("starts_at")


def assert_once(client):
    """No occurrence twice, no two live visits at the same time."""
    doubled = live(client).values("starts_at", "slot").annotate(n=Count("id")).filter(n__gt=1)
    assert list(doubled) == []


def test_schedule_makes_visits_for_twelve_weeks_with_its_caregiver(series, caregiver):
    visits = list(live(series.client))
    assert len(visits) == 36  # Monday 23 November to Friday 12 February: 12 weeks from the 20th
    assert {visit.caregiver_id for visit in visits} == {caregiver.pk}
    assert series.materialised_until == dt.date(2027, 2, 12)
    assert visits[0].starts_at == dt.datetime(2026, 11, 23, 13, tzinfo=dt.UTC)
    assert Event.objects.about(series).get().action == "schedule.created"


def test_schedule_per_weekday_and_alternating_caregivers(branch, coordinator, caregiver, other_caregiver):
    third = MemberFactory(branch=branch, always_available=True)
    made = begin(
        ClientFactory(branch=branch),
        coordinator,
        assignments=[
            Assignment(caregiver.pk),
            Assignment(other_caregiver.pk, weekdays=(2,)),
            Assignment(third.pk, weekdays=(4,), since=MONDAY + dt.timedelta(days=7), every_weeks=2),
        ],
    )
    by_day = [visit.caregiver_id for visit in made.visits[:9]]
    first, second, friday = caregiver.pk, other_caregiver.pk, third.pk
    assert by_day == [first, second, first, first, second, friday, first, second, first]


def test_schedule_leaves_visits_open_where_a_rule_blocks_and_says_why(branch, coordinator, caregiver):
    TimeOffFactory(
        member=caregiver,
        status="approved",
        starts_at=dt.datetime(2026, 11, 30, 5, tzinfo=dt.UTC),
        ends_at=dt.datetime(2026, 12, 7, 5, tzinfo=dt.UTC),
    )
    made = begin(ClientFactory(branch=branch), coordinator, assignments=[Assignment(caregiver.pk)])
    assert [row.visit.occurrence_on.day for row in made.left_open] == [30, 2, 4]
    assert "is off" in made.left_open[0].findings[0].sentence
    assert Visit.objects.open().count() == 3


def test_schedule_double_up_makes_one_visit_per_caregiver(branch, coordinator, caregiver, other_caregiver):
    made = begin(
        ClientFactory(branch=branch),
        coordinator,
        head_count=2,
        assignments=[Assignment(caregiver.pk, slot=1), Assignment(other_caregiver.pk, slot=2)],
    )
    assert len(made.visits) == 72
    assert {(visit.slot, visit.caregiver_id) for visit in made.visits} == {
        (1, caregiver.pk),
        (2, other_caregiver.pk),
    }


def test_schedule_same_caregiver_twice_at_once_stays_open_once(branch, coordinator, caregiver):
    both = [Assignment(caregiver.pk, slot=1), Assignment(caregiver.pk, slot=2)]
    made = begin(ClientFactory(branch=branch), coordinator, head_count=2, assignments=both)
    assert {row.visit.slot for row in made.left_open} == {2}


def test_schedule_with_warnings_needs_a_reason(branch, coordinator):
    unavailable = MemberFactory(branch=branch)
    client = ClientFactory(branch=branch)
    with pytest.raises(OverrideNeeded, match="outside the hours"):
        begin(client, coordinator, assignments=[Assignment(unavailable.pk)])
    assert not Schedule.objects.exists()
    made = begin(client, coordinator, assignments=[Assignment(unavailable.pk)], override_reason="Agreed")
    assert made.visits[0].overrides.get().reason == "Agreed"


def test_schedule_preview_saves_nothing(branch, coordinator, caregiver):
    pattern = Pattern("FREQ=DAILY", MONDAY, dt.time(8), 30, assignments=(Assignment(caregiver.pk),))
    seen = preview_schedule(ClientFactory(branch=branch), service_type=ServiceTypeFactory(), pattern=pattern)
    assert len(seen.visits) == 82
    assert not Visit.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"rule": "FREQ=WEEKLY"}, "weekdays"),
        ({"rule": "FREQ=WEEKLY;BYDAY=MO;COUNT=3"}, "weekdays"),
        ({"duration_minutes": 0}, "duration_minutes"),
        ({"ends_on": dt.date(2026, 11, 1)}, "ends_on"),
        ({"head_count": 9}, "head_count"),
    ],
)
def test_schedule_that_no_calendar_can_keep_is_refused_beside_its_field(branch, coordinator, fields, field):
    with pytest.raises(DomainError) as refused:
        begin(ClientFactory(branch=branch), coordinator, **fields)
    assert refused.value.field == field


def test_sweep_extends_once_and_never_brings_back_what_was_cancelled(series, coordinator):
    gone = cancel_visit(live(series.client)[0], reason="Away", by=coordinator)
    assert extend_schedules(by=User.system()) == 0
    with time_machine.travel(TODAY + dt.timedelta(days=7), tick=False):
        assert extend_schedules(by=User.system()) == 3
        assert extend_schedules(by=User.system()) == 0
    Schedule.objects.update(materialised_until=None)
    assert extend_schedules(by=User.system()) == 0
    assert Visit.objects.get(pk=gone.pk).status == "cancelled"
    assert_once(series.client)


def test_sweep_waits_for_clients_on_hold(series):
    series.client.status = "on_hold"
    series.client.save()
    with time_machine.travel(TODAY + dt.timedelta(days=14), tick=False):
        assert extend_schedules(by=User.system()) == 0


def test_schedule_ended_cancels_what_comes_later(series, coordinator):
    cancelled = end_schedule(series, ends_on=dt.date(2026, 12, 4), by=coordinator, reason="Moved away")
    assert len(cancelled) == 30
    assert live(series.client).count() == 6
    assert Event.objects.filter(action="visit.cancelled").count() == 30
    assert extend_schedules(by=User.system()) == 0


def test_edit_following_splits_the_pattern_and_keeps_the_rows(series, coordinator):
    ids = set(live(series.client).values_list("id", flat=True))
    edit = edit_schedule(
        series,
        pattern_of(series, start_time=dt.time(10)),
        scope=Scope.FOLLOWING,
        from_on=dt.date(2026, 12, 2),
        by=coordinator,
    )
    series.refresh_from_db()
    assert (series.ends_on, edit.schedule.continues, edit.schedule.starts_on) == (
        dt.date(2026, 12, 1),
        series,
        dt.date(2026, 12, 2),
    )
    hours = [visit.starts_at.hour for visit in live(series.client)]
    assert hours == [13] * 4 + [15] * 32  # 08:00 and 10:00 in Boston
    assert set(live(series.client).values_list("id", flat=True)) == ids
    assert Event.objects.filter(action="visit.moved").count() == 32
    assert_once(series.client)


def test_edit_all_before_the_first_visit_changes_in_place(series, coordinator):
    edit = edit_schedule(series, pattern_of(series, duration_minutes=90), scope=Scope.ALL, by=coordinator)
    assert edit.schedule.pk == series.pk
    assert {visit.planned_minutes for visit in live(series.client)} == {90}


def test_edit_moves_thursday_for_tuesday_within_the_week(branch, coordinator, caregiver):
    made = begin(ClientFactory(branch=branch), coordinator, rule="FREQ=WEEKLY;BYDAY=TU", assignments=[])
    schedule = made.schedule
    ids = set(live(schedule.client).values_list("id", flat=True))
    new = pattern_of(schedule, rule="FREQ=WEEKLY;BYDAY=TH", start_time=dt.time(10))
    edit = edit_schedule(schedule, new, scope=Scope.ALL, by=coordinator)
    assert (edit.count(Fate.CHANGED), edit.count(Fate.CREATED), edit.count(Fate.CANCELLED)) == (12, 0, 0)
    assert {visit.occurrence_on.weekday() for visit in live(schedule.client)} == {3}
    assert set(live(schedule.client).values_list("id", flat=True)) == ids


def test_edit_fewer_and_more_days_cancels_and_creates(series, coordinator):
    fewer = edit_schedule(
        series, pattern_of(series, rule="FREQ=WEEKLY;BYDAY=MO"), scope=Scope.ALL, by=coordinator
    ).schedule
    assert live(series.client).count() == 12
    more = edit_schedule(
        fewer, pattern_of(fewer, rule="FREQ=WEEKLY;BYDAY=MO,WE,FR"), scope=Scope.ALL, by=coordinator
    ).schedule
    assert live(series.client).count() == 36
    assert Visit.objects.filter(status="cancelled", occurrence_on=None).count() == 24
    assert_once(more.client)


def test_edit_unchanged_leaves_what_a_person_changed(series, coordinator, other_caregiver):
    visits = list(live(series.client))
    moved = move_visit(visits[1], starts_at=visits[1].starts_at + dt.timedelta(hours=3), by=coordinator)
    given = assign_visit(visits[2], other_caregiver, by=coordinator)
    cancelled = cancel_visit(visits[3], reason="Away", by=coordinator)
    edit = edit_schedule(series, pattern_of(series, start_time=dt.time(9)), scope=Scope.UNCHANGED, by=coordinator)
    for row in (moved, given):
        again = Visit.objects.get(pk=row.pk)
        assert (again.starts_at, again.caregiver_id) == (row.starts_at, row.caregiver_id)
    assert Visit.objects.get(pk=cancelled.pk).status == "cancelled"
    assert edit.count(Fate.CHANGED) == 33
    assert live(series.client).count() == 35
    assert_once(series.client)


def test_edit_never_touches_past_and_started_visits(series, coordinator):
    later = dt.datetime(2026, 12, 2, 13, 30, tzinfo=dt.UTC)  # Wednesday 08:30, today's visit has begun
    past = list(live(series.client)[:5])
    Visit.objects.filter(pk=past[4].pk).update(status="in_progress")
    with time_machine.travel(later, tick=False):
        edit_schedule(series, pattern_of(series, start_time=dt.time(6)), scope=Scope.ALL, by=coordinator)
    for row in past:
        again = Visit.objects.get(pk=row.pk)
        assert (again.starts_at, again.ends_at) == (row.starts_at, row.ends_at)
    assert {visit.starts_at.hour for visit in live(series.client)[5:]} == {11}
    assert_once(series.client)


def test_edit_swaps_the_caregivers_of_two_patterns_days(branch, coordinator, caregiver, other_caregiver):
    made = begin(
        ClientFactory(branch=branch),
        coordinator,
        head_count=2,
        assignments=[Assignment(caregiver.pk, slot=1), Assignment(other_caregiver.pk, slot=2)],
    )
    swapped = (Assignment(other_caregiver.pk, slot=1), Assignment(caregiver.pk, slot=2))
    edit = edit_schedule(made.schedule, pattern_of(made.schedule, assignments=swapped), scope=Scope.ALL, by=coordinator)
    assert edit.left_open == []
    assert set(live(made.schedule.client).values_list("slot", "caregiver_id")) == {
        (1, other_caregiver.pk),
        (2, caregiver.pk),
    }


def test_edit_preview_shows_conflicts_and_saves_nothing(series, branch, coordinator, caregiver):
    other = begin(
        ClientFactory(branch=branch, last_name="Mensah"),
        coordinator,
        start_time=dt.time(10),
        assignments=[Assignment(caregiver.pk)],
    )
    seen = preview_edit(series, pattern_of(series, start_time=dt.time(10, 30)), scope=Scope.ALL)
    assert len(seen.left_open) == 36
    assert "already with Mensah" in seen.changes[0].findings[0].sentence
    assert {visit.starts_at.hour for visit in live(series.client)} == {13}
    assert {visit.starts_at.hour for visit in live(other.schedule.client)} == {15}


def test_edit_refuses_when_the_preview_is_out_of_date(series, coordinator):
    with pytest.raises(DomainError, match="Look at the preview again"):
        edit_schedule(series, pattern_of(series, start_time=dt.time(9)), scope=Scope.ALL, by=coordinator, expected=3)


def test_edit_twice_inserts_the_new_pattern_between(series, coordinator):
    first = edit_schedule(
        series,
        pattern_of(series, start_time=dt.time(12)),
        scope=Scope.FOLLOWING,
        from_on=dt.date(2027, 1, 4),
        by=coordinator,
    ).schedule
    series.refresh_from_db()
    middle = edit_schedule(
        series,
        pattern_of(series, start_time=dt.time(10)),
        scope=Scope.FOLLOWING,
        from_on=dt.date(2026, 12, 7),
        by=coordinator,
    ).schedule
    first.refresh_from_db()
    assert (middle.continues_id, first.continues_id, middle.ends_on) == (series.pk, middle.pk, dt.date(2027, 1, 3))
    hours = [visit.starts_at.hour for visit in live(series.client)]
    assert hours == [13] * 6 + [15] * 12 + [17] * 18
    assert_once(series.client)
