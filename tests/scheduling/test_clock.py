"""A clock is never refused, whatever state the visit is in."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone

from careplans.models import CarePlan
from homecare.audit.models import Event
from homecare.errors import Conflict, DomainError
from scheduling.models import ClockEvent, Visit
from scheduling.services.approval import mark_missed
from scheduling.services.clock import Position, clock_for, clock_in, clock_out, match_punch
from tests.factories import (
    AddressFactory,
    CarePlanFactory,
    PlannedTaskFactory,
    VisitFactory,
    approved_visit,
    completed_visit,
)

pytestmark = pytest.mark.django_db
# A Tuesday, 08:00 in Boston.
EIGHT = dt.datetime(2026, 11, 3, 13, tzinfo=dt.UTC)
HERE = Position(42.358, -71.063, 20)


def at(minutes: int) -> dt.datetime:
    return EIGHT + dt.timedelta(minutes=minutes)


@pytest.fixture
def visit(caregiver):
    row = VisitFactory(caregiver=caregiver, starts_at=EIGHT, client__branch=caregiver.branch)
    AddressFactory(client=row.client)
    return row


def punch(clock, visit, caregiver, minutes, **how):
    how = {"position": HERE, "received_at": at(minutes), **how}
    return clock(visit, at=at(minutes), by=caregiver.user, member=caregiver, **how)


def kinds(visit) -> list[str]:
    return sorted(visit.exceptions.values_list("kind", flat=True))


def activate(client, *tasks, version=1, at=EIGHT - dt.timedelta(days=30)) -> CarePlan:
    plan = CarePlanFactory(client=client, version=version)
    for fields in tasks:
        PlannedTaskFactory(plan=plan, **fields)
    CarePlan.objects.filter(client=client, status="active").update(status="superseded")
    CarePlan.objects.filter(pk=plan.pk).update(status="in_review")
    CarePlan.objects.filter(pk=plan.pk).update(status="active", activated_at=at)
    return plan


def test_clock_in_and_out_complete_the_visit(visit, caregiver):
    event = punch(clock_in, visit, caregiver, 2)
    visit.refresh_from_db()
    assert (visit.status, visit.started_at, visit.finished_at) == ("in_progress", at(2), None)
    assert (event.visit, event.distance_metres, event.accuracy_metres) == (visit, 0, 20)
    punch(clock_out, visit, caregiver, 61)
    visit.refresh_from_db()
    assert (visit.status, visit.finished_at, visit.clocked_minutes, visit.version) == ("completed", at(61), 59, 3)
    assert kinds(visit) == []
    assert list(Event.objects.values_list("action", flat=True).order_by("pk")) == [
        "visit.clocked_in",
        "visit.clocked_out",
    ]


def test_clock_in_twice_within_a_minute_is_one_punch(visit, caregiver):
    first = punch(clock_in, visit, caregiver, 0)
    assert punch(clock_in, visit, caregiver, 1) == first
    assert ClockEvent.objects.count() == 1
    assert punch(clock_in, visit, caregiver, 5) != first
    visit.refresh_from_db()
    assert visit.started_at == EIGHT


def test_clock_out_without_in_completes_with_an_exception(visit, caregiver):
    punch(clock_out, visit, caregiver, 60)
    visit.refresh_from_db()
    assert (visit.status, visit.started_at, visit.finished_at) == ("completed", None, at(60))
    assert kinds(visit) == ["no_in"]
    punch(clock_in, visit, caregiver, 0)
    visit.refresh_from_db()
    assert (visit.status, visit.clocked_minutes) == ("completed", 60)
    assert kinds(visit) == []


def test_clock_in_after_the_end_goes_on_with_the_visit(visit, caregiver):
    punch(clock_in, visit, caregiver, 0)
    punch(clock_out, visit, caregiver, 20)
    assert kinds(visit) == ["short"]
    punch(clock_in, visit, caregiver, 25)
    visit.refresh_from_db()
    assert (visit.status, visit.finished_at, kinds(visit)) == ("in_progress", None, [])
    punch(clock_out, visit, caregiver, 60)
    visit.refresh_from_db()
    assert (visit.status, visit.clocked_minutes, kinds(visit)) == ("completed", 60, [])


def test_clock_far_away_is_kept_and_flagged(visit, caregiver):
    event = punch(clock_in, visit, caregiver, 0, position=Position(42.40, -71.063, 70))
    assert event.distance_metres == pytest.approx(4670 - 70, abs=10)
    punch(clock_out, visit, caregiver, 60)
    assert kinds(visit) == ["far"]


def test_clock_without_position_keeps_why(visit, caregiver):
    event = punch(clock_in, visit, caregiver, 0, position=None, position_problem="denied")
    assert (event.position_problem, event.distance_metres) == ("denied", None)
    punch(clock_out, visit, caregiver, 60)
    assert kinds(visit) == ["no_position"]


def test_clock_received_later_is_offline(visit, caregiver):
    punch(clock_in, visit, caregiver, 0, received_at=at(90))
    punch(clock_out, visit, caregiver, 60, received_at=at(90))
    row = visit.exceptions.get()
    assert (row.kind, row.detail) == ("offline", "Recorded without signal; reached us 90 min later.")


@pytest.mark.parametrize("status", ["planned", "confirmed", "missed"])
def test_clock_in_starts_a_visit_not_begun(visit, caregiver, status):
    Visit.objects.filter(pk=visit.pk).update(status=status)
    punch(clock_in, visit, caregiver, 0)
    visit.refresh_from_db()
    assert visit.status == "in_progress"


def test_clock_for_missed_visit_whose_time_was_given_away_is_kept(visit, caregiver):
    mark_missed(visit, by=caregiver.user, reason="No show")
    VisitFactory(caregiver=caregiver, starts_at=EIGHT, client=visit.client)
    event = punch(clock_in, visit, caregiver, 0)
    visit.refresh_from_db()
    assert (event.visit, visit.status, visit.plan_id) == (None, "missed", None)


@pytest.mark.parametrize("status", ["cancelled", "approved"])
def test_clock_on_a_closed_visit_is_kept_unmatched(caregiver, coordinator, status):
    row = approved_visit(caregiver, coordinator, starts_at=EIGHT)
    Visit.objects.filter(pk=row.pk).update(status=status)
    event = punch(clock_in, row, caregiver, 200)
    row.refresh_from_db()
    assert (event.visit, event.distance_metres, row.status) == (None, None, status)


def test_clock_on_a_visit_of_somebody_else_is_kept_unmatched(visit, caregiver, other_caregiver):
    event = punch(clock_in, visit, other_caregiver, 0)
    visit.refresh_from_db()
    assert (event.visit, event.member, visit.status) == (None, other_caregiver, "planned")


def test_unmatched_punch_is_matched_once(caregiver, visit):
    cancelled = VisitFactory(caregiver=caregiver, status="cancelled", starts_at=EIGHT, client=visit.client)
    event = punch(clock_in, cancelled, caregiver, 0)
    match_punch(event, visit, by=caregiver.user)
    visit.refresh_from_db()
    event.refresh_from_db()
    assert (event.visit, event.distance_metres, visit.status, visit.started_at) == (visit, 0, "in_progress", EIGHT)
    with pytest.raises(Conflict, match="already belongs"):
        match_punch(event, visit, by=caregiver.user)


def test_unmatched_punch_is_not_given_to_another_caregiver(visit, caregiver, other_caregiver):
    event = punch(clock_in, visit, other_caregiver, 0)
    with pytest.raises(DomainError, match="another caregiver"):
        match_punch(event, visit, by=caregiver.user)


def test_clock_in_fixes_plan_and_due_tasks(visit, caregiver):
    plan = activate(
        visit.client,
        {"title": "Wash", "position": 1},
        {"title": "Laundry", "weekdays": [1], "position": 2},
        {"title": "Shopping", "weekdays": [4], "position": 3},
    )
    punch(clock_in, visit, caregiver, 0)
    visit.refresh_from_db()
    assert visit.plan == plan
    assert list(visit.tasks.values_list("title", "outcome")) == [("Wash", "pending"), ("Laundry", "pending")]
    activate(visit.client, {"title": "New"}, version=2, at=at(30))
    punch(clock_out, visit, caregiver, 60)
    visit.refresh_from_db()
    assert visit.plan == plan
    assert [row.detail for row in visit.exceptions.filter(kind="tasks_missing")] == ["2 tasks have no answer."]


def test_clock_in_leaves_out_tasks_of_other_services(visit, caregiver):
    activate(visit.client, {"title": "Wash"}, {"title": "Change the dressing", "category": "wound_care"})
    type(visit.service_type).objects.update(performed=["personal_care"])
    punch(clock_in, visit, caregiver, 0)
    assert list(visit.tasks.values_list("title", flat=True)) == ["Wash"]


def test_clock_in_sent_later_uses_the_plan_of_its_moment(visit, caregiver):
    old = activate(visit.client, {"title": "Old"})
    activate(visit.client, {"title": "New"}, version=2, at=at(30))
    punch(clock_in, visit, caregiver, 0)
    visit.refresh_from_db()
    assert visit.plan == old


def test_clock_in_weekday_is_the_branch_day(caregiver):
    """23:30 on Tuesday in Boston is already Wednesday in UTC."""
    late = VisitFactory(caregiver=caregiver, starts_at=dt.datetime(2026, 11, 4, 4, 30, tzinfo=dt.UTC))
    activate(late.client, {"title": "Tuesday", "weekdays": [1]}, {"title": "Wednesday", "weekdays": [2]})
    clock_in(late, at=late.starts_at, by=caregiver.user, member=caregiver)
    assert list(late.tasks.values_list("title", flat=True)) == ["Tuesday"]


def test_office_clocks_for_a_caregiver_with_a_reason(visit, coordinator):
    with time_machine.travel(at(120)):
        clock_for(visit, "in", at=at(0), by=coordinator, reason="Phone broken")
        event = clock_for(visit, "out", at=at(60), by=coordinator, reason="Phone broken")
    visit.refresh_from_db()
    assert (event.method, event.recorded_by, event.member) == ("office", coordinator, visit.caregiver)
    assert (visit.status, visit.clocked_minutes, kinds(visit)) == ("completed", 60, ["manual"])


def test_office_clock_refuses_what_a_form_can_correct(visit, coordinator):
    with time_machine.travel(at(30)):
        with pytest.raises(DomainError, match="Say why"):
            clock_for(visit, "in", at=at(0), by=coordinator, reason=" ")
        with pytest.raises(DomainError, match="not come yet"):
            clock_for(visit, "out", at=at(60), by=coordinator, reason="Called")
    visit.caregiver = None
    with pytest.raises(DomainError, match="Nobody is assigned"):
        clock_for(visit, "in", at=at(0), by=coordinator, reason="Called")
    done = completed_visit(coordinator_member(visit), starts_at=timezone.now() - dt.timedelta(days=9))
    Visit.objects.filter(pk=done.pk).update(status="cancelled")
    done.refresh_from_db()
    with pytest.raises(Conflict, match="cancelled"):
        clock_for(done, "in", at=at(0), by=coordinator, reason="Called")


def coordinator_member(visit):
    visit.refresh_from_db()
    return visit.caregiver


def test_clock_in_costs_a_constant_few_queries(visit, caregiver, django_assert_max_num_queries):
    activate(visit.client, *({"title": f"Task {n}", "position": n} for n in range(20)))
    with django_assert_max_num_queries(16):
        punch(clock_in, visit, caregiver, 0)
