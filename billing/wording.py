"""How quantities and prices are written, on paper and on pages."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from homecare.money import CENT, display


def quantity_text(quantity: Decimal, unit: str) -> str:
    """1.2500 hour → 1.25 h; 8.0000 quarter → 8 × 15 min: no zeros that say nothing."""
    words = {"hour": _("h"), "quarter": _("× 15 min"), "visit": _("visit"), "day": _("day")}
    return f"{plain(quantity)} {words.get(unit, unit)}"


def plain(quantity: Decimal) -> str:
    """1.2500 → 1.25, 2.0000 → 2."""
    return f"{quantity:.4f}".rstrip("0").rstrip(".")


def rate_text(rate: Decimal) -> str:
    """$32.00, and $7.4825 where cents do not suffice."""
    return display(rate) if rate == rate.quantize(CENT) else "$" + f"{rate:,.4f}".rstrip("0")
