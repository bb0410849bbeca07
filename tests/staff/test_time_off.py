import datetime as dt
import itertools
import threading

import pytest
from django.db import connection, connections

from homecare.errors import Conflict, DomainError, InvalidTransition
from homecare.inbox.models import Notification
from scheduling.models import Visit
from staff.models import Commitment, TimeOff
from staff.services.time_off import approve_time_off, cancel_time_off, decline_time_off, request_time_off
from tests.factories import TimeOffFactory, VisitFactory

NOON = dt.datetime(2026, 12, 7, 17, tzinfo=dt.UTC)
Status = TimeOff.Status

ACTS = {
    Status.APPROVED: approve_time_off,
    Status.DECLINED: decline_time_off,
    Status.CANCELLED: cancel_time_off,
}


@pytest.mark.parametrize(("before", "after"), list(itertools.product(Status, ACTS)))
def test_time_off_moves_only_along_its_arrows(before, after, coordinator, caregiver):
    row = TimeOffFactory(member=caregiver, status=before)
    if after in TimeOff.TRANSITIONS.get(before, set()):
        assert ACTS[after](row, by=coordinator).status == after
    else:
        with pytest.raises(InvalidTransition):
            ACTS[after](row, by=coordinator)
    row.refresh_from_db()
    assert Commitment.objects.filter(time_off=row).exists() == (row.status == Status.APPROVED)


def test_time_off_over_visits_names_them(coordinator, caregiver):
    VisitFactory(caregiver=caregiver, starts_at=NOON)
    VisitFactory(caregiver=caregiver, starts_at=NOON + dt.timedelta(hours=2))
    VisitFactory(caregiver=caregiver, starts_at=NOON + dt.timedelta(days=3))
    row = TimeOffFactory(member=caregiver, starts_at=NOON - dt.timedelta(hours=1), ends_at=NOON + dt.timedelta(days=1))
    with pytest.raises(Conflict) as refusal:
        approve_time_off(row, by=coordinator)
    assert refusal.value.message == (
        f"{caregiver.full_name} has 2 visits then: Mon 7 Dec 12:00–13:00, Mon 7 Dec 14:00–15:00. "
        "Give them to somebody else or move them, then approve."
    )
    row.refresh_from_db()
    assert row.status == Status.REQUESTED


def test_time_off_decided_tells_the_person(coordinator, caregiver):
    row = request_time_off(caregiver, starts_at=NOON, ends_at=NOON + dt.timedelta(hours=8), by=caregiver.user)
    assert Notification.objects.filter(recipient=coordinator, kind="time_off.requested").count() == 1
    decline_time_off(row, by=coordinator, comment="Holiday week")
    told = Notification.objects.get(recipient=caregiver.user)
    assert told.title == "Your time off: declined"
    assert "Holiday week" in told.body


def test_time_off_asked_twice_is_refused(coordinator, caregiver):
    request_time_off(caregiver, starts_at=NOON, ends_at=NOON + dt.timedelta(hours=8), by=coordinator)
    with pytest.raises(Conflict, match="already has time off"):
        request_time_off(caregiver, starts_at=NOON, ends_at=NOON + dt.timedelta(hours=1), by=coordinator)
    with pytest.raises(DomainError, match="not after"):
        request_time_off(caregiver, starts_at=NOON, ends_at=NOON, by=coordinator)


@pytest.mark.django_db(transaction=True)
def test_time_off_and_visit_racing_one_wins(coordinator, caregiver):
    """Two sessions at once: the visit takes the caregiver's hour or the time off does, never both."""
    row = TimeOffFactory(member=caregiver, starts_at=NOON, ends_at=NOON + dt.timedelta(hours=4))
    visit = VisitFactory(starts_at=NOON)
    start = threading.Barrier(2)
    refused: list[Exception] = []

    def run(act):
        start.wait()
        try:
            act()
        except Exception as error:
            refused.append(error)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=[lambda: approve_time_off(row, by=coordinator)]),
        threading.Thread(target=run, args=[lambda: Visit.objects.filter(pk=visit.pk).update(caregiver=caregiver)]),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert Commitment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_time_off_waits_for_a_visit_being_booked_and_names_it(coordinator, caregiver):
    """The booking session holds the caregiver's row; the approval waits, then reads who holds the hour."""
    row = TimeOffFactory(member=caregiver, starts_at=NOON, ends_at=NOON + dt.timedelta(hours=4))
    visit = VisitFactory(starts_at=NOON)
    outcome: list[Exception] = []

    def approve():
        try:
            approve_time_off(row, by=coordinator)
        except Conflict as error:
            outcome.append(error)
        finally:
            connections.close_all()

    from django.db import transaction

    with transaction.atomic():
        type(caregiver).locked(caregiver.pk)
        Visit.objects.filter(pk=visit.pk).update(caregiver=caregiver)
        thread = threading.Thread(target=approve)
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive()
    thread.join()
    assert connection.vendor == "postgresql"
    assert "12:00–13:00" in outcome[0].message
