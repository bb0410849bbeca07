"""Vital signs: which LOINC codes mean which sign, and how UCUM units become the one unit a sign is kept in."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True)
class Sign:
    """A vital sign: the UCUM unit it is kept in, its decimals, and the range outside which a value is a slip."""

    kind: str
    unit: str
    low: int
    high: int
    places: int = 0


SYSTOLIC = Sign("systolic", "mm[Hg]", 40, 300)
DIASTOLIC = Sign("diastolic", "mm[Hg]", 20, 200)
HEART_RATE = Sign("heart_rate", "/min", 20, 250)
RESPIRATION = Sign("respiration", "/min", 4, 70)
TEMPERATURE = Sign("temperature", "Cel", 25, 45, 1)
OXYGEN = Sign("oxygen", "%", 40, 100)
WEIGHT = Sign("weight", "kg", 20, 400, 1)
HEIGHT = Sign("height", "cm", 80, 250)
GLUCOSE = Sign("glucose", "mg/dL", 10, 900)
PAIN = Sign("pain", "{score}", 0, 10)

# US Core vital signs and the codes hospitals send for the same thing.
SIGNS: dict[str, Sign] = {
    "8480-6": SYSTOLIC,
    "8462-4": DIASTOLIC,
    "8867-4": HEART_RATE,
    "8889-8": HEART_RATE,
    "9279-1": RESPIRATION,
    "8310-5": TEMPERATURE,
    "8331-1": TEMPERATURE,
    "8328-7": TEMPERATURE,
    "59408-5": OXYGEN,
    "2708-6": OXYGEN,
    "29463-7": WEIGHT,
    "3141-9": WEIGHT,
    "8302-2": HEIGHT,
    "3137-7": HEIGHT,
    "2339-0": GLUCOSE,
    "2345-7": GLUCOSE,
    "41653-7": GLUCOSE,
    "15074-8": GLUCOSE,
    "14749-6": GLUCOSE,
    "72514-3": PAIN,
    "38208-5": PAIN,
}

_SAME = (Decimal(1), Decimal(0))
# (factor, offset): value in the sign's unit = value * factor + offset. Exact by definition (NIST SP 811); glucose by
# its molar mass of 180.156 g/mol.
CONVERSIONS: dict[str, dict[str, tuple[Decimal, Decimal]]] = {
    "mm[Hg]": {"mmHg": _SAME, "kPa": (Decimal("7.500616827"), Decimal(0))},
    "/min": {"{beats}/min": _SAME, "{breaths}/min": _SAME, "bpm": _SAME, "1/min": _SAME, "beats/minute": _SAME,
             "breaths/minute": _SAME, "{Beats}/min": _SAME},
    "Cel": {"degC": _SAME, "°C": _SAME, "C": _SAME,
            **dict.fromkeys(("[degF]", "degF", "°F", "F"), (Decimal(5) / 9, Decimal(-160) / 9)),
            "K": (Decimal(1), Decimal("-273.15"))},
    "%": {"%{saturation}": _SAME, "%O2": _SAME},
    "kg": {"g": (Decimal("0.001"), Decimal(0)),
           **dict.fromkeys(("[lb_av]", "lb", "lbs", "[lb_us]"), (Decimal("0.45359237"), Decimal(0))),
           **dict.fromkeys(("[oz_av]", "oz"), (Decimal("0.028349523125"), Decimal(0)))},
    "cm": {"m": (Decimal(100), Decimal(0)), "mm": (Decimal("0.1"), Decimal(0)),
           **dict.fromkeys(("[in_i]", "in", "[in_us]"), (Decimal("2.54"), Decimal(0))),
           **dict.fromkeys(("[ft_i]", "ft"), (Decimal("30.48"), Decimal(0)))},
    "mg/dL": {"mmol/L": (Decimal("18.0156"), Decimal(0)), "mg/dl": _SAME, "g/L": (Decimal(100), Decimal(0))},
    "{score}": {"1": _SAME, "": _SAME, "{0-10}": _SAME, "{numeric rating}": _SAME},
}  # fmt: skip


def converted(value: Decimal, unit: str, sign: Sign) -> Decimal | None:
    """The value in the sign's unit, rounded half up to its decimals; None for a unit nobody can convert."""
    factor, offset = _SAME if unit == sign.unit else CONVERSIONS[sign.unit].get(unit, (None, None))
    if factor is None or offset is None:
        return None
    step = Decimal(1).scaleb(-sign.places)
    return (value * factor + offset).quantize(step, rounding=ROUND_HALF_UP)


def is_plausible(value: Decimal, sign: Sign) -> bool:
    return sign.low <= value <= sign.high
