"""Job kinds for tests alone: they leave a mark per item, so that doing one twice shows."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from django.db import OperationalError, transaction

from homecare.accounts.models import Branch, Holiday
from homecare.audit.models import Event
from homecare.audit.services.event import record
from homecare.errors import DomainError
from homecare.jobs.registry import Work, job_kind

FIRST = dt.date(2030, 1, 1)
MARK, COUNT, REFUSE = "test.counted", "test.count", "test.refuse"


@job_kind(COUNT, title="Count", permission="scheduling.change_visit")
def count(work: Work) -> dict[str, Any]:
    """Makes one row per item, each in a transaction of its own; goes on where a dead run stopped."""
    branch, items = Branch.objects.get(pk=work.params["branch"]), work.params["items"]
    for number in range(items):
        with transaction.atomic():
            day, made = Holiday.objects.get_or_create(branch=branch, on=FIRST + dt.timedelta(days=number))
            if made:
                record(MARK, day, by=work.by)
        work.progress(number + 1, items, f"item {number + 1}")
        time.sleep(work.params.get("pause", 0))
    return {"summary": f"{items} counted", "left": []}


@job_kind(REFUSE, title="Refuse", permission=None)
def refuse(work: Work) -> dict[str, Any]:
    raise DomainError("Payer Blue has no rate for March. Add one, then run again.")


@job_kind("test.break", title="Break", permission=None)
def break_down(work: Work) -> dict[str, Any]:
    raise ZeroDivisionError("secret detail")


@job_kind("test.interrupt", title="Interrupt", permission=None)
def interrupt(work: Work) -> dict[str, Any]:
    raise OperationalError("server closed the connection")


def marks() -> list[int]:
    """How often each item was done, in the order of the items."""
    ids = Holiday.objects.order_by("on").values_list("pk", flat=True)
    return [Event.objects.filter(action=MARK, object_id=pk).count() for pk in ids]
