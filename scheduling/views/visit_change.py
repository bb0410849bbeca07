"""Changing one visit: plan, assign, move, edit, cancel. The board gets its cells back."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.errors import DomainError, toast
from homecare.views import FormPage
from scheduling.forms.visit import AssignForm, CancelForm, MoveForm, NewVisitForm, VisitForm, default_day
from scheduling.models import Visit
from scheduling.placement import OverrideNeeded
from scheduling.services.double_up import move_together
from scheduling.services.visit import assign_visit, cancel_visit, create_visit, move_visit, update_visit
from scheduling.views.board import is_from_board, touched_cells
from scheduling.views.board_moves import remember
from scheduling.wording import span
from staff.models import Member


class VisitCreate(FormPage):
    permission = "scheduling.add_visit"
    form_class = NewVisitForm
    success_message = gettext_lazy("The visit is planned.")
    extra_context = {"heading": gettext_lazy("Plan a visit"), "submit_label": gettext_lazy("Plan the visit")}

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_initial(self) -> dict[str, Any]:
        asked = {name: self.request.GET[name] for name in ("client", "day", "caregiver") if name in self.request.GET}
        return {"day": default_day(self.request.local_zone)} | asked  # type: ignore[attr-defined]

    def perform(self, form: Any) -> Visit:
        data = form.cleaned_data
        starts_at, ends_at = form.span
        return create_visit(
            data["client"],
            service_type=data["service_type"],
            starts_at=starts_at,
            ends_at=ends_at,
            caregiver=data["caregiver"],
            note=data["note"],
            by=self.request.user,  # type: ignore[arg-type]
            override_reason=data["override_reason"],
        )


class ChangePage(FormPage):
    """A form about one existing visit. From the board (`?board=<key>`) it answers with the touched cells."""

    permission = "scheduling.change_visit"
    result: Visit

    moved: Sequence[tuple[Visit, Visit]] = ()
    """(as it was, as it is) of each visit when others moved along."""

    @property
    def pairs(self) -> Sequence[tuple[Visit, Visit]]:
        """(as it was, as it is) of each visit the change touches: of those who share it too."""
        own = self.moved or [(self.before, self.result)]
        if not self.others_before:
            return own
        known = {row.pk for _was, row in own}
        fresh = Visit.objects.with_people().in_bulk([row.pk for row in self.others_before])
        return [*own, *((was, fresh[was.pk]) for was in self.others_before if was.pk not in known)]

    @cached_property
    def others_before(self) -> list[Visit]:
        """Those who share the visit, as the person saw them."""
        return list(self.visit.sharing.with_people())

    def move(self, *, together: bool, **asked: Any) -> Visit:
        """Moves the visit, alone or with its partners of a double-up."""
        partners = list(self.visit.partners) if together else []
        before = {row.pk: copy.copy(row) for row in (self.visit, *partners)}
        move = {"by": self.request.user, **asked}
        rows = move_together(self.visit, **move) if together else [move_visit(self.visit, **move)]
        self.moved = [(before[row.pk], row) for row in rows]
        return rows[0]

    @cached_property
    def visit(self) -> Visit:
        rows = Visit.objects.visible_to(self.request.user).with_people()  # type: ignore[arg-type]
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @cached_property
    def before(self) -> Visit:
        """The visit as the person saw it."""
        return copy.copy(self.visit)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user, "visit": self.visit}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        visit = self.visit
        when = span(visit.starts_at, visit.ends_at, visit.branch.time_zone)
        return super().get_context_data(
            visit=visit,
            subtitle=f"{visit.client.full_name} · {when}",
            cancel_url=visit.get_absolute_url(),
            **kwargs,
        )

    @property
    def is_on_board(self) -> bool:
        return is_from_board(self.request) and bool(getattr(self.request, "htmx", False))

    def form_valid(self, form: Any) -> HttpResponse:
        _unused = self.before, self.others_before
        return super().form_valid(form)

    def succeed(self) -> HttpResponse:
        if not self.is_on_board:
            return super().succeed()
        cells = touched_cells(self.request, [visit for pair in self.pairs for visit in pair])
        response = HttpResponse(cells.html)
        response["HX-Reswap"] = "none"
        toast(response, self.board_message())
        moved = {"visit": self.result.pk, "redraw": cells.redraw}
        events = json.loads(response["HX-Trigger"]) | {"dialog:close": True, "board:moved": moved}
        if key := remember(self.request, [pair for pair in self.pairs if pair[1].leader_id is None]):
            events["toast"]["action"] = {"label": _("Undo"), "event": "board:undo", "detail": key}
        response["HX-Trigger"] = json.dumps(events)
        return response

    def board_message(self) -> str:
        visit = self.result
        when = span(visit.starts_at, visit.ends_at, visit.branch.time_zone)
        who = visit.caregiver.full_name if visit.caregiver else _("nobody yet")
        return _("%(client)s: %(when)s, %(caregiver)s.") % {
            "client": visit.client.short_name,
            "when": when,
            "caregiver": who,
        }

    def refuse(self, form: Any, error: DomainError) -> HttpResponse:
        """A drag that a rule blocks answers with the sentence alone; one that needs a reason opens the dialog."""
        if "drag" in self.request.POST and not isinstance(error, OverrideNeeded):
            response = toast(HttpResponse(status=409), error.message, "danger")
            response["HX-Reswap"] = "none"
            return response
        return super().refuse(form, error)


class VisitMove(ChangePage):
    form_class = MoveForm
    success_message = gettext_lazy("The visit is moved.")
    extra_context = {"heading": gettext_lazy("Move the visit"), "submit_label": gettext_lazy("Move")}

    def perform(self, form: Any) -> Visit:
        data = form.cleaned_data
        return self.move(
            together=bool(data.get("together")),
            starts_at=form.starts_at,
            caregiver=data["caregiver"],
            override_reason=data["override_reason"],
            version=data["version"],
        )


class VisitAssign(ChangePage):
    form_class = AssignForm
    template_name = "scheduling/visit_assign.html"
    success_message = gettext_lazy("The caregiver is assigned.")
    extra_context = {"heading": gettext_lazy("Who comes?"), "submit_label": gettext_lazy("Assign")}

    def get_initial(self) -> dict[str, Any]:
        chosen = self.request.GET.get("caregiver")
        return {"caregiver": chosen} if chosen else {}

    def perform(self, form: Any) -> Visit:
        data = form.cleaned_data
        return assign_visit(
            self.visit,
            data["caregiver"],
            by=self.request.user,  # type: ignore[arg-type]
            override_reason=data["override_reason"],
            version=data["version"],
        )

    def refuse(self, form: Any, error: DomainError) -> HttpResponse:
        if "one_click" in self.request.POST and not isinstance(error, OverrideNeeded):
            response = toast(HttpResponse(status=409), error.message, "danger")
            response["HX-Reswap"] = "none"
            return response
        return super().refuse(form, error)

    def succeed(self) -> HttpResponse:
        if "one_click" not in self.request.POST or self.is_on_board:
            return super().succeed()
        caregiver: Member | None = self.result.caregiver
        text = _("%(caregiver)s takes this visit.") % {"caregiver": caregiver.full_name if caregiver else ""}
        response = toast(HttpResponse(_filled(self.result, text)), text)
        response["HX-Retarget"] = f"#open-{self.result.pk}"
        response["HX-Reswap"] = "outerHTML"
        return response


def _filled(visit: Visit, text: str) -> str:
    from django.template.loader import render_to_string

    return render_to_string("scheduling/_visit_filled.html", {"visit": visit, "text": text})


class VisitUpdate(ChangePage):
    form_class = VisitForm
    success_message = gettext_lazy("The visit is changed.")
    extra_context = {"heading": gettext_lazy("Edit the visit"), "submit_label": gettext_lazy("Save")}

    def perform(self, form: Any) -> Visit:
        data = form.cleaned_data
        return update_visit(
            self.visit,
            starts_at=form.starts_at,
            ends_at=form.ends_at,
            caregiver=data["caregiver"],
            service_type=data["service_type"],
            note=data["note"],
            by=self.request.user,  # type: ignore[arg-type]
            override_reason=data["override_reason"],
            version=data["version"],
        )


class VisitCancel(ChangePage):
    form_class = CancelForm
    success_message = gettext_lazy("The visit is cancelled.")
    extra_context = {
        "heading": gettext_lazy("Cancel the visit"),
        "submit_label": gettext_lazy("Cancel the visit"),
        "danger": True,
    }

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = FormPage.get_form_kwargs(self)
        return kwargs | {"initial": {"version": self.visit.version}, "visit": self.visit}

    def perform(self, form: Any) -> Visit:
        data = form.cleaned_data
        return cancel_visit(
            self.visit,
            reason=data["reason"],
            by=self.request.user,  # type: ignore[arg-type]
            version=data["version"],
            for_everybody=bool(data.get("for_everybody")),
        )

    def board_message(self) -> str:
        return _("The visit is cancelled.")

    def get_success_url(self) -> str:
        return reverse("scheduling:visit-detail", args=[self.visit.pk])
