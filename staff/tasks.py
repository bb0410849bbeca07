"""Celery entry points: ids in, one service call, harmless when run twice."""

from celery import shared_task

from homecare.accounts.models import User
from staff.services.credential import warn_expiring


@shared_task
def warn_expiring_credentials() -> int:
    """Tells managers and staff what runs out soon; returns how many people were told."""
    return warn_expiring(by=User.system())
