"""Clients: taken on, corrected, moved along their statuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Address, Client
from homecare import clock
from homecare.accounts.models import Branch, User
from homecare.audit.services.event import changes_of, record
from homecare.errors import DomainError

Status = Client.Status
EDITABLE = {
    "first_name",
    "last_name",
    "preferred_name",
    "birth_on",
    "gender",
    "language",
    "phone",
    "email",
    "medical_record_number",
    "important",
    "caregiver_gender",
    "caregiver_language",
    "wants_nonsmoker",
    "has_pets",
    "has_smoke",
    "monthly_budget_amount",
    "weekly_caregivers_limit",
}
# A family or a payer will ask why care stopped; without an answer the arrow is not taken.
NEEDS_REASON = {Status.ON_HOLD, Status.DISCHARGED, Status.DECLINED}


def next_number() -> str:
    """The next chart number, C-000001 and on. A sequence, so that two at once never get the same; gaps are possible.

    Numbers taken over from an older system are skipped.
    """
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT nextval('clients_chart_number')")
            number = f"C-{cursor.fetchone()[0]:06}"
            if not Client.objects.filter(number=number).exists():
                return number


def _check_birth(birth_on: Any, branch: Branch) -> None:
    today = clock.today(branch.time_zone)
    if birth_on is None:
        raise DomainError(_("Enter the date of birth."), field="birth_on")
    if birth_on > today:
        raise DomainError(_("The date of birth lies in the future. Correct it."), field="birth_on")


@transaction.atomic
def create_client(
    *, branch: Branch, by: User, status: str = Status.INQUIRY, address: Mapping[str, Any] | None = None, **fields: Any
) -> Client:
    """Opens a chart in a branch with the next number; `address` becomes the primary one."""
    _check_birth(fields.get("birth_on"), branch)
    client = Client.objects.create(branch=branch, number=next_number(), status=status, **fields)
    record("client.created", client, by=by, changes={"number": [None, client.number], "status": [None, status]})
    if address:
        row = Address.objects.create(client=client, is_primary=True, **address)
        record("address.added", row, by=by)
    return client


@transaction.atomic
def update_client(client: Client, *, by: User, **changes: Any) -> Client:
    """Corrects what the chart says of the person. Status and branch have services of their own."""
    unknown = set(changes) - EDITABLE
    if unknown:
        raise DomainError(_("These cannot be changed here: %(names)s.") % {"names": ", ".join(sorted(unknown))})
    row = Client.objects.select_for_update(of=("self",)).select_related("branch").get(pk=client.pk)
    if "birth_on" in changes:
        _check_birth(changes["birth_on"], row.branch)
    before = {name: getattr(row, name) for name in changes}
    for name, value in changes.items():
        setattr(row, name, value)
    changed = changes_of(before, row)
    if changed:
        row.save(update_fields=list(changed))
        record("client.updated", row, by=by, changes=changed)
    return row


@transaction.atomic
def change_status(client: Client, status: str, *, by: User, reason: str = "") -> Client:
    """Moves the client along one arrow of Client.TRANSITIONS; a client already there comes back unchanged.

    On hold, discharge and decline need a reason. The first activation starts care, discharge ends it.
    """
    row = Client.objects.select_for_update(of=("self",)).select_related("branch").get(pk=client.pk)
    if row.status == status:
        return row
    reason = reason.strip()
    before = {"status": row.status, "started_on": row.started_on, "ended_on": row.ended_on}
    row.move_to(status)
    if status in NEEDS_REASON and not reason:
        raise DomainError(_("Say why, so that whoever opens this chart later understands it."), field="reason")
    today = clock.today(row.branch.time_zone)
    if status == Status.ACTIVE:
        row.started_on = row.started_on or today
        row.ended_on = None
    elif status == Status.DISCHARGED:
        row.ended_on = today
    elif status == Status.ASSESSMENT:
        row.ended_on = None
    row.status_reason = reason[:200]
    row.status_since = timezone.now()
    row.save(update_fields=["status", "status_reason", "status_since", "started_on", "ended_on"])
    record(f"client.{status}", row, by=by, changes=changes_of(before, row), reason=reason)
    return row
