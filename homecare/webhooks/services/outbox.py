"""Writing down what endpoints are to be told, in the transaction of the event itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from homecare.bell import ring
from homecare.webhooks.models import Dispatch, Message

BELL = "homecare.webhooks.tasks.deliver_due"
BATCH = 1000
# Written out: asked with every change of a visit, and building it costs several times what running it does.
WANTED = "SELECT id, branch_id, kinds FROM webhooks_endpoint WHERE is_active AND kinds && %s::varchar[]"


@dataclass(frozen=True)
class Happening:
    """One event to tell: its key makes it one row however often it is written."""

    kind: str
    key: str
    branch_id: int | None
    subject: str = ""
    data: dict[str, Any] = field(default_factory=dict)


def emit(kinds: Iterable[str], happenings: Callable[[], Iterable[Happening]]) -> int:
    """Queues what happened for every endpoint that wants it; returns how many tellings were queued.

    `kinds` are those the caller could tell. The facts are only read when some endpoint wants one of them, so an agency
    without webhooks pays one short query.
    """
    with connection.cursor() as cursor:
        cursor.execute(WANTED, [list(kinds)])
        endpoints = cursor.fetchall()
    if not endpoints:
        return 0
    pairs = [(row, _who(row, endpoints)) for row in happenings()]
    return _write([(row, who) for row, who in pairs if who])


def _who(row: Happening, endpoints: Sequence[tuple[int, int | None, list[str]]]) -> list[int]:
    return [pk for pk, branch, kinds in endpoints if row.kind in kinds and branch in (None, row.branch_id)]


def _write(pairs: Sequence[tuple[Happening, Sequence[int]]]) -> int:
    messages = [
        Message(kind=row.kind, key=row.key, branch_id=row.branch_id, subject=row.subject, data=row.data)
        for row, _who_wants in pairs
    ]
    Message.objects.bulk_create(messages, batch_size=BATCH, ignore_conflicts=True)
    known = dict(Message.objects.filter(public_id__in=[row.public_id for row in messages]).values_list("key", "pk"))
    dispatches = [
        Dispatch(message_id=known[row.key], endpoint_id=endpoint, subject=row.subject)
        for row, endpoints in pairs
        if row.key in known
        for endpoint in endpoints
    ]
    Dispatch.objects.bulk_create(dispatches, batch_size=BATCH)
    if dispatches:
        ring(BELL, queue="notify")
    return len(dispatches)
