"""To which of a caregiver's visits a punch belongs that names none: by telephone, by a device's code. Pure.

A clock-in belongs to the visit whose start is nearest, a clock-out to the one that is running, else to the one whose
end is nearest. What is too far away belongs to none, and a person decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, TypeVar

V = TypeVar("V", bound=Any)
BEFORE, AFTER = dt.timedelta(hours=2), dt.timedelta(hours=2)
LONGEST = dt.timedelta(hours=26)
CLOSED = {"cancelled", "approved"}
IN = "in"


def is_near(visit: Any, at: dt.datetime) -> bool:
    return bool(visit.starts_at - BEFORE <= at <= visit.ends_at + AFTER)


def right_visit(visits: Iterable[V], kind: str, at: dt.datetime) -> V | None:
    """The visit this punch belongs to, None when none is near."""
    fitting = [(rank, visit) for visit in visits if (rank := _rank(visit, kind, at)) is not None]
    return min(fitting, key=lambda pair: (pair[0], pair[1].pk))[1] if fitting else None


def _rank(visit: Any, kind: str, at: dt.datetime) -> tuple[int, dt.timedelta] | None:
    """The lower the likelier: first what a punch of this kind should find, then what is nearest in time."""
    if visit.status in CLOSED:
        return None
    if kind != IN and visit.status == "in_progress" and visit.started_at is not None:
        return (0, abs(at - visit.started_at)) if dt.timedelta() <= at - visit.started_at <= LONGEST else None
    if not is_near(visit, at):
        return None
    waits = visit.started_at is None if kind == IN else visit.finished_at is None
    distance = abs(at - (visit.starts_at if kind == IN else visit.ends_at))
    return (1 if waits and visit.status != "missed" else 2, distance)
