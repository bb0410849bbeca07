"""The visits of a double-up (two to four caregivers at once) move together, in one transaction or not at all."""

from __future__ import annotations

import datetime as dt
from typing import Any

from homecare.accounts.models import User
from homecare.errors import Conflict
from scheduling.models import Visit
from scheduling.services.visit import UNCHANGED, lock_members, move_visit, once_more


def move_together(
    visit: Visit,
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime | None = None,
    caregiver: Any = UNCHANGED,
    by: User,
    override_reason: str = "",
    version: int | None = None,
) -> list[Visit]:
    """Moves the visit, and its partners to the same time with their own caregivers; refused when a rule blocks one."""

    def act() -> list[Visit]:
        partners = [row for row in visit.partners if row.is_movable]
        holders = {row.caregiver_id for row in (visit, *partners)} - {None}
        if caregiver is not UNCHANGED and caregiver is not None:
            holders.add(caregiver.pk)
        lock_members({pk for pk in holders if pk is not None})
        moved = [
            move_visit(
                visit,
                starts_at=starts_at,
                ends_at=ends_at,
                caregiver=caregiver,
                by=by,
                override_reason=override_reason,
                version=version,
            )
        ]
        ends = moved[0].ends_at
        for partner in partners:
            moved.append(_follow(partner, starts_at, ends, by=by, override_reason=override_reason))
        return moved

    return once_more(act)


def _follow(partner: Visit, starts_at: dt.datetime, ends_at: dt.datetime, *, by: User, override_reason: str) -> Visit:
    try:
        return move_visit(partner, starts_at=starts_at, ends_at=ends_at, by=by, override_reason=override_reason)
    except Conflict as error:
        error.field = None  # it speaks of the partner, not of the caregiver chosen in the form
        raise
