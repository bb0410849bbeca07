"""The kinds of service, under Settings: what is offered, what it asks of caregivers, and how it is shown."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from homecare.audit.models import Event
from homecare.stale import RefuseStale
from homecare.views import FormPage, ListPage
from scheduling.forms.service_type import ServiceTypeForm
from scheduling.models import ServiceType
from scheduling.services.service_type import add_service_type, change_service_type


class ServiceTypeList(ListPage):
    model = ServiceType
    permission = "scheduling.view_servicetype"
    template_name = "scheduling/servicetype_list.html"
    fragment_name = "scheduling/_servicetype_table.html"

    def rows(self, queryset: QuerySet) -> QuerySet:
        return queryset.order_by("-is_active", "name", "pk")


class ServiceTypeForms(FormPage):
    form_class = ServiceTypeForm
    success_url = reverse_lazy("scheduling:service-type-list")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(cancel_url=self.success_url, **kwargs)


class ServiceTypeCreate(ServiceTypeForms):
    permission = "scheduling.add_servicetype"
    success_message = _("The service is added.")
    extra_context = {"heading": _("New service"), "submit_label": _("Add the service")}

    def perform(self, form: Any) -> ServiceType:
        return add_service_type(**form.cleaned_data, by=self.request.user)  # type: ignore[arg-type]


class ServiceTypeUpdate(RefuseStale, ServiceTypeForms):
    permission = "scheduling.change_servicetype"
    success_message = _("The service is changed.")
    template_name = "scheduling/servicetype_form.html"

    @cached_property
    def service(self) -> ServiceType:
        return get_object_or_404(ServiceType.objects.visible_to(self.request.user), pk=self.kwargs["pk"])  # type: ignore[arg-type]

    @property
    def guarded(self) -> ServiceType:
        return self.service

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"service": self.service}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        events = Event.objects.about(self.service).select_related("user")[:8]
        subtitle = _("Code %(code)s") % {"code": self.service.code}
        return super().get_context_data(heading=self.service.name, subtitle=subtitle, events=events, **kwargs)

    def perform(self, form: Any) -> ServiceType:
        return change_service_type(self.service, **form.cleaned_data, by=self.request.user)  # type: ignore[arg-type]
