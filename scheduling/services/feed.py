"""Calendar feeds: a secret address at which a person's calendar app reads their visits."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from homecare.accounts.models import User
from homecare.accounts.models.token import digest, new_secret
from homecare.audit.services.event import record
from scheduling.models import CalendarFeed

READ_NOTED_EVERY = dt.timedelta(hours=1)


@transaction.atomic
def create_feed(*, by: User) -> tuple[CalendarFeed, str]:
    """A new secret address; one that was there stops working. The secret is returned once and never kept."""
    User.objects.select_for_update().get(pk=by.pk)
    revoke_feed(by=by)
    secret = new_secret()
    feed = CalendarFeed.objects.create(user=by, digest=digest(secret))
    record("calendar_feed.created", feed, by=by)
    return feed, secret


@transaction.atomic
def revoke_feed(*, by: User) -> int:
    """The person's address stops working at once; returns how many there were. Twice is harmless."""
    live = list(CalendarFeed.objects.visible_to(by).live().select_for_update())
    for feed in live:
        feed.revoked_at = timezone.now()
        feed.save(update_fields=["revoked_at"])
        record("calendar_feed.revoked", feed, by=by)
    return len(live)


def open_feed(secret: str) -> CalendarFeed | None:
    """The live feed of this secret, None when it is unknown, revoked or its owner is no longer active."""
    feed = CalendarFeed.objects.live().select_related("user").filter(digest=digest(secret)).first()
    if feed is None or not feed.user.is_active:
        return None
    moment = timezone.now()
    stale = CalendarFeed.objects.filter(pk=feed.pk).exclude(last_read_at__gt=moment - READ_NOTED_EVERY)
    stale.update(last_read_at=moment)
    return feed
