"""Forms for covering a sudden absence."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from homecare.clock import at_local, day_bounds, local, now
from scheduling.forms.fields import day_field
from staff.models import TimeOff


def _time_field(label: Any, help_text: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=False, help_text=help_text, widget=widget)


class AbsenceForm(forms.Form):
    """From when until when somebody cannot come, in the branch's clock."""

    from_day = day_field(_("Absent from"))
    from_time = _time_field(_("From (time)"), _("Empty: the whole day, from now on when it is today."))
    until_day = day_field(_("Until"), help_text=_("The last day of the absence."))
    until_time = _time_field(_("Until (time)"), _("Empty: the whole last day."))
    reason = forms.ChoiceField(label=_("Reason"), choices=TimeOff.Reason.choices)
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    def __init__(self, *args: Any, zone_name: str, **kwargs: Any) -> None:
        day = local(now(), zone_name).date()
        initial = {"from_day": day, "until_day": day, "reason": TimeOff.Reason.SICK}
        kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.zone_name = zone_name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("from_day") and data.get("until_day"):
            starts_at, ends_at = self._span(data)
            if ends_at <= starts_at:
                self.add_error("until_day", _("The end is not after the start."))
            elif ends_at - starts_at > dt.timedelta(days=366):
                self.add_error("until_day", _("An absence lasts a year at most. Change the employment status instead."))
        return data

    @property
    def span(self) -> tuple[dt.datetime, dt.datetime]:
        """[from, until) in UTC."""
        return self._span(self.cleaned_data)

    def _span(self, data: dict[str, Any]) -> tuple[dt.datetime, dt.datetime]:
        zone_name, moment = self.zone_name, now()
        if data.get("from_time"):
            starts_at = at_local(data["from_day"], data["from_time"], zone_name)
        else:
            begins = day_bounds(data["from_day"], zone_name)[0]
            today = begins <= moment < day_bounds(data["from_day"], zone_name)[1]
            starts_at = moment.replace(second=0, microsecond=0) if today else begins
        if data.get("until_time"):
            return starts_at, at_local(data["until_day"], data["until_time"], zone_name)
        return starts_at, day_bounds(data["until_day"], zone_name)[1]
