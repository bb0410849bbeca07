"""A person's own keys to the API: shown once, kept as a hash, ended at once."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from homecare.accounts.models import PersonalToken, User
from homecare.accounts.models.token import digest, new_secret
from homecare.audit.services.event import record
from homecare.errors import DomainError

PREFIX = "hc_"
MOST_LIVE = 20


@transaction.atomic
def create_token(
    user: User, name: str, *, scope: str, expires_on: dt.datetime | None, by: User
) -> tuple[PersonalToken, str]:
    """A new token and its secret, which nobody can read again. `scope` write includes read."""
    User.objects.select_for_update().get(pk=user.pk)
    if PersonalToken.objects.visible_to(user).live().count() >= MOST_LIVE:
        raise DomainError(_("You have %(n)s tokens in use. Revoke one you no longer need first.") % {"n": MOST_LIVE})
    secret = PREFIX + new_secret()
    scopes = ["read", "write"] if scope == PersonalToken.Scope.WRITE else ["read"]
    row = PersonalToken.objects.create(
        user=user, name=name, prefix=secret[:8], digest=digest(secret), scopes=scopes, expires_at=expires_on
    )
    record("token.created", row, by=by, changes={"name": name, "scopes": scopes})
    return row, secret


@transaction.atomic
def revoke_token(token: PersonalToken, *, by: User) -> PersonalToken:
    """Ends the token with the next request it is used for. Twice is harmless."""
    row = PersonalToken.objects.select_for_update().get(pk=token.pk)
    if row.revoked_at is None:
        row.revoked_at = timezone.now()
        row.save(update_fields=["revoked_at"])
        record("token.revoked", row, by=by)
    return row
