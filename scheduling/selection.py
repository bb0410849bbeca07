"""Which visits a message to all concerns, as the page it was begun from says in its address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, QueryDict

from clients.models import Client
from homecare.accounts.branch_choice import current_branch
from homecare.bulk_copy import another
from homecare.clock import now
from scheduling.forms.visit_filter import VisitFilter
from scheduling.models import LostVisit, Publication, Roster, Rotation, SeriesChange, Visit
from staff.models import Member, Role, Team, TimeOff

MOST_VISITS = 5000
# What bounds the time by itself; an address without any of these means the next seven days.
BOUNDS = ("since", "until", "show", "absence", "change", "roster", "publication", "rotation")


@dataclass
class Selection:
    """`former`: the visits as they stood with caregivers who have them no more, for those are concerned as well."""

    visits: list[Visit] = field(default_factory=list)
    former: list[Visit] = field(default_factory=list)

    @property
    def is_too_large(self) -> bool:
        return len(self.visits) > MOST_VISITS


class ConcernFilter(VisitFilter):
    """The filters of the visit list, and those of the board and of a client's page."""

    client = django_filters.ModelChoiceFilter(queryset=lambda request: Client.objects.visible_to(request.user))
    team = django_filters.ModelChoiceFilter(
        field_name="caregiver__teams", queryset=lambda request: Team.objects.visible_to(request.user)
    )
    role = django_filters.ModelChoiceFilter(field_name="caregiver__role", queryset=Role.objects.all())


def bounded(asked: QueryDict) -> QueryDict:
    """The address with the next seven days where it does not bound the time."""
    found = asked.copy()
    if not any(found.get(name) for name in BOUNDS):
        found["show"] = "week"
    return found


def select(request: HttpRequest, asked: QueryDict) -> Selection:
    """What this address means for this person; an address that names what they may not see is not found."""
    for name, (model, read) in NAMED.items():
        if asked.get(name):
            rows: Any = model.objects.visible_to(request.user)
            pk = str(asked[name])
            row = rows.filter(pk=int(pk)).first() if pk.isdecimal() else None
            if row is None:
                raise Http404
            return read(row, Visit.objects.visible_to(request.user))  # type: ignore[arg-type]
    visits = Visit.objects.visible_to(request.user).live()  # type: ignore[arg-type]
    branch = None if asked.get("client") or asked.get("team") else current_branch(request)
    found = ConcernFilter(asked, queryset=visits.filter(branch=branch) if branch else visits, request=request)
    if not found.is_valid():
        raise Http404
    return Selection(_read(found.qs))


def _read(rows: QuerySet) -> list[Visit]:
    joined = rows.select_related("client", "branch", "caregiver__user").order_by("starts_at", "pk")
    return list(joined[: MOST_VISITS + 1])


def _of_absence(absence: TimeOff, visits: Any) -> Selection:
    return Selection(_read(visits.live().filter(pk__in=LostVisit.objects.filter(time_off=absence).values("visit"))))


def _of_change(change: SeriesChange, visits: Any) -> Selection:
    """What the change touched and made, also what it cancelled, as long as it is kept for undo."""
    before: dict[str, dict[str, Any]] = change.before.get("visits", {})
    created = change.after.get("created", []) if change.after else []
    found = _read(visits.filter(pk__in=[*map(int, before), *created]))
    had = {int(pk): (row["caregiver_id"], dt.datetime.fromisoformat(row["starts_at"])) for pk, row in before.items()}
    return Selection(found, _former(found, had))


def _of_roster(roster: Roster, visits: Any) -> Selection:
    """What a roster changes: who has these visits now, and who had them when it was drafted."""
    lines = roster.lines.changed().values_list("visit", "caregiver_before", "starts_before")
    had = {pk: (member, starts_at) for pk, member, starts_at in lines}
    found = _read(visits.filter(pk__in=list(had)))
    return Selection(found, _former(found, had))


def _of_rotation(rotation: Rotation, visits: Any) -> Selection:
    """Every visit ahead of the patterns that take part."""
    ahead = visits.live().filter(starts_at__gt=now())
    return Selection(_read(ahead.filter(schedule__in=rotation.shifts.values("schedule"))))


def _of_publication(publication: Publication, visits: Any) -> Selection:
    """What lies ahead, up to its last day, of the caregivers it was shown to."""
    told = publication.receipts.values("member")
    ahead = visits.live().filter(starts_at__gt=now(), starts_at__lt=publication.published_until)
    return Selection(_read(ahead.filter(branch=publication.branch_id, caregiver__in=told)))


def _former(visits: list[Visit], had: dict[int, tuple[int | None, dt.datetime]]) -> list[Visit]:
    wanted = {had[visit.pk][0] for visit in visits if visit.pk in had} - {None}
    members = Member.objects.select_related("user").in_bulk(list(wanted))
    found = []
    for visit in visits:
        member_id, starts_at = had.get(visit.pk, (None, visit.starts_at))
        if member_id in members and member_id != visit.caregiver_id:
            row = another(visit, caregiver_id=member_id, starts_at=starts_at)
            row.caregiver = members[member_id]
            found.append(row)
    return found


NAMED: dict[str, tuple[Any, Callable[[Any, Any], Selection]]] = {
    "absence": (TimeOff, _of_absence),
    "change": (SeriesChange, _of_change),
    "roster": (Roster, _of_roster),
    "rotation": (Rotation, _of_rotation),
    "publication": (Publication, _of_publication),
}
