"""Rules about the visit beside its other visits: double-ups."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy, ngettext

from homecare.clock import now
from scheduling.facts import Facts, fetch
from scheduling.placement import Finding, Number, Placement, Rule, Severity, Subject
from scheduling.wording import span

if TYPE_CHECKING:
    from scheduling.rules.stage import Stage

# Open visits, besides those of the batch, at the very time of a visit of the batch in a pattern for several caregivers.
OPEN_HALVES = """
SELECT v.client_id, v.starts_at, v.ends_at
FROM scheduling_visit v JOIN scheduling_schedule s ON s.id = v.schedule_id AND s.head_count > 1
WHERE v.client_id = ANY(%s::bigint[]) AND v.starts_at >= %s AND v.starts_at <= %s
      AND v.caregiver_id IS NULL AND v.status IN ('planned', 'confirmed') AND NOT v.id = ANY(%s::bigint[])
"""
Moment = tuple[int, dt.datetime, dt.datetime]


class DoubleUpComplete(Rule):
    """A visit for two or more caregivers that begins soon has all of them: one alone could not do it safely."""

    code = "double_up"
    label = gettext_lazy("Double-up not complete")
    meaning = gettext_lazy(
        "A visit that needs several caregivers at once has all of them; it warns when the visit begins within these "
        "hours and a place is still open."
    )
    remedy = gettext_lazy("Fill the other place first, or both at once.")
    subject = Subject.CLIENT
    default_severity = Severity.WARN
    settable = (Number("hours", gettext_lazy("Hours before the visit"), 48, least=1, most=336),)

    @classmethod
    def load(cls, facts: Facts) -> Counter[Moment]:
        """(client, start, end) → open places at that time, in the batch and besides it."""
        moment = now()
        until = moment + dt.timedelta(hours=cls.numbers_of(facts)["hours"])
        soon = [p for p in facts.placements if moment <= p.starts_at <= until]
        open_places: Counter[Moment] = Counter()
        if not soon:
            return open_places
        together = Counter(_moment(p) for p in soon)
        open_places.update(_moment(p) for p in soon if p.member_id is None and together[_moment(p)] > 1)
        starts = [p.starts_at for p in soon]
        clients = list({p.client_id for p in soon})
        open_places.update(fetch(OPEN_HALVES, clients, min(starts), max(starts), list(facts.visit_ids)))
        return open_places

    def is_silent(self, facts: Facts) -> bool:
        return not self.data

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        missing = self.data.get(_moment(placement), 0)
        if not missing:
            return None
        return self.finding(
            ngettext(
                "%(missing)s more caregiver is needed at %(client)s on %(when)s: nobody comes alone to this visit.",
                "%(missing)s more caregivers are needed at %(client)s on %(when)s: nobody comes alone to this visit.",
                missing,
            )
            % {
                "missing": missing,
                "client": facts.clients[placement.client_id].short_name,
                "when": span(placement.starts_at, placement.ends_at, facts.zone(placement)),
            }
        )

    @staticmethod
    def example(stage: Stage) -> None:
        stage.data = Counter({_moment(stage.placement): 1})


def _moment(placement: Placement) -> Moment:
    return placement.client_id, placement.starts_at, placement.ends_at
