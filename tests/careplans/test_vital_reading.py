import datetime as dt
from decimal import Decimal as D

import pytest
from django.utils import timezone

from careplans.models import VitalReading, VitalThreshold
from careplans.services.vital_reading import acknowledge_alert, record_reading, record_set
from careplans.vitals import judge, weight_gain
from homecare.audit.models import Event
from homecare.errors import DomainError
from homecare.inbox.models import Notification
from tests.factories import ClientFactory, DiagnosisFactory

NOW = dt.datetime(2026, 11, 23, 13, tzinfo=dt.UTC)

LIMITS = {
    "systolic": {"89": "below", "90": None, "160": None, "161": "above"},
    "diastolic": {"49": "below", "50": None, "100": None, "101": "above"},
    "heart_rate": {"49": "below", "50": None, "110": None, "111": "above"},
    "respiration": {"9": "below", "10": None, "24": None, "25": "above"},
    "temperature": {"34.9": "below", "35.0": None, "37.9": None, "38.0": "from"},
    "oxygen": {"91": "below", "92": None, "100": None},
    "glucose": {"69": "below", "70": None, "300": None, "301": "above"},
    "pain": {"0": None, "6": None, "7": "from"},
    "weight": {"35": None, "200": None},
}


@pytest.mark.parametrize(
    ("kind", "value", "side"), [(kind, value, side) for kind, row in LIMITS.items() for value, side in row.items()]
)
def test_default_limits_are_those_of_the_handbook(kind, value, side):
    breach = judge(kind, D(value))
    assert (breach.side if breach else None) == side


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        ([], None),
        ([(NOW - dt.timedelta(days=1), D("70.0"))], None),
        ([(NOW - dt.timedelta(days=1), D("69.6"))], (D("1.4"), 1)),
        ([(NOW - dt.timedelta(days=4), D("68.8"))], None),
        ([(NOW - dt.timedelta(days=7), D("68.7"))], (D("2.3"), 7)),
        ([(NOW - dt.timedelta(days=9), D("60.0"))], None),
    ],
)
def test_weight_gain_of_a_day_and_of_a_week(earlier, expected):
    assert weight_gain(D("71.0"), NOW, earlier) == expected


def reading(client, kind, value, by, **more):
    return record_reading(client, kind, D(value), taken_at=more.pop("taken_at", timezone.now()), by=by, **more)


def test_alert_is_told_to_who_may_act_and_never_by_name_outside(supervisor, coordinator, branch):
    client = ClientFactory(branch=branch)
    row = reading(client, "systolic", 172, supervisor)
    assert (row.is_alert, row.alert_text) == (True, "Systolic pressure 172 mmHg is above 160 mmHg")
    told = Notification.objects.get()
    assert (told.recipient, told.is_urgent) == (supervisor, True)
    assert client.last_name not in told.title + told.url
    assert client.full_name in told.body
    assert not reading(client, "systolic", 130, supervisor).is_alert


def test_own_limits_come_before_the_default(supervisor, branch):
    client = ClientFactory(branch=branch)
    VitalThreshold.objects.create(client=client, kind="oxygen", low=D(88))
    assert not reading(client, "oxygen", 89, supervisor).is_alert
    assert reading(client, "oxygen", 87, supervisor).is_alert
    VitalThreshold.objects.create(client=client, kind="systolic", high=D(140))
    assert reading(client, "systolic", 141, supervisor).is_alert
    assert reading(client, "systolic", 89, supervisor).is_alert


def test_weight_gain_alerts_only_with_heart_failure(supervisor, branch):
    yesterday = timezone.now() - dt.timedelta(days=1)
    for code, expected in (("88805009", True), ("I50.9", True), ("38341003", False)):
        client = ClientFactory(branch=branch)
        DiagnosisFactory(client=client, code=code)
        reading(client, "weight", "70.0", supervisor, taken_at=yesterday)
        row = reading(client, "weight", "71.5", supervisor)
        assert row.is_alert is expected
        assert row.alert_text == ("Weight rose by 1.5 kg within 1 day" if expected else "")


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [("weight", "700", "measured in kg"), ("temperature", "98.6", "measured in °C"), ("mood", "3", "no vital sign")],
)
def test_impossible_values_are_refused_with_the_unit(kind, value, sentence, supervisor, branch):
    with pytest.raises(DomainError, match=sentence):
        reading(ClientFactory(branch=branch), kind, value, supervisor)
    assert not VitalReading.objects.exists()


def test_reading_from_the_future_is_refused(supervisor, branch):
    with pytest.raises(DomainError, match="future"):
        reading(ClientFactory(branch=branch), "pain", 3, supervisor, taken_at=timezone.now() + dt.timedelta(hours=1))


def test_full_set_gives_the_early_warning_score(supervisor, branch):
    client = ClientFactory(branch=branch)
    values = {"respiration": D(22), "oxygen": D(95), "systolic": D(118), "heart_rate": D(96), "temperature": D("38.4")}
    rows = record_set(client, values, taken_at=timezone.now(), by=supervisor)
    score = rows[-1]
    assert (score.kind, score.value, score.is_alert) == ("news2", 5, True)
    assert score.alert_text == "Early warning score 5: urgent. Call the nurse at once."
    assert Notification.objects.filter(kind="vital.alert").count() == 2
    del values["oxygen"]
    assert [row.kind for row in record_set(client, values, taken_at=timezone.now(), by=supervisor)] == list(values)


def test_set_with_one_slip_keeps_nothing(supervisor, branch):
    with pytest.raises(DomainError) as refusal:
        record_set(
            ClientFactory(branch=branch), {"pain": D(3), "weight": D(999)}, taken_at=timezone.now(), by=supervisor
        )
    assert refusal.value.field == "weight"
    assert not VitalReading.objects.exists()


def test_alert_acknowledged_once_with_what_was_done(supervisor, branch):
    client = ClientFactory(branch=branch)
    row = reading(client, "pain", 8, supervisor)
    with pytest.raises(DomainError, match="what you did"):
        acknowledge_alert(row, comment=" ", by=supervisor)
    acknowledge_alert(row, comment="Called Dr. Chen", by=supervisor)
    acknowledge_alert(row, comment="again", by=supervisor)
    row.refresh_from_db()
    assert row.acknowledge_comment == "Called Dr. Chen"
    assert not VitalReading.objects.alerts().exists()
    assert Event.objects.filter(action="vital.acknowledged").count() == 1
    with pytest.raises(DomainError, match="within its range"):
        acknowledge_alert(reading(client, "pain", 2, supervisor), comment="x", by=supervisor)
