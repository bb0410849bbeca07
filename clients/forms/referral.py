from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from clients.forms.fields import DayInput
from clients.models import Referral
from clients.nearest_branch import by_distance
from homecare.accounts.models import Branch, User

MOST_FILES = 100


class ReferralFilter(django_filters.FilterSet):
    """The list's filters; all of them live in the URL."""

    q = django_filters.CharFilter(
        label=_("Search"), method="search", widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"})
    )
    status = django_filters.ChoiceFilter(label=_("Status"), choices=Referral.Status.choices, empty_label=_("All"))
    source = django_filters.ChoiceFilter(label=_("Source"), choices=Referral.Source.choices, empty_label=_("All"))

    class Meta:
        model = Referral
        fields = ["q", "status", "source"]

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.search(value)


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """One or many files; each is judged by size here and by content when it is read."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, list | tuple) else [data]
        if not files or files == [None]:
            raise forms.ValidationError(_now("Choose at least one file."))
        if len(files) > MOST_FILES:
            raise forms.ValidationError(_now("At most %(most)s files at once.") % {"most": MOST_FILES})
        return [self._checked(one) for one in files]

    def _checked(self, one: Any) -> UploadedFile:
        if one.size > settings.REFERRAL_MAX_BYTES:
            raise forms.ValidationError(
                _now("%(name)s has more than %(most)s MB. Ask the sender for the discharge summary only.")
                % {"name": one.name, "most": settings.REFERRAL_MAX_BYTES // (1024 * 1024)}
            )
        if not one.size:
            raise forms.ValidationError(_now("%(name)s is empty. Choose another file.") % {"name": one.name})
        return one


class UploadForm(forms.Form):
    bundles = SeveralFilesField(
        label=_("FHIR bundles"),
        help_text=_("One file per person, FHIR R4 in JSON. Files are read, then deleted."),
        widget=SeveralFiles(
            attrs={"accept": ".json,application/json,application/fhir+json", "class": "form-control", "multiple": True}
        ),
    )


class AcceptForm(forms.Form):
    """In which branch the person becomes a client; the nearest is proposed."""

    branch = forms.ModelChoiceField(
        label=_("Branch"), queryset=Branch.objects.none(), empty_label=None, widget=forms.RadioSelect
    )
    birth_on = forms.DateField(label=_("Date of birth"), widget=DayInput())

    def __init__(self, *args: Any, user: User, referral: Referral, **kwargs: Any):
        super().__init__(*args, **kwargs)
        summary = referral.read
        branches = Branch.objects.visible_to(user).filter(is_active=True)
        near = by_distance(branches, summary.address.place if summary.address else None)
        field: Any = self.fields["branch"]
        field.queryset = branches
        field.choices = [(one.branch.pk, str(one)) for one in near]
        field.initial = near[0].branch.pk if near else None
        if summary.birth_on:
            del self.fields["birth_on"]
        else:
            self.fields["birth_on"].help_text = _now("The sender gives only “%s”.") % summary.birth_date

    def birth_date(self) -> dt.date | None:
        return self.cleaned_data.get("birth_on")


class DeclineForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For the sender and the family, in one sentence."),
    )
