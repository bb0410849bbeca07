"""What the rules say to a visit in every place where it could be put down: one batch for a whole board."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

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
    """The verdict for each spot; row 0 is nobody. Judged together, in a number of statements that does not grow.

    Nobody's spots are a batch of their own: beside the others they would look like open places of one double-up.
    """
    asked = [
        Placement.of(visit, member_id=spot.row or None, starts_at=spot.starts_at, ends_at=spot.ends_at)
        for spot in spots
    ]
    known: dict[str, Iterable[Any]] = {
        "members": members,
        "service_types": [visit.service_type],
        "branches": [visit.branch],
    }
    somebody = [placement for placement in asked if placement.member_id is not None]
    nobody = [placement for placement in asked if placement.member_id is None]
    judges = {bool(batch[0].member_id): Judge(batch, known) for batch in (somebody, nobody) if batch}
    return [_verdict(judges[bool(placement.member_id)], placement) for placement in asked]


def _verdict(judge: Judge, placement: Placement) -> Verdict:
    findings = judge.judge(placement)
    blocked = [finding for finding in findings if finding.blocks]
    why = " ".join(dict.fromkeys(finding.sentence for finding in blocked or findings))
    return Verdict(BLOCKED if blocked else WARNED if findings else ALLOWED, why)
