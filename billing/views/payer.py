"""Payers and their prices."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.forms.invoice import payers_of
from billing.forms.payer import PayerForm, RateForm
from billing.models import Invoice, Payer, Payment, Rate
from billing.receivables import balance
from billing.services.payer import add_payer, add_rate, update_payer
from homecare.views import DetailPage, FormPage, ListPage, ScopedMixin


class PayerFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"), choices=Payer.Kind.choices, empty_label=gettext_lazy("All")
    )

    class Meta:
        model = Payer
        fields = ["kind"]


class PayerList(ListPage):
    model = Payer
    permission = "billing.view_payer"
    filterset_class = PayerFilter
    template_name = "billing/payer_list.html"
    fragment_name = "billing/_payer_table.html"

    def rows(self, queryset: Any) -> Any:
        day = timezone.now().date()
        paying = Q(coverages__since__lte=day) & (Q(coverages__until=None) | Q(coverages__until__gte=day))
        return queryset.annotate(clients=Count("coverages__client", filter=paying, distinct=True)).order_by("name")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = (_("Payer"), _("Kind"), _("Bills go to"), _("Units"), _("Days to pay"), _("Clients"))
        return super().get_context_data(columns=[{"label": word} for word in words], **kwargs)


class PayerDetail(DetailPage):
    model = Payer
    permission = "billing.view_payer"
    template_name = "billing/payer_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        payer, user = self.object, self.request.user
        day = timezone.now().date()
        rates = Rate.objects.visible_to(user).filter(payer=payer).select_related("service_type")  # type: ignore[arg-type]
        invoices = Invoice.objects.visible_to(user).filter(payer=payer)  # type: ignore[arg-type]
        payments = Payment.objects.visible_to(user).filter(payer=payer)  # type: ignore[arg-type]
        actions: list[dict[str, Any]] = []
        if user.has_perm("billing.change_payer"):
            url = reverse("billing:payer-update", args=[payer.pk])
            actions.append({"label": _("Edit"), "url": url, "icon": "pencil"})
        if user.has_perm("billing.add_rate"):
            url = reverse("billing:rate-create") + f"?payer={payer.pk}"
            actions.append({"label": _("Add a rate"), "url": url, "icon": "plus", "dialog": True})
        if user.has_perm("billing.add_payment") and not payer.bills_client:
            url = reverse("billing:payment-create") + f"?payer={payer.pk}"
            actions.append({"label": _("Record a payment"), "url": url, "icon": "cash"})
        return super().get_context_data(
            payer=payer,
            payer_key=str(payer.pk),
            rates=rates.order_by("service_type__name", "-since"),
            day=day,
            balance=balance(invoices, payments, today=day),
            actions=actions,
            place=f"{payer.city}, {payer.state} {payer.postal_code}".strip(", ") if payer.city else "",
            **kwargs,
        )


class PayerCreate(FormPage):
    permission = "billing.add_payer"
    form_class = PayerForm
    success_message = gettext_lazy("The payer is on file. Add its rates next.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": Payer()}

    def perform(self, form: Any) -> Payer:
        return add_payer(by=self.request.user, **form.cleaned_data)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(heading=_("New payer"), cancel_url=reverse("billing:payer-list"), **kwargs)


class PayerUpdate(ScopedMixin, FormPage):
    model = Payer
    permission = "billing.change_payer"
    form_class = PayerForm
    success_message = gettext_lazy("Saved. Charges and invoices made before keep what they were made with.")

    def get_form_kwargs(self) -> dict[str, Any]:
        self.payer = self.scoped_object()
        return {**super().get_form_kwargs(), "instance": self.payer}

    def perform(self, form: Any) -> Payer:
        return update_payer(self.payer, by=self.request.user, **form.cleaned_data)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, "heading": _("Edit payer"), "cancel_url": self.payer.get_absolute_url()}


class RateFilter(django_filters.FilterSet):
    payer = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Payer"), queryset=payers_of, empty_label=gettext_lazy("All")
    )
    past = django_filters.BooleanFilter(
        label=gettext_lazy("Past ones too"), method="with_past", widget=django_filters.widgets.forms.CheckboxInput
    )

    class Meta:
        model = Rate
        fields = ["payer"]

    def with_past(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset if value else queryset.filter(Q(until=None) | Q(until__gte=timezone.now().date()))


class RateList(ListPage):
    model = Rate
    permission = "billing.view_rate"
    filterset_class = RateFilter
    template_name = "billing/rate_list.html"
    fragment_name = "billing/_rate_table.html"

    def rows(self, queryset: Any) -> Any:
        return queryset.select_related("payer", "service_type").order_by("payer__name", "service_type__name", "-since")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = (_("Payer"), _("Service"), _("Code"), _("Price"), _("From"), _("Until"))
        columns = [{"label": word} for word in words]
        return super().get_context_data(columns=columns, day=timezone.now().date(), **kwargs)


class RateCreate(FormPage):
    permission = "billing.add_rate"
    form_class = RateForm
    success_message = gettext_lazy("The rate is on file; visits that waited for it are charged within minutes.")

    def get_initial(self) -> dict[str, Any]:
        asked = {name: self.request.GET.get(name) for name in ("payer", "service_type")}
        return {"since": timezone.now().date(), **{name: pk for name, pk in asked.items() if pk}}

    def perform(self, form: Any) -> Rate:
        return add_rate(by=self.request.user, **form.cleaned_data)  # type: ignore[arg-type]

    def get_success_url(self) -> str:
        return self.result.payer.get_absolute_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(heading=_("New rate"), cancel_url=reverse("billing:rate-list"), **kwargs)
