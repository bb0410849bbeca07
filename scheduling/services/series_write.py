"""Writes the visits of a series edit: one UPDATE and one COPY, an event for each visit, a notice for each caregiver."""

from __future__ import annotations

from django.utils.translation import gettext as _

from homecare.accounts.models import User
from homecare.audit.services.event import build, record_many
from homecare.bulk_copy import copy_rows, give_numbers
from homecare.clock import now
from scheduling import notices
from scheduling.models import Schedule, Visit
from scheduling.series import Edit, Fate, VisitChange
from scheduling.services.override import keep_overrides
from staff.models import Member

WRITTEN = [
    "schedule",
    "occurrence_on",
    "slot",
    "starts_at",
    "ends_at",
    "window_starts_at",
    "window_ends_at",
    "caregiver",
    "status",
    "cancel_reason",
    "is_changed_by_hand",
    "version",
]
KEPT = ("starts_at", "ends_at", "caregiver_id", "occurrence_on", "slot", "status")


def save_changes(edit: Edit, row: Schedule, *, by: User, override_reason: str) -> list[int]:
    """Writes the visits of an edit, their events and the notices; returns the keys of the visits it made."""
    visits = [change.visit for change in edit.changes if change.visit is not None]
    previous = {visit.pk: visit.caregiver for visit in visits}
    confirmed = {visit.pk for visit in visits if visit.status == Visit.Status.CONFIRMED}
    record_many(_save_visits(edit, row, by=by, reason=override_reason))
    _tell(edit, previous, confirmed, key=f"schedule{row.pk}:{now().timestamp():.0f}")
    return edit.created


def _tell(edit: Edit, previous: dict[int, Member | None], confirmed: set[int], *, key: str) -> None:
    """One notice for each caregiver whose regular visits changed, began or ended."""
    shows = Visit(branch=edit.schedule.client.branch).shows_at
    touched = [
        change
        for change in edit.changes
        if change.fate != Fate.SAME
        and (any(map(shows, change.moments)) or (change.visit is not None and change.visit.pk in confirmed))
    ]
    had = {
        member.pk: member
        for change in touched
        if change.visit and (member := previous.get(change.visit.pk)) is not None
    }
    gained = {change.caregiver.pk: change.caregiver for change in touched if change.caregiver and change.after}
    notices.tell_of_series(had.values(), notices.CHANGED, key=key)
    notices.tell_of_series([row for pk, row in gained.items() if pk not in had], notices.ASSIGNED, key=key)


def _save_visits(edit: Edit, schedule: Schedule, *, by: User, reason: str) -> list:
    """Writes every visit in two statements (one UPDATE, so that two visits may swap caregivers) and their events."""
    events, updated, created, overrides = [], [], [], []
    for change in edit.changes:
        fate = change.fate
        visit = change.visit or Visit(
            branch_id=schedule.client.branch_id,
            client=schedule.client,
            service_type=schedule.service_type,
            note=schedule.note,
            time_weight=schedule.time_weight,
            time_total=schedule.time_weight,
        )
        before = {name: getattr(visit, name) for name in KEPT} if change.visit else {}
        _write(visit, change, schedule)
        if fate == Fate.CREATED:
            created.append(visit)
        else:
            updated.append(visit)
        if fate != Fate.SAME:
            events.append((visit, fate, before))
        overrides += [(visit, finding) for finding in change.warnings]
    # Days are exchanged inside the pattern: free them all before any is taken again.
    Visit.objects.filter(pk__in=[visit.pk for visit in updated]).update(occurrence_on=None)
    Visit.objects.bulk_update(updated, WRITTEN)
    give_numbers(created)
    copy_rows(Visit, created)
    edit.created = [visit.pk for visit in created]
    keep_overrides(overrides, by=by, reason=reason)
    return [_event(visit, fate, before, by) for visit, fate, before in events]


def _write(visit: Visit, change: VisitChange, schedule: Schedule) -> None:
    visit.schedule = schedule
    if change.after is None:
        visit.status, visit.occurrence_on = Visit.Status.CANCELLED, None
        visit.cancel_reason = _("No longer part of the pattern")
    else:
        if change.fate == Fate.CHANGED:
            visit.is_changed_by_hand = False
        visit.occurrence_on, visit.slot = change.after.day, change.after.slot
        visit.starts_at, visit.ends_at = change.after.starts_at, change.after.ends_at
        visit.window_starts_at, visit.window_ends_at = change.after.window
        visit.caregiver = change.caregiver
        if change.fate == Fate.CHANGED:
            visit.withdraw_confirmation()
    if change.visit is not None:
        visit.version += 1


def _event(visit: Visit, fate: str, before: dict, by: User) -> object:
    action = {Fate.CREATED: "visit.created", Fate.CANCELLED: "visit.cancelled"}.get(Fate(fate), "visit.moved")
    after = {name: getattr(visit, name) for name in KEPT}
    changes = {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}
    return build(action, visit, by=by, changes=changes)
