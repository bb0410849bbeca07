"""Approve yesterday: exceptions first, clean visits in bulk, every difference with its reason."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from homecare.accounts.models import User
from homecare.errors import safe_back
from homecare.templatetags.ui import daytime_tag
from homecare.views import ActionView, FormPage, ListPage, PermissionMixin, ScopedMixin
from scheduling.approval_rows import IS_CLEAN, UNCLOCKED, Rights, Waiting, clean, in_order, rows_of, with_open
from scheduling.forms.approval import SETTLED, AdjustForm, ApprovalFilter, ClockForm, ReasonForm, WhyForm
from scheduling.models import PhoneEvent, Visit, VisitCorrection, VisitException
from scheduling.reason_sets import set_of
from scheduling.services.approval import (
    approve_visit,
    approve_visits,
    close_visit,
    mark_missed,
    reopen_visit,
    restore_missed,
)
from scheduling.services.clock import clock_for
from scheduling.services.visit_exception import resolve_exception

APPROVE, CHANGE, CLOCK = "scheduling.approve_visit", "scheduling.change_visit", "scheduling.clock_for_other"
LEFT_SHOWN = 10
SETTLED_SHOWN = dt.timedelta(weeks=4)
# One press holds so many rows locked; the next press takes the next.
MOST_AT_ONCE = 500
SHOWS = {
    "": gettext_lazy("To approve"),
    "exceptions": gettext_lazy("With exceptions"),
    "clean": gettext_lazy("Clean"),
    "unclocked": gettext_lazy("Not clocked"),
    "corrections": gettext_lazy("Corrections"),
    "approved": gettext_lazy("Approved"),
    "missed": gettext_lazy("Missed"),
}


class ApprovalList(ListPage):
    """What waits for a decision: exceptions and unfinished visits first, clean ones below to be approved together."""

    model = Visit
    permission = APPROVE
    template_name = "scheduling/approval_list.html"
    fragment_name = "scheduling/_approval_table.html"
    filterset_class = ApprovalFilter
    paginate_by = 40

    @cached_property
    def show(self) -> str:
        wanted = self.request.GET.get("show", "")
        return wanted if wanted in SHOWS else ""

    def rows(self, queryset: Any) -> Any:
        if self.is_settled:
            return self._settled(queryset)
        rows = with_open(self._waiting(queryset))
        if self.show == "corrections":
            rows = rows.filter(Exists(VisitCorrection.objects.pending().filter(visit=OuterRef("pk"))))
        if self.show == "exceptions":
            rows = rows.filter(has_open=True)
        return rows.filter(IS_CLEAN) if self.show == "clean" else rows

    def _settled(self, queryset: Any) -> Any:
        """The latest; a chosen week looks further back, for nobody reads years of approved visits page by page."""
        now = timezone.now()
        rows = queryset.filter(status=self.show, starts_at__lt=now)
        return rows if self.request.GET.get("week") else rows.filter(starts_at__gte=now - SETTLED_SHOWN)

    def _waiting(self, queryset: Any) -> Any:
        if self.show in ("exceptions", "clean"):
            return queryset.unapproved()
        waiting = queryset.awaiting_approval(timezone.now())
        return waiting.filter(status__in=UNCLOCKED) if self.show == "unclocked" else waiting

    @property
    def is_settled(self) -> bool:
        return self.show in SETTLED

    @cached_property
    def waiting(self) -> Waiting:
        """The visits of the filters on all pages together; a settled list is paged by the database alone."""
        return Waiting([], 0) if self.is_settled else in_order(self.filterset.qs)

    def get_paginator(self, queryset: Any, per_page: int, **kwargs: Any) -> Any:  # type: ignore[override]
        """Pages of keys; the rows of one page are read by `rows_of`."""
        settled = queryset.order_by("-starts_at", "-pk").values_list("pk", flat=True)
        return super().get_paginator(settled if self.is_settled else self.waiting.keys, per_page, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        user = cast(User, self.request.user)
        rights = Rights(user.has_perm(CHANGE), user.has_perm(CLOCK))
        rows = rows_of(list(context["object_list"]), rights, decided=self.is_settled)
        phone_events = PhoneEvent.objects.visible_to(user).to_review()
        return {
            **context,
            "first_rows": [row for row in rows if self.is_settled or not row.is_ready],
            "clean_rows": [row for row in rows if not self.is_settled and row.is_ready],
            "settled": self.is_settled,
            "clean_total": self.waiting.clean,
            "tabs": self.tabs(),
            "show": self.show,
            "to_review": phone_events.count(),
            "may_change": rights.change,
            "labels": self.labels(),
        }

    def labels(self) -> dict[str, str]:
        """The words of the columns and buttons, translated once for all rows."""
        return {
            "visit": _("Visit"),
            "caregiver": _("Caregiver"),
            "planned": _("Planned"),
            "clocked": _("Clocked"),
            "total": _("To approve"),
            "why": _("State") if self.is_settled else _("What is different"),
            "given": _("Reasons given"),
            "other_reason": _("Other reason…"),
            "restore": _("Plan it again"),
            "not_finished": _("Not finished"),
            "not_started": _("Not started"),
            "proposes": _("The caregiver proposes"),
            "accept": _("Accept…"),
            "decline": _("Decline…"),
        }

    def tabs(self) -> list[dict[str, Any]]:
        query = self.request.GET.copy()
        query.pop("page", None)
        tabs = []
        for show, label in SHOWS.items():
            query["show"] = show
            tabs.append({"label": label, "url": f"?{query.urlencode()}", "is_current": show == self.show})
        return tabs


class VisitApprove(PermissionMixin, ScopedMixin, View):
    """Approves the ticked visits together, or all clean ones that the filters show; says what was left and why."""

    model = Visit
    permission = APPROVE
    http_method_names = ["post"]

    def wanted(self, request: HttpRequest) -> Any:
        if "all" not in request.POST:
            ids = [int(pk) for pk in request.POST.getlist("visit") if pk.isdigit()]
            return self.get_queryset().filter(pk__in=ids)
        shown = ApprovalFilter(request.GET, queryset=clean(self.get_queryset()), request=request)
        return shown.qs.order_by("starts_at", "pk")[:MOST_AT_ONCE]

    def post(self, request: HttpRequest) -> HttpResponse:
        result = approve_visits(self.wanted(request), by=request.user)  # type: ignore[arg-type]
        count = len(result.approved)
        if count:
            text = ngettext("%(count)s visit approved.", "%(count)s visits approved.", count) % {"count": count}
            messages.success(request, text)
        elif not result.left:
            messages.warning(request, _("Tick the visits to approve first."))
        for visit, why in result.left[:LEFT_SHOWN]:
            messages.warning(request, f"{visit.client.full_name}: {why}")
        if len(result.left) > LEFT_SHOWN:
            more = len(result.left) - LEFT_SHOWN
            messages.warning(request, ngettext("%(n)s more was left.", "%(n)s more were left.", more) % {"n": more})
        return HttpResponseRedirect(safe_back(request, reverse("scheduling:visit-approval")))


def back_to_list(request: HttpRequest) -> str:
    """The list with its filters, also from the dialog that stood over it."""
    here = reverse("scheduling:visit-approval")
    current = getattr(getattr(request, "htmx", None), "current_url_abs_path", None) or ""
    return current if urlsplit(current).path.startswith("/") and not current.startswith("//") and current else here


class DecisionPage(FormPage):
    """One decision about one visit, in the dialog or as a page."""

    model: Any = Visit
    title: Any = ""
    submit_label: Any = gettext_lazy("Save")
    needs_visit = False

    def get_queryset(self) -> QuerySet:
        return self.model.objects.visible_to(self.request.user)

    @cached_property
    def row(self) -> Any:
        return ScopedMixin.scoped_object(self, pk=self.kwargs["pk"])  # type: ignore[arg-type]

    @property
    def visit(self) -> Visit:
        return self.row if isinstance(self.row, Visit) else self.row.visit

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        self.row  # noqa: B018 - 404 before anything is shown
        return {**kwargs, "visit": self.visit} if self.needs_visit else kwargs

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        zone = self.visit.branch.time_zone
        when = daytime_tag(self.visit.starts_at, self.visit.ends_at, zone)
        subtitle = f"{self.visit.client.full_name} · {self.visit.caregiver or _('Nobody assigned')} · {when}"
        return super().get_context_data(
            title=self.title,
            subtitle=subtitle,
            submit_label=self.submit_label,
            cancel_url=reverse("scheduling:visit-approval"),
            **kwargs,
        )

    def get_success_url(self) -> str:
        return back_to_list(self.request)


class VisitAdjust(DecisionPage):
    """Approves one visit with times beside its punches."""

    permission = APPROVE
    form_class = AdjustForm
    needs_visit = True
    title = gettext_lazy("Approve with other times")
    submit_label = gettext_lazy("Approve")
    success_message = gettext_lazy("Approved.")

    def perform(self, form: Any) -> Visit:
        return approve_visit(self.visit, by=self.request.user, **form.cleaned_data)  # type: ignore[arg-type]


class VisitClock(DecisionPage):
    """The office clocks in or out for the caregiver."""

    permission = CLOCK
    form_class = ClockForm
    needs_visit = True
    title = gettext_lazy("Clock for the caregiver")
    submit_label = gettext_lazy("Clock")
    success_message = gettext_lazy("Clocked. The visit shows that the office did it.")

    def perform(self, form: Any) -> Any:
        data = form.cleaned_data
        return clock_for(self.visit, data["kind"], at=data["at"], by=self.request.user, reason=data["reason"])  # type: ignore[arg-type]


class VisitClose(DecisionPage):
    """It took place but was never clocked to its end."""

    permission = CHANGE
    form_class = WhyForm
    title = gettext_lazy("The visit took place")
    submit_label = gettext_lazy("Mark as completed")
    success_message = gettext_lazy("Completed. Enter the approved times to approve it.")

    def perform(self, form: Any) -> Visit:
        return close_visit(self.visit, by=self.request.user, reason=form.cleaned_data["reason"])  # type: ignore[arg-type]


class VisitMissed(DecisionPage):
    """Nobody came."""

    permission = CHANGE
    form_class = WhyForm
    title = gettext_lazy("Nobody came")
    submit_label = gettext_lazy("Mark as missed")
    success_message = gettext_lazy("Marked as missed.")

    def perform(self, form: Any) -> Visit:
        return mark_missed(self.visit, by=self.request.user, reason=form.cleaned_data["reason"])  # type: ignore[arg-type]


class VisitReopen(DecisionPage):
    """Takes an approval back; the database refuses it once the visit is billed."""

    permission = APPROVE
    form_class = WhyForm
    title = gettext_lazy("Take the approval back")
    submit_label = gettext_lazy("Reopen")
    success_message = gettext_lazy("Reopened. It waits for approval again.")

    def perform(self, form: Any) -> Visit:
        return reopen_visit(self.visit, by=self.request.user, reason=form.cleaned_data["reason"])  # type: ignore[arg-type]


class VisitRestore(ActionView):
    """Marked missed by mistake."""

    model = Visit
    permission = CHANGE
    success_message = gettext_lazy("The visit is planned again.")

    def perform(self, obj: Visit) -> Visit:
        return restore_missed(obj, by=self.request.user)  # type: ignore[arg-type]


class ExceptionResolve(DecisionPage):
    """Says why a visit differs from its plan: one click with the suggested reason, or another one."""

    model = VisitException
    permission = APPROVE
    form_class = ReasonForm
    needs_visit = True
    title = gettext_lazy("Reason for this exception")

    def get_initial(self) -> dict[str, Any]:
        suggested = set_of(self.visit).suggested(self.row.kind)
        return {
            "code": self.row.reason_code_id or suggested,
            "action": self.row.action_code_id,
            "memo": self.row.memo,
        }

    def perform(self, form: Any) -> VisitException:
        return resolve_exception(self.row, by=self.request.user, **form.cleaned_data)  # type: ignore[arg-type]

    def get_success_url(self) -> str:
        if getattr(self.request, "htmx", False):
            return back_to_list(self.request)
        return safe_back(self.request, reverse("scheduling:visit-approval"))
