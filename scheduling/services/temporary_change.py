"""A pattern pauses for a while, or takes place at another time or with another caregiver; it ends by itself.

The pattern keeps its row: only the days from the first to the last are worked out anew. A pause cancels every visit of
its days; another time or caregiver leaves alone what a person changed by hand. Taken back, the days return. Of a shared
pattern one client alone may pause (services/client_pause.py).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django.utils.translation import gettext as _

from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.clock import today
from homecare.errors import Conflict, DomainError
from scheduling.models import Schedule, SeriesChange, TemporaryChange
from scheduling.pattern import Pattern, Temporary
from scheduling.series import Edit, Scope
from scheduling.services import schedule_edit as editing
from scheduling.services.client_pause import come_back, leave_visits, work_out_pause, work_out_return
from scheduling.services.materialise import demand_reason, patterns_of
from scheduling.services.override import keep_overrides
from scheduling.services.schedule import check_pattern, untouched
from scheduling.services.series_change import keep_change, snapshot
from scheduling.services.series_write import save_changes
from scheduling.services.visit import lock_members, once_more
from staff.models import Member

LONGEST = dt.timedelta(days=366)


def preview_temporary_change(schedule: Schedule, change: Temporary) -> Edit:
    """What the change would do to the visits of its days, without saving anything."""
    pattern = _changed(schedule, change)
    rows = Member.objects.filter(pk__in=pattern.member_ids).select_related("role", "user")
    return _work_out(schedule, pattern, change, {row.pk: row for row in rows})


def change_temporarily(
    schedule: Schedule,
    change: Temporary,
    *,
    reason: str,
    by: User,
    override_reason: str = "",
    expected: int | None = None,
) -> TemporaryChange:
    """Keeps the change and moves, cancels or gives away the visits of its days. `expected`: as `edit_schedule`."""
    if not reason.strip():
        raise DomainError(_("Say why the pattern changes for a while."), field="reason")

    def act() -> TemporaryChange:
        members = lock_members(_changed(schedule, change).member_ids)
        row = _locked(schedule)
        edit = _work_out(row, _changed(row, change), change, members)
        editing.check_expected(edit, expected)
        demand_reason(edit.warnings, by=by, override_reason=override_reason)
        before = snapshot([row], [*(one.visit for one in edit.changes if one.visit is not None), *edit.beside])
        kept = TemporaryChange.objects.create(
            schedule=row,
            from_on=change.first,
            until_on=change.last,
            is_paused=change.is_paused,
            start_time=change.start_time,
            duration_minutes=change.duration_minutes,
            member_id=change.member_id,
            slot=change.slot,
            client_id=change.client_id,
            reason=reason.strip()[:200],
            created_by=by,
        )
        if change.client_id is not None:
            kept.left = leave_visits(edit, reason=kept.reason, by=by)
            kept.save(update_fields=["left"])
            keep_change(SeriesChange.Kind.TEMPORARY, row, before=before, by=by)
        else:
            _save(edit, SeriesChange.Kind.TEMPORARY, before, by=by, override_reason=override_reason)
        record("schedule.changed_temporarily", row, by=by, changes={"days": [None, str(kept)]}, reason=reason)
        return kept

    return once_more(act)


def withdraw_temporary_change(change: TemporaryChange, *, by: User, override_reason: str = "") -> Edit:
    """The days that lie ahead are as the pattern says again; skipped ones come back."""

    def act() -> Edit:
        plain = patterns_of([change.schedule])[change.schedule_id]
        members = lock_members(plain.member_ids)
        row = _locked(change.schedule)
        kept = TemporaryChange.objects.select_for_update(of=("self",)).filter(pk=change.pk).first()
        if kept is None:
            raise Conflict(_("This temporary change was taken back already."))
        if kept.client_id is not None:
            return _client_returns(row, kept, by=by, override_reason=override_reason)
        value = Temporary(change.from_on, change.until_on, is_paused=change.is_paused)
        before = snapshot([row], _affected(row, value))
        TemporaryChange.objects.filter(pk=change.pk).delete()
        edit = _work_out(row, patterns_of([row])[row.pk], value, members)
        demand_reason(edit.warnings, by=by, override_reason=override_reason)
        _save(edit, SeriesChange.Kind.WITHDRAWN, before, by=by, override_reason=override_reason)
        record("schedule.change_withdrawn", row, by=by, changes={"days": [str(change), None]})
        return edit

    return once_more(act)


def _client_returns(row: Schedule, kept: TemporaryChange, *, by: User, override_reason: str) -> Edit:
    """The end of one client's pause: the visits they left take place for them again."""
    kept.schedule = row
    edit = work_out_return(kept, patterns_of([row])[row.pk])
    demand_reason(edit.warnings, by=by, override_reason=override_reason)
    before = snapshot([row], [*(one.visit for one in edit.changes if one.visit is not None), *edit.beside])
    TemporaryChange.objects.filter(pk=kept.pk).delete()
    come_back(edit, by=by)
    overridden = [(one.visit, finding) for one in edit.changes for finding in one.warnings if one.visit is not None]
    keep_overrides(overridden, by=by, reason=override_reason)
    keep_change(SeriesChange.Kind.WITHDRAWN, row, before=before, by=by)
    record("schedule.change_withdrawn", row, by=by, changes={"days": [str(kept), None]})
    return edit


def _affected(row: Schedule, change: Temporary) -> list:
    return list(untouched(row).filter(occurrence_on__range=(change.first, change.last)))


def _locked(schedule: Schedule) -> Schedule:
    row = Schedule.locked(schedule.pk, "client__branch", "service_type")
    editing.lock_untouched(row)
    return row


def _changed(schedule: Schedule, change: Temporary) -> Pattern:
    """The pattern with this change laid over it."""
    if change.last < change.first:
        raise DomainError(_("The last day is before the first."), field="until_on")
    if change.last - change.first > LONGEST:
        raise DomainError(_("A temporary change lasts at most a year. Change the pattern itself."), field="until_on")
    if change.last < today(schedule.client.branch.time_zone):
        raise DomainError(_("What has taken place stays. Choose days that lie ahead."), field="until_on")
    if not (change.is_paused or change.start_time or change.duration_minutes or change.member_id):
        raise DomainError(_("Say what changes: a pause, another time, length or caregiver."), field="what")
    plain = patterns_of([schedule])[schedule.pk]
    if change.client_id is not None:
        if not change.is_paused:
            raise DomainError(
                _("Another time or caregiver counts for everybody who shares the visits."), field="client"
            )
        return plain
    return replace(plain, temporary=(*plain.temporary, change))


def _work_out(schedule: Schedule, pattern: Pattern, change: Temporary, members: dict[int, Member]) -> Edit:
    editing.check_editable(schedule)
    if change.client_id is not None:
        return work_out_pause(schedule, pattern, change)
    check_pattern(schedule.client, pattern)
    scope = Scope.ALL if change.is_paused else Scope.UNCHANGED
    return editing.work_out_days(schedule, pattern, scope, (change.first, change.last), members)


def _save(edit: Edit, kind: str, before: dict, *, by: User, override_reason: str) -> None:
    row = edit.schedule
    created = save_changes(edit, row, by=by, override_reason=override_reason)
    keep_change(kind, row, before=before, by=by, created=created)
