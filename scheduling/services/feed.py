"""Calendar feeds: secret addresses at which calendar apps read visits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client
from homecare.accounts.models import Branch, User
from homecare.accounts.models.token import digest, new_secret
from homecare.audit.services.event import record
from homecare.errors import DomainError
from scheduling.calendar_feed import AHEAD, PAST
from scheduling.models import CalendarFeed, FormerCaregiver
from staff.models import FormerTeammate, Member, Team

READ_NOTED_EVERY = dt.timedelta(hours=1)
VIEW = "scheduling.view_visit"


def _make(by: User, **fields: Any) -> tuple[CalendarFeed, str]:
    secret = new_secret()
    feed = CalendarFeed.objects.create(**fields, created_by=by, digest=digest(secret))
    record("calendar_feed.created", feed, by=by, changes={"kind": feed.kind, "label": feed.label})
    return feed, secret


@transaction.atomic
def create_feed(*, by: User) -> tuple[CalendarFeed, str]:
    """A new address for one's own visits; one that was there stops working. The secret is returned once, never kept."""
    User.objects.select_for_update().get(pk=by.pk)
    revoke_feed(by=by)
    return _make(by, kind=CalendarFeed.Kind.OWN, user=by)


@transaction.atomic
def create_family_feed(client: Client, *, by: User) -> tuple[CalendarFeed, str]:
    """A family member's address for one client; their former one for this client stops working."""
    User.objects.select_for_update().get(pk=by.pk)
    _revoke(CalendarFeed.objects.filter(kind=CalendarFeed.Kind.CLIENT, user=by, client=client), by=by)
    return _make(by, kind=CalendarFeed.Kind.CLIENT, user=by, client=client)


@transaction.atomic
def create_client_feed(client: Client, *, label: str, by: User) -> tuple[CalendarFeed, str]:
    """The office gives an address of a client's visits to somebody, named by `label`."""
    return _make(by, kind=CalendarFeed.Kind.CLIENT, client=client, label=label.strip()[:80])


@transaction.atomic
def create_office_feed(
    branch: Branch, *, team: Team | None = None, members: Iterable[Member] = (), label: str = "", by: User
) -> tuple[CalendarFeed, str]:
    """An office person's address for a branch, for a team whoever belongs to it by then, or for chosen caregivers."""
    people = list(members)
    if team is not None and people:
        raise DomainError(_("Choose a team or single caregivers, not both."), field="members")
    if (team is not None and team.branch_id != branch.pk) or any(row.branch_id != branch.pk for row in people):
        raise DomainError(_("Choose a team and caregivers of this branch."), field="team" if team else "members")
    kind = CalendarFeed.Kind.OFFICE
    feed, secret = _make(by, kind=kind, user=by, branch=branch, team=team, label=label.strip()[:80])
    feed.members.set(people)
    return feed, secret


@transaction.atomic
def revoke_feed(*, by: User) -> int:
    """The address of one's own visits stops working at once; returns how many there were. Twice is harmless."""
    return _revoke(CalendarFeed.objects.own(by), by=by)


@transaction.atomic
def revoke_one(feed: CalendarFeed, *, by: User) -> CalendarFeed:
    """This address stops working at once. Twice is harmless."""
    _revoke(CalendarFeed.objects.filter(pk=feed.pk), by=by)
    feed.refresh_from_db()
    return feed


def _revoke(feeds: QuerySet, *, by: User) -> int:
    live = list(feeds.live().select_for_update().order_by("pk"))  # type: ignore[attr-defined]
    for feed in live:
        feed.revoked_at = timezone.now()
        feed.save(update_fields=["revoked_at"])
        record("calendar_feed.revoked", feed, by=by)
    return len(live)


def open_feed(secret: str) -> CalendarFeed | None:
    """The live feed of this secret; None when it is unknown, revoked, or its person may no longer see what it shows."""
    feeds = CalendarFeed.objects.live().select_related("user", "client__branch", "branch", "team")
    feed = feeds.filter(digest=digest(secret)).first()
    if feed is None or not _may_read(feed):
        return None
    moment = timezone.now()
    stale = CalendarFeed.objects.filter(pk=feed.pk).exclude(last_read_at__gt=moment - READ_NOTED_EVERY)
    stale.update(last_read_at=moment)
    return feed


def forget_former() -> int:
    """Who once had a visit or was in a team is of no use when no calendar shows its days; returns how many went."""
    moment = timezone.now()
    gone, _by_model = FormerCaregiver.objects.filter(starts_at__lt=moment - PAST).delete()
    left, _by_model = FormerTeammate.objects.filter(left_at__lt=moment - PAST - AHEAD).delete()
    return gone + left


def _may_read(feed: CalendarFeed) -> bool:
    """Asked at each reading: a feed ends with the rights of the person it belongs to."""
    if feed.user is None:
        return True
    if not feed.user.is_active:
        return False
    if feed.kind == CalendarFeed.Kind.CLIENT:
        return Client.objects.visible_to(feed.user).filter(pk=feed.client_id or 0).exists()
    if feed.kind == CalendarFeed.Kind.OFFICE:
        is_near = Branch.objects.visible_to(feed.user).filter(pk=feed.branch_id or 0).exists()
        return is_near and feed.user.sees_branch_rows and feed.user.has_perm(VIEW)
    return True
