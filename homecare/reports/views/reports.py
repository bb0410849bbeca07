"""Pages over all domains: Today, the dashboard with the rows behind each number, search, the family's portal."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from homecare.accounts import current_branch
from homecare.audit.models import Event
from homecare.audit.services.event import build, record_many
from homecare.clock import today as today_in
from homecare.reports.dashboard import card, dashboard
from homecare.reports.figures import FIGURES, expressions
from homecare.reports.lines import joined, line
from homecare.reports.portal import family, invoices
from homecare.reports.scope import Scope, read_all
from homecare.reports.search import FEWEST_LETTERS, search
from homecare.reports.today import today
from homecare.views import Page

PERIODS = [7, 30, 90]
MOST_ROWS = 500


class ReportPage(Page):
    """A page about the rows of a person, narrowed to the branch chosen in the top bar."""

    fragment_name = ""

    def get_template_names(self) -> list[str]:
        htmx: Any = getattr(self.request, "htmx", None)
        if self.fragment_name and htmx and not htmx.boosted:
            return [self.fragment_name]
        return super().get_template_names()

    @property
    def days(self) -> int:
        asked = self.request.GET.get("days", "")
        return int(asked) if asked.isdecimal() and int(asked) in PERIODS else PERIODS[0]

    def scope(self) -> Scope:
        request: Any = self.request
        return Scope(request.user, current_branch(request), request.local_zone, self.days)


class Today(ReportPage):
    permission = "accounts.view_today"
    template_name = "reports/today.html"
    fragment_name = "reports/_today.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        scope, only = self.scope(), self.request.GET.get("part", "")
        parts = today(scope, only)
        if only and not parts:
            raise Http404
        return super().get_context_data(parts=parts, only=only, moment=scope.moment, **kwargs)


class Dashboard(ReportPage):
    permission = "accounts.view_dashboard"
    template_name = "reports/dashboard.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        periods = [{"days": days, "is_current": days == self.days} for days in PERIODS]
        return super().get_context_data(blocks=dashboard(self.scope()), periods=periods, days=self.days, **kwargs)


class FigureRows(ReportPage):
    """The rows behind one number of the dashboard."""

    permission = "accounts.view_dashboard"
    template_name = "reports/figure.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        figure = FIGURES.get(self.kwargs["key"])
        if figure is None:
            raise Http404
        scope = self.scope()
        if not scope.user.has_perm(figure.permission):
            raise PermissionDenied
        wanted = expressions(figure, scope, 0) | (expressions(figure, scope, 1) if figure.has_trend else {})
        rows = joined(figure.rows(scope, 0))[: MOST_ROWS + 1]
        lines = [line(row) for row in rows]
        return super().get_context_data(
            figure=figure,
            card=card(figure, scope, read_all(scope.user, wanted)),
            lines=lines[:MOST_ROWS],
            is_cut=len(lines) > MOST_ROWS,
            days=self.days,
            columns=[{"label": _("What")}, {"label": _("Details")}, {"label": _("When")}],
            **kwargs,
        )


class Search(ReportPage):
    """One field over clients, staff, visits and invoices; the palette asks for the fragment."""

    permission = "accounts.use_search"
    template_name = "reports/search.html"
    fragment_name = "reports/_search_results.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = " ".join(self.request.GET.get("q", "").split())[:80]
        is_enough = len(asked) >= FEWEST_LETTERS
        groups = search(self.scope(), asked) if is_enough else []
        return super().get_context_data(q=asked, groups=groups, is_enough=is_enough, **kwargs)


class PortalInvoices(Page):
    """The family's invoices with the document of each; opening one is kept in its trail."""

    permission = "clients.view_portal"
    template_name = "reports/portal_invoices.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        request: Any = self.request
        rows = invoices(request.user)
        columns = [
            {"label": _("Invoice")},
            {"label": _("Care")},
            {"label": _("Due")},
            {"label": _("Total"), "css": "num"},
            {"label": _("Still to pay"), "css": "num"},
        ]
        return super().get_context_data(
            invoices=rows,
            to_pay=sum(row.balance for row in rows),  # type: ignore[attr-defined]
            columns=columns,
            today=today_in(request.local_zone),
            several=len({row.client_id for row in rows}) > 1,
            **kwargs,
        )


class Portal(Page):
    """The family's page; every look at it is kept in the trail of each client it shows."""

    permission = "clients.view_portal"
    template_name = "reports/portal.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        found = family(user)
        looks = [build("client.viewed", one, by=user, kind=Event.Kind.VIEW, reason="portal") for one in found.clients]
        record_many(looks)
        return super().get_context_data(family=found, **kwargs)
