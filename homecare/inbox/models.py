"""What waits for a person. A message is an outbox row with a dedupe key: sent at least once, shown at most once."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    APP = "app", _("In the app")
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("Text message")


class NotificationQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> NotificationQuerySet:
        return self.filter(recipient=user)

    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at=None)


class Notification(models.Model):
    """One thing one person should know, with the page where they act on it."""

    recipient = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(
        max_length=60, help_text=_("A kind from homecare/inbox/kinds.py, for example visit.tomorrow.")
    )
    dedupe_key = models.CharField(max_length=160, help_text=_("The same event told twice is one row."))
    title = models.CharField(max_length=160)
    body = models.CharField(
        max_length=500, blank=True, help_text=_("Shown in the app only; never in e-mail or text messages.")
    )
    url = models.CharField(max_length=300, blank=True)
    is_urgent = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["recipient", "dedupe_key"], name="notification_once")]
        indexes = [models.Index(fields=["recipient", "-id"], name="notification_by_person")]

    def __str__(self) -> str:
        return self.title


class DeliveryQuerySet(models.QuerySet):
    def due(self) -> DeliveryQuerySet:
        return self.filter(status=Delivery.Status.WAITING, send_after__lte=timezone.now())


class Delivery(models.Model):
    """One e-mail or text message that tells a person to look; claimed by conditional update before it is sent."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    address = models.CharField(max_length=254)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    send_after = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["notification", "channel"], name="delivery_once_per_channel")]
        indexes = [models.Index(fields=["status", "send_after"], name="delivery_due")]

    def __str__(self) -> str:
        return f"{self.channel} {self.status}"


class Preference(models.Model):
    """How a person wants to hear about one kind of thing. Without a row the kind's own channels count."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="preferences")
    kind = models.CharField(max_length=60)
    channels = ArrayField(models.CharField(max_length=8, choices=Channel.choices), default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="preference_once")]

    def __str__(self) -> str:
        return f"{self.kind}: {', '.join(self.channels)}"
