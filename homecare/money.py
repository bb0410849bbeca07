"""Money: Decimal only, amounts with 2 places, rates with 4, one rounding rule, totals are sums of rounded lines."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def round_cents(amount: Decimal) -> Decimal:
    """Half up to the cent, once per line: 0.005 becomes 0.01, -0.005 becomes -0.01."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def line_amount(quantity: Decimal | int, rate: Decimal) -> Decimal:
    """What one line costs: quantity times rate, rounded once."""
    return round_cents(Decimal(quantity) * rate)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of amounts that are already rounded."""
    return sum(amounts, ZERO)


def display(amount: Decimal | None) -> str:
    """$1,240.50, −$12.00; an absent amount is an empty string."""
    if amount is None:
        return ""
    rounded = round_cents(Decimal(amount))
    sign = "−" if rounded < 0 else ""
    return f"{sign}${abs(rounded):,.2f}"
