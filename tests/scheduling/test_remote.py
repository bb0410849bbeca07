"""Visits by telephone or video: nobody travels, no place is verified, time is held all the same."""

import datetime as dt

import pytest
from django.urls import reverse

from homecare.clock import at_local, now, today
from scheduling.exceptions_found import PunchFact, Tolerance, VisitFacts, exceptions_found
from scheduling.models import Roster, RosterLine
from scheduling.placement import Placement, judge_placement
from scheduling.roster_figures import compare
from scheduling.services.roster import begin_roster
from tests.factories import AddressFactory, ClientFactory, ServiceTypeFactory, VisitFactory

pytestmark = pytest.mark.django_db
ZONE = "America/New_York"


@pytest.fixture
def call(db):
    return ServiceTypeFactory(code="CALL", name="Follow-up call", categories=[], mode="telephone")


def at(hour, minute=0):
    return at_local(today(ZONE) + dt.timedelta(days=7), dt.time(hour, minute), ZONE)


def visit_at(branch, starts_at, place, caregiver=None, minutes=30, **fields):
    client = ClientFactory(branch=branch, has_pets=fields.pop("has_pets", False))
    AddressFactory(client=client, latitude=place[0], longitude=place[1])
    ends_at = starts_at + dt.timedelta(minutes=minutes)
    return VisitFactory(client=client, starts_at=starts_at, ends_at=ends_at, caregiver=caregiver, **fields)


HERE, FAR = (42.36, -71.06), (42.76, -71.06)


def codes(visit, caregiver):
    return [found.code for found in judge_placement(Placement.of(visit, member_id=caregiver.pk))]


def test_a_call_needs_no_way_but_holds_the_time(branch, caregiver, call):
    visit_at(branch, at(9), HERE, caregiver)
    assert codes(visit_at(branch, at(9, 35), FAR, service_type=call), caregiver) == []
    assert codes(visit_at(branch, at(9, 35), FAR), caregiver) == ["travel_time"]
    assert codes(visit_at(branch, at(9, 15), FAR, service_type=call), caregiver) == ["overlap"]


def test_a_call_between_two_homes_is_no_stop(branch, caregiver, call):
    visit_at(branch, at(9), HERE, caregiver)
    visit_at(branch, at(9, 30), FAR, caregiver, minutes=10, service_type=call)
    assert codes(visit_at(branch, at(9, 42), FAR), caregiver) == ["travel_time"]  # judged from the home before
    assert codes(visit_at(branch, at(9, 42), HERE), caregiver) == []


def test_pets_do_not_matter_on_the_telephone(branch, caregiver, call):
    caregiver.avoids_pets = True
    caregiver.save()
    assert codes(visit_at(branch, at(9), HERE, has_pets=True), caregiver) == ["pets"]
    assert codes(visit_at(branch, at(9), HERE, has_pets=True, service_type=call), caregiver) == []


@pytest.mark.parametrize(("is_remote", "kinds"), [(False, ["far", "no_position"]), (True, [])])
def test_no_place_is_verified(is_remote, kinds):
    start = dt.datetime(2026, 12, 7, 14, tzinfo=dt.UTC)
    end = start + dt.timedelta(minutes=15)
    punches = [
        PunchFact("in", start, start, distance_metres=9000),
        PunchFact("out", end, end, has_position=False),
    ]
    facts = VisitFacts(start, end, start, end, punches, is_remote=is_remote)
    assert [found.kind for found in exceptions_found(facts, Tolerance())] == kinds


def test_phone_shows_the_number_and_no_way(branch, caregiver, call, as_user):
    visit = visit_at(branch, now() + dt.timedelta(hours=2), HERE, caregiver, service_type=call)
    visit.client.phone = "+16175550100"
    visit.client.save()
    page = as_user(caregiver.user).get(reverse("scheduling:phone-visit", args=[visit.pk])).content.decode()
    assert "By telephone" in page
    assert "tel:+16175550100" in page
    assert "Way there" not in page


def test_rosters_leave_calls_with_whom_they_are_and_count_no_way(branch, caregiver, coordinator, call):
    from scheduling.roster.builder import Wishes, build

    day = today(ZONE) + dt.timedelta(days=7)
    held, open_call = visit_at(branch, at(9), FAR, caregiver, service_type=call), visit_at(branch, at(10), HERE)
    draft = build(branch, day, day, Wishes(only_open=False))
    assert (list(draft.rows), [row.pk for row in draft.fast]) == ([open_call.pk], [held.pk])
    roster = begin_roster(branch, first_on=day, last_on=day, origin="copy", only_open=True, seconds=5, by=coordinator)
    lines = RosterLine.objects.filter(roster=roster).select_related("visit")
    assert compare(list(lines), ZONE)[0].travel == 0
    assert Roster.objects.count() == 1
