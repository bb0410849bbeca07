"""When a carer can be given visits: availability without time off, cut where visits stand that nobody may move."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from scheduling.roster.instance import Key, Run

Span = tuple[float, float]
REACH = 360.0  # minutes past the cut of the night that a run may last, for visits over night
SHORTEST = 5.0  # a run shorter than the shortest visit is of no use


class Line(NamedTuple):
    """Availability of one weekday in local time; an end of 00:00 is midnight at the end of the day."""

    weekday: int
    starts: dt.time
    ends: dt.time
    since: dt.date
    until: dt.date | None


class Fast(NamedTuple):
    """A visit that stands fast: when, and where."""

    starts: float
    ends: float
    place: int


@dataclass(frozen=True)
class Clock:
    """Local time as minutes from the beginning: `midnights` are those of the days, one more than there are days."""

    first: dt.date
    midnights: Sequence[float]

    def at(self, day: int, time: dt.time) -> float:
        """Minutes from the beginning to a local time of day number `day`; a day with a clock change stays in order."""
        wall = time.hour * 60 + time.minute
        return min(self.midnights[day] + wall, self.midnights[day + 1])


def open_spans(lines: Iterable[Line], clock: Clock) -> list[Span]:
    """The times the lines cover, adjoining ones joined."""
    spans: list[Span] = []
    rows = list(lines)
    for day in range(len(clock.midnights) - 1):
        on = clock.first + dt.timedelta(days=day)
        for line in rows:
            if line.weekday == on.weekday() and line.since <= on and (line.until is None or on <= line.until):
                last = clock.midnights[day + 1] if line.ends == dt.time() else clock.at(day, line.ends)
                spans.append((clock.at(day, line.starts), last))
    return _joined(spans)


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def without(spans: Iterable[Span], held: Iterable[Span]) -> list[Span]:
    """The spans less what is held."""
    left = list(spans)
    for start, end in held:
        left = [
            piece
            for first, last in left
            for piece in ((first, min(last, start)), (max(first, end), last))
            if piece[0] < piece[1]
        ]
    return left


def runs_of(
    carer: Key, home: int, spans: Iterable[Span], fast: Sequence[Fast], cuts: Sequence[float], gap: float
) -> list[Run]:
    """The carer's runs: a new one at each cut of the night (with `gap` minutes of rest before it), pieces around the
    visits that stand fast, which are left from and driven to."""
    runs: list[Run] = []
    for first, last in spans:
        edges = [first, *(cut for cut in cuts if first < cut < last), last]
        for opens, until in pairwise(edges):
            closes = last if until == last else min(last, until + REACH)
            runs += _around(Run((carer, opens), carer, opens, closes, home, home), sorted(fast))
    runs.sort(key=lambda run: run.opens)
    return [_rested(run, runs[number - 1] if number else None, cuts, gap) for number, run in enumerate(runs)]


def _rested(run: Run, before: Run | None, cuts: Sequence[float], gap: float) -> Run:
    """A run on another side of the night's cut than the one before begins after the rest."""
    if before is None:
        return run
    is_new_day = any(before.opens < cut <= run.opens for cut in cuts)
    return replace(run, gap=gap if is_new_day else 0.0)


def _around(run: Run, fast: Sequence[Fast]) -> list[Run]:
    pieces: list[Run] = []
    for held in fast:
        if held.ends <= run.opens or held.starts >= run.closes:
            continue
        pieces.append(replace(run, closes=held.starts, ends_at=held.place, before_visit=True))
        run = replace(run, key=(run.carer, held.ends), opens=held.ends, starts_at=held.place, after_visit=True)
    return [piece for piece in [*pieces, run] if piece.closes - piece.opens >= SHORTEST]
