"""Can the caregiver get from the visit before, and to the visit after, in time?"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.clock import minutes_between
from scheduling import travel
from scheduling.facts import Busy, Facts
from scheduling.placement import Finding, Placement, Rule, Severity


class TravelTime(Rule):
    """The gap to the neighbouring visits is at least the straight-line travel time at the agency's speed setting."""

    code = "travel_time"
    label = gettext_lazy("Too little time to travel")
    default_severity = Severity.WARN

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        before, _held, after = facts.around(placement)
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
        needed = travel.minutes(here, there, facts.agency.travel_speed_kmh)
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
