"""How much of each authorization is used, scheduled and left, in 15-minute units (docs/billing.md, section 6)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import QuerySet

from billing.models import Authorization, Charge
from billing.pricing import with_payer
from billing.units import quarter_units
from scheduling.models import Visit


@dataclass(frozen=True)
class BurnDown:
    """Four numbers, kept apart. `left` is negative when more is scheduled than allowed."""

    authorization: Authorization
    used: int
    scheduled: int

    @property
    def taken(self) -> int:
        return self.used + self.scheduled

    @property
    def left(self) -> int:
        return self.authorization.total_units - self.taken

    @property
    def percent(self) -> int:
        """Used and scheduled, of what is authorized."""
        return round(100 * self.taken / max(1, self.authorization.total_units))

    @property
    def tone(self) -> str:
        """How urgent: nothing left to give, nearly so (from 90 %), or fine."""
        if self.left < 0:
            return "danger"
        return "warning" if self.percent >= 90 else "success"


def burn_down(authorizations: QuerySet[Authorization]) -> list[BurnDown]:
    """Three queries whatever the number of authorizations."""
    rows = list(authorizations.select_related("payer", "service_type"))
    if not rows:
        return []
    clients = {row.client_id for row in rows}
    used: dict[tuple[int, int, int], list[tuple]] = defaultdict(list)
    charges = Charge.objects.filter(client__in=clients).exclude(status=Charge.Status.VOID)
    for client, payer, service, day, minutes in charges.order_by().values_list(
        "client_id", "payer_id", "visit__service_type_id", "service_on", "minutes"
    ):
        used[client, payer, service].append((day, minutes))
    planned: dict[tuple[int, int, int], list[tuple]] = defaultdict(list)
    for visit in _uncharged_visits(clients, rows):
        minutes = visit.approved_minutes or visit.care_minutes
        planned[visit.client_id, visit.payer_pk, visit.service_type_id].append((visit.service_on, minutes))
    return [BurnDown(row, _units(row, used), _units(row, planned)) for row in rows]


def _units(row: Authorization, minutes: dict[tuple[int, int, int], list[tuple]]) -> int:
    found = minutes.get((row.client_id, row.payer_id, row.service_type_id), [])
    return sum(quarter_units(m, row.payer.rounding) for day, m in found if row.starts_on <= day <= row.ends_on)


def _uncharged_visits(clients: set[int], rows: list[Authorization]) -> QuerySet:
    """Live visits of billable services without a live charge, each with the payer first on its day."""
    charged = Charge.objects.filter(client__in=clients).exclude(status=Charge.Status.VOID)
    visits = Visit.objects.live().filter(
        client__in=clients,
        service_type__in={row.service_type_id for row in rows},
        service_type__is_billable=True,
    )
    return with_payer(visits.exclude(pk__in=charged.values("visit_id")))
