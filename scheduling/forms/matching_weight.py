"""How much each factor of a suggestion counts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from homecare.accounts.models import Agency
from scheduling.factors import weights

MOST_POINTS = 100


class WeightForm(forms.Form):
    """Points from 0 (does not count) to 100; what equals its default is not kept."""

    def __init__(self, *args: Any, agency: Agency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for weight in weights():
            self.fields[weight.code] = forms.IntegerField(
                label=str(weight.label),
                help_text=_("%(meaning)s Default %(points)s.")
                % {"meaning": weight.meaning, "points": weight.default_points},
                min_value=0,
                max_value=MOST_POINTS,
                initial=agency.matching_weights.get(weight.code, weight.default_points),
            )

    @property
    def gained(self) -> list[Any]:
        """Fields of what gives points."""
        return [self[weight.code] for weight in weights() if not weight.is_against]

    @property
    def lost(self) -> list[Any]:
        """Fields of what takes points away."""
        return [self[weight.code] for weight in weights() if weight.is_against]

    def values(self) -> dict[str, Any]:
        """What `save_settings` keeps."""
        data = self.cleaned_data
        chosen = {row.code: data[row.code] for row in weights() if data[row.code] != row.default_points}
        return {"matching_weights": chosen}
