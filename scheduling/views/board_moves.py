"""The last moves a person made on the board, kept in their session so that they can be taken back one by one."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest

from scheduling.models import Visit
from scheduling.services.undo_move import Earlier

SESSION_KEY = "board_moves"
KEPT = 10
PLACE = ("starts_at", "ends_at", "caregiver_id")


def remember(request: HttpRequest, pairs: Iterable[tuple[Visit, Visit]]) -> str:
    """Keeps how the visits of one move stood (as they were, as they are); returns the move's key, empty when none has
    another time or caregiver now. Moves of the same visit lie on each other."""
    rows = [
        [after.pk, after.version, before.starts_at.isoformat(), before.ends_at.isoformat(), before.caregiver_id]
        for before, after in pairs
        if after.is_movable and any(getattr(before, name) != getattr(after, name) for name in PLACE)
    ]
    if not rows:
        return ""
    key = secrets.token_hex(4)
    request.session[SESSION_KEY] = [*request.session.get(SESSION_KEY, []), [key, rows]][-KEPT:]
    return key


def kept_move(request: HttpRequest, key: str) -> tuple[str, list[Earlier]]:
    """The move of that key, without a key the last one; an empty one when it is not kept any more."""
    moves: list[Any] = request.session.get(SESSION_KEY, [])
    found = next((move for move in reversed(moves) if key in ("", move[0])), None)
    if found is None:
        return key, []
    rows = [
        Earlier(pk, version, dt.datetime.fromisoformat(starts), dt.datetime.fromisoformat(ends), caregiver)
        for pk, version, starts, ends, caregiver in found[1]
    ]
    return found[0], rows


def forget(request: HttpRequest, key: str, versions: dict[int, int]) -> None:
    """A move was taken back: an earlier one of the same visit may be taken back next, from the version it has now."""
    moves: list[Any] = request.session.get(SESSION_KEY, [])
    gone: list[Any] = next((rows for name, rows in moves if name == key), [])
    undone = {pk: version for pk, version, *_rest in gone}
    kept = [[name, rows] for name, rows in moves if name != key]
    for _name, rows in kept:
        for row in rows:
            if row[0] in undone and row[1] == undone[row[0]] - 1:
                row[1] = versions[row[0]]
    request.session[SESSION_KEY] = kept
