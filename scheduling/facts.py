"""What placement rules look at, read once per kind for a whole batch, only when the first rule asks for it."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from clients.models import Client
from homecare.accounts.models import Agency, Branch
from homecare.clock import at_local, local_date, monday_of
from scheduling.models import ServiceType, Visit
from scheduling.travel import Place
from staff.models import Member

if TYPE_CHECKING:
    from scheduling.placement import Placement

LONGEST_VISIT = dt.timedelta(hours=25)
DAY = dt.timedelta(days=1)


class Busy(NamedTuple):
    """A live visit that holds a caregiver's time."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    visit_id: int
    client_id: int


class ClientFact(NamedTuple):
    """What the rules know of a client."""

    id: int
    first_name: str
    last_name: str
    status: str
    caregiver_gender: str
    language: str
    place: Place | None

    @property
    def short_name(self) -> str:
        return f"{self.last_name} {self.first_name[:1]}."

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Facts:
    """The batch's facts. `known` rows (members with their role, service_types, branches) are taken as they are."""

    def __init__(self, placements: Sequence[Placement], known: dict[str, Iterable[Any]] | None = None) -> None:
        self.placements = placements
        self.known = {kind: {row.pk: row for row in rows} for kind, rows in (known or {}).items()}
        self.member_ids = {p.member_id for p in placements if p.member_id is not None}
        self.client_ids = {p.client_id for p in placements}
        self.visit_ids = {p.visit_id for p in placements if p.visit_id is not None}
        self._week_minutes: dict[tuple[int, dt.date], int] = {}

    def _rows(self, kind: str, ids: set[int], queryset: Any) -> dict[int, Any]:
        rows = dict(self.known.get(kind, {}))
        missing = ids - rows.keys()
        if missing:
            rows |= {row.pk: row for row in queryset.filter(pk__in=missing)}
        return rows

    @cached_property
    def agency(self) -> Agency:
        return Agency.current()

    @cached_property
    def branches(self) -> dict[int, Branch]:
        return self._rows("branches", {p.branch_id for p in self.placements}, Branch.objects.all())

    @cached_property
    def service_types(self) -> dict[int, ServiceType]:
        return self._rows("service_types", {p.service_type_id for p in self.placements}, ServiceType.objects.all())

    @cached_property
    def members(self) -> dict[int, Member]:
        return self._rows("members", self.member_ids, Member.objects.select_related("role"))

    def zone(self, placement: Placement) -> str:
        return self.branches[placement.branch_id].time_zone

    def day(self, placement: Placement) -> dt.date:
        """The local day on which the visit starts."""
        return local_date(placement.starts_at, self.zone(placement))

    @cached_property
    def days(self) -> tuple[dt.date, dt.date]:
        """The local days the batch touches, with a day to spare on both sides for zones and nights."""
        first = min((p.starts_at for p in self.placements), default=None)
        last = max((p.ends_at for p in self.placements), default=None)
        if first is None or last is None:
            return dt.date.max, dt.date.min
        return first.date() - DAY, last.date() + DAY

    @cached_property
    def busy(self) -> dict[int, list[Busy]]:
        """Each caregiver's live visits in the weeks of the batch, in order, without the batch's own visits."""
        held: dict[int, list[Busy]] = defaultdict(list)
        if not self.member_ids:
            return held
        first, last = self.days
        rows = Visit.objects.live().filter(
            caregiver__in=self.member_ids,
            starts_at__gte=at_local(monday_of(first), dt.time(), "UTC") - LONGEST_VISIT,
            starts_at__lt=at_local(monday_of(last) + 8 * DAY, dt.time(), "UTC"),
        )
        fields = ("caregiver_id", "starts_at", "ends_at", "id", "client_id")
        for member_id, *rest in rows.order_by("caregiver_id", "starts_at").values_list(*fields):
            if rest[2] not in self.visit_ids:
                held[member_id].append(Busy(*rest))
        return held

    @cached_property
    def clients(self) -> dict[int, ClientFact]:
        """The batch's clients and those of the visits around it, with where they live."""
        ids = self.client_ids | {row.client_id for rows in self.busy.values() for row in rows}
        return read_clients(ids)

    def around(self, placement: Placement) -> tuple[Busy | None, Busy | None, Busy | None]:
        """(visit before, visit that overlaps, visit after) of the placement's caregiver."""
        rows = self.busy.get(placement.member_id or 0, [])
        at = bisect_left(rows, placement.starts_at, key=lambda row: row.starts_at)
        before = rows[at - 1] if at else None
        after = rows[at] if at < len(rows) else None
        if before is not None and before.ends_at > placement.starts_at:
            return None, before, after
        if after is not None and after.starts_at < placement.ends_at:
            return before, after, None
        return before, None, after

    def week_minutes(self, placement: Placement) -> int:
        """What the placement's caregiver has planned in its local week besides this visit."""
        member_id, zone = placement.member_id or 0, self.zone(placement)
        monday = monday_of(self.day(placement))
        key = (member_id, monday)
        if key not in self._week_minutes:
            starts, ends = at_local(monday, dt.time(), zone), at_local(monday + 7 * DAY, dt.time(), zone)
            rows = self.busy.get(member_id, [])
            self._week_minutes[key] = sum(
                int((row.ends_at - row.starts_at).total_seconds() // 60)
                for row in rows
                if starts <= row.starts_at < ends
            )
        return self._week_minutes[key]

    def take(self, placement: Placement) -> None:
        """Books an accepted placement of the batch."""
        if placement.member_id is None:
            return
        key = (placement.member_id, monday_of(self.day(placement)))
        if key in self._week_minutes:
            self._week_minutes[key] += placement.minutes
        row = Busy(placement.starts_at, placement.ends_at, placement.visit_id or 0, placement.client_id)
        insort(self.busy[placement.member_id], row, key=lambda held: held.starts_at)


def read_clients(ids: set[int]) -> dict[int, ClientFact]:
    """Clients with the coordinates of their primary address, in one query."""
    fields = ("id", "first_name", "last_name", "status", "caregiver_gender", "language")
    rows = Client.objects.filter(pk__in=ids).values_list(
        *fields, "addresses__is_primary", "addresses__latitude", "addresses__longitude"
    )
    found: dict[int, ClientFact] = {}
    for *client, is_primary, latitude, longitude in rows:
        place = (latitude, longitude) if is_primary and latitude is not None and longitude is not None else None
        if client[0] not in found or place is not None:
            found[client[0]] = ClientFact(*client, place)
    return found
