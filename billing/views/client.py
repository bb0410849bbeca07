"""The billing tab of a client: who pays, what is authorized, what is unbilled, what is owed."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Sum
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy

from billing.burndown import burn_down
from billing.forms.payer import AuthorizationForm, CoverageForm
from billing.models import Authorization, Charge, Coverage, Invoice, Payment
from billing.pricing import WaitsFor
from billing.receivables import balance
from billing.services.charge import uncharged
from billing.services.invoice import free_charges
from billing.services.payer import add_authorization, add_coverage, update_authorization, update_coverage
from clients.views.client import OneClient
from homecare.audit.services.event import record_view
from homecare.clock import today
from homecare.money import ZERO
from homecare.views import FormPage, Page
from scheduling.models import Visit

SHOWN = 12


class ClientBilling(OneClient, Page):
    permission = "billing.view_invoice"
    template_name = "billing/client_billing.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        client, user = self.get_client(), self.request.user
        record_view(client, by=user, what="billing")
        day = today(client.branch.time_zone)
        invoices = Invoice.objects.visible_to(user).filter(client=client)
        payments = Payment.objects.visible_to(user).filter(client=client)
        coverages = Coverage.objects.visible_to(user).filter(client=client).select_related("payer")
        authorizations = Authorization.objects.visible_to(user).filter(client=client)
        ready = free_charges(Charge.objects.filter(client=client)).aggregate(n=Count("pk"), sum=Sum("amount"))
        waits = uncharged(Visit.objects.filter(client=client)).order_by().values_list("waits_for")
        return super().get_context_data(
            client=client,
            day=day,
            balance=balance(invoices, payments, today=day),
            coverages=list(coverages.order_by("priority", "-since")),
            burn_downs=burn_down(authorizations.order_by("-ends_on", "-pk")[:SHOWN]),
            ready={"n": ready["n"], "sum": ready["sum"] or ZERO},
            waiting=[(WaitsFor(why).label, n) for why, n in waits.annotate(n=Count("pk"))],
            invoices=invoices.with_balance().select_related("payer").order_by("-period_to", "-pk")[:SHOWN],
            payments=payments.with_unapplied().select_related("payer").order_by("-received_on", "-pk")[:SHOWN],
            **kwargs,
        )


class ClientForm(OneClient, FormPage):
    """A form on one of the client's billing rows; goes back to the tab."""

    def get_success_url(self) -> str:
        return reverse("billing:client-billing", args=[self.get_client().pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = {"subtitle": self.get_client().full_name, "cancel_url": self.get_success_url()}
        return super().get_context_data(**words, **kwargs)


class CoverageCreate(ClientForm):
    permission = "billing.add_coverage"
    form_class = CoverageForm
    success_message = gettext_lazy("The coverage is on file; visits that waited for it are charged within minutes.")
    extra_context = {"heading": gettext_lazy("Who pays")}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": Coverage(client=self.get_client())}

    def get_initial(self) -> dict[str, Any]:
        return {"since": self.get_client().started_on or today(self.get_client().branch.time_zone)}

    def perform(self, form: Any) -> Coverage:
        return add_coverage(client=self.get_client(), by=self.request.user, **form.cleaned_data)


class OneOfClient(ClientForm):
    """A row of the URL, and through it the client."""

    model: Any

    def get_row(self) -> Any:
        if not hasattr(self, "_row"):
            rows = self.model.objects.visible_to(self.request.user).select_related("client__branch")
            self._row = get_object_or_404(rows, pk=self.kwargs["pk"])
        return self._row

    def get_client(self) -> Any:
        return self.get_row().client

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": self.get_row()}


class CoverageUpdate(OneOfClient):
    model = Coverage
    permission = "billing.change_coverage"
    form_class = CoverageForm
    success_message = gettext_lazy("Saved. What was charged before keeps its payer.")
    extra_context = {"heading": gettext_lazy("Edit coverage")}

    def perform(self, form: Any) -> Coverage:
        return update_coverage(self.get_row(), by=self.request.user, **form.cleaned_data)


class AuthorizationCreate(ClientForm):
    permission = "billing.add_authorization"
    form_class = AuthorizationForm
    success_message = gettext_lazy(
        "The authorization is on file; visits that waited for it are charged within minutes."
    )
    extra_context = {"heading": gettext_lazy("New authorization")}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": Authorization(client=self.get_client())}

    def get_initial(self) -> dict[str, Any]:
        return {name: pk for name in ("payer", "service_type") if (pk := self.request.GET.get(name))}

    def perform(self, form: Any) -> Authorization:
        return add_authorization(client=self.get_client(), by=self.request.user, **form.cleaned_data)


class AuthorizationUpdate(OneOfClient):
    model = Authorization
    permission = "billing.change_authorization"
    form_class = AuthorizationForm
    success_message = gettext_lazy("Saved.")
    extra_context = {"heading": gettext_lazy("Edit authorization")}

    def perform(self, form: Any) -> Authorization:
        return update_authorization(self.get_row(), by=self.request.user, **form.cleaned_data)
