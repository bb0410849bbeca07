"""Family, friends and guardians of a client."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from clients.models import Client, Contact
from clients.services.child_row import add_row, remove_row, update_row
from homecare.accounts.models import User
from homecare.errors import DomainError


def _check(fields: dict[str, Any]) -> None:
    if not (fields.get("phone") or fields.get("email")):
        raise DomainError(_("Enter a phone number or an e-mail, so that this person can be reached."), field="phone")
    for flag, why in (("receives_invoices", _("invoices")), ("has_portal", _("the family portal"))):
        if fields.get(flag) and not fields.get("email"):
            raise DomainError(_("Enter an e-mail: it is needed for %(what)s.") % {"what": why}, field="email")


def add_contact(client: Client, *, by: User, **fields: Any) -> Contact:
    """A person close to the client, reachable by phone or e-mail."""
    _check(fields)
    return add_row(Contact, by=by, client=client, **fields)


def update_contact(contact: Contact, *, by: User, **changes: Any) -> Contact:
    """Corrects a contact."""
    names = ("phone", "email", "receives_invoices", "has_portal")
    _check({name: changes.get(name, getattr(contact, name)) for name in names})
    return update_row(contact, by=by, **changes)


def remove_contact(contact: Contact, *, by: User) -> None:
    """Takes a contact off the record."""
    remove_row(contact, by=by)
