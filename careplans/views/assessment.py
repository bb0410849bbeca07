from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from careplans.due_assessments import due_assessments
from careplans.filters import AssessmentFilter
from careplans.forms.assessment import AssessmentForm
from careplans.models import Assessment, Instrument
from careplans.scoring import highest
from careplans.services.assessment import record_assessment
from clients.views.client import OneClient
from homecare import clock
from homecare.audit.services.event import record_view
from homecare.views import DetailPage, FormPage, ListPage, Page, PermissionMixin
from staff.views.today import today_of


def list_tabs(current: str) -> list[dict[str, Any]]:
    labels = {"due": _("Due"), "done": _("Filled in")}
    return [{"label": label, "url": f"?show={key}", "is_current": key == current} for key, label in labels.items()]


class DueAssessments(Page):
    """Which questionnaires have to be filled for whom."""

    permission = "careplans.view_assessment"
    template_name = "careplans/assessment_due.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = today_of(self.request.user)  # type: ignore[arg-type]
        rows = due_assessments(self.request.user, today)  # type: ignore[arg-type]
        page = Paginator(rows, 50).get_page(self.request.GET.get("page"))
        labels = [_("Client"), _("Questionnaire"), _("Last"), _("Due"), _("Actions")]
        columns = [{"label": label} for label in labels]
        return super().get_context_data(page_obj=page, columns=columns, today=today, tabs=list_tabs("due"), **kwargs)


class DoneAssessments(ListPage):
    model = Assessment
    permission = "careplans.view_assessment"
    filterset_class = AssessmentFilter
    template_name = "careplans/assessment_list.html"
    fragment_name = "careplans/_assessment_table.html"

    def rows(self, queryset: QuerySet) -> QuerySet:
        return queryset.select_related("client", "instrument", "assessed_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        labels = [_("Client"), _("Questionnaire"), _("Day"), _("Score"), _("Result"), _("Assessed by")]
        return super().get_context_data(
            columns=[{"label": label} for label in labels], tabs=list_tabs("done"), **kwargs
        )


class AssessmentList(PermissionMixin, View):
    """One address: what is due, or with ?show=done what was filled in."""

    permission = "careplans.view_assessment"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        page = DoneAssessments if request.GET.get("show") == "done" else DueAssessments
        return page.as_view()(request, *args, **kwargs)


class AssessmentCreate(OneClient, FormPage):
    """One page of questions. `act=score` answers with the running score and saves nothing."""

    permission = "careplans.add_assessment"
    form_class = AssessmentForm
    template_name = "careplans/assessment_form.html"
    success_message = gettext_lazy("Assessment saved.")

    @cached_property
    def instrument(self) -> Instrument:
        versions = Instrument.objects.visible_to(self.request.user).usable().filter(code=self.kwargs["code"])
        return get_object_or_404(versions.order_by("-version")[:1])

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instrument": self.instrument}

    def get_initial(self) -> dict[str, Any]:
        return {"assessed_on": clock.today(self.get_client().branch.time_zone)}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        record_view(self.get_client(), by=request.user, what="assessment")  # type: ignore[arg-type]
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("act") == "score":
            form = self.get_form()
            self.get_client()
            return render(request, "careplans/_assessment_score.html", {"so_far": form.so_far()})
        return super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(client=self.get_client(), instrument=self.instrument, **kwargs)
        return context | {"so_far": context["form"].so_far()}

    def perform(self, form: AssessmentForm) -> Assessment:
        return record_assessment(
            self.get_client(),
            self.instrument,
            form.answers,
            assessed_on=form.cleaned_data["assessed_on"],
            by=self.request.user,
            comment=form.cleaned_data["comment"],
        )


class AssessmentDetail(DetailPage):
    """A filled questionnaire, printable, with how it went before."""

    model = Assessment
    permission = "careplans.view_assessment"
    template_name = "careplans/assessment_detail.html"
    context_object_name = "assessment"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("client__branch", "instrument", "assessed_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.object
        record_view(row.client, by=self.request.user, what="assessment")  # type: ignore[arg-type]
        items = [
            {
                "text": item["text"],
                "value": row.answers.get(item["code"]),
                "answer": next(
                    (one["text"] for one in item["answers"] if one["value"] == row.answers.get(item["code"])), ""
                ),
            }
            for item in row.instrument.items
        ]
        others = row.client.assessments.filter(instrument__code=row.instrument.code).exclude(pk=row.pk)[:10]
        return super().get_context_data(
            client=row.client, items=items, others=others, highest=highest(row.instrument.items), **kwargs
        )
