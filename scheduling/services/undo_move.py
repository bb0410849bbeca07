"""Taking back what was just done on the board, without overwriting anything newer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _

from homecare.accounts.models import User
from homecare.errors import Conflict
from scheduling.models import Visit
from scheduling.services.visit import lock_members, move_visit, once_more
from staff.models import Member


class Earlier(NamedTuple):
    """How a visit stood before a move, and the version the move gave it."""

    visit_id: int
    version: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    caregiver_id: int | None


def undo_moves(moves: Sequence[tuple[Visit, Earlier]], *, by: User) -> list[Visit]:
    """Each visit stands again as it did, all of them or none. Refused when one has changed since (its version grew),
    and when a rule blocks the former place by now; a warning was accepted when it stood there before."""
    if not moves:
        raise Conflict(_("There is nothing to take back any more."))

    def act() -> list[Visit]:
        ids = {visit.caregiver_id for visit, _was in moves} | {was.caregiver_id for _visit, was in moves}
        members: dict[int, Member] = lock_members({pk for pk in ids if pk is not None})
        return [
            move_visit(
                visit,
                starts_at=was.starts_at,
                ends_at=was.ends_at,
                caregiver=members[was.caregiver_id] if was.caregiver_id else None,
                by=by,
                override_reason=_("Move taken back"),
                version=was.version,
            )
            for visit, was in moves
        ]

    return once_more(act)
