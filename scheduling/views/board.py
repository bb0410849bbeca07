"""The board's page (week, day, map), and the cells a change sends back to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.utils.functional import cached_property

from homecare.views import Page
from scheduling import board as drawn
from scheduling.board import BY_CAREGIVER, BY_CLIENT, OPEN_ROW, WEEK, Board
from scheduling.board_changes import Cursor
from scheduling.models import Visit
from scheduling.views.board_scope import Scope, named_board, read_hours
from staff.models import Member

DAY = dt.timedelta(days=1)


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

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        scope, cursor = self.scope, Cursor.now()
        board, step = scope.filled(), dt.timedelta(days=scope.days)
        return super().get_context_data(
            scope=scope,
            board=board,
            cursor=str(cursor),
            filter_form=scope.filter,
            page_obj=scope.page,
            rows=drawn.body_html(board, heads(scope, board)),
            is_empty=not scope.page.object_list,
            heads=board.column_heads(scope.today),
            state_icons=drawn.state_icons(),
            span_key="week" if scope.view == WEEK else "day",
            previous=scope.first - step,
            next=scope.first + step,
            present=scope.today - DAY * scope.today.weekday() if scope.view == WEEK else scope.today,
            last_day=board.days[-1],
            may_change=self.request.user.has_perm("scheduling.change_visit"),
            **kwargs,
        )


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
