"""Who of one home shares a visit or a pattern, with which service and how much of the time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from scheduling.forms.fields import override_field
from scheduling.models import Schedule, ServiceType, Visit
from scheduling.services.sharing import Share


def _part(label: Any, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=9, initial=1, **options)


class VisitShareForm(forms.Form):
    """One more client of the home for one visit."""

    client = forms.ModelChoiceField(Client.objects.none(), label=_("Who shares this visit?"))
    service_type = forms.ModelChoiceField(ServiceType.objects.filter(is_active=True), label=_("Service"))
    time_weight = _part(_("Part of the time"), help_text=_("1 beside 1 is half each; 2 beside 1 is two thirds."))
    override_reason = override_field()

    def __init__(self, *args: Any, housemates: Sequence[Client], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ids = [row.pk for row in housemates]
        self.fields["client"].queryset = Client.objects.filter(pk__in=ids)  # type: ignore[attr-defined]

    @property
    def share(self) -> Share:
        data = self.cleaned_data
        return Share(data["client"], data["service_type"], data["time_weight"])


class PartsForm(forms.Form):
    """How the clients who share one visit share its time: a number for each."""

    def __init__(self, *args: Any, visits: Sequence[Visit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for visit in visits:
            field = _part(visit.client.full_name)
            field.initial = visit.time_weight
            self.fields[f"part_{visit.pk}"] = field
        self.visits = visits

    @property
    def weights(self) -> dict[int, int]:
        return {visit.pk: self.cleaned_data[f"part_{visit.pk}"] for visit in self.visits}


class ScheduleShareForm(forms.Form):
    """Who of the home shares a pattern's visits: a service for each who does, and how much of the time is whose."""

    def __init__(self, *args: Any, schedule: Schedule, housemates: Sequence[Client], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = {row.client_id: row for row in schedule.sharers.all()}
        services = ServiceType.objects.filter(is_active=True)
        own = _part(_now("Part of the time: %(client)s") % {"client": schedule.client.full_name})
        own.initial = schedule.time_weight
        own.help_text = _("1 beside 1 is half each; 2 beside 1 is two thirds.")
        self.fields["own_weight"] = own
        for client in housemates:
            sharer = held.get(client.pk)
            service = forms.ModelChoiceField(
                services,
                label=_now("%(client)s: service") % {"client": client.full_name},
                required=False,
                empty_label=_("Does not share these visits"),
                initial=sharer.service_type_id if sharer else None,
            )
            part = _part(_now("Part of the time: %(client)s") % {"client": client.full_name}, required=False)
            part.initial = sharer.time_weight if sharer else 1
            self.fields[f"service_{client.pk}"], self.fields[f"part_{client.pk}"] = service, part
        self.fields["override_reason"] = override_field()
        self.housemates = housemates

    def _shares(self) -> Iterator[Share]:
        for client in self.housemates:
            service = self.cleaned_data.get(f"service_{client.pk}")
            if service is not None:
                yield Share(client, service, self.cleaned_data.get(f"part_{client.pk}") or 1)

    @property
    def shares(self) -> list[Share]:
        return list(self._shares())
