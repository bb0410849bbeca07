"""What the payer's side says to a placement: coverage and budget. Authorized units: tests/scheduling/test_rules.py."""

import datetime as dt
from decimal import Decimal

import pytest

from homecare.accounts.models import Agency
from scheduling.placement import Judge
from tests.factories import ClientFactory, CoverageFactory, PayerFactory, RateFactory, ServiceTypeFactory, VisitFactory
from tests.scheduling.placing import DAY, HOUR, NINE, against, placed

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_of(branch):
    return ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez")


@pytest.mark.parametrize(
    ("since", "until", "says"),
    [
        ("2026-12-07", None, None),
        ("2026-01-01", "2026-12-07", None),
        ("2026-01-01", "2026-12-06", "on Mon 7 Dec 2026: MassHealth ended on Sun 6 Dec 2026."),
        ("2026-12-08", None, "No payer covers Rosa Lopez on Mon 7 Dec 2026."),
    ],
)
def test_coverage_in_force_on_the_day(client_of, caregiver, since, until, says):
    CoverageFactory(client=client_of, payer=PayerFactory(name="MassHealth"), since=since, until=until)
    found = against(client_of, caregiver).get("coverage")
    assert (found is None) is (says is None)
    if says:
        assert found.sentence.endswith(says)
        assert not found.blocks


def test_coverage_of_one_payer_suffices(client_of, caregiver):
    CoverageFactory(client=client_of, until="2026-11-30")
    CoverageFactory(client=client_of, since="2026-12-01")
    assert "coverage" not in against(client_of, caregiver)


def test_coverage_of_clients_without_any_payer_is_the_agencys_choice(client_of, caregiver):
    assert "coverage" not in against(client_of, caregiver)
    Agency.objects.update_or_create(pk=1, defaults={"rule_numbers": {"coverage": {"without_any": 1}}})
    assert against(client_of, caregiver)["coverage"].sentence == "No payer covers Rosa Lopez on Mon 7 Dec 2026."


def test_coverage_is_not_asked_of_services_nobody_bills(client_of, caregiver):
    CoverageFactory(client=client_of, until="2026-11-30")
    free = ServiceTypeFactory(code="ASMT", name="Assessment", is_billable=False)
    assert "coverage" not in against(client_of, caregiver, service=free)


@pytest.fixture
def budgeted(branch):
    """$100 a month at $32.00 an hour."""
    client = ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez", monthly_budget_amount=Decimal("100.00"))
    payer = CoverageFactory(client=client).payer
    RateFactory(payer=payer, service_type=ServiceTypeFactory())
    return client


@pytest.mark.parametrize(("budget", "over"), [("96.00", False), ("95.99", True)])
def test_budget_of_the_month(budgeted, caregiver, budget, over):
    budgeted.monthly_budget_amount = Decimal(budget)
    budgeted.save()
    for day in (-1, 20):  # Sun 6 Dec and Sun 27 Dec
        VisitFactory(client=budgeted, starts_at=NINE + day * DAY)
    VisitFactory(client=budgeted, starts_at=NINE + 2 * DAY, status="cancelled")
    for day in (-7, 25):  # 30 Nov and 1 Jan
        VisitFactory(client=budgeted, starts_at=NINE + day * DAY)
    found = against(budgeted, caregiver).get("budget")
    assert (found is not None) is over
    if over:
        assert found.sentence == "The visits of December 2026 would cost $96.00; the budget of Rosa Lopez is $95.99."
        assert not found.blocks


def test_budget_counts_the_month_where_the_client_lives(budgeted, caregiver):
    """1 Dec 02:00 UTC is still November in Boston."""
    for number in range(3):
        VisitFactory(client=budgeted, starts_at=dt.datetime(2026, 12, 1, 2 + number // 3, number, tzinfo=dt.UTC))
    assert "budget" not in against(budgeted, caregiver)
    late = dt.datetime(2026, 12, 1, 4, tzinfo=dt.UTC)
    assert "The visits of November 2026 would cost $128.00" in against(budgeted, caregiver, late)["budget"].sentence


def test_budget_follows_the_first_payer_and_the_rate_of_the_day(budgeted, caregiver):
    dear = CoverageFactory(client=budgeted, priority=0, since="2026-12-07").payer
    RateFactory(payer=dear, service_type=ServiceTypeFactory(), amount_rate=Decimal("101.0000"), since="2026-12-08")
    budgeted.monthly_budget_amount = Decimal("31.00")
    budgeted.save()
    assert "budget" not in against(budgeted, caregiver)  # who pays first has no rate until tomorrow
    assert "$101.00" in against(budgeted, caregiver, NINE + DAY)["budget"].sentence


def test_budget_of_none_is_not_asked(client_of, caregiver):
    CoverageFactory(client=client_of)
    assert "budget" not in against(client_of, caregiver)


def test_budget_is_used_up_within_a_batch(budgeted):
    placements = [placed(budgeted, None, NINE + day * DAY) for day in range(5)]
    judge, said = Judge(placements), []
    for placement in placements:
        said.append(bool(judge.judge(placement)))
        judge.take(placement)
    assert said == [False, False, False, True, True]


def test_budget_knows_no_price_without_a_rate(budgeted, caregiver):
    other = ServiceTypeFactory(code="SN", name="Nursing")
    assert "budget" not in against(budgeted, caregiver, NINE, NINE + 10 * HOUR, service=other)
