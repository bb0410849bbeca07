"""Patterns in local days and true minutes; the tables of docs/scheduling.md are asserted from the page itself."""

import datetime as dt
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecare.clock import local, minutes_between, monday_of
from scheduling.pattern import Assignment, Pattern
from scheduling.recurrence import BadRule, Recurrence, days, parse, sentence, span

DOCS = Path(__file__).resolve().parents[2] / "docs" / "scheduling.md"
DST_ROW = re.compile(
    r"^\| (\w+/[\w_]+) \| (\d{4}-\d\d-\d\d) \| (\d\d:\d\d) \| (\d+) \| (\d\d:\d\d)Z \| (\d\d:\d\d)Z \| (\d\d:\d\d) \|",
    re.M,
)
SENTENCE_ROW = re.compile(r"^\| `(FREQ=[^`]+)` \| (\d\d:\d\d) \| ([^|]+) \|$", re.M)


def dst_rows():
    rows = DST_ROW.findall(DOCS.read_text())
    assert len(rows) >= 12
    return rows


@pytest.mark.parametrize(("zone", "day", "start", "minutes", "utc_start", "utc_end", "local_end"), dst_rows())
def test_span_over_the_clock_change_as_the_docs_say(zone, day, start, minutes, utc_start, utc_end, local_end):
    starts_at, ends_at = span(dt.date.fromisoformat(day), dt.time.fromisoformat(start), int(minutes), zone)
    assert (f"{starts_at:%H:%M}", f"{ends_at:%H:%M}") == (utc_start, utc_end)
    assert f"{local(ends_at, zone):%H:%M}" == local_end
    assert minutes_between(starts_at, ends_at) == int(minutes)


@pytest.mark.parametrize(("rule", "time", "text"), SENTENCE_ROW.findall(DOCS.read_text()))
def test_sentence_of_a_rule_as_the_docs_say(rule, time, text):
    assert sentence(rule, dt.time.fromisoformat(time)) == text.strip()


recurrences = st.one_of(
    st.builds(
        lambda interval, weekdays: Recurrence("WEEKLY", interval, tuple(sorted(weekdays))),
        st.integers(1, 8),
        st.sets(st.integers(0, 6), min_size=1),
    ),
    st.builds(lambda interval: Recurrence("DAILY", interval), st.integers(1, 8)),
    st.builds(
        lambda interval, day: Recurrence("MONTHLY", interval, month_day=day), st.integers(1, 8), st.integers(1, 31)
    ),
    st.builds(
        lambda interval, which, day: Recurrence("MONTHLY", interval, nth=(which, day)),
        st.integers(1, 8),
        st.sampled_from([1, 2, 3, 4, -1]),
        st.integers(0, 6),
    ),
)
dates = st.dates(dt.date(2024, 1, 1), dt.date(2030, 12, 31))


@given(recurrences)
def test_rule_text_means_what_it_was_made_of(recurrence):
    assert parse(recurrence.to_text()) == recurrence


@given(recurrences, dates, st.integers(0, 400), st.integers(0, 200))
def test_days_of_parts_are_the_days_of_the_whole(recurrence, starts_on, offset, length):
    """Extending week by week makes neither more nor fewer days than making them at once."""
    rule = recurrence.to_text()
    first = starts_on + dt.timedelta(days=offset)
    last = first + dt.timedelta(days=length)
    middle = first + dt.timedelta(days=length // 2)
    whole = list(days(rule, starts_on, first, last))
    parts = [*days(rule, starts_on, first, middle), *days(rule, starts_on, middle + dt.timedelta(days=1), last)]
    assert parts == whole == sorted(set(whole))
    assert all(first <= day <= last for day in whole)


@given(st.integers(1, 8), st.sets(st.integers(0, 6), min_size=1), dates)
def test_weekly_days_keep_their_weeks_and_weekdays(interval, weekdays, starts_on):
    rule = Recurrence("WEEKLY", interval, tuple(sorted(weekdays))).to_text()
    found = list(days(rule, starts_on, starts_on, starts_on + dt.timedelta(weeks=20)))
    assert {day.weekday() for day in found} == weekdays
    assert all((monday_of(day) - monday_of(starts_on)).days % (7 * interval) == 0 for day in found)


@given(
    dates,
    st.times(),
    st.integers(5, 1440),
    st.sampled_from(["America/New_York", "Europe/Berlin", "Australia/Lord_Howe"]),
)
def test_span_lasts_its_true_minutes_in_every_zone(day, start, minutes, zone):
    starts_at, ends_at = span(day, start.replace(second=0, microsecond=0), minutes, zone)
    assert minutes_between(starts_at, ends_at) == minutes
    assert starts_at.tzinfo is dt.UTC


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("FREQ=HOURLY", "daily, weekly or monthly"),
        ("FREQ=WEEKLY", "at least one weekday"),
        ("FREQ=WEEKLY;INTERVAL=9;BYDAY=MO", "1 to 8"),
        ("FREQ=WEEKLY;BYDAY=XX", "not a recurrence rule"),
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20270101", "its last day ends it"),
        ("FREQ=MONTHLY", "day of the month"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "1 to 31"),
        ("FREQ=MONTHLY;BYDAY=5MO", "first, second, third"),
        ("nonsense", "not a recurrence rule"),
    ],
)
def test_rule_that_cannot_be_kept_says_why(text, says):
    with pytest.raises(BadRule, match=says):
        parse(text)


def test_days_refuse_nothing_but_end_with_the_pattern():
    pattern = Pattern("FREQ=DAILY", dt.date(2026, 1, 1), dt.time(8), 60, ends_on=dt.date(2026, 1, 3))
    assert [day.day for day in pattern.days(dt.date(2025, 1, 1), dt.date(2027, 1, 1))] == [1, 2, 3]


def test_caregiver_of_the_narrowest_then_latest_assignment_comes():
    monday = dt.date(2026, 1, 5)
    pattern = Pattern(
        "FREQ=DAILY",
        monday,
        dt.time(8),
        60,
        assignments=(
            Assignment(1, since=monday),
            Assignment(2, weekdays=(0,), since=monday),
            Assignment(3, weekdays=(0,), since=monday, every_weeks=2),
            Assignment(4, since=monday + dt.timedelta(days=14), until=monday + dt.timedelta(days=20)),
        ),
    )
    by_day = [pattern.caregiver_on(monday + dt.timedelta(days=number), 1) for number in (0, 1, 7, 14, 15, 21, 22)]
    assert by_day == [3, 1, 2, 3, 4, 2, 1]
    assert pattern.caregiver_on(monday, 2) is None
