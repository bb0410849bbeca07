"""Referrals: read in once, decided once. What a hospital sends again never makes a second row and never overwrites."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from clients.fhir import ReferralSummary, read_bundle
from clients.models import Address, Allergy, Client, Contact, Diagnosis, Referral
from clients.services.client import create_client
from homecare import clock
from homecare.accounts.models import Branch, User
from homecare.audit.services.event import changes_of, record
from homecare.errors import DomainError, InvalidTransition

Status = Referral.Status
CREATED, UNCHANGED, UPDATED, REFUSED = "created", "unchanged", "updated", "refused"


@dataclass
class ImportResult:
    """What came of one file: `outcome` is created, unchanged, updated or refused (then `problems` says why)."""

    referral: Referral | None
    outcome: str
    problems: list[str] = field(default_factory=list)


def import_bundle(raw: bytes, file_name: str, *, by: User) -> ImportResult:
    """Reads a FHIR bundle into a referral. Again, or at the same time twice, changes nothing.

    Changed content replaces a referral that nobody has decided on; beside a decided one it is kept as `newer_summary`.
    A file with problems leaves no trace in the database.
    """
    reading = read_bundle(raw, today=clock.now().date(), max_bytes=settings.REFERRAL_MAX_BYTES)
    if reading.summary is None:
        return ImportResult(None, REFUSED, reading.problems)
    return _keep(reading.summary, file_name[-200:], by)


def _read_fields(summary: ReferralSummary, file_name: str) -> dict[str, Any]:
    return {
        "content_digest": summary.digest,
        "first_name": summary.first_name,
        "last_name": summary.last_name,
        "birth_on": summary.birth_on,
        "sender": summary.sender[:120],
        "summary": summary.to_json(),
        "file_name": file_name,
    }


@transaction.atomic
def _keep(summary: ReferralSummary, file_name: str, by: User) -> ImportResult:
    fields = _read_fields(summary, file_name)
    # The unique key of the sender's identifier makes a second import, also one under way, wait and find the first.
    row, made = Referral.objects.get_or_create(
        external_system=summary.external_system, external_id=summary.external_id, defaults=fields
    )
    if made:
        record("referral.received", row, by=by, changes={"status": [None, row.status]})
        return ImportResult(row, CREATED)
    row = Referral.locked(row.pk)
    if summary.digest in (row.content_digest, row.newer_digest):
        return ImportResult(row, UNCHANGED)
    if row.status == Status.RECEIVED:
        return ImportResult(_replace(row, fields, by), UPDATED)
    row.newer_summary, row.newer_digest, row.newer_at = summary.to_json(), summary.digest, timezone.now()
    row.save(update_fields=["newer_summary", "newer_digest", "newer_at"])
    record("referral.newer_received", row, by=by)
    return ImportResult(row, UPDATED)


def _replace(row: Referral, fields: dict[str, Any], by: User) -> Referral:
    before = {name: getattr(row, name) for name in fields if name != "summary"}
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))
    record("referral.updated", row, by=by, changes=changes_of(before, row))
    return row


@transaction.atomic
def accept_referral(referral: Referral, *, branch: Branch, by: User, birth_on: dt.date | None = None) -> Client:
    """The person becomes a client of the branch, in assessment, with all that was read. Twice gives the same client.

    `birth_on` is needed when the sender knew only a year or month. REFERRAL_STEPS run in the same transaction.
    """
    row = Referral.locked(referral.pk)  # the client is read after the lock: a twin may have just made it
    if row.status == Status.ACCEPTED and row.client is not None:
        return row.client
    row.move_to(Status.ACCEPTED)
    summary = row.read
    client = create_client(branch=branch, by=by, status=Client.Status.ASSESSMENT, **_client_fields(row, birth_on))
    _take_over(client, summary)
    for path in settings.REFERRAL_STEPS:
        import_string(path)(client, summary, by=by)
    row.client, row.branch, row.decided_by, row.decided_at = client, branch, by, timezone.now()
    row.save(update_fields=["status", "client", "branch", "decided_by", "decided_at"])
    record("referral.accepted", row, by=by, changes={"status": [Status.RECEIVED, Status.ACCEPTED]})
    return client


def _client_fields(row: Referral, birth_on: dt.date | None) -> dict[str, Any]:
    summary = row.read
    born = birth_on or summary.birth_on
    if born is None:
        raise DomainError(
            _("The sender gives only %(known)s as date of birth. Enter the full date.") % {"known": summary.birth_date},
            field="birth_on",
        )
    return {
        "first_name": summary.first_name or "—",
        "last_name": summary.last_name or "—",
        "birth_on": born,
        "gender": summary.gender,
        "language": summary.language or "en",
        "phone": summary.phone,
        "email": summary.email,
        "medical_record_number": summary.medical_record_number,
    }


def _take_over(client: Client, summary: ReferralSummary) -> None:
    """What the hospital knew becomes the first entries of the chart; the event referral.accepted covers them."""
    address = summary.address
    if address is not None:
        Address.objects.create(
            client=client,
            line1=(address.lines[0] if address.lines else "—")[:120],
            line2=", ".join(address.lines[1:])[:120],
            city=address.city or "—",
            state=address.state if len(address.state) == 2 else "",
            postal_code=address.postal_code[:10],
            latitude=address.latitude,
            longitude=address.longitude,
        )
    Contact.objects.bulk_create(Contact(client=client, **vars(person)) for person in summary.contacts)
    known = {system for system in Diagnosis.System.values if system}
    Diagnosis.objects.bulk_create(
        Diagnosis(
            client=client,
            system=c.system if c.system in known else "",
            code=c.code[:20] if c.system in known else "",
            display=c.display[:200],
            onset_on=c.onset_on,
        )
        for c in summary.conditions
    )
    Allergy.objects.bulk_create(
        Allergy(
            client=client,
            substance=a.substance[:120],
            code=a.code[:20],
            reaction=a.reaction[:120],
            severity=a.severity,
        )
        for a in summary.allergies
    )


@transaction.atomic
def decline_referral(referral: Referral, *, reason: str, by: User) -> Referral:
    """The agency does not take the person on; the reason goes to the sender on request. Twice is harmless."""
    row = Referral.locked(referral.pk)
    if row.status == Status.DECLINED:
        return row
    reason = reason.strip()
    if not reason:
        raise DomainError(_("Say why it is declined; the sender will ask."), field="reason")
    row.move_to(Status.DECLINED)
    row.decline_reason, row.decided_by, row.decided_at = reason[:200], by, timezone.now()
    row.save(update_fields=["status", "decline_reason", "decided_by", "decided_at"])
    record("referral.declined", row, by=by, changes={"status": [Status.RECEIVED, Status.DECLINED]}, reason=reason)
    return row


@transaction.atomic
def reopen_referral(referral: Referral, *, by: User) -> Referral:
    """A declined referral waits for a decision again, with what the sender sent last."""
    row = Referral.locked(referral.pk)
    if row.status == Status.RECEIVED:
        return row
    if row.status == Status.ACCEPTED:
        raise InvalidTransition(_("This referral was accepted; its client has a chart. Decline or discharge there."))
    row.move_to(Status.RECEIVED)
    row.decline_reason, row.decided_by, row.decided_at = "", None, None
    row.save(update_fields=["status", "decline_reason", "decided_by", "decided_at"])
    record("referral.reopened", row, by=by, changes={"status": [Status.DECLINED, Status.RECEIVED]})
    if row.newer_summary is not None:
        newer = ReferralSummary.from_json(row.newer_summary)
        row.newer_summary, row.newer_digest, row.newer_at = None, "", None
        row.save(update_fields=["newer_summary", "newer_digest", "newer_at"])
        _replace(row, _read_fields(newer, row.file_name), by)
    return row
