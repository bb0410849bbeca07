"""Sending what waits in the outbox: at least once each, claimed so that two workers do not send the same.

The claim moves `send_after` ahead like a lease. A worker that dies between sending and marking leaves a row that falls
due again; the message then carries the same Message-ID, so that mailboxes show it once.
"""

from __future__ import annotations

import datetime as dt
from email.utils import parseaddr
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from homecare.accounts.models import Agency
from homecare.inbox import sms
from homecare.inbox.models import Channel, Delivery

log = structlog.get_logger("homecare.inbox")
CLAIM = dt.timedelta(minutes=5)
BACKOFF = [dt.timedelta(minutes=minutes) for minutes in (1, 5, 30, 120)]
BATCH = 200
UNDELIVERED = (SMTPException, OSError, sms.SmsError)


def deliver_due() -> int:
    """Sends everything that is due; returns how many messages went out."""
    due = Delivery.objects.due().filter(notification__recipient__is_active=True).order_by("send_after")
    claims = list(due.values_list("pk", "send_after")[:BATCH])
    return sum(deliver(pk, expected) for pk, expected in claims)


def deliver(delivery_id: int, expected: dt.datetime) -> int:
    """Claims and sends one message; 0 when another worker has it or it was not taken."""
    mine = Delivery.objects.due().filter(pk=delivery_id, send_after=expected)
    if not mine.update(send_after=timezone.now() + CLAIM, attempts=F("attempts") + 1):
        return 0
    row = Delivery.objects.select_related("notification__recipient").get(pk=delivery_id)
    try:
        with translation.override(row.notification.recipient.language):
            _send(row)
    except UNDELIVERED as error:
        _try_later(row, error)
        return 0
    Delivery.objects.filter(pk=row.pk).update(status=Delivery.Status.SENT, sent_at=timezone.now(), last_error="")
    return 1


def _try_later(row: Delivery, error: Exception) -> None:
    """Waits longer each time and gives up after the last; keeps the error's name only, never an address or text."""
    log.warning("not_delivered", delivery=row.pk, channel=row.channel, error=type(error).__name__)
    again = row.attempts <= len(BACKOFF)
    Delivery.objects.filter(pk=row.pk).update(
        status=Delivery.Status.WAITING if again else Delivery.Status.FAILED,
        send_after=timezone.now() + (BACKOFF[row.attempts - 1] if again else dt.timedelta()),
        last_error=type(error).__name__,
    )


def _send(row: Delivery) -> None:
    agency, notification = Agency.current(), row.notification
    link = settings.SITE_URL + (reverse("inbox:notification-open", args=[notification.pk]) if notification.url else "")
    if row.channel == Channel.SMS:
        sms.backend().send(row.address, f"{agency.name}: {notification.title} {link}")
        return
    about = {"agency": agency, "notification": notification, "link": link, "site_url": settings.SITE_URL}
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "homecare.invalid"
    message = EmailMultiAlternatives(
        subject=notification.title,
        body=render_to_string("email/notification.txt", about),
        to=[row.address],
        headers={"Message-ID": f"<delivery-{row.pk}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string("email/notification.html", about), "text/html")
    message.send()
