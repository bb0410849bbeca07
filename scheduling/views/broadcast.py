"""Messages to everybody a selection of visits concerns: write, preview, send, see who got and saw it."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.errors import DomainError
from homecare.views import DetailPage, FormPage, ListPage
from scheduling.audience import Reached, reach
from scheduling.forms.broadcast import BroadcastForm
from scheduling.models import Broadcast, BroadcastRecipient
from scheduling.selection import MOST_VISITS, NAMED, Selection, bounded, select
from scheduling.services.broadcast import AT_ONCE, send_broadcast

VIEW, ADD = "scheduling.view_broadcast", "scheduling.add_broadcast"


class BroadcastList(ListPage):
    """What was sent, with how many got and saw it."""

    model = Broadcast
    permission = VIEW
    template_name = "scheduling/broadcast_list.html"
    fragment_name = "scheduling/_broadcast_table.html"

    def rows(self, queryset: Any) -> Any:
        seen = Count("recipients", filter=Q(recipients__notification__read_at__isnull=False))
        told = Count("recipients", filter=Q(recipients__notification__isnull=False))
        counted = queryset.annotate(asked=Count("recipients"), told=told, seen=seen)
        return counted.select_related("created_by").order_by("-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        labels = [_("About"), _("Sent"), _("To"), _("Visits"), _("Told"), _("Seen")]
        return super().get_context_data(columns=[{"label": label} for label in labels], **kwargs)


class BroadcastDetail(DetailPage):
    """One message with everybody who got it, by which way, and who has seen it."""

    model = Broadcast
    permission = VIEW
    template_name = "scheduling/broadcast_detail.html"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("created_by", "branch")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = BroadcastRecipient.objects.visible_to(self.request.user).filter(broadcast=self.object)  # type: ignore[arg-type]
        people = rows.select_related("user", "notification").prefetch_related("notification__deliveries")
        labels = [_("Who"), _("Concern"), _("Way"), _("Seen")]
        found = list(people)
        return super().get_context_data(
            broadcast=self.object,
            recipients=found,
            seen=sum(row.seen_at is not None for row in found),
            columns=[{"label": label} for label in labels],
            **kwargs,
        )


class BroadcastCreate(FormPage):
    """Writes to whom the visits of the address concern; `?preview` answers with the recipients alone."""

    permission = ADD
    form_class = BroadcastForm
    template_name = "scheduling/broadcast_form.html"
    success_message = gettext_lazy("The message is on its way.")

    @cached_property
    def asked(self) -> QueryDict:
        return bounded(self.request.GET)

    @cached_property
    def selection(self) -> Selection:
        return select(self.request, self.asked)

    def get_initial(self) -> dict[str, Any]:
        topic = self.request.GET.get("topic", "")
        return {"topic": topic} if topic in Broadcast.Topic.values else {}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "preview" in request.GET:
            return render(request, "scheduling/_broadcast_preview.html", self.preview(request.POST))
        return super().post(request, *args, **kwargs)

    def preview(self, typed: Any) -> dict[str, Any]:
        """The exact recipients and what each would read."""
        audience = typed.get("audience") or Broadcast.Audience.BOTH
        reached = self.reached(audience)
        form = BroadcastForm(typed)
        text = form.cleaned_data["text"] if form.is_valid() else ""
        shown = [(one, one.reads(text) if text else "") for one in reached.people]
        return {
            "reached": reached,
            "shown": shown,
            "problems": form.errors.get("text") if typed.get("text") else None,
            "by_job": AT_ONCE,
        }

    def perform(self, form: Any) -> Broadcast:
        data = form.cleaned_data
        if self.selection.is_too_large:
            raise DomainError(_("These are more than %(n)s visits. Narrow the days.") % {"n": MOST_VISITS})
        return send_broadcast(
            self.reached(data["audience"]),
            expected=data["expected"],
            key=data["key"],
            topic=data["topic"],
            audience=data["audience"],
            text=data["text"],
            is_urgent=data["is_urgent"],
            selection={name: self.asked.get(name) for name in self.asked if name != "preview"},
            visit_count=len(self.selection.visits),
            branch=self.branch,
            by=self.request.user,  # type: ignore[arg-type]
        )

    def reached(self, audience: str) -> Reached:
        return reach(self.selection.visits, audience, self.selection.former)

    @property
    def branch(self) -> Any:
        """The one branch of all these visits; None when there are several."""
        branches = {visit.branch_id: visit.branch for visit in self.selection.visits}
        return next(iter(branches.values())) if len(branches) == 1 else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        form = context["form"]
        typed = form.data if form.is_bound else {"audience": form.initial["audience"]}
        query = self.asked.copy()
        query.pop("preview", None)
        return {
            **context,
            **self.preview(typed),
            "visit_count": len(self.selection.visits),
            "first": self.selection.visits[0] if self.selection.visits else None,
            "is_list": not any(query.get(name) for name in (*NAMED, "client", "team", "role")),
            "query": query.urlencode(),
        }
