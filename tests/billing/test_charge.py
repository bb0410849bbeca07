import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from billing.models import Charge, Payer, UnchargedVisit
from billing.pricing import WaitsFor, priced, quarter_units_sql
from billing.services.charge import make_charges, uncharged
from billing.units import MINUTES_ADDED, quarter_units
from homecare.audit.models import Event
from homecare.errors import readable
from scheduling.models import ServiceType, Visit
from tests.billing.conftest import MONDAY, at, cover
from tests.factories import (
    AuthorizationFactory,
    ClientFactory,
    CoverageFactory,
    PayerFactory,
    RateFactory,
    ServiceTypeFactory,
    completed_visit,
)

pytestmark = pytest.mark.django_db


def test_charge_takes_time_rate_and_rounding_of_the_payer(covered_client, payer, visits_of, biller):
    (visit,) = visits_of(covered_client, minutes=53)
    (charge,) = make_charges([visit], by=biller)
    charge.refresh_from_db()
    assert (charge.minutes, charge.quantity, charge.unit, charge.unit_rate, charge.amount, charge.rounding) == (
        53,
        Decimal("1.0000"),
        "hour",
        Decimal("32.0000"),
        Decimal("32.00"),
        "nearest8",
    )
    assert (charge.payer, charge.client, charge.service_on, charge.status) == (payer, covered_client, MONDAY, "open")
    assert Event.objects.about(charge).get().action == "charge.made"


def test_charge_is_made_once_however_often_asked(covered_client, visits_of, biller):
    visits = visits_of(covered_client, 3)
    assert len(make_charges(by=biller)) == 3
    assert make_charges(by=biller) == make_charges(visits, by=biller) == []
    assert Charge.objects.count() == 3
    assert not UnchargedVisit.objects.exists()


def test_charge_day_is_the_branch_day_on_which_the_visit_began(covered_client, visits_of, biller):
    visits_of(covered_client, since=dt.date(2026, 11, 3), hour=2)  # 21:00 of 2 November in Boston
    assert make_charges(by=biller)[0].service_on == MONDAY


def test_charge_uses_the_rate_in_force_on_the_day(covered_client, payer, visits_of, biller):
    rate = payer.rates.get()
    rate.until = MONDAY
    rate.save()
    RateFactory(payer=payer, amount_rate=Decimal("35"), since=MONDAY + dt.timedelta(days=1))
    visits_of(covered_client, 2)
    assert [charge.amount for charge in make_charges(by=biller)] == [Decimal("32.00"), Decimal("35.00")]


def test_charge_goes_to_the_payer_of_lowest_priority_in_force(covered_client, payer, visits_of, biller):
    second = cover(covered_client, PayerFactory())
    covered_client.coverages.filter(payer=second).update(priority=2)
    visits_of(covered_client, 2)
    covered_client.coverages.filter(payer=payer).update(until=MONDAY)
    assert [charge.payer for charge in make_charges(by=biller)] == [payer, second]


def test_visits_wait_with_their_reason(branch, covered_client, payer, visits_of, biller):
    uncovered, unpriced, unauthorized = (
        ClientFactory(branch=branch),
        ClientFactory(branch=branch),
        ClientFactory(branch=branch),
    )
    CoverageFactory(client=unpriced)
    cover(unauthorized, PayerFactory(needs_authorization=True))
    for hour, client in ((13, uncovered), (15, unpriced), (17, unauthorized)):
        visits_of(client, hour=hour)
    visits_of(covered_client, hour=19, minutes=7)
    visits_of(covered_client, hour=21, minutes=8)
    assert list(uncharged().order_by("starts_at").values_list("client", "waits_for")) == [
        (uncovered.pk, WaitsFor.NO_COVERAGE),
        (unpriced.pk, WaitsFor.NO_RATE),
        (unauthorized.pk, WaitsFor.NO_AUTHORIZATION),
        (covered_client.pk, WaitsFor.TOO_SHORT),
        (covered_client.pk, WaitsFor.NOTHING),
    ]
    assert [charge.minutes for charge in make_charges(by=biller)] == [8]
    AuthorizationFactory(client=unauthorized, payer=unauthorized.coverages.get().payer)
    assert [charge.client for charge in make_charges(by=biller)] == [unauthorized]
    assert UnchargedVisit.objects.count() == 3


def test_visit_of_unbilled_service_or_not_approved_never_waits(covered_client, visits_of, caregiver, biller):
    visits_of(covered_client, service_type=ServiceTypeFactory(code="TRN", is_billable=False))
    completed_visit(caregiver, starts_at=at(MONDAY, 18), client=covered_client)
    assert not UnchargedVisit.objects.exists()
    assert make_charges(by=biller) == []


@pytest.mark.parametrize("rounding", sorted(MINUTES_ADDED))
def test_units_in_sql_agree_with_units_in_python(rounding, covered_client, payer, visits_of):
    Payer.objects.filter(pk=payer.pk).update(rounding=rounding)
    for hour, minutes in enumerate((1, 7, 8, 15, 22, 23, 37, 38, 52, 53)):
        visits_of(covered_client, hour=hour, minutes=minutes)
    rows = priced(Visit.objects.all()).annotate(
        units=quarter_units_sql("approved_minutes", "client__coverages__payer__rounding")
    )
    assert {row.approved_minutes: row.units for row in rows} == {
        row.approved_minutes: quarter_units(row.approved_minutes, rounding) for row in rows
    }


def test_charges_cost_the_same_queries_for_one_and_thirty(covered_client, visits_of, biller):
    counts = []
    for since, count in ((MONDAY, 1), (dt.date(2027, 1, 4), 30)):
        visits = visits_of(covered_client, count, since=since)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(make_charges(visits, by=biller)) == count
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10


def test_visit_unapproved_voids_its_open_charge_and_may_be_charged_anew(covered_client, visits_of, biller):
    (visit,) = visits_of(covered_client)
    (first,) = make_charges(by=biller)
    Visit.objects.filter(pk=visit.pk).update(status=Visit.Status.COMPLETED)
    first.refresh_from_db()
    assert (first.status, UnchargedVisit.objects.count()) == ("void", 0)
    Visit.objects.filter(pk=visit.pk).update(status=Visit.Status.APPROVED)
    assert [charge.visit for charge in make_charges(by=biller)] == [visit]


def test_visit_with_new_approved_time_is_charged_anew(covered_client, visits_of, biller):
    (visit,) = visits_of(covered_client)
    make_charges(by=biller)
    Visit.objects.filter(pk=visit.pk).update(approved_minutes=120)
    assert UnchargedVisit.objects.get().visit == visit
    assert make_charges(by=biller)[0].amount == Decimal("64.00")
    assert sorted(Charge.objects.values_list("status", "minutes")) == [("open", 120), ("void", 60)]


@pytest.mark.parametrize(
    "change", [{"status": "completed"}, {"approved_minutes": 45}, {"approved_ends_at": at(MONDAY, 23)}]
)
def test_visit_billed_refuses_to_change_its_approved_time(change, covered_client, visits_of, biller):
    (visit,) = visits_of(covered_client)
    make_charges(by=biller)
    Charge.objects.update(status=Charge.Status.BILLED)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Visit.objects.filter(pk=visit.pk).update(**change)
    assert "Void the invoice first" in readable(refused.value).message
    Visit.objects.filter(pk=visit.pk).update(note="Ring twice.")


@pytest.mark.parametrize("field", ["amount", "minutes", "payer_id"])
def test_charge_never_changes_but_in_status(field, covered_client, visits_of, biller):
    visits_of(covered_client)
    (charge,) = make_charges(by=biller)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Charge.objects.filter(pk=charge.pk).update(**{field: 9999})
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        charge.delete()


@pytest.mark.parametrize("status", Charge.Status.values)
@pytest.mark.parametrize("then", Charge.Status.values)
def test_charge_moves_only_along_its_arrows(status, then):
    arrows = {("open", "billed"), ("open", "void"), ("billed", "open")}
    assert Charge(status=status).can_move_to(then) == ((status, then) in arrows)


@pytest.mark.django_db(transaction=True)
def test_charges_made_by_two_at_once_are_made_once(covered_client, visits_of, biller):
    visits_of(covered_client, 20)
    start = threading.Barrier(4)
    made: list[int] = []

    def work():
        try:
            start.wait()
            made.append(len(make_charges(by=biller)))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(made) == Charge.objects.count() == 20
    assert ServiceType.objects.count() == 1
