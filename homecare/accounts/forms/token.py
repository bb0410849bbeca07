from __future__ import annotations

import datetime as dt

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import PersonalToken


class TokenForm(forms.Form):
    """What a program may do in this person's name, and for how long."""

    name = forms.CharField(label=_("What is it for?"), max_length=80, help_text=_("For example: payroll export."))
    scope = forms.ChoiceField(label=_("It may"), choices=PersonalToken.Scope.choices, initial=PersonalToken.Scope.READ)
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("One year"))],
        initial=90,
    )

    def expires_at(self) -> dt.datetime:
        return timezone.now() + dt.timedelta(days=self.cleaned_data["days"])
