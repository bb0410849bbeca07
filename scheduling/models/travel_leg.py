from __future__ import annotations

from django.db import models
from django.utils import timezone


class TravelLeg(models.Model):
    """How long the way from one cell of the map to another takes: a cell is a place rounded to 0.001° (about 100 m).

    Measured by the agency, imported (`import_travel_times`), or remembered from a routing service. Latitudes and
    longitudes are kept in thousandths of a degree, so that equal cells are equal numbers.
    """

    origin_latitude = models.IntegerField()
    origin_longitude = models.IntegerField()
    destination_latitude = models.IntegerField()
    destination_longitude = models.IntegerField()
    minutes = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=20, help_text="imported, osrm or valhalla")
    measured_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["origin_latitude", "origin_longitude", "destination_latitude", "destination_longitude"],
                name="travel_leg_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.minutes} min ({self.source})"
