"""Forms about one visit. Days and times are typed as the branch's wall clock shows them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from homecare.clock import at_local, local, minutes_between, today
from scheduling.forms.fields import CaregiverField, caregivers_of, day_field, minutes_field, override_field, time_field
from scheduling.models import ServiceType, Visit


class VersionedForm(forms.Form):
    """Carries the version of the visit that the person saw; an older one may not overwrite a newer."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class CancelForm(VersionedForm):
    reason = forms.CharField(
        label=_("Why is the visit cancelled?"), max_length=200, help_text=_("The office and the family read this.")
    )
    for_everybody = forms.BooleanField(label=_("Cancel it for everybody who shares it"), required=False)

    def __init__(self, *args: Any, visit: Visit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [row.client.full_name for row in visit.sharing.select_related("client")]
        if not names:
            del self.fields["for_everybody"]
            return
        self.fields["for_everybody"].help_text = _("Else it goes on for %(names)s.") % {"names": ", ".join(names)}


class AssignForm(VersionedForm):
    caregiver = CaregiverField()
    override_reason = override_field()

    def __init__(self, *args: Any, user: Any, visit: Visit, **kwargs: Any) -> None:
        kwargs["initial"] = {"caregiver": visit.caregiver_id, "version": visit.version} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.fields["caregiver"].queryset = caregivers_of(user, visit.branch_id)  # type: ignore[attr-defined]


class MoveForm(AssignForm):
    """Another day, time or caregiver: what the board's drag does, for keyboard and phone."""

    day = day_field(_("Day"))
    start_time = time_field(_("Start"), help_text=_("The visit keeps its length."))
    together = forms.BooleanField(label=_("Move the caregivers who come at the same time too"), required=False)
    field_order = ["version", "day", "start_time", "caregiver", "together", "override_reason"]

    def __init__(self, *args: Any, user: Any, visit: Visit, **kwargs: Any) -> None:
        start = local(visit.starts_at, visit.branch.time_zone)
        initial = {"day": start.date(), "start_time": start.time(), "together": True}
        kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, user=user, visit=visit, **kwargs)
        self.zone_name = visit.branch.time_zone
        self._offer_partners(visit)

    def _offer_partners(self, visit: Visit) -> None:
        """Asked only of a double-up, with the names of the others."""
        others = list(visit.partners.select_related("caregiver")) if visit.schedule_id else []
        if not others:
            del self.fields["together"]
            return
        names = [row.caregiver.full_name if row.caregiver else str(_("nobody yet")) for row in others]
        self.fields["together"].help_text = ", ".join(names)

    @property
    def starts_at(self) -> dt.datetime:
        return at_local(self.cleaned_data["day"], self.cleaned_data["start_time"], self.zone_name)


class VisitForm(MoveForm):
    """Everything a planned visit has."""

    duration_minutes = minutes_field()
    service_type = forms.ModelChoiceField(ServiceType.objects.filter(is_active=True), label=_("Service"))
    note = forms.CharField(label=_("Note for the caregiver"), required=False, max_length=300)
    field_order = [
        "version",
        "service_type",
        "day",
        "start_time",
        "duration_minutes",
        "caregiver",
        "note",
        "override_reason",
    ]

    def __init__(self, *args: Any, user: Any, visit: Visit, **kwargs: Any) -> None:
        initial = {
            "duration_minutes": minutes_between(visit.starts_at, visit.ends_at),
            "service_type": visit.service_type_id,
            "note": visit.note,
        }
        kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, user=user, visit=visit, **kwargs)
        self.fields["start_time"].help_text = ""
        self.fields.pop("together", None)
        offered = Q(is_active=True) | Q(pk=visit.service_type_id)  # one that is switched off goes on in this visit
        self.fields["service_type"].queryset = ServiceType.objects.filter(offered)  # type: ignore[attr-defined]

    @property
    def ends_at(self) -> dt.datetime:
        return self.starts_at + dt.timedelta(minutes=self.cleaned_data["duration_minutes"])


class NewVisitForm(forms.Form):
    """One visit outside any pattern."""

    client = forms.ModelChoiceField(Client.objects.none(), label=_("Client"))
    service_type = forms.ModelChoiceField(ServiceType.objects.filter(is_active=True), label=_("Service"))
    day = day_field(_("Day"))
    start_time = time_field(_("Start"))
    duration_minutes = minutes_field()
    caregiver = CaregiverField()
    note = forms.CharField(label=_("Note for the caregiver"), required=False, max_length=300)
    override_reason = override_field()

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"duration_minutes": 60} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        clients = Client.objects.visible_to(user).select_related("branch")
        statuses = [Client.Status.ACTIVE, Client.Status.ASSESSMENT, Client.Status.ON_HOLD]
        self.fields["client"].queryset = clients.filter(status__in=statuses)  # type: ignore[attr-defined]
        self.fields["caregiver"].queryset = caregivers_of(user)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        client, caregiver = data.get("client"), data.get("caregiver")
        if client and caregiver and caregiver.branch_id != client.branch_id:
            self.add_error("caregiver", _("This caregiver works in another branch. Choose one of the client's branch."))
        return data

    @property
    def span(self) -> tuple[dt.datetime, dt.datetime]:
        data = self.cleaned_data
        starts_at = at_local(data["day"], data["start_time"], data["client"].branch.time_zone)
        return starts_at, starts_at + dt.timedelta(minutes=data["duration_minutes"])


class UnfilledFilter(forms.Form):
    """Which open visits: so many days from today, of one service."""

    days = forms.TypedChoiceField(
        label=_("Ahead"),
        coerce=int,
        required=False,
        empty_value=7,  # type: ignore[arg-type]
        choices=[(1, _("Today")), (3, _("3 days")), (7, _("7 days")), (14, _("14 days")), (84, _("12 weeks"))],
    )
    service_type = forms.ModelChoiceField(
        ServiceType.objects.filter(is_active=True), label=_("Service"), required=False, empty_label=_("All services")
    )


def default_day(zone_name: str) -> dt.date:
    """Tomorrow: most single visits are planned for it."""
    return today(zone_name) + dt.timedelta(days=1)
