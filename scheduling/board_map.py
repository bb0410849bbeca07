"""The day on a map: each caregiver's visits in order as a line, drawn as SVG from coordinates. No tiles by default.

Places are Web Mercator pixels at the zoom at which all of them fit, so that tiles of an operator's own choice
(settings.MAP_TILES_URL) lie exactly under them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from homecare.clock import local
from scheduling.board import OPEN_ROW, Chip
from scheduling.board_day import DayBoard, Trip, trip_words
from scheduling.board_export import in_order, names_of
from scheduling.spread import Point, Size, spread
from scheduling.travel import Place

WIDTH, HEIGHT, MARGIN = 960, 640, 48
TILE = 256
NEAREST = 16
TINY = 1e-9
COLOURS = 8
MARK, SHEET = Size(38, 22), Size(WIDTH, HEIGHT)
"""A stop's mark holds its sign, "B12"; marks are drawn apart when their places are too near to each other."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Frame(NamedTuple):
    """Which part of the world is drawn: pixels of this zoom's world map at the left and upper edge."""

    zoom: float
    left: float
    top: float

    def point(self, place: Place) -> Point:
        x, y = world_pixels(place, self.zoom)
        return Point(round(x - self.left), round(y - self.top))


class Stop(NamedTuple):
    """A visit on the map and in the list. `place` is where the client lives, None when nobody knows; `mark` is
    where its sign is drawn, None when there is no room for it."""

    visit: int
    sign: str
    place: Point | None
    mark: Point | None
    time: str
    client: str
    label: str
    trip: Trip | None

    @property
    def way(self) -> str:
        return trip_words(self.trip) if self.trip else ""

    @property
    def is_aside(self) -> bool:
        return self.mark is not None and self.mark != self.place


class Route(NamedTuple):
    """A caregiver's day; the unfilled visits have no line."""

    row: int
    name: str
    letter: str
    colour: int
    dashes: int
    stops: list[Stop]

    @property
    def line(self) -> str:
        points = [stop.mark or stop.place for stop in self.stops]
        return " ".join(f"{point.x},{point.y}" for point in points if point)

    @property
    def is_open(self) -> bool:
        return self.row == OPEN_ROW


class Tile(NamedTuple):
    url: str
    x: int
    y: int


def world_pixels(place: Place, zoom: float) -> tuple[float, float]:
    """Web Mercator (EPSG:3857) pixels; latitudes are held within what the projection shows."""
    latitude = math.radians(min(85.05, max(-85.05, place[0])))
    size = TILE * 2**zoom
    return (place[1] + 180) / 360 * size, (1 - math.asinh(math.tan(latitude)) / math.pi) / 2 * size


def frame_of(places: Sequence[Place]) -> Frame:
    """The nearest frame that holds all places with a margin, and their middle in its own. Tiles come in whole zooms."""
    points = [world_pixels(place, 0) for place in places]
    xs, ys = [x for x, _y in points], [y for _x, y in points]
    wide, high = max(max(xs) - min(xs), TINY), max(max(ys) - min(ys), TINY)
    zoom = min(NEAREST, math.log2(min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)))
    zoom = max(0.0, math.floor(zoom) if settings.MAP_TILES_URL else zoom)
    scale = 2**zoom
    return Frame(zoom, ((min(xs) + max(xs)) * scale - WIDTH) / 2, ((min(ys) + max(ys)) * scale - HEIGHT) / 2)


def letter_of(number: int) -> str:
    """0 is A, 25 is Z, 26 is AA: the sign of a caregiver, in the order of the list."""
    more, last = divmod(number, len(LETTERS))
    return (letter_of(more - 1) if more else "") + LETTERS[last]


def routes(board: DayBoard, people: Iterable[Any]) -> tuple[list[Route], Frame | None]:
    """Every row with visits in person, and the frame that holds them; None when no place is known."""
    known = list(board.places.values())
    frame = frame_of(known) if known else None
    found: list[Route] = []
    for row, name, _person in names_of(board, people):
        chips = [chip for chip in in_order(board, row) if not chip.is_remote]
        if chips:
            number = sum(not route.is_open for route in found)
            letter = "?" if row == OPEN_ROW else letter_of(number)
            trips = {trip.ends: trip for trip in board.trips(row)}
            stops = [_stop(board, chip, f"{letter}{n}", name, frame, trips) for n, chip in enumerate(chips, 1)]
            found.append(Route(row, name, letter, number % COLOURS + 1, number // COLOURS % 4, stops))
    return drawn_apart(found), frame


def drawn_apart(found: Sequence[Route]) -> list[Route]:
    """The routes with the marks of their stops where none covers another."""
    placed = [(stop, stop.place) for route in found for stop in route.stops if stop.place is not None]
    spots = spread([place for _stop, place in placed], MARK, SHEET)
    marks = {stop.visit: spot for (stop, _place), spot in zip(placed, spots, strict=True)}
    return [
        route._replace(stops=[stop._replace(mark=marks.get(stop.visit)) for stop in route.stops]) for route in found
    ]


def _stop(board: DayBoard, chip: Chip, sign: str, name: str, frame: Frame | None, trips: dict[int, Trip]) -> Stop:
    place = board.places.get(chip.client_id)
    point = frame.point(place) if frame is not None and place is not None else None
    start, end = local(chip.starts_at, chip.time_zone), local(chip.ends_at, chip.time_zone)
    time = f"{start:%H:%M}–{end:%H:%M}"
    label = _("%(sign)s: %(client)s, %(time)s, %(caregiver)s") % {
        "sign": sign,
        "client": chip.client,
        "time": time,
        "caregiver": name,
    }
    return Stop(chip.id, sign, point, None, time, chip.client, label, trips.get(board.minute(chip.starts_at)))


def tiles(frame: Frame) -> list[Tile]:
    """The operator's tiles under the frame; none when no MAP_TILES_URL is set."""
    if not settings.MAP_TILES_URL:
        return []
    zoom = int(frame.zoom)
    count = 2**zoom
    columns = range(math.floor(frame.left / TILE), math.floor((frame.left + WIDTH) / TILE) + 1)
    rows = range(math.floor(frame.top / TILE), math.floor((frame.top + HEIGHT) / TILE) + 1)
    return [
        Tile(
            settings.MAP_TILES_URL.format(z=zoom, x=x % count, y=y),
            round(x * TILE - frame.left),
            round(y * TILE - frame.top),
        )
        for x in columns
        for y in rows
        if 0 <= y < count
    ]
