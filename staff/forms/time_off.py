from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from homecare import clock
from staff.models import TimeOff

DATE: dict[str, Any] = {"format": "%Y-%m-%d", "attrs": {"type": "date"}}
TIME: dict[str, Any] = {"format": "%H:%M", "attrs": {"type": "time"}}


class TimeOffForm(forms.Form):
    """Whole days, or from one local time to another."""

    first_on = forms.DateField(label=_("First day"), widget=forms.DateInput(**DATE))
    last_on = forms.DateField(label=_("Last day"), widget=forms.DateInput(**DATE))
    starts = forms.TimeField(
        label=_("From"),
        required=False,
        widget=forms.TimeInput(**TIME),
        help_text=_("Empty: the whole first day."),
    )
    ends = forms.TimeField(
        label=_("Until"),
        required=False,
        widget=forms.TimeInput(**TIME),
        help_text=_("Empty: the whole last day."),
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=TimeOff.Reason.choices)
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("first_on"), data.get("last_on")
        if first and last and last < first:
            self.add_error("last_on", _("The last day is before the first."))
        return data

    def span(self, zone: str) -> tuple[dt.datetime, dt.datetime]:
        """[starts_at, ends_at) in UTC of the branch's days."""
        data = self.cleaned_data
        starts_at = clock.at_local(data["first_on"], data["starts"] or dt.time(), zone)
        if data["ends"]:
            return starts_at, clock.at_local(data["last_on"], data["ends"], zone)
        return starts_at, clock.day_bounds(data["last_on"], zone)[1]


class DeclineForm(forms.Form):
    comment = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("The person who asked reads this."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
