"""The rows the rules look at: only what a rule asks, as plain tuples that cost nothing to make by the thousand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import NamedTuple

from scheduling.travel import Place


class Busy(NamedTuple):
    """A live visit that holds a caregiver's time."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    visit_id: int
    client_id: int
    lives_in: bool = False
    is_remote: bool = False


Around = tuple[Busy | None, Busy | None, Busy | None]


class ClientFact(NamedTuple):
    """What the rules know of a client. `planned`: (category, weekdays or none for every day) of the plan in force,
    read for the clients of the batch only."""

    id: int
    first_name: str
    last_name: str
    status: str
    caregiver_gender: str
    language: str
    caregiver_language: str
    wants_nonsmoker: bool
    has_pets: bool
    has_smoke: bool
    monthly_budget_amount: Decimal | None
    weekly_caregivers_limit: int | None
    planned: list[tuple[str, list[int]]]
    place: Place | None

    @property
    def short_name(self) -> str:
        return f"{self.last_name} {self.first_name[:1]}."

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class RoleFact(NamedTuple):
    """What the rules know of a role."""

    name: str
    scope: list[str]


class MemberFact(NamedTuple):
    """What the rules know of a caregiver."""

    id: int
    first_name: str
    last_name: str
    gender: str
    status: str
    hired_on: dt.date
    left_on: dt.date | None
    weekly_minutes_limit: int
    daily_minutes_limit: int | None
    daily_visits_limit: int | None
    languages: list[str]
    avoids_pets: bool
    avoids_smoke: bool
    smokes: bool
    role: RoleFact

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class AgencyFact(NamedTuple):
    """The agency's settings that rules obey."""

    rule_severities: dict[str, str]
    rule_numbers: dict[str, dict[str, int]]
    matching_weights: dict[str, int]
    travel_speed_kmh: int
    travel_factor: float
    guarantees_time: bool
    asks_for_trainings: bool


class Other(NamedTuple):
    """A further client who shares a visit: with their own service, part of the time and row (None: not made yet)."""

    client_id: int
    service_type_id: int
    weight: int = 1
    visit_id: int | None = None
