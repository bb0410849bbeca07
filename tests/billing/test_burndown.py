import datetime as dt

import pytest

from billing.burndown import burn_down
from billing.models import Authorization, Charge
from billing.services.charge import make_charges
from scheduling.models import Visit
from tests.billing.conftest import MONDAY, at, cover
from tests.billing.tables import worked_table
from tests.factories import AuthorizationFactory, PayerFactory, VisitFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("total", "used", "scheduled", "left"), worked_table("authorized", "used", "scheduled", "left")
)
def test_left_follows_the_worked_table(total, used, scheduled, left, covered_client, payer, visits_of, biller):
    AuthorizationFactory(client=covered_client, payer=payer, total_units=int(total))
    visits_of(covered_client, int(used) // 20, minutes=300)
    make_charges(by=biller)
    for day in range(int(scheduled) // 20):
        starts_at = at(MONDAY + dt.timedelta(days=30 + day))
        VisitFactory(client=covered_client, starts_at=starts_at, ends_at=starts_at + dt.timedelta(minutes=300))
    (row,) = burn_down(Authorization.objects.all())
    assert (row.used, row.scheduled, row.left) == (int(used), int(scheduled), int(left))
    assert row.tone == ("danger" if row.left < 0 else "success")


def test_only_the_payers_own_live_visits_of_the_period_count(covered_client, payer, visits_of, biller):
    AuthorizationFactory(
        client=covered_client, payer=payer, starts_on=MONDAY, ends_on=MONDAY + dt.timedelta(days=3), total_units=100
    )
    visits_of(covered_client, 6)
    make_charges(by=biller)
    VisitFactory(client=covered_client, starts_at=at(MONDAY, 20), status=Visit.Status.CANCELLED)
    VisitFactory(client=covered_client, starts_at=at(MONDAY, 20), service_type__code="NU")
    other = cover(covered_client, PayerFactory())
    covered_client.coverages.filter(payer=other).update(priority=0, since=MONDAY + dt.timedelta(days=2))
    VisitFactory(client=covered_client, starts_at=at(MONDAY + dt.timedelta(days=1), 20))
    VisitFactory(client=covered_client, starts_at=at(MONDAY + dt.timedelta(days=2), 20))
    (row,) = burn_down(Authorization.objects.all())
    assert (row.used, row.scheduled) == (16, 4)


def test_units_are_given_back_when_a_charge_is_void(covered_client, payer, visits_of, biller):
    AuthorizationFactory(client=covered_client, payer=payer)
    visits_of(covered_client, 2)
    make_charges(by=biller)
    Visit.objects.update(status=Visit.Status.COMPLETED)
    (row,) = burn_down(Authorization.objects.all())
    assert (row.used, row.scheduled, Charge.objects.filter(status="void").count()) == (0, 8, 2)


def test_burn_down_asks_three_queries_for_many(covered_client, payer, visits_of, biller, django_assert_num_queries):
    for number in range(5):
        AuthorizationFactory(client=covered_client, payer=payer, number=f"PA-{number}")
    visits_of(covered_client, 3)
    with django_assert_num_queries(3):
        assert len(burn_down(Authorization.objects.all())) == 5
