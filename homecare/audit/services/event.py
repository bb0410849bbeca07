"""`record` is the only way into the trail."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.utils.module_loading import import_string

from homecare.accounts.models import User
from homecare.audit.middleware import origin
from homecare.audit.models import Event

BATCH = 1000
# Column by column as arrays: a third of the time of building every row's INSERT. `at` is the database's own moment.
COLUMNS = {
    "kind": "text",
    "action": "text",
    "user_id": "bigint",
    "branch_id": "bigint",
    "object_type": "text",
    "object_id": "bigint",
    "client_id": "bigint",
    "changes": "jsonb",
    "reason": "text",
    "ip": "inet",
    "request_id": "text",
}
NEVER_KEPT = {"password", "digest", "payload"}


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, dt.datetime | dt.date | dt.time | Decimal):
        return str(value)
    return value


def changes_of(before: dict[str, Any], obj: models.Model) -> dict[str, list[Any]]:
    """{field: [before, after]} for the fields of `before` that differ on the row now."""
    pairs = {name: [_plain(old), _plain(getattr(obj, name))] for name, old in before.items()}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1] and name not in NEVER_KEPT}


def _branch_id(obj: models.Model | None) -> int | None:
    """The row's own branch, or that of its client, visit, member or invoice."""
    if obj is None:
        return None
    if obj._meta.label_lower == "accounts.branch":
        return obj.pk
    if hasattr(obj, "branch_id"):
        return obj.branch_id
    for path in ("client", "visit", "member", "invoice", "schedule", "plan"):
        if getattr(obj, f"{path}_id", None) is not None:
            return _branch_id(getattr(obj, path))
    return None


def _client_id(obj: models.Model | None) -> int | None:
    if obj is None:
        return None
    if obj._meta.label_lower == "clients.client":
        return obj.pk
    if getattr(obj, "client_id", None) is not None:
        return obj.client_id  # type: ignore[attr-defined]
    for path in ("visit", "plan", "schedule", "invoice"):
        if getattr(obj, f"{path}_id", None) is not None:
            return _client_id(getattr(obj, path))
    return None


def build(
    action: str,
    obj: models.Model | None = None,
    *,
    by: User | None,
    kind: str = Event.Kind.CHANGE,
    changes: dict[str, Any] | None = None,
    reason: str = "",
) -> Event:
    """The event, not saved: bulk services insert many at once."""
    where = origin.get()
    event = Event(
        kind=kind,
        action=action,
        user=by,
        branch_id=_branch_id(obj),
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=obj.pk if obj is not None else None,
        client_id=_client_id(obj),
        changes={
            name: [_plain(v) for v in pair] if isinstance(pair, list) else _plain(pair)
            for name, pair in (changes or {}).items()
        },
        reason=reason,
        ip=where.ip,
        request_id=where.request_id,
    )
    event.subject = obj
    return event


def record(
    action: str,
    obj: models.Model | None = None,
    *,
    by: User | None,
    kind: str = Event.Kind.CHANGE,
    changes: dict[str, Any] | None = None,
    reason: str = "",
) -> Event:
    """Writes one event in the caller's transaction: what happened to which row, by whom, from where and why.

    `action` is noun.verb in the past ("visit.approved"). `changes` is {field: [before, after]}.
    """
    event = build(action, obj, by=by, kind=kind, changes=changes, reason=reason)
    event.save(force_insert=True)
    _tell([event])
    return event


def _tell(events: list[Event]) -> None:
    """Changes are heard by what the settings name, in the caller's transaction: both stand or fall together."""
    changes = [event for event in events if event.kind == Event.Kind.CHANGE]
    if changes:
        for path in settings.AUDIT_LISTENERS:
            import_string(path)(changes)


def record_many(events: list[Event]) -> None:
    """Writes built events in one statement per thousand; for bulk services. The events do not learn their keys."""
    columns = ", ".join(connection.ops.quote_name(name) for name in COLUMNS)
    marks = ", ".join(f"%s::{kind}[]" for kind in COLUMNS.values())
    with connection.cursor() as cursor:
        for start in range(0, len(events), BATCH):
            batch = events[start : start + BATCH]
            values = [[getattr(event, name) for event in batch] for name in COLUMNS]
            at = list(COLUMNS).index("changes")
            values[at] = [json.dumps(changes) for changes in values[at]]
            cursor.execute(
                f"INSERT INTO {Event._meta.db_table} ({columns}) SELECT * FROM UNNEST({marks})",  # noqa: S608 - our names
                values,
            )
    _tell(events)


def record_view(obj: models.Model, *, by: User, what: str = "") -> Event:
    """A person looked at a client's record (45 CFR 164.312(b)): every page and API read of one client calls this."""
    return record(f"{obj._meta.model_name}.viewed", obj, by=by, kind=Event.Kind.VIEW, reason=what)
