"""Sixteen series over the clock changes of three zones, as they were planned and as they stand after an edit."""

import datetime as dt
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import pytest
import time_machine

from homecare.clock import local, minutes_between
from scheduling.models import Visit
from scheduling.pattern import Pattern
from scheduling.series import Scope
from scheduling.services.materialise import patterns_of
from scheduling.services.schedule import create_schedules
from scheduling.services.schedule_edit import edit_schedule
from scheduling.services.zone_move import follow_the_clock
from tests.factories import BranchFactory, ClientFactory, ServiceTypeFactory

pytestmark = pytest.mark.django_db

NEW_YORK, LONDON, LORD_HOWE = "America/New_York", "Europe/London", "Australia/Lord_Howe"
NIGHT = (dt.time(23), dt.time(6))


@dataclass(frozen=True)
class Case:
    """A series planned five days ahead of its first visit; `utc` are the visits' spans around the change."""

    zone: str
    rule: str
    first: str
    start: str
    minutes: int
    utc: tuple[str, ...]
    ends: str  # local end of the visit on the night (or day) of the change
    edited: bool = False
    sleep: tuple[dt.time, dt.time] | None = None


def spans(visits):
    return tuple(f"{row.starts_at:%d %H:%M}-{row.ends_at:%H:%M}" for row in visits)


# fmt: off
CASES = {
    "new-york-spring-day-weekly": Case(NEW_YORK, "FREQ=WEEKLY;BYDAY=SU", "2027-03-07", "08:00", 60,
        ("07 13:00-14:00", "14 12:00-13:00", "21 12:00-13:00"), "09:00"),
    "new-york-spring-overnight-weekly": Case(NEW_YORK, "FREQ=WEEKLY;BYDAY=SA", "2027-03-06", "22:00", 480,
        ("07 03:00-11:00", "14 03:00-11:00", "21 02:00-10:00"), "07:00"),
    "new-york-spring-skipped-hour-daily": Case(NEW_YORK, "FREQ=DAILY", "2027-03-13", "02:30", 60,
        ("13 07:30-08:30", "14 07:30-08:30", "15 06:30-07:30"), "04:30"),
    "new-york-autumn-day-monthly-first-sunday": Case(NEW_YORK, "FREQ=MONTHLY;BYDAY=1SU", "2026-10-04", "10:00", 90,
        ("04 14:00-15:30", "01 15:00-16:30", "06 15:00-16:30"), "11:30"),
    "new-york-autumn-sleepover-weekly": Case(NEW_YORK, "FREQ=WEEKLY;BYDAY=SA", "2026-10-24", "21:00", 600,
        ("25 01:00-11:00", "01 01:00-11:00", "08 02:00-12:00"), "06:00", sleep=NIGHT),
    "new-york-autumn-doubled-hour-daily": Case(NEW_YORK, "FREQ=DAILY", "2026-10-31", "01:30", 60,
        ("31 05:30-06:30", "01 05:30-06:30", "02 06:30-07:30"), "01:30"),
    "new-york-autumn-edited-after-planning": Case(NEW_YORK, "FREQ=WEEKLY;BYDAY=SU", "2026-10-25", "08:00", 60,
        ("25 12:00-13:00", "01 13:00-14:00", "08 13:00-14:00"), "09:00", edited=True),
    "london-spring-overnight-every-2-weeks": Case(LONDON, "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA", "2027-03-13", "22:00", 540,
        ("13 22:00-07:00", "27 22:00-07:00", "10 21:00-06:00"), "08:00"),
    "london-spring-day-monthly-28th": Case(LONDON, "FREQ=MONTHLY;BYMONTHDAY=28", "2027-02-28", "09:15", 45,
        ("28 09:15-10:00", "28 08:15-09:00", "28 08:15-09:00"), "10:00"),
    "london-spring-sleepover-edited": Case(LONDON, "FREQ=WEEKLY;BYDAY=SA", "2027-03-20", "21:00", 600,
        ("20 21:00-07:00", "27 21:00-07:00", "03 20:00-06:00"), "08:00", edited=True, sleep=NIGHT),
    "london-autumn-overnight-weekly": Case(LONDON, "FREQ=WEEKLY;BYDAY=SA", "2026-10-17", "22:00", 480,
        ("17 21:00-05:00", "24 21:00-05:00", "31 22:00-06:00"), "05:00"),
    "london-autumn-day-monthly-last-sunday": Case(LONDON, "FREQ=MONTHLY;BYDAY=-1SU", "2026-09-27", "08:00", 60,
        ("27 07:00-08:00", "25 08:00-09:00", "29 08:00-09:00"), "09:00"),
    "lord-howe-spring-day-weekly": Case(LORD_HOWE, "FREQ=WEEKLY;BYDAY=SU", "2026-09-27", "08:00", 60,
        ("26 21:30-22:30", "03 21:00-22:00", "10 21:00-22:00"), "09:00"),
    "lord-howe-spring-overnight-weekly": Case(LORD_HOWE, "FREQ=WEEKLY;BYDAY=SA", "2026-09-26", "22:00", 480,
        ("26 11:30-19:30", "03 11:30-19:30", "10 11:00-19:00"), "06:30"),
    "lord-howe-autumn-sleepover-edited": Case(LORD_HOWE, "FREQ=WEEKLY;BYDAY=SA", "2027-03-27", "21:00", 600,
        ("27 10:00-20:00", "03 10:00-20:00", "10 10:30-20:30"), "06:30", edited=True, sleep=NIGHT),
    "lord-howe-autumn-half-hour-twice-daily": Case(LORD_HOWE, "FREQ=DAILY", "2027-04-03", "01:45", 60,
        ("02 14:45-15:45", "03 14:45-15:45", "04 15:15-16:15"), "02:15"),
}
# fmt: on


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_series_over_the_clock_change(case, coordinator):
    client = ClientFactory(branch=BranchFactory(code="DST", name="Clocks", time_zone=case.zone))
    first = dt.date.fromisoformat(case.first)
    pattern = Pattern(case.rule, first, dt.time.fromisoformat(case.start), case.minutes, sleep=case.sleep)
    if case.edited:
        pattern = replace(pattern, start_time=dt.time(20), sleep=None)
    before = dt.datetime.combine(first - dt.timedelta(days=5), dt.time(12), tzinfo=ZoneInfo(case.zone))
    with time_machine.travel(before, tick=False):
        (made,) = create_schedules(client, service_type=ServiceTypeFactory(), patterns=[pattern], by=coordinator)
        if case.edited:
            held = patterns_of([made.schedule])[made.schedule.pk]
            wanted = replace(held, start_time=dt.time.fromisoformat(case.start), sleep=case.sleep)
            edit_schedule(made.schedule, wanted, scope=Scope.ALL, by=coordinator)
    visits = list(Visit.objects.filter(client=client).order_by("starts_at")[:3])
    assert spans(visits) == case.utc
    assert {minutes_between(row.starts_at, row.ends_at) for row in visits} == {case.minutes}
    assert f"{local(visits[1].ends_at, case.zone):%H:%M}" == case.ends
    assert [row.occurrence_on for row in visits] == sorted({row.occurrence_on for row in visits})


def test_series_after_the_change_is_edited_by_the_new_clock(coordinator):
    """Planned in summer, edited in winter: what lies behind stays at its moment."""
    client = ClientFactory(branch=BranchFactory(code="DST", name="Clocks", time_zone=NEW_YORK))
    pattern = Pattern("FREQ=WEEKLY;BYDAY=SU", dt.date(2026, 10, 25), dt.time(8), 60)
    with time_machine.travel(dt.datetime(2026, 10, 20, 12, tzinfo=dt.UTC), tick=False):
        (made,) = create_schedules(client, service_type=ServiceTypeFactory(), patterns=[pattern], by=coordinator)
    with time_machine.travel(dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC), tick=False):
        wanted = replace(patterns_of([made.schedule])[made.schedule.pk], start_time=dt.time(9))
        edit_schedule(made.schedule, wanted, scope=Scope.ALL, by=coordinator)
    visits = Visit.objects.filter(client=client).order_by("starts_at")[:3]
    assert spans(visits) == ("25 12:00-13:00", "01 13:00-14:00", "08 14:00-15:00")


def test_branch_that_moves_to_another_zone_keeps_its_hours_by_the_new_clock(coordinator):
    branch = BranchFactory(code="DST", name="Clocks", time_zone=NEW_YORK)
    client = ClientFactory(branch=branch)
    pattern = Pattern("FREQ=WEEKLY;BYDAY=MO,SU", dt.date(2026, 11, 1), dt.time(8), 60)
    with time_machine.travel(dt.datetime(2026, 10, 20, 12, tzinfo=dt.UTC), tick=False):
        create_schedules(client, service_type=ServiceTypeFactory(), patterns=[pattern], by=coordinator)
        assert follow_the_clock(by=coordinator) == 0
    by_hand = Visit.objects.filter(client=client).order_by("starts_at")[2]
    Visit.objects.filter(pk=by_hand.pk).update(is_changed_by_hand=True)
    with time_machine.travel(dt.datetime(2026, 11, 1, 18, tzinfo=dt.UTC), tick=False):
        branch.time_zone = "America/Chicago"
        branch.save()
        assert follow_the_clock(by=coordinator) == 1
        assert follow_the_clock(by=coordinator) == 0
    visits = Visit.objects.filter(client=client).order_by("starts_at")[:4]
    assert spans(visits) == ("01 13:00-14:00", "02 14:00-15:00", "08 13:00-14:00", "09 14:00-15:00")
