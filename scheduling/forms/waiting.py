"""Forms of the waiting list."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import django_filters
from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from clients import languages
from clients.models import Client
from homecare.accounts.models import User
from homecare.dates import written
from scheduling.forms.fields import day_field, time_field
from scheduling.forms.schedule import ScheduleForm
from scheduling.models import ServiceType, Waiting

CHANGE = "scheduling.change_waiting"


class WaitingForm(forms.Form):
    """What a client waits for. `entry` None: somebody new, chosen among the clients this person sees."""

    client = forms.ModelChoiceField(label=_("Client or inquiry"), queryset=Client.objects.none())
    service_type = forms.ModelChoiceField(
        label=_("Service"), queryset=ServiceType.objects.filter(is_active=True), empty_label=None
    )
    hours = forms.DecimalField(
        label=_("Hours a week"), min_value=Decimal("0.25"), max_value=84, max_digits=4, decimal_places=2
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Preferred days"),
        coerce=int,
        required=False,
        choices=[(day, WEEKDAYS[day]) for day in range(7)],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        help_text=_("None: any day."),
    )
    start_time = time_field(_("Preferred start"), required=False)
    area = forms.CharField(
        label=_("Area"), max_length=80, required=False, help_text=_("Empty: the town of the client's address.")
    )
    language = forms.ChoiceField(label=_("Language asked for"), required=False)
    skills = forms.CharField(label=_("Skills asked for"), max_length=120, required=False)
    since = day_field(_("Waits since"))
    priority = forms.TypedChoiceField(label=_("Priority"), coerce=int, choices=Waiting.Priority.choices)
    reason = forms.CharField(label=_("Why it cannot begin yet"), max_length=200, required=False)

    def __init__(self, *args: Any, user: User, entry: Waiting | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [("", _("None")), *languages.choices()]  # type: ignore[attr-defined]
        if entry is not None:
            del self.fields["client"]
            return
        field: Any = self.fields["client"]
        over = [Client.Status.DISCHARGED, Client.Status.DECLINED]
        field.queryset = Client.objects.visible_to(user).exclude(status__in=over)

    @property
    def values(self) -> dict[str, Any]:
        """What the service understands; the client is named beside it."""
        data = dict(self.cleaned_data)
        data.pop("client", None)
        return data | {"weekly_minutes": int(data.pop("hours") * 60)}


def waiting_of(client: Client, user: User) -> Any:
    """What this client waits for, as far as this person may take it off the list."""
    rows = Waiting.objects.visible_to(user).waiting() if user.has_perm(CHANGE) else Waiting.objects.none()
    return rows.filter(client=client).select_related("service_type").in_turn()


class NewScheduleForm(ScheduleForm):
    """A new pattern, and what of the waiting list it serves: asked only of a client who waits."""

    waiting = forms.ModelMultipleChoiceField(
        label=_("Takes off the waiting list"),
        queryset=Waiting.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        help_text=_("Tick what this pattern serves whole. Undoing the pattern brings it back."),
    )

    def __init__(self, *args: Any, waiting: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["waiting"]
        field.queryset = waiting
        field.label_from_instance = self._said
        if not waiting:
            del self.fields["waiting"]

    @staticmethod
    def _said(entry: Waiting) -> str:
        values = {"service": entry.service_type.name, "hours": f"{entry.weekly_minutes / 60:g}", "when": entry.when}
        values["since"] = written(entry.since)
        return _("%(service)s, %(hours)s hours a week (%(when)s), since %(since)s") % values


class LeaveForm(forms.Form):
    status = forms.ChoiceField(
        label=_("How does it leave the list?"),
        choices=[choice for choice in Waiting.Status.choices if choice[0] != Waiting.Status.WAITING],
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)


class WaitingFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(label=_("State"), choices=Waiting.Status.choices, empty_label=_("All"))
    priority = django_filters.ChoiceFilter(label=_("Priority"), choices=Waiting.Priority.choices, empty_label=_("All"))
    service_type = django_filters.ModelChoiceFilter(
        label=_("Service"), queryset=ServiceType.objects.all(), empty_label=_("All")
    )

    class Meta:
        model = Waiting
        fields: list[str] = []
