"""Approve yesterday: exceptions first, clean visits in bulk, every difference with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.db.models import Case, Exists, OuterRef, Prefetch, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from homecare.accounts.models import User
from homecare.clock import minutes_between
from homecare.errors import safe_back
from homecare.templatetags.ui import daytime_tag
from homecare.views import ActionView, FormPage, ListPage, PermissionMixin, ScopedMixin
from scheduling.forms.approval import AdjustForm, ApprovalFilter, ClockForm, ReasonForm, WhyForm
from scheduling.models import PhoneEvent, ReasonCode, Visit, VisitCorrection, VisitException
from scheduling.reason_sets import set_of, sets_of
from scheduling.services.approval import (
    approve_visit,
    approve_visits,
    close_visit,
    mark_missed,
    reopen_visit,
    restore_missed,
    why_not,
)
from scheduling.services.clock import clock_for
from scheduling.services.visit_exception import resolve_exception

APPROVE, CHANGE = "scheduling.approve_visit", "scheduling.change_visit"
LEFT_SHOWN = 10
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


@dataclass(frozen=True)
class Suggestion:
    """An open exception with the reason people most often give."""

    exception: VisitException
    code: ReasonCode | None


@dataclass(frozen=True)
class ApprovalRow:
    """One visit of the list: planned beside clocked beside what would be approved."""

    visit: Visit
    suggestions: list[Suggestion]
    resolved: list[VisitException]
    why_not: str
    corrections: list[VisitCorrection]

    @property
    def is_ready(self) -> bool:
        return not self.why_not

    @property
    def is_unclocked(self) -> bool:
        return self.visit.status in (Visit.Status.PLANNED, Visit.Status.CONFIRMED, Visit.Status.IN_PROGRESS)

    @property
    def to_approve(self) -> int | None:
        return self.visit.approved_minutes if self.visit.approved_minutes is not None else self.visit.clocked_minutes

    @property
    def difference(self) -> int | None:
        if self.to_approve is None:
            return None
        return self.to_approve - minutes_between(self.visit.starts_at, self.visit.ends_at)


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
        open_ones = VisitException.objects.filter(visit=OuterRef("pk"), resolved_at=None)
        proposed = VisitCorrection.objects.pending().filter(visit=OuterRef("pk"))
        rows = self._shown(queryset).annotate(has_open=Exists(open_ones) | Exists(proposed))
        if self.show == "corrections":
            rows = rows.filter(Exists(proposed))
        if self.show == "exceptions":
            rows = rows.filter(has_open=True)
        if self.show == "clean":
            rows = rows.clean()
        first = When(Q(has_open=True) | ~Q(status=Visit.Status.COMPLETED) | Q(finished_at=None), then=Value(0))
        exceptions = Prefetch(
            "exceptions", queryset=VisitException.objects.select_related("reason_code", "action_code")
        )
        pending = Prefetch("corrections", VisitCorrection.objects.pending(), to_attr="pending_corrections")
        rows = (
            rows.with_people()
            .select_related("adjustment_code", "approved_by")
            .prefetch_related(exceptions, "clock_events", pending)
        )
        return rows.order_by(Case(first, default=Value(1)), "starts_at", "pk")

    def _shown(self, queryset: Any) -> Any:
        unclocked = [Visit.Status.PLANNED, Visit.Status.CONFIRMED, Visit.Status.IN_PROGRESS]
        if self.show in ("approved", "missed"):
            return queryset.filter(status=self.show)
        if self.show in ("exceptions", "clean"):
            return queryset.unapproved()
        waiting = queryset.awaiting_approval(timezone.now())
        return waiting.filter(status__in=unclocked) if self.show == "unclocked" else waiting

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        rows = self.approval_rows(context["object_list"])
        settled = self.show in ("approved", "missed")
        phone_events = PhoneEvent.objects.visible_to(cast(User, self.request.user)).to_review()
        return {
            **context,
            "first_rows": [row for row in rows if settled or not row.is_ready],
            "clean_rows": [row for row in rows if not settled and row.is_ready],
            "settled": settled,
            "clean_total": 0 if settled else self.clean_total(),
            "tabs": self.tabs(),
            "show": self.show,
            "to_review": phone_events.count(),
            "may_change": self.request.user.has_perm(CHANGE),
        }

    def clean_total(self) -> int:
        """How many clean visits the filters show on all pages together."""
        rows = Visit.objects.visible_to(cast(User, self.request.user)).clean()
        return ApprovalFilter(self.request.GET, queryset=rows, request=self.request).qs.count()

    @staticmethod
    def approval_rows(visits: Any) -> list[ApprovalRow]:
        visits, rows = list(visits), []
        sets = sets_of(visits)
        for visit in visits:
            exceptions = list(visit.exceptions.all())
            open_ones = [one for one in exceptions if one.resolved_at is None]
            resolved = [one for one in exceptions if one.resolved_at is not None]
            codes = sets[visit.pk]
            # Where the payer also asks what was done about it, one click cannot say both.
            suggestions = [Suggestion(one, None if codes.actions else codes.suggested(one.kind)) for one in open_ones]
            proposed = visit.pending_corrections
            reason = why_not(visit, len(open_ones), has_correction=bool(proposed))
            rows.append(ApprovalRow(visit, suggestions, resolved, reason, proposed))
        return rows

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
        shown = ApprovalFilter(request.GET, queryset=self.get_queryset().clean(), request=request)
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

    permission = "scheduling.clock_for_other"
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
