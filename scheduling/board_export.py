"""What a board shows, to take away: lines of a file, and a sheet of paper for each of its rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from homecare.clock import local, minutes_between
from scheduling.board import BY_CLIENT, OPEN_ROW, Board, Chip, state_word
from scheduling.board_hours import Worked
from scheduling.wording import day as day_in_words
from scheduling.wording import hours

ZERO = dt.timedelta()


def in_order(board: Board, row: int) -> list[Chip]:
    """The visits of a row by start; a night that stands on two days of a board is one."""
    chips = [chip for day in board.days for chip in board.cells.get((row, day), ())]
    return sorted(chips, key=lambda chip: (chip.starts_at, chip.id))


def names_of(board: Board, people: Iterable[Any]) -> list[tuple[int, str, Any]]:
    """(row, name, person) of the rows shown, the unfilled ones first."""
    rows = [(person.pk, person.full_name, person) for person in people]
    return rows if board.by == BY_CLIENT else [(OPEN_ROW, _("Unfilled"), None), *rows]


def csv_header() -> list[str]:
    return [
        _("Row"),
        _("Day"),
        _("Start"),
        _("End"),
        _("Minutes"),
        _("Client"),
        _("Caregiver"),
        _("Service"),
        _("State"),
    ]


def csv_rows(board: Board, people: Iterable[Any]) -> Iterator[list[Any]]:
    """One line for each visit shown, in the clock of its own branch."""
    for row, name, _person in names_of(board, people):
        for chip in in_order(board, row):
            start, end = local(chip.starts_at, chip.time_zone), local(chip.ends_at, chip.time_zone)
            yield [
                name,
                start.date(),
                f"{start:%H:%M}",
                f"{end:%H:%M}",
                minutes_between(chip.starts_at, chip.ends_at),
                f"{chip.client_first} {chip.client_last}",
                f"{chip.member_first} {chip.member_last}" if chip.caregiver_id else "",
                chip.service,
                state_word(chip.state(board.late_before)),
            ]


class Line(NamedTuple):
    """A visit as a sheet prints it; `day` only on the first of its day."""

    day: str
    time: str
    who: str
    service: str
    state: str


class Sheet(NamedTuple):
    """The paper of one row: whose it is and what is planned."""

    name: str
    sub: str
    planned: str
    lines: list[Line]


def sheets(board: Board, people: Iterable[Any]) -> list[Sheet]:
    """A sheet for each row that has a visit."""
    found = []
    for row, name, person in names_of(board, people):
        chips = in_order(board, row)
        if not chips:
            continue
        minutes = sum(minutes_between(chip.starts_at, chip.ends_at) for chip in chips)
        planned = hours(minutes)
        over = board.worked.get(row, Worked()).overtime
        if over:
            planned = f"{planned} · {_('%(hours)s overtime') % {'hours': hours(over)}}"
        found.append(Sheet(name, _sub(board, person), planned, list(_lines(board, chips))))
    return found


def _sub(board: Board, person: Any) -> str:
    if person is None:
        return ""
    return str(person.number if board.by == BY_CLIENT else person.role.name)


def _lines(board: Board, chips: list[Chip]) -> Iterator[Line]:
    before = None
    for chip in chips:
        start, end = local(chip.starts_at, chip.time_zone), local(chip.ends_at, chip.time_zone)
        who = f"{chip.client_first} {chip.client_last}"
        if board.by == BY_CLIENT:
            who = f"{chip.member_first} {chip.member_last}" if chip.caregiver_id else _("Nobody yet (unfilled)")
        day = "" if start.date() == before else day_in_words(start.date())
        before = start.date()
        state = state_word(chip.state(board.late_before))
        yield Line(day, f"{start:%H:%M}–{end:%H:%M}", who, chip.service, state)
