"""The form of an appointment with somebody outside the agency."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from homecare.clock import now
from scheduling.models import Appointment, Visit
from scheduling.wording import span


class VisitField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return span(obj.starts_at, obj.ends_at, obj.branch.time_zone)


class AppointmentForm(forms.ModelForm):
    """Once, or on chosen weekdays every n weeks until a day."""

    weekdays = forms.TypedMultipleChoiceField(
        label=_("Repeats on"),
        coerce=int,
        required=False,
        choices=[(day, WEEKDAYS[day]) for day in range(7)],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        help_text=_("No day: it takes place once."),
    )
    every_weeks = forms.IntegerField(label=_("Every … weeks"), min_value=1, max_value=8, initial=1, required=False)
    visit = VisitField(
        label=_("Visit in which our caregiver goes along"),
        queryset=Visit.objects.none(),
        required=False,
        empty_label=_("None"),
    )

    class Meta:
        model = Appointment
        fields = [
            "kind",
            "provider",
            "place",
            "phone",
            "starts_on",
            "start_time",
            "duration_minutes",
            "weekdays",
            "every_weeks",
            "ends_on",
            "escort",
            "escort_note",
            "visit",
            "note",
        ]
        labels = {
            "kind": _("Kind"),
            "provider": _("With whom"),
            "place": _("Where"),
            "phone": _("Phone"),
            "starts_on": _("Day (the first, when it repeats)"),
            "start_time": _("Time"),
            "duration_minutes": _("Length in minutes, with the way"),
            "ends_on": _("Last day"),
            "escort": _("Who takes the client there?"),
            "escort_note": _("Name or number of the escort"),
            "note": _("Note"),
        }
        widgets = {
            "starts_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "ends_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "start_time": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["visit"]
        mine = Visit.objects.filter(client=self.instance.client_id).live().filter(starts_at__gt=now())
        field.queryset = mine.select_related("branch").order_by("starts_at")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["every_weeks"] = data.get("every_weeks") or 1
        if not data.get("weekdays"):
            data["ends_on"] = None
        return data
