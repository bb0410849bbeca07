"""Draft rosters: begin one, watch it being planned, compare it with the live plan, change lines, apply or discard."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from homecare.accounts.branch_choice import current_branch
from homecare.audit.services.event import record_view
from homecare.views import ActionView, DetailPage, FormPage, ListPage, Page, ScopedMixin
from scheduling.forms.roster import ApplyForm, RosterForm, RosterLineForm
from scheduling.models import Roster, RosterLine
from scheduling.roster_figures import Figures, compare
from scheduling.services.roster import (
    apply_roster,
    begin_roster,
    change_line,
    discard_roster,
    finish_search,
)
from scheduling.services.roster_search import plan_again
from scheduling.wording import span

PLAN = "scheduling.add_roster"
CHANGE = "scheduling.change_roster"
LINES = 60
SHOWS = {
    "changed": gettext_lazy("Changes"),
    "unfilled": gettext_lazy("Still unfilled"),
    "warned": gettext_lazy("With a warning"),
    "all": gettext_lazy("All visits"),
}


class RosterList(ListPage):
    model = Roster
    permission = PLAN
    template_name = "scheduling/roster_list.html"
    fragment_name = "scheduling/_roster_table.html"

    def rows(self, queryset: Any) -> Any:
        branch = current_branch(self.request)
        queryset = queryset.filter(branch=branch) if branch else queryset
        filled = Q(lines__caregiver__isnull=False)
        counted = queryset.select_related("branch", "created_by", "applied_by").annotate(
            line_count=Count("lines"), filled_count=Count("lines", filter=filled)
        )
        return counted.order_by("-created_at", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        labels = [(_("Days"), ""), (_("Branch"), ""), (_("State"), ""), (_("Visits"), "num"), (_("Filled"), "num")]
        columns = [{"label": label, "css": css} for label, css in (*labels, (_("Made by"), ""))]
        return super().get_context_data(columns=columns, **kwargs)


class RosterCreate(FormPage):
    permission = PLAN
    form_class = RosterForm
    extra_context = {"heading": gettext_lazy("New roster"), "submit_label": gettext_lazy("Begin")}

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def perform(self, form: Any) -> Roster:
        data = form.cleaned_data
        return begin_roster(
            data["branch"],
            first_on=data["first_on"],
            last_on=data["last_on"],
            origin=data["origin"],
            only_open=data["reach"] == "open",
            seconds=data["seconds"],
            by=self.request.user,  # type: ignore[arg-type]
        )


class RosterDetail(DetailPage):
    """The draft and its lines; the comparison with the live plan follows, because it reads every line."""

    model = Roster
    permission = PLAN
    template_name = "scheduling/roster_detail.html"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("branch", "created_by", "applied_by", "job__owner")

    @cached_property
    def show(self) -> str:
        wanted = self.request.GET.get("show", "")
        return wanted if wanted in SHOWS else "changed"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        roster = self.object
        record_view(roster, by=self.request.user, what="roster")  # type: ignore[arg-type]
        lines = RosterLine.objects.visible_to(self.request.user).filter(roster=roster)  # type: ignore[arg-type]
        shown = {"changed": lines.changed(), "unfilled": lines.unfilled(), "warned": lines.warned(), "all": lines}
        counts = {show: rows.count() for show, rows in shown.items()}
        people = ("visit__client", "visit__service_type", "caregiver", "caregiver_before")
        rows = shown[self.show].select_related(*people).order_by("starts_at", "pk")
        page = Paginator(rows, LINES).get_page(self.request.GET.get("page"))
        may_change = roster.status == Roster.Status.DRAFT and self.request.user.has_perm(CHANGE)
        return super().get_context_data(
            roster=roster,
            zone=roster.branch.time_zone,
            lines=page.object_list,
            page_obj=page,
            tabs=[
                {"label": label, "count": counts[show], "url": f"?show={show}", "is_current": show == self.show}
                for show, label in SHOWS.items()
            ],
            has_lines=bool(counts["all"]),
            changes=counts["changed"],
            may_change=may_change,
            may_discard=roster.can_move_to(Roster.Status.DISCARDED) and self.request.user.has_perm(CHANGE),
            is_mine=roster.job is not None and roster.job.owner_id == self.request.user.pk,
            **kwargs,
        )


def _table(before: Figures, after: Figures) -> list[tuple[Any, Any, Any, str]]:
    """(label, live, roster, kind of number) in the order a planner asks."""
    return [
        (_("Visits filled"), before.filled, after.filled, "count"),
        (_("Unfilled"), before.unfilled, after.unfilled, "count"),
        (_("Hours of care"), before.minutes, after.minutes, "minutes"),
        (_("Travel"), before.travel, after.travel, "minutes"),
        (_("Caregivers a client sees, on average"), before.carers, after.carers, "count"),
        (_("Hours over weekly limits"), before.over_limit, after.over_limit, "minutes"),
    ]


class RosterFigures(ScopedMixin, Page):
    """The comparison; htmx puts it on the page of the roster."""

    model = Roster
    permission = PLAN
    template_name = "scheduling/roster_figures.html"

    def get_template_names(self) -> list[str]:
        is_part = bool(getattr(self.request, "htmx", False))
        return ["scheduling/_roster_figures.html" if is_part else self.template_name]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        roster = get_object_or_404(self.get_queryset().select_related("branch"), pk=self.kwargs["pk"])
        lines = RosterLine.objects.visible_to(self.request.user).filter(roster=roster)  # type: ignore[arg-type]
        before, after = compare(list(lines.select_related("visit")), roster.branch.time_zone)
        return super().get_context_data(roster=roster, figures=_table(before, after), **kwargs)


class RosterProgress(DetailPage):
    """How far the search is, for everybody who may see the roster; the page asks for it while it goes on."""

    model = Roster
    permission = PLAN
    template_name = "scheduling/_roster_progress.html"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("job", "created_by")


class RosterFinish(ActionView):
    model = Roster
    permission = PLAN
    success_message = gettext_lazy("The search ends; the best roster so far becomes the draft.")

    def perform(self, obj: Roster) -> Roster:
        finish_search(obj)
        return obj


class RosterReplan(ActionView):
    model = Roster
    permission = PLAN
    success_message = gettext_lazy("The roster is being planned again.")

    def perform(self, obj: Roster) -> Roster:
        return plan_again(obj, by=self.request.user)  # type: ignore[arg-type]


class RosterDiscard(ActionView):
    model = Roster
    permission = CHANGE
    success_message = gettext_lazy("The roster is discarded. The live plan is as it was.")

    def perform(self, obj: Roster) -> Roster:
        return discard_roster(obj, by=self.request.user)  # type: ignore[arg-type]


class RosterApply(FormPage):
    """One question before the draft becomes the plan."""

    permission = CHANGE
    form_class = ApplyForm
    extra_context = {"heading": gettext_lazy("Apply the roster?"), "submit_label": gettext_lazy("Apply")}

    @cached_property
    def roster(self) -> Roster:
        return get_object_or_404(Roster.objects.visible_to(self.request.user), pk=self.kwargs["pk"])  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        count = self.roster.lines.changed().count()
        text = ngettext("%(count)s visit changes.", "%(count)s visits change.", count) % {"count": count}
        told = _("Caregivers concerned are told once.")
        if self.roster.rotation_id:
            told += " " + _("The patterns keep the rotation: it goes on beyond these days.")
        return super().get_context_data(subtitle=f"{text} {told}", cancel_url=self.roster.get_absolute_url(), **kwargs)

    def perform(self, form: Any) -> Roster:
        reason = form.cleaned_data["override_reason"]
        count = apply_roster(self.roster, by=self.request.user, override_reason=reason)  # type: ignore[arg-type]
        text = ngettext("%(count)s visit is changed.", "%(count)s visits are changed.", count)
        self.success_message = text % {"count": count}
        return self.roster


class RosterLineUpdate(FormPage):
    """Changes one line of the draft by hand."""

    permission = CHANGE
    form_class = RosterLineForm
    success_message = gettext_lazy("The draft is changed.")
    extra_context = {"heading": gettext_lazy("Who takes it?"), "submit_label": gettext_lazy("Change the draft")}

    @cached_property
    def line(self) -> RosterLine:
        rows = RosterLine.objects.visible_to(self.request.user)  # type: ignore[arg-type]
        rows = rows.select_related("roster__branch", "visit__client", "visit__service_type", "visit__branch")
        return get_object_or_404(rows, roster=self.kwargs["pk"], pk=self.kwargs["line_pk"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user, "line": self.line}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        line = self.line
        when = span(line.starts_at, line.ends_at, line.roster.branch.time_zone)
        subtitle = f"{line.visit.client.full_name} · {when}"
        return super().get_context_data(subtitle=subtitle, cancel_url=line.roster.get_absolute_url(), **kwargs)

    def perform(self, form: Any) -> Roster:
        change_line(
            self.line,
            form.cleaned_data["caregiver"],
            starts_at=form.starts_at,
            by=self.request.user,  # type: ignore[arg-type]
        )
        return self.line.roster
