from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class ReleaseForm(forms.Form):
    """Why a visit may be billed though its record lacks an element."""

    reason = forms.CharField(
        label=_("Why it may be billed as it is"),
        max_length=200,
        help_text=_("Kept with your name. The payer may ask for it."),
    )
