"""The instance of a branch comes from the placement rules, and every plan is played through them."""

import datetime as dt

import pytest

from clients.models import CaregiverPreference
from homecare.accounts.models import Agency
from homecare.clock import at_local, monday_of, today
from scheduling.models import Visit
from scheduling.placement import Judge, blocking
from scheduling.roster.builder import Wishes, build
from scheduling.roster.checker import breaches
from scheduling.roster.instance import Plan, Stop
from scheduling.roster.planning import propose
from staff.models import Availability, TimeOff
from tests.factories import (
    PAST,
    AddressFactory,
    ClientFactory,
    CredentialTypeFactory,
    MemberFactory,
    RoleFactory,
    ScheduleFactory,
    TimeOffFactory,
    VisitFactory,
)

ZONE = "America/New_York"
DAY = dt.timedelta(days=1)


@pytest.fixture
def monday():
    return monday_of(today(ZONE)) + 14 * DAY


def at(day, hour, minute=0):
    return at_local(day, dt.time(hour, minute), ZONE)


def client_at(branch, latitude, **fields):
    client = ClientFactory(branch=branch, **fields)
    AddressFactory(client=client, latitude=latitude, longitude=-71.06, is_primary=True)
    return client


def visit_at(client, day, hour, *, minutes=60, wait=0, **fields):
    starts_at = at(day, hour)
    window = {"window_starts_at": starts_at, "window_ends_at": starts_at + dt.timedelta(minutes=wait)} if wait else {}
    ends_at = starts_at + dt.timedelta(minutes=minutes)
    return VisitFactory(client=client, starts_at=starts_at, ends_at=ends_at, **window, **fields)


def member_at(branch, latitude, hours=(8, 18), **fields):
    member = MemberFactory(branch=branch, latitude=latitude, **fields)
    for weekday in range(7):
        Availability.objects.create(
            member=member, weekday=weekday, starts=dt.time(hours[0]), ends=dt.time(hours[1]), since=PAST
        )
    return member


def unblocked(draft, plan):
    """Every placement of the plan, judged one after the other as if a person placed them."""
    placements = draft.placements(plan)
    judge, found = Judge(placements), []
    for placement in placements:
        found += blocking(judge.judge(placement))
        judge.take(placement)
    return found == []


def test_whom_a_rule_blocks_is_barred_in_its_own_words(branch, monday):
    client, member, other = client_at(branch, 42.36), member_at(branch, 42.36), member_at(branch, 42.37)
    CaregiverPreference.objects.create(client=client, member=member, kind="excluded", reason="came late")
    visit = visit_at(client, monday, 9)
    found = build(branch, monday, monday).instance.visit_of[visit.pk]
    assert set(found.carers) == {other.pk}
    assert "came late" in found.barred[member.pk]


def test_whom_a_rule_warns_of_costs_more(branch, monday):
    client = client_at(branch, 42.36, caregiver_gender="female")
    member, other = member_at(branch, 42.36, gender="male"), member_at(branch, 42.36, gender="female")
    visit = visit_at(client, monday, 9)
    carers = build(branch, monday, monday).instance.visit_of[visit.pk].carers
    assert carers[member.pk] - carers[other.pk] == Wishes().warning


def test_a_guaranteed_week_and_a_limit_of_caregivers_have_a_price(branch, monday):
    client = client_at(branch, 42.36, weekly_caregivers_limit=1)
    promised = member_at(branch, 42.45, weekly_minutes_guaranteed=600, weekly_visits_guaranteed=5)
    near = member_at(branch, 42.36)
    visit_at(client, monday, 9, caregiver=promised)
    pinned = Visit.objects.get()
    for number in range(3):
        visit_at(client, monday + number * DAY, 12)
    draft = build(branch, monday, monday + 6 * DAY, Wishes(pinned=[pinned.pk]))
    carers = {row.key: (row.minutes_left, row.minutes_promised, row.visits_promised) for row in draft.instance.carers}
    assert carers == {promised.pk: (2340, 540, 4), near.pk: (2400, 0, 0)}
    (circle,) = draft.instance.circles
    assert (circle.key, circle.limit, circle.present) == ((client.pk, monday), 1, {promised.pk})
    assert {row.circle for row in draft.instance.visits} == {circle.key}
    plan = propose(draft, seconds=0.3).plan
    assert {draft.instance.run_of[stop.run].carer for stop in plan.stops.values()} == {promised.pk}
    Agency.objects.update(rule_severities={"caregivers_per_week": "off"})
    assert build(branch, monday, monday + 6 * DAY).instance.circles == []


def test_a_limit_that_blocks_bars_whoever_would_be_too_many(branch, monday):
    Agency.current()
    Agency.objects.update(rule_severities={"caregivers_per_week": "block"})
    client = client_at(branch, 42.36, weekly_caregivers_limit=1)
    here, other = member_at(branch, 42.45), member_at(branch, 42.36)
    visit_at(client, monday, 9, caregiver=here)
    pinned = Visit.objects.get()
    visit_at(client, monday, 12)
    draft = build(branch, monday, monday, Wishes(pinned=[pinned.pk]))
    (visit,) = draft.instance.visits
    assert (set(visit.carers), list(visit.barred)) == ({here.pk}, [other.pk])


def test_time_off_and_other_visits_hold_the_carers_time(branch, monday):
    member, client = member_at(branch, 42.36), client_at(branch, 42.36)
    TimeOffFactory(member=member, starts_at=at(monday, 8), ends_at=at(monday, 10), status=TimeOff.Status.APPROVED)
    pinned = visit_at(client, monday, 12, caregiver=member)
    visit_at(client, monday, 15)
    draft = build(branch, monday, monday, Wishes(pinned=[pinned.pk]))
    spans = [(run.opens, run.closes, run.after_visit, run.before_visit) for run in draft.instance.runs][:2]
    assert spans == [(600, 720, False, True), (780, 1080, True, False)]
    assert draft.instance.carer_of[member.pk].minutes_left == member.weekly_minutes_limit - 60


def test_a_window_is_planned_in_and_an_exact_time_kept(branch, monday):
    client = client_at(branch, 42.36)
    member_at(branch, 42.36)
    exact, loose = visit_at(client, monday, 9), visit_at(client, monday, 11, wait=90)
    visits = build(branch, monday, monday).instance.visit_of
    assert (visits[exact.pk].windows, visits[loose.pk].windows) == (((540, 540),), ((660, 750),))


def test_only_open_visits_are_planned_when_asked(branch, monday):
    member, client = member_at(branch, 42.36), client_at(branch, 42.36)
    taken, opened = visit_at(client, monday, 9, caregiver=member), visit_at(client, monday, 12)
    assert set(build(branch, monday, monday).rows) == {taken.pk, opened.pk}
    assert set(build(branch, monday, monday, Wishes(only_open=True)).rows) == {opened.pk}


def test_live_in_care_and_past_visits_are_no_matter_of_routes(branch, monday):
    client = client_at(branch, 42.36)
    visit_at(client, monday, 8, minutes=13 * 60)
    visit_at(client, today(ZONE) - DAY, 9)
    assert build(branch, monday, monday).rows == {}
    assert build(branch, today(ZONE) - DAY, today(ZONE) - DAY).rows == {}


def test_both_places_of_a_double_up_begin_together(branch, monday):
    client = client_at(branch, 42.36)
    members = {member_at(branch, 42.36).pk, member_at(branch, 42.40).pk}
    schedule = ScheduleFactory(client=client, head_count=2)
    for slot in (1, 2):
        visit_at(client, monday, 9, wait=120, schedule=schedule, occurrence_on=monday, slot=slot)
    draft = build(branch, monday, monday)
    plan = propose(draft, seconds=0.4).plan
    assert {draft.instance.run_of[stop.run].carer for stop in plan.stops.values()} == members
    assert len({stop.starts for stop in plan.stops.values()}) == 1


def test_the_place_beside_one_that_stands_fast_begins_with_it(branch, monday):
    client, member, other = client_at(branch, 42.36), member_at(branch, 42.36), member_at(branch, 42.36)
    schedule = ScheduleFactory(client=client, head_count=2)
    visit_at(client, monday, 9, caregiver=member, schedule=schedule, occurrence_on=monday, slot=1)
    opened = visit_at(client, monday, 9, wait=60, schedule=schedule, occurrence_on=monday, slot=2)
    found = build(branch, monday, monday, Wishes(only_open=True)).instance.visit_of[opened.pk]
    assert (found.windows, set(found.carers)) == (((540, 540),), {other.pk})


@pytest.fixture
def agency_days(branch, monday):
    """Two days of a small agency with everything the rules look at."""
    nurse = RoleFactory(code="RN", name="Nurse", scope=["personal_care", "skilled_nursing"])
    nurse.required_credentials.add(CredentialTypeFactory())
    members = [member_at(branch, 42.30 + 0.02 * n, hours=(7 + n % 3, 16 + n % 3)) for n in range(5)]
    members.append(member_at(branch, 42.34, role=nurse))  # without the credential: barred everywhere
    TimeOffFactory(member=members[0], starts_at=at(monday, 6), ends_at=at(monday, 20), status=TimeOff.Status.APPROVED)
    clients = [client_at(branch, 42.29 + 0.015 * n) for n in range(8)]
    CaregiverPreference.objects.create(client=clients[0], member=members[1], kind="excluded")
    for number, client in enumerate(clients):
        for day in (monday, monday + DAY):
            visit_at(client, day, 8 + number % 4, wait=60 * (number % 3))
            visit_at(client, day, 13 + number % 4, minutes=45)
    pair = ScheduleFactory(client=clients[3], head_count=2)
    for slot in (1, 2):
        visit_at(clients[3], monday, 10, wait=60, schedule=pair, occurrence_on=monday, slot=slot)
    return branch, monday


@pytest.mark.parametrize("severities", [{}, {"travel_time": "block", "daily_hours": "block", "weekly_hours": "block"}])
def test_no_rule_blocks_anything_of_a_roster(agency_days, severities):
    branch, monday = agency_days
    agency = Agency.current()
    agency.rule_severities = severities
    agency.save()
    draft = build(branch, monday, monday + DAY)
    proposal = propose(draft, seconds=1.0)
    assert len(draft.rows) == 34
    assert len(proposal.plan.stops) >= 30
    assert breaches(draft.instance, proposal.plan) == []
    assert unblocked(draft, proposal.plan)
    assert set(proposal.unfilled) == set(draft.rows) - set(proposal.plan.stops)
    assert all(reasons for reasons in proposal.unfilled.values())


def test_a_plan_a_rule_blocks_is_taken_apart(branch, monday):
    Agency.current()
    client, member = client_at(branch, 42.36), member_at(branch, 42.36, hours=(8, 12))
    Agency.objects.update(rule_severities={"available": "block"})
    late = visit_at(client, monday, 14)
    draft = build(branch, monday, monday)
    run = draft.instance.runs[0]
    plan, refused, _warned = draft.vet(Plan({late.pk: Stop(run.key, 840)}))
    assert plan.stops == {}
    assert [finding.code for finding in refused[late.pk]] == ["available"]
    assert member.pk == run.carer


def test_the_plan_as_it_stands_is_the_start_of_a_new_one(branch, monday):
    client, member = client_at(branch, 42.36), member_at(branch, 42.36)
    visit = visit_at(client, monday, 9, caregiver=member)
    draft = build(branch, monday, monday)
    assert {key: stop.starts for key, stop in draft.current.stops.items()} == {visit.pk: 540}
    assert propose(draft, seconds=0.3, start=draft.current).plan.stops == draft.current.stops


def test_building_asks_as_often_for_many_visits_as_for_few(branch, monday, django_assert_max_num_queries):
    for _ in range(6):
        member_at(branch, 42.36)
    for number in range(20):
        visit_at(client_at(branch, 42.36), monday, 9 + number % 8)
    with django_assert_max_num_queries(40):
        build(branch, monday, monday)


def test_nights_and_the_clock_change_keep_true_minutes(branch):
    day = dt.date(2027, 3, 13)  # the clock jumps forward in the night to the 14th
    client = client_at(branch, 42.36)
    MemberFactory(branch=branch, latitude=42.36, always_available=True)
    night = visit_at(client, day, 22, minutes=480)
    draft = build(branch, day, day + DAY)
    placement = draft.placements(propose(draft, seconds=0.3).plan)[0]
    assert (placement.starts_at, placement.ends_at) == (night.starts_at, night.ends_at)
    assert Visit.objects.get(pk=night.pk).planned_minutes == placement.minutes == 480
