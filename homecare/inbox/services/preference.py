"""How a person wants to be told."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from homecare.accounts.models import User
from homecare.audit.services.event import changes_of, record
from homecare.inbox.models import Preference


@transaction.atomic
def save_preferences(
    user: User, channels: dict[str, list[str]], *, quiet_from: dt.time | None, quiet_until: dt.time | None, by: User
) -> User:
    """Keeps the channels per kind and the quiet hours (both or neither)."""
    before = {"quiet_from": user.quiet_from, "quiet_until": user.quiet_until}
    user.quiet_from, user.quiet_until = quiet_from, quiet_until
    user.save(update_fields=["quiet_from", "quiet_until"])
    Preference.objects.bulk_create(
        [Preference(user=user, kind=kind, channels=chosen) for kind, chosen in channels.items()],
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["channels"],
    )
    record("preference.changed", user, by=by, changes=changes_of(before, user) | {"channels": channels})
    return user
