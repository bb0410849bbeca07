"""Who lives together, so that their visits may be shared, and who shares those of a pattern."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from clients.models import Address, Client
from scheduling.fact_rows import Other
from scheduling.models import Schedule, Sharer
from scheduling.travel import kilometres

NEAR_KM = 0.05
NEAR_DEGREES = 0.001
"""A little more than 50 metres north or south; east or west it is less, so the distance is asked afterwards."""
IN_CARE = (Client.Status.ACTIVE, Client.Status.ASSESSMENT)


def housemates(client: Client) -> list[Client]:
    """Other clients of the branch in care whose primary address is the same or within 50 metres, by name."""
    home = Address.objects.filter(client=client.pk, is_primary=True).first()
    if home is None:
        return []
    same = Q(line1__iexact=home.line1, postal_code=home.postal_code)
    if home.place is not None:
        north, east = home.place
        same |= Q(
            latitude__range=(north - NEAR_DEGREES, north + NEAR_DEGREES),
            longitude__range=(east - 2 * NEAR_DEGREES, east + 2 * NEAR_DEGREES),
        )
    near = Address.objects.filter(same, is_primary=True, client__branch=client.branch_id, client__status__in=IN_CARE)
    found = [
        row.client
        for row in near.exclude(client=client.pk).select_related("client__branch")
        if not (home.place and row.place) or kilometres(home.place, row.place) <= NEAR_KM
    ]
    return sorted(found, key=lambda row: (row.last_name, row.first_name, row.pk))


def sharers_of(schedules: Iterable[Schedule]) -> dict[int, tuple[Other, ...]]:
    """Who shares the visits these patterns will have: clients in care, as the database makes their visits."""
    ids = [row.pk for row in schedules if row.pk]
    found: dict[int, tuple[Other, ...]] = {}
    if ids:
        rows = Sharer.objects.filter(schedule__in=ids, client__status__in=IN_CARE).order_by("pk")
        for row in rows:
            other = Other(row.client_id, row.service_type_id, row.time_weight)
            found[row.schedule_id] = (*found.get(row.schedule_id, ()), other)
    return found
