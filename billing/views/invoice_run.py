"""A period's invoices in one go: choose, see what would be made, start; the job page shows the progress."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from billing.forms.invoice import RunForm
from billing.pricing import WaitsFor
from billing.services.invoice_run import preview, start_run
from homecare.accounts.models import Branch
from homecare.clock import today
from homecare.money import ZERO
from homecare.views import FormPage


class InvoiceRun(FormPage):
    """GET with a period shows the preview (and stays in the URL); POST starts the run."""

    permission = "billing.run_invoices"
    form_class = RunForm
    template_name = "billing/invoice_run.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = {**super().get_form_kwargs(), "user": self.request.user}
        if self.request.method == "GET" and "period_from" in self.request.GET:
            kwargs["data"] = self.request.GET
        return kwargs

    def get_initial(self) -> dict[str, Any]:
        """The branch chosen in the top bar, and the month before this one."""
        branches = Branch.objects.visible_to(self.request.user).filter(is_active=True)  # type: ignore[arg-type]
        chosen = self.request.session.get("branch_id")
        branch = next((row for row in branches if row.pk == chosen), None) or (branches[0] if branches else None)
        last = today(branch.time_zone if branch else "UTC").replace(day=1) - dt.timedelta(days=1)
        return {"branch": branch, "period_from": last.replace(day=1), "period_to": last}

    def perform(self, form: Any) -> Any:
        return start_run(form.scope(), by=self.request.user)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        form = context["form"]
        if not form.is_bound or not form.is_valid():
            return context
        scope = form.scope()
        groups = preview(scope)
        waiting = dict(scope.waiting().order_by().values_list("waits_for").annotate(n=Count("pk")))
        context.update(
            scope=scope,
            groups=groups,
            visits=sum(group["visits"] for group in groups),
            amount=sum((group["amount"] for group in groups), ZERO),
            waiting=[(WaitsFor(why).label, n) for why, n in waiting.items() if why],
            chargeable=waiting.get("", 0),
            heading=_("Invoice run"),
        )
        return context
