"""The week board: caregiver × day (or client × day) cells with a chip for each visit (docs/board.md).

The HTML of a chip, a cell and a row is made here, by plain functions with `escape`, because a board has thousands of
chips: one function writes 2,500 of them in the time a template include takes for 400 (measured). A move re-renders the
two cells it touches, never the board.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Self

from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from homecare.accounts.models import Branch
from homecare.clock import day_bounds, local, minutes_between, monday_of, now
from homecare.icons import shapes
from homecare.status_looks import look_of
from scheduling.board_hours import Worked, hours_html
from scheduling.models import ServiceType, Visit
from scheduling.wording import hours
from staff.models import TimeOff

BY_CAREGIVER, BY_CLIENT = "caregiver", "client"
WEEK, DAY_VIEW, MAP, SHEETS = "week", "day", "map", "sheets"
OPEN_ROW = 0
OTHER_ZONES = dt.timedelta(hours=12)
TODAY = mark_safe(' class="is-today" aria-current="date"')
SWAP = ' hx-swap-oob="true"'
DAY = dt.timedelta(days=1)
STATES = ("unfilled", "late", *Visit.Status.values)


class Chip(NamedTuple):
    """What a chip shows of a visit."""

    id: int
    version: int
    status: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    caregiver_id: int | None
    client_id: int
    client_last: str
    client_first: str
    member_first: str | None
    member_preferred: str | None
    member_last: str | None
    service: str
    colour: int
    time_zone: str
    mode: str
    time_weight: int = 1
    time_total: int = 1
    others: str = ""
    """The first names of those who share the visit."""

    @property
    def is_shared(self) -> bool:
        return self.time_total > self.time_weight

    @property
    def is_remote(self) -> bool:
        """By telephone or video: nobody goes anywhere."""
        return self.mode != ServiceType.Mode.IN_PERSON

    @property
    def client(self) -> str:
        return f"{self.client_last} {self.client_first[:1]}.{self.others and f' + {self.others}'}"

    @property
    def caregiver(self) -> str:
        if self.caregiver_id is None:
            return _("Unfilled")
        return f"{self.member_preferred or self.member_first} {(self.member_last or '')[:1]}."

    def state(self, late_before: dt.datetime) -> str:
        """The visit's status, or what is more urgent about it: unfilled, late."""
        if self.status in Visit.OPEN_STATUSES:
            if self.caregiver_id is None:
                return "unfilled"
            if self.starts_at < late_before:
                return "late"
        return self.status


CHIP_FIELDS = (
    "id",
    "version",
    "status",
    "starts_at",
    "ends_at",
    "caregiver_id",
    "client_id",
    "client__last_name",
    "client__first_name",
    "caregiver__first_name",
    "caregiver__preferred_name",
    "caregiver__last_name",
    "service_type__name",
    "service_type__colour",
    "branch__time_zone",
    "service_type__mode",
    "time_weight",
    "time_total",
)


class Away(NamedTuple):
    """Approved time off that touches the board."""

    member_id: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    reason: str


Cells = dict[tuple[int, dt.date], list[Chip]]


@dataclass
class Board:
    """The visits of one week, arranged. `user` decides which rows there are to see; `rows` are those that are drawn
    (None: all), so that a team costs a team's work and not the whole agency's."""

    user: Any
    first: dt.date
    by: str = BY_CAREGIVER
    branch: Branch | None = None
    zone_name: str = "UTC"
    rows: set[int] | None = None
    cells: Cells = field(default_factory=lambda: defaultdict(list))
    away: dict[int, list[Away]] = field(default_factory=lambda: defaultdict(list))
    worked: dict[int, Worked] = field(default_factory=dict)
    late_before: dt.datetime = field(default_factory=now)

    view: ClassVar[str] = WEEK
    length: ClassVar[int] = 7

    is_cut: ClassVar[bool] = False
    """Does a visit stand outside what is drawn?"""

    @property
    def key(self) -> str:
        """How an address names this board, so that a dialog opened from it can answer with its cells."""
        return str(self.first)

    @property
    def monday(self) -> dt.date:
        return monday_of(self.first)

    @property
    def days(self) -> list[dt.date]:
        return [self.first + number * DAY for number in range(self.length)]

    @property
    def bounds(self) -> tuple[dt.datetime, dt.datetime]:
        """The board's days in UTC."""
        return day_bounds(self.first, self.zone_name)[0], day_bounds(self.days[-1], self.zone_name)[1]

    def visits(self, only: Q | None = None) -> Any:
        """What may be on the board; cancelled visits are not. A little wider than its days for branches in other
        zones: each visit's own zone says which day it is on."""
        first, last = self.bounds
        found = Visit.objects.visible_to(self.user).exclude(status=Visit.Status.CANCELLED)
        found = found.filter(only or Q(), starts_at__gte=first - OTHER_ZONES, starts_at__lt=last + OTHER_ZONES)
        return self.drawn(found)

    def drawn(self, found: Any) -> Any:
        """Of the board's branch; by caregiver a shared visit is drawn once, by client at each."""
        found = found.leading() if self.by == BY_CAREGIVER else found
        return found.filter(branch=self.branch) if self.branch is not None else found

    def read(self, only: Q | None = None) -> Self:
        """Reads the visits of the rows to draw and, by caregiver, their approved time off."""
        wanted = (only or Q()) & self._rows_wanted()
        chips = [Chip(*row) for row in self.visits(wanted).order_by("starts_at", "id").values_list(*CHIP_FIELDS)]
        others = shared_names([chip.id for chip in chips if chip.is_shared]) if self.by == BY_CAREGIVER else {}
        for chip in chips:
            self._add(chip._replace(others=others[chip.id]) if chip.id in others else chip)
        if self.by == BY_CAREGIVER:
            self._read_people()
        return self

    def _rows_wanted(self) -> Q:
        if self.rows is None:
            return Q()
        if self.by == BY_CLIENT:
            return Q(client__in=self.rows)
        wanted = Q(caregiver__in=self.rows - {OPEN_ROW})
        return wanted | Q(caregiver=None) if OPEN_ROW in self.rows else wanted

    def _read_people(self) -> None:
        first, last = self.bounds
        off = TimeOff.objects.visible_to(self.user).approved()
        off = off.filter(starts_at__lt=last + OTHER_ZONES, ends_at__gt=first - OTHER_ZONES)
        if self.rows is not None:
            off = off.filter(member__in=self.rows - {OPEN_ROW})
        for row in off.values_list("member_id", "starts_at", "ends_at", "reason"):
            self.away[row[0]].append(Away(*row))

    def _add(self, chip: Chip) -> None:
        day = local(chip.starts_at, chip.time_zone).date()
        if self.first <= day < self.first + self.length * DAY:
            self.cells[self.row_of(chip), day].append(chip)

    def row_of(self, chip: Chip) -> int:
        if self.by == BY_CLIENT:
            return chip.client_id
        return chip.caregiver_id or OPEN_ROW

    @property
    def row_ids(self) -> set[int]:
        """Rows that have a visit on the board."""
        return {row for row, _day in self.cells}

    def cell(self, row: int, day: dt.date, *, swap: bool = False) -> str:
        """One <td>; `swap` marks it for replacing the one on the page."""
        chips = "".join(self.chip(chip) for chip in self.cells.get((row, day), ()))
        return (
            f'<td id="c-{row}-{day}" class="cell" data-row="{row}" data-day="{day}"'
            f"{SWAP if swap else ''}>{self._off(row, day)}{chips}</td>"
        )

    def _off(self, row: int, day: dt.date) -> str:
        first, last = day_bounds(day, self.zone_name)
        return "".join(
            f'<div class="chip-off">{escape(_("Off"))} · {escape(TimeOff.Reason(away.reason).label)}</div>'
            for away in self.away.get(row, ())
            if away.starts_at < last and away.ends_at > first
        )

    def chip(self, chip: Chip, place: str = "", more: str = "") -> str:
        """One visit as a button: time, whom, state as icon and word, colour of the service. `place`: classes and
        attributes that say where it stands; `more`: what follows inside."""
        state = chip.state(self.late_before)
        start, end = local(chip.starts_at, chip.time_zone), local(chip.ends_at, chip.time_zone)
        other = chip.caregiver if self.by == BY_CLIENT else chip.client
        movable = "1" if chip.status in Visit.OPEN_STATUSES else ""
        return (
            f'<button type="button" id="v-{chip.id}" class="chip chip-c{chip.colour} is-{state}{place}" tabindex="-1"'
            f' data-visit="{chip.id}" data-version="{chip.version}"'
            f' data-caregiver="{chip.caregiver_id or ""}" data-movable="{movable}">'
            f'<span class="chip-time">{start:%H:%M}–{end:%H:%M}</span>'
            f'<span class="chip-who">{escape(other)}</span>'
            f'<span class="chip-state"><svg class="icon" aria-hidden="true"><use href="#state-{state}"/></svg>'
            f"{escape(state_word(state))}</span>"
            f'<span class="visually-hidden">, {escape(chip.service)}</span>{more}</button>'
        )

    def column_heads(self, today: dt.date) -> SafeString:
        """The days as the table's columns."""
        return format_html_join(
            "",
            '<th scope="col"{}>{}</th>',
            ((TODAY if day == today else "", date_format(day, "D j M")) for day in self.days),
        )

    def open_minutes(self) -> int:
        """Minutes of the unfilled visits on the board."""
        rows = (chips for (row, _day), chips in self.cells.items() if row == OPEN_ROW)
        return sum(minutes_between(chip.starts_at, chip.ends_at) for chips in rows for chip in chips)


def shared_names(leaders: list[int]) -> dict[int, str]:
    """visit → the first names of the clients whose visits follow it; nothing is asked where none is shared."""
    names: dict[int, str] = {}
    if leaders:
        rows = Visit.objects.filter(leader__in=leaders).live().order_by("pk")
        for leader, name in rows.values_list("leader_id", "client__first_name"):
            names[leader] = f"{names[leader]}, {name}" if leader in names else name
    return names


def state_word(state: str) -> str:
    if state == "unfilled":
        return _("Unfilled")
    if state == "late":
        return _("Late")
    return str(Visit.Status(state).label)


def state_icons() -> list[tuple[str, SafeString]]:
    """(state, shapes of its icon) of every state a chip can show: drawn once, used by each chip."""
    return [(state, mark_safe(shapes(look_of(state).icon))) for state in STATES]  # noqa: S308 - our own icon set


def head_html(row: int, name: str, url: str, sub: str, more: str = "", *, swap: bool = False) -> str:
    """The row's <th>: who, what they are, how much they have planned."""
    link = f'<a href="{escape(url)}">{escape(name)}</a>' if url else f"<strong>{escape(name)}</strong>"
    return (
        f'<th scope="row" id="h-{row}" class="board-name"{SWAP if swap else ""}>'
        f'{link}<span class="sub">{escape(sub)}</span>{more}</th>'
    )


def member_head(board: Board, member: Any, *, swap: bool = False) -> str:
    url = reverse("staff:member-detail", args=[member.pk]) if board.user.has_perm("staff.view_member") else ""
    worked = hours_html(board.worked.get(member.pk, Worked()), member.weekly_minutes_limit)
    return head_html(member.pk, member.full_name, url, member.role.name, worked, swap=swap)


def client_head(client: Any) -> str:
    return head_html(client.pk, client.full_name, client.get_absolute_url(), client.number)


def open_head(board: Board, *, swap: bool = False) -> str:
    count = sum(len(chips) for (row, _day), chips in board.cells.items() if row == OPEN_ROW)
    words = ngettext("%(n)s visit", "%(n)s visits", count) % {"n": count}
    if count:
        words = f"{words} · {hours(board.open_minutes())}"
    return head_html(OPEN_ROW, _("Unfilled"), "", words, swap=swap)


def body_html(board: Board, rows: Sequence[tuple[int, str]]) -> SafeString:
    """The table's rows; `rows` are (row id, its <th>)."""
    lines = []
    for row, head in rows:
        css = ' class="board-open"' if row == OPEN_ROW else ""
        lines.append(f"<tr{css}>{head}{''.join(board.cell(row, day) for day in board.days)}</tr>")
    return mark_safe("".join(lines))  # noqa: S308 - every value above is escaped or a number


def swapped(parts: Iterable[str]) -> str:
    """Cells and heads to replace on the page, wrapped so that the parser keeps them."""
    return f"<table><tbody><tr>{''.join(parts)}</tr></tbody></table>"
