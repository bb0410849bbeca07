from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.models import PayRate
from scheduling.models import ServiceType
from staff.models import Member, Role


class PayRateForm(forms.ModelForm):
    """A wage from a day on."""

    class Meta:
        model = PayRate
        fields = ["member", "role", "service_type", "hourly_rate", "since"]
        labels = {
            "member": _("Caregiver"),
            "role": _("or everybody of this role"),
            "service_type": _("Service"),
            "hourly_rate": _("Wage an hour, $"),
            "since": _("From"),
        }
        help_texts = {"since": _("The rate in force until then ends the day before.")}
        widgets = {"since": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, user: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = Member.objects.visible_to(user).active()  # type: ignore[attr-defined]
        self.fields["role"].queryset = Role.objects.order_by("name")  # type: ignore[attr-defined]
        self.fields["service_type"].queryset = ServiceType.objects.filter(is_active=True)  # type: ignore[attr-defined]
        self.fields["service_type"].empty_label = _("Every service")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("member")) == bool(data.get("role")) and not self.errors:
            self.add_error("member", _("Choose one caregiver or one role."))
        return data

    def _post_clean(self) -> None:
        """The service checks and saves; the row of the form is never used."""


class PayRateEndForm(forms.Form):
    until = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
