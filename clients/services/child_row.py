"""The one way in which a row of a client's record is added, corrected or removed: with its audit event."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models, transaction

from homecare.accounts.models import User
from homecare.audit.services.event import changes_of, record

Row = TypeVar("Row", bound=models.Model)


@transaction.atomic
def add_row(kind: type[Row], /, *, by: User, **fields: Any) -> Row:
    """A new row; a constraint it breaks reaches the caller as IntegrityError."""
    row = kind._default_manager.create(**fields)
    record(f"{row._meta.model_name}.added", row, by=by)
    return row


@transaction.atomic
def update_row(row: Row, *, by: User, **changes: Any) -> Row:
    """Sets the fields on the row as it is now and keeps what changed in the trail."""
    fresh = type(row)._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
    before = {name: getattr(fresh, name) for name in changes}
    for name, value in changes.items():
        setattr(fresh, name, value)
    changed = changes_of(before, fresh)
    if changed:
        fresh.save(update_fields=list(changed))
        record(f"{fresh._meta.model_name}.updated", fresh, by=by, changes=changed)
    return fresh


@transaction.atomic
def remove_row(row: models.Model, *, by: User) -> None:
    """Deletes a row that records a wish or a mistake, never something that happened."""
    record(f"{row._meta.model_name}.removed", row, by=by)
    row.delete()
