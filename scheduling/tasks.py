"""Celery entry points: one service call each, harmless when run twice."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from homecare.accounts.models import User
from homecare.inbox.kinds import declare
from homecare.jobs.models import Job
from homecare.jobs.registry import JobCancelled, Work, job_kind
from scheduling.models import Broadcast, Roster
from scheduling.services import broadcast, feed, offer, reminder, roster, roster_search, schedule, sharing, zone_move

declare("visit.tomorrow", label=_("Tomorrow's visits"), channels=("app", "email"), permission="scheduling.work_visit")
declare(
    "visit.late",
    label=_("A visit has not started"),
    channels=("app", "email", "sms"),
    permission="scheduling.clock_for_other",
)
declare(
    "visit.unattended",
    label=_("Still nobody at a visit"),
    channels=("app", "email", "sms"),
    permission=("scheduling.clock_for_other", "accounts.change_agency"),
)
declare(
    "visit.clock_in",
    label=_("My visit has not started"),
    channels=("app", "sms"),
    permission="scheduling.work_visit",
)
declare(
    "visit.correction",
    label=_("An answer to a correction of mine"),
    channels=("app", "email"),
    permission="scheduling.work_visit",
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
    feed.forget_former()
    sharing.align_all()


def stop_roster(job: Job) -> None:
    """The search was stopped before a worker took it, or after its worker died."""
    roster_search.stop_planning(job.params["roster"], by=job.owner)


def fail_roster(job: Job) -> None:
    """The search broke, or its workers died one after the other."""
    roster_search.fail_planning(job.params["roster"], job_id=job.pk, by=job.owner)


@job_kind(roster.KIND, title=_("Roster"), permission="scheduling.add_roster", on_stop=stop_roster, on_fail=fail_roster)
def plan_roster(work: Work) -> dict[str, Any]:
    """Searches a roster for some days of a branch; ends after its time, or when asked for the best so far.

    Stopped, it leaves no draft behind that would wait for ever.
    """
    roster_search.resume_planning(work.params["roster"], job_id=work.job.pk, by=work.by)
    draft = Roster.objects.select_related("branch").get(pk=work.params["roster"])
    try:
        count = roster.search_roster(draft, progress=work.progress)
    except JobCancelled:
        roster_search.stop_planning(draft.pk, by=work.by)
        raise
    text = ngettext("A roster of %(count)s visit is ready.", "A roster of %(count)s visits is ready.", count)
    links = [{"url": draft.get_absolute_url(), "label": str(_("See the draft"))}]
    return {"summary": text % {"count": count}, "links": links}


@job_kind(broadcast.KIND, title=_("Message to all"), permission="scheduling.add_broadcast")
def send_broadcast(work: Work) -> dict[str, Any]:
    """Tells everybody who was not told yet; goes on where a dead run stopped."""
    row = Broadcast.objects.get(pk=work.params["broadcast"])
    count = broadcast.tell_recipients(row, progress=work.progress)
    text = ngettext("%(count)s person was told.", "%(count)s people were told.", count)
    links = [{"url": row.get_absolute_url(), "label": str(_("See who has seen it"))}]
    return {"summary": text % {"count": count}, "links": links}


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
