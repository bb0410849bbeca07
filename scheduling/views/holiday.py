"""Coming holidays: the list, and one with its clients, caregivers and what is decided for many at once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.models import Client
from homecare.accounts.branch_choice import current_branch
from homecare.accounts.models import Holiday
from homecare.clock import today
from homecare.views import DetailPage, ListPage, Page
from scheduling.holidays import HolidayPlan
from scheduling.models import HolidayAnswer
from scheduling.services.holiday import decide_holiday, open_visits

CHANGE = "scheduling.change_schedule"


class HolidayList(ListPage):
    """The coming holidays of the person's branches, with how many clients answered."""

    model = Holiday
    permission = CHANGE
    template_name = "scheduling/holiday_list.html"
    fragment_name = "scheduling/_holiday_table.html"

    def rows(self, queryset: Any) -> Any:
        branch = current_branch(self.request)
        queryset = queryset.filter(branch=branch) if branch else queryset
        day = today(self.request.local_zone)  # type: ignore[attr-defined]
        keep = Count("answers", filter=Q(answers__answer=HolidayAnswer.Answer.KEEP))
        cancel = Count("answers", filter=Q(answers__answer=HolidayAnswer.Answer.CANCEL))
        counted = queryset.filter(on__gte=day).annotate(kept=keep, cancelled=cancel)
        return counted.select_related("branch").order_by("on", "branch__name")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        columns = [{"label": label} for label in (_("Holiday"), _("Day"), _("Branch"))]
        columns += [{"label": label, "css": "num"} for label in (_("Take place"), _("No visits"))]
        return super().get_context_data(columns=columns, **kwargs)


class OneHoliday:
    request: Any
    kwargs: dict[str, Any]

    @cached_property
    def holiday(self) -> Holiday:
        rows = Holiday.objects.visible_to(self.request.user).select_related("branch")
        return get_object_or_404(rows, pk=self.kwargs["pk"])


class HolidayDetail(OneHoliday, DetailPage):
    """Who is visited, whose pattern skips the day, who is away and who worked the last holidays."""

    model = Holiday
    permission = CHANGE
    template_name = "scheduling/holiday_detail.html"

    def get_object(self, queryset: Any = None) -> Holiday:
        return self.holiday

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        plan = HolidayPlan(self.holiday, self.request.user)
        return super().get_context_data(
            holiday=self.holiday,
            plan=plan,
            answers=HolidayAnswer.Answer.choices,
            unfilled=sum(visit.is_open for visit in plan.visits),
            may_decide=self.holiday.on >= today(plan.zone),
            **kwargs,
        )


class HolidayDecide(OneHoliday, Page):
    """Keeps the answers of many clients; `?preview` says first which visits would be cancelled."""

    permission = CHANGE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        choices = self.choices()
        if "preview" in request.GET:
            return render(request, "scheduling/_holiday_preview.html", self.preview(choices))
        seen = {row: request.POST[f"was-{row.pk}"] for row in choices if f"was-{row.pk}" in request.POST}
        result = decide_holiday(self.holiday, choices, seen=seen, by=request.user)  # type: ignore[arg-type]
        for client, sentence in result.left:
            messages.warning(request, f"{client.full_name}: {sentence}")
        answered = ngettext("%(n)s answer is kept.", "%(n)s answers are kept.", result.answered)
        cancelled = ngettext("%(n)s visit is cancelled.", "%(n)s visits are cancelled.", result.cancelled)
        text = f"{answered % {'n': result.answered}} {cancelled % {'n': result.cancelled}}"
        messages.success(request, text)
        return HttpResponseRedirect(reverse("scheduling:holiday-detail", args=[self.holiday.pk]))

    def choices(self) -> dict[Client, str]:
        """client → keep or cancel, of the clients this person sees."""
        data = self.request.POST
        wanted = {
            int(name.removeprefix("client-")): value
            for name, value in data.items()
            if name.removeprefix("client-").isdecimal() and value in HolidayAnswer.Answer.values
        }
        rows = Client.objects.visible_to(self.request.user).filter(branch=self.holiday.branch_id)
        return {client: wanted[client.pk] for client in rows.filter(pk__in=wanted).select_related("branch")}

    def preview(self, choices: dict[Client, str]) -> dict[str, Any]:
        dropped = [client for client, answer in choices.items() if answer == HolidayAnswer.Answer.CANCEL]
        return {
            "visits": open_visits(self.holiday, dropped) if dropped else [],
            "kept": len(choices) - len(dropped),
            "dropped": len(dropped),
            "zone": self.holiday.branch.time_zone,
        }
