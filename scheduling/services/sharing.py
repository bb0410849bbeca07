"""Clients of one home share a visit, or all visits of a pattern (docs/scheduling.md, "Shared visits").

Each has a visit of their own that follows the one which leads; the database makes it, moves it and ends it with its
leader. Here clients come to share, change their part, and leave a pattern. One visit is left by cancelling it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection
from django.db.models import F, Value
from django.utils.translation import gettext as _

from clients.models import Client
from homecare.accounts.models import User
from homecare.audit.services.event import build, record, record_many
from homecare.clock import now
from homecare.errors import DomainError
from scheduling import notices
from scheduling.fact_rows import Other
from scheduling.homes import housemates
from scheduling.models import Schedule, ServiceType, Sharer, Visit
from scheduling.models.sharer import MOST_SHARERS
from scheduling.placement import Finding, Judge, Placement, check
from scheduling.services.client_pause import leave_paused
from scheduling.services.override import keep_overrides
from scheduling.services.schedule import untouched
from scheduling.services.service_type import check_in_use
from scheduling.services.visit import lock_members, once_more
from staff.models import Member


class Share(NamedTuple):
    """A further client's part: whose, with which service, and how much of the time beside the others."""

    client: Client
    service_type: ServiceType
    time_weight: int = 1


@dataclass(frozen=True)
class Shared:
    """What a change of who shares a pattern did: visits made, visits cancelled."""

    schedule: Schedule
    made: int
    cancelled: int


def share_visit(visit: Visit, share: Share, *, by: User, override_reason: str = "") -> Visit:
    """The client comes to this one visit too; returns the following visit. Their own rules are asked.

    Raises DomainError for a client of another home or a visit for several caregivers, Conflict when they share it
    already, PlacementRefused and OverrideNeeded as every placement does.
    """

    def act() -> Visit:
        lock_members({visit.caregiver_id} - {None})  # type: ignore[arg-type]
        lead = Visit.locked(visit.leader_id or visit.pk, "branch", "client", "caregiver__user")
        followers = lead.led("client")
        _check_visit(lead, share, len(followers) + 1)
        _check_home(lead.client, [share])
        check_in_use(share.service_type)
        row = Visit(
            branch=lead.branch,
            client=share.client,
            service_type=share.service_type,
            leader=lead,
            caregiver=lead.caregiver,
            status=lead.status,
            starts_at=lead.starts_at,
            ends_at=lead.ends_at,
            window_starts_at=lead.window_starts_at,
            window_ends_at=lead.window_ends_at,
            time_weight=share.time_weight,
            time_total=share.time_weight,
        )
        placement = Placement.of(lead, total=lead.time_total + share.time_weight).at(_other(share))
        warned = check(Judge([placement]).judge_client(placement), by=by, override_reason=override_reason)
        row.save(force_insert=True)
        keep_overrides([(row, finding) for finding in warned], by=by, reason=override_reason)
        changes = {"shared_with": [None, lead.pk], "starts_at": [None, row.starts_at]}
        record("visit.created", row, by=by, changes=changes, reason=override_reason if warned else "")
        notices.tell_caregiver(lead.caregiver, notices.CHANGED, lead)
        return Visit.objects.get(pk=row.pk)

    return once_more(act)


def set_parts(visit: Visit, weights: dict[int, int], *, by: User) -> list[Visit]:
    """Says anew how the clients of one shared visit share its time: visit → weight (1–9), of all who share it."""

    def act() -> list[Visit]:
        lead = Visit.locked(visit.leader_id or visit.pk, "branch", "client")
        rows = [lead, *lead.led("branch", "client")]
        if any(row.status == Visit.Status.APPROVED for row in rows):
            raise DomainError(_("This visit is approved. Reopen it to share its time another way."))
        for row in rows:
            weight = weights.get(row.pk, row.time_weight)
            if not 1 <= weight <= 9:
                raise DomainError(_("A part of the time is between 1 and 9."))
            if weight != row.time_weight:
                before, row.time_weight = row.time_weight, weight
                Visit.objects.filter(pk=row.pk).update(**_weighing(weight))
                record("visit.part_changed", row, by=by, changes={"time_weight": [before, weight]})
        return list(Visit.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk"))

    return once_more(act)


def share_schedule(
    schedule: Schedule, shares: Sequence[Share], *, own_weight: int = 1, by: User, override_reason: str = ""
) -> Shared:
    """From now on these clients share the pattern's visits, and no others: visits that lie ahead gain and lose theirs.

    Whoever is named new is judged by the client's rules on every visit; nothing changes when one blocks.
    """

    def act() -> Shared:
        row = Schedule.locked(schedule.pk, "client__branch", "service_type")
        held = {sharer.client_id: sharer for sharer in row.sharers.select_related("client", "service_type")}
        _check_schedule(row, shares)
        _check_home(row.client, [share for share in shares if share.client.pk not in held])
        leads = list(untouched(row).select_for_update(of=("self",)).order_by("pk"))
        new = [share for share in shares if _is_new(held.get(share.client.pk), share)]
        for share in new:
            check_in_use(share.service_type)
        total = own_weight + sum(share.time_weight for share in shares)
        warned = _judge(leads, new, total, by=by, override_reason=override_reason)
        _write(row, shares, held, own_weight)
        ids = [lead.pk for lead in leads]
        cancelled = _take_away(ids, besides=[share.client.pk for share in shares], by=by)
        made = _bring_up_to_date(ids, shares, own_weight, by=by)
        keep_overrides(_overridden(made, warned), by=by, reason=override_reason)
        changes = {
            "shared_with": [sorted(held), sorted(share.client.pk for share in shares)],
            "visits": [len(cancelled), len(made)],
        }
        record("schedule.shared", row, by=by, changes=changes, reason=override_reason)
        if made or cancelled:
            people = Member.objects.select_related("user").filter(pk__in={lead.caregiver_id for lead in leads} - {None})
            notices.tell_of_series(people, notices.CHANGED, key=f"shared{row.pk}:{now().timestamp():.0f}")
        return Shared(row, len(made), len(cancelled))

    return once_more(act)


def align_followers(schedules: Iterable[Schedule], *, by: User) -> int:
    """Visits ahead have the followers their pattern says: after an undo, and when a client is back in care.

    Whoever left a visit alone stays away from it. Returns how many visits were made or cancelled.
    """
    count = 0
    for row in schedules:
        leads = {lead.pk: lead.starts_at for lead in untouched(row).select_for_update(of=("self",)).order_by("pk")}
        sharers = list(row.sharers.values_list("client_id", flat=True))
        count += len(_take_away(list(leads), besides=sharers, by=by))
        for client_id in sharers:
            left = Visit.objects.filter(client=client_id, leader=None, status=Visit.Status.CANCELLED)
            away = set(left.filter(starts_at__in=leads.values()).values_list("starts_at", flat=True))
            count += len(_fill([pk for pk, at in leads.items() if at not in away], client_id, by=by))
        count += leave_paused([row], by=by)
    return count


def align_all(*, by: User | None = None) -> int:
    """The nightly look at every shared pattern; running twice changes nothing twice."""
    shared = Schedule.objects.active().exclude(sharers=None).select_related("client__branch").distinct()
    actor = by or User.system()
    return sum(once_more(lambda row=row: align_followers([row], by=actor)) for row in shared)  # type: ignore[misc]


def _other(share: Share) -> Other:
    return Other(share.client.pk, share.service_type.pk, share.time_weight)


def _is_new(held: Sharer | None, share: Share) -> bool:
    return held is None or held.service_type_id != share.service_type.pk


def _weighing(weight: int) -> dict[str, object]:
    """The columns of a row whose part changes; the sum follows, and the database tells the others."""
    return {"time_total": F("time_total") - F("time_weight") + Value(weight), "time_weight": weight}


def _check_visit(lead: Visit, share: Share, count: int) -> None:
    if not lead.is_movable:
        raise DomainError(
            _("This visit is %(status)s. Only a planned visit can still be shared.")
            % {"status": lead.get_status_display().lower()}
        )
    if lead.schedule is not None and lead.schedule.head_count > 1:
        raise DomainError(_("A visit for several caregivers cannot be shared."))
    if count > MOST_SHARERS:
        raise DomainError(_("At most four clients share a visit."))
    if not 1 <= share.time_weight <= 9:
        raise DomainError(_("A part of the time is between 1 and 9."), field="time_weight")


def _check_schedule(row: Schedule, shares: Sequence[Share]) -> None:
    if row.status != Schedule.Status.ACTIVE:
        raise DomainError(_("This pattern has ended. Begin a new one."))
    if shares and row.head_count > 1:
        raise DomainError(_("A visit for several caregivers cannot be shared."))
    if len(shares) > MOST_SHARERS:
        raise DomainError(_("At most four clients share a visit."))
    if len({share.client.pk for share in shares}) < len(shares):
        raise DomainError(_("A client is named twice."))


def _check_home(client: Client, shares: Sequence[Share]) -> None:
    known = {row.pk for row in housemates(client)} if shares else set()
    for share in shares:
        if share.client.pk not in known:
            raise DomainError(
                _("%(other)s does not live with %(client)s: only clients of one home share a visit.")
                % {"other": share.client, "client": client},
                field="client",
            )


def _judge(
    leads: Sequence[Visit], shares: Sequence[Share], total: int, *, by: User, override_reason: str
) -> dict[tuple[int, int], list[Finding]]:
    """(visit, client) → the warnings that the reason overrides; raises as `check` does, with the first few."""
    placements = [
        (lead, share, Placement.of(lead, total=total).at(_other(share))) for lead in leads for share in shares
    ]
    judge = Judge([placement for _lead, _share, placement in placements])
    found: dict[tuple[int, int], list[Finding]] = {}
    for lead, share, placement in placements:
        findings = judge.judge_client(placement)
        if findings:
            found[lead.pk, share.client.pk] = findings
        judge.take(placement)
    every = [finding for findings in found.values() for finding in findings]
    check(sorted(every, key=lambda finding: not finding.blocks)[:5], by=by, override_reason=override_reason)
    return found


def _write(row: Schedule, shares: Sequence[Share], held: dict[int, Sharer], own_weight: int) -> None:
    Schedule.objects.filter(pk=row.pk).update(time_weight=own_weight)
    row.sharers.exclude(client__in=[share.client.pk for share in shares]).delete()
    for share in shares:
        sharer = held.get(share.client.pk) or Sharer(schedule=row, client=share.client)
        sharer.service_type, sharer.time_weight = share.service_type, share.time_weight
        sharer.save()


def _take_away(leads: Sequence[int], *, besides: Sequence[int], by: User) -> list[Visit]:
    """Cancels the visits that the pattern made for clients who do not share it any more: for all but these."""
    rows = Visit.objects.filter(leader__in=leads, occurrence_on__isnull=False, status__in=Visit.OPEN_STATUSES)
    rows = rows.exclude(client__in=besides)
    gone = list(rows.select_related("branch").order_by("pk"))
    reason = _("No longer shared")
    Visit.objects.filter(pk__in=[visit.pk for visit in gone]).update(
        leader=None, status=Visit.Status.CANCELLED, cancel_reason=reason, time_total=F("time_weight"),
        version=F("version") + 1,
    )  # fmt: skip
    changes = [{"status": [visit.status, Visit.Status.CANCELLED]} for visit in gone]
    pairs = zip(gone, changes, strict=True)
    record_many([build("visit.cancelled", visit, by=by, changes=change, reason=reason) for visit, change in pairs])
    return gone


def _bring_up_to_date(ids: Sequence[int], shares: Sequence[Share], own_weight: int, *, by: User) -> list[Visit]:
    """Parts and services as the pattern says, and the visits that are missing; returns those."""
    Visit.objects.filter(pk__in=ids).exclude(time_weight=own_weight).update(**_weighing(own_weight))
    for share in shares:
        theirs = Visit.objects.filter(leader__in=ids, client=share.client)
        theirs.exclude(service_type=share.service_type).update(service_type=share.service_type)
        theirs.exclude(time_weight=share.time_weight).update(**_weighing(share.time_weight))
    return [visit for share in shares for visit in _fill(ids, share.client.pk, by=by)]


def _fill(leads: Sequence[int], client_id: int, *, by: User) -> list[Visit]:
    """Makes the visits of a sharer that these leading visits lack; returns them."""
    theirs = Visit.objects.filter(leader__in=leads, client=client_id)
    known = set(theirs.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT visit_fill_followers(%s::bigint[], %s)", [list(leads), client_id])
    made = list(theirs.exclude(pk__in=known).select_related("branch").order_by("pk"))
    record_many(
        [build("visit.created", visit, by=by, changes={"shared_with": [None, visit.leader_id]}) for visit in made]
    )
    return made


def _overridden(made: Sequence[Visit], warned: dict[tuple[int, int], list[Finding]]) -> list[tuple[Visit, Finding]]:
    return [(visit, found) for visit in made for found in warned.get((visit.leader_id or 0, visit.client_id), ())]
