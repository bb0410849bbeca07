from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import Agency
from homecare.accounts.services.agency import FIELDS


class Severity(models.TextChoices):
    BLOCK = "block", _("Refuse it")
    WARN = "warn", _("Warn, and ask for a reason")
    OFF = "off", _("Do not look")


@dataclass(frozen=True)
class RuleSetting:
    """One placement rule as the agency sets it."""

    code: str
    sentence: str
    default: str

    @property
    def field(self) -> str:
        return f"rule-{self.code}"


def rules() -> list[RuleSetting]:
    """The rules of settings.PLACEMENT_RULES that an agency may soften; they live above this app, so go by name."""
    classes = [import_string(path) for path in settings.PLACEMENT_RULES]
    return [
        RuleSetting(rule.code, str(rule.label), str(rule.default_severity)) for rule in classes if not rule.is_fixed
    ]


class AgencyForm(forms.ModelForm):
    """Everything an agency may set about itself."""

    class Meta:
        model = Agency
        fields = [name for name in FIELDS if name != "rule_severities"]
        labels = {
            "name": _("Name"),
            "legal_name": _("Legal name"),
            "brand_colour": _("Colour"),
            "line1": _("Street"),
            "city": _("City"),
            "state": _("State"),
            "postal_code": _("ZIP code"),
            "phone": _("Phone"),
            "email": _("E-mail"),
            "website": _("Website"),
            "npi": _("NPI (national provider identifier)"),
            "ein": _("EIN (employer identification number)"),
            "grace_minutes": _("Grace minutes"),
            "geofence_metres": _("Distance from the address that counts as there (metres)"),
            "travel_speed_kmh": _("Travel speed (km/h)"),
            "reminder_hour": _("Hour of the evening reminder"),
            "require_second_factor": _("Office people need two-step sign-in"),
        }
        widgets = {"brand_colour": forms.TextInput(attrs={"type": "color", "class": "form-control-color"})}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.rules = rules()
        chosen = self.instance.rule_severities
        for rule in self.rules:
            self.fields[rule.field] = forms.ChoiceField(
                label=rule.sentence, choices=Severity.choices, initial=chosen.get(rule.code, rule.default)
            )
        checks: dict[str, list[Any]] = {
            "npi": [RegexValidator(r"^\d{10}$", _("An NPI has 10 digits."))],
            "ein": [RegexValidator(r"^\d{2}-?\d{7}$", _("An EIN has 9 digits, like 12-3456789."))],
            "grace_minutes": [MaxValueValidator(240)],
            "travel_speed_kmh": [MinValueValidator(5), MaxValueValidator(130)],
            "reminder_hour": [MaxValueValidator(23)],
        }
        for name, validators in checks.items():
            self.fields[name].validators = [*self.fields[name].validators, *validators]

    def values(self) -> dict[str, Any]:
        """What the service keeps; a rule left at its default is not stored, so that a better default reaches it."""
        data = dict(self.cleaned_data)
        chosen = {rule.code: (data.pop(rule.field), rule.default) for rule in self.rules}
        data["rule_severities"] = {code: value for code, (value, default) in chosen.items() if value != default}
        return data

    def section(self, *names: str) -> list[Any]:
        return [self[name] for name in names]

    def sections(self) -> list[tuple[Any, list[Any]]]:
        """The fields by subject, in the order of the page."""
        return [
            (_("Agency"), self.section("name", "legal_name", "brand_colour", "npi", "ein")),
            (_("Address"), self.section("line1", "city", "state", "postal_code", "phone", "email", "website")),
            (_("Visits"), self.section("grace_minutes", "geofence_metres", "travel_speed_kmh", "reminder_hour")),
            (_("Safety"), self.section("require_second_factor")),
            (_("Rules of placement"), self.section(*(rule.field for rule in self.rules))),
        ]
