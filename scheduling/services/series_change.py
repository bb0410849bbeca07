"""Keeps what a change of a pattern replaced, as plain values, so that services/undo.py can bring it back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from homecare.accounts.models import User
from scheduling.models import AssignmentRule, Schedule, SeriesChange, TemporaryChange, Visit

DAY = dt.timedelta(days=1)
PATTERN_FIELDS = (
    "rule",
    "starts_on",
    "ends_on",
    "start_time",
    "duration_minutes",
    "head_count",
    "timing",
    "window_start",
    "window_end",
    "skips_holidays",
    "sleep_start",
    "sleep_end",
    "note",
    "handover_note",
    "status",
    "continues_id",
    "materialised_until",
)
LINE_FIELDS = ("member_id", "slot", "weekdays", "since", "until", "every_weeks", "days_on", "days_off", "rotation_id")
TEMPORARY_FIELDS = (
    "from_on",
    "until_on",
    "is_paused",
    "start_time",
    "duration_minutes",
    "member_id",
    "slot",
    "client_id",
    "left",
    "reason",
    "created_by_id",
    "created_at",
)
VISIT_FIELDS = (
    "schedule_id",
    "leader_id",
    "occurrence_on",
    "slot",
    "starts_at",
    "ends_at",
    "window_starts_at",
    "window_ends_at",
    "caregiver_id",
    "status",
    "cancel_reason",
    "is_changed_by_hand",
    "version",
)


def snapshot(schedules: Sequence[Schedule], visits: Iterable[Visit]) -> dict[str, Any]:
    """The rows as JSON values: {schedules: {id: {fields, lines, temporary}}, visits: {id: {fields}}}."""
    ids = [row.pk for row in schedules]
    found: dict[str, Any] = {
        "schedules": {
            str(row.pk): {"fields": _values(row, PATTERN_FIELDS), "lines": [], "temporary": []} for row in schedules
        },
        "visits": {str(row.pk): _values(row, VISIT_FIELDS) for row in visits},
    }
    for line in AssignmentRule.objects.filter(schedule__in=ids).order_by("pk"):
        found["schedules"][str(line.schedule_id)]["lines"].append(_values(line, LINE_FIELDS))
    for change in TemporaryChange.objects.filter(schedule__in=ids).order_by("pk"):
        found["schedules"][str(change.schedule_id)]["temporary"].append(_values(change, TEMPORARY_FIELDS))
    return json.loads(json.dumps(found, cls=DjangoJSONEncoder))


def keep_change(
    kind: str,
    schedule: Schedule,
    *,
    before: dict[str, Any],
    by: User,
    successor: Schedule | None = None,
    created: Iterable[int] = (),
) -> SeriesChange:
    """The change as it stands after its writes: the versions its visits have now tell later who touched them since."""
    touched = [int(pk) for pk in before["visits"]]
    versions = dict(Visit.objects.filter(pk__in=touched).values_list("pk", "version"))
    after = {"versions": {str(pk): version for pk, version in versions.items()}, "created": list(created)}
    return SeriesChange.objects.create(
        kind=kind, schedule=schedule, successor=successor, before=before, after=after, by=by
    )


def keep_plan(schedules: Sequence[Schedule], *, by: User) -> SeriesChange:
    """Patterns just planned together. Before them there were none: each had ended before it began."""
    before = snapshot(schedules, [])
    for row in schedules:
        kept = before["schedules"][str(row.pk)]
        ended = {"status": Schedule.Status.ENDED.value, "ends_on": str(row.starts_on - DAY), "materialised_until": None}
        kept["fields"] |= ended
        kept["lines"] = []
    made = Visit.objects.filter(schedule__in=[row.pk for row in schedules]).values_list("pk", flat=True)
    return keep_change(SeriesChange.Kind.PLANNED, schedules[0], before=before, by=by, created=made)


def _values(row: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
