"""Rules about the caregiver: time, employment, scope of practice, credentials, hours."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.clock import local
from scheduling.facts import Facts, fetch
from scheduling.placement import Finding, Placement, Rule, Severity
from scheduling.wording import day, hours, span
from staff.models import Member, TaskCategory, TimeOff

AVAILABILITY = """
SELECT member_id, weekday, starts, ends, since, until FROM staff_availability
WHERE member_id = ANY(%s::bigint[]) AND since <= %s AND (until IS NULL OR until >= %s)
"""
TIME_OFF = """
SELECT member_id, starts_at, ends_at, status FROM staff_timeoff
WHERE member_id = ANY(%s::bigint[]) AND status IN ('approved', 'requested') AND starts_at < %s AND ends_at > %s
"""
CREDENTIALS = """
SELECT m.id, t.name, c.issued_on, c.expires_on
FROM staff_member m JOIN staff_role_required_credentials r ON r.role_id = m.role_id
JOIN staff_credentialtype t ON t.id = r.credentialtype_id
LEFT JOIN staff_credential c ON c.member_id = m.id AND c.type_id = t.id AND c.withdrawn_on IS NULL
WHERE m.id = ANY(%s::bigint[])
"""
MIDNIGHT = dt.time()
DAY = dt.timedelta(days=1)


class Overlap(Rule):
    """A caregiver is never in two places (DESIGN.md, invariant 1); the database refuses it too."""

    code = "overlap"
    label = gettext_lazy("Two visits at once")
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


class Available(Rule):
    """Caregivers say in which hours of the week they work; outside of these somebody must have asked them."""

    code = "available"
    label = gettext_lazy("Outside availability")
    default_severity = Severity.WARN

    @classmethod
    def load(cls, facts: Facts) -> dict[tuple[int, int], list[tuple[Any, ...]]]:
        if not facts.member_ids:
            return {}
        found = defaultdict(list)
        first, last = facts.days
        for member_id, weekday, *rest in fetch(AVAILABILITY, list(facts.member_ids), last, first):
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
                "when": span(starts_at, ends_at, facts.zone(placement)),
            }
            if status == TimeOff.Status.APPROVED:
                return self.finding(_("%(caregiver)s is off: %(when)s.") % values)
            return self.finding(
                _("%(caregiver)s has asked for time off that is not decided: %(when)s.") % values,
                at_most=Severity.WARN,
            )
        return None


class Employed(Rule):
    """Only staff employed on that day and not on leave are given visits."""

    code = "employed"
    label = gettext_lazy("Not employed on that day")

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


class RoleAndScope(Rule):
    """The role covers what the service needs and each task the plan asks for that day (DESIGN.md, invariant 2)."""

    code = "role_scope"
    label = gettext_lazy("Outside the role's scope")

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        service = facts.service_types[placement.service_type_id]
        member = facts.members[placement.member_id]  # type: ignore[index]
        scope = member.role.scope
        outside = [category for category in service.categories if category not in scope]
        weekday = facts.day(placement).weekday()
        for category, weekdays in facts.clients[placement.client_id].planned:
            if category in scope or category in outside or (weekdays and weekday not in weekdays):
                continue
            if service.performs(category):
                outside.append(category)
        if not outside:
            return None
        return self.finding(
            _("%(service)s includes %(tasks)s, which is outside the scope of %(caregiver)s (%(role)s).")
            % {
                "service": service.name,
                "tasks": ", ".join(str(TaskCategory(category).label).lower() for category in outside),
                "caregiver": member.full_name,
                "role": member.role.name,
            }
        )


class Credentials(Rule):
    """Every credential the role requires is valid on the day of the visit (DESIGN.md, invariant 2)."""

    code = "credentials"
    label = gettext_lazy("Credential missing or expired")

    @classmethod
    def load(cls, facts: Facts) -> dict[int, dict[str, list[tuple[Any, Any]]]]:
        """member → required credential → periods of validity."""
        found: dict[int, dict[str, list[tuple[Any, Any]]]] = defaultdict(lambda: defaultdict(list))
        if facts.member_ids:
            for member_id, name, issued_on, expires_on in fetch(CREDENTIALS, list(facts.member_ids)):
                periods = found[member_id][name]
                if issued_on is not None:
                    periods.append((issued_on, expires_on))
        return found

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        wanted = self.data.get(placement.member_id)
        if not wanted:
            return None
        on = facts.day(placement)
        problems = [self._problem(name, periods, on) for name, periods in wanted.items() if not _valid(periods, on)]
        if not problems:
            return None
        return self.finding(
            _("%(caregiver)s may not work on %(day)s: %(problems)s.")
            % {
                "caregiver": facts.members[placement.member_id].full_name,  # type: ignore[index]
                "day": day(on),
                "problems": "; ".join(problems),
            }
        )

    @staticmethod
    def _problem(name: str, periods: Any, on: dt.date) -> str:
        ended = [ends for starts, ends in periods if ends is not None and ends < on]
        if ended:
            return _("%(credential)s expires on %(day)s") % {"credential": name, "day": day(max(ended))}
        return _("no valid %(credential)s") % {"credential": name}


def _valid(periods: Any, on: dt.date) -> bool:
    return any(starts <= on and (ends is None or on <= ends) for starts, ends in periods)


class WeeklyHours(Rule):
    """The planned time of a week, Monday to Sunday in branch time, stays within the caregiver's limit."""

    code = "weekly_hours"
    label = gettext_lazy("Over the weekly limit")
    default_severity = Severity.WARN

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        member = facts.members[placement.member_id]  # type: ignore[index]
        total = facts.week_minutes(placement) + placement.minutes
        if total <= member.weekly_minutes_limit:
            return None
        return self.finding(
            _("%(caregiver)s would have %(hours)s in this week; the limit is %(limit)s.")
            % {
                "caregiver": member.full_name,
                "hours": hours(total),
                "limit": hours(member.weekly_minutes_limit),
            }
        )
