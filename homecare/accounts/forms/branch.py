from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from homecare.accounts.forms.user import ZONES
from homecare.accounts.models import Branch, Holiday
from homecare.accounts.services.branch import FIELDS


class BranchForm(forms.ModelForm):
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=[(zone, zone.replace("_", " ")) for zone in ZONES],
        help_text=_("08:00 in a pattern means 08:00 here."),
    )

    class Meta:
        model = Branch
        fields = FIELDS
        labels = {
            "name": _("Name"),
            "code": _("Code"),
            "line1": _("Street"),
            "city": _("City"),
            "state": _("State"),
            "postal_code": _("ZIP code"),
            "latitude": _("Latitude"),
            "longitude": _("Longitude"),
            "phone": _("Phone"),
            "email": _("E-mail"),
            "licence_number": _("Licence number"),
            "is_active": _("In use"),
        }

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).upper()


class HolidayForm(forms.ModelForm):
    class Meta:
        model = Holiday
        fields = ["on", "name"]
        labels = {"on": _("Day"), "name": _("Holiday")}
        widgets = {"on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
