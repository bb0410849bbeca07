"""Telling endpoints what waits in the outbox: at least once each, in order per subject.

The claim moves `due_at` ahead like a lease: a worker that dies in the middle leaves a row that falls due again with
the same webhook-id, by which the receiver knows what it has.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import time
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from homecare.accounts.models import User
from homecare.audit.services.event import record
from homecare.bell import ring
from homecare.errors import Conflict
from homecare.inbox.audience import people_with
from homecare.inbox.services.notification import notify
from homecare.webhooks.models import Dispatch, Endpoint, Message
from homecare.webhooks.outside import Refused, Unreachable, post
from homecare.webhooks.services.outbox import BELL
from homecare.webhooks.signature import headers, secrets_of

log = structlog.get_logger("homecare.webhooks")
LEASE = dt.timedelta(seconds=60)
# Eight tries over about a day; each wait is lengthened by up to a fifth so that a herd spreads out.
BACKOFF = [dt.timedelta(seconds=n) for n in (5, 60, 300, 1800, 7200, 18000, 25200, 32400)]
JITTER = 0.2
SWITCHED_OFF_AFTER = dt.timedelta(days=5)
KEPT = dt.timedelta(days=30)
TRIES_KEPT = 20
BATCH, RUN_SECONDS = 200, 45
GONE = 410


def deliver_due() -> int:
    """Tells what is due; returns how many arrived. An endpoint that failed rests until the next run."""
    arrived, resting, ends = 0, set[int](), time.monotonic() + RUN_SECONDS
    while time.monotonic() < ends:
        rows = Dispatch.objects.due(timezone.now()).exclude(endpoint__in=resting).order_by("due_at", "pk")
        found = list(rows.values_list("pk", "endpoint_id")[:BATCH])
        if not found:
            break
        for pk, endpoint_id in found:
            if endpoint_id in resting or time.monotonic() > ends:
                continue
            outcome = deliver(pk)
            arrived += outcome is True
            if outcome is False:
                resting.add(endpoint_id)
    return arrived


def deliver(pk: int) -> bool | None:
    """One try: True arrived, False not, None when another worker has it or it is no longer due."""
    moment = timezone.now()
    mine = Dispatch.objects.due(moment).filter(pk=pk).values("pk")
    if not Dispatch.objects.filter(pk__in=mine, due_at__lte=moment).update(
        due_at=moment + LEASE, attempts=F("attempts") + 1
    ):
        return None
    row = Dispatch.objects.select_related("message", "endpoint").get(pk=pk)
    started = time.monotonic()
    code, error = _send(row)
    tried = {
        "at": moment.isoformat(),
        "code": code,
        "error": error,
        "ms": round((time.monotonic() - started) * 1000),
    }
    return _arrived(row, tried) if code is not None and 200 <= code < 300 else _not_arrived(row, tried)


def body_of(message: Message) -> bytes:
    """What is sent, byte for byte the same at each try."""
    about = {"type": message.kind, "timestamp": message.happened_at.isoformat(), "data": message.data}
    return json.dumps(about, separators=(",", ":"), sort_keys=True).encode()


def _send(row: Dispatch) -> tuple[int | None, str]:
    """(status, "") or (None, what went wrong); never the answer's text, which could hold anything."""
    endpoint, moment = row.endpoint, timezone.now()
    numbers = [endpoint.secret_number]
    if endpoint.previous_secret_until is not None and endpoint.previous_secret_until > moment:
        numbers.append(endpoint.secret_number - 1)
    body = body_of(row.message)
    signed = headers(secrets_of(endpoint.public_id, numbers), row.message.webhook_id, int(moment.timestamp()), body)
    about = {"Content-Type": "application/json", "User-Agent": "Homecare-Webhooks/1", **signed}
    try:
        return post(endpoint.url, body, about), ""
    except Refused as error:
        return None, str(error)
    except Unreachable as error:
        return None, str(error)


def _tries(row: Dispatch, tried: dict[str, Any]) -> list[dict[str, Any]]:
    return [*row.tries, tried][-TRIES_KEPT:]


def _arrived(row: Dispatch, tried: dict[str, Any]) -> bool:
    Dispatch.objects.filter(pk=row.pk).update(
        status=Dispatch.Status.DELIVERED, delivered_at=timezone.now(), tries=_tries(row, tried)
    )
    Endpoint.objects.filter(pk=row.endpoint_id).exclude(failing_since=None).update(failing_since=None)
    return True


def _not_arrived(row: Dispatch, tried: dict[str, Any]) -> bool:
    """Waits longer each time, gives up after a day; an endpoint that fails for days is switched off."""
    log.warning("webhook_not_delivered", dispatch=row.pk, code=tried["code"])
    again = row.attempts <= len(BACKOFF)
    wait = BACKOFF[row.attempts - 1] * (1 + random.random() * JITTER) if again else dt.timedelta()  # noqa: S311
    Dispatch.objects.filter(pk=row.pk).update(
        status=Dispatch.Status.WAITING if again else Dispatch.Status.FAILED,
        due_at=timezone.now() + wait,
        tries=_tries(row, tried),
    )
    _note_failure(row.endpoint_id, is_gone=tried["code"] == GONE)
    return False


@transaction.atomic
def _note_failure(endpoint_id: int, *, is_gone: bool) -> None:
    endpoint = Endpoint.objects.select_for_update().filter(pk=endpoint_id).first()
    if endpoint is None or not endpoint.is_active:
        return
    moment = timezone.now()
    endpoint.failing_since = endpoint.failing_since or moment
    if is_gone or moment - endpoint.failing_since >= SWITCHED_OFF_AFTER:
        endpoint.is_active = False
        endpoint.switched_off_because = (
            _("The receiver said it is gone (410).") if is_gone else _("Nothing arrived for five days.")
        )
        record("endpoint.switched_off", endpoint, by=User.system(), reason=endpoint.switched_off_because)
        _tell_of(endpoint)
    endpoint.save(update_fields=["failing_since", "is_active", "switched_off_because"])


def _tell_of(endpoint: Endpoint) -> None:
    for person in people_with("webhooks.change_endpoint", endpoint.branch):
        if Endpoint.objects.visible_to(person).filter(pk=endpoint.pk).exists():
            notify(
                person,
                "webhook.switched_off",
                dedupe_key=f"webhook.switched_off:{endpoint.pk}:{endpoint.failing_since}",
                title=_("A webhook was switched off because nothing arrived"),
                body=f"{endpoint.name}: {endpoint.switched_off_because}",
                url=reverse("webhooks:endpoint-detail", args=[endpoint.pk]),
            )


@transaction.atomic
def redeliver(dispatch: Dispatch, *, by: User) -> Dispatch:
    """Sends it again from the beginning, with the same webhook-id."""
    row = Dispatch.objects.select_for_update(of=("self",)).select_related("endpoint").get(pk=dispatch.pk)
    if not row.endpoint.is_active:
        raise Conflict(_("This webhook is switched off. Switch it on first."))
    if row.status != Dispatch.Status.WAITING:
        row.status, row.attempts = Dispatch.Status.WAITING, 0
        record("endpoint.redelivered", row.endpoint, by=by, changes={"message": row.message_id})
    row.due_at = timezone.now()
    row.save(update_fields=["status", "attempts", "due_at"])
    ring(BELL, queue="notify")
    return row


@transaction.atomic
def redeliver_failed(endpoint: Endpoint, *, by: User) -> int:
    """Everything that was given up is sent again; returns how many."""
    if not endpoint.is_active:
        raise Conflict(_("This webhook is switched off. Switch it on first."))
    count = endpoint.dispatches.filter(status=Dispatch.Status.FAILED).update(
        status=Dispatch.Status.WAITING, attempts=0, due_at=timezone.now()
    )
    if count:
        record("endpoint.redelivered", endpoint, by=by, changes={"messages": count})
        ring(BELL, queue="notify")
    return count


def forget_old() -> int:
    """Messages are kept for 30 days, longer while one still waits; returns how many went."""
    old = Message.objects.filter(happened_at__lt=timezone.now() - KEPT)
    gone, _by_model = old.exclude(dispatches__status=Dispatch.Status.WAITING).delete()
    return gone
