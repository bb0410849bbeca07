"""Straight-line distance, and how long it takes at the agency's speed with its road factor."""

from __future__ import annotations

import math

Place = tuple[float, float]
EARTH_KM = 6371.0088


def kilometres(start: Place, end: Place) -> float:
    """Great-circle distance (haversine, mean earth radius) between (latitude, longitude) pairs."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*start, *end))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, half)))


def minutes(start: Place | None, end: Place | None, speed_kmh: int, factor: float = 1.0) -> int | None:
    """Whole minutes of travel, rounded up; None when a place is unknown. `factor`: roads against the straight line."""
    if start is None or end is None or speed_kmh <= 0:
        return None
    return math.ceil(kilometres(start, end) * factor * 60 / speed_kmh)
