"""Questionnaires and plan templates an agency starts with. Only what is missing is added: its own changes stay."""

from __future__ import annotations

from django.db import transaction

from careplans.instruments import INSTRUMENTS
from careplans.models import Instrument, PlanTemplate
from careplans.plan_templates import TEMPLATES


@transaction.atomic
def load() -> None:
    """Adds the missing instruments and templates; a second run changes nothing."""
    for instrument in INSTRUMENTS:
        content = {name: value for name, value in instrument.items() if name != "code"}
        Instrument.objects.get_or_create(code=instrument["code"], version=1, defaults=content)
    for template in TEMPLATES:
        content = {name: value for name, value in template.items() if name != "code"}
        PlanTemplate.objects.get_or_create(code=template["code"], defaults=content)
