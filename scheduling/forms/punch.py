from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from scheduling.forms.approval import LocalMomentField
from scheduling.models import ClockEvent, ServiceType


class CloseForm(forms.Form):
    """Why a punch counts for no visit."""

    note = forms.CharField(label=_("Why it counts for no visit"), max_length=200)


class PunchVisitForm(forms.Form):
    """The visit that nobody had planned."""

    client = forms.ModelChoiceField(Client.objects.none(), label=_("Client"), empty_label=_("Choose the client"))
    service_type = forms.ModelChoiceField(ServiceType.objects.filter(is_active=True), label=_("Service"))
    reason = forms.CharField(label=_("Why it was not planned"), max_length=200)
    field_order = ["client", "service_type", "starts_at", "ends_at", "reason"]

    def __init__(self, *args: Any, event: ClockEvent, ends_at: dt.datetime, clients: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["client"]).queryset = clients
        self.fields["client"].initial = event.client_id
        zone = event.member.branch.time_zone
        starts_at = min(event.at, ends_at)
        self.fields["starts_at"] = LocalMomentField(zone=zone, moment=starts_at, label=_("Start"))
        self.fields["ends_at"] = LocalMomentField(zone=zone, moment=ends_at, label=_("End"))
        self.order_fields(self.field_order)
