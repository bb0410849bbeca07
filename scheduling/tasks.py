"""Celery entry points: one service call each, harmless when run twice."""

from __future__ import annotations

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import User
from homecare.inbox.kinds import declare
from scheduling.services import offer, reminder, schedule, zone_move

declare("visit.tomorrow", label=_("Tomorrow's visits"), channels=("app", "email"), permission="scheduling.work_visit")
declare(
    "visit.late",
    label=_("A visit has not started"),
    channels=("app", "email", "sms"),
    permission="scheduling.clock_for_other",
)
declare(
    "visit.unapproved",
    label=_("Visits wait for approval"),
    channels=("app", "email"),
    permission="scheduling.approve_visit",
)


@shared_task
def extend_schedules() -> None:
    zone_move.follow_the_clock(by=User.system())
    schedule.extend_schedules()


@shared_task
def expire_offers() -> None:
    offer.expire_offers()


@shared_task
def remind_of_offers() -> None:
    offer.remind_of_offers()


@shared_task
def warn_late_visits() -> None:
    reminder.warn_late_visits()


@shared_task
def remind_tomorrow() -> None:
    reminder.remind_tomorrow()


@shared_task
def remind_unapproved() -> None:
    reminder.remind_unapproved()
