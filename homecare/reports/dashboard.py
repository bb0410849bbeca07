"""The dashboard's numbers as cards: read in one query, with words for how they moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from homecare import money
from homecare.navigation import address
from homecare.reports.figures import QUESTIONS, Figure, Question, expressions, value_of
from homecare.reports.scope import Scope, read_all


@dataclass(frozen=True)
class Card:
    """One number as shown."""

    key: str
    label: str | Promise
    icon: str
    value: Any
    before: Any
    number: str
    note: str
    tone: str
    url: str


@dataclass(frozen=True)
class Block:
    question: Question
    cards: list[Card]


def dashboard(scope: Scope) -> list[Block]:
    """Every question whose numbers this person may see; all numbers come from one query."""
    asked = [
        (question, [figure for figure in question.figures if scope.user.has_perm(figure.permission)])
        for question in QUESTIONS
    ]
    wanted: dict[str, Any] = {}
    for _question, figures in asked:
        for figure in figures:
            for ago in (0, 1) if figure.has_trend else (0,):
                wanted |= expressions(figure, scope, ago)
    found = read_all(scope.user, wanted)
    return [
        Block(question, [card(figure, scope, found) for figure in figures]) for question, figures in asked if figures
    ]


def card(figure: Figure, scope: Scope, found: dict[str, Any]) -> Card:
    value = value_of(figure, found, 0)
    before = value_of(figure, found, 1) if figure.has_trend else None
    return Card(
        key=figure.key,
        label=figure.label,
        icon=figure.icon,
        value=value,
        before=before,
        number=display(figure, value),
        note=note(figure, scope, value, before),
        tone=tone(figure, value, before),
        url=url_of(figure, scope),
    )


def display(figure: Figure, value: Any) -> str:
    if value is None:
        return "—"
    if figure.amount == "hours":
        return _("%(n)s h") % {"n": f"{value:,}"}
    if figure.amount:
        return money.display(value)
    return f"{value} %" if figure.of else f"{value:,}"


def note(figure: Figure, scope: Scope, value: Any, before: Any) -> str:
    """How it moved, in words; a hint where there is no period to compare."""
    if not figure.has_trend:
        return str(figure.hint)
    if value is None or before is None:
        return _("nothing to compare with")
    if value == before:
        return _("as in the %(days)s days before") % {"days": scope.days}
    words = _("%(much)s more than in the %(days)s days before")
    if value < before:
        words = _("%(much)s less than in the %(days)s days before")
    return words % {"much": display(figure, abs(value - before)), "days": scope.days}


def tone(figure: Figure, value: Any, before: Any) -> str:
    if value is None or figure.more_is == "neutral":
        return "neutral"
    if figure.has_trend:
        if before is None or value == before:
            return "neutral"
        return "success" if (value > before) == (figure.more_is == "better") else "warning"
    if not value:
        return "neutral"
    return "danger" if figure.is_grave else "warning"


def url_of(figure: Figure, scope: Scope) -> str:
    """Where the rows behind the number are: the list page with its filter, else the dashboard's own list."""
    if figure.page is not None and (page := address(figure.page[0])):
        return f"{page}?{figure.page[1]}" if figure.page[1] else page
    return reverse("reports:figure", args=[figure.key]) + f"?days={scope.days}"
