"""A client's patterns: plan one with a preview, read it, change it by scope, end it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from homecare.accounts.branch_choice import current_branch
from homecare.audit.models import Event
from homecare.audit.services.event import record_view
from homecare.clock import now, today
from homecare.errors import DomainError
from homecare.views import DetailPage, FormPage, ListPage
from scheduling.forms.schedule import (
    AssignmentFormSet,
    EndForm,
    ScheduleEditForm,
    ScheduleForm,
    first_monday,
    initial_lines,
    initial_of,
)
from scheduling.matching import rank
from scheduling.models import Schedule, ServiceType, Visit
from scheduling.pattern import Pattern
from scheduling.placement import Placement
from scheduling.series import Edit, Fate
from scheduling.services.schedule import create_schedule, end_schedule, preview_schedule
from scheduling.services.schedule_edit import edit_schedule, preview_edit
from staff.models import Member

PREVIEW_WEEKS = 4
RANKED_VISITS = 6


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
        rows = queryset.select_related("client", "service_type").prefetch_related("assignment_rules__member")
        return rows.order_by("client__last_name", "client__first_name", "start_time", "id")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        labels = (_("Client"), _("Pattern"), _("Service"), _("Caregivers"), _("From"), _("State"))
        return super().get_context_data(columns=[{"label": label} for label in labels], **kwargs)


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
        return super().get_context_data(
            client=schedule.client,
            sentence=Pattern.of(schedule, ()).sentence,
            coming=visits.filter(ends_at__gte=now())[:30],
            successor=Schedule.objects.filter(continues=schedule).first(),
            events=Event.objects.about(schedule).filter(kind=Event.Kind.CHANGE).select_related("user")[:20],
            may_change=self.request.user.has_perm("scheduling.change_schedule"),
            **kwargs,
        )


class PatternPage(FormPage):
    """The form of a pattern with its lines of caregivers; `?preview` and `?rank` answer with that part alone."""

    @cached_property
    def client(self) -> Client:
        raise NotImplementedError

    @property
    def branch_id(self) -> int:
        return self.client.branch_id

    @cached_property
    def lines(self) -> Any:
        options: dict[str, Any] = {"user": self.request.user, "branch_id": self.branch_id}
        if self.request.method == "POST":
            return AssignmentFormSet(self.request.POST, **options)
        return AssignmentFormSet(initial=self.initial_lines(), **options)

    def initial_lines(self) -> list[dict[str, Any]]:
        return initial_lines()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        is_right = form.is_valid() & self.lines.is_valid()
        if "preview" in request.GET or "rank" in request.GET:
            return self.part(form, is_right=is_right)
        return self.form_valid(form) if is_right else self.form_invalid(form)

    def part(self, form: Any, *, is_right: bool) -> HttpResponse:
        """The preview, or the ranked caregivers, of what is typed so far; what is missing is said in a sentence."""
        if not is_right:
            return render(self.request, "scheduling/_preview_waiting.html", {"form": form, "lines": self.lines})
        try:
            return self.ranked(form) if "rank" in self.request.GET else self.preview(form)
        except DomainError as error:
            return render(self.request, "scheduling/_preview_waiting.html", {"sentence": error.message})

    def preview(self, form: Any) -> HttpResponse:
        raise NotImplementedError

    def pattern(self, form: Any) -> tuple[Pattern, ServiceType]:
        raise NotImplementedError

    def ranked(self, form: Any) -> HttpResponse:
        """Who fits the first visits of the pattern."""
        pattern, service_type = self.pattern(form)
        zone_name = self.client.branch.time_zone
        first = max(pattern.starts_on, today(zone_name))
        days = list(pattern.days(first, first + dt.timedelta(weeks=12)))[:RANKED_VISITS]
        placements = [
            Placement(day, self.branch_id, self.client.pk, service_type.pk, *pattern.span(day, zone_name))
            for day in days
        ]
        members = Member.objects.visible_to(self.request.user).active().filter(branch=self.branch_id)  # type: ignore[arg-type]
        known: dict[str, Any] = {"service_types": [service_type], "branches": [self.client.branch]}
        rows = rank(placements, list(members.select_related("role")), known)
        context = {
            "suggestions": [row for row in rows if row.is_eligible][:8],
            "refused": [row for row in rows if not row.is_eligible],
            "choose": True,
        }
        return render(self.request, "scheduling/_suggestions.html", context)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(client=self.client, lines=self.lines, **kwargs)


class ScheduleCreate(PatternPage):
    permission = "scheduling.add_schedule"
    form_class = ScheduleForm
    template_name = "scheduling/schedule_form.html"
    success_message = _("The pattern is planned and its visits are made.")

    @cached_property
    def client(self) -> Client:
        rows = Client.objects.visible_to(self.request.user).select_related("branch")  # type: ignore[arg-type]
        return get_object_or_404(rows, pk=self.kwargs["client_pk"])

    def get_initial(self) -> dict[str, Any]:
        return {"starts_on": first_monday(today(self.client.branch.time_zone)), "duration_minutes": 60}

    def pattern(self, form: Any) -> tuple[Pattern, ServiceType]:
        assignments = self.lines.assignments(form.cleaned_data["starts_on"])
        return form.pattern(assignments), form.cleaned_data["service_type"]

    def preview(self, form: Any) -> HttpResponse:
        pattern, service_type = self.pattern(form)
        made = preview_schedule(self.client, service_type=service_type, pattern=pattern)
        until = made.visits[0].starts_at + dt.timedelta(weeks=PREVIEW_WEEKS) if made.visits else None
        context = {
            "client": self.client,
            "sentence": pattern.sentence,
            "made": made,
            "shown": [row for row in made.planned if row.visit.starts_at < until] if until else [],
            "conflicts": [row for row in made.planned if row.findings],
        }
        return render(self.request, "scheduling/_schedule_preview.html", context)

    def perform(self, form: Any) -> Schedule:
        pattern, service_type = self.pattern(form)
        made = create_schedule(
            self.client,
            service_type=service_type,
            rule=pattern.rule,
            starts_on=pattern.starts_on,
            start_time=pattern.start_time,
            duration_minutes=pattern.duration_minutes,
            ends_on=pattern.ends_on,
            head_count=pattern.head_count,
            assignments=pattern.assignments,
            note=form.cleaned_data["note"],
            by=self.request.user,  # type: ignore[arg-type]
            override_reason=form.cleaned_data["override_reason"],
        )
        return made.schedule


def _counted(edit: Edit) -> list[str]:
    """12 changed, 3 new, 1 cancelled, 2 stay as they are, 4 unfilled: what is none is not said."""
    words = [
        (edit.count(Fate.CHANGED), _("%(n)s changed")),
        (edit.count(Fate.CREATED), _("%(n)s new")),
        (edit.count(Fate.CANCELLED), _("%(n)s cancelled")),
        (edit.count(Fate.SAME), _("%(n)s stay as they are")),
        (len(edit.left_open), _("%(n)s unfilled")),
    ]
    return [str(text) % {"n": count} for count, text in words if count]


class SchedulePage:
    """The pattern of the URL, among those this person may see."""

    request: HttpRequest
    kwargs: dict[str, Any]

    @cached_property
    def schedule(self) -> Schedule:
        rows = Schedule.objects.visible_to(self.request.user)  # type: ignore[arg-type]
        rows = rows.select_related("client__branch", "service_type").prefetch_related("assignment_rules__schedule")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @cached_property
    def client(self) -> Any:
        return self.schedule.client


class ScheduleUpdate(SchedulePage, PatternPage):
    """Changes the pattern: this and following, the whole series, or what nobody changed by hand."""

    permission = "scheduling.change_schedule"
    form_class = ScheduleEditForm
    template_name = "scheduling/schedule_form.html"
    success_message = _("The pattern is changed.")

    def get_initial(self) -> dict[str, Any]:
        initial = initial_of(self.schedule)
        asked = self.request.GET.get("from")
        return initial | ({"scope": "following", "from_on": asked} if asked else {})

    def initial_lines(self) -> list[dict[str, Any]]:
        return initial_lines(self.schedule)

    def pattern(self, form: Any) -> tuple[Pattern, ServiceType]:
        assignments = self.lines.assignments(self.schedule.starts_on)
        return form.pattern_of(self.schedule, assignments), self.schedule.service_type

    def preview(self, form: Any) -> HttpResponse:
        pattern, _service = self.pattern(form)
        data = form.cleaned_data
        edit = preview_edit(self.schedule, pattern, scope=data["scope"], from_on=data["from_on"])
        context = {
            "client": self.client,
            "sentence": pattern.sentence,
            "edit": edit,
            "expected": len(edit.changes) - edit.count("same"),
            "counts": _counted(edit),
        }
        return render(self.request, "scheduling/_edit_preview.html", context)

    def perform(self, form: Any) -> Schedule:
        pattern, _service = self.pattern(form)
        data = form.cleaned_data
        edit = edit_schedule(
            self.schedule,
            pattern,
            scope=data["scope"],
            from_on=data["from_on"],
            by=self.request.user,  # type: ignore[arg-type]
            override_reason=data["override_reason"],
            note=data["note"],
            expected=data["expected"],
        )
        return edit.schedule

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(schedule=self.schedule, **kwargs)


class ScheduleEnd(SchedulePage, FormPage):
    permission = "scheduling.change_schedule"
    form_class = EndForm
    success_message = _("The pattern ends; its later visits are cancelled.")
    extra_context = {"heading": _("End the pattern"), "submit_label": _("End the pattern"), "danger": True}

    def get_initial(self) -> dict[str, Any]:
        return {"ends_on": today(self.client.branch.time_zone)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        subtitle = f"{self.client.full_name} · {Pattern.of(self.schedule, ()).sentence}"
        return super().get_context_data(subtitle=subtitle, cancel_url=self.schedule.get_absolute_url(), **kwargs)

    def perform(self, form: Any) -> Schedule:
        data = form.cleaned_data
        end_schedule(self.schedule, ends_on=data["ends_on"], reason=data["reason"], by=self.request.user)  # type: ignore[arg-type]
        return self.schedule
