"""Celery entry points: ids in, one service call, harmless when run twice."""

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from homecare.health_urls import WORKER_HEARTBEAT
from homecare.inbox.kinds import declare
from homecare.jobs.services import job

declare("job.ended", label=_("Background work has ended"), channels=("app",), permission="jobs.view_job")


@shared_task
def run_job(job_id: int) -> None:
    job.run_job(job_id)


@shared_task
def sweep_jobs() -> None:
    job.sweep_jobs()


@shared_task
def beat_heart() -> None:
    """Proves that beat, broker and a worker are alive; /readyz reads it."""
    cache.set(WORKER_HEARTBEAT, timezone.now().isoformat(), timeout=120)
