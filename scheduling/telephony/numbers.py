"""Telephone numbers as people write them and as providers send them."""

from __future__ import annotations

import re

# The digits that make a number of the North American plan the same, however it is written.
SIGNIFICANT = 10
SHORTEST = 7


def significant(number: str) -> str:
    """The last ten digits; empty when the caller withheld the number or sent a word."""
    digits = re.sub(r"\D", "", number)
    return digits[-SIGNIFICANT:] if len(digits) >= SHORTEST else ""


def masked(number: str) -> str:
    """As pages show it: the last four digits tell two numbers apart without giving the number away."""
    digits = significant(number)
    return f"••• ••• {digits[-4:]}" if digits else ""
