from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from careplans.filters import CarePlanFilter
from careplans.forms.care_plan import ActivateForm, PlanForm, ReturnForm, TemplateForm
from careplans.models import CarePlan
from careplans.plan_diff import Change, Part, compare
from careplans.services.care_plan import (
    activate_plan,
    discard_plan,
    draft_plan,
    return_plan,
    review_days,
    revise_plan,
    submit_plan,
    write_plan,
)
from careplans.services.plan_template import proposals
from careplans.views.plan_parts import by_category, plan_actions
from clients.models import Client
from clients.views.client import OneClient
from homecare import clock
from homecare.audit.services.event import record_view
from homecare.views import ActionView, DetailPage, FormPage, ListPage, ScopedMixin
from staff.models import TaskCategory
from staff.models.availability import Weekday
from staff.views.today import today_of


class CarePlanList(ListPage):
    """Due for review first."""

    model = CarePlan
    permission = "careplans.view_careplan"
    filterset_class = CarePlanFilter
    template_name = "careplans/careplan_list.html"
    fragment_name = "careplans/_careplan_table.html"

    def rows(self, queryset: Any) -> Any:
        self.today = today_of(self.request.user)  # type: ignore[arg-type]
        rows = queryset.select_related("client__branch", "written_by").order_by(
            F("review_on").asc(nulls_last=True), "client__last_name", "-version"
        )
        review = self.request.GET.get("review", "")
        if review == "overdue":
            return rows.review_due_by(self.today - dt.timedelta(days=1))
        if review.isdigit():
            return rows.review_due_by(self.today + dt.timedelta(days=min(int(review), 366)))
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        labels = [_("Client"), _("Version"), _("Status"), _("In force since"), _("Review"), _("Written by")]
        return super().get_context_data(columns=[{"label": label} for label in labels], today=self.today, **kwargs)


def parts_of(plan: CarePlan) -> tuple[list[Part], list[Part]]:
    """Goals and tasks in the words the comparison shows."""
    goals = [
        Part(goal.text, ((_("Measure"), goal.measure), (_("By"), str(goal.target_on or ""))))
        for goal in plan.goals.all()
    ]
    tasks = [
        Part(
            task.title,
            (
                (_("Category"), task.get_category_display()),
                (_("Instructions"), task.instructions),
                (_("Days"), task.days_label),
            ),
        )
        for task in plan.tasks.all()
    ]
    return goals, tasks


def changes_between(before: CarePlan, after: CarePlan) -> list[tuple[str, list[Change]]]:
    """(Goals, changes), (Tasks, changes); empty lists where nothing differs."""
    (old_goals, old_tasks), (new_goals, new_tasks) = parts_of(before), parts_of(after)
    found = [(_("Goals"), compare(old_goals, new_goals)), (_("Tasks"), compare(old_tasks, new_tasks))]
    return [(label, changes) for label, changes in found if changes]


class CarePlanDetail(DetailPage):
    """One version, what may be done with it, and what it changes."""

    model = CarePlan
    permission = "careplans.view_careplan"
    template_name = "careplans/careplan_detail.html"
    context_object_name = "plan"

    def get_queryset(self) -> Any:
        rows = super().get_queryset().select_related("client__branch", "template", "written_by", "activated_by")
        return rows.prefetch_related("goals", "tasks")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        plan = self.object
        record_view(plan.client, by=self.request.user, what="plan")  # type: ignore[arg-type]
        versions = list(plan.client.care_plans.prefetch_related("goals", "tasks").order_by("-version"))
        before = next((row for row in versions if row.version < plan.version), None)
        return super().get_context_data(
            client=plan.client,
            groups=by_category(plan.tasks.all()),
            versions=versions,
            before=before,
            differences=changes_between(before, plan) if before else [],
            plan_actions=plan_actions(plan, self.request.user),  # type: ignore[arg-type]
            today=clock.today(plan.client.branch.time_zone),
            plan_notes=[note for path in settings.PLAN_NOTES if (note := import_string(path)(plan, self.request.user))],
            **kwargs,
        )


class CarePlanCreate(OneClient, FormPage):
    """Choosing what to start from; the diagnoses propose."""

    permission = "careplans.add_careplan"
    template_name = "careplans/careplan_create.html"
    form_class = TemplateForm
    success_message = gettext_lazy("Draft made. Adapt it to the person.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"proposed": proposals(self.get_client())}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(client=self.get_client(), **kwargs)

    def perform(self, form: TemplateForm) -> CarePlan:
        return draft_plan(self.get_client(), template=form.cleaned_data["template"], by=self.request.user)

    def get_success_url(self) -> str:
        return reverse("careplans:careplan-update", args=[self.result.pk])


class OnePlan(ScopedMixin, FormPage):
    """A form about one version."""

    model = CarePlan
    permission: str = "careplans.change_careplan"

    @property
    def plan(self) -> CarePlan:
        if not hasattr(self, "_plan"):
            rows = self.get_queryset().select_related("client__branch")
            self._plan: CarePlan = get_object_or_404(rows, pk=self.kwargs["pk"])
        return self._plan

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        plan = self.plan
        subtitle = _("%(name)s, version %(version)s") % {"name": plan.client.full_name, "version": plan.version}
        return super().get_context_data(
            plan=plan, client=plan.client, subtitle=subtitle, cancel_url=plan.get_absolute_url(), **kwargs
        )


class CarePlanUpdate(OnePlan):
    """The page on which a draft is written. Buttons named `act` change rows and save nothing."""

    template_name = "careplans/careplan_form.html"
    success_message = gettext_lazy("Draft saved.")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        record_view(self.plan.client, by=request.user, what="plan")  # type: ignore[arg-type]
        return super().get(request, *args, **kwargs)

    def get_form(self, form_class: Any = None) -> PlanForm:
        return PlanForm(self.request.POST if self.request.method == "POST" else None, plan=self.plan)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        act = request.POST.get("act", "")
        if not act:
            return super().post(request, *args, **kwargs)
        form = self.get_form()
        form.change(act)
        template = "careplans/_plan_parts.html" if request.htmx else self.template_name  # type: ignore[attr-defined]
        return render(request, template, self.get_context_data(form=form, unchecked=True))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(categories=TaskCategory.choices, weekdays=Weekday.choices, **kwargs)

    def perform(self, form: PlanForm) -> CarePlan:
        data = form.cleaned_data
        return write_plan(
            self.plan,
            by=self.request.user,  # type: ignore[arg-type]
            summary=data["summary"],
            goals=data["goals"],
            tasks=data["tasks"],
        )


class CarePlanReturn(OnePlan):
    permission = "careplans.activate_careplan"
    form_class = ReturnForm
    success_message = gettext_lazy("Returned to draft.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(heading=_("Return to draft"), submit_label=_("Return"), **kwargs)

    def perform(self, form: ReturnForm) -> CarePlan:
        return return_plan(self.plan, comment=form.cleaned_data["comment"], by=self.request.user)  # type: ignore[arg-type]


class CarePlanActivate(OnePlan):
    permission = "careplans.activate_careplan"
    form_class = ActivateForm
    success_message = gettext_lazy("The plan is in force. Plan the visits next.")

    def get_initial(self) -> dict[str, Any]:
        today = clock.today(self.plan.client.branch.time_zone)
        return {"starts_on": today, "review_on": today + dt.timedelta(days=review_days())}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(heading=_("Put in force"), submit_label=_("Put in force"), **kwargs)

    def perform(self, form: ActivateForm) -> CarePlan:
        return activate_plan(self.plan, by=self.request.user, **form.cleaned_data)  # type: ignore[arg-type]


class PlanAction(ActionView):
    model = CarePlan
    permission = "careplans.change_careplan"

    def get_success_url(self, result: Any) -> str:
        return str(result.get_absolute_url())


class CarePlanSubmit(PlanAction):
    success_message = gettext_lazy("Handed in for review.")

    def perform(self, obj: CarePlan) -> CarePlan:
        return submit_plan(obj, by=self.request.user)  # type: ignore[arg-type]


class CarePlanRevise(PlanAction):
    permission = "careplans.add_careplan"
    success_message = gettext_lazy("New version begun; the present one stays in force meanwhile.")

    def perform(self, obj: CarePlan) -> CarePlan:
        return revise_plan(obj, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self, result: CarePlan) -> str:
        return reverse("careplans:careplan-update", args=[result.pk])


class CarePlanDiscard(PlanAction):
    success_message = gettext_lazy("Draft discarded.")

    def perform(self, obj: CarePlan) -> Client:
        return discard_plan(obj, by=self.request.user)  # type: ignore[arg-type]

    def get_success_url(self, result: Client) -> str:
        return reverse("careplans:client-plan", args=[result.pk])
