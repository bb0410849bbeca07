import datetime as dt
from decimal import Decimal as D

import pytest
from django.urls import reverse
from django.utils import timezone

from careplans.models import VitalThreshold
from careplans.services.vital_reading import record_reading
from careplans.services.vital_threshold import set_thresholds
from careplans.vital_trends import trends
from homecare.audit.models import Event
from homecare.errors import DomainError
from tests.factories import ClientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(branch):
    return ClientFactory(branch=branch)


def test_own_limit_decides_the_next_alert(client, supervisor):
    now = timezone.now()
    assert record_reading(client, "systolic", D(172), taken_at=now, by=supervisor).is_alert
    set_thresholds(client, {"systolic": (None, D(180))}, by=supervisor)
    assert not record_reading(client, "systolic", D(172), taken_at=now, by=supervisor).is_alert
    assert record_reading(client, "systolic", D(85), taken_at=now, by=supervisor).is_alert
    event = Event.objects.get(action="client.thresholds_changed")
    assert event.changes == {"systolic": [None, "–180"]}
    set_thresholds(client, {"systolic": (None, D(180))}, by=supervisor)
    assert Event.objects.filter(action="client.thresholds_changed").count() == 1


@pytest.mark.parametrize(
    ("span", "field"),
    [((D(170), None), "systolic_low"), ((D(120), D(110)), "systolic_high"), ((None, D(900)), "systolic_high")],
)
def test_impossible_limits_are_refused(client, supervisor, span, field):
    with pytest.raises(DomainError) as refusal:
        set_thresholds(client, {"heart_rate": (None, D(120)), "systolic": span}, by=supervisor)
    assert refusal.value.field == field
    assert not VitalThreshold.objects.exists()


def test_threshold_page_saves_and_empties(client, supervisor, as_user):
    http, url = as_user(supervisor), reverse("careplans:threshold-update", args=[client.pk])
    assert b"/plans/clients/%d/thresholds/" % client.pk in http.get(f"/plans/clients/{client.pk}/health/").content
    assert http.post(url, {"oxygen_low": "88"}).status_code == 302
    assert VitalThreshold.objects.get().low == D(88)
    page = http.post(url, {"oxygen_low": "20"}).content.decode()
    assert "Check the number" in page and 'value="20"' in page
    http.post(url, {"oxygen_low": ""})
    assert not VitalThreshold.objects.exists()


def test_threshold_page_is_the_supervisors(client, coordinator, supervisor, relative, as_user):
    url = reverse("careplans:threshold-update", args=[client.pk])
    assert [as_user(user).get(url).status_code for user in (coordinator, relative)] == [403, 403]
    elsewhere = ClientFactory(branch__code="ELS", branch__name="Elsewhere")
    assert as_user(supervisor).get(reverse("careplans:threshold-update", args=[elsewhere.pk])).status_code == 404


def test_pressures_of_two_moments_are_not_one_reading(client, supervisor):
    now = timezone.now()
    for kind, value in (("systolic", 130), ("diastolic", 80)):
        record_reading(client, kind, D(value), taken_at=now - dt.timedelta(days=1), by=supervisor)
    assert trends(client.vital_readings.all(), [])[0].value_words == "130/80 mmHg"
    record_reading(client, "systolic", D(150), taken_at=now, by=supervisor)
    assert trends(client.vital_readings.all(), [])[0].value_words == "Systolic pressure 150 mmHg"
