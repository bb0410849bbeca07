"""The waiting list: in turn, one entry with who could take it, entering, leaving."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Client
from homecare.accounts.branch_choice import current_branch
from homecare.audit.services.event import record_view
from homecare.clock import today
from homecare.views import ActionView, DetailPage, FormPage, ListPage
from scheduling.forms.waiting import LeaveForm, WaitingFilter, WaitingForm
from scheduling.models import Waiting
from scheduling.services.waiting import leave_list, save_waiting, take_back
from scheduling.waiting_list import figures, pattern_url, trial_week, who_could

VIEW, ADD, CHANGE = "scheduling.view_waiting", "scheduling.add_waiting", "scheduling.change_waiting"
SHOWN = 8


class WaitingList(ListPage):
    """Who waits, the most pressing first and then the longest."""

    model = Waiting
    permission = VIEW
    filterset_class = WaitingFilter
    template_name = "scheduling/waiting_list.html"
    fragment_name = "scheduling/_waiting_table.html"

    def asked(self) -> Any:
        return self.request.GET or {"status": Waiting.Status.WAITING}

    def rows(self, queryset: Any) -> Any:
        branch = current_branch(self.request)
        queryset = queryset.filter(client__branch=branch) if branch else queryset
        return queryset.select_related("client__branch", "service_type").in_turn()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        page = list(context["object_list"])
        wanted = {row.client_id for row in page}
        towns = dict(Client.objects.with_town().filter(pk__in=wanted).values_list("pk", "town"))
        labels = [_("Client"), _("Service"), _("Hours a week"), _("Wanted"), _("Area"), _("Waits"), _("Priority")]
        day = today(self.request.local_zone)  # type: ignore[attr-defined]
        waiting = Waiting.objects.visible_to(self.request.user).waiting()  # type: ignore[arg-type]
        branch = current_branch(self.request)
        waiting = waiting.filter(client__branch=branch) if branch else waiting
        return {
            **context,
            "columns": [{"label": label} for label in labels],
            "entries": [(row, row.area or towns.get(row.client_id) or "", row.days_waited(day)) for row in page],
            "figures": figures(waiting, day),
        }


class OneEntry:
    request: Any
    kwargs: dict[str, Any]

    @cached_property
    def entry(self) -> Waiting:
        rows = Waiting.objects.visible_to(self.request.user).select_related("client__branch", "service_type")
        return get_object_or_404(rows, pk=self.kwargs["pk"])


class WaitingDetail(OneEntry, DetailPage):
    """One entry, and every caregiver who could take it as the matching judges the next whole week."""

    model = Waiting
    permission = VIEW
    template_name = "scheduling/waiting_detail.html"

    def get_object(self, queryset: Any = None) -> Waiting:
        return self.entry

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entry, user = self.entry, self.request.user
        record_view(entry.client, by=user, what="waiting list")
        found = who_could(entry, user) if entry.status == Waiting.Status.WAITING else []
        fitting = [row for row in found if row.is_eligible]
        whole = [row for row in fitting if row.possible == row.asked]
        return super().get_context_data(
            entry=entry,
            monday=trial_week(entry),
            days_waited=entry.days_waited(today(entry.client.branch.time_zone)),
            suggestions=fitting[:SHOWN],
            refused=[row for row in found if not row.is_eligible],
            whole=len(whole),
            part=len(fitting) - len(whole),
            asked=len(found),
            may_change=user.has_perm(CHANGE),
            may_plan=user.has_perm("scheduling.add_schedule"),
            pattern_url=pattern_url(entry),
            **kwargs,
        )


class WaitingCreate(FormPage):
    permission: Any = ADD
    form_class = WaitingForm
    success_message: Any = gettext_lazy("On the waiting list.")

    def get_form_kwargs(self) -> dict[str, Any]:
        zone = self.request.local_zone  # type: ignore[attr-defined]
        initial = {"since": today(zone), "priority": Waiting.Priority.SOON, "client": self.request.GET.get("client")}
        return super().get_form_kwargs() | {"user": self.request.user, "initial": initial}

    def perform(self, form: Any) -> Waiting:
        entry = Waiting(client=form.cleaned_data["client"])
        return save_waiting(entry, form.values, by=self.request.user)  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        url = reverse("scheduling:waiting-list")
        return super().get_context_data(heading=_("Put on the waiting list"), cancel_url=url, **kwargs)


class WaitingUpdate(OneEntry, WaitingCreate):
    permission = CHANGE
    success_message = gettext_lazy("The entry is saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        entry = self.entry
        names = ("weekdays", "start_time", "area", "language", "skills", "since", "priority", "reason")
        initial = {name: getattr(entry, name) for name in names}
        initial |= {"service_type": entry.service_type_id, "hours": entry.weekly_minutes / 60}
        return super().get_form_kwargs() | {"entry": entry, "initial": initial}

    def perform(self, form: Any) -> Waiting:
        return save_waiting(self.entry, form.values, by=self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "heading": self.entry.client.full_name,
            "cancel_url": self.entry.get_absolute_url(),
        }


class WaitingLeave(OneEntry, FormPage):
    """Leaves the list with how and why."""

    permission = CHANGE
    form_class = LeaveForm
    success_message = gettext_lazy("The entry has left the list.")

    def perform(self, form: Any) -> Waiting:
        data = form.cleaned_data
        return leave_list(self.entry, data["status"], note=data["note"], by=self.request.user)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        name = self.entry.client.full_name
        heading = _("%(client)s leaves the waiting list") % {"client": name}
        url = self.entry.get_absolute_url()
        return super().get_context_data(heading=heading, cancel_url=url, submit_label=_("Leave the list"), **kwargs)


class WaitingTakeBack(ActionView):
    model = Waiting
    permission = CHANGE
    success_message = gettext_lazy("The entry waits again.")

    def perform(self, obj: Waiting) -> Waiting:
        return take_back(obj, by=self.request.user)  # type: ignore[arg-type]
