from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet


class BroadcastQuerySet(ScopedQuerySet):
    def in_branches_of(self, user: Any) -> BroadcastQuerySet:
        """Those of one's branches, and what one wrote to several."""
        if user.all_branches:
            return self.all()
        return self.filter(models.Q(branch__in=user.branch_ids) | models.Q(created_by=user))


class Broadcast(models.Model):
    """One message of the office to everybody whom a selection of visits concerns.

    What leaves the house by e-mail or text message is the topic's own sentence; `text` is read in the app alone.
    """

    class Topic(models.TextChoices):
        WEATHER = "weather", _("Weather")
        HOLIDAY = "holiday", _("Holiday")
        ABSENCE = "absence", _("A caregiver is absent")
        CHANGE = "change", _("Changed visits")
        OTHER = "other", _("Something else")

    class Audience(models.TextChoices):
        CAREGIVERS = "caregivers", _("Caregivers")
        FAMILIES = "families", _("Families")
        BOTH = "both", _("Caregivers and families")

    branch = models.ForeignKey("accounts.Branch", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    submission_key = models.UUIDField(default=uuid.uuid4, unique=True, help_text=_("The same form sent twice."))
    topic = models.CharField(max_length=8, choices=Topic.choices)
    audience = models.CharField(max_length=10, choices=Audience.choices)
    text = models.CharField(max_length=400)
    selection = models.JSONField(default=dict, help_text=_("The filters that chose the visits."))
    visit_count = models.PositiveIntegerField(default=0)
    is_urgent = models.BooleanField(default=False)
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = BroadcastQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(_("Message %(pk)s")) % {"pk": self.pk}

    def get_absolute_url(self) -> str:
        return reverse("scheduling:broadcast-detail", args=[self.pk])


class BroadcastRecipientQuerySet(ScopedQuerySet):
    def in_branches_of(self, user: Any) -> BroadcastRecipientQuerySet:
        return self.filter(broadcast__in=Broadcast.objects.visible_to(user))

    def unsent(self) -> BroadcastRecipientQuerySet:
        return self.filter(notification=None)


class BroadcastRecipient(models.Model):
    """One person who gets it, once; what became of it is read from their notification."""

    broadcast = models.ForeignKey(Broadcast, on_delete=models.CASCADE, related_name="recipients")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    concern = models.CharField(max_length=160, help_text=_("Whose visits: own, or the client's."))
    body = models.CharField(max_length=500)
    notification = models.ForeignKey(
        "inbox.Notification", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = BroadcastRecipientQuerySet.as_manager()

    class Meta:
        ordering = ["concern", "id"]
        constraints = [models.UniqueConstraint(fields=["broadcast", "user"], name="broadcast_once_per_person")]

    def __str__(self) -> str:
        return f"{self.broadcast_id}: {self.user_id}"

    @property
    def seen_at(self) -> Any:
        return self.notification.read_at if self.notification else None

    @property
    def deliveries(self) -> list[str]:
        """E-mail: sent; Text message: waiting."""
        if self.notification is None:
            return []
        rows = self.notification.deliveries.all()
        return [f"{row.get_channel_display()}: {row.get_status_display()}" for row in rows]
