"""What staff lists can be narrowed by; the answers stay in the URL."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import Branch
from staff.models import Credential, CredentialType, Member, Role, TimeOff


def _branches(request: Any) -> QuerySet[Branch]:
    return Branch.objects.visible_to(request.user) if request else Branch.objects.none()


def named_like(rows: QuerySet, words: str, path: str = "") -> QuerySet:
    """People whose name or number holds every word, small typing errors forgiven (trigram index on the names)."""
    rows = rows.alias(upper_first=Upper(f"{path}first_name"), upper_last=Upper(f"{path}last_name"))
    for word in words.split()[:4]:
        rows = rows.filter(
            Q(**{f"{path}last_name__icontains": word})
            | Q(**{f"{path}first_name__icontains": word})
            | Q(**{f"{path}employee_number__istartswith": word})
            | Q(upper_last__trigram_similar=word.upper())
            | Q(upper_first__trigram_similar=word.upper())
        )
    return rows


class SearchFilter(django_filters.CharFilter):
    """The search field of a list about people; `path` leads to the member."""

    def __init__(self, *, path: str = "", **kwargs: Any):
        self.path = path
        super().__init__(
            label=_("Search"),
            widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Name or number")}),
            **kwargs,
        )

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        return named_like(qs, value, self.path) if value else qs


class MemberFilter(django_filters.FilterSet):
    """Without a status: everybody employed."""

    q = SearchFilter()
    role = django_filters.ModelChoiceFilter(label=_("Role"), queryset=Role.objects.all(), empty_label=_("All roles"))
    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=[*Member.Status.choices, ("all", _("All"))], empty_label=_("Employed"),
        method="of_status",
    )  # fmt: skip
    branch = django_filters.ModelChoiceFilter(label=_("Branch"), queryset=_branches, empty_label=_("All branches"))

    class Meta:
        model = Member
        fields = ["q", "role", "status", "branch"]

    def of_status(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows if value == "all" else rows.filter(status=value)

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("status") else rows.exclude(status=Member.Status.LEFT)


class CredentialFilter(django_filters.FilterSet):
    """Without a window: what runs out within 60 days or has run out."""

    WINDOWS = (("7", _("Within 7 days")), ("30", _("Within 30 days")), ("expired", _("Expired")), ("all", _("All")))

    q = SearchFilter(path="member__")
    window = django_filters.ChoiceFilter(
        label=_("Runs out"), choices=WINDOWS, empty_label=_("Within 60 days"), method="keep"
    )
    type = django_filters.ModelChoiceFilter(
        label=_("Type"), queryset=CredentialType.objects.all(), empty_label=_("All types")
    )
    branch = django_filters.ModelChoiceFilter(
        label=_("Branch"), field_name="member__branch", queryset=_branches, empty_label=_("All branches")
    )

    class Meta:
        model = Credential
        fields = ["q", "window", "type", "branch"]

    def keep(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """The view narrows by the window, which depends on today."""
        return rows


class TimeOffFilter(django_filters.FilterSet):
    """Without a status: requests that wait."""

    q = SearchFilter(path="member__")
    status = django_filters.ChoiceFilter(
        label=_("Status"), empty_label=_("Waiting"), method="of_status",
        choices=[*[choice for choice in TimeOff.Status.choices if choice[0] != "requested"], ("all", _("All"))],
    )  # fmt: skip
    branch = django_filters.ModelChoiceFilter(
        label=_("Branch"), field_name="member__branch", queryset=_branches, empty_label=_("All branches")
    )

    class Meta:
        model = TimeOff
        fields = ["q", "status", "branch"]

    def of_status(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows if value == "all" else rows.filter(status=value)

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("status") else rows.filter(status=TimeOff.Status.REQUESTED)
