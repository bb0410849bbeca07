"""Long work as rows. PostgreSQL holds the truth, Celery is only the bell; a lease that ran out is taken over."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from homecare.status import StatusModel

LEASE = dt.timedelta(seconds=60)
RING_AGAIN_AFTER = dt.timedelta(seconds=15)


class JobQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> JobQuerySet:
        """Own jobs; administrators see all."""
        return self.all() if user.has_perm("jobs.view_all_jobs") else self.filter(owner=user)

    def unfinished(self) -> JobQuerySet:
        return self.filter(status__in=[Job.Status.QUEUED, Job.Status.RUNNING])

    def abandoned(self) -> JobQuerySet:
        """Running with a lease that ran out (worker killed), or queued and never picked up (bell lost)."""
        moment = timezone.now()
        return self.filter(
            models.Q(status=Job.Status.RUNNING, lease_until__lt=moment)
            | models.Q(status=Job.Status.QUEUED, rung_at__lt=moment - RING_AGAIN_AFTER)
        )


class Job(StatusModel):
    """One piece of long work: who asked, how far it is, who holds it, what came of it. Each may run twice unharmed."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.QUEUED: {Status.RUNNING, Status.CANCELLED, Status.FAILED},
        Status.RUNNING: {Status.QUEUED, Status.DONE, Status.FAILED, Status.CANCELLED},
        Status.FAILED: {Status.QUEUED},
    }

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=60, help_text=_("Registered name of the work, for example billing.invoice_run."))
    title = models.CharField(max_length=160)
    owner = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="jobs")
    branch = models.ForeignKey("accounts.Branch", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    params = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=200, blank=True)
    result = models.JSONField(default=dict, help_text=_("What it did and what it left, with links."))
    error = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=3)
    dedupe_key = models.CharField(
        max_length=120, null=True, blank=True, help_text=_("At most one unfinished job has it.")
    )
    lease_until = models.DateTimeField(null=True, blank=True)
    leased_by = models.CharField(max_length=80, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    rung_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("view_all_jobs", "Sees everybody's jobs")]
        constraints = [
            models.UniqueConstraint(
                fields=["dedupe_key"],
                condition=models.Q(status__in=["queued", "running"]),
                name="job_once_while_unfinished",
                violation_error_message=_("This work is already under way."),
            )
        ]
        indexes = [models.Index(fields=["status", "lease_until"], name="job_due")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("jobs:job-detail", args=[self.public_id])

    @property
    def is_finished(self) -> bool:
        return self.status in {self.Status.DONE, self.Status.FAILED, self.Status.CANCELLED}

    @property
    def percent(self) -> int:
        if self.status == self.Status.DONE:
            return 100
        return min(99, round(100 * self.done / self.total)) if self.total else 0
