"""What the rules say to a visit in every place where it could be put down: one batch for a whole board."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from scheduling.models import Visit
from scheduling.placement import Finding, Judge, Placement, Severity
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


def verdicts(
    visit: Visit, spots: Sequence[Spot], members: Iterable[Member], along: Sequence[Visit] = ()
) -> list[Verdict]:
    """The verdict for each spot; row 0 is nobody. Judged together, in a number of statements that does not grow.

    `along` are the visits that move to the same time with their own caregivers: the worst that is said of any counts.
    """
    known: dict[str, Iterable[Any]] = {
        "members": members,
        "service_types": {row.service_type_id: row.service_type for row in (visit, *along)}.values(),
        "branches": [visit.branch],
    }
    others = _along(visit, spots, along, known)
    return [
        _verdict(own, others[spot.starts_at, spot.ends_at] + _twice(visit, spot, along))
        for spot, own in zip(spots, _own(visit, spots, known), strict=True)
    ]


def _own(visit: Visit, spots: Sequence[Spot], known: dict[str, Iterable[Any]]) -> list[list[Finding]]:
    """Of the visit in each spot.

    Nobody's spots are a batch of their own: beside the others they would look like open places of one double-up.
    """
    asked = [
        Placement.of(visit, member_id=spot.row or None, starts_at=spot.starts_at, ends_at=spot.ends_at)
        for spot in spots
    ]
    somebody = [placement for placement in asked if placement.member_id is not None]
    nobody = [placement for placement in asked if placement.member_id is None]
    judges = {bool(batch[0].member_id): Judge(batch, known) for batch in (somebody, nobody) if batch}
    return [judges[bool(placement.member_id)].judge(placement) for placement in asked]


def _along(
    visit: Visit, spots: Sequence[Spot], along: Sequence[Visit], known: dict[str, Iterable[Any]]
) -> dict[tuple[dt.datetime, dt.datetime], list[Finding]]:
    """Of those who move along, by the time to which they would move; each sentence names whom it is about."""
    times = {(spot.starts_at, spot.ends_at) for spot in spots} - {(visit.starts_at, visit.ends_at)}
    asked = [Placement.of(row, starts_at=starts, ends_at=ends) for starts, ends in sorted(times) for row in along]
    found: dict[tuple[dt.datetime, dt.datetime], list[Finding]] = defaultdict(list)
    if not asked:
        return found
    names = {row.pk: row.caregiver.full_name if row.caregiver else _("The unfilled place") for row in along}
    judge = Judge(asked, known)
    for placement in asked:
        for finding in judge.judge(placement):
            sentence = _named(names[placement.visit_id or 0], finding.sentence)
            found[placement.starts_at, placement.ends_at].append(replace(finding, sentence=sentence))
    return found


def _named(who: str, sentence: str) -> str:
    if who in sentence:
        return sentence
    return _("%(who)s moves along: %(sentence)s") % {"who": who, "sentence": sentence}


def _twice(visit: Visit, spot: Spot, along: Sequence[Visit]) -> list[Finding]:
    """Who moves along cannot take the carried visit as well."""
    taken = next((row.caregiver for row in along if row.caregiver and row.caregiver_id == spot.row), None)
    if taken is None or spot.starts_at == visit.starts_at:
        return []  # the rules say it by themselves when nobody moves
    sentence = _("%(who)s comes at the same time already.") % {"who": taken.full_name}
    return [Finding("overlap", Severity.BLOCK, sentence)]


def _verdict(own: Sequence[Finding], others: Sequence[Finding]) -> Verdict:
    """What blocks alone is told, else what warns; a sentence about the home is not said again for who moves along."""
    said = {finding.sentence for finding in own}
    findings = [*own, *(one for one in others if not any(one.sentence.endswith(text) for text in said))]
    blocked = [finding for finding in findings if finding.blocks]
    why = " ".join(dict.fromkeys(finding.sentence for finding in blocked or findings))
    return Verdict(BLOCKED if blocked else WARNED if findings else ALLOWED, why)
