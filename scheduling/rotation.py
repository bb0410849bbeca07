"""Caregivers who step through the rows of a rotation week by week, said as assignment lines of patterns.

In week *w* (0 is the week it starts) somebody who began in row *r* works row (r - 1 + w) mod n + 1. A row's shift comes
round every n weeks, so each caregiver and shift is one line with `every_weeks` = n: nothing else is needed.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from scheduling.pattern import Assignment

WEEK = dt.timedelta(days=7)


def still_turning(lines: Iterable[Assignment], held: Iterable[Assignment]) -> tuple[Assignment, ...]:
    """The lines, those that say what a rotation's line says as the rotation's."""
    turning = {_plain(line): line.rotation_id for line in held if line.rotation_id}
    return tuple(replace(line, rotation_id=turning.get(_plain(line))) for line in lines)


def stopped_turning(lines: Iterable[Assignment], held: Iterable[Assignment]) -> frozenset[int]:
    """The rotations of which a held line is no longer among the lines."""
    left = {_plain(line) for line in lines}
    return frozenset(line.rotation_id for line in held if line.rotation_id and _plain(line) not in left)


def _plain(line: Assignment) -> Assignment:
    return replace(line, rotation_id=None, weekdays=tuple(sorted(line.weekdays)))


@dataclass(frozen=True)
class Shift:
    """In this row: these weekdays (empty: all its days) of one place of a pattern."""

    row: int
    schedule_id: int
    slot: int = 1
    weekdays: tuple[int, ...] = ()


@dataclass(frozen=True)
class Turner:
    """This caregiver works `first_row` in the week the rotation starts; from a Monday, until a day."""

    member_id: int
    first_row: int
    since: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True)
class Turns:
    """`weeks` rows; `starts_on` is a Monday."""

    weeks: int
    starts_on: dt.date
    ends_on: dt.date | None
    shifts: Sequence[Shift]
    turners: Sequence[Turner]

    def lines(self, rotation_id: int | None = None) -> dict[int, list[Assignment]]:
        """The assignment lines of each pattern."""
        found: dict[int, list[Assignment]] = defaultdict(list)
        for turner in self.turners:
            last = min((day for day in (turner.until, self.ends_on) if day), default=None)
            for shift in self.shifts:
                since = self._first_week(turner, shift)
                if last is None or since <= last:
                    found[shift.schedule_id].append(
                        Assignment(
                            turner.member_id,
                            shift.slot,
                            shift.weekdays,
                            since,
                            last,
                            self.weeks,
                            rotation_id=rotation_id,
                        )
                    )
        return found

    def _first_week(self, turner: Turner, shift: Shift) -> dt.date:
        """The Monday on which this row first comes round to this caregiver."""
        begun = max(turner.since or self.starts_on, self.starts_on)
        week = (begun - self.starts_on) // WEEK
        wait = (shift.row - turner.first_row - week) % self.weeks
        return self.starts_on + (week + wait) * WEEK

    def clashes(self) -> list[tuple[int, int]]:
        """Pairs of caregivers who would have the same place on the same day."""
        found = set()
        for lines in self.lines().values():
            for one, other in combinations(lines, 2):
                if one.member_id != other.member_id and self._meet(one, other):
                    found.add((one.member_id, other.member_id))
        return sorted(found)

    def _meet(self, one: Assignment, other: Assignment) -> bool:
        days = set(one.weekdays or range(7)) & set(other.weekdays or range(7))
        if one.slot != other.slot or not days or one.since is None or other.since is None:
            return False
        if (one.since - other.since) // WEEK % self.weeks:
            return False
        ends = [row.until for row in (one, other) if row.until]
        return not ends or max(one.since, other.since) <= min(ends)
