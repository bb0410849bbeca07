"""The visit list's filters; what they say is kept in the URL."""

from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from homecare.accounts.current_agency import agency_of
from homecare.clock import day_bounds, now, today
from scheduling.forms.fields import CaregiverFilter
from scheduling.models import ServiceType, Visit
from staff.models import Member

DAY_INPUT = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
SHOW = [
    ("today", _("Today")),
    ("week", _("Next 7 days")),
    ("unfilled", _("Unfilled")),
    ("late", _("Late")),
    ("unapproved", _("To approve")),
]


class VisitFilter(django_filters.FilterSet):
    """By words, dates, state, caregiver and service; "show" names what people look for most."""

    q = django_filters.CharFilter(
        label=_("Client or caregiver"), method="words", widget=forms.TextInput(attrs={"type": "search"})
    )
    show = django_filters.ChoiceFilter(label=_("Show"), choices=SHOW, method="shown", empty_label=_("All visits"))
    since = django_filters.DateFilter(label=_("From"), method="from_day", widget=DAY_INPUT)
    until = django_filters.DateFilter(label=_("Until"), method="until_day", widget=DAY_INPUT)
    status = django_filters.ChoiceFilter(label=_("State"), choices=Visit.Status.choices, empty_label=_("All"))
    caregiver = CaregiverFilter(
        label=_("Caregiver"), queryset=lambda request: Member.objects.visible_to(request.user), empty_label=_("All")
    )
    service_type = django_filters.ModelChoiceFilter(
        label=_("Service"), queryset=ServiceType.objects.filter(is_active=True), empty_label=_("All")
    )

    class Meta:
        model = Visit
        fields: list[str] = []

    @property
    def zone_name(self) -> str:
        """The zone in which "today" is meant: the chosen branch's, else that of the person's first."""
        return str(self.request.local_zone)

    def words(self, queryset: Any, name: str, value: str) -> Any:
        for word in value.split():
            queryset = queryset.filter(
                Q(client__last_name__icontains=word)
                | Q(client__first_name__icontains=word)
                | Q(caregiver__last_name__icontains=word)
                | Q(caregiver__first_name__icontains=word)
                | Q(client__number__iexact=word)
            )
        return queryset

    def from_day(self, queryset: Any, name: str, value: dt.date) -> Any:
        return queryset.filter(starts_at__gte=day_bounds(value, self.zone_name)[0])

    def until_day(self, queryset: Any, name: str, value: dt.date) -> Any:
        return queryset.filter(starts_at__lt=day_bounds(value, self.zone_name)[1])

    def shown(self, queryset: Any, name: str, value: str) -> Any:
        day = today(self.zone_name)
        if value == "late":
            return queryset.late(now(), agency_of(self.request).grace_minutes)
        if value == "unapproved":
            return queryset.unapproved()
        if value == "unfilled":
            return queryset.open().filter(ends_at__gt=now())
        last = day if value == "today" else day + dt.timedelta(days=6)
        return queryset.filter(
            starts_at__gte=day_bounds(day, self.zone_name)[0], starts_at__lt=day_bounds(last, self.zone_name)[1]
        )
