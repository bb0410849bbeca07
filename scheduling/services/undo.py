"""Takes a change of a pattern back, for an hour: the pattern's rows and its visits are as they were before.

A visit that has changed since (begun, moved or given by hand, cancelled, its time come) is left as it is and listed.
Whom a rule blocks by now does not come back: that visit is unfilled and listed. The exclusion constraint has the last
word, as with every placement.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from homecare.accounts.models import User
from homecare.audit.services.event import build, changes_of, record, record_many
from homecare.clock import now
from homecare.errors import Conflict, DomainError
from scheduling import notices
from scheduling.models import AssignmentRule, Schedule, SeriesChange, Sharer, TemporaryChange, Visit
from scheduling.placement import Finding, Judge, Placement, blocking
from scheduling.services.schedule import extend_schedule, tell_caregivers
from scheduling.services.series_change import VISIT_FIELDS
from scheduling.services.sharing import align_followers
from scheduling.services.visit import lock_members, once_more
from scheduling.services.waiting import wait_again
from staff.models import Member

WRITTEN = [name for name in VISIT_FIELDS if name != "version"]
AUDITED = ("status", "starts_at", "ends_at", "caregiver_id", "occurrence_on")


@dataclass
class Undone:
    """What an undo did: visits as before, visits left because they changed since, visits nobody may come to now."""

    change: SeriesChange
    restored: list[Visit] = field(default_factory=list)
    left: list[tuple[Visit, str]] = field(default_factory=list)
    left_open: list[tuple[Visit, list[Finding]]] = field(default_factory=list)


def undo_change(change: SeriesChange, *, by: User) -> Undone:
    """Raises Conflict when it was undone already, DomainError after the hour or when a later change stands on it."""

    def act() -> Undone:
        row = SeriesChange.objects.select_for_update().get(pk=change.pk)
        _check(row)
        members = lock_members(_people(row))
        visits = _visits(row)
        result = Undone(row)
        events = _restore_visits(row, visits, members, result, by)
        _restore_patterns(row)
        if row.kind == SeriesChange.Kind.PLANNED:
            wait_again(row.schedule_ids, by=by)
        row.undone_by, row.undone_at = by, now()
        row.save(update_fields=["undone_by", "undone_at"])
        record_many(events)
        counts = {"visits": [len(result.left), len(result.restored)]}
        record("schedule.change_undone", row.schedule, by=by, changes=counts)
        patterns = Schedule.objects.active().filter(pk__in=row.schedule_ids).select_related("client__branch")
        for schedule in patterns.order_by("pk"):
            extend_schedule(schedule, by=by)
        align_followers(patterns, by=by)
        tell_caregivers(result.restored, notices.CHANGED, key=f"undo{row.pk}")
        return result

    return once_more(act)


def later_change(row: SeriesChange) -> SeriesChange | None:
    """A change made since that stands on this one: it must be undone first."""
    rows = row.schedule_ids
    touching = Q(schedule__in=rows) | Q(successor__in=rows)
    touching |= Q(before__schedules__has_any_keys=[str(pk) for pk in sorted(rows)])
    return SeriesChange.objects.filter(touching, pk__gt=row.pk, undone_at=None).order_by("-pk").first()


def _check(row: SeriesChange) -> None:
    if row.undone_at is not None:
        raise Conflict(_("This change was undone already. Reload to see how the pattern stands now."))
    if not row.may_be_undone:
        raise DomainError(_("A change can be undone for one hour. Change the pattern again instead."))
    if row.successor_id is not None and _shared(row.successor_id) != _shared(row.schedule_id):
        raise DomainError(_("Who shares the pattern was changed since. Change the pattern again instead."))
    if later_change(row) is not None:
        raise DomainError(_("The pattern was changed again since. Undo the later change first."))


def _shared(schedule_id: int) -> set[tuple[int, int, int]]:
    rows = Sharer.objects.filter(schedule=schedule_id)
    return set(rows.values_list("client_id", "service_type_id", "time_weight"))


def _people(row: SeriesChange) -> set[int]:
    """Everybody who comes by what is restored, so that their rows can be locked before the visits."""
    found = {values["caregiver_id"] for values in row.before["visits"].values()}
    now_coming = Visit.objects.filter(pk__in=[int(pk) for pk in row.before["visits"]])
    return (found | set(now_coming.values_list("caregiver_id", flat=True))) - {None}


def _visits(row: SeriesChange) -> list[Visit]:
    """The visits the change touched or made, and those the sweep has made since; locked in key order."""
    known = [int(pk) for pk in row.before["visits"]] + row.after["created"]
    list(Schedule.objects.select_for_update().filter(pk__in=row.schedule_ids).order_by("pk"))
    since = Q(schedule__in=row.schedule_ids, created_at__gt=row.at)
    rows = Visit.objects.select_for_update(of=("self",)).select_related("client", "branch", "caregiver__user")
    return list(rows.filter(Q(pk__in=known) | since).order_by("pk"))


def _restore_visits(
    row: SeriesChange, visits: list[Visit], members: dict[int, Member], result: Undone, by: User
) -> list[Any]:
    versions, before = row.after["versions"], row.before["visits"]
    earlier = {visit.pk: {name: getattr(visit, name) for name in AUDITED} for visit in visits}
    reasons = _reasons(visits, before, versions)
    unchanged = _stays_given_back(visits, before)
    for visit in visits:
        values = before.get(str(visit.pk))
        if values is None:
            _take_away(visit, row, result)
            continue
        reason = reasons[visit.pk]
        if reason:
            _leave(visit, values, reason, result)
        else:
            _apply(visit, values)
            if changes_of(earlier[visit.pk], visit):
                result.restored.append(visit)
    _judge(result, members, unchanged)
    _write(visits)
    touched = [visit for visit in visits if changes_of(earlier[visit.pk], visit)]
    return [build("visit.restored", visit, by=by, changes=changes_of(earlier[visit.pk], visit)) for visit in touched]


def _reasons(visits: list[Visit], before: dict[str, Any], versions: dict[str, int]) -> dict[int, str]:
    """Why each visit stays as it is now, or ''; who shares a visit, now or before, changes with it or not at all."""
    reasons: dict[int, str] = {}
    tied: dict[int, int] = {}

    def root(pk: int) -> int:
        while pk in tied:
            pk = tied[pk]
        return pk

    for visit in visits:
        values = before.get(str(visit.pk))
        if values is None:
            continue
        reasons[visit.pk] = _why_left(visit, values, versions.get(str(visit.pk)))
        for leader in (visit.leader_id, values.get("leader_id")):
            if leader is not None and root(leader) != root(visit.pk):
                tied[root(visit.pk)] = root(leader)
    kept = {root(pk): reason for pk, reason in reasons.items() if reason}
    return {pk: kept.get(root(pk), "") for pk in reasons}


def _why_left(visit: Visit, values: dict[str, Any], version: int | None) -> str:
    """Why this visit stays as it is now, or ''."""
    if visit.version != version:
        return _("It was changed since.")
    was_open, is_open = values["status"] in Visit.OPEN_STATUSES, visit.status in Visit.OPEN_STATUSES
    if not was_open:
        return ""  # only its pattern changed; that comes back
    moment = now()
    if is_open and visit.starts_at <= moment:
        return _("Its time has come.")
    if _differs(visit, values) and _field(Visit, "starts_at", values["starts_at"]) <= moment:
        return _("Its former time has passed.")
    return ""


def _differs(visit: Visit, values: dict[str, Any]) -> bool:
    return any(getattr(visit, name) != _field(Visit, name, values[name]) for name in ("starts_at", "ends_at", "status"))


def _take_away(visit: Visit, row: SeriesChange, result: Undone) -> None:
    """Made by the change, or by the sweep since: it has no day in the pattern that comes back."""
    if visit.schedule_id == row.successor_id:
        visit.schedule_id = row.schedule_id
    visit.occurrence_on = None
    if visit.version == 1 and visit.is_movable and visit.starts_at > now():
        visit.status, visit.cancel_reason = Visit.Status.CANCELLED, _("The change that planned it was undone")
    elif visit.status != Visit.Status.CANCELLED:
        visit.is_changed_by_hand = True
        result.left.append((visit, _("The change planned it, and it was changed or has begun since.")))


def _leave(visit: Visit, values: dict[str, Any], reason: str, result: Undone) -> None:
    """It keeps its time, caregiver and state, and stands again for its day of the former pattern."""
    for name in ("schedule_id", "occurrence_on", "slot"):
        setattr(visit, name, _field(Visit, name, values[name]))
    if visit.is_movable:
        visit.is_changed_by_hand = True
    result.left.append((visit, reason))


def _apply(visit: Visit, values: dict[str, Any]) -> None:
    for name in WRITTEN:
        if name in values:
            setattr(visit, name, _field(Visit, name, values[name]))


def _stays_given_back(visits: list[Visit], before: dict[str, Any]) -> set[tuple]:
    """Who leads a shared visit again, with caregiver and time that its successor has now: that stay does not change."""
    leading = [visit for visit in visits if visit.leader_id is None and str(visit.pk) in before]
    return {
        (before[str(visit.pk)].get("leader_id"), visit.caregiver_id, visit.starts_at, visit.ends_at)
        for visit in leading
        if visit.is_movable
    }


def _judge(result: Undone, members: dict[int, Member], unchanged: set[tuple]) -> None:
    """Whom a rule blocks by now does not come back. Warnings were accepted before the change and stand."""
    led = [
        visit
        for visit in result.restored
        if visit.leader_id is None  # the others of a shared visit go with it
        and (visit.pk, visit.caregiver_id, visit.starts_at, visit.ends_at) not in unchanged
    ]
    asked = [visit for visit in led if visit.caregiver_id is not None and visit.is_movable]
    placements = [Placement.of(visit) for visit in asked]
    judge = Judge(placements, {"members": members.values(), "branches": {visit.branch for visit in asked}})
    for visit, placement in zip(asked, placements, strict=True):
        found = judge.judge(placement)
        if blocking(found):
            visit.caregiver_id = None
            placement = replace(placement, member_id=None)
            result.left_open.append((visit, blocking(found)))
        judge.take(placement)


def _write(visits: list[Visit]) -> None:
    """Days are exchanged inside the pattern: all are freed before any is taken again."""
    Visit.objects.filter(pk__in=[visit.pk for visit in visits]).update(occurrence_on=None)
    for visit in visits:
        visit.version += 1
    Visit.objects.bulk_update(visits, [*(name.removesuffix("_id") for name in WRITTEN), "version"])


def _restore_patterns(row: SeriesChange) -> None:
    """The pattern rows as they were; the successor the change began goes, and what it took over goes back."""
    before = row.before["schedules"]
    Schedule.objects.filter(pk__in=[int(pk) for pk in before]).update(continues=None)
    if row.successor_id is not None:
        successor = row.successor_id
        SeriesChange.objects.filter(schedule=successor).update(schedule=row.schedule_id)
        row.successor = None
        row.save(update_fields=["successor"])
        Visit.objects.filter(schedule=successor).update(schedule=row.schedule_id)
        Schedule.objects.filter(pk=successor).delete()
    for pk, kept in before.items():
        values = {name: _field(Schedule, name, value) for name, value in kept["fields"].items()}
        Schedule.objects.filter(pk=int(pk)).update(**values)
        children: list[tuple[Any, list]] = [(AssignmentRule, kept["lines"]), (TemporaryChange, kept["temporary"])]
        for model, rows in children:
            model.objects.filter(schedule=int(pk)).delete()
            model.objects.bulk_create(
                model(schedule_id=int(pk), **{name: _field(model, name, value) for name, value in line.items()})
                for line in rows
            )


def _field(model: Any, name: str, value: Any) -> Any:
    """The JSON value as the column's Python value."""
    return model._meta.get_field(name.removesuffix("_id")).to_python(value)
