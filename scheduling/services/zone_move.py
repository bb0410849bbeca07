"""A branch moved to another time zone: 08:00 is 08:00 by the new clock, for every visit that lies ahead."""

from __future__ import annotations

import datetime as dt

from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.clock import now, today
from scheduling.models import Schedule, Visit
from scheduling.series import Scope
from scheduling.services import schedule_edit as editing
from scheduling.services.materialise import patterns_of
from scheduling.services.series_write import save_changes
from scheduling.services.visit import lock_members, once_more

REASON = "Time zone of the branch"


def follow_the_clock(*, by: User) -> int:
    """Moves the visits of patterns whose branch keeps another clock now; returns how many patterns were moved.

    What a person moved by hand stays at its moment. The nightly sweep calls it before it makes new visits.
    """
    return sum(once_more(lambda pk=pk: _retime(pk, by)) for pk in _out_of_step())  # type: ignore[misc]


def _out_of_step() -> list[int]:
    """Active patterns whose next untouched visit is not at the time the pattern says."""
    ahead = Visit.objects.filter(
        schedule__status=Schedule.Status.ACTIVE,
        status__in=Visit.OPEN_STATUSES,
        starts_at__gt=now(),
        occurrence_on__isnull=False,
        is_changed_by_hand=False,
    ).select_related("schedule__client__branch")
    found = list(ahead.order_by("schedule_id", "starts_at").distinct("schedule_id"))
    patterns = patterns_of([visit.schedule for visit in found if visit.schedule is not None])
    return [
        visit.schedule.pk
        for visit in found
        if visit.schedule is not None
        and visit.occurrence_on is not None
        and visit.starts_at
        != patterns[visit.schedule.pk].span(visit.occurrence_on, visit.schedule.client.branch.time_zone)[0]
    ]


def _retime(pk: int, by: User) -> int:
    members = lock_members(patterns_of([Schedule.objects.select_related("client").get(pk=pk)])[pk].member_ids)
    row = Schedule.locked(pk, "client__branch", "service_type")
    editing.lock_untouched(row)
    first, last = today(row.client.branch.time_zone), row.materialised_until or dt.date.min
    edit = editing.work_out_days(row, patterns_of([row])[pk], Scope.UNCHANGED, (first, last), members)
    save_changes(edit, row, by=by, override_reason=REASON)
    record("schedule.retimed", row, by=by, changes={"visits": [0, edit.affected]}, reason=REASON)
    return 1
