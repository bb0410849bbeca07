from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class PracticeForm(forms.Form):
    """What is keyed on the practice telephone; empty is silence."""

    digits = forms.RegexField(
        r"^[0-9]{0,9}#?$",
        label=_("Keys"),
        required=False,
        error_messages={"invalid": _("Digits only.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "autofocus": True}),
    )

    def clean_digits(self) -> str:
        return str(self.cleaned_data["digits"]).rstrip("#")
