from __future__ import annotations

from typing import Any

import django_filters
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Fieldset, Layout
from django import forms
from django.db.models import QuerySet
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from clients import languages
from clients.forms.fields import DayInput
from clients.models import Client
from homecare.accounts.models import Branch, User

PERSON = ["first_name", "last_name", "preferred_name", "birth_on", "gender", "language", "phone", "email"]
CARE = ["important", "medical_record_number", "monthly_budget_amount", "weekly_caregivers_limit"]
HOME = ["caregiver_gender", "caregiver_language", "wants_nonsmoker", "has_pets", "has_smoke"]


def _branches(request: Any) -> QuerySet[Branch]:
    return Branch.objects.visible_to(request.user).filter(is_active=True) if request else Branch.objects.none()


class ClientFilter(django_filters.FilterSet):
    """The list's filters; all of them live in the URL."""

    q = django_filters.CharFilter(
        label=_("Search"), method="search", widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"})
    )
    status = django_filters.ChoiceFilter(label=_("Status"), choices=Client.Status.choices, empty_label=_("All"))
    branch = django_filters.ModelChoiceFilter(label=_("Branch"), queryset=_branches, empty_label=_("All"))

    class Meta:
        model = Client
        fields = ["q", "status", "branch"]

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.search(value)


class ClientForm(forms.ModelForm):
    """What the chart says of the person."""

    class Meta:
        model = Client
        fields = [*PERSON, *CARE, *HOME]
        widgets = {"birth_on": DayInput(), "phone": forms.TextInput(attrs={"type": "tel"})}
        labels = {
            "birth_on": _("Date of birth"),
            "email": _("E-mail"),
            "preferred_name": _("Likes to be called"),
            "important": _("Important"),
            "caregiver_gender": _("Caregiver's gender"),
            "wants_nonsmoker": _("Wishes for a caregiver who does not smoke"),
            "has_pets": _("Pets in the home"),
            "has_smoke": _("People smoke in the home"),
            "monthly_budget_amount": _("Budget a month ($)"),
            "weekly_caregivers_limit": _("Most different caregivers a week"),
            "medical_record_number": _("Hospital's record number"),
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        present = self.instance.language if self.instance.pk else ""
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"), choices=languages.choices(present), initial=present or "en"
        )
        wished = self.instance.caregiver_language if self.instance.pk else ""
        self.fields["caregiver_language"] = forms.ChoiceField(
            label=_("Caregiver's language"),
            choices=[("", _("No wish")), *languages.choices(wished)],
            initial=wished,
            required=False,
        )
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(*self.sections())

    def sections(self) -> list[Any]:
        return [
            Fieldset(
                _("Person"),
                Div("first_name", "last_name", "preferred_name", css_class="field-row"),
                Div("birth_on", "gender", "language", css_class="field-row"),
                Div("phone", "email", css_class="field-row"),
            ),
            Fieldset(
                _("Care"),
                "important",
                Div("medical_record_number", "monthly_budget_amount", "weekly_caregivers_limit", css_class="field-row"),
            ),
            Fieldset(
                _("Caregiver and home"),
                Div("caregiver_gender", "caregiver_language", css_class="field-row"),
                "wants_nonsmoker",
                "has_pets",
                "has_smoke",
            ),
        ]


class ClientCreateForm(ClientForm):
    """A new chart by hand, with the address where the person is visited."""

    branch = forms.ModelChoiceField(label=_("Branch"), queryset=Branch.objects.none(), empty_label=_("Choose …"))
    line1 = forms.CharField(label=_("Street"), max_length=120, required=False)
    line2 = forms.CharField(label=_("Apartment, floor"), max_length=120, required=False)
    city = forms.CharField(label=_("City"), max_length=80, required=False)
    state = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label=_("State"),
        required=False,
        error_messages={"invalid": _("Two letters, for example MA.")},
    )
    postal_code = forms.CharField(label=_("ZIP code"), max_length=10, required=False)
    access_notes = forms.CharField(
        label=_("Access notes"), max_length=300, required=False, help_text=_("Door code, key safe, parking, dog.")
    )
    is_new_person = forms.BooleanField(label=_("This is a different person"), required=False)

    ADDRESS = ("line1", "line2", "city", "state", "postal_code", "access_notes")

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        self.user = user
        super().__init__(*args, **kwargs)
        branches = Branch.objects.visible_to(user).filter(is_active=True)
        field: Any = self.fields["branch"]
        field.queryset = branches
        if len(branches) == 1:
            field.initial = branches[0]

    def sections(self) -> list[Any]:
        address = Fieldset(
            _("Home address"),
            Div("line1", "line2", css_class="field-row"),
            Div("city", "state", "postal_code", css_class="field-row"),
            "access_notes",
        )
        return [Div("branch"), *super().sections(), address]

    def clean_state(self) -> str:
        return str(self.cleaned_data["state"]).upper()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if any(data.get(name) for name in self.ADDRESS) and not (data.get("line1") and data.get("city")):
            self.add_error("line1", _("Enter street and city, or leave the whole address empty."))
        if not self.errors and not data.get("is_new_person"):
            self._look_for_twins(data)
        return data

    def _look_for_twins(self, data: dict[str, Any]) -> None:
        """The same person under two charts is how a medicine gets lost; ask before it happens."""
        twins = Client.objects.visible_to(self.user).same_person(
            data["first_name"], data["last_name"], data["birth_on"], data.get("medical_record_number", "")
        )[:3]
        if not twins:
            return
        links = format_html_join(
            ", ", '<a href="{}">{} {}</a>', ((t.get_absolute_url(), t.number, t.full_name) for t in twins)
        )
        self.helper.layout.append(Field("is_new_person"))
        self.add_error(
            "is_new_person",
            forms.ValidationError(
                [_("There is already a chart of this person. Open it, or tick the box at the end."), links]
            ),
        )

    def address(self) -> dict[str, str] | None:
        return {name: self.cleaned_data[name] for name in self.ADDRESS} if self.cleaned_data.get("line1") else None

    def person(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in (*PERSON, *CARE, *HOME)}


class StatusForm(forms.Form):
    """Why the client's status changes."""

    reason = forms.CharField(
        label=_("Reason"), max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, needs_reason: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = needs_reason
