import datetime as dt

import pytest

from careplans.models import MedicationOrder, VitalReading
from careplans.services.intake import take_over_medications, take_over_vitals
from clients.fhir.summary import RXNORM, Medication, ReferralSummary, Vital
from homecare.inbox.models import Notification
from tests.factories import ClientFactory


@pytest.fixture
def summary():
    return ReferralSummary(
        first_name="Rosa",
        last_name="Lopez",
        sender="General Hospital",
        medications=[
            Medication("Furosemide 40 MG", RXNORM, "313988", "1 tablet daily", ordered="2026-11-01"),
            Medication("Furosemide 40 MG again", RXNORM, "313988"),
            Medication("Vitamin D " + "x" * 300, as_needed=True),
        ],
        vitals=[
            Vital("systolic", "8480-6", "182", "mm[Hg]", "2026-11-01T10:00:00-05:00"),
            Vital("weight", "29463-7", "999", "kg", "2026-11-01"),
            Vital("height", "8302-2", "171.25", "cm", "2026"),
            Vital("bmi", "39156-5", "31", "kg/m2", "2026-11-01"),
        ],
    )


def test_medications_are_taken_over_once(summary, coordinator, branch):
    client = ClientFactory(branch=branch)
    assert len(take_over_medications(client, summary, by=coordinator)) == 2
    assert take_over_medications(client, summary, by=coordinator) == []
    first = MedicationOrder.objects.get(code="313988")
    assert (first.dosage, first.ordered_on) == ("1 tablet daily", dt.date(2026, 11, 1))
    assert len(MedicationOrder.objects.get(as_needed=True).name) == 200


def test_vitals_are_taken_over_without_alerts(summary, coordinator, supervisor, branch):
    client = ClientFactory(branch=branch)
    assert len(take_over_vitals(client, summary, by=coordinator)) == 1
    assert take_over_vitals(client, summary, by=coordinator) == []
    row = VitalReading.objects.get()
    assert (row.kind, row.value, row.source, row.is_alert) == ("systolic", 182, "General Hospital", False)
    assert row.taken_at == dt.datetime(2026, 11, 1, 15, tzinfo=dt.UTC)
    assert not Notification.objects.exists()
