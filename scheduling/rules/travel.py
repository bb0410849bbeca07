"""Can the caregiver get from the visit before, and to the visit after, in time?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.clock import minutes_between
from scheduling.fact_rows import Busy
from scheduling.facts import Facts
from scheduling.placement import Finding, Placement, Rule, Severity
from scheduling.travel import Place

if TYPE_CHECKING:
    from scheduling.rules.stage import Stage


class TravelTime(Rule):
    """The gap to the neighbouring visits is at least the travel time (scheduling/travel)."""

    code = "travel_time"
    label = gettext_lazy("Too little time to travel")
    meaning = gettext_lazy(
        "Between two visits there is time for the way. The speed and the road factor are settings of the agency. "
        "Visits by telephone or video need no way."
    )
    remedy = gettext_lazy("Move one of the two visits, or choose somebody nearer.")
    default_severity = Severity.WARN

    @classmethod
    def load(cls, facts: Facts) -> None:
        if facts.travel.needs_preparing:
            facts.travel.prepare(_ways(facts))

    @staticmethod
    def example(stage: Stage) -> None:
        gap = dt.timedelta(minutes=15)
        stage.visits_neighbour(stage.placement.starts_at - 5 * gap, stage.placement.starts_at - gap)

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        if facts.is_remote(placement):
            return None
        before, after = facts.stops(placement)
        if before is not None:
            found = self._gap(
                placement, before, minutes_between(before.ends_at, placement.starts_at), facts, is_before=True
            )
            if found:
                return found
        if after is not None:
            return self._gap(
                placement, after, minutes_between(placement.ends_at, after.starts_at), facts, is_before=False
            )
        return None

    def _gap(self, placement: Placement, other: Busy, gap: int, facts: Facts, *, is_before: bool) -> Finding | None:
        if other.client_id == placement.client_id:
            return None
        here, there = facts.clients[placement.client_id].place, facts.clients[other.client_id].place
        needed = facts.travel.minutes(there, here) if is_before else facts.travel.minutes(here, there)
        if needed is None or needed <= gap:
            return None
        text = (
            _("%(caregiver)s needs about %(needed)s min from %(client)s before this visit, but has %(gap)s.")
            if is_before
            else _("%(caregiver)s needs about %(needed)s min to %(client)s after this visit, but has %(gap)s.")
        )
        return self.finding(
            text
            % {
                "caregiver": facts.members[placement.member_id].full_name,  # type: ignore[index]
                "needed": needed,
                "client": facts.clients[other.client_id].short_name,
                "gap": gap,
            }
        )


def _ways(facts: Facts) -> Iterator[tuple[Place | None, Place | None]]:
    """From each visit to the next one of the same caregiver, the batch's own among them."""
    rows: dict[int, list[Placement | Busy]] = {pk: list(facts.busy.get(pk, ())) for pk in facts.member_ids}
    for placement in facts.placements:
        if placement.member_id is not None:
            rows[placement.member_id].append(placement)
    for visits in rows.values():
        visits = [row for row in visits if not _is_remote(row, facts)]
        visits.sort(key=attrgetter("starts_at"))
        for before, after in pairwise(visits):
            if before.client_id != after.client_id:
                yield facts.clients[before.client_id].place, facts.clients[after.client_id].place


def _is_remote(row: Placement | Busy, facts: Facts) -> bool:
    return row.is_remote if isinstance(row, Busy) else facts.is_remote(row)
