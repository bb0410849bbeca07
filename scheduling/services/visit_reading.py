"""Vital signs taken during a visit: judged by careplans, linked to the visit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction

from careplans.models import VitalReading
from careplans.services.vital_reading import record_reading
from homecare.accounts.models import User
from scheduling.models import Visit


@transaction.atomic
def record_readings(
    visit: Visit, values: Mapping[str, Decimal], *, by: User, taken_at: dt.datetime
) -> list[VitalReading]:
    """Keeps each value as a reading of the client and links it to the visit; all or none.

    An implausible value is refused (DomainError of `record_reading`); an alert is told to the supervisors there, and
    stands on the returned reading as `alert_text`.
    """
    readings = [record_reading(visit.client, kind, value, taken_at=taken_at, by=by) for kind, value in values.items()]
    visit.readings.add(*readings)
    return readings
