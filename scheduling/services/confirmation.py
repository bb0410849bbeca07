"""The caregiver says: I will be there."""

from __future__ import annotations

from django.db import transaction

from homecare.accounts.models import User
from homecare.audit.services.event import record
from scheduling.models import Visit


@transaction.atomic
def confirm_visit(visit: Visit, *, by: User) -> Visit:
    """Planned → confirmed; already confirmed or begun is fine and changes nothing."""
    row = Visit.locked(visit.leader_id or visit.pk)
    if row.status in (Visit.Status.CONFIRMED, Visit.Status.IN_PROGRESS, Visit.Status.COMPLETED):
        return row
    row.move_to(Visit.Status.CONFIRMED)
    row.version += 1
    row.save(update_fields=["status", "version"])
    record("visit.confirmed", row, by=by, changes={"status": ["planned", "confirmed"]})
    return row
