"""A line chart of readings as plain numbers for an SVG. Pure; the template draws it and says it in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT = 560, 160
LEFT, RIGHT, TOP, BOTTOM = 44, 10, 12, 26

Point = tuple[dt.datetime, Decimal]


@dataclass(frozen=True)
class Dot:
    """A reading on the canvas."""

    x: float
    y: float
    is_alert: bool


@dataclass(frozen=True)
class Series:
    """A line: `path` for polyline's points."""

    label: str
    dots: list[Dot]

    @property
    def path(self) -> str:
        return " ".join(f"{dot.x},{dot.y}" for dot in self.dots)


@dataclass(frozen=True)
class Chart:
    """Lines, horizontal rules (y, words), the shaded normal range (y, height) and the first and last day."""

    series: list[Series]
    rules: list[tuple[float, str]]
    band: tuple[float, float] | None
    first: dt.datetime
    last: dt.datetime
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM

    @property
    def band_width(self) -> int:
        return self.right - self.left


def _range(values: Sequence[Decimal]) -> tuple[float, float]:
    """Lowest and highest value shown, with air above and below."""
    low, high = float(min(values)), float(max(values))
    air = max((high - low) * 0.15, 1)
    return low - air, high + air


def chart(
    lines: Sequence[tuple[str, Sequence[tuple[dt.datetime, Decimal, bool]]]],
    *,
    low: Decimal | None = None,
    high: Decimal | None = None,
) -> Chart | None:
    """The chart of (label, [(moment, value, is_alert), …]); None with fewer than two readings in every line.

    The normal range is shaded as far as it lies within the values shown.
    """
    readings = [reading for _label, rows in lines for reading in rows]
    if not any(len(rows) > 1 for _label, rows in lines):
        return None
    bottom, top = _range([value for _at, value, _alert in readings])
    first, last = min(r[0] for r in readings), max(r[0] for r in readings)
    seconds = max((last - first).total_seconds(), 1)

    def x(moment: dt.datetime) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (moment - first).total_seconds() / seconds, 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - bottom) / (top - bottom), 1)

    series = [
        Series(label, [Dot(x(moment), y(float(value)), alert) for moment, value, alert in sorted(rows)])
        for label, rows in lines
    ]
    steps = (bottom + (top - bottom) * part for part in (0.1, 0.5, 0.9))
    rules = [(y(step), f"{step:.0f}") for step in steps]
    return Chart(series, rules, _band(y, bottom, top, low, high), first, last)


def _band(
    y: Callable[[float], float], bottom: float, top: float, low: Decimal | None, high: Decimal | None
) -> tuple[float, float] | None:
    if low is None and high is None:
        return None
    from_value = max(bottom, float(low)) if low is not None else bottom
    to_value = min(top, float(high)) if high is not None else top
    if to_value <= from_value:
        return None
    upper, lower = y(to_value), y(from_value)
    return upper, round(lower - upper, 1)
