"""Telling other programs what happened: who wants to hear, what happened, and each telling with its tries."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet

# What is kept when nobody answered is the kind of error; these are its words.
NO_ANSWER = {
    "NameUnknown": _("The name of the address is not known"),
    "TimeoutError": _("No answer in time"),
    "ConnectionRefusedError": _("The connection was refused"),
    "ConnectionResetError": _("The connection was cut"),
    "RemoteDisconnected": _("The connection was cut"),
    "SSLCertVerificationError": _("The certificate is not valid"),
    "SSLError": _("No secure connection"),
}


class EndpointQuerySet(ScopedQuerySet):
    def active(self) -> EndpointQuerySet:
        return self.filter(is_active=True)


class Endpoint(models.Model):
    """An address of another program that is told of events, signed with a secret only both sides know.

    The secret is made from the installation's SECRET_KEY, `public_id` and `secret_number`: nothing that opens
    anything is kept. Without a branch it hears of all branches, and only people with all branches see it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500)
    kinds = ArrayField(models.CharField(max_length=40), default=list)
    branch = models.ForeignKey("accounts.Branch", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_active = models.BooleanField(default=True)
    secret_number = models.PositiveIntegerField(default=1)
    previous_secret_until = models.DateTimeField(
        null=True, blank=True, help_text=_("Until then messages carry a signature with the former secret too.")
    )
    failing_since = models.DateTimeField(null=True, blank=True)
    switched_off_because = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("webhooks:endpoint-detail", args=[self.pk])

    @property
    def status(self) -> str:
        if not self.is_active:
            return "off"
        return "failing" if self.failing_since else "active"

    def get_status_display(self) -> str:
        return str({"off": _("Switched off"), "failing": _("Failing"), "active": _("Active")}[self.status])


class Message(models.Model):
    """One event as it is told: ids, times, state and type; never a name, never anything about health."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField(max_length=120, unique=True, help_text=_("The same event written twice is one row."))
    kind = models.CharField(max_length=40)
    branch = models.ForeignKey("accounts.Branch", null=True, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=60, blank=True, help_text=_("What it is about; told in order per subject."))
    data = models.JSONField(default=dict)
    happened_at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["happened_at"], name="webhook_message_by_age")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    @property
    def webhook_id(self) -> str:
        """The same for every try, so that the receiver can drop what it has."""
        return f"msg_{self.public_id.hex}"


class DispatchQuerySet(ScopedQuerySet):
    branch_path = "endpoint__branch_id"

    def waiting(self) -> DispatchQuerySet:
        return self.filter(status=Dispatch.Status.WAITING)

    def due(self, moment: dt.datetime) -> DispatchQuerySet:
        """Waiting, its time has come, and nothing earlier about the same subject still waits at that endpoint."""
        earlier = Dispatch.objects.waiting().filter(
            endpoint=models.OuterRef("endpoint"), subject=models.OuterRef("subject"), pk__lt=models.OuterRef("pk")
        )
        rows = self.waiting().filter(due_at__lte=moment, endpoint__is_active=True)
        return rows.exclude(~models.Q(subject="") & models.Exists(earlier))


class Dispatch(models.Model):
    """One message to one endpoint: an outbox row written with the event, claimed by moving `due_at` ahead."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Given up")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="dispatches")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="dispatches", db_index=False)
    subject = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.WAITING)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    tries: Any = models.JSONField(default=list, help_text=_("[{at, code, error, ms}], newest last."))
    created_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True, blank=True)

    objects = DispatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "dispatches"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["message", "endpoint"], name="dispatch_once_per_endpoint")]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(status="waiting"), name="dispatch_due"),
            models.Index(
                fields=["endpoint", "subject", "id"], condition=models.Q(status="waiting"), name="dispatch_in_order"
            ),
            models.Index(fields=["endpoint", "-id"], name="dispatch_by_endpoint"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} → {self.endpoint_id}"

    @property
    def last_try(self) -> dict[str, Any] | None:
        return self.tries[-1] if self.tries else None

    @property
    def last_answer(self) -> str:
        """204 · 40 ms; or why there was none; empty before the first try."""
        tried = self.last_try
        if tried is None:
            return ""
        if tried["code"]:
            return f"{tried['code']} · {tried['ms']} ms"
        return str(NO_ANSWER.get(tried["error"], tried["error"]))
