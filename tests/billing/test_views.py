import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.models import Authorization, Charge, Coverage, Invoice, InvoiceLink, Payer, Payment, Rate
from billing.services.charge import make_charges
from billing.services.invoice import build_draft, issue_invoice
from billing.services.payment import record_payment
from homecare.audit.models import Event
from homecare.clock import today
from homecare.jobs.models import Job
from tests.billing.conftest import MONDAY, cover
from tests.factories import (
    AuthorizationFactory,
    ClientFactory,
    ContactFactory,
    PayerFactory,
    RateFactory,
    ServiceTypeFactory,
)

pytestmark = pytest.mark.django_db
PEOPLE = ["administrator", "manager", "coordinator", "supervisor", "biller", "caregiver", "relative"]
MAY_READ = {"administrator", "manager", "coordinator", "biller"}
MAY_BILL = {"administrator", "biller"}


@pytest.fixture
def person(request, caregiver):
    def find(name):
        return caregiver.user if name == "caregiver" else request.getfixturevalue(name)

    return find


@pytest.fixture
def draft(covered_client, payer, visits_of, biller):
    visits_of(covered_client, 2)
    make_charges(by=biller)
    return build_draft(covered_client, payer, period_from=MONDAY, period_to=MONDAY + dt.timedelta(days=6), by=biller)


@pytest.fixture
def invoice(draft, biller):
    return issue_invoice(draft, by=biller)


@pytest.fixture
def payment(invoice, payer, branch, biller):
    return record_payment(
        payer, Decimal("70.00"), branch=branch, client=invoice.client, method="check", received_on=MONDAY,
        submission_key=uuid.uuid4(), by=biller,
    )  # fmt: skip


@pytest.fixture
def addresses(payment, invoice, covered_client, payer):
    """Every page that is read: (URL, who may)."""
    coverage = Coverage.objects.get(client=covered_client)
    authorization = AuthorizationFactory(client=covered_client, payer=payer)
    names = [
        ("charge-list", [], MAY_READ),
        ("invoice-list", [], MAY_READ),
        ("invoice-detail", [invoice.pk], MAY_READ),
        ("invoice-run", [], MAY_BILL),
        ("invoice-void", [invoice.pk], MAY_BILL),
        ("invoice-email", [invoice.pk], MAY_BILL),
        ("invoice-create", [covered_client.pk], MAY_BILL),
        ("payment-list", [], MAY_READ),
        ("payment-create", [], MAY_BILL),
        ("payment-detail", [payment.pk], MAY_READ),
        ("payment-apply", [payment.pk], MAY_BILL),
        ("payment-void", [payment.pk], MAY_BILL),
        ("aging", [], MAY_READ),
        ("payer-list", [], MAY_READ),
        ("payer-create", [], MAY_BILL),
        ("payer-detail", [payer.pk], MAY_READ),
        ("payer-update", [payer.pk], MAY_BILL),
        ("rate-list", [], MAY_READ),
        ("rate-create", [], MAY_BILL),
        ("client-billing", [covered_client.pk], MAY_READ),
        ("coverage-create", [covered_client.pk], MAY_BILL),
        ("coverage-update", [coverage.pk], MAY_BILL),
        ("authorization-create", [covered_client.pk], MAY_BILL),
        ("authorization-update", [authorization.pk], MAY_BILL),
    ]
    return [(reverse(f"billing:{name}", args=args), may) for name, args, may in names]


@pytest.mark.parametrize("name", PEOPLE)
def test_pages_open_for_those_who_may(name, addresses, as_user, person):
    http = as_user(person(name))
    got = {url: http.get(url).status_code for url, _may in addresses}
    assert got == {url: 200 if name in may else 403 for url, may in addresses}


@pytest.mark.parametrize("act", ["invoice-issue", "invoice-discard", "charge-make"])
@pytest.mark.parametrize("name", ["coordinator", "manager", "supervisor", "caregiver", "relative"])
def test_acts_are_refused_to_those_who_may_not(act, name, draft, as_user, person):
    args = [] if act == "charge-make" else [draft.pk]
    assert as_user(person(name)).post(reverse(f"billing:{act}", args=args)).status_code == 403
    assert as_user(person(name)).get(reverse(f"billing:{act}", args=args)).status_code in (403, 405)


def test_rows_of_another_branch_are_not_there(invoice, payment, covered_client, other_branch, as_user):
    from homecare.accounts.roles import RoleName
    from tests.conftest import person as make_person

    stranger = as_user(make_person(RoleName.BILLER, other_branch))
    for name, pk in [
        ("invoice-detail", invoice.pk), ("invoice-pdf", invoice.pk), ("invoice-void", invoice.pk),
        ("payment-detail", payment.pk), ("payment-void", payment.pk), ("client-billing", covered_client.pk),
        ("coverage-create", covered_client.pk), ("coverage-update", Coverage.objects.get(client=covered_client).pk),
    ]:  # fmt: skip
        assert stranger.get(reverse(f"billing:{name}", args=[pk])).status_code == 404, name
    assert stranger.post(reverse("billing:invoice-issue", args=[invoice.pk])).status_code == 404
    for name in ("invoice-list", "payment-list", "aging", "charge-list", "payment-create"):
        page = stranger.get(reverse(f"billing:{name}")).content.decode()
        assert covered_client.last_name not in page, name
    assert (
        stranger.get(
            reverse("billing:payment-create") + f"?payer={payment.payer_id}&client={covered_client.pk}"
        ).status_code
        == 404
    )


def test_family_opens_only_its_own_issued_invoices(invoice, draft, branch, relative, visits_of, biller, as_user):
    family = as_user(relative)
    address = reverse("billing:invoice-pdf", args=[invoice.pk])
    assert family.get(address).status_code == 404
    ContactFactory(client=invoice.client, user=relative, has_portal=True)
    family = as_user(relative)
    assert family.get(address)["Content-Type"] == "application/pdf"
    visits_of(invoice.client, since=MONDAY + dt.timedelta(days=20))
    make_charges(by=biller)
    unissued = build_draft(
        invoice.client, invoice.payer, by=biller, period_from=MONDAY, period_to=MONDAY + dt.timedelta(days=30)
    )
    assert family.get(reverse("billing:invoice-pdf", args=[unissued.pk])).status_code == 404
    insurer = PayerFactory(bills_client=False)
    Payer.objects.filter(pk=invoice.payer_id).update(bills_client=insurer.bills_client)
    assert family.get(address).status_code == 404


LISTS = ["charge-list", "charge-list?show=open", "invoice-list", "payment-list", "payer-list", "rate-list", "aging"]


def test_lists_cost_the_same_queries_for_one_and_thirty(branch, visits_of, payer, covered_client, biller, as_user):
    http, counts = as_user(biller), []
    http.get(reverse("billing:charge-list"))  # the first request of a session also writes it

    def queries_of(name: str) -> int:
        route, _mark, query = name.partition("?")
        with CaptureQueriesContext(connection) as queries:
            assert http.get(reverse(f"billing:{route}") + f"?{query}").status_code == 200
        return len(queries)

    for number in range(31):
        client = ClientFactory(branch=branch)
        visits_of(ClientFactory(branch=branch), since=MONDAY + dt.timedelta(days=number), hour=12)
        mine = cover(client, PayerFactory())
        visits_of(client, 2, since=MONDAY + dt.timedelta(days=2 * number), hour=16)
        make_charges(by=biller)
        day = MONDAY + dt.timedelta(days=2 * number)
        issue_invoice(build_draft(client, mine, period_from=day, period_to=day, by=biller), by=biller)
        record_payment(
            mine, Decimal("5.00"), branch=branch, method="cash", received_on=MONDAY,
            submission_key=uuid.uuid4(), by=biller,
        )  # fmt: skip
        if number in (0, 30):
            counts.append({name: queries_of(name) for name in LISTS})
    assert counts[0] == counts[1]
    assert max(counts[1].values()) <= 13


def test_unbilled_lists_each_visit_with_its_reason_and_remedy(branch, visits_of, biller, as_user):
    client = ClientFactory(branch=branch, last_name="Waiting")
    visits_of(client)
    page = as_user(biller).get(reverse("billing:charge-list")).content.decode()
    assert "No coverage" in page and client.full_name in page
    assert reverse("billing:coverage-create", args=[client.pk]) in page
    none = as_user(biller).get(reverse("billing:charge-list") + "?reason=no_rate").content.decode()
    assert client.full_name not in none


def test_charging_now_makes_the_charges_of_own_branches(covered_client, visits_of, biller, as_user):
    visits_of(covered_client)
    response = as_user(biller).post(reverse("billing:charge-make"), follow=True)
    assert "1 visit charged." in response.content.decode()
    assert Charge.objects.count() == 1


def test_invoice_is_issued_sent_and_voided_from_its_page(draft, biller, as_user):
    http = as_user(biller)
    http.post(reverse("billing:invoice-issue", args=[draft.pk]))
    draft.refresh_from_db()
    assert draft.status == Invoice.Status.ISSUED
    http.post(reverse("billing:invoice-email", args=[draft.pk]), {"to": "ana@mail.example"})
    link = InvoiceLink.objects.get()
    http.post(reverse("billing:invoice-link-revoke", args=[link.pk]))
    link.refresh_from_db()
    assert link.revoked_at is not None
    refused = http.post(
        reverse("billing:invoice-void", args=[draft.pk]), {"reason": ""}, headers={"HX-Request": "true"}
    )
    assert refused.status_code == 422
    http.post(reverse("billing:invoice-void", args=[draft.pk]), {"reason": "Wrong rate"})
    page = http.get(draft.get_absolute_url()).content.decode()
    assert "Void since" in page and "Wrong rate" in page


def test_draft_is_made_by_hand_and_discarded(covered_client, payer, visits_of, biller, as_user):
    visits_of(covered_client, 2)
    make_charges(by=biller)
    http = as_user(biller)
    data = {"payer": payer.pk, "period_from": "2026-11-01", "period_to": "2026-11-30"}
    url = reverse("billing:invoice-create", args=[covered_client.pk])
    http.post(url, data)
    draft = Invoice.objects.get()
    assert http.post(reverse("billing:invoice-discard", args=[draft.pk])).status_code == 302
    empty = http.post(url, data | {"period_from": "2026-12-01", "period_to": "2026-12-31"})
    assert "nothing to invoice" in empty.content.decode()


def test_run_page_shows_what_it_would_make_then_starts_the_job(covered_client, visits_of, branch, biller, as_user):
    visits_of(covered_client, 2)
    make_charges(by=biller)
    http = as_user(biller)
    period = {"branch": branch.pk, "period_from": "2026-11-01", "period_to": "2026-11-30"}
    page = http.get(reverse("billing:invoice-run"), period).content.decode()
    assert "$64.00" in page and "Make these drafts" in page
    assert not Job.objects.exists()
    response = http.post(reverse("billing:invoice-run"), period | {"issue_now": "on"})
    assert response.url == Job.objects.get().get_absolute_url()
    wrong = http.post(reverse("billing:invoice-run"), period | {"period_to": "2026-10-01"})
    assert "ends before it begins" in wrong.content.decode()


def _payment(**fields):
    return {
        "amount": "40.00", "received_on": "2026-11-03", "method": "check", "reference": "1042", "how": "auto",
        "submission_key": str(uuid.uuid4()),
    } | fields  # fmt: skip


def test_payment_form_sent_twice_records_once(invoice, biller, as_user):
    http, data = as_user(biller), _payment()
    url = reverse("billing:payment-create") + f"?payer={invoice.payer_id}&client={invoice.client_id}"
    assert invoice.number in http.get(url).content.decode()
    first, second = http.post(url, data), http.post(url, data)
    assert first.url == second.url == Payment.objects.get().get_absolute_url()
    assert Invoice.objects.with_balance().get().balance == Decimal("24.00")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"how": "chosen"}, "Type an amount beside at least one invoice"),
        ({"amount": "0"}, "greater than or equal to 0.01"),
        ({"received_on": "2099-01-01"}, "in the future"),
        ({"how": "chosen", "share": "99.00"}, "still owes $64.00"),
        ({"how": "auto", "share": "9.00"}, "You typed amounts"),
    ],
)
def test_payment_form_keeps_what_was_typed_and_says_what_is_wrong(fields, words, invoice, biller, as_user):
    if share := fields.pop("share", None):
        fields[f"invoice-{invoice.pk}"] = share
    url = reverse("billing:payment-create") + f"?payer={invoice.payer_id}&client={invoice.client_id}"
    page = as_user(biller).post(url, _payment(amount="123.45") | fields).content.decode()
    assert words in page
    assert 'value="1042"' in page
    assert not Payment.objects.exists()


def test_payment_is_chosen_applied_and_voided_from_its_page(invoice, biller, as_user):
    http = as_user(biller)
    url = reverse("billing:payment-create") + f"?payer={invoice.payer_id}&client={invoice.client_id}"
    http.post(url, _payment(how="credit"))
    payment = Payment.objects.get()
    assert "is credit" in http.get(payment.get_absolute_url()).content.decode()
    http.post(reverse("billing:payment-apply", args=[payment.pk]), {"how": "chosen", f"invoice-{invoice.pk}": "15.00"})
    assert Invoice.objects.with_balance().get().balance == Decimal("49.00")
    http.post(reverse("billing:payment-void", args=[payment.pk]), {"reason": "Bounced"})
    assert Invoice.objects.with_balance().get().balance == Decimal("64.00")


def test_payment_accounts_are_found_by_name_and_number(invoice, biller, as_user):
    http = as_user(biller)
    for words, found in ((invoice.client.last_name, True), (invoice.number, True), ("nobody", False)):
        page = http.get(reverse("billing:payment-create"), {"q": words}).content.decode()
        assert (f"client={invoice.client_id}" in page) == found


def test_aging_amount_opens_its_invoices(invoice, biller, as_user):
    http = as_user(biller)
    page = http.get(reverse("billing:aging")).content.decode()
    assert "$64.00" in page
    for age, found in ((0, True), (1, False)):
        rows = http.get(reverse("billing:invoice-list"), {"client": invoice.client_id, "age": age, "basis": "due_on"})
        assert (invoice.number in rows.content.decode()) == found


@pytest.mark.parametrize(("state", "found"), [("open", True), ("paid", False), ("draft", False), ("overdue", False)])
def test_invoice_list_filters_by_state(state, found, invoice, biller, as_user):
    page = as_user(biller).get(reverse("billing:invoice-list"), {"state": state}, headers={"HX-Request": "true"})
    assert (invoice.number in page.content.decode()) == found
    assert "<html" not in page.content.decode()


def test_rate_added_ends_the_one_before(payer, biller, as_user):
    url = reverse("billing:rate-create")
    data = {
        "payer": payer.pk, "service_type": ServiceTypeFactory().pk, "unit": "hour", "amount_rate": "36.50",
        "code": "S5125", "modifiers": "u1 tf", "since": "2026-12-01",
    }  # fmt: skip
    http = as_user(biller)
    http.post(url, data)
    old, new = Rate.objects.order_by("since")
    assert (old.until, new.modifiers, new.until) == (dt.date(2026, 11, 30), ["U1", "TF"], None)
    assert "already" in http.post(url, data | {"since": "2026-11-15"}).content.decode()
    assert "four pairs" in http.post(url, data | {"modifiers": "U1 LONG", "since": "2027-01-01"}).content.decode()


def test_payer_coverage_and_authorization_are_kept_with_their_trail(covered_client, payer, biller, as_user):
    http = as_user(biller)
    payer_data = {
        "name": "Veterans Affairs",
        "kind": "veterans",
        "rounding": "floor",
        "terms_days": 30,
        "is_active": "on",
    }
    http.post(reverse("billing:payer-create"), payer_data)
    added = Payer.objects.get(name="Veterans Affairs")
    http.post(reverse("billing:payer-update", args=[added.pk]), payer_data | {"terms_days": 45})
    assert Event.objects.about(added).first().changes == {"terms_days": [30, 45]}
    coverage = {"payer": added.pk, "since": "2026-11-01", "priority": 2, "member_id": "77"}
    url = reverse("billing:coverage-create", args=[covered_client.pk])
    assert http.post(url, coverage).status_code == 302
    row = Coverage.objects.get(payer=added)
    assert "already" in http.post(url, coverage).content.decode()
    http.post(reverse("billing:coverage-update", args=[row.pk]), coverage | {"until": "2026-12-31"})
    row.refresh_from_db()
    assert row.until == dt.date(2026, 12, 31)
    authorization = {
        "payer": added.pk, "service_type": ServiceTypeFactory().pk, "number": "VA-1", "starts_on": "2026-11-01",
        "ends_on": "2026-10-01", "total_units": 400,
    }  # fmt: skip
    url = reverse("billing:authorization-create", args=[covered_client.pk])
    assert "ends before it begins" in http.post(url, authorization).content.decode()
    http.post(url, authorization | {"ends_on": "2027-04-30"})
    made = Authorization.objects.get(number="VA-1")
    http.post(reverse("billing:authorization-update", args=[made.pk]), authorization | {"ends_on": "2027-05-31"})
    made.refresh_from_db()
    assert (made.client, made.ends_on) == (covered_client, dt.date(2027, 5, 31))


def test_client_tab_shows_the_burn_down_and_records_the_look(covered_client, payer, visits_of, biller, as_user):
    AuthorizationFactory(client=covered_client, payer=payer, total_units=100, number="PA-77")
    visits_of(covered_client, 3, minutes=60)
    make_charges(by=biller)
    visits_of(covered_client, 2, since=MONDAY + dt.timedelta(days=10), minutes=45)
    page = as_user(biller).get(reverse("billing:client-billing", args=[covered_client.pk])).content.decode()
    assert "PA-77" in page and ">82<" in page.replace(" ", "")
    assert Event.objects.about(covered_client).filter(kind="view", reason="billing").count() == 1


def test_pages_of_billing_name_the_branch_day(branch, payer, biller, as_user):
    RateFactory(payer=payer, service_type=ServiceTypeFactory(code="X"), since=today(branch.time_zone))
    page = as_user(biller).get(reverse("billing:rate-list")).content.decode()
    assert "$32.00 / hour" in page
