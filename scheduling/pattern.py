"""A recurring service as plain values: when it takes place, how many caregivers it needs, and who regularly comes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from homecare.clock import at_local, monday_of
from scheduling import recurrence

LAST_MINUTE = dt.time(23, 59)


@dataclass(frozen=True)
class Assignment:
    """This caregiver regularly takes these weekdays (empty: all) of one slot, every n-th week counted from `since`.

    A rotation counts days from `since` instead: `days_on` in a row, `days_off` away, and again (live-in care).
    """

    member_id: int
    slot: int = 1
    weekdays: tuple[int, ...] = ()
    since: dt.date | None = None
    until: dt.date | None = None
    every_weeks: int = 1
    days_on: int = 0
    days_off: int = 0
    rotation_id: int | None = None

    def covers(self, day: dt.date, slot: int) -> bool:
        if slot != self.slot or (self.weekdays and day.weekday() not in self.weekdays):
            return False
        if self.until and day > self.until:
            return False
        if self.since is None:
            return True
        if self.days_on:
            return day >= self.since and (day - self.since).days % (self.days_on + self.days_off) < self.days_on
        if monday_of(day) < monday_of(self.since) or (day < self.since and self.every_weeks == 1):
            return False
        return (monday_of(day) - monday_of(self.since)).days // 7 % self.every_weeks == 0


@dataclass(frozen=True)
class Temporary:
    """From `first` to `last` the pattern pauses, or takes place at another time, length or with another caregiver.

    `client_id`: of those who share it this client alone pauses."""

    first: dt.date
    last: dt.date
    is_paused: bool = False
    start_time: dt.time | None = None
    duration_minutes: int | None = None
    member_id: int | None = None
    slot: int = 1
    client_id: int | None = None

    def covers(self, day: dt.date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Pattern:
    """`rule` is RFC 5545 counted from `starts_on`; `start_time` is branch local; the length is true minutes.

    `window` is the earliest and latest start when the planned start is only a wish. On `skipped` days (holidays) and
    in a pause there is no visit; of several temporary changes of one day the last counts.
    """

    rule: str
    starts_on: dt.date
    start_time: dt.time
    duration_minutes: int
    ends_on: dt.date | None = None
    head_count: int = 1
    assignments: tuple[Assignment, ...] = ()
    window: tuple[dt.time, dt.time] | None = None
    temporary: tuple[Temporary, ...] = ()
    skipped: frozenset[dt.date] = frozenset()
    skips_holidays: bool = False
    sleep: tuple[dt.time, dt.time] | None = None

    @classmethod
    def of(
        cls,
        schedule: Any,
        assignment_rules: Iterable[Any],
        temporary: Iterable[Any] = (),
        holidays: Iterable[dt.date] = (),
    ) -> Pattern:
        """The pattern of a Schedule row, its AssignmentRule and TemporaryChange rows and the branch's holidays."""
        return cls(
            rule=schedule.rule,
            starts_on=schedule.starts_on,
            start_time=schedule.start_time,
            duration_minutes=schedule.duration_minutes,
            ends_on=schedule.ends_on,
            head_count=schedule.head_count,
            assignments=tuple(_assignment(row) for row in assignment_rules),
            window=_window(schedule),
            temporary=tuple(_temporary(row) for row in temporary),
            skipped=frozenset(holidays) if schedule.skips_holidays else frozenset(),
            skips_holidays=schedule.skips_holidays,
            sleep=(schedule.sleep_start, schedule.sleep_end) if schedule.sleep_start is not None else None,
        )

    @property
    def sentence(self) -> str:
        """Mon, Wed and Fri at 08:00, every 2 weeks."""
        return recurrence.sentence(self.rule, self.start_time)

    @property
    def slots(self) -> range:
        return range(1, self.head_count + 1)

    @property
    def timing(self) -> str:
        if self.window is None:
            return "exact"
        return "anytime" if self.window == (dt.time(), LAST_MINUTE) else "window"

    @property
    def is_plain(self) -> bool:
        """No day of it differs from its rule: the common case, which the sweep goes through in a hurry."""
        return not self.temporary and not self.skipped

    def days(self, first: dt.date, last: dt.date) -> Iterator[dt.date]:
        """Its local days within [first, last] and its own first and last day, without those skipped or paused."""
        found = self.rule_days(first, last)
        return found if self.is_plain else (day for day in found if not self.is_left_out(day))

    def rule_days(self, first: dt.date, last: dt.date) -> Iterator[dt.date]:
        """The days of the rule alone, skipped and paused ones included."""
        return recurrence.days(self.rule, self.starts_on, first, min(last, self.ends_on) if self.ends_on else last)

    def is_left_out(self, day: dt.date) -> bool:
        """A holiday of the branch, or within a pause."""
        change = self.change_on(day)
        return day in self.skipped or (change is not None and change.is_paused)

    def change_on(self, day: dt.date) -> Temporary | None:
        return next((row for row in reversed(self.temporary) if row.covers(day)), None)

    def span(self, day: dt.date, zone_name: str) -> tuple[dt.datetime, dt.datetime]:
        change = self.change_on(day) if self.temporary else None
        start = (change and change.start_time) or self.start_time
        return recurrence.span(day, start, (change and change.duration_minutes) or self.duration_minutes, zone_name)

    def window_on(self, day: dt.date, zone_name: str) -> tuple[dt.datetime | None, dt.datetime | None]:
        """Earliest and latest start in UTC; (None, None) when the start is meant exactly."""
        change = self.change_on(day) if self.temporary else None
        if self.window is None or (change and change.start_time):
            return None, None
        return at_local(day, self.window[0], zone_name), at_local(day, self.window[1], zone_name)

    def caregiver_on(self, day: dt.date, slot: int) -> int | None:
        """Whose turn it is: a temporary change first; of several assignments the narrowest, then the latest, counts."""
        change = self.change_on(day) if self.temporary else None
        if change is not None and change.member_id is not None and change.slot == slot:
            return change.member_id
        fitting = [row for row in self.assignments if row.covers(day, slot)]
        if not fitting:
            return None
        return max(fitting, key=_precedence).member_id

    @property
    def member_ids(self) -> set[int]:
        """Everybody who comes, regularly or for a while."""
        brought = {row.member_id for row in self.temporary if row.member_id is not None}
        return brought | {row.member_id for row in self.assignments}


def _precedence(row: Assignment) -> tuple[bool, bool, int, dt.date]:
    return bool(row.weekdays), bool(row.days_on), row.every_weeks, row.since or dt.date.min


def _assignment(row: Any) -> Assignment:
    return Assignment(
        row.member_id,
        row.slot,
        tuple(row.weekdays),
        row.since,
        row.until,
        row.every_weeks,
        row.days_on,
        row.days_off,
        row.rotation_id,
    )


def _temporary(row: Any) -> Temporary:
    return Temporary(
        row.from_on, row.until_on, row.is_paused, row.start_time, row.duration_minutes, row.member_id, row.slot
    )


def _window(schedule: Any) -> tuple[dt.time, dt.time] | None:
    if schedule.timing == "anytime":
        return dt.time(), LAST_MINUTE
    return (schedule.window_start, schedule.window_end) if schedule.timing == "window" else None
