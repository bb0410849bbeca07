"""Who regularly visits whom: nobody in two places, most ways short."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from math import cos, hypot, radians

from clients.models import CaregiverPreference, Client
from homecare.demo.agency import Setting
from scheduling.models import ServiceType
from staff.models import Member

# Start and minutes of the turns of a caregiver's day; half an hour or more between them for the way.
TURNS = [
    (dt.time(7, 30), 60),
    (dt.time(9, 0), 60),
    (dt.time(10, 30), 90),
    (dt.time(13, 0), 60),
    (dt.time(14, 30), 90),
    (dt.time(16, 30), 60),
    (dt.time(18, 0), 60),
]
DAYS = [(0, 2, 4), (1, 3), (0, 1, 2, 3, 4), (0, 1, 2, 3, 4, 5, 6), (1, 3, 5), (0, 3), (5, 6)]
BYDAY = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


@dataclass
class Pattern:
    """One future Schedule: which days and turn, and whose it is; nobody's when left open on purpose."""

    client: Client
    service: ServiceType
    days: tuple[int, ...]
    turn: int
    interval: int = 1
    member: Member | None = None

    @property
    def rule(self) -> str:
        every = f"INTERVAL={self.interval};" if self.interval > 1 else ""
        return f"FREQ=WEEKLY;{every}BYDAY={','.join(BYDAY[day] for day in self.days)}"

    @property
    def start_time(self) -> dt.time:
        return TURNS[self.turn][0]

    @property
    def minutes(self) -> int:
        return TURNS[self.turn][1]


@dataclass
class Rota:
    """Free turns of every caregiver and the patterns given out so far."""

    members: list[Member]
    places: dict[int, tuple[float, float]]
    excluded: set[tuple[int, int]]
    taken: dict[int, set[tuple[int, int]]] = field(default_factory=lambda: defaultdict(set))
    load: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    patterns: list[Pattern] = field(default_factory=list)

    def candidates(self, pattern: Pattern) -> list[Member]:
        """Free, able and near enough, the best first."""
        wanted = {(day, pattern.turn) for day in pattern.days}
        categories = set(pattern.service.categories)
        here = self.places[pattern.client.pk]
        able = [
            member
            for number, member in enumerate(self.members)
            if member.branch_id == pattern.client.branch_id
            and member.role.may_do(categories)
            and not (number % 3 == 1 and max(pattern.days) > 4)
            and not wanted & self.taken[member.pk]
            and self.load[member.pk] + pattern.minutes * len(pattern.days) <= member.weekly_minutes_limit - 120
            and (pattern.client.pk, member.pk) not in self.excluded
        ]
        return sorted(
            able, key=lambda m: (kilometres(here, (m.latitude or 0, m.longitude or 0)) // 4, self.load[m.pk], m.pk)
        )

    def give(self, pattern: Pattern) -> None:
        best = self.candidates(pattern)
        if best:
            pattern.member = best[0]
            self.taken[best[0].pk] |= {(day, pattern.turn) for day in pattern.days}
            self.load[best[0].pk] += pattern.minutes * len(pattern.days)
        self.patterns.append(pattern)


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Flat-earth distance, good enough within a town."""
    return hypot(a[0] - b[0], (a[1] - b[1]) * cos(radians(a[0]))) * 111.2


def build_rota(setting: Setting, clients: list[Client], members: list[Member]) -> Rota:
    """One or two daily patterns a client; every twentieth is left open; each fifth client sees a nurse or therapist."""
    places = {c.pk: (a.latitude or 0.0, a.longitude or 0.0) for c in clients for a in c.addresses.all()}
    excluded = set(CaregiverPreference.objects.filter(kind="excluded").values_list("client_id", "member_id"))
    rota = Rota(members, places, excluded)
    services = {service.code: service for service in ServiceType.objects.all()}
    random = setting.random
    for number, client in enumerate(clients):
        days, turn = DAYS[number % len(DAYS)], random.randrange(len(TURNS))
        code = random.choice(["PC", "PC", "PC", "HOME", "COMP", "HHA"])
        daily = Pattern(client, services[code], days, turn)
        rota.patterns.append(daily) if number % 20 == 19 else rota.give(daily)
        if number % 5 in (1, 3):
            rota.give(Pattern(client, services["PC"], days, (turn + 3) % len(TURNS)))
        if number % 5 == 0:
            rota.give(
                Pattern(
                    client, services["SN" if number % 10 else "PT"], (number % 5,), (turn + 5) % len(TURNS), interval=2
                )
            )
    return rota
