"""Unbilled: the visits that wait with their reason, and the charges ready for an invoice."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Max, Min, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from billing.forms.charge import OpenFilter, WaitingFilter
from billing.models import Charge
from billing.pricing import WaitsFor
from billing.services.charge import make_charges, uncharged
from billing.services.invoice import free_charges
from homecare.money import ZERO
from homecare.views import ListPage, PermissionMixin
from scheduling.models import Visit

WAITING, OPEN = "waiting", "open"
NOTES = {
    WaitsFor.NO_COVERAGE: gettext_lazy("say who pays"),
    WaitsFor.NO_RATE: gettext_lazy("add the payer's rate"),
    WaitsFor.NO_AUTHORIZATION: gettext_lazy("enter the payer's number"),
    WaitsFor.TOO_SHORT: gettext_lazy("not one unit by the payer's rounding"),
}
COLUMNS = {
    WAITING: [
        {"label": label}
        for label in (
            gettext_lazy("Visit"),
            gettext_lazy("Client"),
            gettext_lazy("Service"),
            gettext_lazy("Minutes"),
            gettext_lazy("Waits for"),
            gettext_lazy("What to do"),
        )
    ],
    OPEN: [
        {"label": gettext_lazy("Client")},
        {"label": gettext_lazy("Payer")},
        {"label": gettext_lazy("Care")},
        {"label": gettext_lazy("Visits"), "css": "num"},
        {"label": gettext_lazy("Amount"), "css": "num"},
    ],
}


class ChargeList(ListPage):
    """Two tabs: what waits for something (the work list), and what is ready to invoice."""

    permission = "billing.view_charge"
    template_name = "billing/charge_list.html"
    fragment_name = "billing/_charge_table.html"

    @property
    def tab(self) -> str:
        return OPEN if self.request.GET.get("show") == OPEN else WAITING

    @property
    def model(self) -> Any:  # type: ignore[override]
        return Charge if self.tab == OPEN else Visit

    @property
    def filterset_class(self) -> Any:
        return OpenFilter if self.tab == OPEN else WaitingFilter

    def rows(self, queryset: Any) -> Any:
        if self.tab == WAITING:
            rows = uncharged(queryset).select_related("client", "service_type", "caregiver", "branch")
            return rows.order_by("starts_at", "pk")
        return (
            free_charges(queryset)
            .values("client_id", "payer_id", "client__first_name", "client__last_name", "payer__name")
            .annotate(visits=Count("pk"), sum=Sum("amount"), first=Min("service_on"), last=Max("service_on"))
            .order_by("client__last_name", "client__first_name", "client_id", "payer__name")
        )

    def get_paginator(self, queryset: Any, per_page: int, **kwargs: Any) -> Any:  # type: ignore[override]
        """Unfiltered, the number of visits that wait is known already."""
        paginator = super().get_paginator(queryset, per_page, **kwargs)
        if self.tab == WAITING and not (self.request.GET.get("reason") or self.request.GET.get("branch")):
            paginator.count = sum(self.counts.values())
        return paginator

    @cached_property
    def counts(self) -> dict[str, int]:
        """Visits that wait, by reason."""
        mine = uncharged(Visit.objects.visible_to(self.request.user))  # type: ignore[arg-type]
        return dict(mine.order_by().values_list("waits_for").annotate(n=Count("pk")))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, counts = self.request.user, self.counts
        ready = free_charges(Charge.objects.visible_to(user)).aggregate(n=Count("pk"), sum=Sum("amount"))  # type: ignore[arg-type]
        waiting = sum(counts.values())
        return super().get_context_data(
            tab=self.tab,
            tabs=[
                {"label": _("Waiting"), "url": "?show=waiting", "is_current": self.tab == WAITING, "count": waiting},
                {
                    "label": _("Ready to invoice"),
                    "url": "?show=open",
                    "is_current": self.tab == OPEN,
                    "count": ready["n"],
                },
            ],
            reasons=[
                {"label": why.label, "url": f"?reason={why.value}", "n": counts[why.value], "note": NOTES[why]}
                for why in NOTES
                if counts.get(why.value)
            ],
            chargeable=counts.get(WaitsFor.NOTHING.value, 0),
            ready={"n": ready["n"], "sum": ready["sum"] or ZERO},
            columns=COLUMNS[self.tab],
            **kwargs,
        )


class ChargeMake(PermissionMixin, View):
    """Charges now what nothing is missing for, instead of waiting for the next round."""

    permission = "billing.add_charge"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        visits = uncharged(Visit.objects.visible_to(request.user)).filter(waits_for=WaitsFor.NOTHING)  # type: ignore[arg-type]
        made = len(make_charges(visits, by=request.user))  # type: ignore[arg-type]
        text = ngettext("%(n)s visit charged.", "%(n)s visits charged.", made) % {"n": made}
        messages.success(request, text if made else _("Nothing new to charge: what is listed waits for its reason."))
        return HttpResponseRedirect(reverse("billing:charge-list"))
