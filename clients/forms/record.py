"""Forms of the rows on a client's record: addresses, contacts, care team, wishes, diagnoses, allergies."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from clients.forms.fields import DayInput
from clients.models import Address, Allergy, Client, Contact, Diagnosis
from clients.models.care_team import CaregiverPreference
from homecare import clock
from homecare.accounts.models import User
from staff.models import Member


class AddressForm(forms.ModelForm):
    latitude = forms.FloatField(
        label=_("Latitude"), required=False, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = forms.FloatField(
        label=_("Longitude"), required=False, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )

    class Meta:
        model = Address
        fields = [
            "kind",
            "line1",
            "line2",
            "city",
            "state",
            "postal_code",
            "latitude",
            "longitude",
            "access_notes",
            "is_primary",
        ]
        labels = {
            "line1": _("Street"),
            "line2": _("Apartment, floor"),
            "postal_code": _("ZIP code"),
            "is_primary": _("Caregivers come here"),
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            Div("kind", "line1", "line2", css_class="field-row"),
            Div("city", "state", "postal_code", css_class="field-row"),
            Div("latitude", "longitude", css_class="field-row"),
            "access_notes",
            "is_primary",
        )

    def clean_state(self) -> str:
        return str(self.cleaned_data["state"]).upper()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if (data.get("latitude") is None) != (data.get("longitude") is None) and not self.errors:
            self.add_error("longitude", _("Enter both coordinates or none."))
        return data


class ContactForm(forms.ModelForm):
    class Meta:
        model = Contact
        fields = ["name", "relation", "phone", "email", "is_emergency", "receives_invoices", "has_portal"]
        labels = {
            "email": _("E-mail"),
            "is_emergency": _("Call in an emergency"),
            "receives_invoices": _("Gets the invoices"),
            "has_portal": _("May use the family portal"),
        }
        widgets = {"phone": forms.TextInput(attrs={"type": "tel"})}


class DiagnosisForm(forms.ModelForm):
    class Meta:
        model = Diagnosis
        fields = ["display", "system", "code", "onset_on"]
        labels = {"display": _("Condition"), "system": _("Code system"), "onset_on": _("Since")}
        widgets = {"onset_on": DayInput()}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if bool(data.get("code")) != bool(data.get("system")) and not self.errors:
            self.add_error("code", _("Enter the code together with its system, or leave both empty."))
        return data


class ResolveForm(forms.Form):
    resolved_on = forms.DateField(label=_("Since"), widget=DayInput())


class AllergyForm(forms.ModelForm):
    class Meta:
        model = Allergy
        fields = ["substance", "reaction", "severity"]


class OwnMembers:
    """Staff of the client's branch; whoever has left is not offered."""

    fields: dict[str, Any]

    def offer_members(self, client: Client, user: User) -> None:
        members = Member.objects.visible_to(user).filter(branch_id=client.branch_id).exclude(status="left")
        self.fields["member"].queryset = members.select_related("role")


class CareTeamForm(OwnMembers, forms.Form):
    member = forms.ModelChoiceField(label=_("Who"), queryset=Member.objects.none())
    part = forms.CharField(
        label=_("As"),
        max_length=60,
        initial=_("Caregiver"),
        help_text=_("Caregiver, supervising nurse, therapist, coordinator …"),
    )
    since = forms.DateField(label=_("From"), widget=DayInput())

    def __init__(self, *args: Any, client: Client, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.offer_members(client, user)
        self.fields["since"].initial = clock.today(client.branch.time_zone)


class CareTeamEndForm(forms.Form):
    until = forms.DateField(label=_("Last day"), widget=DayInput())


class PreferenceForm(OwnMembers, forms.Form):
    member = forms.ModelChoiceField(label=_("Caregiver"), queryset=Member.objects.none())
    kind = forms.ChoiceField(
        label=_("The client"),
        choices=[("preferred", _("prefers this caregiver")), ("excluded", _("does not want this caregiver"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, client: Client, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.offer_members(client, user)

    def clean_kind(self) -> str:
        return CaregiverPreference.Kind(self.cleaned_data["kind"]).value


class IntroductionForm(OwnMembers, forms.Form):
    member = forms.ModelChoiceField(label=_("Caregiver"), queryset=Member.objects.none())
    on = forms.DateField(label=_("Introduced on"), widget=DayInput())

    def __init__(self, *args: Any, client: Client, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.offer_members(client, user)
        self.fields["on"].initial = clock.today(client.branch.time_zone)
