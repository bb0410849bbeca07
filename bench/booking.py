"""Creating visits with all rules, racing for one hour, materialising patterns, clocking in."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, connection, connections, transaction
from django.db.models import F
from django.utils import timezone

from bench.measure import Figure, ratio, sample
from clients.models import Client
from homecare.accounts.models import User
from homecare.errors import DomainError
from scheduling.matching import suggest_for_visit
from scheduling.models import Schedule, ServiceType, Visit
from scheduling.placement import Placement, judge_placement, rule_classes
from scheduling.services.clock import Position, clock_in
from scheduling.services.schedule import create_schedule, extend_schedules
from scheduling.services.visit import create_visit
from staff.models import Availability, Credential, Member

FAR = dt.datetime(2031, 3, 3, 14, tzinfo=dt.UTC)  # a Monday 09:00 in Boston, long after the demo's horizon
HOUR = dt.timedelta(hours=1)


def _cast() -> tuple[User, Client, Member, ServiceType]:
    client = Client.objects.active().order_by("pk")[1]
    member = Member.objects.filter(branch=client.branch, role__code="PSW").order_by("pk")[0]
    return User.objects.get(email__startswith="coordinator@"), client, member, ServiceType.objects.get(code="PC")


class Undone(Exception):
    """Ends a measured transaction without keeping its rows."""


def _book(moment: dt.datetime, cast: tuple[User, Client, Member, ServiceType]) -> Visit:
    by, client, member, service = cast
    return create_visit(
        client,
        service_type=service,
        starts_at=moment,
        ends_at=moment + HOUR,
        caregiver=member,
        by=by,
        override_reason="Measured",
    )


def _rolled_back(call):  # type: ignore[no-untyped-def]
    def once() -> None:
        try:
            with transaction.atomic():
                call()
                raise Undone
        except Undone:
            pass

    return once


def create_figure() -> Figure:
    _by, client, member, service = cast = _cast()
    row = {
        "client": client,
        "branch": client.branch,
        "service_type": service,
        "caregiver": member,
        "starts_at": FAR,
        "ends_at": FAR + HOUR,
    }
    full = sample(_rolled_back(lambda: _book(FAR, cast)), 60)
    floor = sample(_rolled_back(lambda: Visit.objects.create(**row)), 60)
    return Figure(
        "create a visit, all rules",
        f"{full.best:.1f} ms CPU ({full.cpu:.1f} median), {full.queries} queries",
        f"{floor.best:.1f} ms (insert and constraint)",
        ratio(full.best, floor.best),
        "≤ 5 ms CPU",
        full.best <= 5,
    )


def flat_figure() -> Figure:
    """The same booking for a caregiver whose year is full and for one with hardly a row."""
    by, client, member, service = _cast()
    others = Member.objects.filter(branch=client.branch, role__code="PSW").order_by("pk")
    empty = others.exclude(visits__isnull=False).first() or others.last()
    busy = sample(_rolled_back(lambda: _book(FAR, (by, client, member, service))), 40)
    idle = sample(_rolled_back(lambda: _book(FAR, (by, client, empty, service))), 40)
    return Figure(
        "… busy caregiver against idle one",
        f"{busy.best:.1f} ms CPU",
        f"{idle.best:.1f} ms",
        ratio(busy.best, idle.best),
        "flat: ≤ 1.5×",
        busy.best <= 1.5 * idle.best,
    )


def race_figure(rounds: int = 5, racers: int = 20) -> Figure:
    """Twenty connections want the same caregiver's hour."""
    cast, clean = _cast(), 0

    def run(start: threading.Barrier, outcomes: list[str]) -> None:
        start.wait()
        try:
            _book(FAR, cast)
            outcomes.append("won")
        except DomainError:
            outcomes.append("refused")
        except IntegrityError:
            outcomes.append("broken")
        finally:
            connections.close_all()

    for _round in range(rounds):
        barrier, outcomes = threading.Barrier(racers), []  # type: ignore[var-annotated]
        threads = [threading.Thread(target=run, args=(barrier, outcomes)) for _ in range(racers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        clean += outcomes.count("won") == 1 and outcomes.count("refused") == racers - 1
        Visit.objects.filter(starts_at=FAR).delete()
    return Figure(
        f"{racers} race for one hour, {rounds} rounds",
        f"{clean} of {rounds} with 1 winner, {racers - 1} clean refusals",
        "",
        "",
        "every time",
        clean == rounds,
    )


def _worker(numbers: tuple[int, int]) -> int:
    """One process of the throughput figure: half the clients, each booking its own caregivers' hours."""
    first, count = numbers
    connections.close_all()
    by, client, _member, service = _cast()
    members = list(Member.objects.filter(branch=client.branch, role__code="PSW").order_by("pk")[:16])

    def book(number: int) -> int:
        try:
            moment = FAR + dt.timedelta(days=7 + number // 8, hours=number % 8)
            _book(moment, (by, client, members[(first + number) % len(members)], service))
            return 1
        except DomainError:
            return 0

    with ThreadPoolExecutor(8, initializer=lambda: None) as pool:
        return sum(pool.map(book, range(first, first + count)))


def throughput_figure(total: int = 480) -> Figure:
    """Sixteen clients (two processes of eight threads, as two gunicorn workers would be)."""
    connections.close_all()
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_worker, [(100000, 8), (200000, 8)]))  # processes and connections warm
        began = time.perf_counter()
        booked = sum(pool.map(_worker, [(0, total // 2), (total // 2, total // 2)]))
        seconds = time.perf_counter() - began
    overlaps = _overlaps()
    Visit.objects.filter(starts_at__gte=FAR).delete()
    rate = booked / seconds
    return Figure(
        "bookings, 16 clients", f"{rate:.0f}/s, {overlaps} overlaps", "", "", "≥ 100/s, 0", rate >= 100 and not overlaps
    )


def _overlaps() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM scheduling_visit a JOIN scheduling_visit b"
            " ON a.caregiver_id = b.caregiver_id AND a.id < b.id"
            " AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at WHERE a.starts_at >= %s",
            [FAR],
        )
        return int(cursor.fetchone()[0])


def materialise_figure(patterns: int = 40) -> Figure:
    """The nightly sweep: twelve weeks of daily patterns with their regular caregivers, all rules asked.

    The floor inserts the same rows bare.
    """
    from scheduling.pattern import Assignment

    by, client, _member, service = _cast()
    able = Member.objects.filter(branch=client.branch, role__code="PSW").exclude(availability=None).order_by("pk")
    members = list(able[:patterns])
    made, spent, cpu = 0, 0.0, 0.0

    def full() -> None:
        nonlocal made, spent, cpu
        for member in members:
            result = create_schedule(
                client,
                service_type=service,
                rule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU",
                starts_on=timezone.now().date() + dt.timedelta(days=1),
                start_time=dt.time(19, 20),
                duration_minutes=30,
                assignments=[Assignment(member.pk)],
                by=by,
                override_reason="Measured",
            )
            Visit.objects.filter(schedule=result.schedule).delete()
            Schedule.objects.filter(pk=result.schedule.pk).update(materialised_until=None)
        began, cpu_began = time.perf_counter(), time.process_time()
        made = extend_schedules(by=by)
        spent, cpu = time.perf_counter() - began, time.process_time() - cpu_began

    def bare() -> None:
        rows = [
            Visit(
                client=client,
                branch=client.branch,
                service_type=service,
                caregiver=member,
                starts_at=FAR + dt.timedelta(days=day),
                ends_at=FAR + dt.timedelta(days=day, minutes=30),
            )
            for member in members
            for day in range(made // len(members))
        ]
        Visit.objects.bulk_create(rows)

    _rolled_back(full)()
    began = time.perf_counter()
    _rolled_back(bare)()
    floor = time.perf_counter() - began
    return Figure(
        "materialise patterns",
        f"{made / spent:,.0f} visits/s ({made} in {spent:.1f} s, {cpu:.1f} s CPU)",
        f"{made / floor:,.0f}/s (bulk insert)",
        ratio(spent, floor),
        "≥ 3,000/s",
        made / spent >= 3000,
    )


def judge_figure() -> Figure:
    """All rules about one placement, read and asked, without writing anything."""
    _by, client, member, service = _cast()
    placement = Placement("x", client.branch_id, client.pk, service.pk, FAR, FAR + HOUR, member.pk)

    def judge() -> None:
        judge_placement(placement, service_types=[service], branches=[client.branch])

    full = sample(judge, 60)
    floor = sample(lambda: Visit.objects.filter(pk=1).first(), 60)
    return Figure(
        f"judge a placement, {len(rule_classes())} rules",
        f"{full.best:.1f} ms CPU ({full.cpu:.1f} median), {full.queries} queries",
        f"{floor.best:.1f} ms (read a visit)",
        ratio(full.best, floor.best),
        "≤ 5 ms CPU",
        full.best <= 5,
    )


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

    _rolled_back(full)()
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


def series_figure() -> Figure:
    """A daily pattern of twelve weeks changes its hour: 84 visits judged, written and recorded in one transaction.

    The floor is one UPDATE of the same rows.
    """
    from scheduling.pattern import Assignment
    from scheduling.series import Scope
    from scheduling.services.materialise import patterns_of
    from scheduling.services.schedule_edit import edit_schedule

    by, client, _member, service = _cast()
    member = Member.objects.filter(branch=client.branch, role__code="PSW").exclude(availability=None).order_by("pk")[0]
    spent: list[float] = []
    floors: list[float] = []

    def full() -> None:
        schedule = create_schedule(
            client,
            service_type=service,
            rule="FREQ=DAILY",
            starts_on=timezone.now().date() + dt.timedelta(days=1),
            start_time=dt.time(19, 20),
            duration_minutes=30,
            assignments=[Assignment(member.pk)],
            by=by,
            override_reason="Measured",
        ).schedule
        pattern = replace(patterns_of([schedule])[schedule.pk], start_time=dt.time(20, 10))
        began = time.perf_counter()
        edit = edit_schedule(schedule, pattern, scope=Scope.ALL, by=by, override_reason="Measured")
        spent.append(time.perf_counter() - began)
        began = time.perf_counter()
        Visit.objects.filter(schedule=edit.schedule).update(ends_at=F("ends_at") + dt.timedelta(minutes=1))
        floors.append(time.perf_counter() - began)

    for _round in range(5):
        _rolled_back(full)()
    best, floor = min(spent), min(floors)
    return Figure(
        "save a series of 84 visits, all rules",
        f"{best * 1000:.0f} ms",
        f"{floor * 1000:.0f} ms (one UPDATE)",
        ratio(best, floor),
        "≤ 1 s",
        best <= 1,
    )


def clock_figure() -> Figure:
    visit = (
        Visit.objects.filter(status="planned", caregiver__user__isnull=False, starts_at__gt=timezone.now())
        .select_related("caregiver__user")
        .order_by("pk")[0]
    )
    member, moment = visit.caregiver, timezone.now()
    where = Position(42.36, -71.06, 12)
    full = sample(_rolled_back(lambda: clock_in(visit, at=moment, by=member.user, member=member, position=where)), 40)
    floor = sample(
        _rolled_back(lambda: visit.clock_events.create(member=member, kind="in", at=moment, recorded_by=member.user)),
        40,
    )
    return Figure(
        "clock in",
        f"{full.best:.1f} ms CPU ({full.cpu:.1f} median), {full.queries} queries",
        f"{floor.best:.1f} ms (insert a punch)",
        ratio(full.best, floor.best),
        "≤ 20 ms CPU",
        full.best <= 20,
    )


def figures() -> list[Figure]:
    # Nobody's papers run out before the measured dates, years after the demo's horizon.
    Credential.objects.exclude(expires_on=None).update(expires_on=dt.date(2099, 12, 31))
    Visit.objects.filter(starts_at__gte=FAR).delete()
    Schedule.objects.filter(starts_on__gte=FAR.date()).delete()
    return [
        judge_figure(),
        create_figure(),
        flat_figure(),
        race_figure(),
        throughput_figure(),
        materialise_figure(),
        series_figure(),
        suggestions_figure(),
        clock_figure(),
    ]
