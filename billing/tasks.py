"""Celery entry points: ids in, one service call, harmless when run twice."""

from celery import shared_task

from billing.services.charge import make_charges
from homecare.accounts.models import User


@shared_task
def charge_approved_visits() -> None:
    """Beat, every ten minutes: what was approved since becomes charges."""
    make_charges(by=User.system())
