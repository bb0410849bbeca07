"""The waiting list: put on it, changed, left with a reason, taken back."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from homecare.accounts.models import User
from homecare.audit.services.event import changes_of, record
from homecare.errors import Conflict, DomainError, readable
from scheduling.models import Waiting

FIELDS = (
    "service_type",
    "weekly_minutes",
    "weekdays",
    "start_time",
    "area",
    "language",
    "skills",
    "since",
    "priority",
    "reason",
)
LEFT = {Waiting.Status.PLACED, Waiting.Status.WITHDRAWN, Waiting.Status.ELSEWHERE}


@transaction.atomic
def save_waiting(entry: Waiting, values: dict[str, Any], *, by: User) -> Waiting:
    """Puts a client on the list, or changes what is waited for."""
    is_new = entry.pk is None
    row = entry if is_new else Waiting.locked(entry.pk)
    if row.status != Waiting.Status.WAITING:
        raise Conflict(_("This entry has left the list. Take it back first."))
    before = {name: getattr(row, name) for name in FIELDS if not is_new}
    for name in FIELDS:
        if name in values:
            setattr(row, name, values[name])
    if is_new:
        row.created_by = by
    _save(row)
    changes = changes_of(before, row)
    if is_new or changes:
        record("waiting.added" if is_new else "waiting.changed", row, by=by, changes=changes)
    return row


def _save(row: Waiting) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise readable(error) from error


@transaction.atomic
def leave_list(entry: Waiting, status: str, *, note: str = "", by: User) -> Waiting:
    """Leaves the list as placed, withdrawn or elsewhere. The same again is harmless."""
    if status not in LEFT:
        raise DomainError(_("Say how it leaves the list."), field="status")
    row = Waiting.locked(entry.pk)
    if row.status == status:
        return row
    row.move_to(status)
    row.left_at, row.left_note = timezone.now(), note.strip()[:200]
    row.save(update_fields=["status", "left_at", "left_note"])
    record("waiting.left", row, by=by, changes={"status": ["waiting", status]}, reason=row.left_note)
    return row


@transaction.atomic
def take_back(entry: Waiting, *, by: User) -> Waiting:
    """Waits again, from the day it waited since."""
    row = Waiting.locked(entry.pk)
    if row.status == Waiting.Status.WAITING:
        return row
    before = row.status
    row.move_to(Waiting.Status.WAITING)
    row.left_at, row.left_note = None, ""
    _save(row)
    record("waiting.taken_back", row, by=by, changes={"status": [before, row.status]})
    return row
