"""Form fields that several scheduling forms share: days, times and caregivers in the branch's own clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from staff.models import Member


def day_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, help_text=help_text, widget=widget)


def time_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=required, help_text=help_text, widget=widget)


def minutes_field(*, required: bool = True) -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Length in minutes"),
        required=required,
        min_value=5,
        max_value=24 * 60,
        widget=forms.NumberInput(attrs={"step": 5}),
        error_messages={
            "min_value": _("A visit lasts at least 5 minutes."),
            "max_value": _("A visit lasts at most 24 hours (1440 minutes)."),
        },
    )


def override_field() -> forms.CharField:
    return forms.CharField(
        label=_("Reason to go on in spite of a warning"),
        required=False,
        max_length=200,
        help_text=_("Only needed when a warning is shown; it is kept with the visit."),
    )


class CaregiverField(forms.ModelChoiceField):
    """Active staff of one branch by name and role; empty leaves the visit unfilled."""

    def __init__(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {
            "label": _("Caregiver"),
            "required": False,
            "empty_label": _("Nobody yet (unfilled)"),
            "queryset": Member.objects.none(),
        }
        super().__init__(**(options | kwargs))

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.full_name} · {obj.role.code}"


def caregivers_of(user: Any, branch_id: int | None = None) -> Any:
    """Whom this person may plan."""
    rows = Member.objects.visible_to(user).active().select_related("role")
    return rows.filter(branch=branch_id) if branch_id else rows


class _NamesOnly(django_filters.fields.ModelChoiceIterator):
    """Keys and names: three hundred rows made into people took a tenth of a list's time."""

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        for pk, first, last in self.queryset.values_list("pk", "first_name", "last_name"):
            yield pk, f"{first} {last}"


class _CaregiverChoice(django_filters.fields.ModelChoiceField):
    iterator = _NamesOnly


class CaregiverFilter(django_filters.ModelChoiceFilter):
    """One caregiver of many, by full name."""

    field_class = _CaregiverChoice
