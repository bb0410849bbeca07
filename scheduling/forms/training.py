"""Which training a service or a condition asks for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.models import ServiceType
from staff.models import CredentialType


class TrainingForm(forms.Form):
    training = forms.ModelChoiceField(
        CredentialType.objects.all(), label=_("Training or credential"), empty_label=_("Choose …")
    )
    service_type = forms.ModelChoiceField(
        ServiceType.objects.filter(is_active=True), label=_("For this service"), required=False, empty_label=_("—")
    )
    condition = forms.CharField(
        label=_("Or for clients with this condition"),
        max_length=20,
        required=False,
        help_text=_("The diagnosis code or its beginning, for example F03 for dementia."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if bool(data.get("service_type")) == bool((data.get("condition") or "").strip()) and not self.errors:
            self.add_error("condition", _("Choose either a service or a condition."))
        return data
