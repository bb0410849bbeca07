"""Seals: a hash over a branch's events since the previous seal and that seal's hash. A changed or lost row breaks it.

One chain per branch, and one for events without a branch, so that no chain serialises everybody's commits. A seal
covers whole batches of events older than 15 minutes: transactions that were open then have long ended, so no event
can appear later with a number inside a sealed range.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from homecare.accounts.models import Branch
from homecare.audit.models import Event, Seal

SETTLED = dt.timedelta(minutes=15)
BATCH = 10_000
LOCK = 20261  # our number among the database's advisory locks
FIELDS = (
    "id",
    "at",
    "kind",
    "action",
    "user_id",
    "branch_id",
    "object_type",
    "object_id",
    "client_id",
    "changes",
    "reason",
    "ip",
    "request_id",
)


@dataclass(frozen=True)
class Break:
    """The first seal of a chain that does not hold, and why."""

    seal: Seal
    reason: str


def _digest(previous: str, events: Iterable[tuple[object, ...]]) -> tuple[str, int]:
    """The hash of the previous seal and of each row's fields in order; and how many rows there were."""
    running, count = hashlib.sha256(previous.encode()), 0
    for row in events:
        running.update(json.dumps(row, default=_plain, ensure_ascii=True, sort_keys=True).encode())
        running.update(b"\n")
        count += 1
    return running.hexdigest(), count


def _plain(value: object) -> str:
    return value.astimezone(dt.UTC).isoformat() if isinstance(value, dt.datetime) else str(value)


def _rows(branch_id: int | None, after: int, until: int) -> Iterable[tuple[object, ...]]:
    events = Event.objects.filter(branch=branch_id, pk__gt=after, pk__lte=until).order_by("pk")
    return events.values_list(*FIELDS).iterator(chunk_size=2000)


def seal_branches() -> int:
    """Seals what has settled, for every branch and for events without one; returns how many seals were made."""
    branches: list[int | None] = [None, *Branch.objects.order_by("pk").values_list("pk", flat=True)]
    made = 0
    for branch_id in branches:
        while seal_branch(branch_id) is not None:
            made += 1
    return made


@transaction.atomic
def seal_branch(branch_id: int | None) -> Seal | None:
    """The next seal of one chain, None when nothing has settled since the last. Two at once make one seal."""
    _lock_chain(branch_id)
    chain = Seal.objects.filter(branch=branch_id)
    last = chain.order_by("-pk").first()
    after = last.last_event_id if last else 0
    settled = Event.objects.filter(branch=branch_id, pk__gt=after, at__lt=timezone.now() - SETTLED)
    ids = list(settled.order_by("pk").values_list("pk", flat=True)[:BATCH])
    if not ids:
        return None
    digest, count = _digest(last.digest if last else "", _rows(branch_id, after, ids[-1]))
    return Seal.objects.create(
        branch_id=branch_id,
        previous=last,
        first_event_id=ids[0],
        last_event_id=ids[-1],
        event_count=count,
        digest=digest,
    )


def _lock_chain(branch_id: int | None) -> None:
    """One sealer per chain until the transaction ends; an empty chain has no row that could be locked instead."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, branch_id or 0])


def verify_branch(branch_id: int | None) -> Break | None:
    """Computes every seal of a chain anew, oldest first; the first that does not hold, None when all do."""
    previous: Seal | None = None
    for seal in Seal.objects.filter(branch=branch_id).select_related("previous").order_by("pk"):
        if seal.previous_id != (previous.pk if previous else None):
            return Break(seal, "does not follow the seal before it: a seal is missing or was added")
        after = previous.last_event_id if previous else 0
        rows = _rows(branch_id, after, seal.last_event_id)
        digest, count = _digest(previous.digest if previous else "", rows)
        if count != seal.event_count:
            return Break(seal, f"covers {count} events, was made over {seal.event_count}")
        if digest != seal.digest:
            return Break(seal, "its events are not what they were when it was made")
        previous = seal
    return None
