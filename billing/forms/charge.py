from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.forms.invoice import BranchFilterSet, branches_of
from billing.pricing import WaitsFor


class TabFilter(BranchFilterSet):
    """`show` chooses the tab and stays in the URL with the filters; it filters no rows itself."""

    show = django_filters.CharFilter(method="keep", widget=forms.HiddenInput)

    def keep(self, queryset: Any, name: str, value: str) -> Any:
        return queryset


class WaitingFilter(TabFilter):
    """Filters of the visits that wait."""

    reason = django_filters.ChoiceFilter(
        label=_("Reason"),
        field_name="waits_for",
        choices=[choice for choice in WaitsFor.choices if choice[0]],
        empty_label=_("All"),
    )
    branch = django_filters.ModelChoiceFilter(label=_("Branch"), queryset=branches_of, empty_label=_("All"))


class OpenFilter(TabFilter):
    """Filters of the charges that stand on no invoice yet."""

    q = django_filters.CharFilter(
        label=_("Client or payer"),
        method="search",
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    branch = django_filters.ModelChoiceFilter(
        label=_("Branch"), field_name="client__branch", queryset=branches_of, empty_label=_("All")
    )

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(
            Q(client__last_name__icontains=value)
            | Q(client__first_name__icontains=value)
            | Q(payer__name__icontains=value)
        )
