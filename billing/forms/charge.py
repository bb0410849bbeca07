from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.forms.invoice import BranchFilterSet, branches_of
from billing.pricing import WaitsFor
from billing.unbilled import Waiting


class TabFilter(BranchFilterSet):
    """`show` chooses the tab and stays in the URL with the filters; it filters no rows itself."""

    show = django_filters.CharFilter(method="keep", widget=forms.HiddenInput)

    def keep(self, queryset: Any, name: str, value: str) -> Any:
        return queryset


class WaitingFilter(TabFilter):
    """Filters of the visits that wait. They are judged already, so that filtering asks the database nothing."""

    reason = django_filters.ChoiceFilter(
        label=_("Reason"), choices=[choice for choice in WaitsFor.choices if choice[0]], empty_label=_("All")
    )
    branch = django_filters.ModelChoiceFilter(label=_("Branch"), queryset=branches_of, empty_label=_("All"))

    def chosen(self, rows: list[Waiting]) -> list[Waiting]:
        """What is filled in and can be read; anything else filters nothing, as everywhere."""
        wanted = self.form.cleaned_data if self.form.is_valid() else {}
        reason, branch = wanted.get("reason"), wanted.get("branch")
        return [
            row
            for row in rows
            if (not reason or row.waits_for == reason) and (branch is None or row.branch_id == branch.pk)
        ]


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

    @property
    def narrows(self) -> bool:
        """Is anything filled in? What can't be read filters nothing, but counts as filled in."""
        return any(self.data.get(name) for name in ("q", "branch"))

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(
            Q(client__last_name__icontains=value)
            | Q(client__first_name__icontains=value)
            | Q(payer__name__icontains=value)
        )
