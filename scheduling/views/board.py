"""The week board, by caregiver and by client."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest
from django.utils.functional import cached_property

from clients.models import Client
from homecare.accounts.branch_choice import current_branch
from homecare.accounts.current_agency import agency_of
from homecare.clock import monday_of, now, today
from homecare.views import Page
from scheduling import board as drawn
from scheduling.board import BY_CAREGIVER, BY_CLIENT, OPEN_ROW, Board
from scheduling.forms.board import BoardFilter
from staff.models import Member

ROWS_PER_PAGE = 100


class BoardPage(Page):
    """One week as a table. Filters, week and arrangement are in the URL."""

    permission = "scheduling.view_visit"
    template_name = "scheduling/board.html"

    def get_template_names(self) -> list[str]:
        htmx = getattr(self.request, "htmx", None)
        return ["scheduling/_board_table.html" if htmx and htmx.target == "board" else self.template_name]

    @cached_property
    def filter(self) -> BoardFilter:
        form = BoardFilter(self.request.GET)
        form.is_valid()
        return form

    @cached_property
    def monday(self) -> dt.date:
        chosen = self.filter.cleaned_data.get("week")
        return monday_of(chosen or today(self.request.local_zone))  # type: ignore[attr-defined]

    @cached_property
    def board(self) -> Board:
        return board_for(self.request, self.monday, self.filter.cleaned_data.get("by", "")).read()

    def people(self) -> Any:
        """The rows: caregivers, or clients with visits in the week."""
        asked = self.filter.cleaned_data
        rows: Any
        if self.board.by == BY_CLIENT:
            rows = Client.objects.visible_to(self.request.user).filter(pk__in=self.board.row_ids)  # type: ignore[arg-type]
        else:
            rows = Member.objects.visible_to(self.request.user).select_related("role")  # type: ignore[arg-type]
            rows = rows.filter(Q(status=Member.Status.ACTIVE) | Q(pk__in=self.board.row_ids - {OPEN_ROW}))
            if asked.get("role"):
                rows = rows.filter(role=asked["role"])
            if asked.get("only_with_visits"):
                rows = rows.filter(pk__in=self.board.row_ids)
        if self.board.branch is not None:
            rows = rows.filter(branch=self.board.branch)
        for word in (asked.get("q") or "").split():
            rows = rows.filter(Q(last_name__icontains=word) | Q(first_name__icontains=word))
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        board = self.board
        page = Paginator(list(self.people()), ROWS_PER_PAGE).get_page(self.request.GET.get("page"))
        if board.by == BY_CLIENT:
            rows = [(row.pk, drawn.client_head(board, row)) for row in page.object_list]
        else:
            rows = [(OPEN_ROW, drawn.open_head(board))]
            rows += [(row.pk, drawn.member_head(board, row)) for row in page.object_list]
        week = dt.timedelta(days=7)
        return super().get_context_data(
            board=board,
            filter_form=self.filter,
            page_obj=page,
            rows=drawn.body_html(board, rows),
            is_empty=not page.object_list,
            day_heads=drawn.day_heads(board, today(self.request.local_zone)),  # type: ignore[attr-defined]
            state_icons=drawn.state_icons(),
            previous_week=self.monday - week,
            next_week=self.monday + week,
            this_week=monday_of(today(self.request.local_zone)),  # type: ignore[attr-defined]
            last_day=self.monday + dt.timedelta(days=6),
            may_change=self.request.user.has_perm("scheduling.change_visit"),
            **kwargs,
        )


def board_for(request: HttpRequest, monday: dt.date, by: str) -> Board:
    """An empty board of that week for this person; `read` fills it."""
    return Board(
        request.user,
        monday,
        BY_CLIENT if by == BY_CLIENT else BY_CAREGIVER,
        current_branch(request),
        request.local_zone,  # type: ignore[attr-defined]
        late_before=now() - dt.timedelta(minutes=agency_of(request).grace_minutes),
    )


def board_week(request: HttpRequest) -> dt.date | None:
    """The Monday of the board a dialog was opened from, as its address says; None when there is none."""
    try:
        return monday_of(dt.date.fromisoformat(request.GET.get("board", "")))
    except ValueError:
        return None


def touched_cells(request: HttpRequest, before: Any, after: Any) -> str:
    """The cells a change touches, and the hours of whom it touches, to be swapped on the board the person looks at."""
    board = board_for(request, board_week(request) or before.starts_at.date(), request.GET.get("by", ""))
    by = board.by
    rows = {before.client_id} if by == BY_CLIENT else {before.caregiver_id, after.caregiver_id}
    only = Q(client__in=rows) if by == BY_CLIENT else Q(caregiver__in=rows - {None})
    if by == BY_CAREGIVER and None in rows:
        only |= Q(caregiver=None)
    board.read(only)
    ids = {row or OPEN_ROW for row in rows}
    parts = [board.cell(row, day, swap=True) for row in ids for day in board.days]
    if by == BY_CAREGIVER:
        members = Member.objects.visible_to(request.user).select_related("role").filter(pk__in=ids)  # type: ignore[arg-type]
        parts += [drawn.member_head(board, member, swap=True) for member in members]
        if OPEN_ROW in ids:
            parts.append(drawn.open_head(board, swap=True))
    return drawn.swapped(parts)
