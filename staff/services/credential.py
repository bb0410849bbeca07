"""Credentials: kept, verified, withdrawn, and warned about before they run out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from homecare import clock
from homecare.accounts.models import Branch, User
from homecare.audit.services.event import changes_of, record
from homecare.errors import DomainError
from homecare.inbox.audience import people_with
from homecare.inbox.services.notification import notify
from staff.credential_expiry import FIRST_WARNING, warning_step
from staff.models import Credential, CredentialType, Member

EDITABLE = ("type", "number", "issued_on", "expires_on")


def _check(type: CredentialType, issued_on: dt.date, expires_on: dt.date | None, today: dt.date) -> None:
    if issued_on > today:
        raise DomainError(_("The issue date lies in the future."), field="issued_on")
    if type.expires and expires_on is None:
        raise DomainError(_("%(type)s runs out: enter its last valid day.") % {"type": type.name}, field="expires_on")
    if expires_on is not None and expires_on < issued_on:
        raise DomainError(_("The last valid day is before the issue date."), field="expires_on")


@transaction.atomic
def add_credential(
    member: Member,
    type: CredentialType,
    *,
    issued_on: dt.date,
    by: User,
    expires_on: dt.date | None = None,
    number: str = "",
) -> Credential:
    """Keeps a document of a person. It counts from its issue date; somebody else still has to verify it."""
    _check(type, issued_on, expires_on, clock.today(member.branch.time_zone))
    row = Credential.objects.create(member=member, type=type, issued_on=issued_on, expires_on=expires_on, number=number)
    record("credential.added", row, by=by, changes={"type": [None, type.code], "expires_on": [None, expires_on]})
    return row


@transaction.atomic
def update_credential(credential: Credential, *, by: User, **fields: Any) -> Credential:
    """Corrects a document; what was verified must be verified again."""
    row = Credential.objects.select_for_update(of=("self",)).get(pk=credential.pk)
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise TypeError(f"update_credential cannot set {sorted(unknown)}")
    before = {name: getattr(row, name) for name in (*EDITABLE, "verified_by", "verified_on")}
    for name, value in fields.items():
        setattr(row, name, value)
    _check(row.type, row.issued_on, row.expires_on, clock.today(row.member.branch.time_zone))
    if not changes_of(before, row):
        return row
    row.verified_by = row.verified_on = None
    row.save(update_fields=[*EDITABLE, "verified_by", "verified_on"])
    record("credential.updated", row, by=by, changes=changes_of(before, row))
    return row


@transaction.atomic
def verify_credential(credential: Credential, *, by: User) -> Credential:
    """Somebody of the office has seen the document or asked the issuer. Nobody verifies their own."""
    row = Credential.objects.select_for_update(of=("self",)).select_related("member").get(pk=credential.pk)
    if row.member.user_id == by.pk:
        raise DomainError(_("Nobody verifies their own document. Ask a colleague to look at it."))
    if row.withdrawn_on:
        raise DomainError(_("This document was withdrawn. Add the new one instead."))
    if row.verified_on:
        return row
    row.verified_by, row.verified_on = by, clock.today(row.member.branch.time_zone)
    row.save(update_fields=["verified_by", "verified_on"])
    record("credential.verified", row, by=by, changes={"verified_on": [None, row.verified_on]})
    return row


@transaction.atomic
def withdraw_credential(credential: Credential, *, by: User, reason: str = "") -> Credential:
    """The document no longer counts from today on: revoked, or entered by mistake."""
    row = Credential.objects.select_for_update(of=("self",)).get(pk=credential.pk)
    if row.withdrawn_on:
        return row
    row.withdrawn_on = clock.today(row.member.branch.time_zone)
    row.save(update_fields=["withdrawn_on"])
    record("credential.withdrawn", row, by=by, changes={"withdrawn_on": [None, row.withdrawn_on]}, reason=reason)
    return row


def _sentence(credential: Credential, days: int) -> str:
    about = {"type": credential.type.name, "name": credential.member.full_name, "n": abs(days)}
    if days < 0:
        return _("%(type)s of %(name)s has expired") % about
    if days == 0:
        return _("%(type)s of %(name)s expires today") % about
    return (
        ngettext("%(type)s of %(name)s expires in %(n)s day", "%(type)s of %(name)s expires in %(n)s days", days)
        % about
    )


def _tell(credential: Credential, step: str, days: int, managers: list[User]) -> int:
    recipients = {user.pk: user for user in managers}
    own = credential.member.user
    told = 0
    for user in [*recipients.values(), *([own] if own and own.pk not in recipients else [])]:
        told += bool(
            notify(
                user,
                "credential.expiring",
                dedupe_key=f"credential:{credential.pk}:{credential.expires_on}:{step}",
                title=_sentence(credential, days),
                body=_("Without it no visits can be given from the day after. Add the renewed document in time."),
                url=credential.member.get_absolute_url() + "?tab=credentials"
                if user.pk in recipients
                else reverse("home"),
                urgent=days < 0,
            )
        )
    return told


def warn_expiring(*, by: User) -> int:
    """Tells the managers and the person at 60, 30, 14 and 7 days and when it has expired, once each.

    Returns how many people were told. A type is first warned about `warn_days` before (STANDARDS.md 3.5).
    """
    told = 0
    for branch in Branch.objects.visible_to(by).filter(is_active=True):
        today = clock.today(branch.time_zone)
        rows = Credential.objects.filter(member__branch=branch).expiring_within(today, FIRST_WARNING)
        managers: list[User] | None = None
        for credential in rows.select_related("type", "member__user"):
            days = (credential.expires_on - today).days
            step = warning_step(days, credential.type.warn_days)
            if step:
                managers = list(people_with("staff.change_credential", branch)) if managers is None else managers
                told += _tell(credential, step, days, managers)
    return told
