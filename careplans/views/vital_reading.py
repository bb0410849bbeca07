from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from careplans.forms.vital_reading import AcknowledgeForm, VitalsForm
from careplans.models import VitalReading
from careplans.services.vital_reading import acknowledge_alert, record_set
from clients.views.client import OneClient
from homecare.views import FormPage, ScopedMixin


class VitalCreate(OneClient, FormPage):
    """What was measured at one moment; alerts are said at once."""

    permission = "careplans.add_vitalreading"
    form_class = VitalsForm
    template_name = "careplans/vital_form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"client": self.get_client()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(client=self.get_client(), **kwargs)

    def perform(self, form: VitalsForm) -> list[VitalReading]:
        data, client = form.cleaned_data, self.get_client()
        rows = record_set(
            client,
            form.values,
            taken_at=form.moment(client.branch.time_zone),
            by=self.request.user,
            on_oxygen=data["on_oxygen"],
            alert=not data["drowsy"],
            target_88=data["target_88"],
        )
        for row in rows:
            if row.is_alert:
                messages.warning(self.request, row.alert_text)
        messages.success(self.request, _("Vital signs saved."))
        return rows

    def refuse(self, form: VitalsForm, error: Any) -> Any:
        """The service speaks of a moment, the form of a day and a time."""
        if error.field == "taken_at":
            error.field = "measured_time"
        return super().refuse(form, error)

    def get_success_url(self) -> str:
        return reverse("careplans:client-health", args=[self.get_client().pk])


class VitalAcknowledge(ScopedMixin, FormPage):
    model = VitalReading
    permission = "careplans.change_vitalreading"
    form_class = AcknowledgeForm
    success_message = gettext_lazy("Acknowledged.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.scoped_object()
        return super().get_context_data(
            heading=_("Acknowledge alert"),
            subtitle=f"{row.client.full_name}: {row.alert_text}",
            cancel_url=reverse("careplans:client-health", args=[row.client_id]),
            submit_label=_("Acknowledge"),
            **kwargs,
        )

    def perform(self, form: AcknowledgeForm) -> VitalReading:
        return acknowledge_alert(self.scoped_object(), comment=form.cleaned_data["comment"], by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self) -> str:
        return reverse("careplans:client-health", args=[self.result.client_id])
