from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from billing.models import Authorization, Coverage, Payer, Rate
from clients.forms.fields import DayInput
from scheduling.models import ReasonCode, ServiceType
from scheduling.reason_codes import DEFAULT_SET


def laid_out(*rows: Any) -> FormHelper:
    """Fields in rows: a tuple stands side by side where there is room."""
    helper = FormHelper()
    helper.form_tag = False
    helper.layout = Layout(*(Div(*row, css_class="field-row") if isinstance(row, tuple) else row for row in rows))
    return helper


class PayerForm(forms.ModelForm):
    """Who pays, where bills go and how minutes become units."""

    class Meta:
        model = Payer
        fields = [
            "name", "kind", "payer_id", "bills_client", "line1", "city", "state", "postal_code", "email",
            "rounding", "terms_days", "needs_authorization", "requires_evv", "reason_set", "is_active",
        ]  # fmt: skip
        labels = {
            "line1": _("Street or PO box"),
            "payer_id": _("Electronic payer ID"),
            "bills_client": _("Bill the client or family"),
            "terms_days": _("Days to pay"),
            "needs_authorization": _("Needs an authorization"),
            "requires_evv": _("Asks for complete visit records (EVV)"),
            "is_active": _("In use"),
            "rounding": _("Minutes become units by"),
            "reason_set": _("Reason codes of visits"),
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        names = ReasonCode.objects.in_use().values_list("set_name", flat=True).distinct().order_by("set_name")
        words = [(name, name) for name in names if name != DEFAULT_SET]
        self.fields["reason_set"] = forms.ChoiceField(
            label=self.fields["reason_set"].label,
            choices=[("", _("The default table")), *words],
            required=False,
            help_text=_("The table its programme asks for when a visit's record needed a person."),
        )
        town = Div("city", "state", "postal_code", css_class="field-row")
        reach = Div("email", "payer_id", css_class="field-row")
        rules = Div("rounding", "terms_days", css_class="field-row")
        self.helper = laid_out(
            ("name", "kind"),
            "bills_client",
            Fieldset(_("Address for bills"), "line1", town, reach),
            Fieldset(_("Rules"), rules, "reason_set", "needs_authorization", "requires_evv", "is_active"),
        )


class RateForm(forms.ModelForm):
    """A price from a day on."""

    modifiers = forms.CharField(
        label=_("Modifiers"), required=False, max_length=11, help_text=_("Up to four, for example U1 TF.")
    )

    class Meta:
        model = Rate
        fields = ["payer", "service_type", "unit", "amount_rate", "code", "modifiers", "since"]
        labels = {"amount_rate": _("Price of a unit, $"), "since": _("From"), "code": _("Code (HCPCS)")}
        widgets = {"since": DayInput()}
        help_texts = {"since": _("The rate in force until then ends the day before."), "code": ""}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["payer"].queryset = Payer.objects.filter(is_active=True)  # type: ignore[attr-defined]
        self.fields["service_type"].queryset = ServiceType.objects.filter(is_billable=True, is_active=True)  # type: ignore[attr-defined]
        self.helper = laid_out(("payer", "service_type"), ("unit", "amount_rate", "since"), ("code", "modifiers"))

    def clean_modifiers(self) -> list[str]:
        words = self.cleaned_data["modifiers"].upper().replace(",", " ").split()
        if len(words) > 4 or any(len(word) != 2 or not word.isalnum() for word in words):
            raise forms.ValidationError(_("Modifiers are up to four pairs of letters or digits, for example U1 TF."))
        return words


class CoverageForm(forms.ModelForm):
    class Meta:
        model = Coverage
        fields = ["payer", "member_id", "priority", "since", "until"]
        labels = {"since": _("From"), "until": _("Last day"), "member_id": _("Member ID")}
        widgets = {"since": DayInput(), "until": DayInput()}
        help_texts = {
            "priority": _("1 pays first."),
            "until": _("Empty while it goes on."),
            "member_id": _("The payer's number of the client."),
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["payer"]
        else:
            self.fields["payer"].queryset = Payer.objects.filter(is_active=True)  # type: ignore[attr-defined]
        first = ("member_id",) if self.instance.pk else ("payer", "member_id")
        self.helper = laid_out(first, ("since", "until", "priority"))


class AuthorizationForm(forms.ModelForm):
    class Meta:
        model = Authorization
        fields = ["payer", "service_type", "number", "starts_on", "ends_on", "total_units", "weekly_units"]
        labels = {
            "starts_on": _("From"),
            "ends_on": _("Last day"),
            "total_units": _("Units in all"),
            "weekly_units": _("Units a week"),
            "number": _("Authorization number"),
        }
        widgets = {"starts_on": DayInput(), "ends_on": DayInput()}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["payer"], self.fields["service_type"]
        else:
            self.fields["payer"].queryset = Payer.objects.filter(is_active=True)  # type: ignore[attr-defined]
            self.fields["service_type"].queryset = ServiceType.objects.filter(is_active=True)  # type: ignore[attr-defined]
        first = () if self.instance.pk else (("payer", "service_type"),)
        self.helper = laid_out(*first, ("number", "starts_on", "ends_on"), ("total_units", "weekly_units"))
