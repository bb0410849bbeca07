"""How many visits verified themselves, per month: by branch, caregiver or payer, with the visits behind each number."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.accounts.branch_choice import current_branch
from homecare.accounts.current_agency import agency_of
from homecare.accounts.models import Branch
from homecare.audit.models import Event
from homecare.audit.services.event import record
from homecare.clock import today
from homecare.csv_export import csv_response
from homecare.views import ListPage, Page
from scheduling.compliance import Rate, groupings, in_group, keys_with_edit, rates, with_verdict, worked_in
from scheduling.models import Visit

APPROVE = "scheduling.approve_visit"
GROUPS = {"branch": gettext_lazy("Branch"), "caregiver": gettext_lazy("Caregiver"), "payer": gettext_lazy("Payer")}


class OfAMonth:
    """The month and the grouping of the address; the present month by branch when there is none that makes sense."""

    request: HttpRequest

    @property
    def zone(self) -> str:
        return self.request.local_zone  # type: ignore[attr-defined]

    @cached_property
    def month(self) -> dt.date:
        here = today(self.zone).replace(day=1)
        try:
            wanted = dt.date.fromisoformat(f"{self.request.GET.get('month', '')}-01")
        except ValueError:
            return here
        return wanted if 2000 < wanted.year < 2100 else here

    @property
    def by(self) -> str:
        wanted = self.request.GET.get("by", "")
        return wanted if wanted in groupings() else "branch"

    def worked(self, visits: Any) -> Any:
        branches = Branch.objects.visible_to(self.request.user)  # type: ignore[arg-type]
        chosen = current_branch(self.request)
        branches = branches.filter(pk=chosen.pk) if chosen else branches
        return worked_in(visits, self.month, list(branches.values_list("pk", "time_zone")))

    def address(self, **changes: str) -> str:
        query = {"month": f"{self.month:%Y-%m}", "by": self.by, **changes}
        return "?" + "&".join(f"{name}={value}" for name, value in query.items())


class ComplianceReport(OfAMonth, Page):
    permission = APPROVE
    template_name = "scheduling/compliance.html"

    def lines(self) -> list[Rate]:
        return rates(self.worked(Visit.objects.visible_to(self.request.user)), self.by)  # type: ignore[arg-type]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.GET.get("export") != "csv":
            return super().get(request, *args, **kwargs)
        record("visit.compliance_exported", None, by=request.user, kind=Event.Kind.EXPORT)  # type: ignore[arg-type]
        header = [GROUPS[self.by], _("Visits"), _("Verified by themselves"), _("With an edit"), "%"]
        rows = ([one.name or _("None"), one.visits, one.automatic, one.manual, one.percent] for one in self.lines())
        return csv_response(f"compliance-{self.month:%Y-%m}-{self.by}.csv", header, rows)  # type: ignore[return-value]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lines = self.lines()
        target = agency_of(self.request).compliance_target_percent
        total = Rate(None, "", sum(one.visits for one in lines), sum(one.automatic for one in lines))
        before, after = self.month - dt.timedelta(days=1), (self.month + dt.timedelta(days=32)).replace(day=1)
        tabs = [
            {"label": label, "url": self.address(by=key), "is_current": key == self.by}
            for key, label in GROUPS.items()
            if key in groupings()
        ]
        return super().get_context_data(
            lines=[(one, one.reaches(target)) for one in lines],
            total=total,
            reaches=total.reaches(target),
            target=target,
            month=self.month,
            by=self.by,
            group=GROUPS[self.by],
            tabs=tabs,
            earlier=self.address(month=f"{before:%Y-%m}"),
            later=self.address(month=f"{after:%Y-%m}") if after <= today(self.zone) else "",
            export=self.address(export="csv"),
            **kwargs,
        )


class ComplianceVisits(OfAMonth, ListPage):
    """The visits of one line that needed an edit, with what it was."""

    model = Visit
    permission = APPROVE
    template_name = "scheduling/compliance_visits.html"
    paginate_by = 50

    def get_queryset(self) -> Any:
        """Keys; the visits of one page are read with their verdicts."""
        rows = self.worked(super().get_queryset())
        if "key" in self.request.GET:
            rows = in_group(rows, self.by, self.request.GET["key"])
        return keys_with_edit(rows)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(month=self.month, back=self.address(), **kwargs)
        codes = ("adjustment_code", "adjustment_code__code", "adjustment_code__text")
        page = Visit.objects.filter(pk__in=list(context["object_list"])).for_list(*codes)
        rows = with_verdict(page.select_related("adjustment_code"))
        return {**context, "object_list": list(rows.order_by("-starts_at", "pk"))}
