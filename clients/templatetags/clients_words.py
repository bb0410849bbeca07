"""{% load clients_words %}: codes of a referral in words."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from clients import languages
from clients.models import Diagnosis

register = template.Library()
UNITS = {"mm[Hg]": "mmHg", "Cel": "°C", "{score}": ""}


@register.filter
def language_name(tag: str) -> str:
    """es → Spanish."""
    return languages.name_of(tag)


@register.filter
def code_system(url: str) -> str:
    """http://snomed.info/sct → SNOMED CT; an unknown system's last part."""
    known = {value: str(label) for value, label in Diagnosis.System.choices if value}
    return known.get(url, url.rstrip("/").rsplit("/", 1)[-1])


@register.filter
def unit_name(ucum: str) -> str:
    """mm[Hg] → mmHg, as people write it."""
    return UNITS.get(ucum, ucum)


@register.filter
def sign_name(kind: str) -> str:
    """systolic → Systolic pressure."""
    names = {
        "systolic": _("Systolic pressure"),
        "diastolic": _("Diastolic pressure"),
        "heart_rate": _("Heart rate"),
        "respiration": _("Respiration"),
        "temperature": _("Temperature"),
        "oxygen": _("Oxygen saturation"),
        "weight": _("Weight"),
        "height": _("Height"),
        "glucose": _("Glucose"),
        "pain": _("Pain 0–10"),
    }
    return names.get(kind, kind)
