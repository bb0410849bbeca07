"""The table of known travel times (TravelLeg): measured, imported, or remembered from a routing service."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

from homecare.clock import now
from scheduling.models import TravelLeg
from scheduling.travel.times import Cell, Leg

KNOWN = """
SELECT origin_latitude, origin_longitude, destination_latitude, destination_longitude, minutes
FROM scheduling_travelleg
JOIN unnest(%s::int[], %s::int[], %s::int[], %s::int[]) AS asked(a, b, c, d)
  ON origin_latitude = a AND origin_longitude = b AND destination_latitude = c AND destination_longitude = d
"""
FIELDS = ("origin_latitude", "origin_longitude", "destination_latitude", "destination_longitude")


class Matrix:
    """Reads and keeps legs. One statement each, however many legs."""

    is_service = False

    def read(self, legs: set[Leg]) -> dict[Leg, int]:
        columns = [list(column) for column in zip(*((*start, *end) for start, end in legs), strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(KNOWN, columns)
            rows = cursor.fetchall()
        return {(Cell(a, b), Cell(c, d)): minutes for a, b, c, d, minutes in rows}

    def keep(self, found: Mapping[Leg, int], *, source: str) -> None:
        """Remembers the legs; a newer measurement replaces the older one. In key order, so that two never deadlock."""
        moment = now()
        rows = [
            TravelLeg(
                **dict(zip(FIELDS, (*start, *end), strict=True)), minutes=minutes, source=source, measured_at=moment
            )
            for (start, end), minutes in sorted(found.items())
        ]
        TravelLeg.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=FIELDS,
            update_fields=["minutes", "source", "measured_at"],
            batch_size=1000,
        )
