"""What plan and assessment lists can be narrowed by."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from careplans.models import Assessment, CarePlan, Instrument
from homecare.accounts.models import Branch


def _branches(request: Any) -> QuerySet[Branch]:
    return Branch.objects.visible_to(request.user) if request else Branch.objects.none()


class ClientSearch(django_filters.CharFilter):
    """The client's name or chart number, small typing errors forgiven."""

    def __init__(self, **kwargs: Any):
        widget = forms.TextInput(attrs={"type": "search", "placeholder": _("Client")})
        super().__init__(label=_("Search"), widget=widget, **kwargs)

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        rows = qs.alias(upper_first=Upper("client__first_name"), upper_last=Upper("client__last_name"))
        for word in (value or "").split()[:4]:
            rows = rows.filter(
                Q(client__last_name__icontains=word)
                | Q(client__first_name__icontains=word)
                | Q(client__number__iexact=word)
                | Q(upper_last__trigram_similar=word.upper())
                | Q(upper_first__trigram_similar=word.upper())
            )
        return rows


class CarePlanFilter(django_filters.FilterSet):
    """Without a status: all but superseded ones. The view applies `review`, because it knows today."""

    REVIEWS = (("overdue", _("Overdue")), ("14", _("Due within 14 days")))

    q = ClientSearch()
    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=CarePlan.Status.choices, empty_label=_("All but superseded")
    )
    review = django_filters.ChoiceFilter(label=_("Review"), choices=REVIEWS, empty_label=_("Any time"), method="keep")
    branch = django_filters.ModelChoiceFilter(
        label=_("Branch"), field_name="client__branch", queryset=_branches, empty_label=_("All branches")
    )

    class Meta:
        model = CarePlan
        fields = ["q", "status", "review", "branch"]

    def keep(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        rows = super().filter_queryset(queryset)
        chosen = self.form.cleaned_data.get("status")
        return rows if chosen else rows.exclude(status=CarePlan.Status.SUPERSEDED)


class AssessmentFilter(django_filters.FilterSet):
    q = ClientSearch()
    instrument = django_filters.ModelChoiceFilter(
        label=_("Questionnaire"), queryset=Instrument.objects.all(), empty_label=_("All")
    )

    class Meta:
        model = Assessment
        fields = ["q", "instrument"]
