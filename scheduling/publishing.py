"""What caregivers are shown of the plan: what a publication would bring each of them since they last saw it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field

from homecare.accounts.models import Branch
from homecare.clock import now
from scheduling.models import PublicationReceipt, Visit
from staff.models import Member

Shown = dict[str, list[str]]


@dataclass
class Difference:
    """One caregiver's plan from now on to a moment, and what is not as they saw it last: published or confirmed."""

    member: Member
    visits: list[Visit] = field(default_factory=list)
    new: list[Visit] = field(default_factory=list)
    moved: list[Visit] = field(default_factory=list)
    gone: int = 0
    has_seen_before: bool = False

    @property
    def minutes(self) -> int:
        return sum(visit.planned_minutes for visit in self.visits)

    @property
    def is_empty(self) -> bool:
        return not (self.visits or self.gone)

    @property
    def shown(self) -> Shown:
        return shown_as(self.visits)


def shown_as(visits: list[Visit]) -> Shown:
    """The visits as a receipt keeps them."""
    return {str(row.pk): [row.starts_at.isoformat(), row.ends_at.isoformat()] for row in visits}


def plan_of(branch: Branch, until: dt.datetime, member_ids: list[int] | None = None) -> dict[int, list[Visit]]:
    """The visits from now on to a moment that take place, by caregiver."""
    rows = (
        Visit.objects.live()
        .leading()
        .filter(branch=branch, caregiver__isnull=False, starts_at__gte=now(), starts_at__lt=until)
    )
    rows = rows.filter(caregiver__in=member_ids) if member_ids is not None else rows
    found: dict[int, list[Visit]] = defaultdict(list)
    for row in rows.order_by("starts_at", "pk"):
        found[row.caregiver_id or 0].append(row)
    return found


def differences(branch: Branch, until: dt.datetime) -> list[Difference]:
    """Everybody who has visits up to then, or had some when they last looked; in a fixed number of queries."""
    plan, seen = plan_of(branch, until), _last_seen(branch)
    members = Member.objects.filter(pk__in={*plan, *seen}).select_related("user")
    rows = [
        _difference(member, plan.get(member.pk, []), seen.get(member.pk))
        for member in members.order_by("last_name", "first_name", "pk")
    ]
    return [row for row in rows if not row.is_empty]


def _difference(member: Member, visits: list[Visit], seen: Shown | None) -> Difference:
    row = Difference(member, visits, has_seen_before=seen is not None)
    known, moment = seen or {}, now()
    for visit in visits:
        if visit.status == Visit.Status.CONFIRMED:
            continue  # they gave their word for this very time, so they have seen it
        before = known.get(str(visit.pk))
        if before is None:
            row.new.append(visit)
        elif before != [visit.starts_at.isoformat(), visit.ends_at.isoformat()]:
            row.moved.append(visit)
    still = {str(visit.pk) for visit in visits}
    row.gone = sum(
        pk not in still and dt.datetime.fromisoformat(starts) >= moment for pk, (starts, _ends) in known.items()
    )
    return row


def _last_seen(branch: Branch) -> dict[int, Shown]:
    """What each caregiver of the branch last said to have seen."""
    rows = PublicationReceipt.objects.filter(publication__branch=branch, seen_at__isnull=False)
    latest = rows.order_by("member", "-publication", "-pk").distinct("member")
    return dict(latest.values_list("member", "visits"))
