"""Creating visits with all rules, racing for one hour, materialising patterns, clocking in."""

from __future__ import annotations

import datetime as dt
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from bench.measure import Figure, ratio, sample
from clients.models import Client
from homecare.accounts.models import User
from homecare.errors import DomainError
from scheduling.models import Schedule, ServiceType, Visit
from scheduling.services.clock import Position, clock_in
from scheduling.services.schedule import create_schedule, extend_schedules
from scheduling.services.visit import create_visit
from staff.models import Credential, Member

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
    return [create_figure(), flat_figure(), race_figure(), throughput_figure(), materialise_figure(), clock_figure()]
