"""Which branch lies nearest to a person's home, by straight line on the sphere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

from homecare.accounts.models import Branch

EARTH_KM = 6371.0
Place = tuple[float, float]


@dataclass(frozen=True)
class BranchNearby:
    branch: Branch
    km: float | None

    def __str__(self) -> str:
        return f"{self.branch} ({self.km:.0f} km)" if self.km is not None else str(self.branch)


def kilometres(one: Place, other: Place) -> float:
    """Great-circle distance of two (latitude, longitude) pairs in degrees (haversine)."""
    lat1, lon1, lat2, lon2 = map(radians, (*one, *other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, half)))


def by_distance(branches: Iterable[Branch], home: Place | None) -> list[BranchNearby]:
    """The branches, nearest first; those without coordinates last, in their own order."""
    found = []
    for branch in branches:
        known = home is not None and branch.latitude is not None and branch.longitude is not None
        km = kilometres(home, (branch.latitude, branch.longitude)) if known else None  # type: ignore[arg-type]
        found.append(BranchNearby(branch, km))
    return sorted(found, key=lambda one: (one.km is None, one.km or 0))
