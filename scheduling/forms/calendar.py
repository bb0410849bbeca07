"""Forms for calendar addresses that the office makes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import Branch, User
from scheduling.forms.fields import caregivers_of


class ClientCalendarForm(forms.Form):
    label = forms.CharField(
        label=_("For whom"), max_length=80, help_text=_("Who gets the address, for example: daughter, assisted living.")
    )


class OfficeCalendarForm(forms.Form):
    """A branch's visits, or those of a team."""

    branch = forms.ModelChoiceField(label=_("Branch"), queryset=Branch.objects.none(), empty_label=None)
    label = forms.CharField(label=_("Name"), max_length=80, required=False, help_text=_("For example the team's name."))
    members: Any = forms.ModelMultipleChoiceField(
        label=_("Only visits of"),
        queryset=None,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 10}),
        help_text=_("Choose a team of caregivers, or nobody for the whole branch."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        branches: Any = self.fields["branch"]
        branches.queryset = Branch.objects.visible_to(user)
        members: Any = self.fields["members"]
        members.queryset = caregivers_of(user)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        branch = data.get("branch")
        if branch and any(member.branch_id != branch.pk for member in data.get("members") or ()):
            self.add_error("members", _("Choose caregivers of this branch."))
        return data
