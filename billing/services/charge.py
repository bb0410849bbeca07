"""Approved visits become charges, each exactly once; what cannot be charged stays on the list with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from billing.models import Charge, Payer, Rate
from billing.pricing import WaitsFor, priced
from billing.units import quantity
from clients.models import Client
from homecare.accounts.models import User
from homecare.audit.services.event import build, record_many
from homecare.money import line_amount
from scheduling.models import Visit

BATCH = 1000


def uncharged(visits: QuerySet[Visit] | None = None) -> QuerySet[Any]:
    """Approved visits of billable services without a live charge, with payer, rate and `waits_for`; one query."""
    rows = Visit.objects.all() if visits is None else visits
    return priced(rows.billable().filter(uncharged__isnull=False))  # type: ignore[attr-defined]


def make_charges(visits: Iterable[Visit] | None = None, *, by: User) -> list[Charge]:
    """Charges these visits, or all that wait, by the primary coverage and the rate in force on the service day.

    Visits that are not approved, already charged, held, or lack a coverage, rate or authorization are passed over; they
    stand on the unbilled list with the reason. A constant number of queries for each 1,000 visits; harmless twice.
    """
    if visits is None:
        waiting = Visit.objects.billable().filter(uncharged__isnull=False)
        pks = list(waiting.order_by("pk").values_list("pk", flat=True))
    else:
        pks = sorted(visit.pk for visit in visits)
    made: list[Charge] = []
    for start in range(0, len(pks), BATCH):
        made += _charge_batch(pks[start : start + BATCH], by)
    return made


@transaction.atomic
def _charge_batch(pks: list[int], by: User) -> list[Charge]:
    """Locks first, reads afterwards: a twin waits for the lock and then finds nothing left to charge."""
    _hold_payers()
    locked = Visit.objects.select_for_update(of=("self",)).filter(pk__in=pks, status=Visit.Status.APPROVED)
    taken = list(locked.order_by("pk").values_list("pk", flat=True))
    rows = uncharged(Visit.objects.filter(pk__in=taken)).filter(waits_for=WaitsFor.NOTHING)
    ready = list(rows.only("client_id", "approved_minutes").order_by("pk"))
    clients = Client.objects.only("branch_id").in_bulk({visit.client_id for visit in ready})
    rates = Rate.objects.in_bulk({visit.rate_pk for visit in ready})
    payers = Payer.objects.in_bulk({visit.payer_pk for visit in ready})
    charges = Charge.objects.bulk_create(
        _charge(visit, clients[visit.client_id], payers[visit.payer_pk], rates[visit.rate_pk]) for visit in ready
    )
    record_many([build("charge.made", charge, by=by, changes={"amount": charge.amount}) for charge in charges])
    return charges


def _hold_payers() -> None:
    """What payers ask for stays as it is until these charges are made; others may read and charge meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM billing_payer ORDER BY id FOR SHARE")


def _charge(visit: Any, client: Client, payer: Payer, rate: Rate) -> Charge:
    """One visit's charge, not saved; keeps the price of today whatever the rate becomes later."""
    units = quantity(visit.approved_minutes, rate.unit, payer.rounding)
    return Charge(
        visit=visit,
        client=client,
        payer=payer,
        rate=rate,
        service_on=visit.service_on,
        minutes=visit.approved_minutes,
        quantity=units,
        unit=rate.unit,
        unit_rate=rate.amount_rate,
        amount=line_amount(units, rate.amount_rate),
        rounding=payer.rounding,
        code=rate.code,
        modifiers=rate.modifiers,
    )
