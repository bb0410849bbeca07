"""Ringing for a Celery worker. PostgreSQL holds the truth: a bell nobody hears only costs time until the sweep."""

from __future__ import annotations

from functools import partial
from typing import Any

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger("homecare.bell")
# A web request does not wait for a broker that is away: one quick retry, then the beat's sweep finds the row.
PATIENCE = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}


def _send(task_name: str, args: tuple[Any, ...], queue: str) -> None:
    try:
        current_app.send_task(task_name, args=args, queue=queue, retry_policy=PATIENCE)
    except OperationalError:
        log.warning("bell_lost", task=task_name)


def ring(task_name: str, *args: Any, queue: str = "default") -> None:
    """Asks a worker to run the task once the present transaction is committed; never raises when the broker is away."""
    transaction.on_commit(partial(_send, task_name, args, queue))
