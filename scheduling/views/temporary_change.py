"""Pausing a pattern or changing it for a while, with its preview; taking that back early."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from homecare.clock import today
from homecare.errors import DomainError
from homecare.views import ActionView, FormPage
from scheduling.forms.temporary_change import TemporaryChangeForm
from scheduling.models import Schedule, TemporaryChange
from scheduling.placement import OverrideNeeded
from scheduling.services.temporary_change import (
    change_temporarily,
    preview_temporary_change,
    withdraw_temporary_change,
)
from scheduling.views.schedule_form import SchedulePage, edit_context
from scheduling.views.series_change import offer_undo


class TemporaryChangeCreate(SchedulePage, FormPage):
    """From one day to another: no visits, another time or another caregiver. `?preview` answers with that alone."""

    permission = "scheduling.change_schedule"
    form_class = TemporaryChangeForm
    template_name = "scheduling/schedule_temporary.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user, "schedule": self.schedule}

    def get_initial(self) -> dict[str, Any]:
        asked = self.request.GET.get("day") or today(self.client.branch.time_zone)
        return {"from_on": asked, "until_on": asked, "slot": 1, "client": self.request.GET.get("client")}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "preview" not in request.GET:
            return super().post(request, *args, **kwargs)
        form = self.get_form()
        form.fields["reason"].required = False
        if not form.is_valid():
            return render(request, "scheduling/_preview_waiting.html", {"form": form, "lines": []})
        try:
            edit = preview_temporary_change(self.schedule, form.change)
        except DomainError as error:
            return render(request, "scheduling/_preview_waiting.html", {"sentence": error.message})
        context = edit_context(self.client, edit, self.schedule.sentence)
        return render(request, "scheduling/_edit_preview.html", context)

    def perform(self, form: Any) -> Schedule:
        data = form.cleaned_data
        change_temporarily(
            self.schedule,
            form.change,
            reason=data["reason"],
            by=self.request.user,  # type: ignore[arg-type]
            override_reason=data["override_reason"],
            expected=data["expected"],
        )
        offer_undo(self.request, self.schedule, _("The pattern changes for these days and then goes on as before."))
        return self.schedule

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(schedule=self.schedule, client=self.client, **kwargs)


class TemporaryChangeWithdraw(ActionView):
    """The days ahead are as the pattern says again."""

    model = TemporaryChange
    permission = "scheduling.change_schedule"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("schedule__client__branch", "schedule__service_type")

    def perform(self, obj: Any) -> Schedule:
        user: Any = self.request.user
        try:
            withdraw_temporary_change(obj, by=user)
        except OverrideNeeded as error:
            # The pattern itself was accepted with these warnings; taking a change back asks no second time.
            if not user.has_perm("scheduling.override_rule"):
                raise
            withdraw_temporary_change(obj, by=user, override_reason=str(_("As the pattern was agreed")))
            messages.info(self.request, error.detail[0].sentence)
        offer_undo(self.request, obj.schedule, _("The temporary change is taken back."))
        return obj.schedule

    def get_success_url(self, result: Any) -> str:
        return result.get_absolute_url()
