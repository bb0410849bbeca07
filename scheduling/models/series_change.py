from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from homecare.clock import now
from scheduling.models.temporary_change import ScheduleChildQuerySet


class SeriesChange(models.Model):
    """One change of a pattern, with what it replaced: for an hour it can be undone.

    `before` and `after` hold the pattern rows and the touched visits as plain values (scheduling/snapshot.py); both are
    emptied by the nightly sweep once the hour is over.
    """

    class Kind(models.TextChoices):
        PLANNED = "planned", _("Pattern planned")
        EDITED = "edited", _("Pattern changed")
        ENDED = "ended", _("Pattern ended")
        TEMPORARY = "temporary", _("Temporary change")
        WITHDRAWN = "withdrawn", _("Temporary change taken back")
        ROTATION = "rotation", _("Rotation applied")

    UNDO_FOR: ClassVar[dt.timedelta] = dt.timedelta(hours=1)

    schedule = models.ForeignKey("scheduling.Schedule", on_delete=models.PROTECT, related_name="changes")
    successor = models.ForeignKey(
        "scheduling.Schedule",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="begun_by",
        help_text=_("The pattern this change began."),
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = ScheduleChildQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.schedule_id} {self.at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("scheduling:schedule-detail", args=[self.schedule_id])

    @property
    def schedule_ids(self) -> set[int]:
        """Every pattern it touched: a rotation changes several at once."""
        kept = {int(pk) for pk in self.before.get("schedules", ())}
        return kept | {pk for pk in (self.schedule_id, self.successor_id) if pk}

    @property
    def undo_until(self) -> dt.datetime:
        return self.at + self.UNDO_FOR

    @property
    def may_be_undone(self) -> bool:
        """Within the hour, with what it replaced still kept, and not undone yet."""
        return self.undone_at is None and bool(self.before) and now() < self.undo_until
