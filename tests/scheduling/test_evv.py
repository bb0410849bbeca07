"""More that can be amiss in a visit, and the six elements of a verified one."""

import datetime as dt
import uuid

import pytest
import time_machine
from django.urls import reverse

from scheduling.evv_rows import evv_complete
from scheduling.models import ClockEvent, Visit, VisitException
from scheduling.services.clock import clock_for, clock_in, clock_out
from scheduling.services.phone_event import receive_event
from scheduling.services.visit_exception import find_exceptions
from tests.factories import (
    AddressFactory,
    AuthorizationFactory,
    CoverageFactory,
    PayerFactory,
    ScheduleFactory,
    VisitFactory,
    completed_visit,
)
from tests.scheduling.test_clock import EIGHT, HERE, at, kinds, punch

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(caregiver):
    row = VisitFactory(caregiver=caregiver, starts_at=EIGHT, client__branch=caregiver.branch)
    AddressFactory(client=row.client)
    return row


def sends(caregiver, visit, kind, minutes, *, offset_ms=0, **position):
    place = {"latitude": 42.358, "longitude": -71.063, "accuracy": 20, **position}
    with time_machine.travel(at(minutes), tick=False):
        device_at = at(minutes) - dt.timedelta(milliseconds=offset_ms)
        receive_event(caregiver, uuid.uuid4(), kind, visit.pk, device_at, {"position": place}, offset_ms=offset_ms)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({}, []),
        ({"mock": True}, ["mock_location"]),
        ({"mock": "yes"}, []),
        ({"offset_ms": 5 * 60_000}, []),
        ({"offset_ms": 5 * 60_000 + 1000}, ["clock_skew"]),
        ({"offset_ms": -20 * 60_000}, ["clock_skew"]),
        ({"accuracy": 100}, []),
        ({"accuracy": 101}, ["inaccurate"]),
    ],
)
def test_phone_that_speaks_against_itself_is_flagged(visit, caregiver, how, expected):
    sends(caregiver, visit, "clock_in", 0, **how)
    sends(caregiver, visit, "clock_out", 60)
    assert kinds(visit) == expected
    visit.refresh_from_db()
    assert visit.started_at == EIGHT


def test_two_visits_of_a_caregiver_at_once_are_flagged(visit, caregiver):
    completed_visit(caregiver, starts_at=at(60), client__branch=caregiver.branch)
    Visit.objects.exclude(pk=visit.pk).update(started_at=at(50))
    punch(clock_in, visit, caregiver, 0)
    punch(clock_out, visit, caregiver, 60)
    assert visit.exceptions.get(kind="overlap").detail.startswith("Shares 10 min with another visit")


def test_two_caregivers_at_a_client_at_once_are_flagged_unless_planned_so(visit, caregiver, other_caregiver):
    other = completed_visit(other_caregiver, starts_at=EIGHT, client=visit.client)
    punch(clock_in, visit, caregiver, 0)
    punch(clock_out, visit, caregiver, 60)
    assert kinds(visit) == ["overlap"]
    pattern = ScheduleFactory(client=visit.client)
    for slot, row in enumerate((visit, other), 1):
        Visit.objects.filter(pk=row.pk).update(schedule=pattern, occurrence_on=EIGHT.date(), slot=slot)
    visit.refresh_from_db()
    find_exceptions(visit)
    assert kinds(visit) == []


def payer_of(visit, **fields):
    payer = PayerFactory(needs_authorization=True, bills_client=False, **fields)
    CoverageFactory(client=visit.client, payer=payer)
    return payer


def finish(visit, caregiver):
    punch(clock_in, visit, caregiver, 0)
    punch(clock_out, visit, caregiver, 60)
    return {row.kind: row.detail for row in visit.exceptions.all()}


def test_visit_without_authorization_is_flagged(visit, caregiver):
    payer = payer_of(visit, name="Medicaid")
    assert finish(visit, caregiver) == {"authorization": "Medicaid has authorized nothing for this day."}
    AuthorizationFactory(client=visit.client, payer=payer, service_type=visit.service_type)
    visit.refresh_from_db()
    find_exceptions(visit)
    assert kinds(visit) == []


@pytest.mark.parametrize(("units", "expected"), [(8, []), (7, ["authorization"])])
def test_visit_that_exceeds_the_units_is_flagged(visit, caregiver, units, expected):
    payer = payer_of(visit)
    AuthorizationFactory(client=visit.client, payer=payer, service_type=visit.service_type, total_units=units)
    completed_visit(caregiver, starts_at=EIGHT - dt.timedelta(days=1), client=visit.client)
    VisitFactory(client=visit.client, starts_at=EIGHT + dt.timedelta(days=1))
    finish(visit, caregiver)
    assert kinds(visit) == expected


def test_payer_without_authorizations_asks_for_none(visit, caregiver):
    CoverageFactory(client=visit.client)
    assert finish(visit, caregiver) == {}


def test_complete_visit_has_six_elements(visit, caregiver):
    finish(visit, caregiver)
    visit.refresh_from_db()
    assert (visit.evv_complete, visit.evv_missing) == (True, [])


def test_what_is_missing_is_said(visit, caregiver, coordinator, as_user):
    punch(clock_out, visit, caregiver, 60, position=None, position_problem="denied")
    row = Visit.objects.get(pk=visit.pk)
    missing = ["Nothing says where the visit took place.", "There is no start."]
    assert (row.evv_complete, row.evv_missing) == (False, missing)
    http = as_user(coordinator)
    for url in (reverse("scheduling:visit-approval"), row.get_absolute_url()):
        assert missing[0] in http.get(url).content.decode()


@pytest.mark.parametrize(
    ("fields", "complete"),
    [
        ({"method": "telephony", "with_client": True}, True),
        ({"method": "telephony"}, False),
        ({"method": "fixed_device"}, True),
        ({"method": "office"}, True),
        ({"method": "mobile"}, False),
        ({"method": "mobile", "latitude": 42.0, "longitude": -71.0}, True),
    ],
)
def test_place_is_known_by(caregiver, fields, complete):
    row = completed_visit(caregiver, starts_at=EIGHT)
    client = row.client if fields.pop("with_client", False) else None
    ClockEvent.objects.create(
        visit=row, member=caregiver, kind="in", at=EIGHT, recorded_by=caregiver.user, client=client, **fields
    )
    assert row.evv_complete is complete
    assert Visit.objects.filter(evv_complete()).exists() is complete


def test_reason_for_a_missing_position_counts_as_the_place(visit, caregiver, coordinator):
    punch(clock_in, visit, caregiver, 0, position=None)
    punch(clock_out, visit, caregiver, 60, position=None)
    assert not Visit.objects.filter(evv_complete()).exists()
    VisitException.objects.filter(visit=visit).update(resolved_at=EIGHT)
    assert Visit.objects.get(pk=visit.pk).evv_complete
    assert Visit.objects.filter(evv_complete()).exists()


@pytest.mark.parametrize("lacks", [[], ["started_at"], ["finished_at"], ["service"]])
@pytest.mark.parametrize("approved", [False, True])
@pytest.mark.parametrize("remote", [False, True])
def test_database_and_python_give_one_verdict(visit, caregiver, lacks, approved, remote):
    finish(visit, caregiver)
    row = Visit.objects.get(pk=visit.pk)
    if approved:
        row.approved_starts_at, row.approved_ends_at = row.started_at, row.finished_at
    for name in set(lacks) - {"service"}:
        setattr(row, name, None)
    row.save()
    if remote or "service" in lacks:  # nobody's word for the place
        VisitException.objects.filter(visit=row).delete()
        row.service_type.mode = "video" if remote else "in_person"
        row.service_type.save()
    verdict = Visit.objects.filter(evv_complete(), pk=row.pk).exists()
    assert verdict is Visit.objects.get(pk=row.pk).evv_complete


def test_office_clock_is_at_the_address(visit, coordinator):
    for kind, minutes in (("in", 0), ("out", 60)):
        clock_for(visit, kind, at=at(minutes), by=coordinator, reason="Phone broken")
    assert HERE and Visit.objects.get(pk=visit.pk).evv_complete
