"""The kinds of service the agency offers: added, changed and switched off, never deleted."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from homecare.accounts.models import User
from homecare.audit.services.event import changes_of, record
from homecare.clock import now
from homecare.errors import CONSTRAINT_SENTENCES, DomainError
from homecare.stale import check_version
from scheduling.models import ServiceType, Visit

CONSTRAINT_SENTENCES["scheduling_servicetype_code_key"] = "Another service has this code. Choose another one."
FIELDS = ("name", "colour", "categories", "performed", "mode", "is_billable", "is_active")


@transaction.atomic
def add_service_type(code: str, *, by: User, **fields: Any) -> ServiceType:
    """A new kind of service. Its code stays: payers, exports and the catalogue know it by that (DomainError)."""
    row = ServiceType(code=code.strip().upper(), **fields)
    if ServiceType.objects.filter(code=row.code).exists():
        raise DomainError(_("Another service has this code. Choose another one."), field="code")
    _check(row)
    row.save(force_insert=True)
    record("servicetype.added", row, by=by, changes={"code": [None, row.code], "name": [None, row.name]})
    return row


@transaction.atomic
def change_service_type(service: ServiceType, *, by: User, version: int | None = None, **fields: Any) -> ServiceType:
    """Changes what is given, for visits ahead: what a visit was asked to do was copied when it began. An older
    `version` is a Conflict.

    How it is done and living in would change what visits that have begun were (nobody travelled, or somebody did), so
    both stay from the first such visit on (DomainError on their field).
    """
    row = ServiceType.objects.select_for_update().get(pk=service.pk)
    check_version(row, version)
    before = {name: getattr(row, name) for name in FIELDS}
    lived_in, mode = row.lives_in, row.mode
    for name, value in fields.items():
        setattr(row, name, value)
    _check(row)
    if (row.mode, row.lives_in) != (mode, lived_in) and has_begun(row):
        field = "mode" if row.mode != mode else "categories"
        raise DomainError(_("Visits of it have taken place. Add another service and switch this one off."), field=field)
    changes = changes_of(before, row)
    if changes:
        row.version += 1
        row.save(update_fields=[*changes, "version"])
        record("servicetype.changed", row, by=by, changes=changes)
    return row


def check_in_use(service: ServiceType) -> None:
    """Nothing new is planned with a service that is switched off (DomainError); what is planned goes on."""
    if not service.is_active:
        raise DomainError(
            _("%(service)s is switched off. Choose another service, or switch it on again under Settings.")
            % {"service": service.name},
            field="service_type",
        )


def has_begun(service: ServiceType) -> bool:
    """Has any visit of it taken place, or should have by now?"""
    return Visit.objects.live().filter(service_type=service, starts_at__lte=now()).exists() or (
        Visit.objects.filter(service_type=service, started_at__isnull=False).exists()
    )


def _check(row: ServiceType) -> None:
    """What the columns allow, as a sentence beside its field."""
    row.name = row.name.strip()
    try:
        row.clean_fields()
        row.validate_constraints()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise DomainError(str(messages[0]), field="colour" if field == "__all__" else field) from error
