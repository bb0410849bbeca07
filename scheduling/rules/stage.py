"""A made-up visit on which each rule shows what it says: for the page of rules and for docs/rules.md.

Nothing here is read from or written to the database. A rule's `example(stage)` changes the people, the visit or the
caregiver's week until the rule speaks; the sentence is the rule's own.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from homecare.accounts.models import Branch
from scheduling.fact_rows import AgencyFact, Busy, ClientFact, MemberFact, RoleFact
from scheduling.facts import Facts
from scheduling.models import ServiceType
from scheduling.placement import Placement, Rule
from scheduling.workdays import Workday
from staff.models import TaskCategory

MONDAY = dt.date(2026, 12, 7)
NINE = dt.datetime(2026, 12, 7, 14, tzinfo=dt.UTC)  # 09:00 in Boston
HOUR = dt.timedelta(hours=1)
CLIENT, NEIGHBOUR, MEMBER = 1, 2, 1


class Stage:
    """Ben Silva, personal support worker, is to visit Rosa Lopez in Boston on Mon 7 Dec 2026, 09:00–10:00."""

    def __init__(self) -> None:
        self.placement = Placement("example", 1, CLIENT, 1, NINE, NINE + HOUR, member_id=MEMBER, visit_id=1)
        self.branch = Branch(pk=1, name="Boston", time_zone="America/New_York", state="MA")
        self.service = ServiceType(pk=1, name="Personal care", categories=[TaskCategory.PERSONAL_CARE])
        self.agency = AgencyFact({}, {}, {}, 30, 1.0, False, True)
        role = RoleFact("Personal support worker", [TaskCategory.PERSONAL_CARE, TaskCategory.LIVE_IN])
        self.member = MemberFact(
            MEMBER, "Ben", "Silva", "male", "active", dt.date(2020, 1, 1), None, 40 * 60,
            None, None, ["en"], False, False, False, role,
        )  # fmt: skip
        self.client = self._client(CLIENT, "Rosa", "Lopez", (42.36, -71.06))
        self.neighbour = self._client(NEIGHBOUR, "Ruth", "Mensah", (42.45, -71.06))
        self.busy: list[Busy] = []
        self.days: dict[dt.date, Workday] = {}
        self.data: Any = None

    @staticmethod
    def _client(pk: int, first_name: str, last_name: str, place: tuple[float, float]) -> ClientFact:
        return ClientFact(pk, first_name, last_name, "active", "", "en", "", False, False, False, None, None, [], place)

    def works(self, hours: float, *days: int, visits: int = 1, live_ins: int = 0) -> None:
        """The caregiver works so many hours on these days, counted from the Monday of the visit."""
        minutes = int(hours * 60)
        for day in days:
            self.days[MONDAY + dt.timedelta(days=day)] = Workday(minutes, minutes if live_ins else 0, visits, live_ins)

    def visits_neighbour(self, starts_at: dt.datetime, ends_at: dt.datetime) -> None:
        """The caregiver also visits Ruth Mensah then."""
        self.busy = [Busy(starts_at, ends_at, 2, NEIGHBOUR)]

    def facts(self) -> Facts:
        facts = Facts([self.placement])
        facts.agency = self.agency
        facts.branches = {1: self.branch}
        facts.service_types = {1: self.service}
        facts.members = {MEMBER: self.member}
        facts.clients = {CLIENT: self.client, NEIGHBOUR: self.neighbour}
        facts.busy = defaultdict(list, {MEMBER: self.busy})
        facts.workdays = facts.workdays_before = facts.workdays_after = defaultdict(dict, {MEMBER: self.days})
        return facts


def example_of(rule: type[Rule]) -> str:
    """What the rule says against its own example."""
    stage = Stage()
    rule.example(stage)
    facts = stage.facts()
    staged = rule.__new__(rule)
    staged.severity, staged.numbers, staged.data = str(rule.default_severity), rule.numbers_of(facts), stage.data
    finding = staged.judge(stage.placement, facts)
    return finding.sentence if finding is not None else ""
