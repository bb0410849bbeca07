"""Planning and changing a client's pattern, with a preview of every visit and of who fits."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from homecare.clock import today
from homecare.errors import DomainError
from homecare.views import FormPage
from scheduling.forms.schedule import (
    AssignmentFormSet,
    ScheduleEditForm,
    TimeFormSet,
    first_monday,
    initial_lines,
    initial_of,
)
from scheduling.forms.waiting import NewScheduleForm, waiting_of
from scheduling.matching import rank
from scheduling.models import Schedule, ServiceType
from scheduling.pattern import Pattern
from scheduling.placement import Placement
from scheduling.series import Edit, Fate
from scheduling.series_facts import facts_of
from scheduling.services.materialise import Planned
from scheduling.services.schedule import create_schedules, preview_schedules
from scheduling.services.schedule_edit import edit_schedule, preview_edit, rotation_sentence
from scheduling.shared_facts import ClientFacts, facts_of_edit
from scheduling.views.series_change import offer_undo
from staff.models import Member

PREVIEW_WEEKS = 4
RANKED_VISITS = 6
PREFILLED = ("service_type", "start_time", "duration_minutes")


class PatternPage(FormPage):
    """The form of a pattern with its lines of caregivers; `?preview` and `?rank` answer with that part alone."""

    times: Any = None

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

    def is_right(self, form: Any) -> bool:
        return form.is_valid() & self.lines.is_valid()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        is_right = self.is_right(form)
        if "preview" in request.GET or "rank" in request.GET:
            return self.part(form, is_right=is_right)
        return self.form_valid(form) if is_right else self.form_invalid(form)

    def part(self, form: Any, *, is_right: bool) -> HttpResponse:
        """The preview, or the ranked caregivers, of what is typed so far; what is missing is said in a sentence."""
        if not is_right:
            lines = [*self.lines, *(self.times or [])]
            return render(self.request, "scheduling/_preview_waiting.html", {"form": form, "lines": lines})
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
        return super().get_context_data(client=self.client, lines=self.lines, times=self.times, **kwargs)


class ScheduleCreate(PatternPage):
    """One pattern, or several times of a day that are planned together."""

    permission = "scheduling.add_schedule"
    form_class = NewScheduleForm
    template_name = "scheduling/schedule_form.html"

    @cached_property
    def client(self) -> Client:
        rows = Client.objects.visible_to(self.request.user).select_related("branch")  # type: ignore[arg-type]
        return get_object_or_404(rows, pk=self.kwargs["client_pk"])

    @cached_property
    def times(self) -> Any:
        is_sent = self.request.method == "POST" and "times-TOTAL_FORMS" in self.request.POST
        return TimeFormSet(self.request.POST if is_sent else None, prefix="times")

    def is_right(self, form: Any) -> bool:
        return super().is_right(form) & (not self.times.is_bound or self.times.is_valid())

    def get_initial(self) -> dict[str, Any]:
        """An address may bring what is wanted, as the waiting list's button does."""
        asked = {name: self.request.GET[name] for name in PREFILLED if self.request.GET.get(name)}
        if self.request.GET.getlist("weekdays"):
            asked["weekdays"] = self.request.GET.getlist("weekdays")  # type: ignore[assignment]
        first = first_monday(today(self.client.branch.time_zone))
        return {"starts_on": first, "duration_minutes": 60, "waiting": self.request.GET.getlist("waiting"), **asked}

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"waiting": waiting_of(self.client, self.request.user)}  # type: ignore[arg-type]

    def pattern(self, form: Any) -> tuple[Pattern, ServiceType]:
        assignments = self.lines.assignments(form.cleaned_data["starts_on"], 1)
        return form.pattern(assignments), form.cleaned_data["service_type"]

    def patterns(self, form: Any) -> list[Pattern]:
        """The first time of the day and the further ones, each with its own caregivers."""
        first, _service = self.pattern(form)
        filled = [row for row in self.times if row.is_bound and row.cleaned_data.get("start_time")]
        starts_on = form.cleaned_data["starts_on"]
        further = [
            row.applied_to(form.pattern(self.lines.assignments(starts_on, number)))
            for number, row in enumerate(filled, 2)
        ]
        return [first, *further]

    def preview(self, form: Any) -> HttpResponse:
        patterns, service_type = self.patterns(form), form.cleaned_data["service_type"]
        made = preview_schedules(self.client, service_type=service_type, patterns=patterns)
        rows = sorted((row for one in made for row in one.planned), key=lambda row: row.visit.starts_at)
        context = {
            "client": self.client,
            "sentences": [pattern.sentence for pattern in patterns],
            "count": len(rows),
            "left_open": sum(row.is_left_open for row in rows),
            "warns": any(row.warnings for row in rows),
            "shown": _first_weeks(rows),
            "conflicts": [row for row in rows if row.findings],
            "facts": [ClientFacts(self.client, facts_of(self.client, service_type, [], [row.visit for row in rows]))],
        }
        return render(self.request, "scheduling/_schedule_preview.html", context)

    def perform(self, form: Any) -> Schedule:
        made = create_schedules(
            self.client,
            service_type=form.cleaned_data["service_type"],
            patterns=self.patterns(form),
            note=form.cleaned_data["note"],
            handover_note=form.cleaned_data["handover_note"],
            by=self.request.user,  # type: ignore[arg-type]
            override_reason=form.cleaned_data["override_reason"],
            waiting=form.cleaned_data.get("waiting", ()),
        )
        offer_undo(self.request, made[0].schedule, _("The pattern is planned and its visits are made."))
        return made[0].schedule


def _first_weeks(rows: list[Planned]) -> list[Planned]:
    if not rows:
        return []
    until = rows[0].visit.starts_at + dt.timedelta(weeks=PREVIEW_WEEKS)
    return [row for row in rows if row.visit.starts_at < until]


def counted(edit: Edit) -> list[str]:
    """12 changed, 3 new, 1 cancelled, 2 stay as they are, 4 unfilled: what is none is not said."""
    words = [
        (edit.count(Fate.CHANGED), _("%(n)s changed")),
        (edit.count(Fate.CREATED), _("%(n)s new")),
        (edit.count(Fate.CANCELLED), _("%(n)s cancelled")),
        (edit.count(Fate.SAME), _("%(n)s stay as they are")),
        (len(edit.left_open), _("%(n)s unfilled")),
    ]
    return [str(text) % {"n": count} for count, text in words if count]


def edit_context(client: Client, edit: Edit, sentence: str) -> dict[str, Any]:
    """Before and after of each affected visit, what the series uses and costs, and who is told."""
    return {
        "client": client,
        "sentence": sentence,
        "edit": edit,
        "expected": edit.affected,
        "counts": counted(edit),
        "facts": facts_of_edit(edit),
        "told": edit.told,
        "out_of": rotation_sentence(edit),
    }


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
        context = edit_context(self.client, edit, pattern.sentence)
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
            handover_note=data["handover_note"],
            expected=data["expected"],
            leaves_rotation=data["leaves_rotation"],
        )
        offer_undo(self.request, edit.schedule, _("The pattern is changed."))
        return edit.schedule

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(schedule=self.schedule, **kwargs)
