"""Who fits a visit, and why: every caregiver of the branch judged by the placement rules and scored in plain words.

The score is a sum of what a coordinator weighs, so that each point can be explained (docs/scheduling.md):
visits with this client before (up to 35), the client's own preference (20), nearness (up to 20), language (10),
hours still wanted this week (up to 15); each warning costs 15. Whom a rule blocks is listed with the reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import Count
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from clients.models import CaregiverPreference
from homecare.clock import now
from scheduling import travel
from scheduling.facts import Facts
from scheduling.models import Visit
from scheduling.placement import Finding, Judge, Placement, blocking
from scheduling.wording import hours
from staff.models import Member

CONTINUITY, PREFERRED, NEARNESS, LANGUAGE, HOURS, WARNING = 35, 20, 20, 10, 15, 15
KNOWN_VISITS = 10  # so many visits with the client count as knowing them fully
FAR_KM = 20.0
LOOK_BACK = dt.timedelta(days=180)


@dataclass
class Suggestion:
    """One caregiver for one or several visits. `reasons` say what speaks for, `findings` what speaks against."""

    member: Member
    score: int = 0
    reasons: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    possible: int = 1
    asked: int = 1

    @property
    def is_eligible(self) -> bool:
        """Can take at least one of the visits."""
        return self.possible > 0

    @property
    def why(self) -> str:
        return ", ".join(self.reasons)


def suggest_for_visit(visit: Visit) -> list[Suggestion]:
    """All active caregivers of the visit's branch, best first, those who cannot come last with the reason."""
    members = Member.objects.active().filter(branch_id=visit.branch_id).select_related("role")
    known: dict[str, Iterable] = {"service_types": [visit.service_type], "branches": [visit.branch]}
    return rank([Placement.of(visit, member_id=None)], list(members), known)


def rank(
    visits: Sequence[Placement], members: Sequence[Member], known: dict[str, Iterable] | None = None
) -> list[Suggestion]:
    """Ranks the members for visits of one client, in a constant number of queries."""
    if not visits or not members:
        return []
    asked = {member.pk: [replace(visit, member_id=member.pk) for visit in visits] for member in members}
    judge = Judge([p for row in asked.values() for p in row], {**(known or {}), "members": members})
    evidence = _evidence(visits[0].client_id, [member.pk for member in members])
    suggestions = [_suggestion(member, asked[member.pk], judge, evidence) for member in members]
    return sorted(suggestions, key=lambda row: (not row.is_eligible, -row.score, row.member.last_name))


def _evidence(client_id: int, member_ids: list[int]) -> tuple[dict[int, int], set[int]]:
    """(visits with this client in the last half year by caregiver, preferred caregivers)."""
    moment = now()
    visits = Visit.objects.live().filter(
        client=client_id, caregiver__in=member_ids, starts_at__gt=moment - LOOK_BACK, starts_at__lt=moment
    )
    counted = dict(visits.order_by().values_list("caregiver").annotate(n=Count("id")))
    preferred = CaregiverPreference.objects.filter(client=client_id, kind=CaregiverPreference.Kind.PREFERRED)
    return counted, set(preferred.values_list("member_id", flat=True))


def _suggestion(
    member: Member, asked: list[Placement], judge: Judge, evidence: tuple[dict[int, int], set[int]]
) -> Suggestion:
    row = Suggestion(member, asked=len(asked), possible=0)
    kept: dict[str, Finding] = {}
    for placement in asked:
        findings = judge.judge(placement)
        row.possible += not blocking(findings)
        for finding in findings:
            kept.setdefault(finding.code, finding)
    row.findings = sorted(kept.values(), key=lambda finding: not finding.blocks)
    if row.is_eligible:
        _score(row, asked[0], judge.facts, *evidence)
        warnings = sum(not finding.blocks for finding in row.findings)
        row.score = max(0, round(row.score * row.possible / row.asked) - WARNING * warnings)
    return row


def _score(row: Suggestion, placement: Placement, facts: Facts, visits_before: dict[int, int], preferred: set) -> None:
    member, client = row.member, facts.clients[placement.client_id]
    known = visits_before.get(member.pk, 0)
    if known:
        row.score += round(CONTINUITY * min(known, KNOWN_VISITS) / KNOWN_VISITS)
        row.reasons.append(_("%(n)s visits with this client before") % {"n": known})
    if member.pk in preferred:
        row.score += PREFERRED
        row.reasons.append(_("the client's wish"))
    _score_nearness(row, placement, facts)
    if client.language in member.languages:
        row.score += LANGUAGE
        if client.language != "en":
            row.reasons.append(_("speaks %(language)s") % {"language": _language(client.language)})
    planned = facts.week_minutes(placement)
    wanted = member.weekly_minutes_wanted
    if planned < wanted:
        row.score += round(HOURS * (wanted - planned) / wanted)
    row.reasons.append(
        _("%(planned)s planned this week, wants %(wanted)s") % {"planned": hours(planned), "wanted": hours(wanted)}
    )
    if row.asked > 1:
        row.reasons.append(
            _("free for %(possible)s of %(asked)s visits") % {"possible": row.possible, "asked": row.asked}
        )


def _score_nearness(row: Suggestion, placement: Placement, facts: Facts) -> None:
    """From the visit before on that day, else from home."""
    there = facts.clients[placement.client_id].place
    before, _held, _after = facts.around(placement)
    same_day = before is not None and placement.starts_at - before.ends_at < dt.timedelta(hours=4)
    start = facts.clients[before.client_id].place if same_day and before is not None else row.member.place
    if there is None or start is None:
        return
    distance = travel.kilometres(start, there)
    row.score += round(NEARNESS * max(0.0, 1 - distance / FAR_KM))
    text = _("%(km)s km from the visit before") if same_day else _("%(km)s km from home")
    row.reasons.append(text % {"km": f"{distance:.1f}"})


def _language(code: str) -> str:
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code
