"""How many visits verified themselves: the share that states ask for (Oklahoma: at least 90 %; STANDARDS 1.3).

A visit verified itself when both its punches came from the caregiver's phone, telephone or a device, nobody matched one
of them by hand, and the approved times are those that were punched. Counted are the visits that took place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Concat
from django.utils.module_loading import import_string

from homecare.clock import at_local
from scheduling.models import ClockEvent, PunchDecision, Visit

WORKED = [Visit.Status.COMPLETED, Visit.Status.APPROVED]


@dataclass(frozen=True)
class Rate:
    """One line of the report: of so many visits so many verified themselves."""

    key: Any
    name: str
    visits: int
    automatic: int

    @property
    def percent(self) -> float:
        """One place, rounded down: 89.99 % is not 90."""
        return int(1000 * self.automatic / self.visits) / 10 if self.visits else 100.0

    @property
    def manual(self) -> int:
        return self.visits - self.automatic

    def reaches(self, target: int) -> bool:
        return 100 * self.automatic >= target * self.visits


def month_bounds(month: dt.date, zone: str) -> tuple[dt.datetime, dt.datetime]:
    """[first midnight, first midnight of the next month) in the branch's zone."""
    first = month.replace(day=1)
    following = (first + dt.timedelta(days=32)).replace(day=1)
    return at_local(first, dt.time(), zone), at_local(following, dt.time(), zone)


def worked_in(visits: Any, month: dt.date, zones: Sequence[tuple[int, str]]) -> Any:
    """The visits that took place in this month of their branch: (branch, zone) pairs say which."""
    inside = Q(pk__in=[])
    for branch_id, zone in zones:
        begin, end = month_bounds(month, zone)
        inside |= Q(branch=branch_id, starts_at__gte=begin, starts_at__lt=end)
    return visits.filter(inside, status__in=WORKED)


def with_verdict(visits: Any) -> Any:
    """Adds `has_in`, `has_out`, `by_office`, `by_hand`: what needed a person, asked of the punches themselves."""
    lead = Coalesce(OuterRef("leader"), OuterRef("pk"))
    punches = ClockEvent.objects.filter(visit=lead)
    own = punches.exclude(method=ClockEvent.Method.OFFICE)
    return visits.annotate(
        has_in=Exists(own.filter(kind=ClockEvent.Kind.IN)),
        has_out=Exists(own.filter(kind=ClockEvent.Kind.OUT)),
        by_office=Exists(punches.filter(method=ClockEvent.Method.OFFICE)),
        by_hand=Exists(PunchDecision.objects.filter(visit=lead)),
    )


def is_automatic() -> Q:
    """Visits that verified themselves, as the database judged when each punch and decision was written.

    `tests/scheduling/test_compliance.py` holds it and `with_verdict` to one answer. A follower has its leader's
    punches.
    """
    alone = Q(leader=None, is_self_clocked=True) | Q(leader__is_self_clocked=True)
    return alone & Q(adjustment_code=None)


def keys_with_edit(visits: Any) -> list[int]:
    """Those that did not verify themselves, the latest first. From an index of visits that may be such: without it a
    month of visits is read for the few."""
    perhaps = Q(is_self_clocked=False) | Q(adjustment_code__isnull=False) | Q(leader__isnull=False)
    edited = visits.filter(perhaps).exclude(is_automatic())
    return list(edited.order_by("-starts_at", "pk").values_list("pk", flat=True))


def _by_branch(visits: Any) -> Any:
    return visits.annotate(group_key=F("branch_id"), group_name=F("branch__name"))


def _by_caregiver(visits: Any) -> Any:
    name = Concat("caregiver__last_name", Value(", "), "caregiver__first_name", output_field=CharField())
    return visits.annotate(group_key=F("caregiver_id"), group_name=name)


def groupings() -> dict[str, Any]:
    """By what the rate can be told; payers are told by billing (settings.COMPLIANCE_GROUPS)."""
    further = {key: import_string(path) for key, path in settings.COMPLIANCE_GROUPS.items()}
    return {"branch": _by_branch, "caregiver": _by_caregiver, **further}


def rates(visits: Any, by: str) -> list[Rate]:
    """One line per group, the lowest share first; a group without name is of visits that have none."""
    rows = groupings()[by](visits).order_by().values("group_key", "group_name")
    counted = rows.annotate(count=Count("pk"), automatic=Count("pk", filter=is_automatic()))
    lines = [Rate(row["group_key"], row["group_name"] or "", row["count"], row["automatic"]) for row in counted]
    return sorted(lines, key=lambda one: (one.percent, -one.visits, one.name))


def in_group(visits: Any, by: str, key: str) -> Any:
    """The visits of one line; an empty key is the line without a name."""
    rows = groupings()[by](visits)
    return rows.filter(group_key=int(key)) if key.isdecimal() else rows.filter(group_key=None)
