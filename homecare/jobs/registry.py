"""The kinds of long work the product knows. Each app declares its own in `<app>/tasks.py`.

    @job_kind("clients.import_referrals", title=_("Import referrals"), permission="clients.add_referral")
    def import_referrals(work: Work) -> dict: ...

A handler may run twice: after a worker died, another begins again from what the database says is left to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

from homecare.jobs import lease
from homecare.jobs.models import Job

if TYPE_CHECKING:
    from homecare.accounts.models import User

Handler = Callable[["Work"], dict[str, Any]]
# Progress is written at most five times a second: enough for an eye, cheap for the database.
WRITE_EVERY_SECONDS = 0.2


class JobCancelled(Exception):
    """Raised out of `work.progress` when the person asked to stop; what is committed stays."""


class LeaseLost(Exception):
    """Another worker holds the job now; this run ends without touching it."""


@dataclass(frozen=True)
class JobKind:
    name: str
    title: str | Promise
    permission: str | None
    queue: str
    handler: Handler
    on_stop: Callable[[Job], None] | None = None
    on_fail: Callable[[Job], None] | None = None


@dataclass
class Work:
    """What a handler gets: the job, its parameters and the person in whose name and with whose rights it runs."""

    job: Job
    by: User
    holder: str
    _written_at: float = 0.0

    @property
    def params(self) -> dict[str, Any]:
        return self.job.params

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Saves how far the work is and renews the lease; call it between items, at least once a minute.

        Raises JobCancelled when the person asked to stop and LeaseLost when another worker took over. Call it outside
        of an item's transaction: inside, nobody sees the progress before the commit.
        """
        moment = time.monotonic()
        if done < total and moment - self._written_at < WRITE_EVERY_SECONDS:
            return
        self._written_at = moment
        if not lease.renew(self.job.pk, self.holder, done=done, total=total, message=message):
            raise LeaseLost
        if Job.objects.filter(pk=self.job.pk, cancel_requested_at__isnull=False).exists():
            raise JobCancelled


_kinds: dict[str, JobKind] = {}


def job_kind(
    name: str,
    *,
    title: str | Promise,
    permission: str | None,
    queue: str = "default",
    on_stop: Callable[[Job], None] | None = None,
    on_fail: Callable[[Job], None] | None = None,
) -> Callable[[Handler], Handler]:
    """Declares a kind of work. `permission` is asked of the owner when the job is made and again when it starts.

    `on_stop` is called, in the transaction that stops it, when work is stopped while no handler runs: it clears away
    what was waiting for the work. A running handler clears up by itself when it catches JobCancelled.
    `on_fail` is called in the transaction that gives the work up, whether a handler broke or its worker died: it lets
    what was waiting say so.
    """

    def register(handler: Handler) -> Handler:
        known = _kinds.get(name)
        if known is not None and known.handler.__module__ != handler.__module__:
            raise RuntimeError(f"Two modules declare the job kind {name}.")
        _kinds[name] = JobKind(name, title, permission, queue, handler, on_stop, on_fail)
        return handler

    return register


def find_kind(name: str) -> JobKind:
    """The kind, LookupError when no installed app declares it."""
    try:
        return _kinds[name]
    except KeyError:
        raise LookupError(f"No app declares the job kind {name}.") from None
