"""What the waiting list says: who could take an entry, how long people wait, how many hours are missing."""

from __future__ import annotations

import datetime as dt
from statistics import median
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.http import urlencode

from homecare.clock import at_local, monday_of, today
from scheduling.matching import Suggestion, rank
from scheduling.models import Waiting
from scheduling.placement import Placement
from staff.models import Member

USUAL_START = dt.time(9)


class Figures(NamedTuple):
    """How many wait, for how many minutes a week, and the median of the days they have waited."""

    waiting: int
    weekly_minutes: int
    median_days: int | None


def figures(rows: Any, day: dt.date) -> Figures:
    """Of a QuerySet of entries that wait: one query."""
    found = list(rows.values_list("since", "weekly_minutes"))
    waits = [max(0, (day - since).days) for since, _minutes in found]
    return Figures(len(found), sum(minutes for _since, minutes in found), round(median(waits)) if waits else None)


def trial_week(entry: Waiting) -> dt.date:
    """The Monday of the next whole week, for which caregivers are judged."""
    return monday_of(today(entry.client.branch.time_zone)) + dt.timedelta(days=7)


def trial_visits(entry: Waiting) -> list[Placement]:
    """The visits the entry would have in the next whole week."""
    client, monday = entry.client, trial_week(entry)
    start = entry.start_time or USUAL_START
    length = dt.timedelta(minutes=entry.minutes_a_visit)
    found = []
    for day in entry.days_wanted:
        starts_at = at_local(monday + dt.timedelta(days=day), start, client.branch.time_zone)
        found.append(Placement(day, client.branch_id, client.pk, entry.service_type_id, starts_at, starts_at + length))
    return found


def who_could(entry: Waiting, user: Any) -> list[Suggestion]:
    """Every active caregiver of the branch as the rules and factors judge the visits of the next whole week.

    Whoever does not speak a language that is asked for counts as unfit, since the entry waits for it.
    """
    members = Member.objects.visible_to(user).active().filter(branch=entry.client.branch_id)
    if entry.language:
        members = members.filter(languages__contains=[entry.language])
    known: dict[str, Any] = {"service_types": [entry.service_type], "branches": [entry.client.branch]}
    return rank(trial_visits(entry), list(members.select_related("role")), known)


def pattern_url(entry: Waiting) -> str:
    """The form of a new pattern, filled with what is waited for."""
    start = entry.start_time or USUAL_START
    asked: dict[str, Any] = {
        "service_type": entry.service_type_id,
        "weekdays": entry.days_wanted,
        "start_time": f"{start:%H:%M}",
        "duration_minutes": entry.minutes_a_visit,
        "waiting": entry.pk,
    }
    url = reverse("scheduling:schedule-create", args=[entry.client_id])
    return f"{url}?{urlencode(asked, doseq=True)}"
