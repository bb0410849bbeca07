"""Saying what a visit was: every status, bulk with mixed rows, adjusted times beside the punches."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from homecare.audit.models import Event
from homecare.errors import Conflict, DomainError, InvalidTransition
from scheduling.models import ReasonCode, Visit, VisitException
from scheduling.services.approval import (
    approve_visit,
    approve_visits,
    close_visit,
    mark_missed,
    reopen_visit,
    restore_missed,
)
from scheduling.services.clock import clock_in, clock_out
from scheduling.services.confirmation import confirm_visit
from scheduling.services.visit_exception import find_exceptions, resolve_exception
from tests.factories import VisitFactory, completed_visit

pytestmark = pytest.mark.django_db
EIGHT = dt.datetime(2026, 11, 3, 13, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def late_code(db):
    return ReasonCode.objects.get_or_create(set_name="default", code="12", defaults={"text": "Staff late"})[0]


@pytest.fixture
def other_code(db):
    row, _made = ReasonCode.objects.get_or_create(
        set_name="default", code="22", defaults={"text": "Other", "needs_memo": True}
    )
    return row


def done(caregiver, days=0, **fields):
    """A clean visit: its punches are those of the plan, so no exception is found again."""
    visit = completed_visit(caregiver, starts_at=EIGHT - dt.timedelta(days=days), **fields)
    return visit


def exception(visit, kind="late"):
    return VisitException.objects.create(visit=visit, kind=kind, detail="Started 20 min after the planned time.")


def test_visits_clean_are_approved_with_their_clocked_minutes(caregiver, biller):
    visits = [done(caregiver, days) for days in range(3)]
    result = approve_visits(visits, by=biller)
    assert (len(result.approved), result.left) == (3, [])
    row = Visit.objects.get(pk=visits[0].pk)
    assert (row.status, row.approved_minutes, row.approved_by) == ("approved", 60, biller)
    assert (row.approved_starts_at, row.approved_ends_at) == (row.started_at, row.finished_at)
    assert Event.objects.filter(action="visit.approved", user=biller).count() == 3


def test_visits_left_say_why(caregiver, biller):
    clean = done(caregiver, 1)
    odd = done(caregiver, 2)
    exception(odd)
    planned = VisitFactory(caregiver=caregiver)
    half = done(caregiver, 3)
    Visit.objects.filter(pk=half.pk).update(started_at=None)
    already = done(caregiver, 4)
    approve_visits([already], by=biller)
    result = approve_visits([clean, odd, planned, half, already], by=biller)
    assert [row.pk for row in result.approved] == [clean.pk]
    assert {row.pk: why for row, why in result.left} == {
        odd.pk: "1 exception has no reason yet.",
        planned.pk: "It is planned, not completed.",
        half.pk: "A punch is missing. Open it and enter the approved times.",
        already.pk: "It is already approved.",
    }


@pytest.mark.django_db(transaction=True)
def test_visits_approved_by_two_people_at_once_are_approved_once(caregiver, biller, coordinator):
    visits = [done(caregiver, days) for days in range(6)]
    gate = threading.Barrier(2)

    def press(person, rows):
        gate.wait()
        try:
            return len(approve_visits(rows, by=person).approved)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(press, [biller, coordinator], [visits, visits[::-1]]))
    assert sum(counts) == 6
    assert Event.objects.filter(action="visit.approved").count() == 6


def test_visits_bulk_costs_the_same_queries(caregiver, biller, django_assert_max_num_queries):
    for n in (1, 20):
        visits = [done(caregiver, n * 100 + day) for day in range(n)]
        with django_assert_max_num_queries(8):
            assert len(approve_visits(visits, by=biller).approved) == n


def test_visit_adjusted_keeps_the_punches(caregiver, biller, late_code):
    visit = done(caregiver)
    row = approve_visit(visit, starts_at=EIGHT, ends_at=EIGHT + HOUR / 2, by=biller, code=late_code, memo="Agreed")
    assert (row.approved_minutes, row.adjustment_code, row.adjustment_memo) == (30, late_code, "Agreed")
    assert (row.started_at, row.finished_at) == (EIGHT, EIGHT + HOUR)
    assert approve_visit(row, starts_at=EIGHT, ends_at=EIGHT + HOUR / 2, by=biller) == row


def test_visit_adjusted_needs_a_reason(caregiver, biller, other_code):
    visit = done(caregiver)
    with pytest.raises(DomainError, match="Choose a reason"):
        approve_visit(visit, starts_at=EIGHT, ends_at=EIGHT + HOUR / 2, by=biller)
    with pytest.raises(DomainError, match="sentence of explanation"):
        approve_visit(visit, starts_at=EIGHT, ends_at=EIGHT + HOUR / 2, by=biller, code=other_code)
    visit.refresh_from_db()
    assert visit.status == "completed"


@pytest.mark.parametrize(
    ("start", "end", "sentence"),
    [
        (EIGHT, EIGHT, "not after the start"),
        (EIGHT + HOUR, EIGHT, "not after the start"),
        (EIGHT, EIGHT + 26 * HOUR, "at most a day"),
        (timezone.now() - HOUR, timezone.now() + HOUR, "not come yet"),
    ],
)
def test_visit_adjusted_refuses_impossible_times(caregiver, biller, late_code, start, end, sentence):
    with pytest.raises(DomainError, match=sentence):
        approve_visit(done(caregiver), starts_at=start, ends_at=end, by=biller, code=late_code)


def test_visit_approved_to_the_minute_keeps_the_seconds_of_its_punches(caregiver, biller):
    visit = done(caregiver)
    Visit.objects.filter(pk=visit.pk).update(started_at=EIGHT + dt.timedelta(seconds=42))
    row = approve_visit(visit, starts_at=EIGHT, ends_at=EIGHT + HOUR, by=biller)
    assert (row.approved_starts_at, row.approved_minutes, row.adjustment_code) == (
        EIGHT + dt.timedelta(seconds=42),
        59,
        None,
    )


def test_visit_approval_gives_open_exceptions_its_reason(caregiver, biller, late_code):
    visit = done(caregiver)
    one = exception(visit)
    with pytest.raises(DomainError, match="Choose a reason"):
        approve_visit(visit, by=biller)
    approve_visit(visit, by=biller, code=late_code)
    one.refresh_from_db()
    assert (one.reason_code, one.resolved_by) == (late_code, biller)


def test_exception_resolved_lets_the_visit_be_approved_in_bulk(caregiver, biller, late_code):
    visit = done(caregiver)
    resolve_exception(exception(visit), code=late_code, by=biller)
    assert len(approve_visits([visit], by=biller).approved) == 1


def test_exception_needs_a_code_and_sometimes_a_memo(caregiver, biller, late_code, other_code):
    row = exception(done(caregiver))
    with pytest.raises(DomainError, match="Choose a reason"):
        resolve_exception(row, code=None, by=biller)
    with pytest.raises(DomainError, match="sentence of explanation"):
        resolve_exception(row, code=other_code, memo=" ", by=biller)
    resolve_exception(row, code=other_code, memo="Snow", by=biller)
    resolve_exception(row, code=late_code, by=biller)
    row.refresh_from_db()
    assert (row.reason_code, row.memo) == (late_code, "")


def test_exception_of_an_approved_visit_keeps_its_reason(caregiver, biller, late_code):
    visit = done(caregiver)
    row = exception(visit)
    approve_visit(visit, by=biller, code=late_code)
    with pytest.raises(Conflict, match="Reopen it"):
        resolve_exception(row, code=late_code, by=biller)


def test_exceptions_found_again_keep_resolved_and_drop_what_no_longer_holds(caregiver, biller, late_code):
    visit = done(caregiver)
    gone, kept = exception(visit, "late"), exception(visit, "far")
    resolve_exception(kept, code=late_code, by=biller)
    Visit.objects.filter(pk=visit.pk).update(finished_at=EIGHT + HOUR / 2)
    visit.refresh_from_db()
    assert [row.kind for row in find_exceptions(visit)] == ["short"]
    assert not VisitException.objects.filter(pk=gone.pk).exists()
    assert set(visit.exceptions.values_list("kind", flat=True)) == {"far", "short"}


def test_visit_reopened_loses_its_approval(caregiver, biller, late_code):
    visit = done(caregiver)
    approve_visit(visit, starts_at=EIGHT, ends_at=EIGHT + HOUR / 2, by=biller, code=late_code)
    with pytest.raises(DomainError, match="Say why"):
        reopen_visit(visit, by=biller, reason="")
    row = reopen_visit(visit, by=biller, reason="Wrong client")
    assert (row.status, row.approved_minutes, row.approved_by, row.adjustment_code) == ("completed", None, None, None)
    assert reopen_visit(visit, by=biller, reason="Wrong client") == row
    assert Event.objects.get(action="visit.reopened").reason == "Wrong client"


def test_visit_closed_without_punches_needs_approved_times(caregiver, biller, late_code):
    visit = VisitFactory(caregiver=caregiver, starts_at=EIGHT)
    row = close_visit(visit, by=biller, reason="Client confirmed by phone")
    assert row.status == "completed"
    assert sorted(row.exceptions.values_list("kind", flat=True)) == ["no_in", "no_out"]
    with pytest.raises(DomainError, match="punch is missing"):
        approve_visit(row, by=biller, code=late_code)
    assert approve_visit(row, starts_at=EIGHT, ends_at=EIGHT + HOUR, by=biller, code=late_code).approved_minutes == 60


def test_visit_not_over_is_neither_closed_nor_missed(caregiver, biller):
    visit = VisitFactory(caregiver=caregiver, starts_at=timezone.now() + HOUR)
    with pytest.raises(DomainError, match="not over"):
        close_visit(visit, by=biller, reason="Client called")
    with pytest.raises(DomainError, match="not begun"):
        mark_missed(visit, by=biller, reason="Client called")
    with pytest.raises(DomainError, match="Nobody is assigned"):
        close_visit(VisitFactory(starts_at=EIGHT), by=biller, reason="Client called")


def test_visit_missed_frees_the_caregiver_and_comes_back_only_when_free(caregiver, coordinator):
    visit = VisitFactory(caregiver=caregiver, starts_at=EIGHT)
    row = mark_missed(visit, by=coordinator, reason="Nobody opened")
    assert (row.status, row.cancel_reason) == ("missed", "Nobody opened")
    assert restore_missed(visit, by=coordinator).status == "planned"
    mark_missed(visit, by=coordinator, reason="Nobody opened")
    VisitFactory(caregiver=caregiver, starts_at=EIGHT)
    with pytest.raises(Conflict):
        restore_missed(visit, by=coordinator)


ACTS = {
    "clock_in": lambda visit, by: clock_in(visit, at=EIGHT, by=by, member=visit.caregiver),
    "clock_out": lambda visit, by: clock_out(visit, at=EIGHT + HOUR, by=by, member=visit.caregiver),
    "confirm": lambda visit, by: confirm_visit(visit, by=by),
    "approve": lambda visit, by: approve_visit(visit, starts_at=EIGHT, ends_at=EIGHT + HOUR, by=by, code=code()),
    "reopen": lambda visit, by: reopen_visit(visit, by=by, reason="Wrong"),
    "close": lambda visit, by: close_visit(visit, by=by, reason="Seen"),
    "missed": lambda visit, by: mark_missed(visit, by=by, reason="No show"),
    "restore": lambda visit, by: restore_missed(visit, by=by),
}
# act → {status before: status after}; a status that is not named is refused and stays.
ARROWS = {
    "clock_in": {
        "planned": "in_progress",
        "confirmed": "in_progress",
        "in_progress": "in_progress",
        "completed": "in_progress",
        "missed": "in_progress",
        "approved": "approved",
        "cancelled": "cancelled",
    },
    "clock_out": {
        "planned": "completed",
        "confirmed": "completed",
        "in_progress": "completed",
        "completed": "completed",
        "missed": "completed",
        "approved": "approved",
        "cancelled": "cancelled",
    },
    "confirm": {
        "planned": "confirmed",
        "confirmed": "confirmed",
        "in_progress": "in_progress",
        "completed": "completed",
    },
    "approve": {"completed": "approved", "approved": "approved"},
    "reopen": {"approved": "completed", "completed": "completed"},
    "close": {
        "planned": "completed",
        "confirmed": "completed",
        "in_progress": "completed",
        "missed": "completed",
        "completed": "completed",
    },
    "missed": {"planned": "missed", "confirmed": "missed", "missed": "missed"},
    "restore": {"missed": "planned", "planned": "planned"},
}


def code():
    return ReasonCode.objects.get_or_create(set_name="default", code="12", defaults={"text": "Staff late"})[0]


@pytest.mark.parametrize("status", Visit.Status.values)
@pytest.mark.parametrize("act", sorted(ACTS))
def test_visit_every_status_and_act(caregiver, coordinator, act, status):
    fields = {}
    if status == "approved":
        fields = {"approved_minutes": 60, "approved_by": coordinator}
        fields |= {"approved_starts_at": EIGHT, "approved_ends_at": EIGHT + HOUR}
    visit = VisitFactory(caregiver=caregiver, starts_at=EIGHT, status=status, **fields)
    expected = ARROWS[act].get(status)
    if expected is None:
        with pytest.raises((InvalidTransition, Conflict)):
            ACTS[act](visit, coordinator)
    else:
        ACTS[act](visit, coordinator)
    visit.refresh_from_db()
    assert visit.status == (expected or status)
