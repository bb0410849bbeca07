"""Does everybody who is to come still fit when a new care plan asks for more? (settings.PLAN_STEPS and PLAN_NOTES)"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from careplans.models import CarePlan
from clients.models import Client
from homecare.accounts.models import User
from homecare.clock import now
from homecare.inbox.audience import people_with
from homecare.inbox.kinds import declare
from homecare.inbox.services.notification import notify
from scheduling.models import Visit
from scheduling.placement import Judge, Placement
from scheduling.wording import span

MISFIT = "visit.misfit"
ABOUT_THE_PLAN = {"role_scope"}
MOST_SHOWN = 30
declare(
    MISFIT, label=gettext_lazy("A care plan asks for more than a caregiver may do"), permission="scheduling.add_visit"
)


def misfits(client: Client, visits: QuerySet[Any] | None = None) -> list[tuple[Visit, str]]:
    """Coming visits whose caregiver may not do what the plan in force asks, with the rule's sentence."""
    rows = Visit.objects.all() if visits is None else visits
    coming = rows.filter(client=client, status__in=Visit.OPEN_STATUSES, starts_at__gt=now(), caregiver__isnull=False)
    found = list(coming.select_related("branch", "client", "service_type", "caregiver").order_by("starts_at", "pk"))
    placements = [Placement.of(visit) for visit in found]
    judge = Judge(placements)
    answer = []
    for visit, placement in zip(found, placements, strict=True):
        said = [one.sentence for one in judge.judge_client(placement) if one.code in ABOUT_THE_PLAN]
        if said:
            answer.append((visit, said[0]))
    return answer


def tell_of_misfits(plan: CarePlan, *, by: User) -> None:
    """A plan came into force: coordinators hear once when somebody who is to come may not do what it asks."""
    count = len(misfits(plan.client))
    if not count:
        return
    for user in people_with("scheduling.add_visit", plan.client.branch):
        with translation.override(user.language):
            text = ngettext(
                "%(client)s: the caregiver of %(count)s coming visit may not do all tasks of the new plan.",
                "%(client)s: the caregivers of %(count)s coming visits may not do all tasks of the new plan.",
                count,
            )
            notify(
                user,
                MISFIT,
                dedupe_key=f"{MISFIT}:{plan.pk}",
                title=_("A new care plan asks for more than a caregiver may do"),
                body=text % {"client": plan.client.short_name, "count": count},
                url=plan.get_absolute_url(),
            )


def note_of_misfits(plan: CarePlan, user: User) -> dict[str, Any] | None:
    """For the page of the plan in force: the visits that need somebody else, among those this person sees."""
    if plan.status != CarePlan.Status.ACTIVE or not user.has_perm("scheduling.view_visit"):
        return None
    found = misfits(plan.client, Visit.objects.visible_to(user))
    rows = [
        {
            "url": reverse("scheduling:visit-detail", args=[visit.pk]),
            "label": span(visit.starts_at, visit.ends_at, visit.branch.time_zone),
            "text": sentence,
        }
        for visit, sentence in found[:MOST_SHOWN]
    ]
    title = _("Visits whose caregiver may not do what this plan asks")
    return {"title": title, "count": len(found), "rows": rows} if rows else None
