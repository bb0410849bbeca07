import datetime as dt
import os
import signal
import threading
import time
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import Charge, Invoice, InvoiceLine, InvoiceNumber, Payer
from billing.services.charge import make_charges
from billing.services.invoice import build_draft, discard_draft, issue_invoice, void_invoice
from billing.services.payment import record_payment
from homecare.accounts.models import Agency
from homecare.audit.models import Event
from homecare.clock import today
from homecare.errors import Conflict, DomainError, InvalidTransition
from homecare.money import line_amount, total
from scheduling.models import Visit
from tests.billing.conftest import MONDAY, cover
from tests.factories import AddressFactory, ClientFactory, ContactFactory, PayerFactory, PaymentFactory

pytestmark = pytest.mark.django_db
NOVEMBER = {"period_from": dt.date(2026, 11, 1), "period_to": dt.date(2026, 11, 30)}


@pytest.fixture
def drafted(covered_client, payer, visits_of, biller):
    """drafted(3): a draft of so many visits for a client of its own."""

    def make(visits=2, client=None):
        client = client or covered_client
        visits_of(client, visits)
        make_charges(by=biller)
        return build_draft(client, client.coverages.get().payer, by=biller, **NOVEMBER)

    return make


def test_draft_copies_what_the_charges_say(drafted, caregiver, branch):
    draft = drafted(2)
    lines = list(draft.lines.all())
    assert [(line.service_on, line.description, line.caregiver_name, line.amount) for line in lines] == [
        (MONDAY, "Personal care", "Maria", Decimal("32.00")),
        (MONDAY + dt.timedelta(days=1), "Personal care", "Maria", Decimal("32.00")),
    ]
    assert (draft.status, draft.number, draft.total, draft.branch) == ("draft", None, Decimal("64.00"), branch)
    assert lines[0].starts_at == lines[0].charge.visit.approved_starts_at


def test_draft_of_the_same_period_takes_only_what_is_new(drafted, covered_client, payer, visits_of, biller):
    draft = drafted(2)
    assert build_draft(covered_client, payer, by=biller, **NOVEMBER) == draft
    visits_of(covered_client, since=dt.date(2026, 11, 20))
    make_charges(by=biller)
    again = build_draft(covered_client, payer, by=biller, **NOVEMBER)
    assert (again.pk, again.total, again.lines.count()) == (draft.pk, Decimal("96.00"), 3)


def test_draft_of_nothing_is_refused(covered_client, payer, biller):
    with pytest.raises(DomainError, match="nothing to invoice"):
        build_draft(covered_client, payer, by=biller, **NOVEMBER)
    with pytest.raises(DomainError, match="ends before it begins"):
        build_draft(covered_client, payer, by=biller, period_from=MONDAY, period_to=MONDAY - dt.timedelta(days=1))


def test_draft_loses_the_line_of_a_visit_that_is_unapproved(drafted, biller):
    draft = drafted(2)
    visit = Visit.objects.earliest("starts_at")
    Visit.objects.filter(pk=visit.pk).update(status=Visit.Status.COMPLETED)
    draft.refresh_from_db()
    assert (draft.total, draft.lines.count()) == (Decimal("32.00"), 1)
    Visit.objects.update(status=Visit.Status.COMPLETED)
    with pytest.raises(DomainError, match="no lines left"):
        issue_invoice(draft, by=biller)


def test_invoice_issued_is_numbered_dated_and_billed(drafted, branch, payer, biller):
    Payer.objects.filter(pk=payer.pk).update(terms_days=10)
    invoice = issue_invoice(drafted(2), by=biller)
    invoice.refresh_from_db()
    day = today(branch.time_zone)
    assert (invoice.status, invoice.number, invoice.issued_on, invoice.due_on) == (
        "issued",
        f"BOS-{day.year}-00001",
        day,
        day + dt.timedelta(days=10),
    )
    assert set(Charge.objects.values_list("status", flat=True)) == {"billed"}
    assert issue_invoice(invoice, by=biller) == invoice
    assert InvoiceNumber.objects.get().last == 1
    assert [event.action for event in Event.objects.about(invoice)] == ["invoice.issued", "invoice.drafted"]


def test_invoice_of_private_pay_goes_to_who_receives_invoices(drafted, covered_client, biller):
    AddressFactory(client=covered_client)
    ContactFactory(client=covered_client, name="Ana Lopez", email="ana@mail.example", receives_invoices=True)
    invoice = issue_invoice(drafted(), by=biller)
    assert invoice.bill_to == {
        "name": "Ana Lopez",
        "lines": ["1 Beacon Street", "Boston, MA 02108"],
        "email": "ana@mail.example",
        "member_id": "",
    }
    assert invoice.client_name == covered_client.full_name


def test_invoice_of_an_insurer_goes_to_the_payer_with_member_id(branch, drafted, biller):
    client = ClientFactory(branch=branch)
    insurer = PayerFactory(name="MassHealth", bills_client=False, line1="PO Box 9152", city="Canton", state="MA")
    cover(client, insurer)
    client.coverages.update(member_id="100200300")
    invoice = issue_invoice(drafted(1, client), by=biller)
    assert (invoice.bill_to["name"], invoice.bill_to["lines"], invoice.bill_to["member_id"]) == (
        "MassHealth",
        ["PO Box 9152", "Canton, MA"],
        "100200300",
    )


def test_invoice_keeps_its_snapshot_when_people_and_agency_change(drafted, covered_client, branch, biller):
    invoice = issue_invoice(drafted(), by=biller)
    branch.name, covered_client.first_name = "Elsewhere", "Other"
    branch.save()
    covered_client.save()
    invoice.refresh_from_db()
    assert (invoice.bill_from["branch"], invoice.client_name) == ("Boston", f"Rosa {covered_client.last_name}")


@pytest.mark.parametrize("status", Invoice.Status.values)
@pytest.mark.parametrize("then", Invoice.Status.values)
def test_invoice_moves_only_along_its_arrows(status, then):
    assert Invoice(status=status).can_move_to(then) == ((status, then) in {("draft", "issued"), ("issued", "void")})


def test_invoice_services_refuse_the_wrong_status(drafted, biller):
    draft = drafted()
    with pytest.raises(InvalidTransition):
        void_invoice(draft, reason="Wrong client", by=biller)
    invoice = issue_invoice(draft, by=biller)
    with pytest.raises(Conflict, match="Void it instead"):
        discard_draft(invoice, by=biller)
    void_invoice(invoice, reason="Wrong client", by=biller)
    with pytest.raises(InvalidTransition):
        issue_invoice(invoice, by=biller)


@pytest.mark.parametrize(
    "change", [{"total": 1}, {"due_on": dt.date(2030, 1, 1)}, {"bill_to": {}}, {"status": "draft"}, {"number": "X"}]
)
def test_invoice_issued_never_changes(change, drafted, biller):
    invoice = issue_invoice(drafted(), by=biller)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        InvoiceLine.objects.filter(invoice=invoice).update(amount=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        InvoiceLine.objects.filter(invoice=invoice).delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        invoice.delete()


def test_invoice_void_frees_its_charges_for_the_next(drafted, covered_client, payer, biller):
    invoice = issue_invoice(drafted(), by=biller)
    with pytest.raises(DomainError, match="Say why"):
        void_invoice(invoice, reason=" ", by=biller)
    voided = void_invoice(invoice, reason="Wrong rate", by=biller)
    assert (voided.status, voided.void_reason, voided.number) == ("void", "Wrong rate", invoice.number)
    assert void_invoice(invoice, reason="again", by=biller).void_reason == "Wrong rate"
    second = issue_invoice(build_draft(covered_client, payer, by=biller, **NOVEMBER), by=biller)
    assert (second.total, second.number[-5:]) == (invoice.total, "00002")


def test_invoice_settled_by_a_payment_is_not_voided(drafted, payer, branch, biller):
    invoice = issue_invoice(drafted(), by=biller)
    record_payment(
        payer,
        Decimal("10.00"),
        branch=branch,
        method="check",
        received_on=MONDAY,
        submission_key=PaymentFactory.build().submission_key,
        by=biller,
    )
    with pytest.raises(Conflict, match=r"Payments of \$10.00"):
        void_invoice(invoice, reason="Wrong", by=biller)


def test_draft_discarded_frees_its_charges(drafted, covered_client, payer, biller):
    draft = drafted()
    discard_draft(draft, by=biller)
    discard_draft(draft, by=biller)
    assert not Invoice.objects.exists()
    assert build_draft(covered_client, payer, by=biller, **NOVEMBER).total == Decimal("64.00")


def test_numbers_count_per_branch_and_year(branch, other_branch, drafted, visits_of, caregiver, biller):
    first = issue_invoice(drafted(), by=biller)
    elsewhere = ClientFactory(branch=other_branch)
    cover(elsewhere)
    visits_of(elsewhere, hour=20)
    make_charges(by=biller)
    second = issue_invoice(build_draft(elsewhere, elsewhere.coverages.get().payer, by=biller, **NOVEMBER), by=biller)
    assert (first.number[:4], second.number[:4]) == ("BOS-", "SPR-")
    assert first.number[4:] == second.number[4:]


def test_invoice_of_20_lines_costs_as_many_queries_as_one_of_2(visits_of, covered_client, payer, biller):
    Agency.current()
    counts = []
    for since, lines in ((MONDAY, 2), (dt.date(2027, 1, 4), 20)):
        visits_of(covered_client, lines, since=since)
        make_charges(by=biller)
        period = {"period_from": since, "period_to": since + dt.timedelta(days=30)}
        with CaptureQueriesContext(connection) as queries:
            issue_invoice(build_draft(covered_client, payer, by=biller, **period), by=biller)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 34


ten_thousandths = st.integers(1, 2_500_000).map(lambda n: Decimal(n).scaleb(-4))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(ten_thousandths, ten_thousandths), min_size=1, max_size=60))
def test_total_is_the_sum_of_rounded_lines(lines):
    rounded = [line_amount(quantity, rate) for rate, quantity in lines]
    assert total(rounded) == sum(rounded)
    assert all(amount == amount.quantize(Decimal("0.01")) for amount in rounded)
    assert abs(total(rounded) - sum(rate * quantity for rate, quantity in lines)) <= Decimal("0.005") * len(lines)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    minutes=st.lists(st.integers(1, 600), min_size=1, max_size=6),
    rate=ten_thousandths,
    rounding=st.sampled_from(Payer.Rounding.values),
)
def test_invoice_total_is_the_sum_of_its_lines_whatever_the_rate(
    branch, caregiver, biller, visits_of, minutes, rate, rounding
):
    with transaction.atomic():
        client = ClientFactory(branch=branch)
        payer = cover(client, PayerFactory(rounding=rounding), amount_rate=rate)
        for day, length in enumerate(minutes):
            visits_of(client, since=MONDAY + dt.timedelta(days=day), minutes=length)
        if charges := make_charges(by=biller):
            invoice = issue_invoice(build_draft(client, payer, by=biller, **NOVEMBER), by=biller)
            expected = [line_amount(charge.quantity, rate) for charge in charges]
            assert invoice.total == sum(expected) == sum(invoice.lines.values_list("amount", flat=True))
        transaction.set_rollback(True)


def _drafts(branch, visits_of, biller, count):
    drafts = []
    for number in range(count):
        client = ClientFactory(branch=branch)
        cover(client)
        visits_of(client, since=MONDAY + dt.timedelta(days=number))
    make_charges(by=biller)
    for client in branch.clients.filter(coverages__isnull=False):
        drafts.append(build_draft(client, client.coverages.get().payer, by=biller, **NOVEMBER))
    return drafts


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_and_no_repeat_when_many_issue_at_once(branch, visits_of, biller):
    drafts = _drafts(branch, visits_of, biller, 12)
    start = threading.Barrier(4)

    def work(mine):
        try:
            start.wait()
            for draft in mine:
                issue_invoice(draft, by=biller)
        finally:
            connection.close()

    # Each draft is asked for by two of the four: the second gets the issued one back.
    threads = [threading.Thread(target=work, args=(drafts[part % 2 :: 2],)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert [int(number[-5:]) for number in numbers] == list(range(1, 13))


@pytest.mark.django_db(transaction=True)
def test_number_of_a_worker_killed_in_mid_transaction_is_used_by_the_next(branch, visits_of, biller):
    first, second = _drafts(branch, visits_of, biller, 2)
    ready, holding = os.pipe()
    connection.close()
    pid = os.fork()
    if pid == 0:  # the worker: takes a number and dies before its commit
        with transaction.atomic():
            issue_invoice(first, by=biller)
            os.write(holding, b"x")
            time.sleep(60)
        os._exit(0)
    assert os.read(ready, 1) == b"x"
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert issue_invoice(second, by=biller).number[-5:] == "00001"
    assert issue_invoice(first, by=biller).number[-5:] == "00002"


@pytest.mark.django_db(transaction=True)
def test_visit_unapproved_while_its_invoice_is_issued_has_one_winner(branch, visits_of, biller):
    (draft,) = _drafts(branch, visits_of, biller, 1)
    visit = Visit.objects.get()
    outcome = []
    start = threading.Barrier(2)

    def unapprove():
        try:
            start.wait()
            Visit.objects.filter(pk=visit.pk).update(status=Visit.Status.COMPLETED)
            outcome.append("unapproved")
        except IntegrityError:
            pass
        finally:
            connection.close()

    def issue():
        try:
            start.wait()
            issue_invoice(draft, by=biller)
            outcome.append("issued")
        except DomainError:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=unapprove), threading.Thread(target=issue)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcome) == 1
    assert Charge.objects.get().status == {"unapproved": "void", "issued": "billed"}[outcome[0]]
