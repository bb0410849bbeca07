"""Which visits an unmatched punch may belong to, for a page of punches in two queries."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from scheduling.models import ClockEvent, Visit
from scheduling.punch_visit import BEFORE, CLOSED

AROUND = dt.timedelta(days=2)
SHOWN = 3


@dataclass(frozen=True)
class UnmatchedPunch:
    """One punch with the visits it most likely belongs to."""

    event: ClockEvent
    suggestions: list[Visit]


def distance(event: ClockEvent, visit: Visit) -> tuple[bool, dt.timedelta]:
    """The client the punch names first, then what is nearest in time."""
    planned = visit.starts_at if event.kind == ClockEvent.Kind.IN else visit.ends_at
    return event.client_id is not None and event.client_id != visit.client_id, abs(planned - event.at)


def visits_for(events: Sequence[ClockEvent], user: Any) -> Any:
    """Open visits of these caregivers around these moments."""
    moments = [event.at for event in events]
    rows = Visit.objects.visible_to(user).leading().filter(caregiver__in={event.member_id for event in events})
    # Nobody has clocked for a visit that is still to come.
    latest = min(max(moments) + AROUND, timezone.now() + BEFORE)
    return rows.exclude(status__in=CLOSED).filter(starts_at__gte=min(moments) - AROUND, starts_at__lte=latest)


def suggestions_for(events: Sequence[ClockEvent], user: Any) -> list[UnmatchedPunch]:
    if not events:
        return []
    by_member: dict[int | None, list[Visit]] = defaultdict(list)
    for visit in visits_for(events, user).with_people():
        by_member[visit.caregiver_id].append(visit)
    found = []
    for event in events:
        near = [one for one in by_member[event.member_id] if abs(one.starts_at - event.at) <= AROUND]
        found.append(UnmatchedPunch(event, sorted(near, key=lambda one: distance(event, one))[:SHOWN]))
    return found
