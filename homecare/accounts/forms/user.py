from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

import django_filters
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import Branch, User
from homecare.accounts.roles import RoleName

ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
ROLE_HELP = _("What a person may do is the sum of their roles.")


class AccessForm(forms.Form):
    """Roles and branches of one person, limited to what the editor may give."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=RoleName.choices, widget=forms.CheckboxSelectMultiple, help_text=ROLE_HELP
    )
    branches = forms.ModelMultipleChoiceField(
        label=_("Branches"), queryset=Branch.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    all_branches = forms.BooleanField(label=_("All branches, also future ones"), required=False)

    def __init__(self, *args: Any, by: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        branches: Any = self.fields["branches"]
        branches.queryset = Branch.objects.visible_to(by)
        if not by.all_branches:
            del self.fields["all_branches"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        office = set(cleaned.get("roles", [])) - {RoleName.CAREGIVER, RoleName.FAMILY}
        if office and not cleaned.get("branches") and not cleaned.get("all_branches"):
            self.add_error("branches", _("Choose the branches this person works with."))
        return cleaned

    def access(self) -> dict[str, Any]:
        """Arguments of the services that give access."""
        data = self.cleaned_data
        return {
            "roles": data["roles"],
            "branches": data["branches"],
            "all_branches": data.get("all_branches", False),
        }


class InviteForm(AccessForm):
    email = forms.EmailField(label=_("E-mail"), help_text=_("They sign in with it."))
    first_name = forms.CharField(label=_("First name"), max_length=80)
    last_name = forms.CharField(label=_("Last name"), max_length=80)
    phone = forms.CharField(label=_("Mobile number"), max_length=20, required=False)

    field_order = ["email", "first_name", "last_name", "phone", "roles", "branches", "all_branches"]


class PasswordForm(forms.Form):
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("The same again"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = " ".join(password_validators_help_texts())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "again" in cleaned and cleaned.get("password") != cleaned["again"]:
            self.add_error("again", _("The two passwords differ. Type the same one twice."))
        return cleaned


class ProfileForm(forms.ModelForm):
    theme = forms.ChoiceField(label=_("Colours"), choices=User.Theme.choices)

    class Meta:
        model = User
        fields = ["first_name", "last_name", "phone", "language"]
        labels = {
            "first_name": _("First name"),
            "last_name": _("Last name"),
            "phone": _("Mobile number"),
            "language": _("Language"),
        }
        widgets = {"language": forms.Select(choices=settings.LANGUAGES)}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        # Colleagues and families know people by their names; only accounts of machines go without.
        for name in ("first_name", "last_name"):
            self.fields[name].required = True

    def clean_language(self) -> str:
        language: str = self.cleaned_data["language"]
        if language not in dict(settings.LANGUAGES):
            raise forms.ValidationError(_("Choose one of the languages in the list."))
        return language


class UserFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Name or e-mail"), method="search")
    role = django_filters.ChoiceFilter(
        label=_("Role"), choices=RoleName.choices, field_name="groups__name", empty_label=_("All roles")
    )
    active = django_filters.ChoiceFilter(
        label=_("Access"),
        choices=[("1", _("May sign in")), ("0", _("Switched off"))],
        method="by_access",
        empty_label=_("All"),
    )

    class Meta:
        model = User
        fields = ["q", "role", "active"]

    def search(self, rows: Any, name: str, value: str) -> Any:
        for word in value.split():
            rows = rows.filter(Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(email__icontains=word))
        return rows

    def by_access(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(is_active=value == "1")
