"""Marks on a map that would cover each other are drawn apart, each as near to its place as there is room."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple


class Point(NamedTuple):
    x: int
    y: int


class Size(NamedTuple):
    width: int
    height: int


FARTHEST = 90
"""So many units from its place room is looked for; farther away a mark would lie."""


def spread(places: Sequence[Point], mark: Size, sheet: Size) -> list[Point | None]:
    """The middle of each mark, in the order given: its place, or the nearest free spot of the sheet; None without room.

    No two marks overlap. The same places give the same answer.
    """
    taken: dict[tuple[int, int], list[Point]] = defaultdict(list)
    found: list[Point | None] = []
    # Room is only ever taken, so the next mark of the same place looks on from where the last one stopped.
    left = {place: _spots(place, mark, sheet) for place in places}
    for place in places:
        spot = next((spot for spot in left[place] if _is_free(spot, mark, taken)), None)
        if spot is not None:
            taken[spot.x // mark.width, spot.y // mark.height].append(spot)
        found.append(spot)
    return found


def _spots(place: Point, mark: Size, sheet: Size) -> Iterator[Point]:
    """The place itself and then ever farther ones, on the sheet with the whole mark."""
    for across, down in _steps(mark):
        x, y = place.x + across, place.y + down
        if (
            mark.width <= 2 * x <= 2 * sheet.width - mark.width
            and mark.height <= 2 * y <= 2 * sheet.height - mark.height
        ):
            yield Point(x, y)


@lru_cache(maxsize=4)
def _steps(mark: Size) -> list[tuple[int, int]]:
    """Half marks in every direction, the nearest first."""
    wide, high = (mark.width + 1) // 2, (mark.height + 1) // 2
    steps = [(x, y) for x in _multiples(wide) for y in _multiples(high) if x * x + y * y <= FARTHEST**2]
    return sorted(steps, key=lambda step: (step[0] ** 2 + step[1] ** 2, step))


def _multiples(unit: int) -> range:
    most = FARTHEST // unit * unit
    return range(-most, most + 1, unit)


def _is_free(spot: Point, mark: Size, taken: dict[tuple[int, int], list[Point]]) -> bool:
    column, row = spot.x // mark.width, spot.y // mark.height
    for x in (column - 1, column, column + 1):
        for y in (row - 1, row, row + 1):
            for other in taken.get((x, y), ()):
                if abs(other.x - spot.x) < mark.width and abs(other.y - spot.y) < mark.height:
                    return False
    return True
