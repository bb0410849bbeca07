"""Which exceptions a visit has: planned against clocked, by the agency's tolerances (STANDARDS 1.2 and 1.4). Pure.

The worked table is in docs/field-work.md; its numbers are also the tests.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

# From here on a phone's clock, or the circle in which it says it is, is worth a question (STANDARDS 1.2).
SKEW_AFTER = dt.timedelta(minutes=5)
INACCURATE_FROM_METRES = 100
# A punch that reached us later than this was recorded offline.
OFFLINE_AFTER = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class PunchFact:
    """One punch: by whom, from where, and when it reached us. `distance_metres` is less the accuracy."""

    kind: str
    at: dt.datetime
    received_at: dt.datetime
    is_manual: bool = False
    has_position: bool = True
    distance_metres: int | None = None
    is_by_phone_app: bool = True
    """A telephone or a device gives no position: the number or the address of the device is the place."""
    is_strange_number: bool = False
    is_mock: bool = False
    clock_offset: dt.timedelta = dt.timedelta()
    accuracy_metres: int | None = None


@dataclass(frozen=True)
class VisitFacts:
    """A visit that is over, as the rules look at it."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    punches: Sequence[PunchFact] = field(default_factory=tuple)
    unanswered_tasks: int = 0
    overlap_minutes: int = 0
    """The longest time it shares by the clock with another visit of its caregiver or client."""
    is_unplanned: bool = False
    """Made afterwards, because somebody had clocked without one."""
    window: tuple[dt.datetime, dt.datetime] | None = None
    """Earliest and latest start of a flexible visit: within it nobody is early or late."""
    is_remote: bool = False
    """By telephone or video: where the punch was made says nothing."""

    @property
    def may_begin(self) -> tuple[dt.datetime, dt.datetime]:
        return self.window or (self.starts_at, self.starts_at)


@dataclass(frozen=True)
class Tolerance:
    """The agency's patience: minutes around the planned times, metres around the address."""

    grace_minutes: int = 15
    geofence_metres: int = 400


class Found(NamedTuple):
    """One exception and the numbers of its sentence."""

    kind: str
    numbers: dict[str, Any]


# The reason a person most often gives for each, as codes of the default table (STANDARDS 1.4, two-digit set).
SUGGESTED_CODES: dict[str, str] = {
    "late": "12",
    "early": "19",
    "short": "01",
    "long": "29",
    "far": "22",
    "no_position": "23",
    "no_in": "06",
    "no_out": "04",
    "manual": "23",
    "tasks_missing": "26",
    "offline": "10",
    "unknown_phone": "09",
    "not_scheduled": "28",
    "overlap": "05",
    "authorization": "22",
    "mock_location": "22",
    "clock_skew": "23",
    "inaccurate": "23",
}


def _minutes(duration: dt.timedelta) -> int:
    return int(duration.total_seconds() // 60)


def exceptions_found(facts: VisitFacts, tolerance: Tolerance) -> list[Found]:
    """Every exception of a finished visit, each kind at most once, in the order a person would tell them."""
    unplanned = [Found("not_scheduled", {})] if facts.is_unplanned else []
    shared = [Found("overlap", {"minutes": facts.overlap_minutes})] if facts.overlap_minutes else []
    phones = [punch for punch in facts.punches if not punch.is_manual and punch.is_by_phone_app]
    return [
        *unplanned,
        *_of_times(facts, tolerance),
        *shared,
        *_of_punches(facts, tolerance),
        *_of_phones(phones, facts.is_remote),
        *_of_tasks(facts),
    ]


def _of_times(facts: VisitFacts, tolerance: Tolerance) -> Iterator[Found]:
    grace = dt.timedelta(minutes=tolerance.grace_minutes)
    earliest, latest = facts.may_begin
    if facts.started_at is None:
        yield Found("no_in", {})
    elif facts.started_at > latest + grace:
        yield Found("late", {"minutes": _minutes(facts.started_at - latest)})
    elif facts.started_at < earliest - grace:
        yield Found("early", {"minutes": _minutes(earliest - facts.started_at)})
    if facts.finished_at is None:
        yield Found("no_out", {})
    if facts.started_at is None or facts.finished_at is None:
        return
    worked, planned = facts.finished_at - facts.started_at, facts.ends_at - facts.starts_at
    if worked < planned - grace:
        yield Found("short", {"worked": _minutes(worked), "planned": _minutes(planned)})
    elif worked > planned + grace:
        yield Found("long", {"worked": _minutes(worked), "planned": _minutes(planned)})


def _of_punches(facts: VisitFacts, tolerance: Tolerance) -> Iterator[Found]:
    own = [punch for punch in facts.punches if not punch.is_manual]
    placed = [] if facts.is_remote else own
    far = [punch.distance_metres for punch in placed if (punch.distance_metres or 0) > tolerance.geofence_metres]
    if far:
        yield Found("far", {"metres": max(far)})  # type: ignore[type-var]
    blind = [punch for punch in placed if punch.is_by_phone_app and not punch.has_position]
    if blind:
        yield Found("no_position", {"count": len(blind)})
    if any(punch.is_strange_number for punch in own):
        yield Found("unknown_phone", {})
    if len(own) < len(facts.punches):
        yield Found("manual", {"count": len(facts.punches) - len(own)})
    app = [punch for punch in own if punch.is_by_phone_app]  # a device's code is told later by its nature
    late = [punch.received_at - punch.at for punch in app if punch.received_at - punch.at > OFFLINE_AFTER]
    if late:
        yield Found("offline", {"minutes": _minutes(max(late))})


def _of_phones(punches: Sequence[PunchFact], is_remote: bool) -> Iterator[Found]:
    """What the phone itself says that speaks against its place or its time."""
    if not is_remote and any(punch.is_mock for punch in punches):
        yield Found("mock_location", {})
    skew = max((abs(punch.clock_offset) for punch in punches), default=dt.timedelta())
    if skew > SKEW_AFTER:
        yield Found("clock_skew", {"minutes": _minutes(skew)})
    vague = 0 if is_remote else max((punch.accuracy_metres or 0 for punch in punches), default=0)
    if vague > INACCURATE_FROM_METRES:
        yield Found("inaccurate", {"metres": vague})


def _of_tasks(facts: VisitFacts) -> Iterator[Found]:
    if facts.unanswered_tasks:
        yield Found("tasks_missing", {"count": facts.unanswered_tasks})
