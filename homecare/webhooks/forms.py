from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import Branch, User
from homecare.webhooks.kinds import choices
from homecare.webhooks.models import Dispatch


class EndpointForm(forms.Form):
    """Where another program listens and what it is told."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Which program this is."))
    url = forms.CharField(
        label=_("Address"), max_length=500, help_text=_("Begins with https:// and can be reached from the internet.")
    )
    kinds = forms.MultipleChoiceField(
        label=_("Events"),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Choose at least one event.")},
    )
    branch = forms.ModelChoiceField(
        label=_("Branch"), queryset=Branch.objects.none(), required=False, empty_label=_("All branches")
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kinds"].choices = choices()  # type: ignore[attr-defined]
        field: Any = self.fields["branch"]
        field.queryset = Branch.objects.visible_to(user)
        if not user.all_branches:
            field.required, field.empty_label = True, None


class DispatchFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(label=_("State"), choices=Dispatch.Status.choices, empty_label=_("All"))
    kind = django_filters.ChoiceFilter(
        label=_("Event"), field_name="message__kind", choices=choices, empty_label=_("All")
    )

    class Meta:
        model = Dispatch
        fields: list[str] = []
