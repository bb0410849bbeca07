"""What a change of a pattern uses and costs, for every client of the home who shares its visits, and in sum."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from clients.models import Client
from homecare.money import display, total
from scheduling.homes import sharers_of
from scheduling.models import ServiceType, Visit
from scheduling.series import Edit
from scheduling.series_facts import Fact, facts_of

Key = tuple[int, int]
"""Client and service."""


@dataclass(frozen=True)
class Part:
    """One client's part of a visit as it is or would be; what `settings.SERIES_FACTS` reads of a visit."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    time_weight: int = 1
    time_total: int = 1
    pk: int | None = None

    @classmethod
    def of(cls, visit: Visit) -> Part:
        return cls(visit.starts_at, visit.ends_at, visit.time_weight, visit.time_total, visit.pk)


@dataclass
class Parts:
    before: list[Part] = field(default_factory=list)
    after: list[Part] = field(default_factory=list)


@dataclass(frozen=True)
class ClientFacts:
    """What the change means for one client; `client` None is the sum of all."""

    client: Client | None
    facts: list[Fact]


def facts_of_edit(edit: Edit) -> list[ClientFacts]:
    """The pattern's own client first, then who shares it, then the sum where a sum says something."""
    return facts_of_parts(parts_of(edit))


def facts_of_parts(parts: dict[Key, Parts]) -> list[ClientFacts]:
    clients = Client.objects.select_related("branch").in_bulk({client for client, _service in parts})
    services = ServiceType.objects.in_bulk({service for _client, service in parts})
    found: dict[int, list[Fact]] = {}
    for (client, service), row in parts.items():
        found.setdefault(client, []).extend(facts_of(clients[client], services[service], row.before, row.after))
    rows = [ClientFacts(clients[client], facts) for client, facts in found.items()]
    summed = _sum(found.values()) if len(rows) > 1 else []
    return [*rows, ClientFacts(None, summed)] if summed else rows


def parts_of(edit: Edit) -> dict[Key, Parts]:
    """Every client's parts of the visits a change replaces, and of what they become: followers go with their leader."""
    row = edit.schedule
    found: dict[Key, Parts] = defaultdict(Parts)
    if edit.beside:
        return _parts_without(edit)
    own = found[row.client_id, row.service_type_id]
    followers: dict[int, list[Visit]] = defaultdict(list)
    leads = [change.visit.pk for change in edit.changes if change.visit is not None]
    for one in Visit.objects.live().filter(leader__in=leads).order_by("client", "pk"):
        followers[one.leader_id or 0].append(one)
    others = sharers_of([row]).get(row.pk, ())
    whole = row.time_weight + sum(other.weight for other in others)
    for change in edit.changes:
        if change.visit is not None:
            found[change.visit.client_id, change.visit.service_type_id].before.append(Part.of(change.visit))
            for one in followers[change.visit.pk]:
                found[one.client_id, one.service_type_id].before.append(Part.of(one))
        if change.after is None:
            continue
        span = (change.after.starts_at, change.after.ends_at)
        if change.visit is None:
            own.after.append(Part(*span, row.time_weight, whole))
            for other in others:
                found[other.client_id, other.service_type_id].after.append(Part(*span, other.weight, whole))
            continue
        own.after.append(_at(change.visit, span))
        for one in followers[change.visit.pk]:
            found[one.client_id, one.service_type_id].after.append(_at(one, span))
    return dict(found)


def _parts_without(edit: Edit) -> dict[Key, Parts]:
    """One client leaves these visits: the others share their time anew."""
    found: dict[Key, Parts] = defaultdict(Parts)
    weights = {
        change.visit.leader_id or change.visit.pk: change.visit.time_weight for change in edit.changes if change.visit
    }
    for change in edit.changes:
        if change.visit is not None:
            found[change.visit.client_id, change.visit.service_type_id].before.append(Part.of(change.visit))
    for one in edit.beside:
        parts = found[one.client_id, one.service_type_id]
        parts.before.append(Part.of(one))
        parts.after.append(replace(Part.of(one), time_total=one.time_total - weights[one.leader_id or one.pk]))
    return dict(found)


def _at(visit: Visit, span: tuple[dt.datetime, dt.datetime]) -> Part:
    return replace(Part.of(visit), starts_at=span[0], ends_at=span[1])


def _sum(found: Iterable[list[Fact]]) -> list[Fact]:
    """Amounts of money add up; units of different authorizations do not. Nothing is said when a client's is unknown."""
    amounts = [[fact.amounts for fact in facts if fact.amounts is not None] for facts in found]
    if not all(amounts):
        return []
    pairs = [pair for rows in amounts for pair in rows]
    before, after = total(pair[0] for pair in pairs), total(pair[1] for pair in pairs)
    return [Fact(_("Cost for all together"), display(before), display(after), amounts=(before, after))]
