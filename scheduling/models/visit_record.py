"""What was done and written at a visit: its tasks, its notes, the warnings somebody overrode."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import ScopedQuerySet
from scheduling.models.visit import Visit


class VisitChildQuerySet(ScopedQuerySet):
    branch_path = "visit__branch_id"

    def of_person(self, user: Any) -> VisitChildQuerySet:
        return self.filter(visit__in=Visit.objects.visible_to(user))


class VisitTask(models.Model):
    """What this visit was asked to do: a copy of the planned task when the visit began, and what became of it."""

    class Outcome(models.TextChoices):
        PENDING = "pending", _("To do")
        DONE = "done", _("Done")
        REFUSED = "refused", _("Client refused")
        NOT_NEEDED = "not_needed", _("Not needed")
        UNABLE = "unable", _("Could not be done")

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="tasks", db_index=False)
    planned_task = models.ForeignKey(
        "careplans.PlannedTask", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    category = models.CharField(max_length=32)
    title = models.CharField(max_length=120)
    instructions = models.CharField(max_length=400, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.PENDING)
    reason = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField(null=True, blank=True)

    objects = VisitChildQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["visit", "planned_task"], name="visit_task_once")]
        indexes = [
            models.Index(
                fields=["visit"], condition=models.Q(outcome__in=["refused", "unable"]), name="visit_task_not_done"
            )
        ]

    def __str__(self) -> str:
        return self.title


class VisitNote(models.Model):
    """What the caregiver wrote. Never edited: an addition is a further note."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000)
    written_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = VisitChildQuerySet.as_manager()

    class Meta:
        ordering = ["written_at", "id"]

    def __str__(self) -> str:
        return f"Note {self.pk}"


class RuleOverride(models.Model):
    """A placement rule warned and a person went on, with this reason."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="overrides")
    rule = models.CharField(max_length=40)
    sentence = models.CharField(max_length=300)
    reason = models.CharField(max_length=200)
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = VisitChildQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.rule}: {self.reason}"
