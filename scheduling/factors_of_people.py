"""Factors about people's standing: what a week guarantees a caregiver, and what families say of them."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy, ngettext_lazy

from homecare.clock import now
from scheduling.factors import Batch, Counted, Said
from scheduling.facts import Facts, fetch
from scheduling.placement import Placement
from staff.models import Member

LACKING = gettext_lazy("%(share)s%% of the guaranteed week is not planned")
RATINGS = ngettext_lazy("rated by families, %(n)s time", "rated by families, %(n)s times", "n")
RATINGS_OF = """
SELECT v.caregiver_id, count(*), sum(r.score)
FROM scheduling_visitrating r JOIN scheduling_visit v ON v.id = r.visit_id
WHERE v.caregiver_id = ANY(%s::bigint[]) AND r.created_at > %s
GROUP BY 1
"""
RATED_LATELY, AS_IF, USUAL_RATING = dt.timedelta(days=365), 5, 4.0


class Guaranteed(Counted):
    code = "guarantee"
    label = gettext_lazy("Guaranteed time")
    meaning = gettext_lazy("How much of the hours or visits guaranteed in that week is not planned yet.")
    default_points = 10

    @classmethod
    def load(cls, batch: Batch) -> bool:
        """Is anything guaranteed to anybody?"""
        return any(member.weekly_minutes_guaranteed or member.weekly_visits_guaranteed for member in batch.members)

    def weigh(self, member: Member, placement: Placement, facts: Facts) -> Said | None:
        minutes, visits = member.weekly_minutes_guaranteed, member.weekly_visits_guaranteed
        if not minutes and not visits:
            return None
        monday, days = facts.monday(placement), facts.work(placement)
        week = [day for n in range(7) if (day := days.get(monday + dt.timedelta(days=n))) is not None]
        lacking = [1 - facts.week_minutes(placement) / minutes] if minutes else []
        lacking += [1 - sum(day.visits for day in week) / visits] if visits else []
        if max(lacking) <= 0:
            return None
        return Said(max(lacking), LACKING, {"share": round(max(lacking) * 100)})


class Rating(Counted):
    """A mean drawn towards the usual: one angry or delighted family counts little, twenty count."""

    code = "rating"
    label = gettext_lazy("Rated by families")
    meaning = gettext_lazy(
        "Ratings of the last 365 days, drawn towards 4.0 as if five families had said so; 5.0 gives all, 3.0 none."
    )
    default_points = 5

    @classmethod
    def load(cls, batch: Batch) -> dict[int, tuple[int, float]]:
        return {pk: (n, total) for pk, n, total in fetch(RATINGS_OF, batch.member_ids, now() - RATED_LATELY)}

    def weigh(self, member: Member, placement: Placement, facts: Facts) -> Said | None:
        if member.pk not in self.data:
            return None
        n, total = self.data[member.pk]
        mean = (total + AS_IF * USUAL_RATING) / (n + AS_IF)
        return Said(min(1.0, max(0.0, (mean - 3) / 2)), RATINGS, {"n": n})
