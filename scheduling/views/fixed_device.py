"""Which clocking devices stand at a client's home."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from clients.models import Client
from homecare.audit.services.event import record_view
from homecare.views import ActionView, FormPage
from scheduling.forms.fixed_device import DeviceForm
from scheduling.models import FixedDevice
from scheduling.services.fixed_device import register_device, remove_device

CHANGE = "scheduling.change_visit"


class DeviceList(FormPage):
    """The client's devices with the form for another one. A seed that we made is shown once, in this very answer."""

    permission = CHANGE
    form_class = DeviceForm
    template_name = "scheduling/device_list.html"

    @cached_property
    def client(self) -> Client:
        clients = Client.objects.visible_to(self.request.user)  # type: ignore[arg-type]
        return get_object_or_404(clients.select_related("branch"), pk=self.kwargs["client_pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "client": self.client}

    def perform(self, form: Any) -> tuple[FixedDevice, str]:
        return register_device(self.client, by=self.request.user, **form.cleaned_data)  # type: ignore[arg-type]

    def succeed(self) -> HttpResponse:
        device, secret = self.result
        shown = "" if self.request.POST.get("secret", "").strip() else secret
        form = self.form_class(client=self.client)
        return self.render_to_response(self.get_context_data(form=form, registered=device, secret=shown))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        record_view(self.client, by=self.request.user, what="clocking devices")  # type: ignore[arg-type]
        devices = FixedDevice.objects.visible_to(self.request.user).filter(client=self.client)  # type: ignore[arg-type]
        return super().get_context_data(
            client=self.client, devices=devices.select_related("address", "registered_by"), **kwargs
        )


class DeviceRemove(ActionView):
    """The device is gone from that home; the codes it showed still count."""

    model = FixedDevice
    permission = CHANGE
    success_message = gettext_lazy("The device is removed. Codes it showed until now still count.")

    def perform(self, obj: FixedDevice) -> FixedDevice:
        return remove_device(obj, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self, result: FixedDevice) -> str:
        return reverse("scheduling:device-list", args=[result.client_id])
