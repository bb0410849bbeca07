"""Unbilled: the visits that wait with their reason, and the charges ready for an invoice."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from billing import unbilled
from billing.forms.charge import OpenFilter, WaitingFilter
from billing.models import Charge
from billing.pricing import WaitsFor
from billing.services.charge import make_charges, uncharged
from billing.services.invoice import free_charges
from homecare.views import ListPage, PermissionMixin
from scheduling.models import Visit

WAITING, OPEN = "waiting", "open"
NOTES = {
    WaitsFor.NO_COVERAGE: gettext_lazy("say who pays"),
    WaitsFor.NO_RATE: gettext_lazy("add the payer's rate"),
    WaitsFor.NO_AUTHORIZATION: gettext_lazy("enter the payer's number"),
    WaitsFor.TOO_SHORT: gettext_lazy("not one unit by the payer's rounding"),
    WaitsFor.INCOMPLETE: gettext_lazy("complete the visit's record"),
}
# The words of the columns by name, as rows ask for them.
LABELS: dict[str, dict[str, Any]] = {
    WAITING: {
        "visit": gettext_lazy("Visit"),
        "client": gettext_lazy("Client"),
        "service": gettext_lazy("Service"),
        "minutes": gettext_lazy("Approved"),
        "reason": gettext_lazy("Waits for"),
        "remedy": gettext_lazy("What to do"),
    },
    OPEN: {
        "client": gettext_lazy("Client"),
        "payer": gettext_lazy("Payer"),
        "care": gettext_lazy("Care"),
        "visits": gettext_lazy("Visits"),
        "amount": gettext_lazy("Amount"),
    },
}
NUMBERS = {"minutes", "visits", "amount"}


class ChargeList(ListPage):
    """Two tabs: what waits for something (the work list), and what is ready to invoice."""

    permission = "billing.view_charge"
    template_name = "billing/charge_list.html"
    fragment_name = "billing/_charge_table.html"

    @property
    def tab(self) -> str:
        return OPEN if self.request.GET.get("show") == OPEN else WAITING

    @cached_property
    def waiting(self) -> list[unbilled.Waiting]:
        return unbilled.waiting(Visit.objects.visible_to(self.request.user))  # type: ignore[arg-type]

    @cached_property
    def free(self) -> Any:
        return free_charges(Charge.objects.visible_to(self.request.user))  # type: ignore[arg-type]

    @property
    def total(self) -> unbilled.Total:
        """Of all that is ready, whatever the filters show."""
        shows_all = self.tab == OPEN and not self.filterset.narrows
        return unbilled.total_of(self.object_list) if shows_all else unbilled.total(self.free)

    def get_queryset(self) -> Any:
        if self.tab == OPEN:
            self.filterset = OpenFilter(self.request.GET, queryset=self.free, request=self.request)
            return unbilled.ready(self.filterset.qs)
        self.filterset = WaitingFilter(self.request.GET, queryset=Visit.objects.none(), request=self.request)
        return self.filterset.chosen(self.waiting)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        counts, ready = unbilled.counts(self.waiting), self.total
        words = ((WAITING, _("Waiting"), len(self.waiting)), (OPEN, _("Ready to invoice"), ready.n))
        rows, labels = context["object_list"], {name: str(label) for name, label in LABELS[self.tab].items()}
        return {
            **context,
            "tab": self.tab,
            "tabs": [
                {"label": label, "url": f"?show={tab}", "is_current": self.tab == tab, "count": n}
                for tab, label, n in words
            ],
            "reasons": [
                {"label": why.label, "url": f"?reason={why.value}", "n": counts[why.value], "note": NOTES[why]}
                for why in NOTES
                if counts.get(why.value)
            ],
            "chargeable": counts.get(WaitsFor.NOTHING.value, 0),
            "ready": ready,
            "columns": [{"label": label, "css": "num" if name in NUMBERS else ""} for name, label in labels.items()],
            "labels": labels,
            "rows": rows if self.tab == OPEN else unbilled.waiting_rows(rows, self.request.user),  # type: ignore[arg-type]
        }


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
