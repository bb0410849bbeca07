"""Branches and the days they keep as holidays."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from homecare.accounts.models import Branch, Holiday, User
from homecare.audit.services.event import changes_of, record
from homecare.errors import DomainError

FIELDS = (
    "name",
    "code",
    "time_zone",
    "line1",
    "city",
    "state",
    "postal_code",
    "latitude",
    "longitude",
    "phone",
    "email",
    "licence_number",
    "is_active",
)


@transaction.atomic
def save_branch(branch: Branch, values: dict[str, Any], *, by: User) -> Branch:
    """Makes or changes a branch. Its time zone and code reach into pattern times and invoice numbers from then on."""
    is_new = branch.pk is None
    row = branch if is_new else Branch.objects.select_for_update().get(pk=branch.pk)
    before = {name: getattr(row, name) for name in FIELDS}
    for name in FIELDS:
        if name in values:
            setattr(row, name, values[name])
    row.save()
    changes = changes_of({} if is_new else before, row)
    if is_new or changes:
        record("branch.added" if is_new else "branch.changed", row, by=by, changes=changes)
    return row


@transaction.atomic
def add_holiday(branch: Branch, on: dt.date, name: str, *, by: User) -> Holiday:
    """Keeps a day as a holiday of this branch."""
    try:
        with transaction.atomic():
            row = Holiday.objects.create(branch=branch, on=on, name=name)
    except IntegrityError as error:
        raise DomainError(_("This day is a holiday of the branch already."), field="on") from error
    record("holiday.added", row, by=by, changes={"on": on, "name": name})
    return row


@transaction.atomic
def remove_holiday(holiday: Holiday, *, by: User) -> None:
    """The day is an ordinary one again; what was already billed or paid for it stays."""
    record("holiday.removed", holiday, by=by, changes={"on": [holiday.on, None], "name": [holiday.name, None]})
    holiday.delete()
