"""Long work: asked for, run, stopped, tried again. PostgreSQL holds the truth; the task that rings is only a bell."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from homecare.accounts.models import Branch, User
from homecare.accounts.models.user import SYSTEM_EMAIL
from homecare.audit.services.event import record
from homecare.bell import ring
from homecare.errors import Conflict, DomainError
from homecare.inbox.services.notification import notify
from homecare.jobs import lease
from homecare.jobs.models import Job
from homecare.jobs.registry import JobCancelled, JobKind, LeaseLost, Work, find_kind

log = structlog.get_logger("homecare.jobs")
BELL = "homecare.jobs.tasks.run_job"
# What passes by itself: the database restarts, a network breaks. The sweep tries such work again.
PASSING = (OperationalError, ConnectionError, TimeoutError)


def may_run(user: User, kind: JobKind) -> bool:
    """May this person have this work done now? The system may do anything it asks of itself."""
    if not user.is_active:
        return False
    return user.email == SYSTEM_EMAIL or kind.permission is None or user.has_perm(kind.permission)


def start_job(
    kind: str,
    *,
    by: User,
    params: dict[str, Any] | None = None,
    branch: Branch | None = None,
    title: str = "",
    dedupe_key: str | None = None,
) -> Job:
    """Puts work in the queue in the caller's transaction and rings for a worker after its commit.

    With a `dedupe_key` that an unfinished job of the same person has, that job is returned; of another person:
    Conflict. Raises PermissionDenied when the person may not do this kind of work.
    """
    found = find_kind(kind)
    if not may_run(by, found):
        raise PermissionDenied
    try:
        with transaction.atomic():
            job = Job.objects.create(
                kind=kind,
                title=(title or str(found.title))[:160],
                owner=by,
                branch=branch,
                params=params or {},
                dedupe_key=dedupe_key,
            )
            record("job.started", job, by=by, changes={"kind": kind})
    except IntegrityError:
        return _twin(dedupe_key, by)
    _ring(job, found)
    return job


def _twin(dedupe_key: str | None, by: User) -> Job:
    twin = Job.objects.unfinished().filter(dedupe_key=dedupe_key).select_related("owner").first()
    if twin is not None and twin.owner_id == by.pk:
        return twin
    raise Conflict(_("This work is already under way. Wait until it is finished, then start it again if needed."))


def _ring(job: Job, kind: JobKind) -> None:
    ring(BELL, job.pk, queue=kind.queue)


def run_job(job_id: int) -> None:
    """Does the work if it is still waiting: a bell that rings twice runs it once."""
    holder = lease.new_holder()
    if not lease.claim(job_id, holder):
        return
    job = Job.objects.select_related("owner", "branch").get(pk=job_id)
    with structlog.contextvars.bound_contextvars(job=job.pk, kind=job.kind):
        _run_claimed(job, holder)


def _run_claimed(job: Job, holder: str) -> None:
    try:
        result = _handle(job, holder)
    except LeaseLost:
        log.warning("lease_lost")
    except JobCancelled:
        _end(job, holder, Job.Status.CANCELLED)
    except DomainError as error:
        _end(job, holder, Job.Status.FAILED, error=error.message)
    except PASSING as error:
        log.warning("job_interrupted", error=type(error).__name__)
        _put_back(job, holder)
    except Exception:
        # The boundary of foreign code: whatever breaks, the person must read that it broke. The log has the trace.
        log.exception("job_broke")
        sentence = _("Something unexpected stopped this work and was reported as job %(number)s. What was done stays.")
        _end(job, holder, Job.Status.FAILED, error=sentence % {"number": job.pk})
    else:
        _end(job, holder, Job.Status.DONE, result=result)


def _handle(job: Job, holder: str) -> dict[str, Any]:
    """Calls the handler with the owner's rights as they are now, not as they were when the work was asked for."""
    try:
        kind = find_kind(job.kind)
    except LookupError:
        raise DomainError(_("This version of the product does not know this work any more. Start it anew.")) from None
    if not may_run(job.owner, kind):
        raise DomainError(_("The person who asked for this work may no longer do it, so it was not done."))
    return kind.handler(Work(job=job, by=job.owner, holder=holder)) or {}


@transaction.atomic
def _end(job: Job, holder: str, status: str, *, result: dict[str, Any] | None = None, error: str = "") -> None:
    """Writes the outcome, if the job is still ours."""
    row = Job.locked(job.pk)
    if row.status != Job.Status.RUNNING or row.leased_by != holder:
        log.warning("lease_lost")
        return
    row.move_to(status)
    row.result = result or {}
    row.error = error[:500]
    row.lease_until = None
    row.finished_at = timezone.now()
    row.save(update_fields=["status", "result", "error", "lease_until", "finished_at"])
    if status == Job.Status.FAILED:
        _clear_after(row)
    record(f"job.{status}", row, by=job.owner)
    _tell_owner(row)


def _tell_owner(job: Job) -> None:
    words = {Job.Status.DONE: _("Done: %(title)s"), Job.Status.FAILED: _("Not finished: %(title)s")}
    if job.status not in words or job.owner.email == SYSTEM_EMAIL:
        return
    notify(
        job.owner,
        "job.ended",
        dedupe_key=f"job:{job.pk}:{job.attempts}:{job.finished_at:%s}",
        title=words[Job.Status(job.status)] % {"title": job.title},
        body=job.error or str(job.result.get("summary", "")),
        url=job.get_absolute_url(),
    )


def _put_back(job: Job, holder: str) -> None:
    """Back into the queue; the next sweep rings for it or gives up after the last attempt."""
    Job.objects.filter(pk=job.pk, status=Job.Status.RUNNING, leased_by=holder).update(lease_until=timezone.now())


def run_job_now(job: Job) -> Job:
    """Runs it in this process, without a worker: tests, and commands that wait for their work."""
    run_job(job.pk)
    job.refresh_from_db()
    return job


@transaction.atomic
def cancel_job(job: Job, *, by: User) -> Job:
    """Stops waiting work at once and asks running work to stop after its present item. Twice is harmless."""
    row = Job.locked(job.pk)
    if row.status == Job.Status.CANCELLED or row.cancel_requested_at is not None:
        return row
    if row.status == Job.Status.QUEUED:
        row.move_to(Job.Status.CANCELLED)
        row.finished_at = timezone.now()
    elif row.status != Job.Status.RUNNING:
        raise Conflict(_("This work has ended already; there is nothing left to stop."))
    row.cancel_requested_at = timezone.now()
    row.save(update_fields=["status", "finished_at", "cancel_requested_at"])
    record("job.cancel_asked", row, by=by)
    _clear_after(row)
    return row


def _clear_after(row: Job) -> None:
    """Work that was stopped while no handler ran, or given up, leaves nothing behind that waits for it."""
    try:
        kind = find_kind(row.kind)
    except LookupError:
        return
    clear = {Job.Status.CANCELLED: kind.on_stop, Job.Status.FAILED: kind.on_fail}.get(Job.Status(row.status))
    if clear is not None:
        clear(row)


@transaction.atomic
def retry_job(job: Job, *, by: User) -> Job:
    """Lets failed work begin again with fresh attempts. An unfinished job comes back as it is."""
    row = Job.locked(job.pk)
    if row.status in (Job.Status.QUEUED, Job.Status.RUNNING):
        return row
    row.move_to(Job.Status.QUEUED)
    row.attempts = row.done = row.total = 0
    row.error = row.message = row.leased_by = ""
    row.started_at = row.finished_at = row.cancel_requested_at = None
    row.rung_at = timezone.now()
    try:
        row.save()
    except IntegrityError as error:
        raise Conflict(_("The same work has been started anew meanwhile. Look at that one.")) from error
    record("job.retried", row, by=by)
    _ring(row, find_kind(row.kind))
    return row


def sweep_jobs() -> int:
    """Revives work whose worker died or whose bell was lost, gives up after the last attempt; returns how many."""
    ids = list(Job.objects.abandoned().values_list("pk", flat=True)[:500])
    return sum(_revive(job_id) for job_id in ids)


@transaction.atomic
def _revive(job_id: int) -> int:
    row = Job.objects.select_for_update(of=("self",), skip_locked=True).abandoned().filter(pk=job_id).first()
    if row is None:
        return 0
    if row.status == Job.Status.RUNNING:
        _release(row)
    if row.status == Job.Status.QUEUED:
        row.rung_at = timezone.now()
        row.save(update_fields=["rung_at"])
        _ring_if_known(row)
    return 1


def _release(row: Job) -> None:
    """A dead worker's job: stopped when that was asked for, given up after its last attempt, else waiting again."""
    if row.cancel_requested_at is not None:
        row.move_to(Job.Status.CANCELLED)
    elif row.attempts >= row.max_attempts:
        row.move_to(Job.Status.FAILED)
        row.error = _(
            "The work was interrupted %(n)s times and was given up. What was done stays; try again for the rest."
        ) % {"n": row.attempts}
    else:
        row.move_to(Job.Status.QUEUED)
    row.leased_by = ""
    row.lease_until = None
    row.finished_at = timezone.now() if row.is_finished else None
    row.save(update_fields=["status", "error", "leased_by", "lease_until", "finished_at"])
    _clear_after(row)
    record("job.revived" if row.status == Job.Status.QUEUED else f"job.{row.status}", row, by=User.system())
    if row.is_finished:
        _tell_owner(row)


def _ring_if_known(row: Job) -> None:
    try:
        _ring(row, find_kind(row.kind))
    except LookupError:
        log.warning("unknown_kind", kind=row.kind)
