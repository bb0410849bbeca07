"""What went wrong in other people's schedulers, each as a test named after the failure and where it was reported."""

import datetime as dt
from collections import Counter
from dataclasses import replace

import pytest
import time_machine
from django.db import connection

from homecare.accounts.models import Holiday, User
from homecare.errors import DomainError
from scheduling.models import Visit
from scheduling.pattern import Assignment, Pattern, Temporary
from scheduling.placement import OverrideNeeded
from scheduling.series import Fate, Scope
from scheduling.services.materialise import patterns_of
from scheduling.services.schedule import create_schedule, create_schedules, extend_schedules, preview_schedule
from scheduling.services.schedule_edit import edit_schedule, preview_edit
from scheduling.services.temporary_change import change_temporarily, withdraw_temporary_change
from scheduling.services.visit import cancel_visit, create_visit, move_visit
from tests.factories import ClientFactory, MemberFactory, ServiceTypeFactory, VisitFactory
from tests.scheduling.test_schedule import MONDAY, TODAY, assert_once, live

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(TODAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def series(branch, coordinator, caregiver):
    return begin(branch, coordinator, assignments=(Assignment(caregiver.pk),))


def begin(branch, by, *, rule="FREQ=WEEKLY;BYDAY=MO,WE,FR", **fields):
    fields = {"starts_on": MONDAY, "start_time": dt.time(8), "duration_minutes": 60} | fields
    made = create_schedule(ClientFactory(branch=branch), service_type=ServiceTypeFactory(), rule=rule, by=by, **fields)
    return made.schedule


def pattern_of(schedule, **changes):
    return replace(patterns_of([schedule])[schedule.pk], **changes)


def days(schedule):
    return Counter(visit.occurrence_on.strftime("%a") for visit in live(schedule.client))


def test_weekday_pattern_yields_only_mondays_django_scheduler_231(branch, coordinator):
    assert days(begin(branch, coordinator)) == {"Mon": 12, "Wed": 12, "Fri": 12}


def test_every_other_week_drifts_when_it_begins_midweek_django_scheduler_231(branch, coordinator):
    schedule = begin(branch, coordinator, rule="FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", starts_on=dt.date(2026, 11, 25))
    first = [visit.occurrence_on.isoformat() for visit in live(schedule.client)[:4]]
    assert first == ["2026-11-27", "2026-12-07", "2026-12-11", "2026-12-21"]


def test_hour_off_after_the_clock_change_field_service_919(branch, coordinator, clock):
    clock.move_to(dt.datetime(2026, 10, 26, 15, tzinfo=dt.UTC))
    schedule = begin(branch, coordinator, rule="FREQ=DAILY", starts_on=dt.date(2026, 10, 30))
    assert [visit.starts_at.hour for visit in live(schedule.client)[:4]] == [12, 12, 13, 13]  # 08:00 in Boston


def test_skipped_dates_cannot_come_back_indico_4180(series, coordinator):
    """A day skipped by a temporary change returns when that is taken back; one cancelled by a person stays gone."""
    gone = cancel_visit(live(series.client)[4], reason="Away", by=coordinator)
    wednesday = Temporary(dt.date(2026, 11, 25), dt.date(2026, 11, 25), is_paused=True)
    change = change_temporarily(series, wednesday, reason="Visitors", by=coordinator)
    assert live(series.client).count() == 34
    withdraw_temporary_change(change, by=coordinator)
    assert live(series.client).count() == 35
    assert live(series.client)[1].occurrence_on == dt.date(2026, 11, 25)
    assert Visit.objects.get(pk=gone.pk).status == "cancelled"
    assert_once(series.client)


def test_skipped_holiday_comes_back_when_it_is_no_longer_one_indico_4180(branch, coordinator):
    christmas = Holiday.objects.create(branch=branch, on=dt.date(2026, 12, 25), name="Christmas Day")
    pattern = Pattern("FREQ=WEEKLY;BYDAY=FR", MONDAY, dt.time(8), 60, skips_holidays=True)
    client = ClientFactory(branch=branch)
    create_schedules(client, service_type=ServiceTypeFactory(), patterns=[pattern], by=coordinator)
    assert dt.date(2026, 12, 25) not in {visit.occurrence_on for visit in live(client)}
    christmas.delete()
    assert extend_schedules(by=User.system()) == 1
    assert dt.date(2026, 12, 25) in {visit.occurrence_on for visit in live(client)}
    Holiday.objects.create(branch=branch, on=dt.date(2027, 1, 1), name="New Year's Day")
    assert extend_schedules(by=User.system()) == 0
    assert dt.date(2027, 1, 1) not in {visit.occurrence_on for visit in live(client)}
    assert_once(client)


def test_past_occurrences_are_reported_as_conflicts_indico_3980(branch, coordinator, caregiver, clock):
    """A collision that lies behind says nothing about a change of what lies ahead."""
    schedule = begin(branch, coordinator, assignments=(Assignment(caregiver.pk),))
    clock.move_to(TODAY + dt.timedelta(days=14))
    VisitFactory(
        client=ClientFactory(branch=branch),
        caregiver=caregiver,
        starts_at=dt.datetime(2026, 11, 30, 15, tzinfo=dt.UTC),
        ends_at=dt.datetime(2026, 11, 30, 16, tzinfo=dt.UTC),
    )
    seen = preview_edit(schedule, pattern_of(schedule, start_time=dt.time(10)), scope=Scope.ALL)
    assert [finding for change in seen.changes for finding in change.findings] == []
    again = Pattern(
        "FREQ=WEEKLY;BYDAY=MO", MONDAY, dt.time(10), 60, assignments=(Assignment(caregiver.pk, since=MONDAY),)
    )
    made = preview_schedule(ClientFactory(branch=branch), service_type=ServiceTypeFactory(), pattern=again)
    assert made.left_open == []


@pytest.mark.parametrize("scope", [Scope.ALL, Scope.FOLLOWING])
def test_series_edit_loses_visits_odoo_79906(series, coordinator, scope):
    """Every visit keeps its row through a change of days, back and forth."""
    ids = set(live(series.client).values_list("pk", flat=True))
    wanted = {"scope": scope, "from_on": MONDAY, "by": coordinator}
    edited = edit_schedule(series, pattern_of(series, rule="FREQ=WEEKLY;BYDAY=TU,WE,TH"), **wanted).schedule
    edit_schedule(edited, pattern_of(edited, rule="FREQ=WEEKLY;BYDAY=MO,WE,FR"), **wanted)
    assert set(live(series.client).values_list("pk", flat=True)) == ids


def test_series_edit_doubles_visits_odoo_160062(series, coordinator):
    """Saved twice, and once more from the middle: still one visit for each day."""
    for start in (dt.time(9), dt.time(9), dt.time(10)):
        series.refresh_from_db()
        edit_schedule(series, pattern_of(series, start_time=start), scope=Scope.ALL, by=coordinator)
    wanted = pattern_of(series, start_time=dt.time(11))
    edit_schedule(series, wanted, scope=Scope.FOLLOWING, from_on=dt.date(2026, 12, 9), by=coordinator)
    extend_schedules(by=User.system())
    assert live(series.client).count() == 36
    assert_once(series.client)


def test_rescheduled_occurrence_stays_at_its_old_time_too_cal_com_10524(series, coordinator):
    """A visit moved to another day leaves its own day, and the sweep does not fill that day again."""
    visit = live(series.client)[0]
    move_visit(visit, starts_at=visit.starts_at + dt.timedelta(days=1), by=coordinator)
    series.materialised_until = None
    series.save()
    assert extend_schedules(by=User.system()) == 0
    assert [row.starts_at.day for row in live(series.client)[:2]] == [24, 25]


def test_one_cancelled_occurrence_cancels_the_rest_cal_com_15997(series, coordinator):
    cancel_visit(live(series.client)[0], reason="Away", by=coordinator)
    assert live(series.client).count() == 35
    edited = edit_schedule(series, pattern_of(series, start_time=dt.time(9)), scope=Scope.ALL, by=coordinator)
    assert edited.count(Fate.CANCELLED) == 0
    assert live(series.client).count() == 35


def test_editing_one_occurrence_changes_all_of_them_openemr_3661(series, coordinator):
    visit = live(series.client)[3]
    move_visit(visit, starts_at=visit.starts_at + dt.timedelta(hours=2), by=coordinator)
    assert Counter(row.starts_at.hour for row in live(series.client)) == {13: 35, 15: 1}


@pytest.mark.parametrize("by_hand", [False, True], ids=["845", "1783"])
def test_caregiver_is_booked_twice_easyappointments(branch, coordinator, caregiver, by_hand):
    """Two series, or a series and a single visit, want one hour of one caregiver: one gets it, the other is open."""
    begin(branch, coordinator, assignments=(Assignment(caregiver.pk),))
    if by_hand:
        with pytest.raises(DomainError, match="already with"):
            create_visit(
                ClientFactory(branch=branch),
                service_type=ServiceTypeFactory(),
                starts_at=dt.datetime(2026, 11, 23, 13, 30, tzinfo=dt.UTC),
                ends_at=dt.datetime(2026, 11, 23, 14, 30, tzinfo=dt.UTC),
                caregiver=caregiver,
                by=coordinator,
            )
    else:
        other = begin(branch, coordinator, start_time=dt.time(8, 30), assignments=(Assignment(caregiver.pk),))
        assert {visit.caregiver_id for visit in live(other.client)} == {None}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM scheduling_visit a JOIN scheduling_visit b ON a.caregiver_id = b.caregiver_id"
            " AND a.id < b.id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"
        )
        assert cursor.fetchone() == (0,)


def test_staff_cannot_override_on_purpose_medplum_10270(branch, coordinator, biller):
    """A warning is overridden by whoever holds the permission, with a reason that is kept; by nobody else."""
    unavailable = MemberFactory(branch=branch)
    lines = (Assignment(unavailable.pk),)
    with pytest.raises(OverrideNeeded):
        begin(branch, biller, assignments=lines, override_reason="I say so")
    schedule = begin(branch, coordinator, assignments=lines, override_reason="The daughter asked for her")
    override = live(schedule.client)[0].overrides.all()[0]
    assert (override.reason, override.by) == ("The daughter asked for her", coordinator)
