"""Celery entry points: harmless when run twice."""

from celery import shared_task

from homecare.webhooks.services import dispatch


@shared_task
def deliver_due() -> None:
    dispatch.deliver_due()


@shared_task
def forget_old() -> None:
    dispatch.forget_old()
