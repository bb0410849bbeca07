from __future__ import annotations

from django.db import models
from django.utils import timezone

from homecare.accounts.models.token import OwnTokenQuerySet


class CalendarFeed(models.Model):
    """A revocable secret address at which a person's calendar app reads their visits. Only its SHA-256 is kept."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="calendar_feeds")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_read_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = OwnTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Calendar of {self.user}"
