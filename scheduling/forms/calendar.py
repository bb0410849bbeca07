"""Forms for calendar addresses that the office makes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import Branch, User
from scheduling.forms.fields import caregivers_of
from staff.models import Team


class ClientCalendarForm(forms.Form):
    label = forms.CharField(
        label=_("For whom"), max_length=80, help_text=_("Who gets the address, for example: daughter, assisted living.")
    )


class OfficeCalendarForm(forms.Form):
    """A branch's visits, those of a team, or those of chosen caregivers. The service says what goes together."""

    branch = forms.ModelChoiceField(label=_("Branch"), queryset=Branch.objects.none(), empty_label=None)
    label = forms.CharField(
        label=_("Name"), max_length=80, required=False, help_text=_("What it is called in the list.")
    )
    team = forms.ModelChoiceField(
        label=_("Only visits of the team"),
        queryset=Team.objects.none(),
        required=False,
        empty_label=_("The whole branch"),
        help_text=_("Follows the team: who joins is shown, who leaves is not."),
    )
    members: Any = forms.ModelMultipleChoiceField(
        label=_("Or only visits of"),
        queryset=None,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=_("Single caregivers; stays as chosen."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        branches = Branch.objects.visible_to(user)
        fields: Any = self.fields
        fields["branch"].queryset = branches
        teams = Team.objects.visible_to(user).select_related("branch").order_by("branch__name", "name")
        fields["team"].queryset = teams
        if len(branches) > 1:
            fields["team"].label_from_instance = lambda team: f"{team.name} ({team.branch.name})"
        fields["members"].queryset = caregivers_of(user)
