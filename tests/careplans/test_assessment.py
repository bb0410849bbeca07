import datetime as dt

import pytest

from careplans import catalogue
from careplans.models import Assessment, Instrument
from careplans.services.assessment import record_assessment
from homecare.clock import today
from homecare.errors import DomainError
from tests.factories import ClientFactory


@pytest.fixture
def katz(db):
    catalogue.load()
    return Instrument.objects.get(code="katz")


def all_ones(instrument):
    return {item["code"]: 1 for item in instrument.items}


def test_assessment_keeps_score_and_band_of_that_day(katz, supervisor, branch):
    row = record_assessment(
        ClientFactory(branch=branch),
        katz,
        all_ones(katz) | {"bathing": 0},
        assessed_on=today("America/New_York"),
        by=supervisor,
    )
    katz.bands = []
    katz.save()
    row.refresh_from_db()
    assert (row.score, row.band, row.tone) == (5, "Moderate loss of function", "warning")


def test_assessment_with_an_open_item_names_it(katz, supervisor, branch):
    answers = all_ones(katz)
    del answers["feeding"]
    with pytest.raises(DomainError, match="“Eating” has no answer yet") as refusal:
        record_assessment(
            ClientFactory(branch=branch), katz, answers, assessed_on=today("America/New_York"), by=supervisor
        )
    assert refusal.value.field == "feeding"
    assert not Assessment.objects.exists()


@pytest.mark.parametrize("days", [1, -365 * 120])
def test_assessment_day_lies_in_the_clients_life(days, katz, supervisor, branch):
    with pytest.raises(DomainError) as refusal:
        record_assessment(
            ClientFactory(branch=branch),
            katz,
            all_ones(katz),
            assessed_on=today("America/New_York") + dt.timedelta(days=days + (days > 0)),
            by=supervisor,
        )
    assert refusal.value.field == "assessed_on"
