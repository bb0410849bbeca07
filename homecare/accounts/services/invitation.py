"""Invitations: an account without password and a one-time link by which its person sets their own (ASVS 6.4.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from smtplib import SMTPException

import structlog
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from homecare.accounts.models import Agency, Branch, Invitation, User
from homecare.accounts.models.token import digest, new_secret
from homecare.accounts.roles import RoleName
from homecare.accounts.services.user import access_of, check_may_grant, check_may_manage, set_access
from homecare.audit.services.event import record
from homecare.errors import Conflict, DomainError

log = structlog.get_logger("homecare.accounts")
VALID = dt.timedelta(days=7)


@transaction.atomic
def invite_person(
    email: str,
    *,
    roles: Iterable[RoleName | str],
    branches: Iterable[Branch],
    by: User,
    all_branches: bool = False,
    first_name: str = "",
    last_name: str = "",
    phone: str = "",
) -> Invitation:
    """Makes the account without a password and e-mails the link; the account works once the link was used.

    Raises DomainError when somebody already signs in with this e-mail or `by` may not give these roles.
    """
    if User.objects.filter(email__iexact=email).exists():
        raise DomainError(
            _("Somebody already signs in with this e-mail. Look them up in the list, then change their access there."),
            field="email",
        )
    wanted, places = {str(role) for role in roles}, list(branches)
    check_may_grant(wanted, places, all_branches, by)
    user = User.objects.create_user(email, first_name=first_name, last_name=last_name, phone=phone)
    set_access(user, wanted, places, all_branches)
    record("user.invited", user, by=by, changes=access_of(user))
    return _send_new(user, by)


def _send_new(user: User, by: User) -> Invitation:
    secret = new_secret()
    row = Invitation.objects.create(user=user, digest=digest(secret), invited_by=by, expires_at=timezone.now() + VALID)
    # Only after the commit, and with the secret in memory alone: what is stored cannot open the account.
    transaction.on_commit(lambda: _mail(row, secret))
    return row


def _mail(invitation: Invitation, secret: str) -> None:
    user, agency = invitation.user, Agency.current()
    link = settings.SITE_URL + reverse("accounts:invitation-accept", args=[secret])
    about = {"user": user, "agency": agency, "link": link, "expires_at": invitation.expires_at}
    with translation.override(user.language):
        message = EmailMultiAlternatives(
            subject=_("Your account at %(agency)s") % {"agency": agency.name},
            body=render_to_string("email/invitation.txt", about),
            to=[user.email],
        )
        message.attach_alternative(render_to_string("email/invitation.html", about), "text/html")
    try:
        message.send()
    except (SMTPException, OSError) as error:
        log.warning("invitation_not_sent", user=user.pk, error=type(error).__name__)
        raise DomainError(
            _("The account is made, but its e-mail could not be sent. Open the person and send the invitation again.")
        ) from error


@transaction.atomic
def resend_invitation(user: User, *, by: User) -> Invitation:
    """A new link; every earlier one stops working."""
    user = User.objects.select_for_update().get(pk=user.pk)
    check_may_manage(user, by)
    if user.has_usable_password():
        raise Conflict(_("This person has set a password already. They can ask for a new one on the sign-in page."))
    if not user.is_active:
        raise Conflict(_("This account is switched off. Switch it on first, then send the invitation."))
    _revoke_open(user)
    record("invitation.resent", user, by=by)
    return _send_new(user, by)


@transaction.atomic
def revoke_invitation(user: User, *, by: User) -> int:
    """The links sent so far stop working; returns how many were open."""
    user = User.objects.select_for_update().get(pk=user.pk)
    check_may_manage(user, by)
    revoked = _revoke_open(user)
    if revoked:
        record("invitation.revoked", user, by=by)
    return revoked


def _revoke_open(user: User) -> int:
    return Invitation.objects.open().filter(user=user).update(revoked_at=timezone.now())


def find_invitation(secret: str) -> Invitation | None:
    """The open invitation this link belongs to; None when it was used, withdrawn, has expired or never was."""
    found = Invitation.objects.open().filter(digest=digest(secret), user__is_active=True)
    return found.select_related("user").first()


@transaction.atomic
def accept_invitation(secret: str, password: str) -> User:
    """Sets the person's own password; the link works once. Raises DomainError for a spent link or a weak password."""
    row = Invitation.objects.select_for_update(of=("self",)).filter(digest=digest(secret)).first()
    if row is None or find_invitation(secret) is None:
        raise Conflict(_("This link has been used, withdrawn or has expired. Ask your office to send a new one."))
    user = User.objects.select_for_update().get(pk=row.user_id)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise DomainError(" ".join(error.messages), field="password") from error
    user.set_password(password)
    user.save(update_fields=["password"])
    row.accepted_at = timezone.now()
    row.save(update_fields=["accepted_at"])
    _revoke_open(user)
    # The link was read in this mailbox: the address is proved.
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"primary": True, "verified": True})
    record("invitation.accepted", user, by=user)
    return user
