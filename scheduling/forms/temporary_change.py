"""A change of a pattern from one day to another: a pause, another time, another caregiver."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.forms.fields import CaregiverField, caregivers_of, day_field, minutes_field, override_field, time_field
from scheduling.models import Schedule
from scheduling.pattern import Temporary

PAUSE, OTHER = "pause", "other"
WHAT = [(PAUSE, _("No visits on these days")), (OTHER, _("Another time or caregiver"))]


class TemporaryChangeForm(forms.Form):
    """`change` is what the services understand."""

    client = forms.TypedChoiceField(label=_("Whose visits?"), coerce=int, required=False, empty_value=None)
    what = forms.ChoiceField(label=_("What changes?"), choices=WHAT, widget=forms.RadioSelect, initial=PAUSE)
    from_on = day_field(_("First day"))
    until_on = day_field(_("Last day"), help_text=_("From the next day on the pattern is as before."))
    start_time = time_field(_("Start"), required=False, help_text=_("Empty: as usual."))
    duration_minutes = minutes_field(required=False)
    member = CaregiverField(label=_("Caregiver"), empty_label=_("As usual"))
    slot = forms.TypedChoiceField(label=_("Instead of place"), coerce=int, required=False)
    reason = forms.CharField(label=_("Why?"), max_length=200)
    override_reason = override_field()
    expected = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: Any, schedule: Schedule, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = caregivers_of(user, schedule.client.branch_id)  # type: ignore[attr-defined]
        sharing = [schedule.client, *(row.client for row in schedule.sharers.select_related("client"))]
        everybody = [("", _("Everybody's who shares them")), *((row.pk, row.full_name) for row in sharing)]
        self.fields["client"].choices = everybody  # type: ignore[attr-defined]
        if len(sharing) == 1:
            del self.fields["client"]
        places = [(number, number) for number in range(1, schedule.head_count + 1)]
        self.fields["slot"].choices = places  # type: ignore[attr-defined]
        if len(places) == 1:
            self.fields["slot"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("from_on"), data.get("until_on")
        if first and last and last < first:
            self.add_error("until_on", _("The last day is before the first."))
        named = any(data.get(name) for name in ("start_time", "duration_minutes", "member"))
        if data.get("what") == OTHER and not named and not self.errors:
            self.add_error("what", _("Say which time, length or caregiver."))
        if data.get("what") == OTHER and data.get("client"):
            self.add_error("client", _("Another time or caregiver counts for everybody who shares the visits."))
        return data

    @property
    def change(self) -> Temporary:
        data = self.cleaned_data
        if data["what"] == PAUSE:
            return Temporary(data["from_on"], data["until_on"], is_paused=True, client_id=data.get("client"))
        member = data["member"]
        return Temporary(
            data["from_on"],
            data["until_on"],
            start_time=data["start_time"],
            duration_minutes=data["duration_minutes"],
            member_id=member.pk if member else None,
            slot=data["slot"] or 1,
        )
