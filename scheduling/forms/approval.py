"""Forms of approval: reasons, adjusted times, clocking for somebody, and the filters of the list."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

import django_filters
from django import forms
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from homecare.accounts.models import Branch, User
from homecare.clock import at_local, local, monday_of, week_bounds
from scheduling.forms.fields import CaregiverFilter
from scheduling.models import ClockEvent, ReasonCode, Visit
from scheduling.reason_sets import set_of
from staff.models import Member


class LocalMomentField(forms.Field):
    """A date and time as the branch's wall clock shows it; cleaned to the moment in UTC.

    What nobody changed is the very moment it began with: of the hour that autumn repeats, the right one.
    """

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    default_error_messages = {"invalid": _("Enter date and time, for example 2026-11-23 08:00.")}

    def __init__(self, *, zone: str, moment: dt.datetime | None = None, **kwargs: Any):
        self.zone, self.moment = zone, moment
        initial = f"{local(moment, zone):%Y-%m-%dT%H:%M}" if moment else None
        super().__init__(initial=initial, **kwargs)

    def to_python(self, value: Any) -> dt.datetime | None:
        text = str(value or "").strip()
        if not text:
            return None
        if self.moment is not None and text[:16].replace(" ", "T") == self.initial:
            return self.moment
        try:
            wall = dt.datetime.fromisoformat(text).replace(tzinfo=None)
            return at_local(wall.date(), wall.time(), self.zone)
        except (ValueError, OverflowError):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class ReasonForm(forms.Form):
    """A reason code, with a sentence where the code asks for one."""

    code = forms.ModelChoiceField(
        ReasonCode.objects.none(), label=_("Reason"), required=False, empty_label=_("Choose a reason")
    )
    action = forms.ModelChoiceField(
        ReasonCode.objects.none(),
        label=_("What was done about it"),
        required=False,
        empty_label=_("Choose what was done"),
    )
    memo = forms.CharField(label=_("Explanation"), max_length=256, required=False)

    def __init__(self, *args: Any, visit: Visit, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.codes = set_of(visit)
        self._offer("code", self.codes.reasons)
        if self.codes.actions:
            self._offer("action", self.codes.actions)
        else:
            del self.fields["action"]

    def _offer(self, name: str, codes: list[ReasonCode]) -> None:
        field = cast(forms.ModelChoiceField, self.fields[name])
        field.queryset = ReasonCode.objects.filter(pk__in=[code.pk for code in codes])


class AdjustForm(ReasonForm):
    """The approved times of one visit, beside its punches."""

    field_order = ["starts_at", "ends_at", "code", "action", "memo"]

    def __init__(self, *args: Any, visit: Visit, **kwargs: Any):
        super().__init__(*args, visit=visit, **kwargs)
        zone = visit.branch.time_zone
        starts_at, ends_at = visit.started_at or visit.starts_at, visit.finished_at or visit.ends_at
        self.fields["starts_at"] = LocalMomentField(zone=zone, moment=starts_at, label=_("Approved start"))
        self.fields["ends_at"] = LocalMomentField(zone=zone, moment=ends_at, label=_("Approved end"))
        self.fields["code"].help_text = _("Needed when the times differ from the punches or an exception is open.")
        open_kinds = list(visit.exceptions.unresolved().values_list("kind", flat=True))
        if open_kinds:
            self.fields["code"].initial = self.codes.suggested(open_kinds[0])
        self.order_fields(self.field_order)


class ClockForm(forms.Form):
    """The office clocks for a caregiver who could not."""

    kind = forms.ChoiceField(label=_("What"), choices=ClockEvent.Kind.choices)
    reason = forms.CharField(label=_("Why the caregiver could not clock"), max_length=200)

    def __init__(self, *args: Any, visit: Visit, **kwargs: Any):
        super().__init__(*args, **kwargs)
        is_in = visit.started_at is None
        self.fields["kind"].initial = "in" if is_in else "out"
        moment = visit.starts_at if is_in else visit.ends_at
        self.fields["at"] = LocalMomentField(zone=visit.branch.time_zone, moment=moment, label=_("When it happened"))
        self.order_fields(["kind", "at", "reason"])


class WhyForm(forms.Form):
    """One sentence that is kept in the trail."""

    reason = forms.CharField(label=_("Why"), max_length=200)


class ApplyForm(forms.Form):
    """To which visit a kept act of a phone belongs."""

    visit = forms.ModelChoiceField(Visit.objects.none(), label=_("Visit"), empty_label=_("Choose the visit"))

    def __init__(self, *args: Any, visits: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        field = cast(forms.ModelChoiceField, self.fields["visit"])
        field.queryset = visits
        field.label_from_instance = self._label  # type: ignore[method-assign, assignment]

    @staticmethod
    def _label(visit: Visit) -> str:
        start = local(visit.starts_at, visit.branch.time_zone)
        return f"{start:%a %d %b, %H:%M} · {visit.client.full_name} · {visit.get_status_display()}"


class NoteForm(forms.Form):
    """What was done about a kept act."""

    note = forms.CharField(label=_("What you did about it"), max_length=200)


SETTLED = ("approved", "missed")


class ApprovalFilter(django_filters.FilterSet):
    """Filters of the approval list, kept in the URL."""

    week = django_filters.DateFilter(
        label=_("Week of"), method="in_week", widget=forms.DateInput(attrs={"type": "date"})
    )
    caregiver = CaregiverFilter(label=_("Caregiver"), queryset=Member.objects.none(), empty_label=_("Everybody"))
    client = django_filters.CharFilter(
        label=_("Client"), method="of_client", widget=forms.TextInput(attrs={"type": "search"})
    )

    class Meta:
        model = Visit
        fields: list[str] = []

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any):
        """Offers the caregivers of the visits shown; of settled ones, which are many, those of the branch."""
        super().__init__(*args, request=request, **kwargs)
        settled = request.GET.get("show") in SETTLED
        shown, members = self.queryset.order_by(), Member.objects.visible_to(cast(User, request.user))
        if not settled:
            # Distinct, so that the visits shown are found first, instead of a year of them for each person.
            members = members.filter(pk__in=shown.values("caregiver_id").distinct())
        self.filters["caregiver"].queryset = members

    def of_client(self, queryset: Any, name: str, value: str) -> Any:
        for word in value.split():
            names = Q(client__last_name__icontains=word) | Q(client__first_name__icontains=word)
            queryset = queryset.filter(names | Q(client__number__iexact=word))
        return queryset

    def in_week(self, queryset: Any, name: str, value: dt.date) -> Any:
        branch = Branch.objects.visible_to(self.request.user).first()
        starts_at, ends_at = week_bounds(monday_of(value), branch.time_zone if branch else "UTC")
        return queryset.filter(starts_at__gte=starts_at, starts_at__lt=ends_at)
