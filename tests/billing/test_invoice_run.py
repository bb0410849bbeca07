import datetime as dt
from decimal import Decimal

import pytest

from billing.models import Charge, Invoice
from billing.services.charge import make_charges
from billing.services.invoice import build_draft
from billing.services.invoice_run import KIND, RunScope, preview, run_invoices, start_run
from homecare.errors import DomainError
from homecare.jobs.models import Job
from homecare.jobs.registry import JobCancelled
from homecare.jobs.services.job import run_job_now
from tests.billing.conftest import MONDAY, cover
from tests.factories import ClientFactory

pytestmark = pytest.mark.django_db
FIRST, LAST = dt.date(2026, 11, 1), dt.date(2026, 11, 30)


class Killed(BaseException):
    """Stands for SIGKILL: nothing after it runs."""


@pytest.fixture
def clients(branch, visits_of):
    """clients(3): so many covered clients with two approved visits each."""

    def make(count):
        made = []
        for number in range(count):
            client = ClientFactory(branch=branch, last_name=f"Client{number:02}")
            cover(client)
            visits_of(client, 2, hour=number)
            made.append(client)
        return made

    return make


def scope(branch, **fields):
    return RunScope(branch, FIRST, LAST, **fields)


def numbers():
    issued = Invoice.objects.filter(status=Invoice.Status.ISSUED).order_by("number")
    return [int(number[-5:]) for number in issued.values_list("number", flat=True)]


def test_run_issues_one_invoice_per_client_and_payer(branch, clients, biller):
    clients(3)
    job = run_job_now(start_run(scope(branch, issue_now=True), by=biller))
    assert (job.status, job.done, job.total) == ("done", 3, 3)
    assert job.result["summary"] == "3 invoices issued, $192.00."
    assert numbers() == [1, 2, 3]
    assert set(Invoice.objects.values_list("run", flat=True)) == {job.pk}


def test_run_again_makes_nothing_twice(branch, clients, biller):
    clients(2)
    run_job_now(start_run(scope(branch, issue_now=True), by=biller))
    again = run_job_now(start_run(scope(branch, issue_now=True), by=biller))
    assert (again.result["summary"], Invoice.objects.count()) == ("0 invoices issued, $0.00.", 2)


def test_run_of_drafts_then_issuing_them(branch, clients, biller):
    clients(2)
    drafts = run_job_now(start_run(scope(branch), by=biller))
    assert drafts.result["summary"] == "2 drafts made, $128.00."
    assert preview(scope(branch)) == []
    assert [group["visits"] for group in preview(scope(branch, issue_now=True))] == [2, 2]
    run_job_now(start_run(scope(branch, issue_now=True), by=biller))
    assert (numbers(), Invoice.objects.count()) == ([1, 2], 2)


def test_run_killed_in_the_middle_goes_on_without_gap_or_double(branch, clients, biller):
    clients(5)
    job = start_run(scope(branch, issue_now=True), by=biller)

    def die_at_third(done, total, message):
        if done == 2:
            raise Killed

    with pytest.raises(Killed):
        run_invoices(scope(branch, issue_now=True), run=job, by=biller, progress=die_at_third)
    assert numbers() == [1, 2]
    finished = run_job_now(job)
    assert finished.result["summary"] == "5 invoices issued, $320.00."
    assert numbers() == [1, 2, 3, 4, 5]
    assert Charge.objects.filter(status="billed", lines__is_live=True).distinct().count() == 10


def test_run_cancelled_keeps_what_is_done(branch, clients, biller):
    clients(3)

    def stop_at_second(done, total, message):
        if done == 1:
            raise JobCancelled

    job = start_run(scope(branch, issue_now=True), by=biller)
    with pytest.raises(JobCancelled):
        run_invoices(scope(branch, issue_now=True), run=job, by=biller, progress=stop_at_second)
    assert numbers() == [1]


def test_run_says_what_it_left_and_why(branch, clients, covered_client, payer, visits_of, biller):
    visits_of(ClientFactory(branch=branch), hour=20)
    visits_of(covered_client, hour=22)
    make_charges(by=biller)
    build_draft(covered_client, payer, period_from=MONDAY, period_to=MONDAY, by=biller)
    job = run_job_now(start_run(scope(branch, issue_now=True), by=biller))
    assert job.result["left"] == ["1 visit: no coverage.", "1 visit stands on a draft of another period."]


def test_run_keeps_to_its_branch_payer_and_period(branch, other_branch, clients, visits_of, biller):
    mine, _theirs = clients(2)
    elsewhere = ClientFactory(branch=other_branch)
    cover(elsewhere)
    visits_of(elsewhere, hour=22)
    visits_of(mine, since=dt.date(2026, 12, 1), hour=22)
    payer = mine.coverages.get().payer
    run_job_now(start_run(scope(branch, payer=payer, issue_now=True), by=biller))
    assert list(Invoice.objects.values_list("client", "total")) == [(mine.pk, Decimal("64.00"))]


def test_run_already_under_way_is_joined(branch, clients, biller):
    clients(1)
    first, second = start_run(scope(branch), by=biller), start_run(scope(branch), by=biller)
    assert first == second
    assert Job.objects.filter(kind=KIND).count() == 1


def test_run_refuses_what_the_person_may_not(branch, other_branch, clients, biller, coordinator):
    with pytest.raises(DomainError, match="ends before it begins"):
        start_run(RunScope(branch, LAST, FIRST), by=biller)
    job = start_run(RunScope(other_branch, FIRST, LAST), by=biller)
    assert "no longer yours" in run_job_now(job).error
    biller.user_permissions.clear()
    with pytest.raises(DomainError, match="may draft invoices but not issue"):
        start_run(scope(branch, issue_now=True), by=coordinator)


def test_run_of_many_asks_no_more_for_its_preview(branch, clients, biller, django_assert_num_queries):
    clients(4)
    make_charges(by=biller)
    with django_assert_num_queries(1):
        assert len(preview(scope(branch))) == 4
