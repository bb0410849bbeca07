"""Forms of draft rosters."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import Branch
from homecare.clock import at_local, local, monday_of, today
from scheduling.forms.fields import CaregiverField, caregivers_of, day_field, time_field
from scheduling.models import Roster, RosterLine

SECONDS = [(15, _("15 seconds")), (60, _("1 minute")), (300, _("5 minutes")), (900, _("15 minutes"))]
REACH = [
    ("open", _("Only unfilled visits: everybody else stays where they are")),
    ("all", _("All visits: whoever fits best, with as few changes as worth it")),
]


class RosterForm(forms.Form):
    """Which days of which branch, and how the draft begins."""

    branch = forms.ModelChoiceField(Branch.objects.none(), label=_("Branch"), empty_label=None)
    first_on = day_field(_("First day"))
    last_on = day_field(_("Last day"))
    origin = forms.ChoiceField(label=_("How does it begin?"), choices=Roster.BEGINNINGS)
    reach = forms.ChoiceField(label=_("What may be proposed?"), choices=REACH)
    seconds = forms.TypedChoiceField(
        label=_("How long may it search?"),
        coerce=int,
        choices=SECONDS,
        help_text=_("Longer finds better rosters. You may leave the page, and take the best so far at any time."),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        branches = Branch.objects.visible_to(user).filter(is_active=True)
        first = branches.first()
        day = today(first.time_zone if first else "UTC")
        monday = monday_of(day) + dt.timedelta(days=7)
        initial = {"first_on": monday, "last_on": monday + dt.timedelta(days=6), "seconds": 60, "branch": first}
        kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = branches  # type: ignore[attr-defined]


class RosterLineForm(forms.Form):
    """Who takes one visit of the draft, and when it begins; the day stays."""

    caregiver = CaregiverField()
    start_time = time_field(_("Start"), help_text=_("The visit keeps its day and its length."))

    def __init__(self, *args: Any, user: Any, line: RosterLine, **kwargs: Any) -> None:
        self.start = local(line.starts_at, line.roster.branch.time_zone)
        self.zone_name = line.roster.branch.time_zone
        kwargs["initial"] = {"caregiver": line.caregiver_id, "start_time": self.start.time()}
        super().__init__(*args, **kwargs)
        self.fields["caregiver"].queryset = caregivers_of(user, line.roster.branch_id)  # type: ignore[attr-defined]

    @property
    def starts_at(self) -> dt.datetime:
        return at_local(self.start.date(), self.cleaned_data["start_time"], self.zone_name)


class ApplyForm(forms.Form):
    """The last look before the draft becomes the plan."""

    override_reason = forms.CharField(
        label=_("Reason to go on in spite of warnings"),
        required=False,
        max_length=200,
        help_text=_("Only needed when the roster has warnings; it is kept with each of these visits."),
    )
