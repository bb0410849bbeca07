"""Reminding of plans whose review falls due."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from careplans.models import CarePlan
from homecare import clock
from homecare.accounts.models import Branch, User
from homecare.inbox.audience import people_with
from homecare.inbox.services.notification import notify

WARNINGS = (14, 7, 0)


def _step(days: int) -> str:
    return "overdue" if days < 0 else str(min(step for step in WARNINGS if days <= step))


def _title(days: int) -> str:
    if days < 0:
        return _("A care plan review is overdue")
    if days == 0:
        return _("A care plan review is due today")
    return ngettext("A care plan review is due in %(n)s day", "A care plan review is due in %(n)s days", days) % {
        "n": days
    }


def warn_reviews(*, by: User) -> int:
    """Tells who may put plans in force, 14 and 7 days before, on the day and when overdue, once each."""
    told = 0
    for branch in Branch.objects.visible_to(by).filter(is_active=True):
        today = clock.today(branch.time_zone)
        due = CarePlan.objects.filter(client__branch=branch).review_due_by(today + dt.timedelta(days=max(WARNINGS)))
        reviewers: list[User] | None = None
        for plan in due.select_related("client"):
            days = (plan.review_on - today).days
            if reviewers is None:
                reviewers = list(people_with("careplans.activate_careplan", branch))
            for person in reviewers:
                told += bool(
                    notify(
                        person,
                        "careplan.review",
                        dedupe_key=f"careplan:{plan.pk}:review:{_step(days)}",
                        title=_title(days),
                        body=plan.client.full_name,
                        url=plan.get_absolute_url(),
                    )
                )
    return told
