from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from careplans.models.vital import VitalKind
from careplans.vitals import MEASURED, SIGNS
from clients.models import Client
from homecare import clock

UNITS = {
    "temperature": [("°F", "°F"), ("°C", "°C")],
    "weight": [("lb", "lb"), ("kg", "kg")],
    "height": [("in", "in"), ("cm", "cm")],
}


class VitalsForm(forms.Form):
    """What was measured at one moment. Empty means not measured."""

    measured_on = forms.DateField(label=_("Day"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    measured_time = forms.TimeField(label=_("Time"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    on_oxygen = forms.BooleanField(label=_("Breathes extra oxygen"), required=False)
    drowsy = forms.BooleanField(label=_("Newly confused, drowsy, or answers only to voice or pain"), required=False)
    target_88 = forms.BooleanField(label=_("A saturation of 88–92 % is prescribed"), required=False)

    def __init__(self, *args: Any, client: Client, **kwargs: Any):
        super().__init__(*args, **kwargs)
        now = clock.local(timezone.now(), client.branch.time_zone)
        self.fields["measured_on"].initial = now.date()
        self.fields["measured_time"].initial = now.time().replace(second=0, microsecond=0)
        for kind in MEASURED:
            sign = SIGNS[kind]
            attrs = {"inputmode": "decimal", "step": "any", "autocomplete": "off"}
            self.fields[kind] = forms.DecimalField(
                label=VitalKind(kind).label, required=False, min_value=0, max_digits=6, decimal_places=2,
                help_text=sign.unit if kind not in UNITS else "", widget=forms.NumberInput(attrs=attrs),
            )  # fmt: skip
            if kind in UNITS:
                self.fields[f"{kind}_unit"] = forms.ChoiceField(label=_("Unit"), choices=UNITS[kind], required=False)

    def measured(self) -> list[tuple[Any, Any]]:
        """(field, its unit field or None) in the order of the page."""
        return [(self[kind], self[f"{kind}_unit"] if kind in UNITS else None) for kind in MEASURED]

    @property
    def values(self) -> dict[str, Decimal]:
        """Kind → value in our unit."""
        found = {kind: self.cleaned_data[kind] for kind in MEASURED if self.cleaned_data.get(kind) is not None}
        for kind in found:
            other = SIGNS[kind].other
            if other and self.cleaned_data.get(f"{kind}_unit") == other.unit:
                found[kind] = other.back(found[kind])
        return found

    def moment(self, zone: str) -> dt.datetime:
        return clock.at_local(self.cleaned_data["measured_on"], self.cleaned_data["measured_time"], zone)


class AcknowledgeForm(forms.Form):
    comment = forms.CharField(
        label=_("What did you do about it?"), max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )
