"""What a board shows to whom: its view, days, team and rows, read from the address."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest

from clients.models import Client
from homecare.accounts.branch_choice import current_branch
from homecare.accounts.current_agency import agency_of
from homecare.accounts.models import Branch
from homecare.clock import monday_of, now, today
from homecare.dates import written
from scheduling.board import BY_CAREGIVER, BY_CLIENT, DAY_VIEW, MAP, OPEN_ROW, SHEETS, WEEK, Board
from scheduling.board_day import Axis, DayBoard
from scheduling.board_hours import hours_of, overtime_numbers
from scheduling.forms.board import ALL, MY_TEAM, BoardFilter
from scheduling.travel import Times
from scheduling.wording import day as day_in_words
from staff.models import Member, Team

ROWS_PER_PAGE = 100
DAY = dt.timedelta(days=1)


class Scope:
    """One request for a board. Everything is read at most once, and only for the rows that are drawn."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user: Any = request.user
        self.branch: Branch | None = current_branch(request)
        self.zone_name: str = request.local_zone  # type: ignore[attr-defined]

    @cached_property
    def teams(self) -> list[Team]:
        rows = Team.objects.visible_to(self.user)
        rows = rows.filter(branch=self.branch) if self.branch else rows
        own = Team.coordinators.through.objects.filter(team=OuterRef("pk"), user=self.user)
        return list(rows.annotate(is_mine=Exists(own)))

    @cached_property
    def my_team(self) -> Team | None:
        return next((team for team in self.teams if team.is_mine), None)  # type: ignore[attr-defined]

    @cached_property
    def filter(self) -> BoardFilter:
        form = BoardFilter(self.request.GET, user=self.user, teams=self.teams, mine=self.my_team)
        form.is_valid()
        return form

    @property
    def filter_form(self) -> BoardFilter:
        """The filter as the page draws it: its date is the one that is shown."""
        self.filter.stand_on(self.first)
        return self.filter

    @property
    def asked(self) -> dict[str, Any]:
        return self.filter.cleaned_data

    @cached_property
    def team(self) -> Team | None:
        """The team that is shown; None: everybody."""
        chosen = self.asked.get("team", MY_TEAM)
        if chosen == ALL or self.asked.get("caregiver"):
            return None
        if chosen == MY_TEAM:
            return self.my_team
        return next((team for team in self.teams if str(team.pk) == chosen), None)

    @cached_property
    def view(self) -> str:
        return self.asked.get("view") or WEEK

    @cached_property
    def by(self) -> str:
        return BY_CLIENT if self.asked.get("by") == BY_CLIENT and self.view != MAP else BY_CAREGIVER

    @cached_property
    def today(self) -> dt.date:
        return today(self.zone_name)

    @cached_property
    def days(self) -> int:
        """Seven in the week's view and its sheets."""
        is_week = self.view == WEEK or (self.view == SHEETS and not self.asked.get("day"))
        return 7 if is_week else 1

    @cached_property
    def first(self) -> dt.date:
        """The first day shown: a Monday when it is a week."""
        chosen = self.asked.get("week") or self.asked.get("day")
        if self.days == 7:
            return monday_of(chosen or self.today)
        return self.asked.get("day") or chosen or self.today

    @property
    def last(self) -> dt.date:
        """The last day shown."""
        return self.first + (self.days - 1) * DAY

    @property
    def day_of(self) -> dt.date:
        """The day that opens from here: today when it is in the week shown."""
        if self.first <= self.today < self.first + self.days * DAY:
            return self.today
        return self.first

    @property
    def week_of(self) -> dt.date:
        return monday_of(self.first)

    @property
    def title(self) -> str:
        if self.days == 1:
            return day_in_words(self.first)
        return f"{written(self.first)} – {day_in_words(self.last)}"

    @property
    def table_template(self) -> str:
        return f"scheduling/_board_{self.view if self.view in (MAP, SHEETS) else 'table'}.html"

    def board(self, rows: set[int] | None) -> Board:
        """An empty board of these rows; `read` fills it."""
        return new_board(self.request, self.first, self.by, rows, is_day=self.view in (DAY_VIEW, MAP) or self.days == 1)

    @cached_property
    def page(self) -> Page:
        """The rows shown: caregivers, or clients with visits then."""
        rows = self._clients() if self.by == BY_CLIENT else self._members()
        if self.branch is not None:
            rows = rows.filter(branch=self.branch)
        for word in (self.asked.get("q") or "").split():
            rows = rows.filter(Q(last_name__icontains=word) | Q(first_name__icontains=word))
        return Paginator(rows, ROWS_PER_PAGE).get_page(self.request.GET.get("page"))

    def _members(self) -> Any:
        rows = Member.objects.visible_to(self.user).select_related("role", "branch")
        if self.asked.get("caregiver"):
            return rows.filter(pk=self.asked["caregiver"].pk)
        busy = Q(pk__in=self.board(None).visits().exclude(caregiver=None).values("caregiver"))
        rows = rows.filter(busy if self.asked.get("only_with_visits") else Q(status=Member.Status.ACTIVE) | busy)
        if self.team:
            rows = rows.filter(teams=self.team)
        return rows.filter(role=self.asked["role"]) if self.asked.get("role") else rows

    def _clients(self) -> Any:
        visits = self.board(None).visits()
        if self.team:
            visits = visits.filter(Q(caregiver__teams=self.team) | Q(caregiver=None))
        return Client.objects.visible_to(self.user).filter(pk__in=visits.values("client"))

    @cached_property
    def row_ids(self) -> set[int]:
        ids = {row.pk for row in self.page.object_list}
        return ids if self.by == BY_CLIENT else ids | {OPEN_ROW}

    def filled(self) -> Board:
        """The board with its visits, and with hours where its rows are caregivers."""
        board = self.board(self.row_ids).read()
        if self.by == BY_CAREGIVER:
            read_hours(self.request, board, list(self.page.object_list))
        return board


def new_board(
    request: HttpRequest, first: dt.date, by: str, rows: set[int] | None, *, is_day: bool, axis: Axis | None = None
) -> Board:
    """An empty board of that time for this person."""
    agency, zone_name = agency_of(request), request.local_zone  # type: ignore[attr-defined]
    shared = (request.user, first, by, current_branch(request), zone_name, rows)
    late_before = now() - dt.timedelta(minutes=agency.grace_minutes)
    if not is_day:
        return Board(*shared, late_before=late_before)
    travel = Times(agency.travel_speed_kmh, float(agency.travel_factor))
    return DayBoard(*shared, late_before=late_before, axis=axis, travel=travel)


def read_hours(request: HttpRequest, board: Board, members: list[Member]) -> None:
    board.worked = hours_of(members, board.monday, overtime_numbers(agency_of(request)))


def named_board(request: HttpRequest, rows: set[int] | None) -> Board | None:
    """The board a dialog or a drag came from, as `?board=<key>` says; None when there is none."""
    key = request.GET.get("board", "")
    by = BY_CLIENT if request.GET.get("by") == BY_CLIENT else BY_CAREGIVER
    try:
        if key.startswith(DayBoard.prefix):
            day, axis = DayBoard.parse(key)
            return new_board(request, day, by, rows, is_day=True, axis=axis)
        return new_board(request, monday_of(dt.date.fromisoformat(key)), by, rows, is_day=False)
    except ValueError:
        return None
