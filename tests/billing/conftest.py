"""A client whose care is paid for: `covered_client` with a payer, a coverage and a rate for personal care."""

from __future__ import annotations

import datetime as dt

import pytest

from billing.models import Coverage
from tests.factories import (
    ClientFactory,
    CoverageFactory,
    PayerFactory,
    RateFactory,
    ServiceTypeFactory,
    approved_visit,
)

MONDAY = dt.date(2026, 11, 2)


def at(day: dt.date, hour: int = 14) -> dt.datetime:
    """An hour of that day in UTC; 14:00 UTC is 09:00 in Boston in November."""
    return dt.datetime.combine(day, dt.time(hour), tzinfo=dt.UTC)


def cover(client, payer=None, **rate):
    """Coverage and rate for a client; returns the payer."""
    payer = payer or PayerFactory()
    CoverageFactory(client=client, payer=payer)
    if not payer.rates.exists():
        RateFactory(payer=payer, service_type=ServiceTypeFactory(), **rate)
    return payer


@pytest.fixture
def covered_client(branch):
    client = ClientFactory(branch=branch)
    cover(client)
    return client


@pytest.fixture
def payer(covered_client):
    return Coverage.objects.get(client=covered_client).payer


@pytest.fixture
def medicaid(payer):
    """It asks for all six elements of a verified visit."""
    payer.requires_evv = True
    payer.save()
    return payer


@pytest.fixture
def visits_of(caregiver, biller):
    """visits_of(client, 3): so many approved one-hour visits from Monday 2 November 2026, one a day."""

    def make(client, count=1, *, since=MONDAY, hour=14, minutes=60, by=caregiver, **fields):
        return [
            approved_visit(
                by, biller, client=client, starts_at=at(since + dt.timedelta(days=day), hour), minutes=minutes, **fields
            )
            for day in range(count)
        ]

    return make
