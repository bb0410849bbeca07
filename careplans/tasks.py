"""Celery entry points: ids in, one service call, harmless when run twice."""

from celery import shared_task

from careplans.services.plan_review import warn_reviews
from homecare.accounts.models import User


@shared_task
def warn_plan_reviews() -> int:
    """Tells reviewers which plans fall due; returns how many people were told."""
    return warn_reviews(by=User.system())
