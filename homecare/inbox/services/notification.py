"""Telling a person something once. The outbox row and its deliveries are written in the caller's transaction."""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction
from django.utils import timezone

from homecare.accounts.models import Branch, User
from homecare.accounts.models.user import SYSTEM_EMAIL
from homecare.bell import ring
from homecare.inbox.kinds import find_kind
from homecare.inbox.models import Channel, Delivery, Notification
from homecare.inbox.quiet_hours import send_after

BELL = "homecare.inbox.tasks.deliver_due"
# Written out: asked with every notice, and building it costs several times what running it does.
CHOSEN = "SELECT channels FROM inbox_preference WHERE user_id = %s AND kind = %s"


@transaction.atomic(savepoint=False)
def notify(
    recipient: User,
    kind: str,
    *,
    dedupe_key: str,
    title: str,
    body: str = "",
    url: str = "",
    urgent: bool = False,
) -> Notification | None:
    """Tells one person one thing; None when the same (recipient, dedupe_key) was told before or nobody can read it.

    `title` and `url` leave the house by e-mail and text message: no health data, no names of clients. `body` is shown
    in the app only. `urgent` ignores quiet hours.
    """
    declared = find_kind(kind)
    if not recipient.is_active or recipient.email == SYSTEM_EMAIL:
        return None
    row = Notification(
        recipient=recipient,
        dedupe_key=dedupe_key[:160],
        kind=kind,
        title=title[:160],
        body=body[:500],
        url=url[:300],
        is_urgent=urgent,
    )
    if not _insert_once(row):
        return None
    _queue_deliveries(row, channels_of(recipient, declared.name, declared.channels))
    return row


def _insert_once(row: Notification) -> bool:
    """Inserts it unless the person was told before; one statement, where asking first would take five."""
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {row._meta.db_table} ({columns}) VALUES ({marks}) "  # noqa: S608 - our own names
            "ON CONFLICT (recipient_id, dedupe_key) DO NOTHING RETURNING id",
            [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields],
        )
        made = cursor.fetchone()
    if made is None:
        return False
    row.pk, row._state.adding, row._state.db = made[0], False, connection.alias
    return True


def channels_of(user: User, kind: str, default: tuple[str, ...]) -> set[str]:
    """The person's choice for this kind, else the kind's own channels."""
    with connection.cursor() as cursor:
        cursor.execute(CHOSEN, [user.pk, kind])
        row = cursor.fetchone()
    return set(default if row is None else row[0])


def zone_of(user: User) -> str:
    """Where the person works decides which hours are quiet; people without a branch follow the agency's first."""
    own = Branch.objects.filter(memberships__user=user).order_by("memberships__id").first()
    branch = own or Branch.objects.filter(is_active=True).order_by("pk").first()
    return branch.time_zone if branch is not None else "UTC"


def _when(notification: Notification) -> dt.datetime:
    moment, user = timezone.now(), notification.recipient
    if notification.is_urgent or user.quiet_from is None or user.quiet_until is None:
        return moment
    return send_after(moment, user.quiet_from, user.quiet_until, zone_of(user))


def _queue_deliveries(notification: Notification, channels: set[str]) -> None:
    user = notification.recipient
    addresses = {Channel.EMAIL: user.email, Channel.SMS: user.phone}
    wanted = [(channel, address) for channel, address in addresses.items() if channel in channels and address]
    if not wanted:
        return
    moment = _when(notification)
    Delivery.objects.bulk_create(
        Delivery(notification=notification, channel=channel, address=address, send_after=moment)
        for channel, address in wanted
    )
    if moment <= timezone.now():
        ring(BELL, queue="notify")


@transaction.atomic
def read_notification(notification: Notification, *, by: User) -> Notification:
    """The person has seen it. Twice is harmless."""
    Notification.objects.visible_to(by).filter(pk=notification.pk, read_at=None).update(read_at=timezone.now())
    notification.refresh_from_db()
    return notification


def read_all(*, by: User) -> int:
    """Marks everything of this person as read; returns how many were unread."""
    return Notification.objects.visible_to(by).unread().update(read_at=timezone.now())
