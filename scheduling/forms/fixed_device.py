from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from clients.models import Address, Client
from homecare.clock import today


class DeviceForm(forms.Form):
    """Which device stands at which address of the client."""

    serial = forms.CharField(label=_("Serial number"), max_length=40)
    address = forms.ModelChoiceField(Address.objects.none(), label=_("Address"), empty_label=None)
    installed_on = forms.DateField(
        label=_("Stands there since"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    secret = forms.CharField(
        label=_("Seed"),
        max_length=128,
        required=False,
        help_text=_("As its maker gives it. Empty: we make one, which you put into the device."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, client: Client, **kwargs: Any):
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["address"]).queryset = client.addresses.order_by("-is_primary")
        self.fields["installed_on"].initial = today(client.branch.time_zone)
