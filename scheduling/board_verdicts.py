"""What the rules say to a visit in every place where it could be put down: one batch for a whole board."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from scheduling.models import Visit
from scheduling.placement import Judge, Placement
from staff.models import Member

ALLOWED, WARNED, BLOCKED = "allowed", "warned", "blocked"


class Spot(NamedTuple):
    """A place on the board: its row, and when the visit would take place."""

    row: int
    starts_at: dt.datetime
    ends_at: dt.datetime


class Verdict(NamedTuple):
    """allowed, warned or blocked, and why in sentences."""

    state: str
    why: str


def verdicts(visit: Visit, spots: Sequence[Spot], members: Iterable[Member]) -> list[Verdict]:
    """The verdict for each spot; row 0 is nobody. Judged together, in a number of statements that does not grow."""
    placements = [
        Placement.of(visit, member_id=spot.row or None, starts_at=spot.starts_at, ends_at=spot.ends_at)
        for spot in spots
    ]
    if not placements:
        return []
    known = {"members": members, "service_types": [visit.service_type], "branches": [visit.branch]}
    judge = Judge(placements, known)
    return [_verdict(judge, placement) for placement in placements]


def _verdict(judge: Judge, placement: Placement) -> Verdict:
    findings = judge.judge(placement)
    blocked = [finding for finding in findings if finding.blocks]
    why = " ".join(dict.fromkeys(finding.sentence for finding in blocked or findings))
    return Verdict(BLOCKED if blocked else WARNED if findings else ALLOWED, why)
