"""The vital signs: code, unit, what can be true of a living adult, and when the agency wants to hear about it. Pure.

Units are fixed per sign (UCUM). Default alert ranges are those of docs/care-plans.md; they are common practice in
home care, a physician's order for the client (VitalThreshold) comes first. LOINC codes are used under the LOINC
licence (https://loinc.org/license); this material contains content from LOINC, copyright Regenstrief Institute, Inc.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal as D
from typing import NamedTuple


@dataclass(frozen=True)
class Other:
    """A second unit for the same sign: other = value × factor + offset."""

    unit: str
    factor: D
    offset: D = D(0)

    def of(self, value: D) -> D:
        return value * self.factor + self.offset

    def back(self, other: D) -> D:
        """From the second unit to ours, two decimals."""
        return round((other - self.offset) / self.factor, 2)


FAHRENHEIT = Other("°F", D("1.8"), D(32))
POUND = Other("lb", D("2.2046226"))
INCH = Other("in", D("0.3937008"))


@dataclass(frozen=True)
class Sign:
    """One vital sign. `low`/`high` are the default alert limits: below low, above high (`alerts_at_high`: or equal)."""

    kind: str
    loinc: str
    ucum: str
    unit: str
    least: D
    most: D
    low: D | None = None
    high: D | None = None
    alerts_at_high: bool = False
    decimals: int = 0
    other: Other | None = None

    def shown(self, value: D) -> str:
        """The value in its own number of decimals, with the unit people may know better: 37.0 °C (98.6 °F)."""
        text = f"{value:.{self.decimals}f} {self.unit}".strip()
        return f"{text} ({self.other.of(value):.1f} {self.other.unit})" if self.other else text

    def is_plausible(self, value: D) -> bool:
        return self.least <= value <= self.most


SIGNS: dict[str, Sign] = {
    sign.kind: sign
    for sign in (
        Sign("systolic", "8480-6", "mm[Hg]", "mmHg", D(40), D(300), D(90), D(160)),
        Sign("diastolic", "8462-4", "mm[Hg]", "mmHg", D(20), D(200), D(50), D(100)),
        Sign("heart_rate", "8867-4", "/min", "/min", D(20), D(250), D(50), D(110)),
        Sign("respiration", "9279-1", "/min", "/min", D(4), D(70), D(10), D(24)),
        Sign(
            "temperature",
            "8310-5",
            "Cel",
            "°C",
            D(25),
            D(45),
            D(35),
            D(38),
            alerts_at_high=True,
            decimals=1,
            other=FAHRENHEIT,
        ),
        Sign("oxygen", "59408-5", "%", "%", D(40), D(100), D(92), None),
        Sign("weight", "29463-7", "kg", "kg", D(20), D(400), decimals=1, other=POUND),
        Sign("height", "8302-2", "cm", "cm", D(80), D(250), other=INCH),
        Sign("glucose", "41653-7", "mg/dL", "mg/dL", D(10), D(900), D(70), D(300)),
        Sign("pain", "72514-3", "{score}", "", D(0), D(10), None, D(7), alerts_at_high=True),
        Sign("news2", "", "{score}", "", D(0), D(20), None, D(5), alerts_at_high=True),
    )
}
MEASURED = tuple(kind for kind in SIGNS if kind != "news2")
"""What a person measures; NEWS2 is computed from them."""

OXYGEN_TARGET_LOW = D(88)
"""Lower limit for people whose prescribed target is 88–92 % (chronic obstructive lung disease)."""

GAIN_PER_DAY = D("1.4")
GAIN_PER_WEEK = D("2.3")
"""Weight gain in kg that people with heart failure report (3 lb in a day, 5 lb in a week)."""


@dataclass(frozen=True)
class Limits:
    """The range a value is judged by."""

    low: D | None
    high: D | None


def limits_of(kind: str, own: Limits | None = None) -> Limits:
    """The client's own limits where the physician set them, the default elsewhere."""
    sign = SIGNS[kind]
    if own is None:
        return Limits(sign.low, sign.high)
    return Limits(
        own.low if own.low is not None else sign.low,
        own.high if own.high is not None else sign.high,
    )


class Breach(NamedTuple):
    """A limit that was crossed: `side` is below, above or from (at or above)."""

    side: str
    limit: D


def judge(kind: str, value: D, own: Limits | None = None) -> Breach | None:
    """The limit this value crosses, None when it is within the range."""
    sign, limits = SIGNS[kind], limits_of(kind, own)
    if limits.low is not None and value < limits.low:
        return Breach("below", limits.low)
    if limits.high is not None and (value > limits.high or (sign.alerts_at_high and value == limits.high)):
        return Breach("from" if sign.alerts_at_high else "above", limits.high)
    return None


class Gain(NamedTuple):
    """So many kg more than the lowest weight of the last `days` days."""

    kg: D
    days: int


def weight_gain(kg: D, at: dt.datetime, earlier: Iterable[tuple[dt.datetime, D]]) -> Gain | None:
    """What a person with heart failure gained too fast within a day or a week; a morning late still counts as a day."""
    weights = list(earlier)
    for days, limit in ((1, GAIN_PER_DAY), (7, GAIN_PER_WEEK)):
        window = dt.timedelta(days=days, hours=12)
        before = [weight for moment, weight in weights if at - window <= moment < at]
        if before and kg - min(before) >= limit:
            return Gain(kg - min(before), days)
    return None
