"""Routing services an agency may run or subscribe to: OSRM's table and Valhalla's matrix of sources to targets.

Only rounded coordinates leave the house, never a name or a number of a person. A service that does not answer in time
is left alone for a minute and the straight line takes its place, so that nobody waits for it twice.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, NamedTuple
from urllib.error import URLError
from urllib.request import Request, urlopen

from scheduling.travel.matrix import Matrix
from scheduling.travel.times import Cell, Leg

logger = logging.getLogger(__name__)
REST_SECONDS = 60
# OSRM answers tables of at most 100 places and Valhalla of at most 50 × 50 unless its owner allows more.
MOST_PLACES = 49
LONGEST_ANSWER = 5_000_000


class Star(NamedTuple):
    """Ways between one place and several: all begin at the hub (`outward`), or all end there."""

    hub: Cell
    others: list[Cell]
    outward: bool

    def leg(self, other: Cell) -> Leg:
        return (self.hub, other) if self.outward else (other, self.hub)


def stars(legs: set[Leg]) -> Iterator[Star]:
    """The legs as few stars around the places that occur most: a client with many caregivers is one or two."""
    count = Counter(cell for leg in legs for cell in leg)
    around: dict[tuple[Cell, bool], list[Cell]] = defaultdict(list)
    for start, end in sorted(legs):
        if count[start] >= count[end]:
            around[start, True].append(end)
        else:
            around[end, False].append(start)
    for (hub, outward), others in around.items():
        for first in range(0, len(others), MOST_PLACES):
            yield Star(hub, others[first : first + MOST_PLACES], outward)


class RoutingService:
    """A service reached over HTTP. Subclasses say how it is asked and what its answer means."""

    name: ClassVar[str]
    is_service = True
    _rests_until: ClassVar[dict[str, float]] = {}

    def __init__(self, url: str, timeout_seconds: float, matrix: Matrix) -> None:
        self.url, self.timeout_seconds, self.matrix = url.rstrip("/"), timeout_seconds, matrix

    def read(self, legs: set[Leg]) -> dict[Leg, int]:
        found: dict[Leg, int] = {}
        if time.monotonic() < self._rests_until.get(self.url, 0):
            return found
        try:
            for star in stars(legs):
                seconds = self.seconds(star)
                found |= {
                    star.leg(other): math.ceil(value / 60)
                    for other, value in zip(star.others, seconds, strict=True)
                    if value is not None
                }
        except (URLError, OSError, ValueError, KeyError, TypeError, IndexError) as error:
            self._rests_until[self.url] = time.monotonic() + REST_SECONDS
            logger.warning(
                "travel times: %s did not answer (%s); straight lines for %s s",
                self.name,
                type(error).__name__,
                REST_SECONDS,
            )
        if found:
            self.matrix.keep(found, source=self.name)
        return found

    def seconds(self, star: Star) -> Sequence[float | None]:
        """Seconds of each way of the star in the order of its places, None for a way it does not know."""
        raise NotImplementedError

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The service's JSON answer. Only http and https are spoken; the address is the operator's own setting."""
        if not self.url.startswith(("http://", "https://")):
            raise ValueError("TRAVEL_URL begins with http:// or https://")
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data=data, headers={"Content-Type": "application/json"})  # noqa: S310
        with urlopen(request, timeout=self.timeout_seconds) as answer:  # noqa: S310
            return json.loads(answer.read(LONGEST_ANSWER))


class Osrm(RoutingService):
    """Open Source Routing Machine, `/table/v1`: longitudes first, durations in seconds."""

    name = "osrm"

    def seconds(self, star: Star) -> Sequence[float | None]:
        places = [cell.place for cell in (star.hub, *star.others)]
        points = ";".join(f"{longitude:.3f},{latitude:.3f}" for latitude, longitude in places)
        rest = ";".join(str(number) for number in range(1, len(places)))
        sources, destinations = ("0", rest) if star.outward else (rest, "0")
        answer = self.ask(
            f"/table/v1/driving/{points}?sources={sources}&destinations={destinations}&annotations=duration"
        )
        rows = answer["durations"]
        return list(rows[0]) if star.outward else [row[0] for row in rows]


class Valhalla(RoutingService):
    """Valhalla, `/sources_to_targets`: times in seconds."""

    name = "valhalla"

    def seconds(self, star: Star) -> Sequence[float | None]:
        hub, others = [self._point(star.hub)], [self._point(cell) for cell in star.others]
        sources, targets = (hub, others) if star.outward else (others, hub)
        answer = self.ask("/sources_to_targets", {"sources": sources, "targets": targets, "costing": "auto"})
        rows = answer["sources_to_targets"]
        cells = rows[0] if star.outward else [row[0] for row in rows]
        return [cell["time"] for cell in cells]

    @staticmethod
    def _point(cell: Cell) -> dict[str, float]:
        latitude, longitude = cell.place
        return {"lat": latitude, "lon": longitude}


SERVICES: dict[str, type[RoutingService]] = {service.name: service for service in (Osrm, Valhalla)}
