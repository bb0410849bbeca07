from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from careplans.models import Instrument
from careplans.scoring import band_of, highest


class AssessmentForm(forms.Form):
    """One radio group per item of the instrument; the field's name is the item's code."""

    assessed_on = forms.DateField(
        label=gettext_lazy("Assessed on"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    comment = forms.CharField(
        label=gettext_lazy("What you saw"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, instrument: Instrument, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.instrument = instrument
        for item in instrument.items:
            self.fields[item["code"]] = forms.TypedChoiceField(
                label=item["text"],
                help_text=item.get("help", ""),
                choices=[(answer["value"], answer["text"]) for answer in item["answers"]],
                coerce=int,
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose an answer.")},
            )

    def item_fields(self) -> list[Any]:
        return [self[item["code"]] for item in self.instrument.items]

    @property
    def answers(self) -> dict[str, int]:
        """The answers given so far that are valid."""
        return {
            item["code"]: self.cleaned_data[item["code"]]
            for item in self.instrument.items
            if item["code"] in self.cleaned_data
        }

    def so_far(self) -> dict[str, Any]:
        """The running score: how many items are answered, the points, and the band once all are."""
        if self.is_bound:
            self.is_valid()
        answers = self.answers if self.is_bound else {}
        items = self.instrument.items
        score = sum(answers.values())
        band, tone = band_of(score, self.instrument.bands) if len(answers) == len(items) else ("", "")
        return {
            "answered": len(answers), "items": len(items), "score": score, "highest": highest(items),
            "band": band, "tone": tone,
        }  # fmt: skip
