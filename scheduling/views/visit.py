"""Looking at visits: the list with its export, one visit, a client's visits, what is unfilled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Client
from homecare.accounts.branch_choice import current_branch
from homecare.accounts.current_agency import agency_of
from homecare.audit.models import Event
from homecare.audit.services.event import record, record_view
from homecare.clock import local, now, today
from homecare.context import in_dialog
from homecare.csv_export import csv_response
from homecare.views import DetailPage, ListPage, Page
from scheduling.appointments import AHEAD, coming, in_the_way
from scheduling.forms.visit import UnfilledFilter
from scheduling.forms.visit_filter import VisitFilter
from scheduling.handover import handover_of
from scheduling.homes import housemates
from scheduling.matching import suggest_for_visit
from scheduling.models import Appointment, OfferedVisit, Schedule, Visit

APPOINTMENTS_SHOWN = 6
COLUMNS = [
    {"label": gettext_lazy("Client")},
    {"label": gettext_lazy("When")},
    {"label": gettext_lazy("Caregiver")},
    {"label": gettext_lazy("Service")},
    {"label": gettext_lazy("State")},
]
CSV_LIMIT = 50_000


class VisitList(ListPage):
    """Visits by words, dates, state and people; `?export=csv` is the same list as a file."""

    model = Visit
    permission = "scheduling.view_visit"
    filterset_class = VisitFilter
    template_name = "scheduling/visit_list.html"
    fragment_name = "scheduling/_visit_table.html"

    def rows(self, queryset: Any) -> Any:
        branch = current_branch(self.request)
        queryset = queryset.filter(branch=branch) if branch else queryset
        return queryset.for_list().order_by("starts_at", "id")

    def asked(self) -> Any:
        """The list opens at today, not years back; any filter a link or a person sets says it all."""
        asked = self.request.GET
        if not self.filterset_class.base_filters.keys().isdisjoint(asked):
            return asked
        opening = asked.copy()
        opening["since"] = today(self.request.local_zone).isoformat()  # type: ignore[attr-defined]
        return opening

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.GET.get("export") == "csv":
            return self.export()
        return super().get(request, *args, **kwargs)

    def export(self) -> HttpResponse:
        rows = self.get_queryset()[:CSV_LIMIT]
        record("visit.exported", None, by=self.request.user, kind=Event.Kind.EXPORT, changes={"rows": rows.count()})  # type: ignore[arg-type]
        header = [_("Client"), _("Number"), _("Day"), _("Start"), _("End"), _("Caregiver"), _("Service"), _("State")]
        return csv_response("visits.csv", header, _csv_rows(rows))  # type: ignore[return-value]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        export = self.request.GET.copy()
        export["export"] = "csv"
        late_before = now() - dt.timedelta(minutes=agency_of(self.request).grace_minutes)
        return super().get_context_data(
            columns=COLUMNS, export_query=export.urlencode(), late_before=late_before, **kwargs
        )


def _csv_rows(visits: Any) -> Iterator[list[Any]]:
    for visit in visits.iterator(chunk_size=1000):
        zone_name = visit.branch.time_zone
        start, end = local(visit.starts_at, zone_name), local(visit.ends_at, zone_name)
        yield [
            visit.client.full_name,
            visit.client.number,
            start.date(),
            f"{start:%H:%M}",
            f"{end:%H:%M}",
            visit.caregiver.full_name if visit.caregiver else "",
            visit.service_type.name,
            visit.get_status_display(),
        ]


class VisitDetail(DetailPage):
    """One visit: facts, tasks, punches, notes, what was overridden, its history."""

    model = Visit
    permission = "scheduling.view_visit"
    template_name = "scheduling/visit_detail.html"

    def get_queryset(self) -> Any:
        return super().get_queryset().with_people().select_related("schedule", "approved_by", "plan")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        visit = self.object
        record_view(visit, by=self.request.user, what="visit")  # type: ignore[arg-type]
        is_dialog = in_dialog(self.request)
        context: dict[str, Any] = {
            "visit": visit,
            "facts": _facts(visit),
            "actions": visit_actions(visit, self.request, is_dialog=is_dialog),
            "overrides": visit.overrides.select_related("by"),
            "tasks": visit.tasks.all(),
            "partners": visit.partners.select_related("caregiver"),
            "sharing": visit.sharing.select_related("client", "service_type"),
        }
        if not is_dialog:
            context |= {
                "punches": visit.lead.clock_events.select_related("recorded_by"),
                "notes": visit.notes.select_related("author"),
                "exceptions": visit.exceptions.select_related("reason_code"),
                "events": _history(visit),
                "handover": handover_of(visit),
            }
        return super().get_context_data(**context, **kwargs)


def _facts(visit: Visit) -> list[tuple[str, Any]]:
    zone_name = visit.branch.time_zone
    facts = [
        *_timing(visit, zone_name),
        (_("Caregiver"), visit.caregiver or _("Nobody yet (unfilled)")),
        (_("Service"), visit.service_type),
        (_("Length"), _("%(n)s min") % {"n": visit.planned_minutes}),
    ]
    if visit.is_shared:
        facts.append((_("Part of the time"), _("%(n)s min") % {"n": visit.care_minutes}))
    if visit.started_at:
        facts.append((_("Clocked in"), f"{local(visit.started_at, zone_name):%H:%M}"))
    if visit.finished_at:
        facts.append((_("Clocked out"), f"{local(visit.finished_at, zone_name):%H:%M}"))
    if visit.approved_minutes is not None:
        facts.append(
            (_("Approved"), _("%(n)s min by %(person)s") % {"n": visit.approved_minutes, "person": visit.approved_by})
        )
    if visit.note:
        facts.append((_("Note for the caregiver"), visit.note))
    if visit.cancel_reason:
        facts.append((_("Why cancelled"), visit.cancel_reason))
    return facts


def _timing(visit: Visit, zone_name: str) -> list[tuple[str, Any]]:
    """The window in which it may begin, and the hours of sleep of a sleepover or live-in shift."""
    found: list[tuple[str, Any]] = []
    if visit.window_starts_at is not None and visit.window_ends_at is not None:
        first, last = local(visit.window_starts_at, zone_name), local(visit.window_ends_at, zone_name)
        found.append((_("May begin"), f"{first:%H:%M}–{last:%H:%M}"))
    schedule = visit.schedule
    if schedule is not None and schedule.sleep_start is not None:
        found.append((_("Sleep"), f"{schedule.sleep_start:%H:%M}–{schedule.sleep_end:%H:%M}"))
    return found


def visit_actions(visit: Visit, request: HttpRequest, *, is_dialog: bool = False) -> list[dict[str, Any]]:
    """What this person may do with the visit now. On the board the same query string goes along."""
    query = f"?{request.GET.urlencode()}" if is_dialog and request.GET else ""
    actions: list[dict[str, Any]] = []
    if is_dialog:
        actions.append({"label": _("Open"), "url": visit.get_absolute_url(), "icon": "arrow-right"})
    if not request.user.has_perm("scheduling.change_visit") or not visit.is_movable:
        return actions
    verbs = [
        ("visit-assign", _("Assign…"), "user-plus", visit.caregiver_id is None),
        ("visit-move", _("Move…"), "calendar-event", visit.caregiver_id is not None),
        ("visit-update", _("Edit…"), "pencil", False),
    ]
    if not is_dialog and (visit.is_shared or housemates(visit.client)):
        verbs.append(("visit-share", _("Share…"), "users", False))
    if visit.is_open and request.user.has_perm("scheduling.add_offer"):
        verbs.insert(1, ("visit-offer", _("Offer…"), "send", False))
    for name, label, icon, is_primary in verbs:
        url = reverse(f"scheduling:{name}", args=[visit.pk]) + query
        actions.append({"label": label, "url": url, "icon": icon, "primary": is_primary, "dialog": True})
    cancel = reverse("scheduling:visit-cancel", args=[visit.pk]) + query
    actions.append({"label": _("Cancel visit…"), "url": cancel, "icon": "x", "danger": True, "dialog": True})
    return actions


def _history(visit: Visit) -> list[dict[str, Any]]:
    """The trail of the visit as a timeline."""
    words = {
        "visit.created": (_("Planned"), "calendar-plus"),
        "visit.assigned": (_("Caregiver changed"), "user-plus"),
        "visit.moved": (_("Moved"), "calendar-event"),
        "visit.updated": (_("Changed"), "pencil"),
        "visit.cancelled": (_("Cancelled"), "x"),
        "visit.approved": (_("Approved"), "checks"),
        "visit.reopened": (_("Opened again"), "history"),
        "visit.released_for_billing": (_("Released for billing, record incomplete"), "lock-open"),
    }
    events = Event.objects.about(visit).filter(kind=Event.Kind.CHANGE).select_related("user")[:50]
    items = []
    for event in events:
        title, icon = words.get(event.action, (event.action.split(".")[-1].replace("_", " ").capitalize(), "point"))
        items.append({"at": event.at, "title": title, "icon": icon, "text": event.reason, "actor": event.user})
    return items


class ClientVisits(DetailPage):
    """The Visits tab of a client: the patterns, what comes, what was."""

    model = Client
    permission = "scheduling.view_visit"
    template_name = "scheduling/client_visits.html"
    pk_url_kwarg = "client_pk"
    context_object_name = "client"

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("branch")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        client = self.object
        user = self.request.user
        record_view(client, by=user, what="visits")  # type: ignore[arg-type]
        visits = Visit.objects.visible_to(user).filter(client=client).with_people()  # type: ignore[arg-type]
        moment = now()
        schedules = Schedule.objects.visible_to(user).filter(client=client).active()  # type: ignore[arg-type]
        ahead = coming(Appointment.objects.visible_to(user).filter(client=client), moment)  # type: ignore[arg-type]
        live = visits.live().between(moment, moment + AHEAD) if ahead else []
        clashes = {(one.appointment.pk, one.on) for one, _visit in in_the_way(ahead, live)}
        return super().get_context_data(
            more_appointments=len(ahead[APPOINTMENTS_SHOWN:]),
            appointments=[(one, (one.appointment.pk, one.on) in clashes) for one in ahead[:APPOINTMENTS_SHOWN]],
            coming=visits.filter(ends_at__gte=moment).exclude(status=Visit.Status.CANCELLED)[:30],
            past=visits.filter(ends_at__lt=moment).order_by("-starts_at")[:30],
            schedules=schedules.select_related("service_type").prefetch_related("assignment_rules__member"),
            columns=COLUMNS[1:],
            shared=Schedule.objects.visible_to(user).active().filter(sharers__client=client).select_related("client"),  # type: ignore[arg-type]
            may_plan=user.has_perm("scheduling.add_schedule"),
            **kwargs,
        )


class UnfilledPage(Page):
    """Open visits ahead, each with its best suggestions and a button that assigns."""

    permission = "scheduling.change_visit"
    template_name = "scheduling/visit_unfilled.html"
    limit = 100

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = UnfilledFilter(self.request.GET or {"days": 7})
        asked = form.cleaned_data if form.is_valid() else {}
        visits = Visit.objects.visible_to(self.request.user).open().with_people()  # type: ignore[arg-type]
        moment = now()
        visits = (
            visits.filter(ends_at__gt=moment, starts_at__lt=moment + dt.timedelta(days=asked.get("days") or 7))
            .order_by("starts_at", "id")
            .prefetch_related("followers__client")
        )
        branch = current_branch(self.request)
        visits = visits.filter(branch=branch) if branch else visits
        if asked.get("service_type"):
            visits = visits.filter(service_type=asked["service_type"])
        total = visits.count()
        offers = OfferedVisit.objects.filter(visit=OuterRef("pk"), is_open=True)
        visits = visits.annotate(open_offer=Subquery(offers.values("offer")[:1]))
        return super().get_context_data(
            filter_form=form, visits=visits[: self.limit], total=total, limit=self.limit, **kwargs
        )


class VisitSuggestions(Page):
    """Who could take this visit, best first, and who cannot and why."""

    permission = "scheduling.change_visit"
    template_name = "scheduling/visit_suggestions.html"

    def get_template_names(self) -> list[str]:
        is_fragment = getattr(self.request, "htmx", None) and not in_dialog(self.request)
        return ["scheduling/_suggestions.html" if is_fragment else self.template_name]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        visits = Visit.objects.visible_to(self.request.user).with_people()  # type: ignore[arg-type]
        visit = get_object_or_404(visits, pk=self.kwargs["pk"])
        rows = suggest_for_visit(visit)
        fitting = [row for row in rows if row.is_eligible]
        show = fitting if "all" in self.request.GET else fitting[:5]
        return super().get_context_data(
            visit=visit,
            suggestions=show,
            more=len(fitting) - len(show),
            refused=[row for row in rows if not row.is_eligible],
            may_override=self.request.user.has_perm("scheduling.override_rule"),
            **kwargs,
        )
