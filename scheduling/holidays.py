"""What a coming holiday means: who is visited, whose pattern skips it, who is away, who worked the last ones."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import or_
from typing import Any

from django.db.models import Q

from homecare.accounts.models import Holiday
from homecare.clock import day_bounds, local_date
from scheduling.models import HolidayAnswer, Schedule, Visit
from scheduling.services.materialise import patterns_of
from staff.models import Member, TimeOff

LOOKED_BACK = dt.timedelta(days=400)
WORKED = (Visit.Status.IN_PROGRESS, Visit.Status.COMPLETED, Visit.Status.APPROVED)


@dataclass(frozen=True)
class ClientDay:
    """One client's visits on the holiday and what they answered."""

    client: Any
    visits: list[Visit]
    answer: HolidayAnswer | None


@dataclass(frozen=True)
class Share:
    """How often a caregiver worked the last holidays, and how many visits they have on this one."""

    member: Member
    worked: int
    visits: int
    time_off: TimeOff | None


@dataclass
class HolidayPlan:
    """One holiday of a branch as a person sees it; a fixed number of queries."""

    holiday: Holiday
    user: Any

    @property
    def zone(self) -> str:
        return self.holiday.branch.time_zone

    @cached_property
    def visits(self) -> list[Visit]:
        """Live visits that start on the day."""
        starts_at, ends_at = day_bounds(self.holiday.on, self.zone)
        rows = Visit.objects.visible_to(self.user).live().filter(branch=self.holiday.branch_id)
        rows = rows.filter(starts_at__gte=starts_at, starts_at__lt=ends_at)
        return list(rows.with_people().order_by("client__last_name", "client__first_name", "starts_at"))

    @cached_property
    def answers(self) -> dict[int, HolidayAnswer]:
        rows = HolidayAnswer.objects.visible_to(self.user).filter(holiday=self.holiday)
        return {row.client_id: row for row in rows.select_related("by", "client")}

    @cached_property
    def clients(self) -> list[ClientDay]:
        """Who is visited that day, and who said no."""
        theirs: dict[Any, list[Visit]] = defaultdict(list)
        for visit in self.visits:
            theirs[visit.client].append(visit)
        for answer in self.answers.values():
            theirs.setdefault(answer.client, [])
        found = [ClientDay(client, rows, self.answers.get(client.pk)) for client, rows in theirs.items()]
        return sorted(found, key=lambda row: (row.client.last_name, row.client.first_name, row.client.pk))

    @cached_property
    def skipping(self) -> list[Schedule]:
        """Patterns that would take place that day but skip holidays."""
        rows = Schedule.objects.visible_to(self.user).active().filter(client__branch=self.holiday.branch_id)
        schedules = list(rows.filter(skips_holidays=True).select_related("client__branch", "service_type"))
        patterns = patterns_of(schedules)
        day = self.holiday.on
        plain = ((row, replace(patterns[row.pk], skipped=frozenset())) for row in schedules)
        return [row for row, pattern in plain if list(pattern.days(day, day))]

    @cached_property
    def last_ones(self) -> list[Holiday]:
        """The holidays of the branch in the thirteen months before."""
        rows = Holiday.objects.visible_to(self.user).filter(branch=self.holiday.branch_id)
        return list(rows.filter(on__lt=self.holiday.on, on__gte=self.holiday.on - LOOKED_BACK).order_by("on"))

    @cached_property
    def time_off(self) -> dict[int, TimeOff]:
        """member → what they asked for that day and nobody declined."""
        starts_at, ends_at = day_bounds(self.holiday.on, self.zone)
        open_ones = [TimeOff.Status.REQUESTED, TimeOff.Status.APPROVED]
        rows = TimeOff.objects.visible_to(self.user).filter(
            member__branch=self.holiday.branch_id, status__in=open_ones, starts_at__lt=ends_at, ends_at__gt=starts_at
        )
        return {row.member_id: row for row in rows}

    @cached_property
    def shares(self) -> list[Share]:
        """Every active caregiver: who worked most of the last holidays first."""
        worked: dict[int, set[dt.date]] = defaultdict(set)
        days = [row.on for row in self.last_ones]
        if days:
            spans = (day_bounds(day, self.zone) for day in days)
            on_them = reduce(or_, (Q(starts_at__gte=first, starts_at__lt=last) for first, last in spans))
            rows = Visit.objects.visible_to(self.user).filter(on_them, branch=self.holiday.branch_id)
            found = rows.filter(status__in=WORKED, caregiver__isnull=False).order_by()
            for member, starts_at in found.values_list("caregiver_id", "starts_at"):
                worked[member].add(local_date(starts_at, self.zone))
        planned = Counter(visit.caregiver_id for visit in self.visits if visit.leader_id is None)
        members = Member.objects.visible_to(self.user).active().filter(branch=self.holiday.branch_id)
        shares = [
            Share(row, len(worked[row.pk]), planned[row.pk], self.time_off.get(row.pk))
            for row in members.select_related("role")
        ]
        return sorted(shares, key=lambda row: (-row.worked, -row.visits, row.member.last_name, row.member.pk))
