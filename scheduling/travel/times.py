"""The travel times of one batch of placements, read together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple, Protocol

from django.conf import settings

from scheduling.travel import straight_line
from scheduling.travel.straight_line import Place

PER_DEGREE = 1000


class Cell(NamedTuple):
    """A place rounded to a thousandth of a degree, about 100 m: what is remembered and what leaves the house."""

    latitude: int
    longitude: int

    @classmethod
    def of(cls, place: Place) -> Cell:
        return cls(round(place[0] * PER_DEGREE), round(place[1] * PER_DEGREE))

    @property
    def place(self) -> Place:
        return self.latitude / PER_DEGREE, self.longitude / PER_DEGREE


Leg = tuple[Cell, Cell]
# While a booking holds rows nobody waits for a service on the network: the table and straight lines answer.
_nobody_is_asked: ContextVar[bool] = ContextVar("nobody_is_asked", default=False)


@contextmanager
def without_services() -> Iterator[None]:
    """Inside, travel times come from what is known already; ask before, with a Judge of the same placements."""
    token = _nobody_is_asked.set(True)
    try:
        yield
    finally:
        _nobody_is_asked.reset(token)


class Source(Protocol):
    """Something that knows how long some ways take. `is_service`: it is asked over the network."""

    is_service: bool

    def read(self, legs: set[Leg]) -> dict[Leg, int]:
        """Whole minutes of the legs it knows, all asked at once; never raises for what it does not know."""
        ...


class Times:
    """Minutes from place to place. `prepare` reads what a batch will ask for; unprepared ways are straight lines."""

    def __init__(self, speed_kmh: int, factor: float = 1.0, sources: Iterable[Source] | None = None) -> None:
        self.speed_kmh, self.factor = speed_kmh, factor
        self.sources = list(_configured() if sources is None else sources)
        self._known: dict[Leg, int] = {}
        self._said: dict[tuple[Place, Place], int | None] = {}

    @property
    def needs_preparing(self) -> bool:
        return bool(self.sources)

    def prepare(self, ways: Iterable[tuple[Place | None, Place | None]]) -> None:
        """Asks the sources for all these ways in one go each; nothing to do for the straight line."""
        if not self.sources:
            return
        legs = {(Cell.of(start), Cell.of(end)) for start, end in ways if start is not None and end is not None}
        missing = {leg for leg in legs if leg[0] != leg[1]} - self._known.keys()
        for source in self.sources:
            if not missing:
                return
            if source.is_service and _nobody_is_asked.get():
                continue
            found = source.read(missing)
            self._known |= found
            self._said.clear()
            missing -= found.keys()

    def minutes(self, start: Place | None, end: Place | None) -> int | None:
        """Whole minutes of travel; None when a place is unknown."""
        if start is None or end is None:
            return None
        way = (start, end)
        if way not in self._said:
            found = self._known.get((Cell.of(start), Cell.of(end))) if self._known else None
            straight = straight_line.minutes(start, end, self.speed_kmh, self.factor) if found is None else found
            self._said[way] = straight
        return self._said[way]


def _configured() -> list[Source]:
    """The sources of this installation, the nearest first."""
    if settings.TRAVEL_TIMES == "straight_line":
        return []
    from scheduling.travel.matrix import Matrix
    from scheduling.travel.routing import SERVICES

    matrix = Matrix()
    service = SERVICES.get(settings.TRAVEL_TIMES)
    return [matrix, service(settings.TRAVEL_URL, settings.TRAVEL_TIMEOUT_SECONDS, matrix)] if service else [matrix]
