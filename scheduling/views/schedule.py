"""A client's patterns: the list, one pattern with its visits and its changes, and its end."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Prefetch, Q
from django.utils.translation import gettext_lazy as _

from homecare.accounts.branch_choice import current_branch
from homecare.audit.models import Event
from homecare.audit.services.event import record_view
from homecare.clock import now, today
from homecare.views import DetailPage, FormPage, ListPage
from scheduling.forms.schedule import EndForm
from scheduling.homes import housemates
from scheduling.models import AssignmentRule, Schedule, ServiceType, Visit
from scheduling.pattern import Pattern
from scheduling.services.schedule import end_schedule
from scheduling.views.schedule_form import SchedulePage
from scheduling.views.series_change import changes_of, offer_undo

NAMES = ("first_name", "last_name", "preferred_name")  # what a caregiver's short name is made of

LABELS = {
    "client": _("Client"),
    "pattern": _("Pattern"),
    "service": _("Service"),
    "caregivers": _("Caregivers"),
    "since": _("From"),
    "state": _("State"),
}


class ScheduleFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Client"), method="words", widget=forms.TextInput(attrs={"type": "search"}))
    status = django_filters.ChoiceFilter(label=_("State"), choices=Schedule.Status.choices, empty_label=_("All"))
    service_type = django_filters.ModelChoiceFilter(
        label=_("Service"), queryset=ServiceType.objects.all(), empty_label=_("All")
    )

    class Meta:
        model = Schedule
        fields: list[str] = []

    def words(self, queryset: Any, name: str, value: str) -> Any:
        for word in value.split():
            queryset = queryset.filter(Q(client__last_name__icontains=word) | Q(client__first_name__icontains=word))
        return queryset


class ScheduleList(ListPage):
    model = Schedule
    permission = "scheduling.view_schedule"
    filterset_class = ScheduleFilter
    template_name = "scheduling/schedule_list.html"
    fragment_name = "scheduling/_schedule_table.html"

    def rows(self, queryset: Any) -> Any:
        branch = current_branch(self.request)
        queryset = queryset.filter(client__branch=branch) if branch else queryset
        names = AssignmentRule.objects.select_related("member").only("schedule", *(f"member__{name}" for name in NAMES))
        rows = queryset.select_related("client", "service_type").prefetch_related(Prefetch("assignment_rules", names))
        return rows.order_by("client__last_name", "client__first_name", "start_time", "id")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        labels = {name: str(label) for name, label in LABELS.items()}
        columns = [{"label": label} for label in labels.values()]
        return super().get_context_data(columns=columns, labels=labels, **kwargs)


class ScheduleDetail(DetailPage):
    model = Schedule
    permission = "scheduling.view_schedule"
    template_name = "scheduling/schedule_detail.html"

    def get_queryset(self) -> Any:
        rows = super().get_queryset().select_related("client__branch", "service_type", "continues")
        return rows.prefetch_related("assignment_rules__member__role")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        schedule = self.object
        record_view(schedule.client, by=self.request.user, what="schedule")  # type: ignore[arg-type]
        visits = Visit.objects.visible_to(self.request.user).filter(schedule=schedule).with_people()  # type: ignore[arg-type]
        coming = visits.filter(ends_at__gte=now())[: 30 * schedule.head_count]
        return super().get_context_data(
            client=schedule.client,
            sentence=schedule.sentence,
            coming=_with_partners(coming) if schedule.head_count > 1 else coming,
            together=_planned_together(schedule, self.request.user),
            sharers=schedule.sharers.select_related("client", "service_type"),
            may_share=schedule.head_count == 1 and (schedule.sharers.exists() or bool(housemates(schedule.client))),
            temporary=schedule.temporary_changes.select_related("member", "client"),
            changes=changes_of(schedule, self.request.user)[:10],
            successor=Schedule.objects.filter(continues=schedule).first(),
            events=Event.objects.about(schedule).filter(kind=Event.Kind.CHANGE).select_related("user")[:20],
            may_change=self.request.user.has_perm("scheduling.change_schedule"),
            has_open=any(visit.is_open for visit in coming),
            **kwargs,
        )


def _with_partners(visits: Any) -> list[Visit]:
    """Each visit of a double-up knows who else comes at the same time."""
    rows = list(visits)
    by_day: dict[Any, list[Visit]] = {}
    for row in rows:
        if row.occurrence_on is not None and row.status != Visit.Status.CANCELLED:
            by_day.setdefault(row.occurrence_on, []).append(row)
    for row in rows:
        row.others = [one for one in by_day.get(row.occurrence_on, []) if one is not row]
    return rows


def _planned_together(schedule: Schedule, user: Any) -> Any:
    """The other times of the same day."""
    if schedule.group is None:
        return []
    rows = Schedule.objects.visible_to(user).active().filter(group=schedule.group)
    return rows.exclude(pk=schedule.pk).order_by("start_time")


class ScheduleEnd(SchedulePage, FormPage):
    permission = "scheduling.change_schedule"
    form_class = EndForm
    extra_context = {"heading": _("End the pattern"), "submit_label": _("End the pattern"), "danger": True}

    def get_initial(self) -> dict[str, Any]:
        return {"ends_on": today(self.client.branch.time_zone)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        subtitle = f"{self.client.full_name} · {Pattern.of(self.schedule, ()).sentence}"
        if names := ", ".join(row.client.full_name for row in self.schedule.sharers.select_related("client")):
            subtitle += " · " + str(_("also for %(names)s") % {"names": names})
        return super().get_context_data(subtitle=subtitle, cancel_url=self.schedule.get_absolute_url(), **kwargs)

    def perform(self, form: Any) -> Schedule:
        data = form.cleaned_data
        end_schedule(self.schedule, ends_on=data["ends_on"], reason=data["reason"], by=self.request.user)  # type: ignore[arg-type]
        offer_undo(self.request, self.schedule, _("The pattern ends; its later visits are cancelled."))
        return self.schedule
