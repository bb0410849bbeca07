"""Rules about hours of work: week, day, overtime, rest, days in a row, live-in shifts (STANDARDS: 29 CFR 778, 785)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from homecare.clock import local_date, minutes_between, monday_of
from homecare.dates import written
from scheduling.fact_rows import Busy
from scheduling.facts import Facts
from scheduling.overtime import HOUR, law_of, overtime
from scheduling.placement import Finding, Number, Placement, Rule, Severity, Subject
from scheduling.wording import day, hours, span
from scheduling.workdays import ROUND_THE_CLOCK

if TYPE_CHECKING:
    from scheduling.rules.stage import Stage

DAY = dt.timedelta(days=1)


class WeeklyHours(Rule):
    """The planned time of a week, Monday to Sunday in branch time, stays within the caregiver's limit."""

    code = "weekly_hours"
    label = gettext_lazy("Over the weekly limit")
    meaning = gettext_lazy("The hours of a week, Monday to Sunday, stay within the limit of the caregiver's record.")
    remedy = gettext_lazy("Take another visit of the week away, or raise the limit on the caregiver's page.")
    subject = Subject.HOURS
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

    @staticmethod
    def example(stage: Stage) -> None:
        stage.works(8.2, 1, 2, 3, 4, 5)


class DailyHours(Rule):
    """The work of a calendar day stays within the caregiver's limit, else the agency's. Live-in care does not count."""

    code = "daily_hours"
    label = gettext_lazy("Over the daily limit")
    meaning = gettext_lazy(
        "The hours of a calendar day stay within the limit of the caregiver's record, else within this one. A night "
        "counts on both its days; live-in care has its own rule."
    )
    remedy = gettext_lazy("Take another visit of the day away, or raise the limit on the caregiver's page.")
    subject = Subject.HOURS
    default_severity = Severity.WARN
    settable = (Number("hours", gettext_lazy("Most hours a day"), 12, least=1, most=24),)

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        member = facts.members[placement.member_id]  # type: ignore[index]
        limit = member.daily_minutes_limit or self.numbers["hours"] * HOUR
        days = facts.work(placement)
        for on, minutes in facts.parts(placement):
            work = days.get(on)
            total = minutes + (work.minutes - work.live_in_minutes if work else 0)
            if total > limit and not facts.lives_in(placement):
                return self.finding(
                    _("%(caregiver)s would work %(hours)s on %(day)s; the limit is %(limit)s.")
                    % {"caregiver": member.full_name, "hours": hours(total), "day": day(on), "limit": hours(limit)}
                )
        return None

    @staticmethod
    def example(stage: Stage) -> None:
        stage.works(11.5, 0, visits=3)


class VisitsPerDay(Rule):
    """No more visits begin on a calendar day than the caregiver's record, else the agency, allows."""

    code = "visits_per_day"
    label = gettext_lazy("Too many visits on a day")
    meaning = gettext_lazy("A day has no more visits than the caregiver's record allows, else than this number.")
    remedy = gettext_lazy("Take another visit of the day away, or raise the limit on the caregiver's page.")
    subject = Subject.HOURS
    default_severity = Severity.WARN
    settable = (Number("visits", gettext_lazy("Most visits a day"), 10, least=1, most=40),)

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        on = facts.day(placement)
        work = facts.work(placement).get(on)
        if work is None:
            return None
        member = facts.members[placement.member_id]  # type: ignore[index]
        limit = member.daily_visits_limit or self.numbers["visits"]
        if work.visits < limit:
            return None
        return self.finding(
            _("%(caregiver)s would have %(visits)s visits on %(day)s; the limit is %(limit)s.")
            % {"caregiver": member.full_name, "visits": work.visits + 1, "day": day(on), "limit": limit}
        )

    @staticmethod
    def example(stage: Stage) -> None:
        stage.works(8, 0, visits=10)


class Overtime(Rule):
    """How many minutes of overtime this very visit makes in its workweek, by the law of the branch's state."""

    code = "overtime"
    label = gettext_lazy("Overtime")
    meaning = gettext_lazy(
        "The visit makes no overtime by the law of the branch's state: over 40 hours a week everywhere in the United "
        "States, and by the day in California, Alaska and Colorado."
    )
    remedy = gettext_lazy("Choose somebody with fewer hours in that week, or agree to the overtime.")
    subject = Subject.HOURS
    default_severity = Severity.WARN
    settable = (
        Number("sleep_hours", gettext_lazy("Hours of sleep not counted in a shift of 24 h (29 CFR 785.22)"), 0, most=8),
        Number("attendants", gettext_lazy("Caregivers in California are personal attendants"), 0, is_switch=True),
    )

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        state = facts.branches[placement.branch_id].state
        law = law_of(state, personal_attendants=bool(self.numbers["attendants"]))
        if not law.by_day and facts.week_minutes(placement) + placement.minutes <= law.weekly:
            return None
        minutes, double = self.made(placement, facts)
        if minutes <= 0:
            return None
        values = {
            "caregiver": facts.members[placement.member_id].full_name,  # type: ignore[index]
            "hours": hours(minutes),
            "double": hours(double),
            "law": law.name,
        }
        if double > 0:
            return self.finding(
                _("This visit makes %(hours)s of overtime for %(caregiver)s, %(double)s at double pay (%(law)s).")
                % values
            )
        return self.finding(_("This visit makes %(hours)s of overtime for %(caregiver)s (%(law)s).") % values)

    def made(self, placement: Placement, facts: Facts) -> tuple[int, int]:
        """(minutes of overtime, of which at double pay) that the workweeks have with this visit but not without."""
        state = facts.branches[placement.branch_id].state
        law = law_of(state, personal_attendants=bool(self.numbers["attendants"]))
        asleep = self.numbers["sleep_hours"] * HOUR
        by_week: dict[dt.date, list[tuple[int, int]]] = defaultdict(list)
        for number, (on, minutes) in enumerate(facts.parts(placement)):
            awake = minutes - asleep if number == 0 and placement.minutes >= ROUND_THE_CLOCK else minutes
            by_week[monday_of(on)].append((on.weekday(), max(0, awake)))
        made = double = 0
        days = facts.work(placement)
        for monday, parts in by_week.items():
            week = facts.week(placement, monday)
            if asleep:
                week = [
                    max(0, minutes - asleep * (days[on].long_shifts if (on := monday + n * DAY) in days else 0))
                    for n, minutes in enumerate(week)
                ]
            before = overtime(week, law)
            for weekday, minutes in parts:
                week[weekday] += minutes
            after = overtime(week, law)
            made += after.minutes - before.minutes
            double += after.double - before.double
        return made, double

    @staticmethod
    def example(stage: Stage) -> None:
        stage.works(8, 1, 2, 3, 4, 5)


class RestBetweenDays(Rule):
    """Between the last visit of a day and the first of the next lies the least rest. Live-in shifts hold theirs."""

    code = "rest"
    label = gettext_lazy("Too little rest between days")
    meaning = gettext_lazy(
        "Between the visits of one day and those of the next a caregiver rests at least this long. Live-in shifts, "
        "which have their own rest, do not count."
    )
    remedy = gettext_lazy("Choose another time, or take the visit on the other day away.")
    subject = Subject.HOURS
    default_severity = Severity.WARN
    settable = (Number("hours", gettext_lazy("Least hours of rest"), 8, least=1, most=24),)

    @classmethod
    def near_hours(cls, facts: Facts) -> int:
        return cls.numbers_of(facts)["hours"]

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        before, _held, after = facts.around(placement)
        least = self.numbers["hours"] * HOUR
        for other in (before, after):
            if other is None or other.lives_in:
                continue
            is_before = other is before
            gap = (
                minutes_between(other.ends_at, placement.starts_at)
                if is_before
                else minutes_between(placement.ends_at, other.starts_at)
            )
            if gap < least and self._is_another_day(placement, other, facts) and not facts.lives_in(placement):
                return self._said(placement, other, gap, facts, is_before=is_before)
        return None

    @staticmethod
    def _is_another_day(placement: Placement, other: Busy, facts: Facts) -> bool:
        return local_date(other.starts_at, facts.zone(placement)) != facts.day(placement)

    def _said(self, placement: Placement, other: Busy, gap: int, facts: Facts, *, is_before: bool) -> Finding:
        text = (
            _("%(caregiver)s would rest %(gap)s between %(client)s, %(when)s, and this visit; the least is %(least)s.")
            if is_before
            else _(
                "%(caregiver)s would rest %(gap)s between this visit and %(client)s, %(when)s; the least is %(least)s."
            )
        )
        return self.finding(
            text
            % {
                "caregiver": facts.members[placement.member_id].full_name,  # type: ignore[index]
                "gap": hours(gap),
                "client": facts.clients[other.client_id].short_name,
                "when": span(other.starts_at, other.ends_at, facts.zone(placement)),
                "least": hours(self.numbers["hours"] * HOUR),
            }
        )

    @staticmethod
    def example(stage: Stage) -> None:
        begins = stage.placement.starts_at
        stage.visits_neighbour(begins - dt.timedelta(hours=10), begins - dt.timedelta(hours=7, minutes=30))


class ConsecutiveDays(Rule):
    """No more days in a row with work than allowed; a day without any visit begins the count anew."""

    code = "consecutive_days"
    label = gettext_lazy("Too many days in a row")
    meaning = gettext_lazy(
        "After so many days in a row with work a caregiver has a free day. Live-in care has its own rule."
    )
    remedy = gettext_lazy("Give the caregiver a free day in between.")
    subject = Subject.HOURS
    default_severity = Severity.WARN
    settable = (Number("days", gettext_lazy("Most days in a row"), 6, least=1, most=28),)

    @classmethod
    def reach_days(cls, facts: Facts) -> int:
        return cls.numbers_of(facts)["days"]

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        on, limit = facts.day(placement), self.numbers["days"]
        if self._works(placement, on, facts):
            return None  # the day is a day of work already: this visit makes the row no longer
        first = last = on
        while (on - first).days <= limit and self._works(placement, first - DAY, facts):
            first -= DAY
        while (last - on).days <= limit and self._works(placement, last + DAY, facts):
            last += DAY
        length = (last - first).days + 1
        if length <= limit or facts.lives_in(placement):
            return None
        return self.finding(
            _("%(caregiver)s would work %(days)s days in a row, %(first)s to %(last)s; the limit is %(limit)s.")
            % {
                "caregiver": facts.members[placement.member_id].full_name,  # type: ignore[index]
                "days": length,
                "first": written(first),
                "last": written(last),
                "limit": limit,
            }
        )

    @staticmethod
    def _works(placement: Placement, on: dt.date, facts: Facts) -> bool:
        work = facts.workday(placement, on)
        return work is not None and work.visits > 0

    @staticmethod
    def example(stage: Stage) -> None:
        stage.works(6, *range(-6, 0))


class LiveInDays(Rule):
    """A caregiver lives in for so many days in a row at most; then a day without live-in care relieves them."""

    code = "live_in"
    label = gettext_lazy("Too many live-in days in a row")
    meaning = gettext_lazy("After so many live-in days in a row another caregiver takes over for at least a day.")
    remedy = gettext_lazy("Let another caregiver take over for a day.")
    subject = Subject.HOURS
    default_severity = Severity.WARN
    settable = (Number("days", gettext_lazy("Most live-in days in a row"), 7, least=1, most=28),)

    @classmethod
    def reach_days(cls, facts: Facts) -> int:
        return cls.numbers_of(facts)["days"] if any(map(facts.lives_in, facts.placements)) else 0

    def is_silent(self, facts: Facts) -> bool:
        return not any(map(facts.lives_in, facts.placements))

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        if not facts.lives_in(placement):
            return None
        on, limit = facts.day(placement), self.numbers["days"]
        length = 1
        for step in (-DAY, DAY):
            near = on + step
            while length <= limit and (work := facts.workday(placement, near)) is not None and work.live_ins:
                length += 1
                near += step
        if length <= limit:
            return None
        return self.finding(
            ngettext(
                "%(caregiver)s would live in for more than %(limit)s day in a row; somebody else takes over first.",
                "%(caregiver)s would live in for more than %(limit)s days in a row; somebody else takes over first.",
                limit,
            )
            % {"caregiver": facts.members[placement.member_id].full_name, "limit": limit}  # type: ignore[index]
        )

    @staticmethod
    def example(stage: Stage) -> None:
        stage.service.name, stage.service.categories = "Live-in care", ["live_in"]
        stage.works(24, *range(-7, 0), live_ins=1)
