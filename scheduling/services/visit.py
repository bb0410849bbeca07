"""Every change of one visit: plan it, give it to somebody, move it, cancel it.

Each service locks the caregiver's row first (so that two coordinators queue instead of deadlocking), then the visit,
asks the placement rules, and leaves the last word to the database's exclusion constraint. A stale `version` is refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, models, transaction
from django.utils.translation import gettext as _

from clients.models import Client
from homecare.accounts.models import User
from homecare.audit.models import Event
from homecare.audit.services.event import changes_of, record
from homecare.clock import local
from homecare.errors import Conflict, DomainError, InvalidTransition, readable
from scheduling import notices
from scheduling.facts import MemberFact, read_members
from scheduling.models import ServiceType, Visit
from scheduling.placement import Finding, Judge, Placement, check
from scheduling.services.override import keep_overrides
from scheduling.services.service_type import check_in_use
from scheduling.travel import without_services
from scheduling.travel.routing import SERVICES
from staff.models import Member

T = TypeVar("T")
UNCHANGED: Any = object()
DEADLOCK = "40P01"
OWN = {"service_type", "note"}
FIELDS = ("starts_at", "ends_at", "caregiver_id", "service_type_id", "note", "status")


def once_more(act: Callable[[], T]) -> T:
    """Runs a transaction, once more when the database ended it because of a deadlock; a lost race becomes readable.

    Nobody waits in it for a routing service: `ask_the_way` asks before.
    """
    for attempt in (1, 2):
        try:
            with transaction.atomic(), without_services():
                return act()
        except OperationalError as error:
            is_deadlock = getattr(error.__cause__, "pgcode", "") == DEADLOCK
            if not is_deadlock or attempt == 2 or connection.in_atomic_block:
                raise
        except IntegrityError as error:
            raise readable(error) from error
    raise AssertionError("unreachable")


def ask_the_way(visit: Visit, member_id: int | None, starts_at: dt.datetime, ends_at: dt.datetime) -> None:
    """Lets a routing service answer before rows are locked; the table of known ways keeps its answers."""
    if member_id is not None and settings.TRAVEL_TIMES in SERVICES:
        Judge([replace(Placement.of(visit, member_id=member_id), starts_at=starts_at, ends_at=ends_at)])


def lock_members(member_ids: set[int]) -> dict[int, Member]:
    """The members' rows with their role and account, locked in key order."""
    if not member_ids:
        return {}
    rows = Member.objects.select_for_update(of=("self",), no_key=True).select_related("role", "user")
    return {row.pk: row for row in rows.filter(pk__in=member_ids).order_by("pk")}


def create_visit(
    client: Client,
    *,
    service_type: ServiceType,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    caregiver: Member | None = None,
    note: str = "",
    by: User,
    override_reason: str = "",
) -> Visit:
    """Plans one visit outside any pattern. Raises PlacementRefused, OverrideNeeded or Conflict."""
    _sane(starts_at, ends_at)
    check_in_use(service_type)
    asked = Visit(branch=client.branch, client=client, service_type=service_type, starts_at=starts_at, ends_at=ends_at)
    ask_the_way(asked, caregiver.pk if caregiver else None, starts_at, ends_at)

    def act() -> Visit:
        members = read_members([caregiver.pk] if caregiver else [], lock=True)
        visit = Visit(
            branch=client.branch,
            client=client,
            service_type=service_type,
            starts_at=starts_at,
            ends_at=ends_at,
            caregiver=caregiver,
            note=note,
        )
        warned = _judge(visit, members, by=by, override_reason=override_reason)
        visit.save(force_insert=True)
        keep_overrides([(visit, found) for found in warned], by=by, reason=override_reason)
        changes = {name: [None, getattr(visit, name)] for name in ("starts_at", "ends_at", "caregiver_id")}
        record("visit.created", visit, by=by, changes=changes, reason=override_reason if warned else "")
        notices.tell_caregiver(visit.caregiver, notices.ASSIGNED, visit)
        return visit

    return once_more(act)


def assign_visit(
    visit: Visit,
    caregiver: Member | None,
    *,
    by: User,
    override_reason: str = "",
    version: int | None = None,
    tell: bool = True,
) -> Visit:
    """Gives the visit to a caregiver; None opens it again. `tell=False`: the caller tells those concerned."""
    fields = {"caregiver": caregiver}
    return _change(
        visit, "visit.assigned", by=by, override_reason=override_reason, version=version, tell=tell, **fields
    )


def move_visit(
    visit: Visit,
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime | None = None,
    caregiver: Member | None = UNCHANGED,
    by: User,
    override_reason: str = "",
    version: int | None = None,
    tell: bool = True,
) -> Visit:
    """Another time, and another caregiver when one is given. Without `ends_at` the visit keeps its length."""
    ends_at = ends_at or starts_at + (visit.ends_at - visit.starts_at)
    fields = {"starts_at": starts_at, "ends_at": ends_at, "caregiver": caregiver}
    return _change(visit, "visit.moved", by=by, override_reason=override_reason, version=version, tell=tell, **fields)


def update_visit(
    visit: Visit, *, by: User, override_reason: str = "", version: int | None = None, **fields: Any
) -> Visit:
    """Changes any of starts_at, ends_at, caregiver, service_type, note."""
    return _change(visit, "visit.updated", by=by, override_reason=override_reason, version=version, **fields)


def cancel_visit(
    visit: Visit, *, reason: str, by: User, version: int | None = None, for_everybody: bool = False, tell: bool = True
) -> Visit:
    """The visit will not take place; it stays visible with the reason and frees the caregiver's time.

    Of a shared visit only this client's part is cancelled and the others' goes on, unless it is `for_everybody`.
    """
    if not reason.strip():
        raise DomainError(_("Say why the visit is cancelled."), field="reason")

    def act() -> Visit:
        lead, row = _locked_with_lead(visit, version)
        if row.status == Visit.Status.CANCELLED:
            return row
        if row.is_shared and not for_everybody:
            return _leave(lead, row, reason=reason.strip()[:200], by=by, tell=tell)
        row, shown = lead, lead.is_published
        row.move_to(Visit.Status.CANCELLED)
        row.cancel_reason = reason.strip()[:200]
        row.is_changed_by_hand = row.schedule_id is not None
        row.version += 1
        row.save(update_fields=["status", "cancel_reason", "is_changed_by_hand", "version"])
        record("visit.cancelled", row, by=by, reason=row.cancel_reason)
        if tell:
            notices.tell_caregiver(row.caregiver, notices.CANCELLED, row, was_shown=shown)
        return row if visit.pk == row.pk else Visit.objects.get(pk=visit.pk)

    return once_more(act)


def heir_of(lead: Visit, row: Visit, others: list[Visit]) -> Visit:
    """Which visit leads when `row` is left, of the one that led and the others who follow."""
    return lead if row.pk != lead.pk else others[0]


def _leave(lead: Visit, row: Visit, *, reason: str, by: User, tell: bool) -> Visit:
    """One client less: the row is cancelled and follows nobody. When it led, the next one leads."""
    if row.status in (Visit.Status.APPROVED, Visit.Status.MISSED):
        raise InvalidTransition(
            _("This visit is %(status)s, so its clients stay part of it.")
            % {"status": row.get_status_display().lower()}
        )
    if row.pk == lead.pk and not row.is_movable:
        raise InvalidTransition(_("The punches of this shared visit stand here, so this client stays part of it."))
    followers = [one for one in lead.led() if one.pk != row.pk]
    heir = heir_of(lead, row, followers)
    goes = models.When(pk=row.pk, then=models.Value(Visit.Status.CANCELLED))
    # In one statement, so that the caregiver's time passes from one leader to the other.
    Visit.objects.filter(pk__in=[lead.pk, row.pk, *(one.pk for one in followers)]).update(
        leader=models.Case(models.When(pk__in=[row.pk, heir.pk], then=None), default=heir.pk),
        status=models.Case(goes, default=models.F("status")),
        cancel_reason=models.Case(models.When(pk=row.pk, then=models.Value(reason)), default=models.F("cancel_reason")),
        is_changed_by_hand=models.Case(
            models.When(pk=row.pk, schedule__isnull=False, then=True), default=models.F("is_changed_by_hand")
        ),
        time_total=models.Case(models.When(pk=row.pk, then=models.F("time_weight")), default=models.F("time_total")),
        version=models.F("version") + 1,
    )
    row = Visit.objects.select_related("branch", "client", "caregiver__user").get(pk=row.pk)
    record("visit.cancelled", row, by=by, changes={"shared_with": [heir.pk, None]}, reason=reason)
    rest = Visit.objects.select_related("branch", "client", "caregiver__user").get(pk=heir.pk)
    if tell:
        notices.tell_caregiver(rest.caregiver, notices.CHANGED, rest)
    return row


def _change(
    visit: Visit,
    action: str,
    *,
    by: User,
    override_reason: str,
    version: int | None,
    tell: bool = True,
    **fields: Any,
) -> Visit:
    wanted = {name: value for name, value in fields.items() if value is not UNCHANGED}
    target = wanted["caregiver"].pk if wanted.get("caregiver") else None
    holder = target if "caregiver" in wanted else visit.caregiver_id
    ask_the_way(visit, holder, wanted.get("starts_at", visit.starts_at), wanted.get("ends_at", visit.ends_at))

    def act() -> Visit:
        members = read_members([holder] if holder else [], lock=True)
        lead, row = _locked_with_lead(visit, version)
        if "caregiver" not in wanted and row.caregiver_id != holder:
            raise _changed_meanwhile(row)
        previous, shown = lead.caregiver, lead.is_published
        of_lead = wanted
        if row.leader_id is not None:  # time and caregiver are the leader's, service and note are each client's own
            of_lead = {name: value for name, value in wanted.items() if name not in OWN}
            own = {name: value for name, value in wanted.items() if name in OWN}
            if own:
                _apply(row, action, own, members, by=by, override_reason=override_reason)
        changed = bool(of_lead) and _apply(lead, action, of_lead, members, by=by, override_reason=override_reason)
        if changed and tell:
            _tell(lead, previous, was_shown=shown)
        return _locked(row, None) if row.leader_id is not None else row

    return once_more(act)


def _apply(
    row: Visit, action: str, wanted: dict[str, Any], members: dict[int, MemberFact], *, by: User, override_reason: str
) -> bool:
    """Writes what is wanted; False when the visit is so already."""
    if not row.is_movable:
        raise InvalidTransition(
            _("This visit is %(status)s: only a planned visit can still change its time or caregiver.")
            % {"status": row.get_status_display().lower()}
        )
    before = {name: getattr(row, name) for name in FIELDS}
    for name, value in wanted.items():
        setattr(row, name, value)
    _sane(row.starts_at, row.ends_at)
    if row.caregiver_id != before["caregiver_id"] or row.starts_at != before["starts_at"]:
        row.withdraw_confirmation()
    changes = changes_of(before, row)
    if not changes:
        return False
    is_placement = bool(changes.keys() - {"note"})
    warned = _judge(row, members, by=by, override_reason=override_reason) if is_placement else []
    row.version += 1
    row.is_changed_by_hand = row.is_changed_by_hand or (is_placement and row.schedule_id is not None)
    row.save(update_fields=[*FIELDS, "version", "is_changed_by_hand"])
    keep_overrides([(row, found) for found in warned], by=by, reason=override_reason)
    record(action, row, by=by, changes=changes, reason=override_reason if warned else "")
    return True


def _tell(row: Visit, previous: Member | None, *, was_shown: bool) -> None:
    if was_shown and not row.is_published:
        notices.tell_of_series([previous] if previous else [], notices.CHANGED, key=f"visit{row.pk}:{row.version}")
        return
    if previous is not None and previous.pk != row.caregiver_id:
        notices.tell_caregiver(previous, notices.CANCELLED, row)
    if row.caregiver is not None:
        is_new = previous is None or previous.pk != row.caregiver_id
        notices.tell_caregiver(row.caregiver, notices.ASSIGNED if is_new else notices.CHANGED, row)


def _judge(visit: Visit, members: dict[int, MemberFact], *, by: User, override_reason: str) -> list[Finding]:
    """Asks the rules; returns the warnings that the reason overrides."""
    placement = Placement.of(visit)
    if visit.leader_id is not None:
        return check(Judge([placement]).judge_client(placement), by=by, override_reason=override_reason)
    known: dict[str, Iterable[Any]] = {
        "members": members.values(),
        "service_types": [visit.service_type],
        "branches": [visit.branch],
    }
    return check(Judge([placement], known).judge(placement), by=by, override_reason=override_reason)


def _locked_with_lead(visit: Visit, version: int | None) -> tuple[Visit, Visit]:
    """(the visit that holds the caregiver's time, the visit meant); both locked, the first before the second."""
    if visit.leader_id is None:
        row = _locked(visit, version)
        return row, row
    lead, row = _locked(visit.lead, None), _locked(visit, version)
    if row.leader_id != lead.pk:
        raise _changed_meanwhile(row)
    return lead, row


def _locked(visit: Visit, version: int | None) -> Visit:
    rows = Visit.objects.select_for_update(of=("self",))
    row = rows.select_related("branch", "service_type", "client", "caregiver__user", "caregiver__role").get(pk=visit.pk)
    if version is not None and row.version != version:
        raise _changed_meanwhile(row)
    return row


def _changed_meanwhile(row: Visit) -> Conflict:
    """Who changed the visit, and when, so that two people can talk to each other."""
    last = Event.objects.about(row).filter(kind=Event.Kind.CHANGE).select_related("user").first()
    if last is None or last.user is None:
        return Conflict(_("This visit was changed meanwhile. Reload to see how it stands now, then try again."))
    return Conflict(
        _("%(person)s changed this visit at %(time)s. Reload to see how it stands now, then try again.")
        % {"person": last.user, "time": f"{local(last.at, row.branch.time_zone):%H:%M}"}
    )


def _sane(starts_at: dt.datetime, ends_at: dt.datetime) -> None:
    if ends_at <= starts_at:
        raise DomainError(_("The end is not after the start."), field="ends_at")
    if ends_at - starts_at > dt.timedelta(hours=25):
        raise DomainError(_("A visit lasts at most a day. Plan several visits one after the other."), field="ends_at")
