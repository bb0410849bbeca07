from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from careplans.forms.vital_threshold import ThresholdForm
from careplans.models import VitalThreshold
from careplans.services.vital_threshold import set_thresholds
from clients.views.client import OneClient
from homecare.views import FormPage


class ThresholdUpdate(OneClient, FormPage):
    """The ranges a physician set for one client."""

    permission = "careplans.change_vitalreading"
    form_class = ThresholdForm
    template_name = "careplans/threshold_form.html"
    success_message = gettext_lazy("The limits are saved and count from the next reading.")

    def get_form_kwargs(self) -> dict[str, Any]:
        own = VitalThreshold.objects.visible_to(self.request.user).filter(client=self.get_client())
        return super().get_form_kwargs() | {"own": list(own)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(client=self.get_client(), **kwargs)

    def perform(self, form: ThresholdForm) -> list[VitalThreshold]:
        return set_thresholds(self.get_client(), form.spans, by=self.request.user)

    def get_success_url(self) -> str:
        return reverse("careplans:client-health", args=[self.get_client().pk])
