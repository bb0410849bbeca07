from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from homecare import clock
from homecare.accounts.models import Branch, User
from homecare.audit.models import Event

DATE = forms.DateInput(attrs={"type": "date"})


class EventFilter(django_filters.FilterSet):
    """The trail narrowed by what happened, by whom, when and to which row."""

    action = django_filters.CharFilter(label=_("Act"), lookup_expr="startswith")
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=Event.Kind.choices, empty_label=_("All"))
    user = django_filters.ModelChoiceFilter(label=_("Person"), queryset=lambda request: _people(request))
    since = django_filters.DateFilter(label=_("From"), widget=DATE, method="by_since")
    until = django_filters.DateFilter(label=_("Until"), widget=DATE, method="by_until")
    type = django_filters.CharFilter(field_name="object_type", widget=forms.HiddenInput)
    object = django_filters.NumberFilter(field_name="object_id", widget=forms.HiddenInput)

    class Meta:
        model = Event
        fields = ["action", "kind", "user", "since", "until", "type", "object"]

    def _zone(self) -> str:
        """Days of the person's own branch."""
        branch = Branch.objects.visible_to(self.request.user).order_by("pk").first()
        return branch.time_zone if branch else "UTC"

    def by_since(self, rows: Any, name: str, value: dt.date) -> Any:
        return rows.filter(at__gte=clock.day_bounds(value, self._zone())[0])

    def by_until(self, rows: Any, name: str, value: dt.date) -> Any:
        return rows.filter(at__lt=clock.day_bounds(value, self._zone())[1])


def _people(request: Any) -> Any:
    return User.objects.visible_to(request.user).order_by("last_name", "first_name")
