"""Endpoints: made, changed, given a new secret, switched off and on, tested, removed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from homecare.accounts.models import Branch, User
from homecare.audit.services.event import changes_of, record
from homecare.bell import ring
from homecare.errors import Conflict, DomainError
from homecare.webhooks.kinds import PING, is_known
from homecare.webhooks.models import Dispatch, Endpoint, Message
from homecare.webhooks.outside import Refused, Unreachable, resolve
from homecare.webhooks.services.outbox import BELL
from homecare.webhooks.signature import secret_of

FIELDS = ("name", "url", "kinds", "branch_id")
BOTH_SECRETS = dt.timedelta(hours=24)


def _check(url: str, kinds: Sequence[str]) -> None:
    try:
        resolve(url)
    except Refused as error:
        raise DomainError(str(error), field="url") from error
    except Unreachable as error:
        raise DomainError(_("This name is not known. Check the address."), field="url") from error
    if not kinds or not all(is_known(kind) for kind in kinds):
        raise DomainError(_("Choose at least one event."), field="kinds")


@transaction.atomic
def create_endpoint(
    *, name: str, url: str, kinds: Sequence[str], branch: Branch | None, by: User
) -> tuple[Endpoint, str]:
    """A new endpoint and its secret, which is shown this once."""
    _check(url, kinds)
    row = Endpoint.objects.create(name=name, url=url, kinds=list(kinds), branch=branch, created_by=by)
    record("endpoint.created", row, by=by, changes={"name": name, "url": url, "kinds": list(kinds)})
    return row, secret_of(row.public_id, row.secret_number)


@transaction.atomic
def update_endpoint(
    endpoint: Endpoint, *, name: str, url: str, kinds: Sequence[str], branch: Branch | None, by: User
) -> Endpoint:
    """Changes what it is told and where; what waits goes to the new address."""
    _check(url, kinds)
    row = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    before = {field: getattr(row, field) for field in FIELDS}
    row.name, row.url, row.kinds, row.branch = name, url, list(kinds), branch
    row.save(update_fields=["name", "url", "kinds", "branch"])
    changes = changes_of(before, row)
    if changes:
        record("endpoint.changed", row, by=by, changes=changes)
    return row


@transaction.atomic
def rotate_secret(endpoint: Endpoint, *, by: User) -> tuple[Endpoint, str]:
    """A new secret; for a day messages carry signatures with both, so that the receiver can change over."""
    row = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    row.secret_number += 1
    row.previous_secret_until = timezone.now() + BOTH_SECRETS
    row.save(update_fields=["secret_number", "previous_secret_until"])
    record("endpoint.secret_rotated", row, by=by)
    return row, secret_of(row.public_id, row.secret_number)


@transaction.atomic
def switch_endpoint(endpoint: Endpoint, *, on: bool, by: User) -> Endpoint:
    """Off: events pass it by, what waits is kept. On: what waits goes out. Twice is harmless."""
    row = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if row.is_active != on:
        row.is_active, row.failing_since, row.switched_off_because = on, None, ""
        row.save(update_fields=["is_active", "failing_since", "switched_off_because"])
        record("endpoint.switched_on" if on else "endpoint.switched_off", row, by=by)
        if on:
            row.dispatches.filter(status=Dispatch.Status.WAITING).update(due_at=timezone.now(), attempts=0)
            ring(BELL, queue="notify")
    return row


@transaction.atomic
def ping_endpoint(endpoint: Endpoint, *, by: User) -> Dispatch:
    """Queues a test message, signed like every other."""
    if not endpoint.is_active:
        raise Conflict(_("This webhook is switched off. Switch it on first."))
    message = Message.objects.create(
        key=f"ping:{uuid.uuid4().hex}", kind=PING, branch=endpoint.branch, data={"endpoint": str(endpoint.public_id)}
    )
    row = Dispatch.objects.create(message=message, endpoint=endpoint)
    record("endpoint.pinged", endpoint, by=by)
    ring(BELL, queue="notify")
    return row


@transaction.atomic
def remove_endpoint(endpoint: Endpoint, *, by: User) -> None:
    """It and its log go; the trail keeps that it was there."""
    row = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    record("endpoint.removed", row, by=by, changes={"name": [row.name, None], "url": [row.url, None]})
    row.delete()
