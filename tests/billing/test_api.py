import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import Coverage, Invoice, Payment, Rate
from billing.services.charge import make_charges
from billing.services.invoice import build_draft, issue_invoice
from homecare.accounts.roles import RoleName
from homecare.audit.models import Event
from tests.billing.conftest import MONDAY, cover
from tests.conftest import person
from tests.factories import ClientFactory, PayerFactory, ServiceTypeFactory

pytestmark = pytest.mark.django_db
API = "/api/v1"


@pytest.fixture
def http(as_user, biller):
    return as_user(biller)


@pytest.fixture
def charged(covered_client, visits_of, biller):
    visits_of(covered_client, 2)
    return make_charges(by=biller)


@pytest.fixture
def invoice(charged, covered_client, payer, biller):
    period = {"period_from": MONDAY, "period_to": MONDAY + dt.timedelta(days=6)}
    return issue_invoice(build_draft(covered_client, payer, by=biller, **period), by=biller)


def post(http, path, body=None, **headers):
    return http.post(f"{API}/{path}", body or {}, content_type="application/json", headers=headers)


def test_api_drafts_issues_reads_and_voids_an_invoice(http, charged, covered_client, payer):
    body = {"client": covered_client.pk, "payer": payer.pk, "period_from": "2026-11-01", "period_to": "2026-11-30"}
    draft = post(http, "invoices/", body)
    assert (draft.status_code, draft.json()["status"], len(draft.json()["lines"])) == (201, "draft", 2)
    path = f"invoices/{draft.json()['id']}/"
    issued = post(http, path + "issue/").json()
    assert (issued["status"], issued["number"][:4], issued["balance"]) == ("issued", "BOS-", "64.00")
    assert http.get(f"{API}/{path}pdf/").content[:5] == b"%PDF-"
    assert http.get(f"{API}/{path}").json()["lines"][0]["amount"] == "32.00"
    assert post(http, path + "void/").status_code == 422
    assert post(http, path + "void/", {"reason": "Wrong"}).json()["status"] == "void"
    assert Event.objects.filter(action="invoice.viewed").count() == 1
    again = post(http, "invoices/", body).json()
    assert http.delete(f"{API}/invoices/{again['id']}/").status_code == 204
    refused = http.delete(f"{API}/{path}")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize("header", [True, False])
def test_api_payment_sent_twice_is_one(header, http, invoice, branch):
    body = {
        "branch": branch.pk, "payer": invoice.payer_id, "client": invoice.client_id, "amount": "20.00",
        "method": "ach", "received_on": "2026-11-05", "submission_key": str(uuid.uuid4()),
        "allocations": [{"invoice": invoice.pk, "amount": "15.00"}],
    }  # fmt: skip
    headers = {"Idempotency-Key": "pay-1"} if header else {}
    first, second = post(http, "payments/", body, **headers), post(http, "payments/", body, **headers)
    assert (first.status_code, first.json()) == (201, second.json())
    assert (first.json()["unapplied"], Payment.objects.count()) == ("5.00", 1)
    path = f"payments/{first.json()['id']}/void/"
    assert post(http, path, {"reason": "Bounced"}).json()["unapplied"] == "0.00"


def test_api_payment_refusal_is_a_problem_with_a_sentence(http, invoice, branch):
    body = {
        "branch": branch.pk, "payer": invoice.payer_id, "amount": "99.00", "method": "ach", "received_on": "2026-11-05",
        "submission_key": str(uuid.uuid4()), "allocations": [{"invoice": invoice.pk, "amount": "65.00"}],
    }  # fmt: skip
    answer = post(http, "payments/", body)
    assert (answer.status_code, "still owes $64.00" in answer.json()["detail"]) == (422, True)


def test_api_keeps_payers_rates_coverages_and_authorizations(http, covered_client):
    payer = post(http, "payers/", {"name": "VA", "kind": "veterans"}).json()
    changed = http.patch(f"{API}/payers/{payer['id']}/", {"terms_days": 45}, content_type="application/json").json()
    assert changed["terms_days"] == 45
    assert post(http, "payers/", {"name": "VA", "kind": "veterans"}).status_code == 422
    service = ServiceTypeFactory()
    rate = {"payer": payer["id"], "service_type": service.pk, "unit": "quarter", "amount_rate": "7.4825"}
    post(http, "rates/", rate | {"since": "2026-01-01"})
    post(http, "rates/", rate | {"since": "2026-07-01"})
    assert list(Rate.objects.filter(payer=payer["id"]).order_by("since").values_list("until", flat=True)) == [
        dt.date(2026, 6, 30), None,
    ]  # fmt: skip
    coverage = post(http, "coverages/", {"client": covered_client.pk, "payer": payer["id"], "since": "2026-11-01"})
    path = f"{API}/coverages/{coverage.json()['id']}/"
    assert http.patch(path, {"until": "2026-10-01"}, content_type="application/json").status_code == 409
    assert http.patch(path, {"until": "2026-12-01"}, content_type="application/json").json()["until"] == "2026-12-01"
    body = {
        "client": covered_client.pk, "payer": payer["id"], "service_type": service.pk, "number": "PA-1",
        "starts_on": "2026-11-01", "ends_on": "2027-04-30", "total_units": 400,
    }  # fmt: skip
    made = post(http, "authorizations/", body)
    path = f"{API}/authorizations/{made.json()['id']}/"
    assert http.patch(path, {"total_units": 500}, content_type="application/json").json()["total_units"] == 500


def test_api_writes_only_the_listed_fields(http, invoice, charged):
    path = f"{API}/charges/{charged[0].pk}/"
    assert http.patch(path, {"amount": "1.00"}, content_type="application/json").status_code in (403, 405)
    assert http.put(f"{API}/invoices/{invoice.pk}/", {"total": "1"}, content_type="application/json").status_code in (
        403,
        405,
    )
    assert http.get(path).json()["status"] == "billed"


def test_api_shows_nothing_of_another_branch(invoice, covered_client, charged, other_branch, as_user):
    stranger = as_user(person(RoleName.BILLER, other_branch))
    for path in ("invoices", "charges", "coverages", "payments", "authorizations"):
        assert stranger.get(f"{API}/{path}/").json()["results"] == []
    assert stranger.get(f"{API}/invoices/{invoice.pk}/").status_code == 404
    assert post(stranger, f"invoices/{invoice.pk}/void/", {"reason": "x"}).status_code == 404
    body = {"client": covered_client.pk, "payer": invoice.payer_id, "since": "2026-11-01"}
    assert post(stranger, "coverages/", body).status_code == 422
    assert Coverage.objects.count() == 1


@pytest.mark.parametrize("role", ["coordinator", "supervisor", "caregiver", "relative"])
def test_api_refuses_writes_of_those_who_may_not(role, invoice, caregiver, request, as_user):
    user = caregiver.user if role == "caregiver" else request.getfixturevalue(role)
    http = as_user(user)
    assert post(http, f"invoices/{invoice.pk}/void/", {"reason": "x"}).status_code == 403
    assert post(http, "payers/", {"name": "X", "kind": "private"}).status_code == 403
    expected = 200 if role == "coordinator" else 403
    assert http.get(f"{API}/invoices/").status_code == expected


def test_api_lists_cost_the_same_queries_for_one_and_thirty(http, branch, visits_of, biller):
    counts = []
    http.get(f"{API}/invoices/")  # the first request of a session also writes it

    def queries_of(path: str, rows: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert len(http.get(f"{API}/{path}/").json()["results"]) == rows
        return len(queries)

    for number in range(31):
        client = ClientFactory(branch=branch)
        payer = cover(client, PayerFactory())
        visits_of(client, since=MONDAY + dt.timedelta(days=number))
        make_charges(by=biller)
        day = MONDAY + dt.timedelta(days=number)
        build_draft(client, payer, period_from=day, period_to=day, by=biller)
        Payment.objects.create(
            branch=branch, payer=payer, amount=Decimal("5.00"), method="cash", received_on=MONDAY, entered_by=biller,
            submission_key=uuid.uuid4(),
        )  # fmt: skip
        if number in (0, 30):
            paths = ["invoices", "charges", "payments", "payers", "rates", "coverages"]
            counts.append({path: queries_of(path, number + 1) for path in paths})
    assert counts[0] == counts[1]
    assert max(counts[1].values()) <= 12
    assert Invoice.objects.count() == 31
