"""A recurring service as plain values: when it takes place, how many caregivers it needs, and who regularly comes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from homecare.clock import monday_of
from scheduling import recurrence


@dataclass(frozen=True)
class Assignment:
    """This caregiver regularly takes these weekdays (empty: all) of one slot, every n-th week counted from `since`."""

    member_id: int
    slot: int = 1
    weekdays: tuple[int, ...] = ()
    since: dt.date | None = None
    until: dt.date | None = None
    every_weeks: int = 1

    def covers(self, day: dt.date, slot: int) -> bool:
        if slot != self.slot or (self.weekdays and day.weekday() not in self.weekdays):
            return False
        if (self.since and monday_of(day) < monday_of(self.since)) or (self.until and day > self.until):
            return False
        if self.since and day < self.since and self.every_weeks == 1:
            return False
        weeks = (monday_of(day) - monday_of(self.since)).days // 7 if self.since else 0
        return weeks % self.every_weeks == 0


@dataclass(frozen=True)
class Pattern:
    """`rule` is RFC 5545 counted from `starts_on`; `start_time` is branch local; the length is true minutes."""

    rule: str
    starts_on: dt.date
    start_time: dt.time
    duration_minutes: int
    ends_on: dt.date | None = None
    head_count: int = 1
    assignments: tuple[Assignment, ...] = ()

    @classmethod
    def of(cls, schedule: Any, assignment_rules: Iterable[Any]) -> Pattern:
        """The pattern of a Schedule row and its AssignmentRule rows."""
        return cls(
            rule=schedule.rule,
            starts_on=schedule.starts_on,
            start_time=schedule.start_time,
            duration_minutes=schedule.duration_minutes,
            ends_on=schedule.ends_on,
            head_count=schedule.head_count,
            assignments=tuple(
                Assignment(row.member_id, row.slot, tuple(row.weekdays), row.since, row.until, row.every_weeks)
                for row in assignment_rules
            ),
        )

    @property
    def sentence(self) -> str:
        """Mon, Wed and Fri at 08:00, every 2 weeks."""
        return recurrence.sentence(self.rule, self.start_time)

    @property
    def slots(self) -> range:
        return range(1, self.head_count + 1)

    def days(self, first: dt.date, last: dt.date) -> Iterator[dt.date]:
        """Its local days within [first, last] and its own first and last day."""
        return recurrence.days(self.rule, self.starts_on, first, min(last, self.ends_on) if self.ends_on else last)

    def span(self, day: dt.date, zone_name: str) -> tuple[dt.datetime, dt.datetime]:
        return recurrence.span(day, self.start_time, self.duration_minutes, zone_name)

    def caregiver_on(self, day: dt.date, slot: int) -> int | None:
        """Whose turn it is: of several assignments the narrowest, then the latest, counts."""
        fitting = [row for row in self.assignments if row.covers(day, slot)]
        if not fitting:
            return None
        return max(fitting, key=_precedence).member_id


def _precedence(row: Assignment) -> tuple[bool, int, dt.date]:
    return bool(row.weekdays), row.every_weeks, row.since or dt.date.min
