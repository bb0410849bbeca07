"""Covering for somebody who suddenly cannot come: what was lost, who could take it, how fast it was covered.

A proposal changes as little as possible: somebody who can come at the planned time without a warning; else at a time
near it (settings of MOVES) that keeps to the same local day; else at the planned time with a warning, which needs a
reason. Proposals of one list do not collide: nobody is proposed for two visits that overlap or touch, and the rules
judge each as if the earlier ones were booked, so that two halves of a week do not add up to too much of it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import mean
from typing import Any

from homecare.audit.models import Event
from homecare.clock import local_date, now
from scheduling.matching import Suggestion, rank
from scheduling.models import LostVisit, Visit
from scheduling.placement import Placement
from staff.models import Member, TimeOff

MOVES = tuple(dt.timedelta(minutes=minutes) for minutes in (15, -15, 30, -30, 60, -60))
AT_ONCE = 12  # so many visits are worked out together; the next when these are covered
BETWEEN = dt.timedelta(minutes=15)  # what two proposals for one person are kept apart; the rules judge the travel


def lost_visits(absence: TimeOff, user: Any) -> Any:
    """The visits this absence cost, among those the person sees."""
    lost = LostVisit.objects.filter(time_off=absence).values("visit")
    return Visit.objects.visible_to(user).filter(pk__in=lost).with_people()


def open_among(visits: Any) -> list[Visit]:
    """The next of these that still need somebody, at most AT_ONCE."""
    coming = visits.filter(caregiver=None, status__in=Visit.OPEN_STATUSES, starts_at__gt=now())
    return list(coming.order_by("starts_at", "pk")[:AT_ONCE])


@dataclass
class Proposal:
    """Who could take a lost visit and when. `best` None: nobody can, also at another time."""

    visit: Visit
    best: Suggestion | None = None
    starts_at: dt.datetime | None = None
    others: list[Suggestion] = field(default_factory=list)

    @property
    def is_moved(self) -> bool:
        return self.starts_at is not None and self.starts_at != self.visit.starts_at

    @property
    def ends_at(self) -> dt.datetime | None:
        return self.starts_at + (self.visit.ends_at - self.visit.starts_at) if self.starts_at else None

    @property
    def needs_reason(self) -> bool:
        return self.best is not None and bool(self.best.findings)


def propose(visits: Sequence[Visit], *, without: Member) -> list[Proposal]:
    """A proposal for each visit, in the order of their start, without the absent caregiver."""
    if not visits:
        return []
    active = Member.objects.active().filter(branch_id=visits[0].branch_id).exclude(pk=without.pk)
    members, taken = list(active.select_related("role")), list[Placement]()
    proposals = []
    for visit in visits:
        proposal = _propose(visit, members, taken)
        if proposal.best is not None and proposal.starts_at and proposal.ends_at:
            placement = Placement.of(visit, member_id=proposal.best.member.pk)
            taken.append(replace(placement, starts_at=proposal.starts_at, ends_at=proposal.ends_at))
        proposals.append(proposal)
    return proposals


def _propose(visit: Visit, members: list[Member], taken: list[Placement]) -> Proposal:
    at_its_time = _fitting(visit, visit.starts_at, members, taken)
    clean = [row for row in at_its_time if not row.findings]
    if clean:
        return Proposal(visit, clean[0], visit.starts_at, [row for row in at_its_time if row is not clean[0]][:5])
    for move in MOVES:
        starts_at = visit.starts_at + move
        if starts_at <= now() or not _same_day(visit, starts_at):
            continue
        moved = [row for row in _fitting(visit, starts_at, members, taken) if not row.findings]
        if moved:
            return Proposal(visit, moved[0], starts_at, at_its_time[:5])
    if at_its_time:
        return Proposal(visit, at_its_time[0], visit.starts_at, at_its_time[1:6])
    return Proposal(visit)


def _same_day(visit: Visit, starts_at: dt.datetime) -> bool:
    zone_name = visit.branch.time_zone
    return local_date(starts_at, zone_name) == local_date(visit.starts_at, zone_name)


def _fitting(visit: Visit, starts_at: dt.datetime, members: list[Member], taken: list[Placement]) -> list[Suggestion]:
    """Whom no rule blocks then, best first, without those already proposed for a time too near."""
    ends_at = starts_at + (visit.ends_at - visit.starts_at)
    free = [
        member
        for member in members
        if not any(
            row.starts_at < ends_at + BETWEEN and starts_at < row.ends_at + BETWEEN
            for row in taken
            if row.member_id == member.pk
        )
    ]
    placement = replace(Placement.of(visit, member_id=None), starts_at=starts_at, ends_at=ends_at)
    known: dict[str, Iterable[Any]] = {"service_types": [visit.service_type], "branches": [visit.branch]}
    return [row for row in rank([placement], free, known, taken) if row.is_eligible]


@dataclass(frozen=True)
class Covering:
    """How an absence stands: visits lost, covered again, cancelled, and the minutes covering took on average."""

    lost: int
    covered: int
    cancelled: int
    minutes: int | None

    @property
    def open(self) -> int:
        return self.lost - self.covered - self.cancelled


def covering_of(absences: Sequence[TimeOff]) -> dict[int, Covering]:
    """How each of these absences stands, in two queries."""
    rows = list(LostVisit.objects.filter(time_off__in=absences).select_related("visit"))
    since = _covered_since([row.visit_id for row in rows])
    found: dict[int, list[LostVisit]] = defaultdict(list)
    for row in rows:
        found[row.time_off_id].append(row)
    return {absence.pk: _covering(found[absence.pk], since) for absence in absences}


def _covering(rows: list[LostVisit], since: dict[int, list[dt.datetime]]) -> Covering:
    cancelled = sum(row.visit.status == Visit.Status.CANCELLED for row in rows)
    covered = [row for row in rows if row.visit.caregiver_id and row.visit.status != Visit.Status.CANCELLED]
    waits = [
        (moments[0] - row.lost_at).total_seconds() / 60
        for row in covered
        if (moments := [at for at in since.get(row.visit_id, []) if at > row.lost_at])
    ]
    return Covering(len(rows), len(covered), cancelled, round(mean(waits)) if waits else None)


def _covered_since(visit_ids: list[int]) -> dict[int, list[dt.datetime]]:
    """When the visits were given to somebody, from their trail."""
    events = Event.objects.filter(
        object_type="scheduling.visit", object_id__in=visit_ids, changes__has_key="caregiver_id"
    ).exclude(action="visit.lost")
    found: dict[int, list[dt.datetime]] = defaultdict(list)
    for pk, at in events.order_by("at").values_list("object_id", "at"):
        found[pk or 0].append(at)
    return found
