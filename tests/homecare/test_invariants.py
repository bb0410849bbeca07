"""What the database itself refuses, whatever the code above it does."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from homecare.audit.services.event import record
from scheduling.models import ClockEvent, Visit
from staff.models import Commitment, TimeOff
from tests.factories import TimeOffFactory, VisitFactory

pytestmark = pytest.mark.django_db


def test_visits_of_one_caregiver_overlapping_are_refused(caregiver):
    first = VisitFactory(caregiver=caregiver)
    with pytest.raises(IntegrityError, match="commitment_no_overlap"), transaction.atomic():
        VisitFactory(caregiver=caregiver, starts_at=first.starts_at + dt.timedelta(minutes=30))
    VisitFactory(caregiver=caregiver, starts_at=first.ends_at)
    assert Commitment.objects.count() == 2


def test_visit_cancelled_frees_its_caregiver(caregiver):
    first = VisitFactory(caregiver=caregiver)
    Visit.objects.filter(pk=first.pk).update(status=Visit.Status.CANCELLED)
    assert not Commitment.objects.exists()
    VisitFactory(caregiver=caregiver, starts_at=first.starts_at)
    with pytest.raises(IntegrityError, match="commitment_no_overlap"), transaction.atomic():
        Visit.objects.filter(pk=first.pk).update(status=Visit.Status.PLANNED)


def test_visits_swap_caregivers_in_one_statement(caregiver, other_caregiver):
    mine = VisitFactory(caregiver=caregiver)
    theirs = VisitFactory(caregiver=other_caregiver, starts_at=mine.starts_at)
    Visit.objects.filter(pk__in=[mine.pk, theirs.pk]).update(
        caregiver_id=caregiver.pk + other_caregiver.pk - F("caregiver_id")
    )
    assert dict(Commitment.objects.values_list("visit_id", "member_id")) == {
        mine.pk: other_caregiver.pk,
        theirs.pk: caregiver.pk,
    }


def test_time_off_approved_refuses_visits(caregiver):
    visit = VisitFactory(caregiver=caregiver)
    away = TimeOffFactory(member=caregiver, starts_at=visit.starts_at, ends_at=visit.ends_at)
    with pytest.raises(IntegrityError, match="commitment_no_overlap"), transaction.atomic():
        TimeOff.objects.filter(pk=away.pk).update(status=TimeOff.Status.APPROVED)
    Visit.objects.filter(pk=visit.pk).update(caregiver=None)
    TimeOff.objects.filter(pk=away.pk).update(status=TimeOff.Status.APPROVED)
    with pytest.raises(IntegrityError, match="commitment_no_overlap"), transaction.atomic():
        Visit.objects.filter(pk=visit.pk).update(caregiver=caregiver)


def test_punch_is_never_edited(caregiver):
    visit = VisitFactory(caregiver=caregiver)
    punch = ClockEvent.objects.create(member=caregiver, kind="in", at=visit.starts_at, recorded_by=caregiver.user)
    ClockEvent.objects.filter(pk=punch.pk).update(visit=visit)
    for change in ({"at": visit.ends_at}, {"visit": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ClockEvent.objects.filter(pk=punch.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        punch.delete()


def test_audit_trail_only_grows(coordinator):
    event = record("test.done", coordinator, by=coordinator)
    with pytest.raises(IntegrityError), transaction.atomic():
        type(event).objects.filter(pk=event.pk).update(action="test.forged")
    with pytest.raises(IntegrityError), transaction.atomic():
        event.delete()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER event_no_truncate")
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute("TRUNCATE audit_event CASCADE")
