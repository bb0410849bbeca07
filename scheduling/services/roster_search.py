"""What becomes of a roster whose search is stopped, breaks, or is tried again."""

from __future__ import annotations

from django.db import transaction

from homecare.accounts.models import User
from homecare.audit.services.event import record
from scheduling.models import Roster
from scheduling.services.roster import discard_roster, start_search


def stop_planning(roster_id: int, *, by: User) -> None:
    """The search of a roster was stopped: nothing will ever come of it. A roster that is planned already stays."""
    row = Roster.objects.filter(pk=roster_id, status=Roster.Status.PLANNING).first()
    if row is not None:
        discard_roster(row, by=by)


def fail_planning(roster_id: int, *, job_id: int, by: User) -> None:
    """The search of a roster broke: the roster says so and waits for a person. Another search's failure is no news."""
    with transaction.atomic():
        rows = Roster.objects.select_for_update(of=("self",)).filter(pk=roster_id, job=job_id)
        row = rows.filter(status=Roster.Status.PLANNING).first()
        if row is not None:
            row.move_to(Roster.Status.FAILED)
            row.save(update_fields=["status"])
            record("roster.failed", row, by=by)


def plan_again(roster: Roster, *, by: User) -> Roster:
    """Searches anew after a failure, in the name of who asks now; being planned already is fine."""
    with transaction.atomic():
        row = Roster.locked(roster.pk, "branch")
        if row.status == Roster.Status.PLANNING:
            return row
        row.move_to(Roster.Status.PLANNING)
        row.finish_asked_at = None
        start_search(row, by=by)
        row.save(update_fields=["status", "finish_asked_at", "job"])
        record("roster.planned_again", row, by=by)
    return row


def resume_planning(roster_id: int, *, job_id: int, by: User) -> None:
    """The failed search itself is tried again, from the page of background work."""
    with transaction.atomic():
        rows = Roster.objects.select_for_update(of=("self",)).filter(pk=roster_id, job=job_id)
        row = rows.filter(status=Roster.Status.FAILED).first()
        if row is not None:
            row.move_to(Roster.Status.PLANNING)
            row.save(update_fields=["status"])
            record("roster.planned_again", row, by=by)
