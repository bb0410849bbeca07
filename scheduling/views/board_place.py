"""Putting a visit down on the board, taking it back, and what the rules say before it is put down."""

from __future__ import annotations

import copy
import datetime as dt
import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from homecare.clock import at_local, day_bounds, local
from homecare.errors import Conflict, DomainError, toast
from homecare.views import PermissionMixin
from scheduling.board import BY_CLIENT, OPEN_ROW, Board
from scheduling.board_changes import last_change
from scheduling.board_day import DayBoard
from scheduling.board_verdicts import Spot, verdicts
from scheduling.forms.board import PlaceForm
from scheduling.models import Visit
from scheduling.services.undo_move import undo_moves
from scheduling.views.board import touched_cells
from scheduling.views.board_moves import forget, kept_move
from scheduling.views.board_scope import named_board
from scheduling.views.visit_change import ChangePage
from scheduling.wording import span
from staff.models import Member

MOST_ROWS = 120


def shown_rows(request: HttpRequest) -> set[int]:
    """The rows that stand on the asking board."""
    asked = {int(row) for row in request.GET.get("rows", "").split(",") if row.isdigit() and len(row) < 19}
    return set(sorted(asked)[:MOST_ROWS])


def dropped_at(visit: Visit, day: dt.date, minute: int | None, zone_name: str) -> dt.datetime:
    """The start that a place on the board means: so many minutes into the board's day, else the same time of day in
    the visit's own branch."""
    if minute is not None:
        return day_bounds(day, zone_name)[0] + dt.timedelta(minutes=minute)
    own = visit.branch.time_zone
    return at_local(day, local(visit.starts_at, own).time().replace(second=0, microsecond=0), own)


def moving_along(visit: Visit) -> list[Visit]:
    """Whose visits move too when this one gets another time."""
    return [row for row in visit.partners.select_related("caregiver", "service_type") if row.is_movable]


class VisitPlace(ChangePage):
    """A drop: another caregiver, time or length. A blocked one answers with the sentence, one that needs a reason or
    takes partners along with a dialog."""

    form_class = PlaceForm
    success_message = gettext_lazy("The visit is moved.")
    extra_context = {"heading": gettext_lazy("Move the visit"), "submit_label": gettext_lazy("Move")}

    @cached_property
    def partners(self) -> list[Visit]:
        return moving_along(self.visit)

    def asked(self, form: Any) -> tuple[dt.datetime, dt.datetime]:
        data, visit = form.cleaned_data, self.visit
        if data["keep"]:
            return visit.starts_at, visit.ends_at
        zone_name = self.request.local_zone  # type: ignore[attr-defined]
        starts_at = dropped_at(visit, data["day"], data["minute"], zone_name)
        length = visit.ends_at - visit.starts_at if data["length"] is None else dt.timedelta(minutes=data["length"])
        return starts_at, starts_at + length

    def form_valid(self, form: Any) -> HttpResponse:
        starts_at, ends_at = self.asked(form)
        moves_in_time = (starts_at, ends_at) != (self.visit.starts_at, self.visit.ends_at)
        if not (moves_in_time and self.partners):
            form.fields.pop("together")
        if "drag" in self.request.POST and moves_in_time and self.partners:
            return self._ask_about_partners(form)
        return super().form_valid(form)

    def _ask_about_partners(self, form: Any) -> HttpResponse:
        """Said before it happens: who else moves."""
        unbound = {"data": None, "files": None, "initial": form.cleaned_data | {"together": True}}
        shown = PlaceForm(**self.get_form_kwargs() | unbound)
        shown.fields.pop("override_reason")
        names = ", ".join(row.caregiver.full_name if row.caregiver else _("nobody yet") for row in self.partners)
        count = len(self.partners)
        shown.fields["together"].help_text = ngettext(
            "%(names)s comes at the same time and moves along, with the caregiver unchanged.",
            "%(names)s come at the same time and move along, with their caregivers unchanged.",
            count,
        ) % {"names": names}
        return self.render_to_response(self.get_context_data(form=shown, wanted=self.asked(form)))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form, wanted = kwargs.get("form"), kwargs.pop("wanted", None)
        if (
            wanted is None
            and form is not None
            and form.is_bound
            and {"day", "minute", "length", "keep"} <= form.cleaned_data.keys()
        ):
            wanted = self.asked(form)
        context = super().get_context_data(**kwargs)
        if wanted:
            context["subtitle"] = (
                f"{self.visit.client.full_name} · {span(wanted[0], wanted[1], self.visit.branch.time_zone)}"
            )
        return context

    def perform(self, form: Any) -> Visit:
        data = form.cleaned_data
        starts_at, ends_at = self.asked(form)
        return self.move(
            together=bool(data.get("together")),
            starts_at=starts_at,
            ends_at=ends_at,
            caregiver=data["caregiver"],
            override_reason=data.get("override_reason", ""),
            version=data["version"],
        )

    def refuse(self, form: Any, error: DomainError) -> HttpResponse:
        """Somebody else was first: who did what and when, and the board asks for the truth."""
        fresh = Visit.objects.with_people().get(pk=self.visit.pk)
        is_stale = isinstance(error, Conflict) and fresh.version != form.cleaned_data["version"]
        if is_stale:
            error = Conflict(_("%(what)s. The board now shows how it stands.") % {"what": last_change(fresh)})
        response = super().refuse(form, error)
        if is_stale:
            events = json.loads(response.get("HX-Trigger", "{}")) | {"board:stale": True}
            response["HX-Trigger"] = json.dumps(events)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """A drop with something impossible (another branch's row) says so; there is no field to put it beside."""
        said = next((str(text) for texts in form.errors.values() for text in texts), "")
        if "drag" not in self.request.POST or "override_reason" in form.errors or not said:
            return super().form_invalid(form)
        response = toast(HttpResponse(status=422), said, "danger")
        response["HX-Reswap"] = "none"
        return response


class VisitVerdicts(PermissionMixin, View):
    """One visit against every place of the board it was picked up on: asked once when it is picked up."""

    permission = "scheduling.change_visit"

    def get(self, request: HttpRequest, pk: int) -> JsonResponse:
        rows = Visit.objects.visible_to(request.user).with_people()  # type: ignore[arg-type]
        visit = get_object_or_404(rows, pk=pk).lead
        board = named_board(request, set())
        if board is None:
            return JsonResponse({"verdicts": {}}, status=400)
        spots, members = self._spots(visit, board)
        keys = [f"c-{row}-{day}" for row, day, _spot in spots]
        found = verdicts(visit, [spot for _row, _day, spot in spots], members, moving_along(visit))
        return JsonResponse({"verdicts": dict(zip(keys, found, strict=True))})

    def _spots(self, visit: Visit, board: Board) -> tuple[list[tuple[int, dt.date, Spot]], list[Member]]:
        """Of each shown row; by client the visit stays in its row and with its caregiver."""
        asked = shown_rows(self.request)
        if board.by == BY_CLIENT:
            rows, ids = [(visit.client_id, visit.caregiver_id or OPEN_ROW)], {visit.caregiver_id or OPEN_ROW}
        else:
            ids = asked
            rows = [(row, row) for row in sorted(ids)]
        members = Member.objects.visible_to(self.request.user).select_related("role").filter(pk__in=ids - {OPEN_ROW})  # type: ignore[arg-type]
        people = {member.pk: member for member in members}
        minute, length = (_number(self.request.GET.get(name)) for name in ("minute", "length"))
        span_of = dt.timedelta(minutes=length) if length else visit.ends_at - visit.starts_at
        spots = []
        for day in board.days:
            if isinstance(board, DayBoard) and minute is None:
                starts_at = visit.starts_at
            else:
                starts_at = dropped_at(visit, day, minute, board.zone_name)
            for shown, row in rows:
                if row == OPEN_ROW or row in people:
                    spots.append((shown, day, Spot(row, starts_at, starts_at + span_of)))
        return spots, list(people.values())


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() and len(text) < 6 else None


class BoardUndo(PermissionMixin, View):
    """Takes the last move (or the one named) back, as long as nobody has changed the visit since."""

    permission = "scheduling.change_visit"
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        key, earlier = kept_move(request, request.POST.get("move", ""))
        visible = Visit.objects.visible_to(request.user).with_people()  # type: ignore[arg-type]
        rows = {row.pk: row for row in visible.filter(pk__in=[one.visit_id for one in earlier])}
        before = [copy.copy(row) for row in rows.values()]
        moves = [(rows[one.visit_id], one) for one in earlier if one.visit_id in rows]
        undone = undo_moves(moves, by=request.user)  # type: ignore[arg-type]
        forget(request, key, {row.pk: row.version for row in undone})
        cells = touched_cells(request, [*before, *undone])
        response = HttpResponse(cells.html)
        response["HX-Reswap"] = "none"
        first = undone[0]
        when = span(first.starts_at, first.ends_at, first.branch.time_zone)
        toast(response, _("Taken back: %(client)s, %(when)s.") % {"client": first.client.short_name, "when": when})
        events = json.loads(response["HX-Trigger"]) | {"board:moved": {"visit": first.pk, "redraw": cells.redraw}}
        response["HX-Trigger"] = json.dumps(events)
        return response
