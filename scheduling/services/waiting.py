"""The waiting list: put on it, changed, left with a reason, taken back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from homecare.accounts.models import User
from homecare.audit.services.event import changes_of, record
from homecare.errors import Conflict, DomainError, readable
from scheduling.models import Schedule, Waiting

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
def place_entries(entries: Iterable[Waiting], schedule: Schedule, *, by: User) -> None:
    """Takes them off the list, since this pattern serves them; undoing the pattern brings them back."""
    ids = [entry.pk for entry in entries]
    rows = Waiting.objects.select_for_update(of=("self",)).select_related("service_type")
    for row in rows.filter(pk__in=ids).order_by("pk"):
        if row.client_id != schedule.client_id:
            raise DomainError(_("This entry of the waiting list is another client's."), field="waiting")
        if row.status != Waiting.Status.WAITING:
            raise Conflict(_("The entry has left the waiting list meanwhile. Reload, then plan again."))
        if row.service_type_id != schedule.service_type_id:
            raise DomainError(
                _("The entry waits for %(wanted)s, this pattern is %(planned)s. Leave the entry on the list.")
                % {"wanted": row.service_type.name, "planned": schedule.service_type.name},
                field="waiting",
            )
        row.move_to(Waiting.Status.PLACED)
        row.left_at, row.schedule = timezone.now(), schedule
        row.save(update_fields=["status", "left_at", "schedule"])
        changes = {"status": ["waiting", row.status], "schedule": [None, schedule.pk]}
        record("waiting.left", row, by=by, changes=changes)


@transaction.atomic
def wait_again(schedules: Iterable[int], *, by: User) -> int:
    """What these patterns served waits again, unless the client is on the list anew; returns how many."""
    rows = Waiting.objects.filter(schedule__in=list(schedules), status=Waiting.Status.PLACED).order_by("pk")
    found = 0
    for row in rows:
        same = Waiting.objects.waiting().filter(client=row.client_id, service_type=row.service_type_id)
        if not same.exists():
            take_back(row, by=by)
            found += 1
    return found


@transaction.atomic
def take_back(entry: Waiting, *, by: User) -> Waiting:
    """Waits again, from the day it waited since."""
    row = Waiting.locked(entry.pk)
    if row.status == Waiting.Status.WAITING:
        return row
    before = row.status
    row.move_to(Waiting.Status.WAITING)
    row.left_at, row.left_note, row.schedule = None, "", None
    _save(row)
    record("waiting.taken_back", row, by=by, changes={"status": [before, row.status]})
    return row
