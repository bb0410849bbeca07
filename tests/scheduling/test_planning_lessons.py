"""Weak spots that planning had: each stands here so that it does not come back."""

import datetime as dt

import pytest
from django.urls import reverse

from careplans.services.care_plan import activate_plan, submit_plan
from homecare.clock import at_local, monday_of, now, today
from homecare.inbox.models import Notification
from homecare.jobs.models import Job
from homecare.jobs.services.job import cancel_job
from scheduling import travel
from scheduling.absences import propose
from scheduling.models import Roster, VisitNote
from scheduling.plan_fit import misfits
from scheduling.services.roster import begin_roster
from scheduling.services.visit import assign_visit, once_more
from scheduling.travel.times import Times
from tests.factories import (
    AddressFactory,
    CarePlanFactory,
    ClientFactory,
    MemberFactory,
    PlannedTaskFactory,
    ScheduleFactory,
    VisitFactory,
)

pytestmark = pytest.mark.django_db
ZONE = "America/New_York"


def at(days, hour):
    monday = monday_of(today(ZONE)) + dt.timedelta(days=7)
    return at_local(monday + dt.timedelta(days=days), dt.time(hour), ZONE)


def visit_at(branch, days, hour, caregiver=None, hours=3, **fields):
    starts_at = at(days, hour)
    client = fields.pop("client", None) or ClientFactory(branch=branch)
    ends_at = starts_at + dt.timedelta(hours=hours)
    return VisitFactory(client=client, caregiver=caregiver, starts_at=starts_at, ends_at=ends_at, **fields)


def test_proposals_of_one_sick_call_share_the_weeks_hours(branch, caregiver):
    """Ben has six hours left: he is proposed without a warning for two of the three visits, not for all."""
    ben = MemberFactory(branch=branch, always_available=True, weekly_minutes_limit=6 * 60)
    visits = [visit_at(branch, day, 9) for day in range(3)]
    proposals = propose(visits, without=caregiver)
    assert [row.best.member for row in proposals] == [ben] * 3
    assert [row.needs_reason for row in proposals] == [False, False, True]
    assert "6 h" in proposals[2].best.findings[0].sentence


@pytest.fixture
def planned(branch, supervisor):
    """A client whose next plan asks for nursing, handed in for review."""
    client = ClientFactory(branch=branch)
    plan = CarePlanFactory(client=client, written_by=supervisor)
    plan.goals.create(text="Walk to the kitchen")
    PlannedTaskFactory(plan=plan, category="skilled_nursing", title="Dress the wound")
    return submit_plan(plan, by=supervisor)


def test_new_plan_names_visits_whose_caregiver_no_longer_fits(
    branch, planned, caregiver, coordinator, supervisor, as_user
):
    visit = visit_at(branch, 0, 9, caregiver, client=planned.client)
    visit_at(branch, 1, 9, client=planned.client)  # open: nobody to misfit
    plan = activate_plan(planned, by=supervisor)
    assert [row for row, _why in misfits(plan.client)] == [visit]
    note = Notification.objects.get(recipient=coordinator, kind="visit.misfit")
    assert planned.client.last_name not in note.title
    page = as_user(supervisor).get(plan.get_absolute_url()).content.decode()
    assert "Visits whose caregiver may not do what this plan asks" in page
    assert "outside the scope" in page


def test_plan_that_everybody_may_do_says_nothing(branch, caregiver, coordinator, supervisor, as_user):
    client = ClientFactory(branch=branch)
    plan = CarePlanFactory(client=client, written_by=supervisor)
    plan.goals.create(text="Walk to the kitchen")
    PlannedTaskFactory(plan=plan)
    visit_at(branch, 0, 9, caregiver, client=client)
    plan = activate_plan(submit_plan(plan, by=supervisor), by=supervisor)
    assert not Notification.objects.filter(kind="visit.misfit").exists()
    assert "may not do what this plan asks" not in as_user(supervisor).get(plan.get_absolute_url()).content.decode()


def test_plan_judges_1_and_30_visits_in_the_same_queries(
    branch, planned, caregiver, supervisor, django_assert_max_num_queries
):
    for day in range(30):
        visit_at(branch, day, 9, caregiver, client=planned.client, hours=1)
    activate_plan(planned, by=supervisor)
    with django_assert_max_num_queries(17):
        assert len(misfits(planned.client)) == 30


def test_phone_shows_what_the_shift_before_hands_over(branch, caregiver, other_caregiver, as_user):
    pattern = ScheduleFactory(client=ClientFactory(branch=branch), handover_note="Keys are in the blue box")
    fields = {"client": pattern.client, "schedule": pattern}
    soon = now() + dt.timedelta(hours=2)
    before = VisitFactory(
        caregiver=other_caregiver, starts_at=soon - dt.timedelta(days=1), occurrence_on=today(ZONE), **fields
    )
    VisitNote.objects.create(visit=before, author=other_caregiver.user, text="Slept badly", written_at=now())
    visit = VisitFactory(caregiver=caregiver, starts_at=soon, occurrence_on=dt.date(2030, 1, 1), **fields)
    page = as_user(caregiver.user).get(reverse("scheduling:phone-visit", args=[visit.pk])).content.decode()
    assert "Keys are in the blue box" in page
    assert "Slept badly" in page
    assert other_caregiver.short_name in page
    own = as_user(other_caregiver.user).get(reverse("scheduling:phone-visit", args=[before.pk])).content.decode()
    assert "Keys are in the blue box" not in own  # nobody came before


@pytest.fixture
def roster(branch, coordinator):
    client = ClientFactory(branch=branch)
    AddressFactory(client=client)
    VisitFactory(client=client, starts_at=at(0, 9))
    day = monday_of(today(ZONE)) + dt.timedelta(days=7)
    return begin_roster(branch, first_on=day, last_on=day, origin="engine", only_open=True, seconds=5, by=coordinator)


def test_search_stopped_while_it_waits_leaves_no_roster_being_planned(roster, coordinator):
    cancel_job(Job.objects.get(), by=coordinator)
    assert Roster.objects.get().status == "discarded"


def test_everybody_who_sees_the_roster_sees_how_far_it_is(roster, manager, other_coordinator, as_user):
    Job.objects.update(done=40, total=100, status="running", message="searching")
    page = as_user(manager).get(roster.get_absolute_url()).content.decode()
    progress = reverse("scheduling:roster-progress", args=[roster.pk])
    assert progress in page
    assert "searching" in as_user(manager).get(progress).content.decode()
    assert as_user(other_coordinator).get(progress).status_code == 404


class Service:
    is_service = True

    def __init__(self):
        self.asked = 0

    def read(self, legs):
        self.asked += 1
        return dict.fromkeys(legs, 33)


def test_no_service_is_asked_while_a_booking_holds_rows(monkeypatch):
    service = Service()
    way = ((42.36, -71.06), (42.45, -71.06))

    def minutes():
        times = Times(30, sources=[service])
        times.prepare([way])
        return times.minutes(*way)

    assert (once_more(minutes), service.asked) == (21, 0)  # the straight line
    assert (minutes(), service.asked) == (33, 1)
    with travel.without_services():
        assert minutes() == 21


def test_booking_asks_the_way_before_it_locks(branch, caregiver, coordinator, settings, monkeypatch):
    settings.TRAVEL_TIMES = "osrm"
    service, when = Service(), []
    monkeypatch.setattr("scheduling.travel.times._configured", lambda: [service])
    monkeypatch.setattr("scheduling.services.visit._locked", _noted(when, service))
    for hour in (9, 13):
        client = ClientFactory(branch=branch)
        AddressFactory(client=client, latitude=42.3 + hour / 100)
        visit = visit_at(branch, 0, hour, caregiver if hour == 9 else None, client=client, hours=1)
    assign_visit(visit, caregiver, by=coordinator)
    assert when == [1]  # asked once before the lock …
    assert service.asked == 1  # … and not again inside


def _noted(when, service):
    from scheduling.services import visit as module

    real = module._locked

    def locked(*args, **kwargs):
        when.append(service.asked)
        return real(*args, **kwargs)

    return locked
