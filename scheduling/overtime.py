"""How many minutes of a workweek are overtime, by the law of the branch's state. Pure arithmetic over seven days.

The workweek is Monday to Sunday in branch time: any fixed 168 hours may be chosen (29 CFR 778.105). Minutes paid twice
over are not counted twice: what is overtime of a day is not also overtime of the week (29 CFR 778.202, no pyramiding).
Law changes; the table names its sources so that it can be checked, and is no legal advice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HOUR = 60


@dataclass(frozen=True, slots=True)
class Law:
    """Minutes after which overtime begins: in the week, in a day, and at double pay. `seventh_day`: all of it."""

    name: str | Promise
    weekly: int = 40 * HOUR
    daily: int | None = None
    double: int | None = None
    seventh_day: bool = False

    @property
    def by_day(self) -> bool:
        return self.daily is not None or self.seventh_day


class Overtime(NamedTuple):
    """Minutes beyond straight time; `double` of them at twice the rate, the rest at one and a half."""

    minutes: int
    double: int


FEDERAL = Law(_("federal law: over 40 h a week"))
"""Fair Labor Standards Act s.7(a)(1), 29 U.S.C. 207; home care agencies are not exempt under 29 CFR 552.109."""

LAWS: dict[str, Law] = {
    # California Labor Code s.510: over 8 h a day, over 40 h a week, the seventh day in a row of the workweek; double
    # over 12 h a day and over 8 h on that seventh day.
    "CA": Law(
        _("California: over 8 h a day or 40 h a week, and the seventh day"), 40 * HOUR, 8 * HOUR, 12 * HOUR, True
    ),
    # Alaska Statutes 23.10.060: over 8 h a day or 40 h a week.
    "AK": Law(_("Alaska: over 8 h a day or 40 h a week"), daily=8 * HOUR),
    # Colorado COMPS Order (7 CCR 1103-1), rule 4.1: over 12 h a day or 40 h a week.
    "CO": Law(_("Colorado: over 12 h a day or 40 h a week"), daily=12 * HOUR),
    # Ontario Employment Standards Act, 2000, s.22: over 44 h a week.
    "ON": Law(_("Ontario: over 44 h a week"), weekly=44 * HOUR),
}
"""States whose law asks more than the federal one (Ontario in its place); every other state has the federal law."""

CALIFORNIA_ATTENDANTS = Law(_("California, personal attendants: over 9 h a day or 40 h a week"), daily=9 * HOUR)
"""California Labor Code s.1454 (over 9 h a day or 45 h a week, no double pay), with the 40 h week of federal law."""


def law_of(state: str, *, personal_attendants: bool = False) -> Law:
    """The law of a branch by its state's two letters; the federal one where no other is listed."""
    if personal_attendants and state == "CA":
        return CALIFORNIA_ATTENDANTS
    return LAWS.get(state, FEDERAL)


def overtime(week: Sequence[int], law: Law) -> Overtime:
    """The overtime of a workweek given as minutes of its seven days.

    44 h in five days make 4 h under federal law; 10 h on one day make 2 h in California although the week is short.
    """
    beyond = double = 0
    straight = 0
    for number, minutes in enumerate(week):
        is_seventh = law.seventh_day and number == len(week) - 1 and all(week)
        limit = 0 if is_seventh else law.daily
        twice_from = law.daily if is_seventh else law.double
        over = max(0, minutes - limit) if limit is not None else 0
        twice = max(0, minutes - twice_from) if twice_from is not None else 0
        beyond += over
        double += twice
        straight += minutes - over
    return Overtime(beyond + max(0, straight - law.weekly), double)
