"""How suggestions weigh what speaks for a caregiver."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View

from homecare.accounts.models import Agency
from homecare.accounts.services.agency import save_settings
from homecare.audit.models import Event
from homecare.stale import RefuseStale
from homecare.views import FormPage, PermissionMixin
from scheduling.forms.matching_weight import WeightForm


class WeightSettings(RefuseStale, FormPage):
    """Points of each factor; what equals its default is not kept."""

    permission = "accounts.change_agency"
    form_class = WeightForm
    template_name = "scheduling/weight_settings.html"
    success_url = reverse_lazy("scheduling:weight-settings")
    success_message = _("The weights are saved and count from now on.")

    trail_names = ("matching_weights",)

    @property
    def guarded(self) -> Agency:
        return Agency.current()

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "agency": Agency.current()}

    def perform(self, form: Any) -> Agency:
        return save_settings(form.values(), by=self.request.user)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        events = Event.objects.about(Agency(pk=1)).select_related("user")[:8]
        return super().get_context_data(events=events, **kwargs)


class WeightReset(PermissionMixin, View):
    """Every weight becomes the product's own again."""

    http_method_names = ["post"]
    permission = "accounts.change_agency"

    def post(self, request: HttpRequest) -> HttpResponse:
        save_settings({"matching_weights": {}}, by=request.user)  # type: ignore[arg-type]
        messages.success(request, gettext("All weights are the defaults again."))
        return HttpResponseRedirect(reverse("scheduling:weight-settings"))
