from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import Branch, User
from staff.models import Member, Team


class TeamForm(forms.Form):
    """A name, who belongs to it, and whose board opens with it."""

    branch = forms.ModelChoiceField(Branch.objects.none(), label=_("Branch"))
    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("An area, a shift or a coordinator's people."))
    members = forms.ModelMultipleChoiceField(
        Member.objects.none(), label=_("Caregivers"), required=False, widget=forms.CheckboxSelectMultiple
    )
    coordinators = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label=_("Planned by"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Their board opens with this team."),
    )

    def __init__(self, *args: Any, user: Any, team: Team | None = None, **kwargs: Any) -> None:
        if team is not None:
            kwargs["initial"] = {
                "name": team.name,
                "members": [row.pk for row in team.members.all()],
                "coordinators": [row.pk for row in team.coordinators.all()],
            }
        super().__init__(*args, **kwargs)
        branches = Branch.objects.visible_to(user).filter(is_active=True)
        members = Member.objects.visible_to(user).exclude(status=Member.Status.LEFT)
        if team is None:
            self.fields["branch"].queryset = branches  # type: ignore[attr-defined]
        else:
            branches = branches.filter(pk=team.branch_id)
            members = members.filter(branch=team.branch_id)
            del self.fields["branch"]
        self.fields["members"].queryset = members  # type: ignore[attr-defined]
        self.fields["coordinators"].queryset = planners(branches)  # type: ignore[attr-defined]


def planners(branches: Any) -> Any:
    """Who may change visits and works in one of these branches."""
    may_plan = User.objects.filter(
        is_active=True,
        groups__permissions__codename="change_visit",
        groups__permissions__content_type__app_label="scheduling",
    )
    near = may_plan.filter(branches__in=branches) | may_plan.filter(all_branches=True)
    return User.objects.filter(pk__in=near.values("pk")).order_by("first_name", "last_name", "pk")
