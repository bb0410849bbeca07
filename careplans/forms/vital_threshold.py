from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from careplans.models import VitalThreshold
from careplans.models.vital import VitalKind
from careplans.vitals import MEASURED, SIGNS

LIMITED = tuple(kind for kind in MEASURED if kind != "height")
"""Height has no range anybody is told about."""


def _number(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


class ThresholdForm(forms.Form):
    """The lower and upper limit of each sign in its unit; empty keeps the usual one, shown in the field."""

    def __init__(self, *args: Any, own: list[VitalThreshold], **kwargs: Any):
        super().__init__(*args, **kwargs)
        rows = {row.kind: row for row in own}
        for kind in LIMITED:
            sign, row = SIGNS[kind], rows.get(kind)
            for side, words in (("low", _("%(sign)s, alert below")), ("high", _("%(sign)s, alert above"))):
                usual, value = getattr(sign, side), getattr(row, side, None)
                attrs = {"inputmode": "decimal", "step": "any", "autocomplete": "off"}
                if usual is not None:
                    attrs["placeholder"] = _number(usual)
                self.fields[f"{kind}_{side}"] = forms.DecimalField(
                    label=words % {"sign": VitalKind(kind).label}, required=False, min_value=0, max_digits=6,
                    decimal_places=2, initial=_number(value), widget=forms.NumberInput(attrs=attrs),
                )  # fmt: skip

    def limits(self) -> list[dict[str, Any]]:
        """Sign, unit and both fields in the order of the page; `at_high`: the upper limit itself already alerts."""
        return [
            {
                "label": VitalKind(kind).label,
                "unit": SIGNS[kind].unit,
                "at_high": SIGNS[kind].alerts_at_high,
                "low": self[f"{kind}_low"],
                "high": self[f"{kind}_high"],
            }
            for kind in LIMITED
        ]

    @property
    def spans(self) -> dict[str, tuple[Decimal | None, Decimal | None]]:
        data = self.cleaned_data
        return {kind: (data.get(f"{kind}_low"), data.get(f"{kind}_high")) for kind in LIMITED}
