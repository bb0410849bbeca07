"""Which questionnaires fall due: never filled yet, or last filled longer ago than the instrument allows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Max

from careplans.models import Assessment, Instrument
from clients.models import Client
from homecare.accounts.models import User

CARED_FOR = (Client.Status.ASSESSMENT, Client.Status.ACTIVE)


@dataclass(frozen=True)
class DueAssessment:
    """`due_on` is None for a first assessment: it is due now. `days_left` is negative when overdue."""

    client: Client
    instrument: Instrument
    last_on: dt.date | None
    due_on: dt.date | None
    days_left: int


def due_assessments(user: User, today: dt.date, *, within_days: int = 14) -> list[DueAssessment]:
    """Of the clients this person sees: what is due within so many days, first ones first, then by date."""
    instruments = list(Instrument.objects.usable())
    clients = list(Client.objects.visible_to(user).filter(status__in=CARED_FOR).select_related("branch"))
    filled = Assessment.objects.visible_to(user).filter(client__status__in=CARED_FOR).order_by()
    rows = filled.values("client_id", "instrument__code").annotate(last=Max("assessed_on"))
    latest = {(client, code): on for client, code, on in rows.values_list("client_id", "instrument__code", "last")}
    found = [_due(client, one, latest.get((client.pk, one.code)), today) for client in clients for one in instruments]
    soon = [row for row in found if row.days_left <= within_days]
    return sorted(soon, key=lambda row: (row.due_on is not None, row.due_on or today, row.client.last_name))


def _due(client: Client, instrument: Instrument, last_on: dt.date | None, today: dt.date) -> DueAssessment:
    due_on = last_on + dt.timedelta(days=instrument.repeat_days) if last_on else None
    return DueAssessment(client, instrument, last_on, due_on, (due_on - today).days if due_on else 0)
