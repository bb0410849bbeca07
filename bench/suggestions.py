"""Suggestions for one visit among many caregivers."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

from django.db import connection

from bench.cast import FAR, HOUR, rolled_back
from bench.measure import Figure, ratio, sample
from clients.models import Client
from scheduling.matching import suggest_for_visit
from scheduling.models import ServiceType, Visit
from staff.models import Availability, Credential, Member


def suggestions_figure(caregivers: int = 500, weeks: int = 4) -> Figure:
    """Everybody of a branch judged and scored for one open visit, each with a full month; undone afterwards.

    The floor reads the caregivers with their roles and nothing else.
    """
    found: list[Any] = []

    def full() -> None:
        client = _crowd(caregivers, weeks)
        visit = Visit.objects.create(
            client=client,
            branch=client.branch,
            service_type=ServiceType.objects.get(code="PC"),
            starts_at=FAR + 4 * HOUR,
            ends_at=FAR + 5 * HOUR,
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE scheduling_visit")
        asked = sample(lambda: suggest_for_visit(visit), 20)
        walls = sorted(_walls(lambda: suggest_for_visit(visit), 20))
        members = Member.objects.active().filter(branch=client.branch).select_related("role")
        found.extend([asked, walls[18], sample(lambda: list(members.all()), 20), len(suggest_for_visit(visit))])

    rolled_back(full)()
    asked, slowest, floor, ranked = found
    return Figure(
        f"suggestions among {ranked} caregivers",
        f"p95 {slowest:.0f} ms, {asked.best:.0f} ms CPU, {asked.queries} queries",
        f"{floor.best:.0f} ms CPU (read the caregivers)",
        ratio(asked.best, floor.best),
        "p95 ≤ 150 ms",
        slowest <= 150,
    )


def _walls(call: Callable[[], object], times: int) -> list[float]:
    """Wall time of each call in ms."""
    walls = []
    for _time in range(times):
        began = time.perf_counter()
        call()
        walls.append((time.perf_counter() - began) * 1000)
    return walls


def _crowd(caregivers: int, weeks: int) -> Client:
    """As many active caregivers in one branch, each available and with four visits on five days of every week."""
    client = Client.objects.active().order_by("pk")[1]
    model = Member.objects.filter(branch=client.branch, role__code="PSW").order_by("pk")[0]
    here = Member.objects.active().filter(branch=client.branch)
    newcomers = Member.objects.bulk_create(
        Member(
            branch=client.branch,
            role_id=model.role_id,
            employee_number=f"B{number:06}",
            first_name="Bench",
            last_name=f"Person{number}",
            hired_on=dt.date(2020, 1, 1),
            latitude=42.3 + number % 50 / 250,
            longitude=-71.1 + number % 47 / 250,
            languages=["en"],
        )
        for number in range(caregivers - here.count())
    )
    Availability.objects.bulk_create(
        Availability(member=member, weekday=day, starts=dt.time(), ends=dt.time(), since=dt.date(2020, 1, 1))
        for member in newcomers
        for day in range(7)
    )
    Credential.objects.bulk_create(
        Credential(member=member, type=kind, issued_on=dt.date(2020, 1, 1))
        for kind in model.role.required_credentials.all()
        for member in newcomers
    )
    clients = list(Client.objects.active().filter(branch=client.branch).values_list("pk", flat=True))
    service = ServiceType.objects.get(code="PC")
    Visit.objects.bulk_create(
        [
            Visit(
                client_id=clients[(number + slot) % len(clients)],
                branch=client.branch,
                service_type=service,
                caregiver_id=pk,
                starts_at=FAR + dt.timedelta(weeks=week - weeks // 2, days=day, hours=2 * slot),
                ends_at=FAR + dt.timedelta(weeks=week - weeks // 2, days=day, hours=2 * slot + 1),
            )
            for number, pk in enumerate(here.order_by("pk").values_list("pk", flat=True))
            for week in range(weeks)
            for day in range(5)
            for slot in (0, 1, 3, 4)
        ],
        batch_size=5000,
    )
    return client
