import datetime as dt
import threading
import uuid
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import Allocation, Invoice, Payment
from billing.receivables import COLUMNS, aging, balance, column_of, column_totals, days_of, statement
from billing.services.charge import make_charges
from billing.services.invoice import build_draft, issue_invoice
from billing.services.payment import apply_credit, record_payment, unapplied, void_payment
from homecare.clock import today
from homecare.errors import Conflict, DomainError, readable
from tests.billing.conftest import MONDAY
from tests.billing.tables import worked_table
from tests.factories import PayerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued(covered_client, visits_of, biller):
    """issued(2, 3): invoices of two and three visits at $32.00, one week each, in that order."""

    def make(*visits, client=None):
        client = client or covered_client
        invoices = []
        for week, count in enumerate(visits):
            since = MONDAY + dt.timedelta(days=7 * week)
            visits_of(client, count, since=since)
            make_charges(by=biller)
            draft = build_draft(
                client,
                client.coverages.get().payer,
                by=biller,
                period_from=since,
                period_to=since + dt.timedelta(days=6),
            )
            invoices.append(issue_invoice(draft, by=biller))
        return invoices

    return make


@pytest.fixture
def pay(payer, branch, biller):
    def make(amount, allocations=None, **fields):
        fields = {
            "branch": branch,
            "method": "check",
            "received_on": MONDAY,
            "submission_key": uuid.uuid4(),
            "by": biller,
        } | fields
        return record_payment(fields.pop("payer", payer), Decimal(amount), allocations=allocations, **fields)

    return make


def balances():
    return list(Invoice.objects.with_balance().order_by("pk").values_list("balance", flat=True))


def test_payment_settles_the_oldest_first_and_keeps_the_rest_as_credit(issued, pay):
    issued(1, 2)
    assert unapplied(pay("40.00")) == Decimal("0.00")
    assert balances() == [Decimal("0.00"), Decimal("56.00")]
    assert unapplied(pay("60.00")) == Decimal("4.00")
    assert balances() == [Decimal("0.00"), Decimal("0.00")]


def test_payment_settles_what_it_is_given_to(issued, pay):
    first, second = issued(1, 2)
    payment = pay("50.00", {second.pk: Decimal("30.00"), first.pk: Decimal("0")})
    assert (balances(), unapplied(payment)) == ([Decimal("32.00"), Decimal("34.00")], Decimal("20.00"))


def test_payment_of_one_cent_is_possible(pay):
    pay("0.01").full_clean()


def test_payment_sent_twice_is_recorded_once(issued, pay):
    issued(1)
    key = uuid.uuid4()
    assert pay("10.00", submission_key=key) == pay("10.00", submission_key=key)
    assert (Payment.objects.count(), balances()) == (1, [Decimal("22.00")])
    with pytest.raises(Conflict, match="other values"):
        pay("11.00", submission_key=key)


@pytest.mark.parametrize(
    ("amount", "given", "words"),
    [
        ("0.00", None, "above zero"),
        ("-5.00", None, "above zero"),
        ("1.005", None, "two decimal places"),
        ("100.00", "33.00", r"still owes \$32.00"),
        ("10.00", "20.00", r"You gave \$20.00 to invoices, but only \$10.00"),
        ("10.00", "-1.00", "zero or more"),
    ],
)
def test_payment_refuses_impossible_amounts(amount, given, words, issued, pay):
    (invoice,) = issued(1)
    with pytest.raises(DomainError, match=words):
        pay(amount, None if given is None else {invoice.pk: Decimal(given)})
    assert not Payment.objects.exists()


def test_payment_refuses_a_day_to_come_and_invoices_of_others(issued, pay, branch):
    with pytest.raises(DomainError, match="in the future"):
        pay("10.00", received_on=today(branch.time_zone) + dt.timedelta(days=1))
    (invoice,) = issued(1)
    with pytest.raises(Conflict, match="no longer open for this payer"):
        pay("10.00", {invoice.pk: Decimal("10.00")}, payer=PayerFactory())


@pytest.mark.parametrize(
    ("payment_amount", "shares", "constraint"),
    [("20.00", ["21.00"], "allocation_within_payment"), ("99.00", ["33.00"], "allocation_within_invoice")],
)
def test_database_refuses_allocations_that_do_not_fit(payment_amount, shares, constraint, issued, pay):
    (invoice,) = issued(1)
    payment = pay(payment_amount, {})
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        for share in shares:
            Allocation.objects.create(payment=payment, invoice=invoice, amount=Decimal(share))
    assert readable(refused.value).message.endswith((".", "balances."))
    assert constraint in str(refused.value.__cause__.diag.constraint_name)


def test_credit_is_applied_to_a_later_invoice(issued, pay, biller):
    payment = pay("50.00")
    (invoice,) = issued(1)
    apply_credit(payment, by=biller)
    assert (balances(), unapplied(payment)) == ([Decimal("0.00")], Decimal("18.00"))
    assert apply_credit(payment, by=biller, allocations={}) == payment
    with pytest.raises(Conflict, match="no longer open"):
        apply_credit(payment, by=biller, allocations={invoice.pk: Decimal("1.00")})


def test_payment_void_makes_its_invoices_owe_again(issued, pay, biller):
    issued(1)
    payment = pay("32.00")
    with pytest.raises(DomainError, match="Say why"):
        void_payment(payment, reason="", by=biller)
    assert void_payment(payment, reason="Bounced", by=biller).void_reason == "Bounced"
    assert void_payment(payment, reason="again", by=biller).void_reason == "Bounced"
    assert balances() == [Decimal("32.00")]
    with pytest.raises(Conflict, match="void"):
        apply_credit(payment, by=biller)


def test_payment_posted_never_changes(issued, pay):
    payment = pay("10.00")
    for change in ({"amount": 5}, {"reference": "x"}, {"received_on": dt.date(2020, 1, 1)}):
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            Payment.objects.filter(pk=payment.pk).update(**change)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        payment.delete()


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.lists(st.integers(1, 7000).map(lambda cents: Decimal(cents).scaleb(-2)), min_size=1, max_size=8), st.booleans()
)
def test_allocations_never_exceed_payments_or_invoices(issued, pay, amounts, later):
    with transaction.atomic():
        issued(1, 2, 1)
        payments = [pay(amount, {} if later else None) for amount in amounts]
        for payment in payments if later else []:
            if unapplied(payment):
                apply_credit(payment, by=payment.entered_by)
        owed, received = Decimal("128.00"), sum(amounts)
        assert all(left >= 0 for left in balances())
        assert all(unapplied(payment) >= 0 for payment in payments)
        assert sum(balances()) == max(Decimal("0.00"), owed - received)
        assert sum(unapplied(payment) for payment in payments) == max(Decimal("0.00"), received - owed)
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_two_payments_at_once_never_overpay_an_invoice(issued, payer, branch, biller):
    (invoice,) = issued(1)
    start = threading.Barrier(4)
    refused = []

    def work():
        try:
            start.wait()
            record_payment(
                payer,
                Decimal("20.00"),
                branch=branch,
                method="check",
                received_on=MONDAY,
                submission_key=uuid.uuid4(),
                by=biller,
                allocations={invoice.pk: Decimal("20.00")},
            )
        except DomainError as error:
            refused.append(error.message)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), Payment.objects.count(), balances()) == (3, 1, [Decimal("12.00")])


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_by_four_tabs_is_one_payment(issued, payer, branch, biller):
    issued(1)
    key, start, seen = uuid.uuid4(), threading.Barrier(4), []

    def work():
        try:
            start.wait()
            payment = record_payment(
                payer, Decimal("20.00"), branch=branch, method="ach", received_on=MONDAY, submission_key=key, by=biller
            )
            seen.append(payment.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(seen), len(set(seen)), Payment.objects.count()) == (4, 1, 1)


@pytest.mark.parametrize(("due", "day", "days", "column"), worked_table("due", "today", "days", "column"))
def test_aging_column_follows_the_worked_table(due, day, days, column):
    past = (dt.date.fromisoformat(day) - dt.date.fromisoformat(due)).days
    assert (str(past), COLUMNS[column_of(past)][1]) == (days, column)
    first, last = days_of(column_of(past))
    assert (first is None or past >= first) and (last is None or past <= last)


def test_aging_sums_balances_by_client_and_payer(issued, pay, covered_client, payer):
    issued(1, 2)
    pay("10.00")
    due = Invoice.objects.earliest("pk").due_on
    rows = aging(Invoice.objects.all(), today=due + dt.timedelta(days=45))
    assert [(row.key, row.amounts, row.total) for row in rows] == [
        (covered_client.pk, [Decimal(0), Decimal("86.00"), Decimal(0), Decimal(0), Decimal(0)], Decimal("86.00"))
    ]
    by_payer = aging(Invoice.objects.all(), today=due, basis="issued_on", by="payer")
    assert [(row.key, row.name) for row in by_payer] == [(payer.pk, payer.name)]
    assert column_totals(by_payer)[0] == Decimal("86.00")


def test_balance_tells_owed_overdue_and_credit(issued, pay):
    issued(1, 2)
    pay("10.00")
    pay("5.00", {})
    due = Invoice.objects.earliest("pk").due_on
    before = balance(Invoice.objects.all(), Payment.objects.all(), today=due)
    after = balance(Invoice.objects.all(), Payment.objects.all(), today=due + dt.timedelta(days=1))
    assert (before.owed, before.overdue, before.credit, before.net) == (
        Decimal("86.00"),
        Decimal("0.00"),
        Decimal("5.00"),
        Decimal("81.00"),
    )
    assert after.overdue == Decimal("86.00")


def test_statement_runs_from_opening_to_closing_balance(issued, pay, branch, biller):
    issued(1, 2)
    pay("10.00", reference="1001")
    void_payment(pay("20.00"), reason="Bounced", by=biller)
    day = today(branch.time_zone)
    account = statement(Invoice.objects.all(), Payment.objects.all(), since=day, until=day)
    assert (account.opening, account.closing) == (Decimal("-10.00"), Decimal("86.00"))
    assert [line.balance for line in account.lines] == [Decimal("22.00"), Decimal("86.00")]
