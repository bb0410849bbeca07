"""A caregiver says that the punches are wrong; the office decides; the punches stay."""

import datetime as dt
import uuid

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse

from homecare.audit.models import Event
from homecare.errors import Conflict, DomainError
from homecare.inbox.models import Notification
from scheduling import reason_codes
from scheduling.models import ClockEvent, PhoneEvent, ReasonCode, Visit, VisitCorrection
from scheduling.services.approval import approve_visit, approve_visits
from scheduling.services.clock import clock_in, clock_out
from scheduling.services.correction import (
    accept_correction,
    decline_correction,
    propose_correction,
    read_strokes,
    read_times,
)
from scheduling.services.phone_event import receive_event
from tests.factories import VisitFactory
from tests.scheduling.test_clock import EIGHT, at, punch

pytestmark = pytest.mark.django_db
EVENING = at(600)
STROKES = [[[1, 2], [30, 40]], [[5, 6]]]


@pytest.fixture
def code(db):
    reason_codes.load()
    return ReasonCode.objects.get(set_name="default", code="04")


@pytest.fixture
def visit(caregiver):
    row = VisitFactory(caregiver=caregiver, starts_at=EIGHT, client__branch=caregiver.branch)
    punch(clock_in, row, caregiver, 2)
    row.refresh_from_db()
    return row


def propose(visit, caregiver, **how):
    how = {"starts_at": None, "ends_at": at(61), "reason": "Forgot to clock out", "signed_name": "Rosa Lopez", **how}
    return propose_correction(visit, member=caregiver, by=caregiver.user, at=EVENING, **how)


def test_accepted_correction_becomes_the_approved_times(visit, caregiver, coordinator, code):
    correction = propose(visit, caregiver)
    accept_correction(correction, code=code, by=coordinator)
    accept_correction(correction, code=code, by=coordinator)
    visit.refresh_from_db()
    assert (visit.status, visit.approved_starts_at, visit.approved_ends_at, visit.approved_minutes) == (
        "approved",
        at(2),
        at(61),
        59,
    )
    assert (visit.finished_at, visit.adjustment_code, visit.adjustment_memo) == (None, code, "Forgot to clock out")
    assert list(ClockEvent.objects.values_list("kind", "at")) == [("in", at(2))]
    note = Notification.objects.get(recipient=caregiver.user)
    assert (note.kind, note.title) == ("visit.correction", "Your correction was accepted.")
    assert Event.objects.filter(action__startswith="visit_correction").count() == 2


def test_declined_correction_says_why_to_the_caregiver(visit, caregiver, coordinator, as_user):
    correction = propose(visit, caregiver)
    with pytest.raises(DomainError):
        decline_correction(correction, answer=" ", by=coordinator)
    decline_correction(correction, answer="The daughter says 08:40", by=coordinator)
    visit.refresh_from_db()
    assert visit.status == "in_progress"
    body = as_user(caregiver.user).get(reverse("scheduling:phone-visit", args=[visit.pk])).content.decode()
    assert "The daughter says 08:40" in body
    assert Notification.objects.get().body == "The daughter says 08:40"
    with pytest.raises(Conflict):
        accept_correction(correction, code=None, by=coordinator)
    assert propose(visit, caregiver).pk != correction.pk


def test_acceptance_without_a_reason_decides_nothing(visit, caregiver, coordinator):
    correction = propose(visit, caregiver)
    with pytest.raises(DomainError):
        accept_correction(correction, code=None, by=coordinator)
    correction.refresh_from_db()
    visit.refresh_from_db()
    assert (correction.status, visit.status) == ("pending", "in_progress")


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"ends_at": None}, "start"),
        ({"reason": " "}, "reason"),
        ({"signed_name": ""}, "signed_name"),
        ({"ends_at": at(601)}, "end"),
        ({"ends_at": at(1)}, "end"),
    ],
)
def test_correction_needs_a_time_a_reason_and_a_signature(visit, caregiver, how, field):
    with pytest.raises(DomainError) as refused:
        propose(visit, caregiver, **how)
    assert refused.value.field == field


def test_one_correction_waits_at_a_time(visit, caregiver):
    propose(visit, caregiver)
    with pytest.raises(Conflict):
        propose(visit, caregiver)


@pytest.mark.parametrize("status", ["approved", "cancelled"])
def test_correction_of_a_closed_visit_is_refused(visit, caregiver, coordinator, status):
    approved = {"approved_minutes": 60, "approved_by": coordinator} if status == "approved" else {}
    Visit.objects.filter(pk=visit.pk).update(status=status, **approved)
    with pytest.raises(Conflict):
        propose(visit, caregiver)


def test_database_asks_for_a_signature_and_a_time(visit, caregiver):
    for fields in ({"signed_name": "A"}, {"ends_at": EIGHT}):
        with pytest.raises(IntegrityError), transaction.atomic():
            VisitCorrection.objects.create(visit=visit, member=caregiver, reason="x", **fields)


def test_waiting_correction_keeps_the_visit_out_of_the_bulk(visit, caregiver, coordinator):
    punch(clock_out, visit, caregiver, 60)
    visit.exceptions.all().delete()
    propose(visit, caregiver, ends_at=at(75))
    result = approve_visits([visit], by=coordinator)
    assert (result.approved, len(result.left), "proposes other times" in result.left[0][1]) == ([], 1, True)
    visit.refresh_from_db()
    with pytest.raises(Conflict):
        approve_visit(visit, by=coordinator)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("08:05", "09:10", (at(5), at(70))),
        ("", "09:10", (None, at(70))),
        ("08:05", "", (at(5), None)),
        ("23:00", "01:00", (at(900), at(1020))),
    ],
)
def test_times_are_those_of_the_branch_s_clock(visit, start, end, expected):
    assert read_times(visit, start, end) == expected


@pytest.mark.parametrize("raw", ["x", [[["a", 1]]], [[[1, 2, 3]]], [[[-1, 0]]], [[[0, 0]] * 1501], 7])
def test_what_is_no_signature_is_refused(raw):
    with pytest.raises((TypeError, ValueError)):
        read_strokes(raw)


def test_signature_is_a_path():
    correction = VisitCorrection(strokes=read_strokes(STROKES))
    assert (correction.signature_path, correction.signature_box) == ("M1 2 L30 40 M5 6", "0 0 38 48")


def test_correction_comes_through_the_outbox_once(visit, caregiver):
    body = {"end": "09:01", "reason": "Forgot", "strokes": STROKES}
    key = uuid.uuid4()
    with time_machine.travel(EVENING, tick=False):
        for _twice in range(2):
            receipt = receive_event(caregiver, key, "correction", visit.pk, EVENING, body)
        broken = receive_event(caregiver, uuid.uuid4(), "correction", visit.pk, EVENING, {**body, "end": "soon"})
    assert (receipt.event.status, broken.event.status) == ("applied", "to_review")
    row = VisitCorrection.objects.get()
    assert (row.ends_at, row.strokes, row.reason) == (at(61), STROKES, "Forgot")


def test_phone_page_takes_a_correction_without_scripts(visit, caregiver, as_user):
    http, act = as_user(caregiver.user), reverse("scheduling:phone-correction", args=[visit.pk])
    with time_machine.travel(EVENING, tick=False):
        again = http.post(act, {"end": "09:01", "reason": "Forgot"})
        assert (again.status_code, 'value="09:01"' in again.content.decode()) == (422, True)
        http.post(act, {"end": "09:01", "reason": "Forgot", "signed_name": "Rosa"})
        body = http.get(reverse("scheduling:phone-visit", args=[visit.pk])).content.decode()
    assert PhoneEvent.objects.get().status == "applied"
    assert "With the office" in body and "I forgot to clock" not in body


def test_office_sees_it_beside_the_punches_and_decides(visit, caregiver, coordinator, other_coordinator, code, as_user):
    correction = propose(visit, caregiver, strokes=STROKES)
    http, here = as_user(coordinator), reverse("scheduling:visit-approval")
    assert "The caregiver proposes" in http.get(here, {"show": "corrections"}).content.decode()
    accept = reverse("scheduling:correction-accept", args=[correction.pk])
    body = http.get(accept).content.decode()
    assert 'd="M1 2 L30 40 M5 6"' in body and "Rosa Lopez" in body
    assert as_user(other_coordinator).get(accept).status_code == 404
    assert "Choose a reason" in http.post(accept, {}).content.decode()
    assert http.post(accept, {"code": code.pk}).status_code == 302
    visit.refresh_from_db()
    assert visit.status == "approved"


def test_office_declines_on_its_page(visit, caregiver, coordinator, as_user):
    correction = propose(visit, caregiver)
    url = reverse("scheduling:correction-decline", args=[correction.pk])
    assert as_user(coordinator).post(url, {"reason": "Not so"}).status_code == 302
    correction.refresh_from_db()
    assert (correction.status, correction.answer, correction.decided_by) == ("declined", "Not so", coordinator)
    assert dt.timedelta() <= correction.decided_at - correction.proposed_at
