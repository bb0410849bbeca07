"""Rules about what was promised: a caregiver's hours and visits of a week, a client's few different faces."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.clock import at_local, local_date, monday_of
from scheduling.facts import Facts, fetch
from scheduling.placement import Finding, Number, Placement, Rule, Severity, Subject
from scheduling.wording import hours

if TYPE_CHECKING:
    from scheduling.rules.stage import Stage

WEEK = dt.timedelta(days=7)
# Who has the batch's visits now, when something is guaranteed to them.
HOLDERS = """
SELECT v.id, m.id, m.first_name || ' ' || m.last_name, m.weekly_minutes_guaranteed, m.weekly_visits_guaranteed
FROM scheduling_visit v JOIN staff_member m ON m.id = v.caregiver_id
WHERE v.id = ANY(%s::bigint[]) AND (m.weekly_minutes_guaranteed > 0 OR m.weekly_visits_guaranteed > 0)
"""
THEIR_VISITS = """
SELECT v.caregiver_id, v.starts_at, (extract(epoch FROM v.ends_at - v.starts_at) / 60)::int FROM scheduling_visit v
WHERE v.caregiver_id = ANY(%s::bigint[]) AND v.starts_at >= %s AND v.starts_at < %s
      AND v.status NOT IN ('cancelled', 'missed') AND v.leader_id IS NULL AND NOT v.id = ANY(%s::bigint[])
"""
FACES = """
SELECT DISTINCT v.client_id, v.caregiver_id,
       date_trunc('week', v.starts_at AT TIME ZONE b.time_zone)::date
FROM scheduling_visit v JOIN accounts_branch b ON b.id = v.branch_id
WHERE v.client_id = ANY(%s::bigint[]) AND v.starts_at >= %s AND v.starts_at < %s AND v.caregiver_id IS NOT NULL
      AND v.status NOT IN ('cancelled', 'missed') AND NOT v.id = ANY(%s::bigint[])
"""


class Holder(NamedTuple):
    """Who has a visit now, and what is guaranteed to them."""

    id: int
    name: str
    minutes: int
    visits: int


class GuaranteedTime(Rule):
    """A visit is not taken from somebody who would then have less in the week than is guaranteed to them."""

    code = "guaranteed"
    label = gettext_lazy("Below what is guaranteed")
    meaning = gettext_lazy(
        "Whoever has the visit now keeps the hours and visits of the week that are guaranteed on their page."
    )
    remedy = gettext_lazy("Give them another visit of the week first, or leave this one with them.")
    subject = Subject.HOURS
    default_severity = Severity.WARN
    about_member = False

    @classmethod
    def load(cls, facts: Facts) -> tuple[dict[int, Holder], dict[tuple[int, dt.date], dict[int, int]]]:
        """(who has each visit, the minutes of each visit they would have by week: besides the batch and in it)."""
        if not facts.visit_ids or not facts.agency.guarantees_time:
            return {}, {}
        holders = {pk: Holder(*rest) for pk, *rest in fetch(HOLDERS, list(facts.visit_ids))}
        had: dict[tuple[int, dt.date], dict[int, int]] = defaultdict(dict)
        if not holders:
            return holders, had
        ids = {row.id for row in holders.values()}
        first, last = _reach(facts)
        zone = facts.zone(facts.placements[0])
        rows = fetch(THEIR_VISITS, list(ids), first, last, list(facts.visit_ids))
        for number, (member_id, starts_at, minutes) in enumerate(rows):
            monday = monday_of(local_date(starts_at, zone))
            had[member_id, monday][-number - 1] = minutes
        for placement in facts.placements:
            if placement.member_id in ids and placement.visit_id:
                had[placement.member_id, facts.monday(placement)][placement.visit_id] = placement.minutes
        return holders, had

    def is_silent(self, facts: Facts) -> bool:
        return not self.data[0]

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        holders, had = self.data
        holder = holders.get(placement.visit_id)
        if holder is None or holder.id == placement.member_id:
            return None
        left = {
            pk: n for pk, n in had.get((holder.id, facts.monday(placement)), {}).items() if pk != placement.visit_id
        }
        minutes, visits = sum(left.values()), len(left)
        if minutes < holder.minutes:
            text = _("%(caregiver)s would have %(hours)s in this week; %(guaranteed)s are guaranteed.")
            return self.finding(
                text % {"caregiver": holder.name, "hours": hours(minutes), "guaranteed": hours(holder.minutes)}
            )
        if visits < holder.visits:
            text = _("%(caregiver)s would have %(visits)s visits in this week; %(guaranteed)s are guaranteed.")
            return self.finding(text % {"caregiver": holder.name, "visits": visits, "guaranteed": holder.visits})
        return None

    @staticmethod
    def example(stage: Stage) -> None:
        monday = monday_of(stage.placement.starts_at.date())
        stage.data = ({1: Holder(2, "Ana Reyes", 20 * 60, 0)}, {(2, monday): {-1: 19 * 60}})


class CaregiversPerWeek(Rule):
    """A client sees no more different caregivers in a week than their record, else the agency, allows."""

    code = "caregivers_per_week"
    label = gettext_lazy("Too many different caregivers")
    meaning = gettext_lazy(
        "In a week, Monday to Sunday, no more different caregivers come than the client's page allows, else than this "
        "number; 0 is no limit."
    )
    remedy = gettext_lazy("Choose somebody who comes in this week already, or raise the limit on the client's page.")
    subject = Subject.CLIENT
    of_each_client = True
    default_severity = Severity.WARN
    settable = (Number("caregivers", gettext_lazy("Most different caregivers a week"), 0, most=20),)

    @classmethod
    def load(cls, facts: Facts) -> dict[tuple[int, dt.date], set[int]]:
        """The caregivers of each client by week, besides the batch."""
        found: dict[tuple[int, dt.date], set[int]] = defaultdict(set)
        if not cls._limited(facts):
            return found
        first, last = _reach(facts)
        for client_id, member_id, monday in fetch(FACES, cls._limited(facts), first, last, list(facts.visit_ids)):
            found[client_id, monday].add(member_id)
        return found

    @classmethod
    def _limited(cls, facts: Facts) -> list[int]:
        if cls.numbers_of(facts)["caregivers"]:
            return list(facts.client_ids)
        return [pk for pk in facts.client_ids if facts.clients[pk].weekly_caregivers_limit]

    def is_silent(self, facts: Facts) -> bool:
        return not self._limited(facts)

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        client = facts.clients[placement.client_id]
        limit = client.weekly_caregivers_limit or self.numbers["caregivers"]
        faces = self.data[placement.client_id, facts.monday(placement)]
        if not limit or placement.member_id in faces or len(faces) < limit:
            return None
        return self.finding(
            _("%(client)s would see %(number)s different caregivers in this week; the limit is %(limit)s.")
            % {"client": client.full_name, "number": len(faces) + 1, "limit": limit}
        )

    def take(self, placement: Placement, facts: Facts) -> None:
        if placement.member_id is not None:
            self.data[placement.client_id, facts.monday(placement)].add(placement.member_id)

    @staticmethod
    def example(stage: Stage) -> None:
        stage.client = stage.client._replace(weekly_caregivers_limit=2)
        monday = monday_of(stage.placement.starts_at.date())
        stage.data = defaultdict(set, {(stage.client.id, monday): {8, 9}})


def _reach(facts: Facts) -> tuple[dt.datetime, dt.datetime]:
    """From before the first Monday to after the last Sunday of the batch, whatever the zone."""
    days = [facts.day(p) for p in facts.placements]
    zone = facts.zone(facts.placements[0])
    first, last = monday_of(min(days)), monday_of(max(days)) + WEEK
    return at_local(first, dt.time(), zone), at_local(last, dt.time(), zone)
