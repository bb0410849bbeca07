from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import Agency
from homecare.accounts.services.agency import FIELDS

# Set on pages of their own: the placement rules and the weights of suggestions.
ELSEWHERE = {"rule_severities", "rule_numbers", "matching_weights"}


class AgencyForm(forms.ModelForm):
    """Everything an agency may set about itself."""

    class Meta:
        model = Agency
        fields = [name for name in FIELDS if name not in ELSEWHERE]
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
            "missed_after_minutes": _("Minutes until a visit not started is reported again"),
            "compliance_target_percent": _("Visits verified without an edit, target (%)"),
            "geofence_metres": _("Distance from the address that counts as there (metres)"),
            "travel_speed_kmh": _("Travel speed (km/h)"),
            "travel_factor": _("Road factor"),
            "reminder_hour": _("Hour of the evening reminder"),
            "require_second_factor": _("Office people need two-step sign-in"),
        }
        widgets = {"brand_colour": forms.TextInput(attrs={"type": "color", "class": "form-control-color"})}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        checks: dict[str, list[Any]] = {
            "npi": [RegexValidator(r"^\d{10}$", _("An NPI has 10 digits."))],
            "ein": [RegexValidator(r"^\d{2}-?\d{7}$", _("An EIN has 9 digits, like 12-3456789."))],
            "grace_minutes": [MaxValueValidator(240)],
            "missed_after_minutes": [MinValueValidator(1), MaxValueValidator(1440)],
            "compliance_target_percent": [MaxValueValidator(100)],
            "travel_speed_kmh": [MinValueValidator(5), MaxValueValidator(130)],
            "travel_factor": [MinValueValidator(1), MaxValueValidator(3)],
            "reminder_hour": [MaxValueValidator(23)],
        }
        for name, validators in checks.items():
            self.fields[name].validators = [*self.fields[name].validators, *validators]

    def section(self, *names: str) -> list[Any]:
        return [self[name] for name in names]

    def sections(self) -> list[tuple[Any, list[Any]]]:
        """The fields by subject, in the order of the page."""
        return [
            (_("Agency"), self.section("name", "legal_name", "brand_colour", "npi", "ein")),
            (_("Address"), self.section("line1", "city", "state", "postal_code", "phone", "email", "website")),
            (
                _("Visits"),
                self.section(
                    "grace_minutes",
                    "missed_after_minutes",
                    "geofence_metres",
                    "travel_speed_kmh",
                    "travel_factor",
                    "reminder_hour",
                    "compliance_target_percent",
                ),
            ),
            (_("Safety"), self.section("require_second_factor")),
        ]
