"""Two coordinators on one series: an undo happens once, and never half under somebody else's edit."""

import datetime as dt
from dataclasses import replace

import pytest

from homecare.clock import local, today
from scheduling.models import SeriesChange, Visit
from scheduling.pattern import Assignment
from scheduling.series import Scope
from scheduling.services.materialise import patterns_of
from scheduling.services.schedule import create_schedule
from scheduling.services.schedule_edit import edit_schedule
from scheduling.services.undo import undo_change
from tests.factories import ClientFactory, ServiceTypeFactory
from tests.racing import told_at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def changed(branch, coordinator, caregiver):
    """A series moved from 08:00 to 10:00, with its change still to be undone."""
    schedule = create_schedule(
        ClientFactory(branch=branch),
        service_type=ServiceTypeFactory(),
        rule="FREQ=WEEKLY;BYDAY=MO,WE,FR",
        starts_on=today("America/New_York") + dt.timedelta(days=1),
        start_time=dt.time(8),
        duration_minutes=60,
        assignments=[Assignment(caregiver.pk)],
        by=coordinator,
    ).schedule
    coordinator.has_perm("scheduling.override_rule")
    edit_schedule(schedule, at(schedule, 10), scope=Scope.ALL, by=coordinator)
    return schedule


def at(schedule, hour):
    return replace(patterns_of([schedule])[schedule.pk], start_time=dt.time(hour))


def hours(schedule):
    zone = "America/New_York"
    rows = Visit.objects.filter(schedule__client=schedule.client_id).live()
    assert len({row.occurrence_on for row in rows}) == len(rows)
    return {local(row.starts_at, zone).hour for row in rows}


def test_two_undo_one_change_and_one_of_them_reads_that_it_was_undone(changed, coordinator):
    change = SeriesChange.objects.exclude(kind="planned").get()
    results = told_at_once(*[lambda: undo_change(change, by=coordinator)] * 4)
    assert results.count("done") == 1, results
    assert {text for text in results if text != "done"} == {
        "This change was undone already. Reload to see how the pattern stands now."
    }
    assert hours(changed) == {8}


def test_undo_and_another_edit_at_the_same_moment_leave_one_whole_series(changed, coordinator):
    change = SeriesChange.objects.exclude(kind="planned").get()
    results = told_at_once(
        lambda: undo_change(change, by=coordinator),
        lambda: edit_schedule(changed, at(changed, 14), scope=Scope.ALL, by=coordinator),
    )
    assert "done" in results, results
    assert len(hours(changed)) == 1
