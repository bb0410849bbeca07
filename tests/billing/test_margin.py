"""Wages and what a visit leaves: who sees them, which rate counts, what rule and suggestion say without naming it."""

import datetime as dt
import json
import threading
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from billing.models import PayRate
from billing.services.pay_rate import add_pay_rate, end_pay_rate
from homecare.accounts.models import Agency
from homecare.errors import DomainError
from scheduling.matching import suggest_for_visit
from tests.factories import (
    ClientFactory,
    CoverageFactory,
    MemberFactory,
    RateFactory,
    RoleFactory,
    ServiceTypeFactory,
    VisitFactory,
)
from tests.scheduling.placing import NINE, against

pytestmark = pytest.mark.django_db
FIRST = dt.date(2026, 1, 1)


@pytest.fixture
def client_of(branch):
    """Pays $32 an hour for personal care."""
    coverage = CoverageFactory(client=ClientFactory(branch=branch))
    RateFactory(payer=coverage.payer)
    return coverage.client


def wage(amount, biller, since=FIRST, **whose):
    return add_pay_rate(hourly_rate=Decimal(amount), since=since, by=biller, **whose)


def test_a_new_rate_ends_the_one_before(biller, caregiver):
    old = wage("20.0000", biller, member=caregiver)
    wage("21.5000", biller, since=dt.date(2026, 6, 1), member=caregiver)
    old.refresh_from_db()
    assert old.until == dt.date(2026, 5, 31)
    with pytest.raises(DomainError, match="later day"):
        wage("22", biller, since=dt.date(2026, 3, 1), member=caregiver)
    with pytest.raises(DomainError, match="one caregiver or one role"):
        wage("22", biller)


def test_database_refuses_two_rates_of_one_day(biller, caregiver):
    wage("20", biller, member=caregiver)
    wage("25", biller, member=caregiver, service_type=ServiceTypeFactory())  # another service may
    wage("18", biller, role=caregiver.role)  # the role's may
    with pytest.raises(IntegrityError), transaction.atomic():
        PayRate.objects.create(member=caregiver, hourly_rate=21, since=dt.date(2026, 5, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        PayRate.objects.create(member=caregiver, role=caregiver.role, hourly_rate=21, since=dt.date(2030, 5, 1))


@pytest.mark.parametrize(("amount", "speaks"), [("27.2000", False), ("27.2100", True)])
def test_margin_below_the_agencys_least_warns(client_of, caregiver, biller, amount, speaks):
    wage(amount, biller, member=caregiver)
    found = against(client_of, caregiver).get("margin")
    assert (found is not None) is speaks
    if found:
        assert found.sentence == "This visit would leave less than the agency's least margin (15 %)."
        assert not found.blocks


def test_margin_is_silent_without_price_wage_or_billing(branch, client_of, caregiver, biller):
    assert "margin" not in against(client_of, caregiver)
    wage("90", biller, member=caregiver)
    assert "margin" not in against(ClientFactory(branch=branch), caregiver)
    free = ServiceTypeFactory(code="FREE", is_billable=False)
    assert "margin" not in against(client_of, caregiver, service=free)
    Agency.objects.update_or_create(pk=1, defaults={"rule_severities": {"margin": "block"}})
    assert against(client_of, caregiver)["margin"].blocks


def test_narrowest_wage_in_force_counts(client_of, caregiver, biller):
    wage("90", biller, role=caregiver.role)
    assert "margin" in against(client_of, caregiver)
    own = wage("20", biller, member=caregiver)
    assert "margin" not in against(client_of, caregiver)
    wage("90", biller, member=caregiver, service_type=ServiceTypeFactory())
    assert "margin" in against(client_of, caregiver)
    PayRate.objects.filter(service_type__isnull=False).delete()
    end_pay_rate(own, until=dt.date(2026, 12, 1), by=biller)
    assert "margin" in against(client_of, caregiver)  # the role's again


def test_suggestions_weigh_the_margin_and_name_no_wage(client_of, branch, biller):
    cheap, fair, dear, unknown = (
        MemberFactory(branch=branch, always_available=True, role=RoleFactory()) for _n in range(4)
    )
    for member, amount in ((cheap, "18.7300"), (fair, "23.4100"), (dear, "26.9900")):
        wage(amount, biller, member=member)
    rows = {row.member: row for row in suggest_for_visit(VisitFactory(client=client_of, starts_at=NINE))}
    points = {member: [p.points for p in rows[member].points if str(p.label) == "Margin"] for member in rows}
    assert (points[cheap], points[fair], points[dear], points[unknown]) == ([5], [2], [0], [])
    words = " ".join(point.words for row in rows.values() for point in row.points)
    assert "leaves a good margin" in words
    assert not any(amount in words for amount in ("18", "23", "26", "$", "%"))


def test_wages_are_for_managers_and_billing_alone(as_user, coordinator, supervisor, manager, biller, caregiver):
    wage("20", biller, member=caregiver)
    url = reverse("billing:payrate-list")
    for user in (coordinator, supervisor, caregiver.user):
        assert as_user(user).get(url).status_code == 403
        assert as_user(user).get("/api/v1/pay-rates/").status_code == 403
    for user in (manager, biller):
        assert "$20.00" in as_user(user).get(url).content.decode()
        assert as_user(user).get("/api/v1/pay-rates/").json()["results"][0]["hourly_rate"] == "20.0000"


def test_entered_on_the_page_and_through_the_api(as_user, biller, caregiver):
    http = as_user(biller)
    data = {"member": caregiver.pk, "hourly_rate": "20.5000", "since": "2026-01-01"}
    url = reverse("billing:payrate-create")
    assert http.post(url, data).status_code == 302
    again = http.post(url, data)
    assert "Choose a later day" in again.content.decode()
    assert "20.5000" in again.content.decode()  # nothing typed is lost
    both = http.post(url, data | {"role": caregiver.role.pk})
    assert "one caregiver or one role" in both.content.decode()
    row = PayRate.objects.get()
    body = json.dumps({"until": "2026-02-01"})
    ended = http.post(f"/api/v1/pay-rates/{row.pk}/end/", body, content_type="application/json").json()
    assert ended["until"] == "2026-02-01"
    body = json.dumps({"member": caregiver.pk, "hourly_rate": "21", "since": "2026-02-02"})
    for _n in range(2):
        made = http.post("/api/v1/pay-rates/", body, content_type="application/json", HTTP_IDEMPOTENCY_KEY="w")
        assert made.status_code == 201
    assert PayRate.objects.count() == 2


def test_list_needs_the_same_queries_for_1_and_30_rows(as_user, biller, branch, django_assert_max_num_queries):
    for _n in range(30):
        wage("20", biller, member=MemberFactory(branch=branch))
    http = as_user(biller)
    http.get("/api/v1/me/")
    for url in (reverse("billing:payrate-list"), "/api/v1/pay-rates/"):
        with django_assert_max_num_queries(15):
            assert http.get(url).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_who_enter_a_wage_at_once_leave_one(biller, caregiver):
    barrier, refused = threading.Barrier(2), []

    def enter(amount):
        barrier.wait()
        try:
            wage(amount, biller, member=caregiver)
        except DomainError as error:
            refused.append(error.message)
        finally:
            connection.close()

    racers = [threading.Thread(target=enter, args=(amount,)) for amount in ("20", "21")]
    [racer.start() for racer in racers]
    [racer.join() for racer in racers]
    assert (PayRate.objects.count(), len(refused)) == (1, 1)
