"""Wages: for people with `billing.view_payrate` alone."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from billing.forms.pay_rate import PayRateEndForm, PayRateForm
from billing.models import PayRate
from billing.services.pay_rate import add_pay_rate, end_pay_rate
from homecare.views import FormPage, ListPage


class PayRateList(ListPage):
    model = PayRate
    permission = "billing.view_payrate"
    template_name = "billing/payrate_list.html"
    fragment_name = "billing/_payrate_table.html"

    def rows(self, queryset: Any) -> Any:
        return queryset.select_related("member", "role", "service_type").order_by(
            "role__name", "member__last_name", "member__first_name", "service_type__name", "-since"
        )


class PayRateCreate(FormPage):
    permission = "billing.add_payrate"
    form_class = PayRateForm
    success_url = reverse_lazy("billing:payrate-list")
    success_message = _("The pay rate is added.")
    extra_context = {"heading": _("New pay rate"), "submit_label": _("Add")}

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def perform(self, form: Any) -> PayRate:
        return add_pay_rate(**form.cleaned_data, by=self.request.user)  # type: ignore[arg-type]


class PayRateEnd(FormPage):
    permission = "billing.change_payrate"
    form_class = PayRateEndForm
    success_url = reverse_lazy("billing:payrate-list")
    success_message = _("The pay rate has its last day.")
    extra_context = {"heading": _("Last day of the pay rate"), "submit_label": _("Save")}

    @cached_property
    def rate(self) -> PayRate:
        rows = PayRate.objects.visible_to(self.request.user).select_related("member", "role")  # type: ignore[arg-type]
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        url = reverse("billing:payrate-list")
        return super().get_context_data(subtitle=str(self.rate.member or self.rate.role), cancel_url=url, **kwargs)

    def perform(self, form: Any) -> PayRate:
        return end_pay_rate(self.rate, until=form.cleaned_data["until"], by=self.request.user)  # type: ignore[arg-type]
