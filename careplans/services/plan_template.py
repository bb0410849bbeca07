"""Which ready-made plan fits a client."""

from __future__ import annotations

from dataclasses import dataclass

from careplans.models import PlanTemplate
from careplans.plan_templates import GENERAL
from clients.models import Client, Diagnosis


@dataclass(frozen=True)
class Proposal:
    """A template with the diagnoses it answers."""

    template: PlanTemplate
    diagnoses: list[Diagnosis]


def _fits(diagnosis: Diagnosis, conditions: list[str]) -> bool:
    """SNOMED codes are equal or not; ICD-10 codes fit by their beginning (I50 covers I50.9)."""
    if not diagnosis.code:
        return False
    if diagnosis.system == Diagnosis.System.SNOMED:
        return diagnosis.code in conditions
    return any(diagnosis.code.startswith(code) for code in conditions if not code.isdigit())


def proposals(client: Client) -> list[Proposal]:
    """The templates that answer the client's present diagnoses, the one that shapes the day most first.

    When nothing fits, the general one comes alone.
    """
    diagnoses = list(client.diagnoses.filter(resolved_on=None))
    templates = list(PlanTemplate.objects.all())
    found = [
        Proposal(template, fitting)
        for template in templates
        if (fitting := [row for row in diagnoses if _fits(row, template.conditions)])
    ]
    found.sort(key=lambda one: (-one.template.content.get("weight", 0), -len(one.diagnoses), one.template.name))
    return found or [Proposal(template, []) for template in templates if template.code == GENERAL]


def propose_template(client: Client) -> PlanTemplate | None:
    """The best of them, None only when the agency has no templates at all."""
    found = proposals(client)
    return found[0].template if found else None
