"""When a document runs out and when to say so. Pure."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

WARNINGS = (60, 30, 14, 7)
FIRST_WARNING = max(WARNINGS)


class Expiry(NamedTuple):
    """`state` is valid, expiring, expired or withdrawn; `days` until the last valid day, None when it has none."""

    state: str
    days: int | None


def expiry_on(day: dt.date, expires_on: dt.date | None, warn_days: int, withdrawn_on: dt.date | None = None) -> Expiry:
    """How a document stands on a day; its last valid day is `expires_on` itself."""
    days = None if expires_on is None else (expires_on - day).days
    if withdrawn_on is not None:
        return Expiry("withdrawn", days)
    if days is None:
        return Expiry("valid", None)
    if days < 0:
        return Expiry("expired", days)
    return Expiry("expiring" if days <= warn_days else "valid", days)


def warning_step(days: int, warn_days: int) -> str:
    """The warning due when so many days are left ("60", "30", "14", "7" or "expired"), "" when none is yet.

    A type whose own first warning is later (a monthly check: 7 days) skips the earlier ones.
    """
    if days < 0:
        return "expired"
    due = [step for step in WARNINGS if days <= step <= max(warn_days, min(WARNINGS))]
    return str(min(due)) if due else ""
