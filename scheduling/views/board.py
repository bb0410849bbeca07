"""The board's page (week, day, map), and the cells a change sends back to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property

from homecare.audit.models import Event
from homecare.audit.services.event import record
from homecare.clock import monday_of
from homecare.csv_export import csv_response
from homecare.views import Page
from scheduling import board as drawn
from scheduling.board import BY_CAREGIVER, BY_CLIENT, MAP, OPEN_ROW, SHEETS, Board
from scheduling.board_changes import Cursor
from scheduling.board_day import DayBoard
from scheduling.board_export import csv_header, csv_rows, sheets
from scheduling.board_map import HEIGHT, WIDTH, routes, tiles
from scheduling.models import Visit
from scheduling.views.board_scope import Scope, named_board, read_hours
from staff.models import Member


class BoardPage(Page):
    """Visits as a table. Filters, days and arrangement are in the URL."""

    permission = "scheduling.view_visit"
    template_name = "scheduling/board.html"

    def get_template_names(self) -> list[str]:
        htmx = getattr(self.request, "htmx", None)
        return [self.scope.table_template if htmx and htmx.target == "board" else self.template_name]

    @cached_property
    def scope(self) -> Scope:
        return Scope(self.request)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.GET.get("export") == "csv":
            return self.export()
        return super().get(request, *args, **kwargs)

    def export(self) -> HttpResponse:
        """The rows that are shown as a file; the trail keeps that they were taken away."""
        scope = self.scope
        lines = list(csv_rows(scope.filled(), scope.page.object_list))
        record("visit.exported", None, by=scope.user, kind=Event.Kind.EXPORT, changes={"rows": len(lines)})
        return csv_response(f"board-{scope.first}.csv", csv_header(), lines)  # type: ignore[return-value]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        scope, cursor = self.scope, Cursor.now()
        board, step = scope.filled(), dt.timedelta(days=scope.days)
        export = self.request.GET.copy()
        export["export"] = "csv"
        return super().get_context_data(
            scope=scope,
            board=board,
            cursor=str(cursor),
            filter_form=scope.filter_form,
            page_obj=scope.page,
            is_empty=not scope.page.object_list,
            state_icons=drawn.state_icons(),
            span_key="week" if scope.days == 7 else "day",
            previous=scope.first - step,
            next=scope.first + step,
            present=monday_of(scope.today) if scope.days == 7 else scope.today,
            may_change=self.request.user.has_perm("scheduling.change_visit"),
            export_query=export.urlencode(),
            **self.content(board),
            **kwargs,
        )

    def content(self, board: Board) -> dict[str, Any]:
        """What the view itself shows."""
        scope = self.scope
        if scope.view == SHEETS:
            return {"sheets": sheets(board, scope.page.object_list)}
        if isinstance(board, DayBoard) and scope.view == MAP:
            return map_of(board, scope)
        return {"rows": drawn.body_html(board, heads(scope, board)), "heads": board.column_heads(scope.today)}


def map_of(board: DayBoard, scope: Scope) -> dict[str, Any]:
    found, frame = routes(board, scope.page.object_list)
    shown = tiles(frame) if frame else []
    return {
        "routes": found,
        "has_places": frame is not None,
        "dots": sum(stop.place is not None and stop.mark is None for route in found for stop in route.stops),
        "tiles": shown,
        "tiles_credit": settings.MAP_TILES_CREDIT if shown else "",
        "width": WIDTH,
        "height": HEIGHT,
    }


def heads(scope: Scope, board: Board) -> list[tuple[int, str]]:
    """(row, its <th>) in the order they are shown."""
    people = scope.page.object_list
    if board.by == BY_CLIENT:
        return [(row.pk, drawn.client_head(row)) for row in people]
    return [(OPEN_ROW, drawn.open_head(board)), *((row.pk, drawn.member_head(board, row)) for row in people)]


def is_from_board(request: HttpRequest) -> bool:
    """Was this asked from a board, which wants its cells back?"""
    return named_board(request, set()) is not None


def touched_rows(by: str, visits: Iterable[Any]) -> set[int]:
    """The rows of a board on which these visits, as they were and as they are, stand."""
    if by == BY_CLIENT:
        return {visit.client_id for visit in visits}
    return {visit.caregiver_id or OPEN_ROW for visit in visits}


class Touched(NamedTuple):
    """Cells to be swapped; `redraw`: a visit stands beside the hours drawn, so the board asks for itself again."""

    html: str
    redraw: bool = False


def touched_cells(request: HttpRequest, visits: Iterable[Visit]) -> Touched:
    """The cells a change touches and the hours of whom it touches, to be swapped on the board the person looks at.
    `visits` holds each one as it was and as it is."""
    board = named_board(request, None)
    return Touched("") if board is None else cells_of(request, board, touched_rows(board.by, visits))


def cells_of(request: HttpRequest, board: Board, rows: set[int]) -> Touched:
    """These rows of the board anew, as they are now."""
    board.rows = rows
    board.read()
    parts = [board.cell(row, day, swap=True) for row in sorted(rows) for day in board.days]
    if board.by == BY_CAREGIVER:
        members = Member.objects.visible_to(request.user).select_related("role", "branch").filter(pk__in=rows)  # type: ignore[arg-type]
        read_hours(request, board, list(members))
        parts += [drawn.member_head(board, member, swap=True) for member in members]
        if OPEN_ROW in rows:
            parts.append(drawn.open_head(board, swap=True))
    return Touched(drawn.swapped(parts), board.is_cut)
