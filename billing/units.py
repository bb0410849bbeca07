"""Minutes into what is billed. Whole minutes in, units by the payer's rounding out; nothing here knows the database.

Always the minutes of one visit: rounding is per visit, so two visits of 52 minutes are six quarter hours although
104 minutes in one piece would be seven. The rule's name is kept on the charge, since auditors ask for it first.
Worked tables: docs/billing.md.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

QUARTER_MINUTES = 15
PLACES = Decimal("0.0001")

# Minutes added before full quarter hours are counted. A remainder of 8 rounds up under `nearest8` (Texas 26 TAC
# 277.89(d)), none does under `floor`, each begun one does under `ceil`. Exact minutes are priced as they are; where
# whole units are asked of them (authorizations), each begun quarter hour counts: never promise more than is allowed.
MINUTES_ADDED: dict[str, int] = {"nearest8": 7, "floor": 0, "ceil": 14, "exact": 14}


class UnknownRounding(ValueError):
    """A payer's rounding that no rule makes."""


def quarter_units(minutes: int, rounding: str) -> int:
    """The 15-minute units of one visit: nearest8 makes 7 → 0, 8 → 1, 22 → 1, 23 → 2, 52 → 3, 53 → 4, 113 → 8.

    Raises ValueError for negative minutes and UnknownRounding for a rounding that is not listed.
    """
    if minutes < 0:
        raise ValueError(f"minutes are never negative: {minutes}")
    if rounding not in MINUTES_ADDED:
        raise UnknownRounding(rounding)
    return (minutes + MINUTES_ADDED[rounding]) // QUARTER_MINUTES


def quantity(minutes: int, unit: str, rounding: str) -> Decimal:
    """How many of a rate's units (hour, quarter, visit, day) one visit is, with at most four decimal places.

    Under `exact` hours and quarters are the minutes themselves, half up in the fourth place; under every other
    rounding they are whole quarter hours. A visit or a day is one as soon as it has one unit, else none.
    """
    units = quarter_units(minutes, rounding)
    if unit in ("visit", "day"):
        return Decimal(1 if units else 0)
    if unit not in ("hour", "quarter"):
        raise ValueError(f"unknown unit: {unit}")
    unit_minutes = 60 if unit == "hour" else QUARTER_MINUTES
    billed_minutes = minutes if rounding == "exact" else units * QUARTER_MINUTES
    return (Decimal(billed_minutes) / unit_minutes).quantize(PLACES, rounding=ROUND_HALF_UP)
