"""Reading what a phone posted. Pure: raw JSON in, checked values out, and nothing that a database would choke on."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from homecare.errors import DomainError
from scheduling.phone_reasons import NotApplied, Why

YEARS = range(2000, 2100)
MAX_ID = 2**63 - 1
MAX_OFFSET_MS = 366 * 86_400_000


def _clean(value: Any) -> Any:
    """Texts without what PostgreSQL cannot keep: NUL and half characters."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_clean(str(key)): _clean(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


def _moment(text: Any) -> dt.datetime:
    at = dt.datetime.fromisoformat(str(text))
    if at.tzinfo is None or at.year not in YEARS:
        raise ValueError("not a moment of our time")
    return at


def read_envelope(raw: Any) -> dict[str, Any]:
    """The arguments of `receive_event` from what a phone posted; DomainError when it is no act at all.

    {"key": uuid, "kind": "task", "visit": 12, "at": ISO 8601 with zone, "offset_ms": 0, "body": {…}}
    """
    try:
        visit_id = raw.get("visit")
        envelope = {
            "key": uuid.UUID(str(raw["key"])),
            "kind": _clean(str(raw["kind"])),
            "visit_id": None if visit_id is None else int(visit_id),
            "at": _moment(raw["at"]),
            "body": _clean(raw.get("body", {})),
            "offset_ms": int(raw.get("offset_ms") or 0),
        }
        if not isinstance(envelope["body"], dict) or abs(envelope["offset_ms"]) > MAX_OFFSET_MS:
            raise ValueError("not a body or an offset")
        if visit_id is not None and not 0 < envelope["visit_id"] <= MAX_ID:
            raise ValueError("not a visit's number")
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        message = _("This is not an act we know. Update the page on the phone and try again.")
        raise DomainError(message) from None
    return envelope


def read_number(value: Any) -> int:
    """A row's number; NotApplied when it is none."""
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise NotApplied(Why.UNREADABLE) from None
    if not 0 < number <= MAX_ID:
        raise NotApplied(Why.UNREADABLE)
    return number


def read_values(raw: Any, kinds: set[str]) -> dict[str, Decimal]:
    """{"systolic": "128"} → {"systolic": Decimal("128")}; NotApplied when a kind or number cannot be read."""
    if not isinstance(raw, dict) or not raw or not set(raw) <= kinds:
        raise NotApplied(Why.UNREADABLE)
    try:
        values = {kind: Decimal(str(value).strip().replace(",", ".")) for kind, value in raw.items()}
    except InvalidOperation:
        raise NotApplied(Why.UNREADABLE) from None
    if not all(value.is_finite() for value in values.values()):
        raise NotApplied(Why.UNREADABLE)
    return values


def read_position(raw: Any) -> tuple[float, float, int] | None:
    """(latitude, longitude, accuracy in metres); None when there is none to be read."""
    if not isinstance(raw, dict):
        return None
    try:
        latitude, longitude = float(raw["latitude"]), float(raw["longitude"])
        accuracy = min(max(0, round(float(raw.get("accuracy") or 0))), 2_000_000)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return latitude, longitude, accuracy
