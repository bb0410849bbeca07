"""What the punches of one visit say about when it was worked. Pure: the order in which they arrived does not matter.

A phone without signal sends its clock-in after its clock-out, a caregiver who left too early clocks in again: the
answer is always computed from all punches, so every order of arrival ends in the same state.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

IN, OUT = "in", "out"
# Two taps on the same button within this time are one act.
SAME_ACT = dt.timedelta(seconds=60)


class Punch(NamedTuple):
    kind: str
    at: dt.datetime


class Worked(NamedTuple):
    """First clock-in and last clock-out; `finished_at` is None while the last punch is a clock-in."""

    started_at: dt.datetime | None
    finished_at: dt.datetime | None

    @property
    def is_running(self) -> bool:
        return self.finished_at is None and self.started_at is not None


def worked(punches: Iterable[Punch]) -> Worked:
    """When the visit was worked: a clock-in after the last clock-out means that it goes on.

    Of an in and an out at the same moment the in comes first, so that such a pair is a finished visit.
    """
    ordered = sorted(punches, key=lambda punch: (punch.at, punch.kind))
    started = next((punch.at for punch in ordered if punch.kind == IN), None)
    if not ordered or ordered[-1].kind == IN:
        return Worked(started, None)
    return Worked(started, ordered[-1].at)
