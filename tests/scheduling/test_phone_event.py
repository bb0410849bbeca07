"""Whatever a phone queued arrives exactly once; what cannot be applied is kept for a person."""

import datetime as dt
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from careplans.models import CarePlan
from homecare.errors import Conflict, DomainError
from scheduling.models import ClockEvent, PhoneEvent, Visit
from scheduling.phone_envelope import read_envelope, read_position
from scheduling.services.phone_event import apply_event, mark_reviewed, receive_event
from tests.factories import CarePlanFactory, PlannedTaskFactory, VisitFactory

pytestmark = pytest.mark.django_db
EIGHT = dt.datetime(2026, 11, 3, 13, tzinfo=dt.UTC)


def send(member, kind, visit, body=None, *, at=EIGHT, key=None, **more):
    visit_id = getattr(visit, "pk", visit)
    return receive_event(member, key or uuid.uuid4(), kind, visit_id, at, body or {}, **more)


@pytest.fixture
def visit(caregiver):
    return VisitFactory(caregiver=caregiver, starts_at=EIGHT, client__branch=caregiver.branch)


@pytest.fixture
def task(visit):
    plan = CarePlanFactory(client=visit.client)
    row = PlannedTaskFactory(plan=plan, title="Wash")
    CarePlan.objects.filter(pk=plan.pk).update(status="in_review")
    CarePlan.objects.filter(pk=plan.pk).update(status="active", activated_at=EIGHT - dt.timedelta(days=1))
    return row


def test_event_is_applied_once_and_replayed(caregiver, visit):
    key = uuid.uuid4()
    first = send(caregiver, "clock_in", visit, {"position": {"latitude": 42.3, "longitude": -71.0}}, key=key)
    again = send(caregiver, "clock_in", visit, {"position": {"latitude": 42.3, "longitude": -71.0}}, key=key)
    assert (first.is_replay, again.is_replay) == (False, True)
    assert first.event == again.event
    assert again.event.answer["visit"] == {
        "id": visit.pk,
        "status": "in_progress",
        "started_at": EIGHT.isoformat(),
        "finished_at": None,
    }
    assert ClockEvent.objects.count() == 1


def test_event_key_with_another_body_is_refused(caregiver, visit):
    key = uuid.uuid4()
    send(caregiver, "note", visit, {"text": "One"}, key=key)
    with pytest.raises(DomainError, match="Something else"):
        send(caregiver, "note", visit, {"text": "Two"}, key=key)
    assert [note.text for note in visit.notes.all()] == ["One"]


def test_event_key_belongs_to_one_member(caregiver, other_caregiver, visit):
    theirs = VisitFactory(caregiver=other_caregiver)
    key = uuid.uuid4()
    send(caregiver, "note", visit, {"text": "Mine"}, key=key)
    assert send(other_caregiver, "note", theirs, {"text": "Yours"}, key=key).event.status == "applied"


@pytest.mark.django_db(transaction=True)
def test_event_sent_by_two_connections_is_applied_once(caregiver, visit):
    key, gate = uuid.uuid4(), threading.Barrier(8)

    def post(_number):
        gate.wait()
        try:
            return send(caregiver, "note", visit, {"text": "Slept well."}, key=key).is_replay
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        replays = list(pool.map(post, range(8)))
    assert sorted(replays) == [False] + [True] * 7
    assert visit.notes.count() == PhoneEvent.objects.count() == 1


def test_event_whose_answer_was_lost_leaves_nothing_half_done(caregiver, visit):
    key = uuid.uuid4()
    with pytest.raises(RuntimeError), transaction.atomic():
        send(caregiver, "clock_in", visit, key=key)
        raise RuntimeError("the worker died before the commit")
    assert not ClockEvent.objects.exists()
    assert send(caregiver, "clock_in", visit, key=key).is_replay is False


def test_event_time_is_corrected_by_the_phones_offset(caregiver, visit):
    send(caregiver, "clock_in", visit, offset_ms=-120_000)
    visit.refresh_from_db()
    assert visit.started_at == EIGHT - dt.timedelta(minutes=2)


def test_event_of_a_phone_ahead_of_time_is_not_in_the_future(caregiver, visit):
    now = timezone.now()
    send(caregiver, "clock_in", visit, at=now + dt.timedelta(days=400))
    visit.refresh_from_db()
    assert visit.started_at < timezone.now() + dt.timedelta(minutes=3)


def test_event_task_is_recorded_without_a_clock_in(caregiver, visit, task):
    send(caregiver, "task", visit, {"planned_task": task.pk, "outcome": "refused", "reason": "Tired"})
    row = visit.tasks.get()
    assert (row.outcome, row.reason, row.recorded_at) == ("refused", "Tired", EIGHT)


def test_event_of_two_answers_to_a_task_the_later_counts(caregiver, visit, task):
    later = EIGHT + dt.timedelta(minutes=5)
    send(caregiver, "task", visit, {"planned_task": task.pk, "outcome": "done"}, at=later)
    send(caregiver, "task", visit, {"planned_task": task.pk, "outcome": "not_needed"}, at=EIGHT)
    assert visit.tasks.get().outcome == "done"


def test_event_task_of_the_plan_before_is_added(caregiver, visit, task):
    CarePlan.objects.update(status="superseded")
    other = CarePlanFactory(client=visit.client, version=2)
    CarePlan.objects.filter(pk=other.pk).update(status="in_review")
    CarePlan.objects.filter(pk=other.pk).update(status="active", activated_at=EIGHT - dt.timedelta(hours=1))
    send(caregiver, "clock_in", visit)
    assert not visit.tasks.exists()
    assert send(caregiver, "task", visit, {"planned_task": task.pk, "outcome": "done"}).event.status == "applied"
    assert visit.tasks.get().planned_task == task


def test_event_vitals_are_kept_and_linked(caregiver, visit):
    answer = send(caregiver, "vitals", visit, {"values": {"systolic": "128", "heart_rate": "71,5"}}).event.answer
    assert answer == {"state": "applied", "alerts": []}
    assert dict(visit.readings.values_list("kind", "value")) == {
        "systolic": Decimal("128.00"),
        "heart_rate": Decimal("71.50"),
    }


def test_event_vitals_answer_with_the_alert(caregiver, visit):
    answer = send(caregiver, "vitals", visit, {"values": {"systolic": "214"}}).event.answer
    assert len(answer["alerts"]) == 1
    assert answer["alerts"][0]


def test_event_vitals_are_all_kept_for_review_when_one_is_implausible(caregiver, visit):
    event = send(caregiver, "vitals", visit, {"values": {"systolic": "128", "heart_rate": "9000"}}).event
    assert (event.status, event.answer["why"], visit.readings.count()) == ("to_review", "refused", 0)


def test_event_confirms_a_visit(caregiver, visit):
    assert send(caregiver, "confirm", visit).event.answer["visit"]["status"] == "confirmed"
    assert send(caregiver, "confirm", visit).event.status == "applied"


UNREADABLE = [
    ("dance", {}),
    ("task", {"planned_task": "x", "outcome": "done"}),
    ("task", {"planned_task": 10**30, "outcome": "done"}),
    ("task", {}),
    ("vitals", {}),
    ("vitals", {"values": {"mood": "9"}}),
    ("vitals", {"values": {"systolic": "NaN"}}),
    ("vitals", {"values": {"systolic": "1" * 40}}),
    ("note", {"text": "  "}),
    ("note", {"text": "x" * 5000}),
]


@pytest.mark.parametrize(("kind", "body"), UNREADABLE)
def test_event_that_cannot_be_read_is_kept(caregiver, visit, kind, body):
    event = send(caregiver, kind, visit, body).event
    assert event.status == "to_review"
    assert event.answer["sentence"]


@pytest.mark.parametrize("kind", ["clock_in", "clock_out", "task", "vitals", "note", "confirm"])
@pytest.mark.parametrize("why", ["moved", "cancelled", "unknown"])
def test_event_for_a_visit_that_moved_on_is_kept(caregiver, other_caregiver, visit, task, kind, why):
    if why == "moved":
        Visit.objects.filter(pk=visit.pk).update(caregiver=other_caregiver)
    elif why == "cancelled":
        Visit.objects.filter(pk=visit.pk).update(status="cancelled")
    body = {"planned_task": task.pk, "outcome": "done", "text": "Fine", "values": {"systolic": "120"}}
    event = send(caregiver, kind, visit if why != "unknown" else 10**12, body).event
    assert (event.status, event.answer["state"], event.answer["why"]) == ("to_review", "to_review", why)
    assert "kept" in event.answer["sentence"]
    assert ClockEvent.objects.filter(visit=None, member=caregiver).count() == int(kind.startswith("clock"))
    assert (visit.tasks.count(), visit.notes.count(), visit.readings.count()) == (0, 0, 0)
    if why == "moved":
        assert event.answer["sentence"].startswith(f"This visit was given to {other_caregiver.short_name}")


def test_event_kept_does_not_block_the_next(caregiver, visit):
    send(caregiver, "note", 10**12, {"text": "Lost"})
    assert send(caregiver, "note", visit, {"text": "Found"}).event.status == "applied"


def test_kept_clock_is_applied_to_a_visit(caregiver, coordinator, visit):
    event = send(caregiver, "clock_in", 10**12).event
    apply_event(event, visit, by=coordinator)
    visit.refresh_from_db()
    event.refresh_from_db()
    assert (visit.status, visit.started_at) == ("in_progress", EIGHT)
    assert (event.status, event.reviewed_by) == ("reviewed", coordinator)
    with pytest.raises(Conflict, match="already dealt"):
        mark_reviewed(event, by=coordinator, note="Again")


def test_kept_note_is_applied_in_the_caregivers_name(caregiver, coordinator, visit):
    event = send(caregiver, "note", 10**12, {"text": "Ate well"}).event
    apply_event(event, visit, by=coordinator)
    assert visit.notes.get().author == caregiver.user


def test_kept_event_is_not_applied_to_another_caregivers_visit(caregiver, other_caregiver, coordinator):
    event = send(caregiver, "note", 10**12, {"text": "Ate well"}).event
    with pytest.raises(DomainError, match="caregiver who recorded"):
        apply_event(event, VisitFactory(caregiver=other_caregiver), by=coordinator)


def test_kept_event_that_cannot_be_read_is_marked_reviewed_with_a_note(caregiver, coordinator, visit):
    event = send(caregiver, "dance", visit).event
    with pytest.raises(DomainError, match="by hand"):
        apply_event(event, visit, by=coordinator)
    with pytest.raises(DomainError, match="few words"):
        mark_reviewed(event, by=coordinator, note=" ")
    mark_reviewed(event, by=coordinator, note="Entered by hand")
    event.refresh_from_db()
    assert (event.status, event.review_note) == ("reviewed", "Entered by hand")


GOOD = {"key": str(uuid.uuid4()), "kind": "note", "visit": 5, "at": "2026-11-03T13:00:00Z", "body": {"text": "a"}}
BROKEN = [
    None,
    [],
    "x",
    {},
    {**GOOD, "key": "1"},
    {**GOOD, "at": "yesterday"},
    {**GOOD, "at": "2026-11-03T13:00:00"},
    {**GOOD, "at": "0001-01-01T00:00:00Z"},
    {**GOOD, "visit": "five"},
    {**GOOD, "visit": 2**63},
    {**GOOD, "body": [1]},
    {**GOOD, "offset_ms": 10**18},
    {**GOOD, "offset_ms": float("inf")},
]


@pytest.mark.parametrize("raw", BROKEN)
def test_envelope_that_is_none_is_refused(raw):
    with pytest.raises(DomainError, match="not an act"):
        read_envelope(raw)


def test_envelope_loses_what_the_database_cannot_keep():
    raw = {**GOOD, "body": {"text": "a\x00b\ud800", "n": float("nan"), "list": ["\x00"]}}
    assert read_envelope(raw)["body"] == {"text": "ab?", "n": None, "list": [""]}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"latitude": 42.1, "longitude": -71, "accuracy": 12.6}, (42.1, -71.0, 13)),
        ({"latitude": 42.1, "longitude": -71}, (42.1, -71.0, 0)),
        ({"latitude": 142.1, "longitude": -71}, None),
        ({"latitude": "nan", "longitude": -71}, None),
        ({"latitude": 1}, None),
        (None, None),
    ],
)
def test_position_is_read_or_none(raw, expected):
    assert read_position(raw) == expected
