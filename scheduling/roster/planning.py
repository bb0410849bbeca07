"""A roster for a branch from beginning to end: searched for, played through the placement rules, explained."""

from __future__ import annotations

from dataclasses import dataclass, replace

from scheduling.placement import Finding
from scheduling.roster.builder import Draft
from scheduling.roster.checker import Reason, Score, score
from scheduling.roster.instance import Instance, Key, Plan
from scheduling.roster.solver import Progress, ShouldStop, solve, unfilled

FIRST, AGAIN = 0.8, 0.2  # shares of the time: for the search, and for filling anew what a rule refused


@dataclass(frozen=True)
class Proposal:
    """A plan no rule blocks. `unfilled`: visit → why each caregiver does not come; `warnings`: visit → what the rules
    warn of. Keys are the rows' primary keys."""

    plan: Plan
    score: Score
    unfilled: dict[Key, list[Reason]]
    warnings: dict[Key, list[Finding]]
    was_stopped: bool


def propose(
    draft: Draft,
    *,
    seconds: float = 60.0,
    start: Plan | None = None,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> Proposal:
    """The best roster found in so many seconds. Whom a rule blocks at a visit as planned is tried no more there."""
    instance = draft.instance
    found = solve(instance, seconds=seconds * FIRST, start=start, progress=progress, should_stop=should_stop)
    plan, refused, warnings = draft.vet(found.plan or Plan())
    if refused and not found.was_stopped:
        instance = _barred(instance, found.plan or Plan(), refused)
        again = solve(instance, seconds=seconds * AGAIN, start=plan, progress=progress, should_stop=should_stop)
        better, still, warned = draft.vet(again.plan or Plan())
        if score(instance, better).total <= score(instance, plan).total:
            plan, refused, warnings = better, still, warned
            instance = _barred(instance, again.plan or Plan(), still)
        found = again
    return Proposal(plan, score(instance, plan), unfilled(instance, plan), warnings, found.was_stopped)


def _barred(instance: Instance, plan: Plan, refused: dict[Key, list[Finding]]) -> Instance:
    """The instance in which nobody is given a visit for which a rule refused them."""
    visits = []
    for visit in instance.visits:
        findings = refused.get(visit.key)
        if findings:
            carer = instance.run_of[plan.stops[visit.key].run].carer
            visit = replace(
                visit,
                carers={key: price for key, price in visit.carers.items() if key != carer},
                barred={**visit.barred, carer: findings[0].sentence},
            )
        visits.append(visit)
    return replace(instance, visits=visits)
