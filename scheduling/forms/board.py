"""The board's filters, kept in the URL."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.board import BY_CAREGIVER, BY_CLIENT
from scheduling.forms.fields import day_field
from staff.models import Role


class BoardFilter(forms.Form):
    q = forms.CharField(label=_("Name"), required=False, widget=forms.TextInput(attrs={"type": "search"}))
    by = forms.ChoiceField(
        label=_("Rows"), required=False, choices=[(BY_CAREGIVER, _("Caregivers")), (BY_CLIENT, _("Clients"))]
    )
    role = forms.ModelChoiceField(Role.objects.all(), label=_("Role"), required=False, empty_label=_("All roles"))
    only_with_visits = forms.BooleanField(label=_("Only with visits"), required=False)
    week = day_field(_("Week of"), required=False)
