"""What happens to a visit happens to those that follow it: the trail says so in each client's record.

Hears every event of the trail (`AUDIT_LISTENERS`) before the webhooks do, so that other programs are told of each too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from homecare.audit.models import Event
from homecare.audit.services.event import build, record_many
from scheduling.models import Visit

# What the database carries over to the followers. Approval is each row's own act.
CARRIED = {
    "visit.assigned",
    "visit.lost",
    "visit.moved",
    "visit.updated",
    "visit.confirmed",
    "visit.restored",
    "visit.cancelled",
    "visit.clocked_in",
    "visit.clocked_out",
    "visit.closed",
    "visit.missed",
}
OF_THE_LEADER = {"note", "service_type_id", "plan_id", "occurrence_on", "slot"}


def hear(events: Sequence[Event]) -> None:
    """Called with what was just written to the trail, in the same transaction."""
    led = [event for event in events if event.action in CARRIED and _leads(event.subject)]
    if not led:
        return
    followers: dict[int | None, list[Visit]] = defaultdict(list)
    for row in Visit.objects.filter(leader__in={event.object_id for event in led}).order_by("pk"):
        followers[row.leader_id].append(row)
    copies = []
    for event in led:
        changes = {name: pair for name, pair in event.changes.items() if name not in OF_THE_LEADER}
        if event.changes and not changes:
            continue
        copies += [
            build(event.action, row, by=event.user, changes=changes, reason=event.reason)
            for row in followers[event.object_id]
        ]
    if copies:
        record_many(copies)


def _leads(subject: object) -> bool:
    return isinstance(subject, Visit) and subject.leader_id is None and subject.is_shared
