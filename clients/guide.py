"""From acceptance to the first visit: Assess → Plan → Schedule, to be left and resumed at will.

A step is done when its rows exist.
The other domains are named by URL and by the relation their rows have to the client, so that clients imports none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from clients.tabs import address_of


@dataclass(frozen=True)
class Step:
    """`url_args` follow the client's id in the address; `relation` and `condition` count what makes the step done."""

    label: str | Promise
    hint: str | Promise
    url_name: str
    permission: str
    relation: str
    condition: Q | None = None
    url_args: tuple[str, ...] = ()


STEPS = (
    Step(
        _("Assess"),
        _("What can the person do alone? Katz and Lawton take ten minutes."),
        "careplans:assessment-create",
        "careplans.add_assessment",
        "assessments",
        url_args=("katz",),
    ),
    Step(
        _("Plan"),
        _("Take a template, adjust its tasks, have it reviewed and put in force."),
        "careplans:careplan-create",
        "careplans.add_careplan",
        "care_plans",
        Q(care_plans__status="active"),
    ),
    Step(
        _("Schedule"),
        _("Lay down the weekly pattern and who comes."),
        "scheduling:schedule-create",
        "scheduling.add_schedule",
        "schedules",
    ),
)
GUIDED = {Client.Status.ASSESSMENT, Client.Status.ACTIVE}


def steps_for(client: Client, user: Any) -> list[dict[str, Any]]:
    """The steps with done/current marks; [] when all are done or the client is not on the way in. One query."""
    if client.status not in GUIDED:
        return []
    counts = Client.objects.filter(pk=client.pk).aggregate(
        **{step.relation: Count(step.relation, filter=step.condition, distinct=True) for step in STEPS}
    )
    if all(counts.values()):
        return []
    current = next(step for step in STEPS if not counts[step.relation])
    return [
        {
            "label": step.label,
            "hint": step.hint,
            "is_done": bool(counts[step.relation]),
            "is_current": step is current,
            "url": address_of(step.url_name, client.pk, *step.url_args) if user.has_perm(step.permission) else "",
        }
        for step in STEPS
    ]
