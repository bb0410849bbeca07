"""Forms of rotations: its weeks, its shifts, its caregivers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import Branch
from homecare.clock import monday_of, today
from scheduling.forms.fields import CaregiverField, caregivers_of, day_field
from scheduling.models import Rotation, Schedule


class RotationForm(forms.Form):
    branch = forms.ModelChoiceField(Branch.objects.none(), label=_("Branch"), empty_label=None)
    name = forms.CharField(label=_("Name"), max_length=80)
    weeks = forms.IntegerField(
        label=_("Weeks"), min_value=1, max_value=8, initial=2, help_text=_("So many rows; then the first comes again.")
    )
    starts_on = day_field(_("First Monday"))
    ends_on = day_field(_("Last day"), required=False, help_text=_("Empty: it goes on."))

    def __init__(self, *args: Any, user: Any, rotation: Rotation | None = None, **kwargs: Any) -> None:
        branches = Branch.objects.visible_to(user).filter(is_active=True)
        first = branches.first()
        monday = monday_of(today(first.time_zone if first else "UTC")) + dt.timedelta(days=7)
        kwargs["initial"] = {"branch": first, "starts_on": monday} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = branches  # type: ignore[attr-defined]
        if rotation is not None:
            del self.fields["branch"]


class PatternField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.client.full_name} · {obj.service_type.name} · {obj.sentence}"


def _row_field(label: Any, rotation: Rotation, **kwargs: Any) -> forms.TypedChoiceField:
    rows = [(n, n) for n in range(1, rotation.weeks + 1)]
    return forms.TypedChoiceField(label=label, coerce=int, choices=rows, **kwargs)


class ShiftForm(forms.Form):
    """Which place of which pattern belongs to a row."""

    schedule = PatternField(Schedule.objects.none(), label=_("Pattern"))
    slot = forms.TypedChoiceField(
        label=_("Place"), coerce=int, choices=[(n, n) for n in range(1, 5)], initial=1, required=False, empty_value="1"
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Weekdays"),
        coerce=int,
        choices=[(n, WEEKDAYS[n]) for n in range(7)],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("None: all days of the pattern."),
    )

    def __init__(self, *args: Any, user: Any, rotation: Rotation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Schedule.objects.visible_to(user).active().filter(client__branch=rotation.branch_id)
        rows = rows.select_related("client", "service_type").order_by("client__last_name", "start_time", "pk")
        self.fields["schedule"].queryset = rows  # type: ignore[attr-defined]
        self.fields["row"] = _row_field(_("Row"), rotation)
        self.order_fields(["row", "schedule", "slot", "weekdays"])


class TurnerForm(forms.Form):
    """Who takes turns, beginning where."""

    member = CaregiverField(required=True, empty_label=None)
    since = day_field(_("Joins on"), required=False, help_text=_("A Monday; empty: from its beginning."))
    until = day_field(_("Last day"), required=False, help_text=_("Empty: they go on."))

    def __init__(self, *args: Any, user: Any, rotation: Rotation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = caregivers_of(user, rotation.branch_id)  # type: ignore[attr-defined]
        words = _("Whoever joins later takes the row that this one would have come to by then.")
        self.fields["first_row"] = _row_field(_("Row in the first week"), rotation, help_text=words)
        self.order_fields(["member", "first_row", "since", "until"])


class LeaveForm(forms.Form):
    until = day_field(_("Last day"), required=False, help_text=_("Empty: they go on."))
