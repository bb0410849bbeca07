"""What each caregiver of the board works in its week, and how much of that is overtime by the law of the branch."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.utils.html import escape
from django.utils.translation import gettext as _

from homecare.clock import at_local
from scheduling.facts import LONGEST_VISIT, fetch
from scheduling.overtime import law_of, overtime
from scheduling.placement import rule_classes
from scheduling.wording import hours
from scheduling.workdays import WORKDAYS, Workday, by_member

DAY = dt.timedelta(days=1)
WEEK = 7


class Worked(NamedTuple):
    """Minutes of a week; `overtime` of them beyond straight time, `double` of those at twice the rate."""

    minutes: int = 0
    overtime: int = 0
    double: int = 0


def hours_of(members: Iterable[Any], monday: dt.date, numbers: dict[str, int]) -> dict[int, Worked]:
    """The week of each member (with its branch), in one statement per time zone of their branches.

    Counted as the rule about overtime counts (scheduling/rules/hours.py): a night has a part on each of its days.
    `numbers` are that rule's, as the agency set them.
    """
    by_zone: dict[str, list[Any]] = defaultdict(list)
    for member in members:
        by_zone[member.branch.time_zone].append(member)
    found: dict[int, Worked] = {}
    for zone_name, people in by_zone.items():
        midnights = [at_local(monday + n * DAY, dt.time(), zone_name) for n in range(-1, WEEK + 2)]
        ids = [member.pk for member in people]
        rows = fetch(WORKDAYS, midnights, ids, midnights[1] - LONGEST_VISIT, midnights[WEEK + 1], [])
        days = by_member(rows, monday - DAY)
        for member in people:
            found[member.pk] = _worked(days.get(member.pk, {}), monday, member.branch.state, numbers)
    return found


def _worked(days: dict[dt.date, Workday], monday: dt.date, state: str, numbers: dict[str, int]) -> Worked:
    week = [days.get(monday + n * DAY, Workday()) for n in range(WEEK)]
    asleep = numbers.get("sleep_hours", 0) * 60
    awake = [max(0, day.minutes - asleep * day.long_shifts) for day in week]
    beyond = overtime(awake, law_of(state, personal_attendants=bool(numbers.get("attendants"))))
    return Worked(sum(day.minutes for day in week), beyond.minutes, beyond.double)


def overtime_numbers(agency: Any) -> dict[str, int]:
    """The numbers of the rule about overtime, as the agency set them."""
    rule = next((rule for rule in rule_classes() if rule.code == "overtime"), None)
    if rule is None:
        return {}
    chosen = agency.rule_numbers.get("overtime", {})
    return {number.name: chosen.get(number.name, number.default) for number in rule.settable}


def hours_html(worked: Worked, limit: int) -> str:
    """The week's hours beside the caregiver's limit; over it, and overtime, in words too."""
    text = _("%(planned)s of %(limit)s") % {"planned": hours(worked.minutes), "limit": hours(limit)}
    parts = [escape(text)]
    if worked.minutes > limit:
        parts.append(escape(_("over the limit")))
    css = "hours is-over" if worked.minutes > limit else "hours"
    html = f'<span class="{css}">{" · ".join(parts)}</span>'
    if not worked.overtime:
        return html
    more = _("%(hours)s overtime") % {"hours": hours(worked.overtime)}
    if worked.double:
        more = f"{more}, {_('%(hours)s at double pay') % {'hours': hours(worked.double)}}"
    return f'{html}<span class="hours is-overtime">{escape(more)}</span>'
