"""What phones sent and could not be carried out: shown until a person has dealt with it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, cast

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from careplans.models import PlannedTask
from careplans.models.vital import VitalKind
from homecare.accounts.models import User
from homecare.views import FormPage, ListPage, ScopedMixin
from scheduling.forms.approval import ApplyForm, NoteForm
from scheduling.models import ClockEvent, PhoneEvent, Visit, VisitTask
from scheduling.phone_reasons import Why
from scheduling.services.phone_event import HANDLERS, apply_event, mark_reviewed

CHANGE = "scheduling.change_visit"
NEARBY = dt.timedelta(days=2)
KINDS = {
    "clock_in": gettext_lazy("Clock in"),
    "clock_out": gettext_lazy("Clock out"),
    "task": gettext_lazy("Task"),
    "vitals": gettext_lazy("Vital signs"),
    "note": gettext_lazy("Note"),
    "confirm": gettext_lazy("Confirmation"),
    "device_code": gettext_lazy("Code of a device"),
    "correction": gettext_lazy("Correction of the times"),
}


@dataclass(frozen=True)
class Kept:
    """One kept act in the office's words."""

    event: PhoneEvent
    kind: str
    meaning: str
    why: str
    visit: Visit | None


def meaning_of(event: PhoneEvent, titles: dict[int, str]) -> str:
    """What the caregiver meant, in a line."""
    body = event.body
    if event.kind == "note":
        return str(body.get("text") or "")
    if event.kind == "correction":
        return f"{body.get('start') or '…'}–{body.get('end') or '…'} {body.get('reason') or ''}".strip()
    if event.kind == "device_code":
        kind = ClockEvent.Kind.OUT if body.get("kind") == "out" else ClockEvent.Kind.IN
        return f"{kind.label}: {body.get('code')}"
    if event.kind == "task":
        outcome = body.get("outcome")
        label = VisitTask.Outcome(outcome).label if outcome in VisitTask.Outcome.values else outcome
        title = titles.get(_number(body.get("planned_task")), _("a task that is not known"))
        return f"{title}: {label} {body.get('reason') or ''}".strip()
    if event.kind == "vitals" and isinstance(body.get("values"), dict):
        pairs = body["values"].items()
        return ", ".join(f"{dict(VitalKind.choices).get(kind, kind)} {value}" for kind, value in pairs)
    return ""


def _number(value: Any) -> int:
    return int(value) if str(value).isdigit() else 0


def kept_of(events: list[PhoneEvent], user: Any) -> list[Kept]:
    """The page's rows in three queries."""
    named = [event.visit_id for event in events if event.visit_id]
    visits = Visit.objects.visible_to(user).with_people().in_bulk(named)
    tasks = [_number(event.body.get("planned_task")) for event in events if event.kind == "task"]
    titles = dict(PlannedTask.objects.visible_to(user).filter(pk__in=tasks).values_list("pk", "title"))
    return [
        Kept(
            event,
            str(KINDS.get(event.kind, event.kind)),
            meaning_of(event, titles),
            str(dict(Why.choices).get(event.answer.get("why"), "")),
            visits.get(event.visit_id) if event.visit_id else None,
        )
        for event in events
    ]


class ReviewList(ListPage):
    """Kept acts, the newest first."""

    model = PhoneEvent
    permission = CHANGE
    template_name = "scheduling/review_list.html"
    paginate_by = 30

    def rows(self, queryset: Any) -> Any:
        wanted = self.request.GET.get("show")
        status = PhoneEvent.Status.REVIEWED if wanted == "reviewed" else PhoneEvent.Status.TO_REVIEW
        return queryset.filter(status=status).select_related("member__branch", "reviewed_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        is_done = self.request.GET.get("show") == "reviewed"
        tabs = [
            {"label": _("To review"), "url": "?", "is_current": not is_done},
            {"label": _("Reviewed"), "url": "?show=reviewed", "is_current": is_done},
        ]
        kept = kept_of(list(context["object_list"]), self.request.user)
        return {**context, "kept": kept, "tabs": tabs, "is_done": is_done, "applicable": list(HANDLERS)}


class ReviewPage(FormPage):
    """One decision about one kept act."""

    model = PhoneEvent
    permission = CHANGE
    title: Any = ""
    submit_label: Any = ""

    def get_queryset(self) -> Any:
        return self.model.objects.visible_to(cast(User, self.request.user)).select_related("member__branch")

    @cached_property
    def event(self) -> PhoneEvent:
        return ScopedMixin.scoped_object(self, pk=self.kwargs["pk"])  # type: ignore[arg-type]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kept = kept_of([self.event], self.request.user)[0]
        subtitle = f"{self.event.member.full_name} · {kept.kind} {kept.meaning}".strip()
        return super().get_context_data(
            title=self.title,
            subtitle=subtitle,
            submit_label=self.submit_label,
            cancel_url=reverse("scheduling:review-list"),
            **kwargs,
        )

    def get_success_url(self) -> str:
        return reverse("scheduling:review-list")


class ReviewApply(ReviewPage):
    """Carries the act out on the visit it belongs to."""

    form_class = ApplyForm
    title = gettext_lazy("To which visit does it belong?")
    submit_label = gettext_lazy("Apply to this visit")
    success_message = gettext_lazy("Applied to the visit.")

    def get_form_kwargs(self) -> dict[str, Any]:
        event = self.event
        visits = Visit.objects.visible_to(cast(User, self.request.user)).filter(caregiver=event.member)
        near = visits.between(event.at - NEARBY, event.at + NEARBY).exclude(status=Visit.Status.CANCELLED)
        return {**super().get_form_kwargs(), "visits": near.with_people().order_by("starts_at")}

    def perform(self, form: Any) -> PhoneEvent:
        return apply_event(self.event, form.cleaned_data["visit"], by=self.request.user)  # type: ignore[arg-type]


class ReviewDone(ReviewPage):
    """Nothing is to be carried out, or it was entered by hand."""

    form_class = NoteForm
    title = gettext_lazy("Mark as reviewed")
    submit_label = gettext_lazy("Mark as reviewed")
    success_message = gettext_lazy("Marked as reviewed.")

    def get_form_kwargs(self) -> dict[str, Any]:
        self.event  # noqa: B018 - 404 before anything is shown
        return super().get_form_kwargs()

    def perform(self, form: Any) -> PhoneEvent:
        return mark_reviewed(self.event, by=self.request.user, note=form.cleaned_data["note"])  # type: ignore[arg-type]
