"""Who fits a visit, and why: every caregiver of the branch judged by the placement rules and scored in plain words.

The score adds up the factors of settings.MATCHING_FACTORS (scheduling/factors.py) with the agency's own weights; each
point is explained. Whom a rule blocks is listed after the others, with the reason and what would make it possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.functional import Promise, lazy
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.factors import WARNING, Batch, Factor, factor_classes
from scheduling.models import Visit
from scheduling.placement import Finding, Judge, Placement, blocking, remedy_of
from staff.models import Member


def _warned(warnings: int) -> str:
    return ngettext("%(n)s warning", "%(n)s warnings", warnings) % {"n": warnings}


warned = lazy(_warned, str)  # put into words only for the few that are shown


class Point(NamedTuple):
    """Points of one factor, and why; put into words only for the few that are shown."""

    label: str | Promise
    points: int
    text: str | Promise = ""
    values: dict[str, Any] | None = None

    @property
    def words(self) -> str:
        return str(self.text % self.values) if self.text and self.values else str(self.text)


class Hindrance(NamedTuple):
    """What blocks, and what would make it possible."""

    sentence: str
    remedy: str


@dataclass
class Suggestion:
    """One caregiver for one or several visits. `points` say what speaks for, `findings` what speaks against."""

    member: Member
    score: int = 0
    points: list[Point] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    possible: int = 1
    asked: int = 1

    @property
    def is_eligible(self) -> bool:
        """Can take at least one of the visits."""
        return self.possible > 0

    @property
    def reasons(self) -> list[str]:
        return [point.words for point in self.points if point.text]

    @property
    def why(self) -> str:
        return ", ".join(self.reasons)

    @property
    def hindrances(self) -> list[Hindrance]:
        """Each blocking rule's sentence with what would make this caregiver eligible."""
        return [Hindrance(finding.sentence, remedy_of(finding.code)) for finding in blocking(self.findings)]


def suggest_for_visit(visit: Visit) -> list[Suggestion]:
    """All active caregivers of the visit's branch, best first, those who cannot come last with the reason."""
    visit = visit.lead
    members = Member.objects.active().filter(branch_id=visit.branch_id).prefetch_related("role")
    known: dict[str, Iterable] = {"service_types": [visit.service_type], "branches": [visit.branch]}
    return rank([Placement.of(visit, member_id=None)], list(members), known)


def rank(
    visits: Sequence[Placement],
    members: Sequence[Member],
    known: dict[str, Iterable] | None = None,
    taken: Sequence[Placement] = (),
) -> list[Suggestion]:
    """Ranks the members for visits of one client, in a constant number of queries.

    `taken` are placements that somebody is about to accept besides: hours, travel and rest count them as booked.
    """
    if not visits or not members:
        return []
    asked = {member.pk: [visit.given_to(member.pk) for visit in visits] for member in members}
    judge = Judge([*(p for row in asked.values() for p in row), *taken], {**(known or {}), "members": members})
    for placement in taken:
        judge.take(placement)
    weights = judge.facts.agency.matching_weights
    batch = Batch(visits, members, judge.facts)
    chosen = [(factor, weights.get(factor.code, factor.default_points)) for factor in factor_classes()]
    factors = [factor(points, batch) for factor, points in chosen if points]
    asks = [factor for factor in factors if not factor.is_silent()]
    warning = weights.get(WARNING.code, WARNING.default_points)
    suggestions = [_suggestion(member, asked[member.pk], judge, asks, warning) for member in members]
    return sorted(suggestions, key=lambda row: (not row.is_eligible, -row.score, row.member.last_name))


def _suggestion(
    member: Member, asked: list[Placement], judge: Judge, factors: Sequence[Factor], warning: int
) -> Suggestion:
    row = Suggestion(member, asked=len(asked), possible=0)
    kept: dict[str, Finding] = {}
    first: Placement | None = None
    for placement in asked:
        findings = judge.judge(placement)
        if not blocking(findings):
            row.possible += 1
            first = first or placement
        for finding in findings:
            kept.setdefault(finding.code, finding)
    row.findings = sorted(kept.values(), key=lambda finding: not finding.blocks)
    if first is not None:
        _score(row, first, judge, factors, warning)
    return row


def _score(row: Suggestion, placement: Placement, judge: Judge, factors: Sequence[Factor], warning: int) -> None:
    """The points of each factor at the first visit the caregiver can take, by the share of visits they can take."""
    for factor in factors:
        said = factor.weigh(row.member, placement, judge.facts)
        if said is None:
            continue
        points = round(factor.points * said.share)
        row.points.append(Point(factor.label, -points if factor.is_against else points, said.text, said.values))
    total = sum(point.points for point in row.points) * row.possible / row.asked
    if row.asked > 1:
        words = _("free for %(possible)s of %(asked)s visits") % {"possible": row.possible, "asked": row.asked}
        lost = round(total) - sum(point.points for point in row.points)
        row.points.append(Point(_("Visits they can take"), lost, words))
    warnings = sum(not finding.blocks for finding in row.findings)
    if warnings:
        row.points.append(Point(warned(warnings), -warning * warnings))
    row.score = max(0, round(total) - warning * warnings)
