"""Materialising patterns, and saving a whole series."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace

from django.db.models import F
from django.utils import timezone

from bench.cast import FAR, rolled_back, the_cast
from bench.measure import Figure, ratio
from scheduling.models import Schedule, Visit
from scheduling.services.schedule import create_schedule, extend_schedules
from staff.models import Member


def materialise_figure(patterns: int = 40) -> Figure:
    """The nightly sweep: twelve weeks of daily patterns with their regular caregivers, all rules asked.

    The floor inserts the same rows bare.
    """
    from scheduling.pattern import Assignment

    by, client, _member, service = the_cast()
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

    rolled_back(full)()
    began = time.perf_counter()
    rolled_back(bare)()
    floor = time.perf_counter() - began
    return Figure(
        "materialise patterns",
        f"{made / spent:,.0f} visits/s ({made} in {spent:.1f} s, {cpu:.1f} s CPU)",
        f"{made / floor:,.0f}/s (bulk insert)",
        ratio(spent, floor),
        "≥ 3,000/s",
        made / spent >= 3000,
    )


def series_figure() -> Figure:
    """A daily pattern of twelve weeks changes its hour: 84 visits judged, written and recorded in one transaction.

    The floor is one UPDATE of the same rows.
    """
    from scheduling.pattern import Assignment
    from scheduling.series import Scope
    from scheduling.services.materialise import patterns_of
    from scheduling.services.schedule_edit import edit_schedule

    by, client, _member, service = the_cast()
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
        rolled_back(full)()
    best, floor = min(spent), min(floors)
    return Figure(
        "save a series of 84 visits, all rules",
        f"{best * 1000:.0f} ms",
        f"{floor * 1000:.0f} ms (one UPDATE)",
        ratio(best, floor),
        "≤ 1 s",
        best <= 1,
    )
