"""What several plan pages show alike: tasks by category, and what may be done with a version."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from careplans.models import CarePlan, PlannedTask
from homecare.accounts.models import User
from staff.models import TaskCategory

Status = CarePlan.Status


def by_category(tasks: Iterable[PlannedTask]) -> list[tuple[str, list[PlannedTask]]]:
    """(category, tasks in the plan's order), categories in the catalogue's order."""
    groups: dict[str, list[PlannedTask]] = {}
    for task in tasks:
        groups.setdefault(task.category, []).append(task)
    return [(str(category.label), groups[category.value]) for category in TaskCategory if category.value in groups]


def plan_actions(plan: CarePlan, user: User) -> list[dict[str, Any]]:
    """The buttons of a version for this person, the next step first."""

    def url(verb: str) -> str:
        return reverse(f"careplans:careplan-{verb}", args=[plan.pk])

    write, approve = user.has_perm("careplans.change_careplan"), user.has_perm("careplans.activate_careplan")
    revise = user.has_perm("careplans.add_careplan")
    every: dict[str, list[tuple[bool, dict[str, Any]]]] = {
        Status.DRAFT: [
            (
                write,
                {"label": _("Hand in for review"), "url": url("submit"), "icon": "send", "post": True, "primary": True},
            ),
            (write, {"label": _("Edit"), "url": url("update"), "icon": "pencil"}),
            (
                write,
                {
                    "label": _("Discard"), "url": url("discard"), "icon": "trash", "post": True, "danger": True,
                    "confirm": _("Discard this draft?"), "detail": _("Its goals and tasks are gone."),
                },
            ),
        ],
        Status.IN_REVIEW: [
            (
                approve,
                {"label": _("Put in force"), "url": url("activate"), "icon": "check", "primary": True, "dialog": True},
            ),
            (approve, {"label": _("Return to draft"), "url": url("return"), "icon": "arrow-back-up", "dialog": True}),
        ],
        Status.ACTIVE: [(revise, {"label": _("Revise"), "url": url("revise"), "icon": "pencil", "post": True})],
        Status.SUPERSEDED: [],
    }  # fmt: skip
    return [action for allowed, action in every[plan.status] if allowed]
