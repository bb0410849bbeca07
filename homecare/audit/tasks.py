"""Celery entry points: ids in, one service call, harmless when run twice."""

from celery import shared_task

from homecare.audit.services import seal


@shared_task
def seal_branches() -> None:
    seal.seal_branches()
