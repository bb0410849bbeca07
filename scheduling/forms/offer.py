"""The form with which open visits are offered to caregivers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from homecare.clock import now
from scheduling.matching import Suggestion
from scheduling.models import Offer

ASKED_AT_FIRST = 10  # so many of the best are ticked when the form opens
HOURS = [(1, _("1 hour")), (4, _("4 hours")), (12, _("12 hours")), (24, _("1 day")), (72, _("3 days"))]


class OfferForm(forms.Form):
    """Whom to ask, how long, and how it is decided. `suggestions` are the caregivers whom no rule blocks."""

    members = forms.MultipleChoiceField(
        label=_("Who is asked?"),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Choose at least one caregiver.")},
    )
    mode = forms.ChoiceField(
        label=_("Who gets it?"),
        choices=Offer.Mode.choices,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    hours = forms.TypedChoiceField(
        label=_("How long may they answer?"),
        coerce=int,
        choices=HOURS,
        help_text=_("It ends earlier when the first visit begins."),
    )
    hourly_wage = forms.DecimalField(
        label=_("Wage an hour, $"), required=False, min_value=0, max_digits=7, decimal_places=2
    )
    message = forms.CharField(
        label=_("Message"),
        required=False,
        max_length=300,
        help_text=_("Everybody asked reads it: no names, no health data. The address is shown to whoever gets it."),
    )

    def __init__(self, *args: Any, suggestions: Sequence[Suggestion], first_start: dt.datetime, **kwargs: Any) -> None:
        best = [str(row.member.pk) for row in suggestions[:ASKED_AT_FIRST]]
        initial = {"members": best, "mode": Offer.Mode.FIRST, "hours": 24}
        kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.suggestions, self.first_start = suggestions, first_start
        self.fields["members"].choices = [(str(row.member.pk), row.member.full_name) for row in suggestions]  # type: ignore[attr-defined]

    @property
    def rows(self) -> list[tuple[Any, Suggestion]]:
        """Each tick box beside what speaks for that caregiver."""
        return list(zip(self["members"], self.suggestions, strict=True))

    @property
    def chosen(self) -> list[Any]:
        wanted = set(self.cleaned_data["members"])
        return [row.member for row in self.suggestions if str(row.member.pk) in wanted]

    @property
    def expires_at(self) -> dt.datetime:
        return min(now() + dt.timedelta(hours=self.cleaned_data["hours"]), self.first_start)


class ChooseForm(forms.Form):
    """The office gives the visits to one caregiver who was asked."""

    override_reason = forms.CharField(
        label=_("Reason to go on in spite of a warning"),
        required=False,
        max_length=200,
        help_text=_("Only needed when a warning is shown; it is kept with the visit."),
    )


class OfferFilter(django_filters.FilterSet):
    """By client's name and state."""

    q = django_filters.CharFilter(label=_("Client"), method="words", widget=forms.TextInput(attrs={"type": "search"}))
    status = django_filters.ChoiceFilter(label=_("State"), choices=Offer.Status.choices, empty_label=_("All"))

    class Meta:
        model = Offer
        fields: list[str] = []

    def words(self, queryset: Any, name: str, value: str) -> Any:
        for word in value.split():
            queryset = queryset.filter(client__last_name__icontains=word) | queryset.filter(
                client__first_name__icontains=word
            )
        return queryset
