"""When a pattern's visits take place: RFC 5545 rules counted in branch local days, and wall-clock times as moments.

Only the part of RFC 5545 that a care pattern needs is accepted: daily, weekly on given weekdays, and monthly on a day
of the month or on the n-th weekday. Weeks begin on Monday (WKST=MO). When a pattern ends is its `ends_on`, so COUNT
and UNTIL are refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dateutil.rrule import DAILY, MO, MONTHLY, WEEKLY, rrule, weekday
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from homecare.clock import at_local

CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MAX_INTERVAL = 8
_FREQUENCIES: dict[str, Any] = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY}


class BadRule(ValueError):
    """The text is not a rule this product can keep; the message says why."""


@dataclass(frozen=True)
class Recurrence:
    """The meaning of a rule. `weekdays` 0 Monday … 6 Sunday; `nth` (2, 1) second Tuesday, (-1, 4) last Friday."""

    frequency: str = "WEEKLY"
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    month_day: int | None = None
    nth: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if self.frequency not in _FREQUENCIES:
            raise BadRule(_("A pattern repeats daily, weekly or monthly."))
        if not 1 <= self.interval <= MAX_INTERVAL:
            raise BadRule(_("Choose an interval from 1 to 8."))
        if self.frequency == "WEEKLY" and not self.weekdays:
            raise BadRule(_("Choose at least one weekday."))
        if self.frequency == "MONTHLY" and (self.month_day is None) == (self.nth is None):
            raise BadRule(_("Choose a day of the month, or a weekday such as the second Tuesday."))

    def to_text(self) -> str:
        """The rule as kept in the database: FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH."""
        parts = [f"FREQ={self.frequency}"]
        if self.interval > 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.frequency == "WEEKLY":
            parts.append("BYDAY=" + ",".join(CODES[day] for day in sorted(set(self.weekdays))))
        elif self.nth is not None:
            parts.append(f"BYDAY={self.nth[0]}{CODES[self.nth[1]]}")
        elif self.month_day is not None:
            parts.append(f"BYMONTHDAY={self.month_day}")
        return ";".join(parts)


def parse(text: str) -> Recurrence:
    """The meaning of a rule's text; raises BadRule with a sentence a person can act on."""
    try:
        parts = dict(part.split("=", 1) for part in text.strip().removeprefix("RRULE:").upper().split(";") if part)
        frequency = parts.pop("FREQ", "")
        interval = int(parts.pop("INTERVAL", "1"))
        month_day = int(parts.pop("BYMONTHDAY")) if "BYMONTHDAY" in parts else None
        weekdays, nth = _days(parts.pop("BYDAY", ""), frequency)
    except ValueError as error:
        if isinstance(error, BadRule):
            raise
        raise BadRule(_("“%(rule)s” is not a recurrence rule.") % {"rule": text}) from error
    parts.pop("WKST", None)
    if parts:
        raise BadRule(_("A pattern cannot use %(names)s; its last day ends it.") % {"names": ", ".join(sorted(parts))})
    if month_day is not None and not 1 <= month_day <= 31:
        raise BadRule(_("The day of the month is a number from 1 to 31."))
    return Recurrence(frequency, interval, weekdays, month_day, nth)


def _days(text: str, frequency: str) -> tuple[tuple[int, ...], tuple[int, int] | None]:
    """BYDAY as weekdays of a week or as the n-th weekday of a month."""
    words = [word for word in text.split(",") if word]
    if frequency == "MONTHLY" and words:
        (word,) = words
        nth = (int(word[:-2]), CODES.index(word[-2:]))
        if nth[0] not in (1, 2, 3, 4, -1):
            raise BadRule(_("Choose the first, second, third, fourth or last weekday of the month."))
        return (), nth
    return tuple(sorted({CODES.index(word) for word in words})), None


def _rrule(recurrence: Recurrence, starts_on: dt.date) -> rrule:
    by_day: Sequence[weekday] | None = [weekday(day) for day in recurrence.weekdays] or None
    if recurrence.nth is not None:
        by_day = [weekday(recurrence.nth[1], recurrence.nth[0])]
    return rrule(
        _FREQUENCIES[recurrence.frequency],
        dtstart=dt.datetime.combine(starts_on, dt.time()),
        interval=recurrence.interval,
        byweekday=by_day,
        bymonthday=recurrence.month_day,
        wkst=MO,
    )


def days(rule: str, starts_on: dt.date, first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """The local days of the rule, counted from `starts_on`, within [first, last]."""
    end = dt.datetime.combine(last, dt.time())
    begin = dt.datetime.combine(max(first, starts_on), dt.time())
    for moment in _rrule(parse(rule), starts_on):
        if moment > end:
            return
        if moment >= begin:
            yield moment.date()


def span(day: dt.date, start_time: dt.time, minutes: int, zone_name: str) -> tuple[dt.datetime, dt.datetime]:
    """[start, end) in UTC: 08:00 stays 08:00 across daylight saving, and the length is true elapsed minutes.

    A night visit of 8 hours from 22:00 therefore ends at 07:00 on the night the clock jumps forward and at 05:00 on
    the night it falls back: the caregiver works, and the payer pays, the 8 hours that were agreed.
    """
    starts_at = at_local(day, start_time, zone_name)
    return starts_at, starts_at + dt.timedelta(minutes=minutes)


def listed(words: Sequence[str]) -> str:
    """Mon, Wed and Fri."""
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}


def sentence(rule: str, start_time: dt.time) -> str:
    """The rule as a person says it: Mon, Wed and Fri at 08:00, every 2 weeks."""
    recurrence = parse(rule)
    values = {"days": _day_words(recurrence), "time": f"{start_time:%H:%M}", "n": recurrence.interval}
    if recurrence.interval == 1:
        return _("%(days)s at %(time)s") % values
    if recurrence.frequency == "WEEKLY":
        return _("%(days)s at %(time)s, every %(n)s weeks") % values
    if recurrence.frequency == "DAILY":
        return _("Every %(n)s days at %(time)s") % values
    return _("%(days)s at %(time)s, every %(n)s months") % values


def _day_words(recurrence: Recurrence) -> str:
    if recurrence.frequency == "DAILY" or len(recurrence.weekdays) == 7:
        return _("Every day")
    if recurrence.frequency == "WEEKLY":
        return listed([str(WEEKDAYS_ABBR[day]) for day in recurrence.weekdays])
    if recurrence.month_day is not None:
        return _("Day %(day)s of the month") % {"day": recurrence.month_day}
    assert recurrence.nth is not None  # noqa: S101 - checked when the rule was made
    which = {1: _("First"), 2: _("Second"), 3: _("Third"), 4: _("Fourth"), -1: _("Last")}[recurrence.nth[0]]
    return _("%(which)s %(weekday)s of the month") % {
        "which": which,
        "weekday": str(WEEKDAYS_ABBR[recurrence.nth[1]]),
    }
