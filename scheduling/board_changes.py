"""What others changed on a board since it was drawn: the trail's events since a cursor, and the rows they touch.

The cursor is the oldest transaction that was still running when the board was read. Whatever was written by it or a
later one may not have been seen and is told again, so that a change which commits late is never missed; who asks drops
what it was told before (events carry their ids). Event ids alone would lose such a change.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from homecare.audit.models import Event
from homecare.clock import local, now
from scheduling.board import BY_CLIENT, OPEN_ROW, Board
from scheduling.models import ClockEvent, Visit
from scheduling.wording import span
from staff.models import TimeOff

LONGEST_TRANSACTION = dt.timedelta(minutes=5)
SPARE = dt.timedelta(seconds=30)
MOST_SAID = 3
CURSOR = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
# xmin has 32 bits and rolls over; the current snapshot says which round it belongs to.
EVENTS = """
SELECT e.id, e.object_type, e.object_id, e.action, e.changes, e.at, e.user_id, trim(u.first_name || ' ' || u.last_name)
FROM audit_event e
CROSS JOIN LATERAL (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS ahead,
                           e.xmin::text::bigint AS written) x
LEFT JOIN accounts_user u ON u.id = e.user_id
WHERE e.at >= %s AND e.kind = 'change'
  AND e.object_type IN ('scheduling.visit', 'scheduling.schedule', 'staff.timeoff')
  AND (x.ahead & ~4294967295::bigint) + x.written
      - CASE WHEN (x.ahead & ~4294967295::bigint) + x.written > x.ahead THEN 4294967296 ELSE 0 END >= %s
ORDER BY e.id
"""


class Cursor(NamedTuple):
    """How far a board has read: a transaction and the time."""

    transaction: int
    at: dt.datetime

    def __str__(self) -> str:
        return f"{self.transaction}.{int(self.at.timestamp())}"

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """ValueError when it is none."""
        transaction, at = text.split(".")
        return cls(int(transaction), dt.datetime.fromtimestamp(int(at), dt.UTC))

    @classmethod
    def now(cls) -> Cursor:
        """Taken before a board is read: what is written later is told later."""
        with connection.cursor() as cursor:
            cursor.execute(CURSOR)
            return cls(cursor.fetchone()[0], now())


class Change(NamedTuple):
    """One event of the trail, as far as a board cares."""

    id: int
    object_type: str
    object_id: int
    action: str
    changes: dict[str, Any]
    at: dt.datetime
    user_id: int | None
    person: str


def changes_since(since: Cursor) -> list[Change]:
    """Events about visits, patterns and time off that the cursor may not have seen, of the whole agency."""
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, [since.at - LONGEST_TRANSACTION, since.transaction])
        rows = cursor.fetchall()
    return [Change._make((*row[:4], _read(row[4]), *row[5:])) for row in rows]


def _read(changes: Any) -> dict[str, Any]:
    """The driver hands JSON out as it came."""
    return json.loads(changes) if isinstance(changes, str) else changes


def touched_by(board: Board, changes: Sequence[Change], since: Cursor, shown: set[int]) -> set[int]:
    """The shown rows that these changes, and the clock since, may have altered."""
    visits = _ids(changes, "scheduling.visit")
    schedules = _ids(changes, "scheduling.schedule")
    found = Visit.objects.visible_to(board.user).filter(Q(pk__in=visits) | Q(schedule__in=schedules))
    rows = set()
    for client, caregiver in found.values_list("client_id", "caregiver_id"):
        rows.add(client if board.by == BY_CLIENT else caregiver or OPEN_ROW)
    if board.by != BY_CLIENT:
        rows |= {before or OPEN_ROW for change in changes for before in change.changes.get("caregiver_id", [])[:1]}
        away = TimeOff.objects.visible_to(board.user).filter(pk__in=_ids(changes, "staff.timeoff"))
        rows |= set(away.values_list("member_id", flat=True))
    return (rows | _by_the_clock(board, since, shown)) & shown


def _ids(changes: Iterable[Change], kind: str) -> set[int]:
    return {change.object_id for change in changes if change.object_type == kind}


def _by_the_clock(board: Board, since: Cursor, shown: set[int]) -> set[int]:
    """Rows where somebody has clocked (a punch is its own record and not in the trail), or a visit has become late."""
    field = "client_id" if board.by == BY_CLIENT else "caregiver_id"
    first, last = board.bounds
    visits = Visit.objects.visible_to(board.user).filter(starts_at__lt=last, ends_at__gt=first)
    visits = visits.filter(starts_at__gt=first - dt.timedelta(days=2), **{f"{field}__in": shown})
    punches = ClockEvent.objects.filter(visit__in=visits, received_at__gte=since.at - SPARE)
    late = visits.filter(status__in=Visit.OPEN_STATUSES, caregiver__isnull=False, starts_at__lt=board.late_before)
    late = late.filter(starts_at__gte=since.at - SPARE - (now() - board.late_before))
    return {*punches.values_list(f"visit__{field}", flat=True), *late.values_list(field, flat=True)}


def sentences(board: Board, changes: Sequence[Change], rows: set[int]) -> list[tuple[int, str]]:
    """(event, sentence) of what others did to visits that stand or stood in these rows of the board; the rest of many
    as a number."""
    others = [c for c in changes if c.object_type == "scheduling.visit" and c.user_id not in (None, board.user.pk)]
    if not others:
        return []
    visits = Visit.objects.visible_to(board.user).with_people().in_bulk({change.object_id for change in others})
    pairs = [(change, visits[change.object_id]) for change in others if change.object_id in visits]
    told = [(change.id, sentence(change, visit)) for change, visit in pairs if _concerns(board, change, visit, rows)]
    if len(told) <= MOST_SAID:
        return told
    left = len(told) - MOST_SAID
    more = ngettext("%(n)s more visit was changed.", "%(n)s more visits were changed.", left) % {"n": left}
    return [*told[:MOST_SAID], (told[-1][0], more)]


def _concerns(board: Board, change: Change, visit: Visit, rows: set[int]) -> bool:
    first, last = board.bounds
    was_at = [dt.datetime.fromisoformat(at) for at in change.changes.get("starts_at", [])[:1] if at]
    if not any(first <= at < last for at in (visit.starts_at, *was_at)):
        return False
    if board.by == BY_CLIENT:
        return visit.client_id in rows
    held = {visit.caregiver_id or OPEN_ROW, *(pk or OPEN_ROW for pk in change.changes.get("caregiver_id", [])[:1])}
    return bool(held & rows)


def sentence(change: Change, visit: Visit) -> str:
    """Ana Reyes moved Lopez R. to Tue 8 Dec, 10:00–11:00, Ben Tran."""
    values = {
        "person": change.person,
        "client": visit.client.short_name,
        "when": span(visit.starts_at, visit.ends_at, visit.branch.time_zone),
        "caregiver": visit.caregiver.full_name if visit.caregiver else _("nobody yet"),
    }
    if change.action in ("visit.cancelled", "visit.missed"):
        return _("%(person)s cancelled %(client)s, %(when)s.") % values
    if change.action == "visit.created":
        return _("%(person)s planned %(client)s, %(when)s, %(caregiver)s.") % values
    if change.changes.keys() & {"starts_at", "ends_at"}:
        return _("%(person)s moved %(client)s to %(when)s, %(caregiver)s.") % values
    if "caregiver_id" in change.changes:
        return _("%(person)s gave %(client)s, %(when)s, to %(caregiver)s.") % values
    return _("%(person)s changed %(client)s, %(when)s.") % values


def last_change(visit: Visit) -> str:
    """Who changed this visit last, what, and when; empty when the trail names nobody."""
    event = Event.objects.about(visit).filter(kind=Event.Kind.CHANGE).exclude(user=None).select_related("user").first()
    if event is None or event.user is None:
        return ""
    change = Change(event.pk, "", visit.pk, event.action, event.changes, event.at, event.user.pk, str(event.user))
    at = f"{local(event.at, visit.branch.time_zone):%H:%M}"
    return _("%(sentence)s (%(time)s)") % {"sentence": sentence(change, visit).rstrip("."), "time": at}
