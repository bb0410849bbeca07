"""The day board: a time axis with one row per caregiver (or client), chips where they take place, travel between them.

Places on the axis are minutes since the day's midnight as they really pass, so that a day has 23, 24 or 25 hours and
the hour that occurs twice is drawn twice. They become classes (`s12 w6`: from slot 12, 6 slots wide) of the generated
sheet static/css/board_axis.css, because the content security policy allows no inline style.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple, Self

from django.db.models import Q
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from clients.models import Address
from homecare.clock import at_local, local, minutes_between
from scheduling.board import BY_CAREGIVER, DAY_VIEW, OPEN_ROW, SWAP, Board, Chip
from scheduling.facts import LONGEST_VISIT
from scheduling.models import Visit
from scheduling.travel import Place, Times
from staff.models import Availability, TimeOff

SLOT = 5
SLOTS_PER_HOUR = 60 // SLOT
USUAL = (7, 20)
"""The hours that are drawn when nothing takes place before or after them."""
SPARE_MINUTES = 10
"""So much more than the way takes is enough; with less it is tight."""
MOST_LANES = 40


class Axis(NamedTuple):
    """The hours drawn, counted from the day's midnight as they pass."""

    first: int
    last: int

    @property
    def hours(self) -> int:
        return self.last - self.first

    def place(self, starts: int, ends: int) -> str:
        """The classes of what lasts from one minute of the day to another; empty when it lies beside the axis."""
        first, last = max(starts, self.first * 60), min(ends, self.last * 60)
        if first > last or (first == last and starts != ends):
            return ""
        begin = (first - self.first * 60) // SLOT
        return f" s{begin} w{max(0, math.ceil((last - self.first * 60) / SLOT) - begin)}"


class Trip(NamedTuple):
    """The way from one visit to the next: minutes it takes, minutes there are."""

    starts: int
    ends: int
    needed: int

    @property
    def gap(self) -> int:
        return self.ends - self.starts

    @property
    def tone(self) -> str:
        if self.gap < self.needed:
            return "late"
        return "tight" if self.gap < self.needed + SPARE_MINUTES else "ok"


SIGNS = {"ok": "✓", "tight": "!", "late": "✕"}


@dataclass
class DayBoard(Board):
    """One day. `axis` None: as many hours as its visits need, once they are read."""

    axis: Axis | None = None
    travel: Times | None = None
    places: dict[int, Place] = field(default_factory=dict)
    available: dict[int, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))

    view: ClassVar[str] = DAY_VIEW
    length: ClassVar[int] = 1
    prefix: ClassVar[str] = "day-"

    @property
    def key(self) -> str:
        axis = self.hours
        return f"{self.prefix}{self.first}-{axis.first}-{axis.last}"

    @classmethod
    def parse(cls, key: str) -> tuple[dt.date, Axis]:
        """The day and the axis that a key names; ValueError when it names none."""
        day, first, last = key.removeprefix(cls.prefix).rsplit("-", 2)
        axis = Axis(int(first), int(last))
        if not 0 <= axis.first < axis.last <= 25:
            raise ValueError(key)
        return dt.date.fromisoformat(day), axis

    @property
    def hours(self) -> Axis:
        if self.axis is None:
            self.axis = self._fitting()
        return self.axis

    @property
    def day_minutes(self) -> int:
        return minutes_between(*self.bounds)

    def minute(self, moment: dt.datetime) -> int:
        """Minutes since the day's midnight; negative before it."""
        return math.floor((moment - self.bounds[0]).total_seconds() / 60)

    def _fitting(self) -> Axis:
        spans = [self._clipped(chip) for chips in self.cells.values() for chip in chips]
        first = min([USUAL[0] * 60, *(starts for starts, _ends in spans)])
        last = max([USUAL[1] * 60, *(ends for _starts, ends in spans)])
        return Axis(first // 60, min(math.ceil(last / 60), self.day_minutes // 60))

    def _clipped(self, chip: Chip) -> tuple[int, int]:
        return max(0, self.minute(chip.starts_at)), min(self.day_minutes, self.minute(chip.ends_at))

    @property
    def is_cut(self) -> bool:  # type: ignore[override]
        """Does a visit stand outside the axis? Then the whole board must be drawn anew."""
        axis = self.hours
        spans = [self._clipped(chip) for chips in self.cells.values() for chip in chips]
        return any(starts < axis.first * 60 or ends > axis.last * 60 for starts, ends in spans)

    def visits(self, only: Q | None = None) -> Any:
        """Every visit that takes part of the day, also the night that began the evening before."""
        first, last = self.bounds
        found = Visit.objects.visible_to(self.user).exclude(status=Visit.Status.CANCELLED)
        found = found.filter(only or Q(), starts_at__gte=first - LONGEST_VISIT, starts_at__lt=last, ends_at__gt=first)
        return self.drawn(found)

    def _add(self, chip: Chip) -> None:
        self.cells[self.row_of(chip), self.first].append(chip)

    def read(self, only: Q | None = None) -> Self:
        super().read(only)
        if self.by == BY_CAREGIVER:
            clients = {chip.client_id for chips in self.cells.values() for chip in chips if not chip.is_remote}
            homes = Address.objects.filter(client__in=clients, is_primary=True, latitude__isnull=False)
            rows: Any = homes.exclude(longitude=None).values_list("client_id", "latitude", "longitude")
            self.places = {client: (latitude, longitude) for client, latitude, longitude in rows}
            if self.travel is not None:
                self.travel.prepare(self._ways())
        return self

    def _read_people(self) -> None:
        super()._read_people()
        lines = Availability.objects.visible_to(self.user).in_force(self.first, self.first)
        lines = lines.filter(weekday=self.first.weekday())
        if self.rows is not None:
            lines = lines.filter(member__in=self.rows - {OPEN_ROW})
        for member, starts, ends in lines.values_list("member_id", "starts", "ends"):
            until = self.day_minutes if ends == dt.time() else self._minute_at(ends)
            self.available[member].append((self._minute_at(starts), until))

    def _minute_at(self, time: dt.time) -> int:
        return self.minute(at_local(self.first, time, self.zone_name))

    def cell(self, row: int, day: dt.date, *, swap: bool = False) -> str:
        """The row's track: what shades it, the ways, the chips in lanes where they would cover each other."""
        chips = self.cells.get((row, day), [])
        lanes = lanes_of([(chip.starts_at, chip.ends_at) for chip in chips])
        drawn = "".join(self._placed(chip, lane) for chip, lane in zip(chips, lanes, strict=True))
        shades = self._shades(row) if self.by == BY_CAREGIVER and row != OPEN_ROW else ""
        return (
            f'<td id="c-{row}-{day}" class="cell track n{max(lanes, default=0) + 1}" data-row="{row}" data-day="{day}"'
            f"{SWAP if swap else ''}>{shades}{drawn}{self._trips(row)}</td>"
        )

    def _placed(self, chip: Chip, lane: int) -> str:
        starts, ends = self._clipped(chip)
        place = self.hours.place(starts, ends)
        begins, finishes = self.minute(chip.starts_at), self.minute(chip.ends_at)
        cut = (" is-cut-start" if begins < 0 else "") + (" is-cut-end" if finishes > self.day_minutes else "")
        is_movable = chip.status in Visit.OPEN_STATUSES
        grip = '<span class="chip-grip" aria-hidden="true"></span>' if is_movable and "end" not in cut else ""
        html = self.chip(chip, f"{place or ' s0 w0'} l{lane}{cut}", grip)
        times = f'data-at="{begins}" data-length="{finishes - begins}" data-movable='
        return html.replace("data-movable=", times, 1)

    def _shades(self, row: int) -> str:
        """Hours outside the caregiver's availability, and time off."""
        parts = [
            f'<span class="shade{place}"></span>'
            for starts, ends in without(self.available.get(row, []), self.day_minutes)
            if (place := self.hours.place(starts, ends))
        ]
        for away in self.away.get(row, ()):
            starts, ends = max(0, self.minute(away.starts_at)), min(self.day_minutes, self.minute(away.ends_at))
            place = self.hours.place(starts, ends) if starts < ends else ""
            if place:
                words = f"{_('Off')} · {TimeOff.Reason(away.reason).label}"
                parts.append(f'<span class="shade is-off{place}">{escape(words)}</span>')
        return "".join(parts)

    def _stops(self, row: int) -> list[Chip]:
        """Where the caregiver goes, in order: calls need no way, and what was missed had none."""
        chips = self.cells.get((row, self.first), ())
        return [chip for chip in chips if chip.status != Visit.Status.MISSED and not chip.is_remote]

    def _ways(self) -> Iterator[tuple[Place | None, Place | None]]:
        for row, _day in self.cells:
            for before, after in pairwise(self._stops(row) if row != OPEN_ROW else []):
                yield self.places.get(before.client_id), self.places.get(after.client_id)

    def trips(self, row: int) -> list[Trip]:
        """From each visit in person to the next one at another client, where both places are known."""
        if self.travel is None or self.by != BY_CAREGIVER or row == OPEN_ROW:
            return []
        found = []
        for before, after in pairwise(self._stops(row)):
            needed = self.travel.minutes(self.places.get(before.client_id), self.places.get(after.client_id))
            if needed is not None and before.client_id != after.client_id:
                found.append(Trip(self.minute(before.ends_at), self.minute(after.starts_at), needed))
        return found

    def _trips(self, row: int) -> str:
        parts = []
        for trip in self.trips(row):
            place = self.hours.place(min(trip.starts, trip.ends), trip.ends)
            if place:
                words = escape(trip_words(trip))
                parts.append(
                    f'<span class="travel is-{trip.tone}{place}" title="{words}"><span aria-hidden="true">'
                    f'{SIGNS[trip.tone]} {trip.needed}′</span><span class="visually-hidden">{words}</span></span>'
                )
        return "".join(parts)

    def column_heads(self, today: dt.date) -> SafeString:
        """One heading over the axis, with the hours as the wall clock shows them."""
        axis, midnight = self.hours, self.bounds[0]
        ticks = []
        for hour in range(axis.first, axis.last):
            wall = local(midnight + dt.timedelta(hours=hour), self.zone_name)
            ticks.append(f'<span class="tick s{(hour - axis.first) * SLOTS_PER_HOUR}">{wall:%H:%M}</span>')
        return mark_safe(f'<th scope="col" class="axis">{"".join(ticks)}</th>')  # noqa: S308 - numbers alone


def trip_words(trip: Trip) -> str:
    values = {"needed": trip.needed, "gap": max(0, trip.gap)}
    if trip.tone == "late":
        return _("The way takes %(needed)s min, there are %(gap)s: not enough") % values
    if trip.tone == "tight":
        return _("The way takes %(needed)s min, there are %(gap)s: tight") % values
    return _("The way takes %(needed)s min, there are %(gap)s: enough") % values


def lanes_of(spans: Sequence[tuple[dt.datetime, dt.datetime]]) -> list[int]:
    """The lane of each span, given in order of start, so that no two of a lane overlap."""
    free: list[dt.datetime] = []
    found = []
    for starts, ends in spans:
        lane = next((number for number, until in enumerate(free) if until <= starts), len(free))
        if lane == len(free) and lane < MOST_LANES:
            free.append(ends)
        lane = min(lane, MOST_LANES - 1)
        free[lane] = ends
        found.append(lane)
    return found


def without(hours: Sequence[tuple[int, int]], day_minutes: int) -> list[tuple[int, int]]:
    """What the hours leave of the day."""
    left, reached = [], 0
    for starts, ends in sorted(hours):
        if starts > reached:
            left.append((reached, starts))
        reached = max(reached, ends)
    return [*left, (reached, day_minutes)] if reached < day_minutes else left


def axis_css() -> str:
    """The sheet that places things on the axis: static/css/board_axis.css, kept equal by its test."""
    slots = 25 * SLOTS_PER_HOUR
    lines = ["/* Generated by scheduling/board_day.py (axis_css): places on the day board's axis. */"]
    lines += [f".h{n}{{--hours:{n};--slots:{n * SLOTS_PER_HOUR}}}" for n in range(1, 26)]
    lines += [f".s{n}{{left:calc(100%*{n}/var(--slots))}}" for n in range(slots)]
    lines += [f".w{n}{{width:calc(100%*{n}/var(--slots))}}" for n in range(slots + 1)]
    lines += [f".l{n}{{top:calc(.1875rem + {n}*var(--lane))}}" for n in range(MOST_LANES)]
    lines += [f".n{n}{{height:calc(.375rem + {n}*var(--lane))}}" for n in range(1, MOST_LANES + 1)]
    return "\n".join(lines) + "\n"
