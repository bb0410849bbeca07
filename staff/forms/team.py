from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django import forms
from django.forms.models import ModelChoiceIterator
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import Branch, User
from staff.models import Member, Team


class TickList(forms.widgets.ChoiceWidget):
    """Boxes to tick in groups, with a search box over them that filters as one types (static/js/tick_list.js)."""

    allow_multiple_selected = True
    input_type = "checkbox"
    use_fieldset = True
    template_name = "staff/tick_list.html"

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        """The legend names the whole, so that no box is its label's alone."""
        return "" if index is None else super().id_for_label(id_, index)

    def use_required_attribute(self, initial: Any) -> bool:
        return False


class ByRole(ModelChoiceIterator):
    """Members under the name of their role."""

    def __iter__(self) -> Iterator[Any]:
        rows = self.queryset.select_related("role").order_by("role__name", "role", "last_name", "first_name", "pk")
        for role, members in groupby(rows, key=lambda member: member.role):
            yield role.name, [self.choice(member) for member in members]


class MembersField(forms.ModelMultipleChoiceField):
    iterator = ByRole
    widget = TickList


class TeamForm(forms.Form):
    """A name, who belongs to it, and whose board opens with it."""

    branch = forms.ModelChoiceField(Branch.objects.none(), label=_("Branch"))
    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("An area, a shift or a coordinator's people."))
    members = MembersField(Member.objects.none(), label=_("Caregivers"), required=False)
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
