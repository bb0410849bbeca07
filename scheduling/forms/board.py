"""The board's filters, kept in the URL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.board import BY_CAREGIVER, BY_CLIENT, DAY_VIEW, MAP, SHEETS, WEEK
from scheduling.forms.fields import day_field
from scheduling.models import Visit
from staff.models import Member, Role, Team

MY_TEAM, ALL = "", "all"
VIEWS = [(WEEK, _("Week")), (DAY_VIEW, _("Day")), (MAP, _("Map"))]


class BoardFilter(forms.Form):
    """What is shown. `team` empty is the team of whoever looks; the agency without teams sees everybody."""

    view = forms.ChoiceField(required=False, choices=[*VIEWS, (SHEETS, _("Sheets"))], widget=forms.HiddenInput)
    caregiver = forms.ModelChoiceField(Member.objects.none(), required=False, widget=forms.HiddenInput)
    q = forms.CharField(label=_("Name"), required=False, widget=forms.TextInput(attrs={"type": "search"}))
    team = forms.ChoiceField(label=_("Team"), required=False)
    by = forms.ChoiceField(
        label=_("Rows"), required=False, choices=[(BY_CAREGIVER, _("Caregivers")), (BY_CLIENT, _("Clients"))]
    )
    role = forms.ModelChoiceField(Role.objects.all(), label=_("Role"), required=False, empty_label=_("All roles"))
    only_with_visits = forms.BooleanField(label=_("Only with visits"), required=False)
    week = day_field(_("Week of"), required=False)
    day = day_field(_("Day"), required=False)

    def __init__(self, *args: Any, user: Any, teams: Sequence[Team], mine: Team | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = _("My team: %(team)s") % {"team": mine} if mine else _("All caregivers")
        choices = [(MY_TEAM, first), *((str(team.pk), team.name) for team in teams)]
        self.fields["team"].choices = [*choices, (ALL, _("All caregivers"))] if mine else choices  # type: ignore[attr-defined]
        self.fields["caregiver"].queryset = Member.objects.visible_to(user)  # type: ignore[attr-defined]
        # A team that is gone or another branch's: the own team, and everything else as asked.
        if self.data.get("team", MY_TEAM) not in {ALL, *(key for key, _name in choices)}:
            self.data = {**self.data.dict(), "team": MY_TEAM}  # type: ignore[attr-defined]

    def stand_on(self, first: dt.date) -> None:
        """The inputs show the day or week that is shown, also when the address names none."""
        shown = first.isoformat()
        self.data = {**{name: self.data.get(name) for name in self.data}, "week": shown, "day": shown}


class PlaceForm(forms.Form):
    """Where a visit was dropped: a day, and how far into it. The day's minutes are counted from its midnight as they
    really pass, so that the hour which occurs twice is two places. Without `minute` it keeps its time of day, without
    `length` its length; `keep` leaves its time as it is, to the second (a night that began the day before)."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    day = forms.DateField(widget=forms.HiddenInput)
    minute = forms.IntegerField(min_value=0, max_value=25 * 60 - 1, required=False, widget=forms.HiddenInput)
    length = forms.IntegerField(min_value=5, max_value=24 * 60, required=False, widget=forms.HiddenInput)
    keep = forms.BooleanField(required=False, widget=forms.HiddenInput)
    caregiver = forms.ModelChoiceField(Member.objects.none(), required=False, widget=forms.HiddenInput)
    together = forms.BooleanField(label=_("Move the caregivers who come at the same time too"), required=False)
    override_reason = forms.CharField(
        label=_("Reason to go on in spite of a warning"),
        required=False,
        max_length=200,
        help_text=_("It is kept with the visit."),
    )

    def __init__(self, *args: Any, user: Any, visit: Visit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["caregiver"]
        field.queryset = Member.objects.visible_to(user).filter(branch=visit.branch_id)
        field.error_messages["invalid_choice"] = _("This caregiver works in another branch than the client.")
