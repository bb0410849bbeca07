from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from staff.models import Credential


class CredentialForm(forms.ModelForm):
    """One document. Which dates make sense is the service's to say."""

    class Meta:
        model = Credential
        fields = ["type", "number", "issued_on", "expires_on"]
        labels = {"issued_on": _("Issued on"), "expires_on": _("Last valid day")}
        help_texts = {"expires_on": _("Empty only for what never runs out."), "number": _("As printed, if it has one.")}
        widgets = {
            "issued_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "expires_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["type"].empty_label = _("Choose …")  # type: ignore[attr-defined]


class WithdrawForm(forms.Form):
    reason = forms.CharField(label=_("Why does it no longer count?"), max_length=200)
