"""What stands on the unbilled list: visits that wait with their reason, and charges by the invoice they will be on.

Each is judged in one statement over keys, from which counts, filters and pages follow; names are read for one page.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Count, Max, Min, Sum
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from billing.models import Payer
from billing.pricing import WaitsFor
from billing.services.charge import uncharged
from clients.models import Client
from homecare.accounts.models import User
from homecare.addresses import address
from homecare.keys import among
from homecare.money import ZERO
from homecare.templatetags.ui import NOTHING, badge, daytime_tag, minutes
from scheduling.evv import missing_elements
from scheduling.evv_rows import with_place
from scheduling.models import Visit


class Waiting(NamedTuple):
    """One approved visit without a charge, and why."""

    pk: int
    waits_for: str
    payer_pk: int | None
    branch_id: int


def waiting(visits: Any) -> list[Waiting]:
    """Of these visits, those that wait, the oldest first; one statement."""
    rows = uncharged(visits).order_by("starts_at", "pk")
    return [Waiting(*row) for row in rows.values_list("pk", "waits_for", "payer_pk", "branch_id")]


def counts(rows: Iterable[Waiting]) -> dict[str, int]:
    return dict(Counter(row.waits_for for row in rows))


class Remedy(NamedTuple):
    """A form that takes the reason away, for whom it is, and what it begins with."""

    label: Any
    page: str
    permission: str
    is_about_client: bool = True
    names_service: bool = True
    url: str = ""


REMEDIES: dict[str, Remedy] = {
    WaitsFor.NO_COVERAGE: Remedy(
        gettext_lazy("Say who pays"), "billing:coverage-create", "billing.add_coverage", names_service=False
    ),
    WaitsFor.NO_RATE: Remedy(
        gettext_lazy("Add the rate"), "billing:rate-create", "billing.add_rate", is_about_client=False
    ),
    WaitsFor.NO_AUTHORIZATION: Remedy(
        gettext_lazy("Enter the number"), "billing:authorization-create", "billing.add_authorization"
    ),
}
RELEASE = "billing.release_incomplete"
LOOKS: dict[str, tuple[Any, str, str]] = {
    WaitsFor.NO_COVERAGE: (gettext_lazy("No coverage"), "warning", "shield-question"),
    WaitsFor.NO_RATE: (gettext_lazy("No rate"), "warning", "coin"),
    WaitsFor.NO_AUTHORIZATION: (gettext_lazy("No authorization"), "warning", "file-unknown"),
    WaitsFor.TOO_SHORT: (gettext_lazy("Too short for a unit"), "neutral", "clock"),
    WaitsFor.INCOMPLETE: (gettext_lazy("Held"), "warning", "lock"),
    WaitsFor.NOTHING: (gettext_lazy("Charged within minutes"), "info", "hourglass"),
}


@dataclass(frozen=True)
class WaitingRow:
    """A line of the list."""

    visit: Visit
    waits_for: str
    payer_pk: int | None
    rights: frozenset[str]
    """Of the permissions that remedies ask for, those of the person who looks."""

    @property
    def is_held(self) -> bool:
        return self.waits_for == WaitsFor.INCOMPLETE

    # What a row prints, in words; in Python as in scheduling/approval_rows.py.

    @property
    def url(self) -> str:
        return address("scheduling:visit-detail", self.visit.pk)

    @property
    def client_url(self) -> str:
        return address("billing:client-billing", self.visit.client_id)

    @property
    def when(self) -> str:
        return daytime_tag(self.visit.starts_at, self.visit.ends_at, self.visit.branch.time_zone)

    @property
    def approved(self) -> str:
        return minutes(self.visit.approved_minutes)

    @property
    def caregiver(self) -> str:
        return self.visit.caregiver.short_name if self.visit.caregiver else NOTHING

    @property
    def look(self) -> SafeString:
        label, tone, symbol = LOOKS[self.waits_for]
        return badge(label, tone, symbol)

    @cached_property
    def remedy(self) -> Remedy | None:
        """What the person who looks can do about it."""
        found = REMEDIES.get(self.waits_for)
        if found is None or found.permission not in self.rights:
            return None
        if found.is_about_client:
            url = address(found.page, self.visit.client_id)
        else:
            url = reverse(found.page)
        about = f"?payer={self.payer_pk}&service_type={self.visit.service_type_id}" if found.names_service else ""
        return found._replace(url=url + about)

    @property
    def release_url(self) -> str:
        may = self.is_held and RELEASE in self.rights
        return address("billing:evv-release", self.visit.pk) if may else ""

    @property
    def missing(self) -> list[str]:
        """The elements that a held visit lacks, as sentences."""
        return missing_elements(self.visit, self.visit.is_placed) if self.is_held else []  # type: ignore[attr-defined]


def waiting_rows(page: Sequence[Waiting], user: User) -> list[WaitingRow]:
    """One page with names; one statement."""
    asked = {RELEASE, *(one.permission for one in REMEDIES.values())}
    rights = frozenset(name for name in asked if user.has_perm(name))
    times = ("approved_minutes", "approved_starts_at", "approved_ends_at", "started_at", "finished_at")
    rows = Visit.objects.filter(pk__in=[one.pk for one in page]).for_list(*times, "caregiver__preferred_name")
    if any(one.waits_for == WaitsFor.INCOMPLETE for one in page):
        rows = with_place(rows)
    visits = {visit.pk: visit for visit in rows.order_by()}
    return [WaitingRow(visits[one.pk], one.waits_for, one.payer_pk, rights) for one in page if one.pk in visits]


class Ready(NamedTuple):
    """The free charges of one client and payer: one invoice to come."""

    client_id: int
    payer_id: int
    visits: int
    amount: Decimal
    first: dt.date
    last: dt.date
    client: str
    payer: str

    @property
    def client_url(self) -> str:
        return address("billing:client-billing", self.client_id)

    @property
    def payer_url(self) -> str:
        return address("billing:payer-detail", self.payer_id)


def ready(charges: Any) -> list[Ready]:
    """Of free charges, by client and payer in the order of names; three statements.

    Grouped by keys: sorting every charge by its names would cost more than all the rest.
    """
    sums = {"n": Count("pk"), "sum": Sum("amount"), "first": Min("service_on"), "last": Max("service_on")}
    groups: list[tuple[Any, ...]] = list(charges.order_by().values_list("client_id", "payer_id").annotate(**sums))
    clients = _names(Client, {group[0] for group in groups}, "last_name", "first_name")
    payers = _names(Payer, {group[1] for group in groups}, "name")
    rows = [Ready(*(*group, ", ".join(clients[group[0]]), payers[group[1]][0])) for group in groups]
    return sorted(rows, key=lambda row: (*clients[row.client_id], row.client_id, row.payer))


def _names(model: Any, pks: set[int], *fields: str) -> dict[int, tuple[str, ...]]:
    return {pk: tuple(names) for pk, *names in model.objects.filter(among(pks)).values_list("pk", *fields)}


class Total(NamedTuple):
    """How many visits are ready to invoice, and for how much."""

    n: int
    sum: Decimal


def total(charges: Any) -> Total:
    found = charges.aggregate(n=Count("pk"), sum=Sum("amount"))
    return Total(found["n"], found["sum"] or ZERO)


def total_of(rows: Iterable[Ready]) -> Total:
    """The same of invoices to come that are read already."""
    found = list(rows)
    return Total(sum(row.visits for row in found), sum((row.amount for row in found), ZERO))
