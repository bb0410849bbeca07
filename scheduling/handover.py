"""What one caregiver hands to the next: the pattern's standing words and the last notes of the shift before."""

from __future__ import annotations

from dataclasses import dataclass

from scheduling.models import Visit, VisitNote


@dataclass(frozen=True)
class Handover:
    """Who hands over to this visit's caregiver, what is always said, and what was noted last time."""

    before: Visit
    words: str
    notes: list[VisitNote]


def handover_of(visit: Visit) -> Handover | None:
    """None when the pattern has nothing to hand over, or the same caregiver came the time before."""
    schedule = visit.schedule
    if schedule is None or not schedule.handover_note:
        return None
    rows = Visit.objects.filter(schedule__client=visit.client_id, slot=visit.slot, ends_at__lte=visit.starts_at).live()
    rows = rows.filter(schedule__service_type=schedule.service_type_id).exclude(caregiver=None)
    before = rows.select_related("caregiver").order_by("-ends_at").first()
    if before is None or before.caregiver_id == visit.caregiver_id:
        return None
    return Handover(
        before, schedule.handover_note, list(before.notes.select_related("author").order_by("-written_at")[:3])
    )
