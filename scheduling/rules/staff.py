"""Rules about the caregiver's time: other visits, availability, time off, employment."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.clock import local
from scheduling.facts import Facts, fetch
from scheduling.placement import Finding, Placement, Rule, Severity
from scheduling.wording import day, span
from staff.away import away_words
from staff.models import Member, TimeOff

if TYPE_CHECKING:
    from scheduling.rules.stage import Stage

AVAILABILITY = """
SELECT member_id, weekday, starts, ends, since, until FROM staff_availability
WHERE member_id = ANY(%s::bigint[]) AND weekday = ANY(%s::int[]) AND since <= %s AND (until IS NULL OR until >= %s)
"""
TIME_OFF = """
SELECT member_id, starts_at, ends_at, status FROM staff_timeoff
WHERE member_id = ANY(%s::bigint[]) AND status IN ('approved', 'requested') AND starts_at < %s AND ends_at > %s
"""
MIDNIGHT = dt.time()
DAY = dt.timedelta(days=1)


class Overlap(Rule):
    """A caregiver is never in two places (DESIGN.md, invariant 1); the database refuses it too."""

    code = "overlap"
    label = gettext_lazy("Two visits at once")
    meaning = gettext_lazy("A caregiver is never in two places. The database refuses it too: this cannot be changed.")
    remedy = gettext_lazy("Free the caregiver from the other visit, or choose another time.")
    is_fixed = True

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        _before, held, _after = facts.around(placement)
        if held is None:
            return None
        return self.finding(
            _("%(caregiver)s is already with %(client)s on %(when)s.")
            % {
                "caregiver": facts.members[placement.member_id].full_name,  # type: ignore[index]
                "client": facts.clients[held.client_id].short_name,
                "when": span(held.starts_at, held.ends_at, facts.zone(placement)),
            }
        )

    @staticmethod
    def example(stage: Stage) -> None:
        stage.visits_neighbour(stage.placement.starts_at, stage.placement.ends_at)


class Available(Rule):
    """Caregivers say in which hours of the week they work; outside of these somebody must have asked them."""

    code = "available"
    label = gettext_lazy("Outside availability")
    meaning = gettext_lazy("The visit lies within the hours of the week in which the caregiver said to be available.")
    remedy = gettext_lazy("Ask the caregiver; enter the hours under Availability when they agree.")
    default_severity = Severity.WARN

    @classmethod
    def load(cls, facts: Facts) -> dict[tuple[int, int], list[tuple[Any, ...]]]:
        if not facts.member_ids:
            return {}
        found = defaultdict(list)
        first, last = facts.days
        weekdays = list({(first + n * DAY).weekday() for n in range(min(7, (last - first).days + 1))})
        for member_id, weekday, *rest in fetch(AVAILABILITY, list(facts.member_ids), weekdays, last, first):
            found[member_id, weekday].append(tuple(rest))
        return found

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        zone = facts.zone(placement)
        starts, ends = local(placement.starts_at, zone), local(placement.ends_at, zone)
        if self._covers(placement.member_id, starts.replace(tzinfo=None), ends.replace(tzinfo=None)):
            return None
        return self.finding(
            _("%(when)s is outside the hours in which %(caregiver)s is available.")
            % {
                "caregiver": facts.members[placement.member_id].full_name,  # type: ignore[index]
                "when": span(placement.starts_at, placement.ends_at, zone),
            }
        )

    @staticmethod
    def example(stage: Stage) -> None:
        stage.data = {}

    def _covers(self, member_id: int | None, starts: dt.datetime, ends: dt.datetime) -> bool:
        """Walks from one window to the next until the end is reached; a night is covered by two days' lines."""
        reached = starts
        while reached < ends:
            on, time = reached.date(), reached.time()
            ends_then = [
                until
                for since_time, until, since, last in self.data.get((member_id, on.weekday()), ())
                if since <= on
                and (last is None or on <= last)
                and since_time <= time
                and (until == MIDNIGHT or time < until)
            ]
            if not ends_then:
                return False
            if MIDNIGHT in ends_then:
                reached = dt.datetime.combine(on + DAY, MIDNIGHT)
            else:
                reached = dt.datetime.combine(on, max(ends_then))
        return True


class NotOnTimeOff(Rule):
    """Approved time off holds the caregiver's time (the database refuses a visit then); an undecided request warns."""

    code = "time_off"
    label = gettext_lazy("Time off")
    meaning = gettext_lazy(
        "Approved time off holds the caregiver's time; the database refuses a visit then, so this cannot be changed. "
        "A request that is not decided yet warns."
    )
    remedy = gettext_lazy("Choose another time, or cancel the time off together with the caregiver.")
    is_fixed = True

    @classmethod
    def load(cls, facts: Facts) -> dict[int, list[tuple[dt.datetime, dt.datetime, str]]]:
        found: dict[int, list[tuple[dt.datetime, dt.datetime, str]]] = defaultdict(list)
        if not facts.member_ids:
            return found
        starts, ends = min(p.starts_at for p in facts.placements), max(p.ends_at for p in facts.placements)
        for member_id, *rest in fetch(TIME_OFF, list(facts.member_ids), ends, starts):
            found[member_id].append(tuple(rest))
        return found

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        for starts_at, ends_at, status in self.data.get(placement.member_id, ()):
            if starts_at >= placement.ends_at or ends_at <= placement.starts_at:
                continue
            values = {
                "caregiver": facts.members[placement.member_id].full_name,  # type: ignore[index]
                "when": away_words(starts_at, ends_at, facts.zone(placement)),
            }
            if status == TimeOff.Status.APPROVED:
                return self.finding(_("%(caregiver)s is off: %(when)s.") % values)
            return self.finding(
                _("%(caregiver)s has asked for time off that is not decided: %(when)s.") % values,
                at_most=Severity.WARN,
            )
        return None

    def is_silent(self, facts: Facts) -> bool:
        return not self.data

    @staticmethod
    def example(stage: Stage) -> None:
        midnight = stage.placement.starts_at - dt.timedelta(hours=9)
        stage.data = {stage.member.id: [(midnight, midnight + DAY, "approved")]}


class Employed(Rule):
    """Only staff employed on that day and not on leave are given visits."""

    code = "employed"
    label = gettext_lazy("Not employed on that day")
    meaning = gettext_lazy("Visits go to staff who are employed on that day and not on leave.")
    remedy = gettext_lazy("Choose a day on which the caregiver is employed and at work.")

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        member = facts.members[placement.member_id]  # type: ignore[index]
        on = facts.day(placement)
        if on < member.hired_on:
            sentence = _("%(caregiver)s starts work on %(day)s.") % {
                "caregiver": member.full_name,
                "day": day(member.hired_on),
            }
        elif member.left_on is not None and on > member.left_on:
            sentence = _("%(caregiver)s leaves on %(day)s.") % {
                "caregiver": member.full_name,
                "day": day(member.left_on),
            }
        elif member.status != Member.Status.ACTIVE:
            sentence = _("%(caregiver)s is not at work (%(status)s).") % {
                "caregiver": member.full_name,
                "status": str(Member.Status(member.status).label).lower(),
            }
        else:
            return None
        return self.finding(sentence)

    @staticmethod
    def example(stage: Stage) -> None:
        stage.member = stage.member._replace(hired_on=dt.date(2026, 12, 8))
