"""What was told in the demo: a message to all about snow, and a program that stopped answering a week ago.

The program's address ends in .invalid, which no resolver knows (RFC 2606), and it is switched off: nothing is sent.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from homecare.audit.services.event import record
from homecare.clock import at_local, day_bounds
from homecare.demo.agency import Setting
from homecare.inbox.services.notification import read_notification
from homecare.webhooks.models import Dispatch, Endpoint, Message
from scheduling.audience import reach
from scheduling.models import Broadcast, Visit
from scheduling.services.broadcast import AT_ONCE, send_broadcast
from scheduling.webhook_events import facts_of_visits

DAY = dt.timedelta(days=1)
NAMES = uuid.UUID("6f0e7d2c-35b8-4a57-9a0e-2f0f7a4c1d11")  # so that the same agency has the same ids each time
KINDS = ["visit.assigned", "visit.cancelled", "visit.completed", "visit.approved"]
# How long ago a visit was told: (days, hours), with what its tries answered. None: nobody answered.
Answers = tuple[int | None, ...]
TOLD: tuple[tuple[int, Answers], ...] = (
    (9, (200,)),
    (9, (204,)),
    (8, (500, 200)),
    (8, (200,)),
    (7, (None, 503, 200)),
    (6, (None,) * 9),
    (6, (None, 503, 503, None, None, None, None, None, None)),
    (1, (None, None)),
)
UNANSWERED = "NameUnknown"


def build_telling(setting: Setting) -> None:
    _snow(setting)
    _webhook(setting)


def _snow(setting: Setting) -> None:
    """To everybody with a log-in whom the visits of the coming week concern; every other one has read it."""
    by, branch = setting.users["coordinator"], setting.branches["BOS"]
    first, last = setting.today + DAY, setting.today + 6 * DAY
    starts_at, ends_at = day_bounds(first, branch.time_zone)[0], day_bounds(last, branch.time_zone)[1]
    rows = Visit.objects.visible_to(by).live().filter(branch=branch, starts_at__gte=starts_at, starts_at__lt=ends_at)
    visits = list(rows.select_related("client", "branch", "caregiver__user").order_by("starts_at", "pk"))
    reached = reach(visits, Broadcast.Audience.BOTH)
    if not reached.people or len(reached.people) > AT_ONCE:
        return
    sent = send_broadcast(
        reached,
        expected=reached.digest,
        key=uuid.uuid5(NAMES, "snow"),
        topic=Broadcast.Topic.WEATHER,
        audience=Broadcast.Audience.BOTH,
        text="Hello {name}, snow is forecast from {day} on. Visits take place; please allow for more time on the way.",
        selection={"since": str(first), "until": str(last)},
        visit_count=len(visits),
        branch=branch,
        by=by,
    )
    for row in sent.recipients.select_related("notification", "user").order_by("pk")[::2]:
        if row.notification is not None:
            read_notification(row.notification, by=row.user)


def _webhook(setting: Setting) -> None:
    by, branch = setting.users["manager"], setting.branches["BOS"]
    now = at_local(setting.today, dt.time(7), branch.time_zone)
    endpoint = Endpoint.objects.create(
        public_id=uuid.uuid5(NAMES, "endpoint"),
        name="Reports of the health plan",
        url="https://hooks.example.invalid/homecare",
        kinds=KINDS,
        branch=branch,
        is_active=False,
        failing_since=now - 6 * DAY,
        switched_off_because="Nothing arrived for five days.",
        created_by=by,
        created_at=now - 20 * DAY,
    )
    record("endpoint.created", endpoint, by=by, changes={"name": endpoint.name, "url": endpoint.url, "kinds": KINDS})
    past = Visit.objects.filter(branch=branch, status__in=["completed", "approved"]).order_by("starts_at", "pk")
    facts = facts_of_visits(list(past.values_list("pk", flat=True)[: len(TOLD)]))
    for number, ((days, answers), row) in enumerate(zip(TOLD, facts.values(), strict=False)):
        _told(endpoint, number, now - days * DAY, answers, row)


def _told(endpoint: Endpoint, number: int, at: dt.datetime, answers: Answers, row: dict[str, Any]) -> None:
    kind = KINDS[number % 2 + 2]
    subject = f"visit:{row['visit']}"
    message = Message.objects.create(
        public_id=uuid.uuid5(NAMES, f"message {number}"),
        key=f"{kind}:{subject}:demo",
        kind=kind,
        branch=endpoint.branch,
        subject=subject,
        data=row,
        happened_at=at,
    )
    moments = [at + n * n * dt.timedelta(minutes=17) for n in range(len(answers))]
    tries = [
        {"at": moment.isoformat(), "code": code, "error": "" if code else UNANSWERED, "ms": 40 + 7 * n}
        for n, (moment, code) in enumerate(zip(moments, answers, strict=True))
    ]
    is_there = answers[-1] in (200, 204)
    given_up = len(answers) > 8
    state = Dispatch.Status.DELIVERED if is_there else Dispatch.Status.FAILED if given_up else Dispatch.Status.WAITING
    Dispatch.objects.create(
        message=message,
        endpoint=endpoint,
        subject=subject,
        status=state,
        due_at=at,
        attempts=len(answers),
        tries=tries,
        created_at=at,
        delivered_at=moments[-1] if is_there else None,
    )
