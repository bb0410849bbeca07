"""How a status looks: one tone and one icon per word, the same on every page. A status is never only a colour."""

from __future__ import annotations

from typing import NamedTuple


class Look(NamedTuple):
    """`tone` is one of success, info, warning, danger, neutral; `icon` a name of the outline icon set."""

    tone: str
    icon: str


DEFAULT = Look("neutral", "circle")
_GOOD = Look("success", "circle-check")
_WAITING = Look("warning", "clock")
_RUNNING = Look("info", "player-play")
_BAD = Look("danger", "alert-circle")
_OVER = Look("neutral", "circle-x")
_DRAFT = Look("neutral", "pencil")

LOOKS: dict[str, Look] = {
    # clients and referrals
    "received": Look("info", "inbox"),
    "inquiry": Look("info", "message-question"),
    "assessment": Look("info", "clipboard-list"),
    "active": _GOOD,
    "on_hold": Look("warning", "player-pause"),
    "discharged": Look("neutral", "door-exit"),
    "declined": _OVER,
    "accepted": _GOOD,
    "rejected": _OVER,
    # care plans
    "draft": _DRAFT,
    "in_review": Look("warning", "eye"),
    "superseded": Look("neutral", "history"),
    "met": _GOOD,
    "signed": Look("success", "signature"),
    # staff and credentials
    "applied": Look("info", "inbox"),
    "screened": Look("info", "list-check"),
    "interview": Look("info", "message"),
    "offer": Look("warning", "mail"),
    "hired": _GOOD,
    "employed": _GOOD,
    "on_leave": Look("warning", "player-pause"),
    "ended": Look("neutral", "door-exit"),
    "inactive": _OVER,
    "valid": _GOOD,
    "verified": _GOOD,
    "expiring": _WAITING,
    "expired": _BAD,
    # visits
    "unfilled": Look("danger", "user-question"),
    "planned": Look("neutral", "calendar"),
    "confirmed": Look("info", "calendar-check"),
    "in_progress": _RUNNING,
    "running": _RUNNING,
    "late": Look("danger", "clock-exclamation"),
    "completed": Look("success", "check"),
    "approved": Look("success", "checks"),
    "missed": Look("danger", "calendar-x"),
    "cancelled": _OVER,
    "done": Look("success", "check"),
    "not_done": Look("warning", "x"),
    "refused": Look("warning", "hand-stop"),
    # money
    "unbilled": _WAITING,
    "billed": Look("info", "file-invoice"),
    "issued": Look("info", "file-invoice"),
    "sent": Look("info", "send"),
    "part_paid": Look("warning", "coins"),
    "partly_paid": Look("warning", "coins"),
    "paid": Look("success", "cash"),
    "overdue": _BAD,
    "void": _OVER,
    "voided": _OVER,
    "denied": _BAD,
    # work and messages
    "new": Look("info", "sparkles"),
    "open": _WAITING,
    "queued": Look("neutral", "hourglass"),
    "pending": _WAITING,
    "waiting": _WAITING,
    "succeeded": _GOOD,
    "failed": _BAD,
    "error": _BAD,
    "failing": _BAD,
    "off": Look("neutral", "player-pause"),
    "delivered": _GOOD,
    "cancelling": Look("warning", "hand-stop"),
    "requested": _WAITING,
    "placed": _GOOD,
    "withdrawn": _OVER,
    "elsewhere": Look("neutral", "door-exit"),
    "to_review": Look("warning", "eye"),
    "reviewed": _GOOD,
    "resolved": _GOOD,
    "closed": Look("neutral", "circle-check"),
}


def look_of(status: str) -> Look:
    """The look of a status value; an unknown one is neutral."""
    return LOOKS.get(str(status).lower(), DEFAULT)
