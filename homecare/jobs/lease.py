"""Who holds a job. Each step is one conditional UPDATE that tells by its row count whether it was ours to take."""

from __future__ import annotations

import os
import socket
import uuid

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from homecare.jobs.models import LEASE, Job


def new_holder() -> str:
    """A name no other run has, readable in the job table: host, process, run."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def claim(job_id: int, holder: str) -> bool:
    """Takes a waiting job; False when somebody else was faster or it is not waiting any more."""
    moment = timezone.now()
    waiting = Job.objects.filter(pk=job_id, status=Job.Status.QUEUED, cancel_requested_at=None)
    return bool(
        waiting.update(
            status=Job.Status.RUNNING,
            attempts=F("attempts") + 1,
            leased_by=holder,
            lease_until=moment + LEASE,
            started_at=Coalesce("started_at", moment),
            error="",
        )
    )


def renew(job_id: int, holder: str, *, done: int, total: int, message: str) -> bool:
    """Keeps progress and the lease for another minute; False when the job has been taken away meanwhile."""
    held = Job.objects.filter(pk=job_id, status=Job.Status.RUNNING, leased_by=holder)
    return bool(
        held.update(done=done, total=total, message=message[:200], lease_until=timezone.now() + LEASE),
    )
