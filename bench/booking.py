"""Creating visits with all rules, racing for one hour, clocking in; the rest is in patterns.py and suggestions.py."""

from __future__ import annotations

import datetime as dt
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from django.db import IntegrityError, connection, connections
from django.utils import timezone

from bench.cast import FAR, HOUR, book, rolled_back, the_cast
from bench.measure import Figure, ratio, sample
from bench.patterns import materialise_figure, series_figure
from bench.suggestions import suggestions_figure
from homecare.errors import DomainError
from scheduling.models import Schedule, Visit
from scheduling.placement import Placement, judge_placement, rule_classes
from scheduling.services.clock import Position, clock_in
from staff.models import Credential, Member


def create_figure() -> Figure:
    _by, client, member, service = cast = the_cast()
    row = {
        "client": client,
        "branch": client.branch,
        "service_type": service,
        "caregiver": member,
        "starts_at": FAR,
        "ends_at": FAR + HOUR,
    }
    full = sample(rolled_back(lambda: book(FAR, cast)), 60)
    floor = sample(rolled_back(lambda: Visit.objects.create(**row)), 60)
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
    by, client, member, service = the_cast()
    others = Member.objects.filter(branch=client.branch, role__code="PSW").order_by("pk")
    empty = others.exclude(visits__isnull=False).first() or others.last()
    busy = sample(rolled_back(lambda: book(FAR, (by, client, member, service))), 40)
    idle = sample(rolled_back(lambda: book(FAR, (by, client, empty, service))), 40)
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
    cast, clean = the_cast(), 0

    def run(start: threading.Barrier, outcomes: list[str]) -> None:
        start.wait()
        try:
            book(FAR, cast)
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
    by, client, _member, service = the_cast()
    members = list(Member.objects.filter(branch=client.branch, role__code="PSW").order_by("pk")[:16])

    def take(number: int) -> int:
        try:
            moment = FAR + dt.timedelta(days=7 + number // 8, hours=number % 8)
            book(moment, (by, client, members[(first + number) % len(members)], service))
            return 1
        except DomainError:
            return 0

    with ThreadPoolExecutor(8, initializer=lambda: None) as pool:
        return sum(pool.map(take, range(first, first + count)))


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


def judge_figure() -> Figure:
    """All rules about one placement, read and asked, without writing anything."""
    _by, client, member, service = the_cast()
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


def clock_figure() -> Figure:
    visit = (
        Visit.objects.filter(status="planned", caregiver__user__isnull=False, starts_at__gt=timezone.now())
        .select_related("caregiver__user")
        .order_by("pk")[0]
    )
    member, moment = visit.caregiver, timezone.now()
    where = Position(42.36, -71.06, 12)
    full = sample(rolled_back(lambda: clock_in(visit, at=moment, by=member.user, member=member, position=where)), 40)
    floor = sample(
        rolled_back(lambda: visit.clock_events.create(member=member, kind="in", at=moment, recorded_by=member.user)),
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
