"""Celery entry points: ids in, one service call, harmless when run twice."""

from celery import shared_task

from homecare.inbox.services import delivery


@shared_task
def deliver_due() -> None:
    delivery.deliver_due()
