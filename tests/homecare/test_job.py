"""Long work: once however often it is rung for, and never lost with its worker."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import connections, transaction
from django.urls import reverse
from django.utils import timezone

from homecare.accounts.models import User
from homecare.errors import Conflict, InvalidTransition
from homecare.health_urls import WORKER_HEARTBEAT
from homecare.inbox.models import Notification
from homecare.jobs import lease, tasks
from homecare.jobs.models import Job
from homecare.jobs.services.job import cancel_job, retry_job, run_job, run_job_now, start_job, sweep_jobs
from tests.homecare import counting
from tests.homecare.conftest import broker_at, queries_of, wait_until

pytestmark = pytest.mark.django_db
LONG_AGO = dt.timedelta(hours=1)


def count_job(coordinator, branch, items=3, **more):
    return start_job("test.count", by=coordinator, branch=branch, params={"branch": branch.pk, "items": items, **more})


def state(job: Job) -> tuple:
    return job.status, job.done, job.total, job.attempts, job.error


def expire_lease(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - LONG_AGO)


def test_job_done_tells_its_owner_what_it_did(coordinator, branch):
    job = run_job_now(count_job(coordinator, branch))
    assert state(job) == ("done", 3, 3, 1, "")
    assert job.result == {"summary": "3 counted", "left": []}
    assert counting.marks() == [1, 1, 1]
    told = Notification.objects.get(recipient=coordinator)
    assert (told.title, told.body, told.url) == ("Done: Count", "3 counted", job.get_absolute_url())


def test_job_refused_by_a_rule_fails_with_its_sentence(coordinator):
    job = run_job_now(start_job("test.refuse", by=coordinator))
    assert state(job) == ("failed", 0, 0, 1, "Payer Blue has no rate for March. Add one, then run again.")


def test_job_that_breaks_says_so_without_details(coordinator):
    job = run_job_now(start_job("test.break", by=coordinator))
    assert job.status == Job.Status.FAILED
    assert str(job.pk) in job.error and "secret" not in job.error


def test_job_interrupted_waits_and_is_given_up_after_its_last_attempt(coordinator):
    job = start_job("test.interrupt", by=coordinator)
    for attempt in (1, 2, 3):
        assert run_job_now(job).attempts == attempt
        assert sweep_jobs() == 1
    job.refresh_from_db()
    assert job.status == Job.Status.FAILED
    assert "interrupted 3 times" in job.error
    assert sweep_jobs() == 0


def test_job_retried_runs_with_fresh_attempts(coordinator):
    job = run_job_now(start_job("test.refuse", by=coordinator))
    again = retry_job(job, by=coordinator)
    assert state(again) == ("queued", 0, 0, 0, "")
    assert retry_job(job, by=coordinator).status == Job.Status.QUEUED
    with pytest.raises(InvalidTransition):
        retry_job(run_job_now(start_job("test.count", by=coordinator, params=_none())), by=coordinator)


def _none() -> dict:
    from tests.factories import BranchFactory

    return {"branch": BranchFactory().pk, "items": 0}


def test_job_cancelled_while_waiting_never_runs(coordinator, branch):
    job = count_job(coordinator, branch)
    cancel_job(job, by=coordinator)
    assert run_job_now(job).status == Job.Status.CANCELLED
    assert counting.marks() == []


def test_job_cancelled_while_running_stops_after_its_present_item(coordinator, branch, monkeypatch):
    job = count_job(coordinator, branch, items=50)
    monkeypatch.setattr("homecare.jobs.registry.WRITE_EVERY_SECONDS", 0)
    renew = lease.renew

    def renew_and_ask(job_id, holder, **progress):
        if progress["done"] == 4:
            cancel_job(job, by=coordinator)
        return renew(job_id, holder, **progress)

    monkeypatch.setattr("homecare.jobs.lease.renew", renew_and_ask)
    run_job_now(job)
    assert state(job) == ("cancelled", 4, 50, 1, "")
    assert counting.marks() == [1, 1, 1, 1]


def test_job_ended_cannot_be_cancelled(coordinator, branch):
    job = run_job_now(count_job(coordinator, branch))
    with pytest.raises(Conflict, match="ended already"):
        cancel_job(job, by=coordinator)


def test_job_of_somebody_without_the_right_is_not_made(biller, branch):
    with pytest.raises(PermissionDenied):
        count_job(biller, branch)


def test_job_acts_with_the_rights_its_owner_has_when_it_starts(coordinator, branch):
    job = count_job(coordinator, branch)
    coordinator.groups.clear()
    assert run_job_now(job).status == Job.Status.FAILED
    assert "may no longer do it" in job.error
    assert counting.marks() == []


def test_job_of_a_deactivated_owner_does_nothing(coordinator, branch):
    job = count_job(coordinator, branch)
    User.objects.filter(pk=coordinator.pk).update(is_active=False)
    assert run_job_now(job).status == Job.Status.FAILED


def test_job_with_the_same_key_is_the_same_job(coordinator, other_coordinator, branch):
    params = {"branch": branch.pk, "items": 1}
    first = start_job("test.count", by=coordinator, params=params, dedupe_key="march")
    assert start_job("test.count", by=coordinator, params=params, dedupe_key="march") == first
    with pytest.raises(Conflict, match="already under way"):
        start_job("test.count", by=other_coordinator, params=params, dedupe_key="march")
    run_job_now(first)
    assert start_job("test.count", by=coordinator, params=params, dedupe_key="march") != first


def test_job_taken_over_ignores_the_outcome_of_its_former_worker(coordinator, branch, monkeypatch):
    job = count_job(coordinator, branch, items=2)
    renew = lease.renew

    def lose(job_id, holder, **progress):
        Job.objects.filter(pk=job_id).update(leased_by="another")
        return renew(job_id, holder, **progress)

    monkeypatch.setattr("homecare.jobs.lease.renew", lose)
    run_job_now(job)
    assert (job.status, job.leased_by) == ("running", "another")


def test_sweep_rings_again_for_a_job_whose_bell_was_lost(coordinator, branch):
    job = count_job(coordinator, branch)
    assert sweep_jobs() == 0
    Job.objects.filter(pk=job.pk).update(rung_at=timezone.now() - LONG_AGO)
    assert sweep_jobs() == 1
    job.refresh_from_db()
    assert job.status == "queued" and job.rung_at > timezone.now() - LONG_AGO / 2


def test_sweep_ends_a_dead_workers_job_that_was_asked_to_stop(coordinator, branch):
    job = count_job(coordinator, branch)
    lease.claim(job.pk, "dead")
    cancel_job(job, by=coordinator)
    expire_lease(job)
    sweep_jobs()
    job.refresh_from_db()
    assert job.status == Job.Status.CANCELLED


def test_heart_beats_for_two_minutes(settings):
    cache.delete(WORKER_HEARTBEAT)
    tasks.beat_heart()
    assert cache.get(WORKER_HEARTBEAT)


@pytest.mark.django_db(transaction=True)
def test_job_rung_twice_at_once_runs_once(coordinator, branch):
    job = count_job(coordinator, branch, items=5, pause=0.02)

    def ring():
        try:
            run_job(job.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ring) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    job.refresh_from_db()
    assert state(job) == ("done", 5, 5, 1, "")
    assert counting.marks() == [1] * 5


@pytest.mark.django_db(transaction=True)
def test_job_started_without_a_broker_is_kept(coordinator, branch):
    with broker_at("redis://127.0.0.1:1/0"), transaction.atomic():
        job = count_job(coordinator, branch)
    assert Job.objects.get(pk=job.pk).status == Job.Status.QUEUED


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_worker_killed_in_mid_job_loses_and_repeats_nothing(coordinator, branch, start_worker):
    job = count_job(coordinator, branch, items=40, pause=0.1)

    def now(**wanted) -> bool:
        return Job.objects.filter(pk=job.pk, **wanted).exists()

    first = start_worker()
    wait_until(lambda: now(done__gte=5))
    first.kill()
    assert now(status="running", done__lt=40)
    expire_lease(job)
    assert sweep_jobs() == 1
    start_worker()
    wait_until(lambda: now(status="done"))
    job.refresh_from_db()
    assert state(job) == ("done", 40, 40, 2, "")
    assert counting.marks() == [1] * 40


def test_job_pages_show_progress_to_the_owner_alone(coordinator, other_coordinator, caregiver, as_user, branch):
    job = count_job(coordinator, branch)
    pages = [reverse(f"jobs:job-{name}", args=[job.public_id]) for name in ("detail", "progress")]
    for url in pages:
        assert as_user(coordinator).get(url).status_code == 200
        assert as_user(other_coordinator).get(url).status_code == 404
        assert as_user(caregiver.user).get(url).status_code == 404
    assert b'hx-trigger="every 1s"' in as_user(coordinator).get(pages[1]).content
    run_job_now(job)
    assert b"hx-trigger" not in as_user(coordinator).get(pages[1]).content
    assert as_user(coordinator).get(reverse("jobs:job-list")).status_code == 200
    assert as_user(caregiver.user).get(reverse("jobs:job-list")).status_code == 403


def test_job_pages_stop_and_retry(coordinator, other_coordinator, as_user, branch):
    job = count_job(coordinator, branch)
    url = reverse("jobs:job-cancel", args=[job.public_id])
    assert as_user(other_coordinator).post(url).status_code == 404
    assert as_user(coordinator).get(url).status_code == 405
    assert as_user(coordinator).post(url).status_code == 302
    job.refresh_from_db()
    assert job.status == Job.Status.CANCELLED
    failed = run_job_now(start_job("test.refuse", by=coordinator))
    assert as_user(coordinator).post(reverse("jobs:job-retry", args=[failed.public_id])).status_code == 302
    failed.refresh_from_db()
    assert failed.status == Job.Status.QUEUED


def test_job_list_asks_the_same_number_of_queries_for_many_rows(coordinator, branch, as_user):
    http, url = as_user(coordinator), reverse("jobs:job-list")
    run_job_now(count_job(coordinator, branch, items=0))
    with_one = queries_of(http, url)
    for _ in range(29):
        run_job_now(count_job(coordinator, branch, items=0))
    assert queries_of(http, url) == with_one <= 12
