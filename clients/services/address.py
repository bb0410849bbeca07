"""Where a client is visited. Exactly one address is the primary one, to which caregivers go."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from clients.models import Address, Client
from clients.services.child_row import add_row, update_row
from homecare.accounts.models import User


def _lock(client_id: int) -> None:
    Client.objects.select_for_update(of=("self",)).get(pk=client_id)


def _only_primary(client_id: int, by: User, but: int = 0) -> None:
    for other in Address.objects.filter(client_id=client_id, is_primary=True).exclude(pk=but):
        update_row(other, by=by, is_primary=False)


@transaction.atomic
def add_address(client: Client, *, by: User, **fields: Any) -> Address:
    """A further address; the first one, and one marked as primary, becomes the primary one."""
    _lock(client.pk)
    is_primary = fields.pop("is_primary", False) or not client.addresses.filter(is_primary=True).exists()
    if is_primary:
        _only_primary(client.pk, by)
    return add_row(Address, by=by, client=client, is_primary=is_primary, **fields)


@transaction.atomic
def update_address(address: Address, *, by: User, **changes: Any) -> Address:
    """Corrects an address. The primary one stays primary until another takes its place."""
    _lock(address.client_id)
    if changes.get("is_primary"):
        _only_primary(address.client_id, by, but=address.pk)
    elif address.is_primary:
        changes.pop("is_primary", None)
    return update_row(address, by=by, **changes)
