"""A client's appointments with outside providers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clients.models import Client
from homecare.clock import now
from homecare.errors import DomainError
from homecare.views import ActionView, FormPage
from scheduling.appointments import AHEAD, coming, in_the_way
from scheduling.forms.appointment import AppointmentForm
from scheduling.models import Appointment, Visit
from scheduling.services.appointment import cancel_appointment, save_appointment, skip_day


class AppointmentEdit(FormPage):
    """What entering and changing have in common; says how many visits lie at the same time."""

    form_class = AppointmentForm
    permission: Any = "scheduling.change_appointment"

    @property
    def appointment(self) -> Appointment:
        raise NotImplementedError

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.appointment}

    def perform(self, form: Any) -> Appointment:
        return save_appointment(self.appointment, form.cleaned_data, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self) -> str:
        rows = Appointment.objects.filter(pk=self.result.pk)
        moment = now()
        visits = Visit.objects.visible_to(self.request.user).live()  # type: ignore[arg-type]
        visits = visits.filter(client=self.result.client_id).between(moment, moment + AHEAD)
        count = len(in_the_way(coming(rows, moment), visits))
        messages.success(self.request, _("The appointment is saved."))
        if count:
            text = ngettext("%(n)s visit lies at the same time.", "%(n)s visits lie at the same time.", count)
            messages.warning(self.request, text % {"n": count})
        return reverse("scheduling:client-visits", args=[self.result.client_id])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        client = self.appointment.client
        url = reverse("scheduling:client-visits", args=[client.pk])
        return super().get_context_data(subtitle=client.full_name, cancel_url=url, **kwargs)


class AppointmentCreate(AppointmentEdit):
    permission = "scheduling.add_appointment"
    extra_context = {"heading": gettext_lazy("New appointment")}

    @cached_property
    def appointment(self) -> Appointment:
        clients = Client.objects.visible_to(self.request.user).select_related("branch")  # type: ignore[arg-type]
        return Appointment(client=get_object_or_404(clients, pk=self.kwargs["client_pk"]))


class AppointmentUpdate(AppointmentEdit):
    extra_context = {"heading": gettext_lazy("Change the appointment")}

    @cached_property
    def appointment(self) -> Appointment:
        rows = Appointment.objects.visible_to(self.request.user).filter(cancelled_at=None)  # type: ignore[arg-type]
        return get_object_or_404(rows.select_related("client__branch"), pk=self.kwargs["pk"])


class AppointmentCancel(ActionView):
    """Calls it off: altogether, or the day in `on`."""

    model = Appointment
    permission = "scheduling.change_appointment"
    success_message = gettext_lazy("The appointment is called off.")

    def perform(self, obj: Appointment) -> Appointment:
        by: Any = self.request.user
        asked = self.request.POST.get("on", "")
        if not asked:
            return cancel_appointment(obj, by=by)
        try:
            day = dt.date.fromisoformat(asked)
        except ValueError as error:
            raise DomainError(_("This is not a day.")) from error
        return skip_day(obj, day, by=by)

    def get_success_url(self, result: Any) -> str:
        return reverse("scheduling:client-visits", args=[result.client_id])
