"""Assessments, plans in force, medicines and vital signs of the demo clients."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from careplans.models import (
    Assessment,
    CarePlan,
    Goal,
    Instrument,
    MedicationOrder,
    PlannedTask,
    PlanTemplate,
    VitalReading,
)
from careplans.scoring import score_of
from clients.models import Client
from homecare.demo.agency import Setting

MEDICINES = [
    ("Lisinopril 10 MG Oral Tablet", "314076", "1 tablet in the morning"),
    ("Metformin hydrochloride 500 MG Oral Tablet", "861007", "1 tablet with breakfast and supper"),
    ("Furosemide 40 MG Oral Tablet", "313988", "1 tablet in the morning"),
    ("Acetaminophen 325 MG Oral Tablet", "313782", "2 tablets when needed, at most 3 times a day"),
]


def build_plans(setting: Setting, clients: list[Client]) -> dict[int, CarePlan]:
    """One active plan per client from a template for a condition; a few reviews are due or overdue."""
    templates = list(PlanTemplate.objects.all())
    supervisor = setting.users["supervisor"]
    plans: list[CarePlan] = []
    contents: list[dict[str, Any]] = []
    for number, client in enumerate(clients):
        template = templates[number % len(templates)]
        contents.append(template.content)
        plans.append(
            CarePlan(
                client=client,
                version=1,
                template=template,
                summary=f"Help at home ({template.name.lower()}), so that {client.called} stays safe and independent.",
                starts_on=setting.today - dt.timedelta(weeks=setting.weeks_past),
                review_on=setting.today + dt.timedelta(days=(number * 7) % 60 - 4),
                written_by=supervisor,
                activated_by=supervisor,
                activated_at=timezone.now() - dt.timedelta(weeks=setting.weeks_past),
            )
        )
    CarePlan.objects.bulk_create(plans)
    Goal.objects.bulk_create(
        Goal(plan=plan, text=goal["text"][:200], measure=goal.get("measure", "")[:200])
        for plan, content in zip(plans, contents, strict=True)
        for goal in content["goals"]
    )
    PlannedTask.objects.bulk_create(
        PlannedTask(
            plan=plan,
            category=task["category"],
            title=task["title"][:120],
            instructions=task.get("instructions", "")[:400],
            weekdays=task.get("weekdays") or [],
            position=position,
        )
        for plan, content in zip(plans, contents, strict=True)
        for position, task in enumerate(content["tasks"])
    )
    CarePlan.objects.filter(pk__in=[plan.pk for plan in plans]).update(status=CarePlan.Status.ACTIVE)
    return {plan.client_id: plan for plan in plans}


def build_assessments(setting: Setting, clients: list[Client]) -> None:
    """Katz and Lawton of every client, some due again."""
    rows = []
    for instrument in Instrument.objects.usable().filter(code__in=["katz", "lawton"]):
        for number, client in enumerate(clients):
            able = setting.random.uniform(0.2, 1.0)
            answers = {item["code"]: int(setting.random.random() < able) for item in instrument.items}
            result = score_of(instrument.items, instrument.bands, answers)
            rows.append(
                Assessment(
                    client=client,
                    instrument=instrument,
                    assessed_on=setting.today - dt.timedelta(days=(number * 3) % 110),
                    answers=answers,
                    score=result.score,
                    band=result.band,
                    tone=result.tone,
                    assessed_by=setting.users["supervisor"],
                )
            )
    Assessment.objects.bulk_create(rows)


def build_health(setting: Setting, clients: list[Client]) -> None:
    """Medicines, and two blood pressures and a weight a week; one client's pressure rose into an alert."""
    MedicationOrder.objects.bulk_create(
        MedicationOrder(
            client=client, name=name, code=code, dosage=dosage, as_needed="needed" in dosage, ordered_by="Dr. E. Park"
        )
        for number, client in enumerate(clients)
        for name, code, dosage in {
            MEDICINES[number % 4][1]: MEDICINES[number % 4],
            MEDICINES[(number + 1) % 4][1]: MEDICINES[(number + 1) % 4],
        }.values()
    )
    nurse, random, readings = setting.users["supervisor"], setting.random, []
    morning = dt.datetime.combine(setting.today, dt.time(14), dt.UTC)
    for client in clients[: max(12, len(clients) // 5)]:
        base = random.randint(118, 142)
        for day in range(min(setting.weeks_past, 12) * 7, 0, -4):
            taken = morning - dt.timedelta(days=day)
            for kind, value in (
                ("systolic", base + random.randint(-7, 7)),
                ("diastolic", 76 + random.randint(-6, 6)),
                ("heart_rate", 72 + random.randint(-8, 9)),
                ("weight", 70 + random.randint(-1, 1)),
            ):
                readings.append(
                    VitalReading(client=client, kind=kind, value=Decimal(value), taken_at=taken, recorded_by=nurse)
                )
    readings.append(
        VitalReading(
            client=clients[0],
            kind="diastolic",
            value=Decimal(94),
            taken_at=morning - dt.timedelta(hours=20),
            recorded_by=nurse,
        )
    )
    readings.append(
        VitalReading(
            client=clients[0],
            kind="systolic",
            value=Decimal(172),
            taken_at=morning - dt.timedelta(hours=20),
            recorded_by=nurse,
            is_alert=True,
            alert_text="Systolic pressure 172 mmHg is above 160.",
        )
    )
    VitalReading.objects.bulk_create(readings, batch_size=2000)


def reset_numbers() -> None:
    """Chart numbers given by hand must not be given again by the sequence, where one exists."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('clients_client_number')")
        if cursor.fetchone()[0]:
            cursor.execute("SELECT setval('clients_client_number', greatest((SELECT count(*) FROM clients_client), 1))")
