"""The two-digit code by which a task is answered on the telephone: its place in its version of the care plan.

A version in force never changes, so neither do its codes; they stand on the visit's page and on the client's card.
"""

from __future__ import annotations

from careplans.models import CarePlan, PlannedTask

MOST = 99


def codes_of(plan: CarePlan | None) -> dict[int, str]:
    """Planned task → code, "01" to "99"."""
    if plan is None:
        return {}
    rows = PlannedTask.objects.filter(plan=plan).order_by("position", "pk").values_list("pk", flat=True)
    return {pk: f"{n:02}" for n, pk in enumerate(rows[:MOST], 1)}
