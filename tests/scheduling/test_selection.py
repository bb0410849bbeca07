"""Where a message to all may begin: which visits each page means, and whom they concern."""

import datetime as dt
import re

import pytest
import time_machine
from django.urls import reverse

from scheduling.models import Roster, RosterLine, Rotation, RotationShift, SeriesChange, Visit
from scheduling.pattern import Assignment
from scheduling.pattern import Pattern as PatternOf
from scheduling.series import Scope
from scheduling.services.publication import publish_visits
from scheduling.services.schedule import create_schedule, end_schedule
from scheduling.services.schedule_edit import edit_schedule
from scheduling.services.sharing import Share, share_visit
from scheduling.services.visit import create_visit
from staff.models import Team
from tests.factories import AddressFactory, ClientFactory, ContactFactory, ServiceTypeFactory, VisitFactory

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 12, 7)


@pytest.fixture(autouse=True)
def december():
    with time_machine.travel(dt.datetime(2026, 12, 6, 15, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def http(as_user, coordinator):
    return as_user(coordinator)


@pytest.fixture
def schedule(branch, caregiver, relative, coordinator):
    client = ClientFactory(branch=branch)
    ContactFactory(client=client, user=relative, has_portal=True)
    made = create_schedule(
        client,
        service_type=ServiceTypeFactory(),
        rule="FREQ=WEEKLY;BYDAY=MO",
        starts_on=MONDAY,
        start_time=dt.time(9),
        duration_minutes=60,
        assignments=[Assignment(caregiver.pk)],
        by=coordinator,
    )
    return made.schedule


def concerned(http, **asked):
    """user → how many visits concern them."""
    page = http.get(reverse("scheduling:broadcast-create"), asked)
    return {one.user: one.visits for one, _text in page.context["shown"]}


def linked(page):
    """The addresses to which the page's "Write to all" leads."""
    return re.findall(r'href="([^"]*/messages/[^"]*new/[^"]*|[^"]*broadcast[^"]*\?[^"]*)"', page.content.decode())


def follows(http, page):
    """Whom the first "Write to all" of a page concerns."""
    urls = [url.replace("&amp;", "&") for url in linked(page)]
    return {one.user: one.visits for one, _text in http.get(urls[0]).context["shown"]}


def test_client_page_means_the_next_seven_days_of_the_client(http, schedule, caregiver, relative, branch):
    VisitFactory(client__branch=branch, caregiver=caregiver, starts_at=dt.datetime(2026, 12, 8, 14, tzinfo=dt.UTC))
    page = http.get(reverse("scheduling:client-visits", args=[schedule.client_id]))
    assert follows(http, page) == {caregiver.user: 1, relative: 1}


def test_board_means_what_it_shows(http, schedule, caregiver, other_caregiver, relative, branch):
    afternoon = dt.datetime(2026, 12, 7, 18, tzinfo=dt.UTC)
    VisitFactory(client__branch=branch, caregiver=other_caregiver, starts_at=afternoon)
    team = Team.objects.create(branch=branch, name="North")
    team.members.add(caregiver)
    board = reverse("scheduling:board")
    week = {"week": "2026-12-07"}
    assert follows(http, http.get(board, week)) == {caregiver.user: 1, relative: 1, other_caregiver.user: 1}
    assert follows(http, http.get(board, week | {"team": team.pk})) == {caregiver.user: 1, relative: 1}
    tuesday = {"view": "day", "day": "2026-12-08"}
    assert follows(http, http.get(board, tuesday)) == {}


def test_change_of_a_pattern_concerns_who_came_before_too(
    http, schedule, caregiver, other_caregiver, relative, coordinator
):
    lines = (Assignment(other_caregiver.pk, since=MONDAY),)
    edit_schedule(schedule, PatternOf.of(schedule, lines), scope=Scope.ALL, by=coordinator)
    change = SeriesChange.objects.get(kind="edited")
    assert concerned(http, change=change.pk) == {caregiver.user: 12, other_caregiver.user: 12, relative: 12}
    page = http.get(schedule.get_absolute_url())
    assert follows(http, page) == concerned(http, change=change.pk)
    former = http.get(reverse("scheduling:broadcast-create"), {"change": change.pk}).context["shown"]
    assert {one.user: one.concern for one, _text in former}[caregiver.user] == "visits that were theirs"


def test_end_of_a_pattern_concerns_whose_visits_are_cancelled(http, schedule, caregiver, relative, coordinator):
    end_schedule(schedule, ends_on=MONDAY, by=coordinator)
    change = SeriesChange.objects.get(kind="ended")
    assert concerned(http, change=change.pk) == {caregiver.user: 11, relative: 11}


def test_roster_means_what_it_changes(http, schedule, caregiver, other_caregiver, relative, branch, coordinator):
    first, second = Visit.objects.filter(schedule=schedule).order_by("starts_at")[:2]
    roster = Roster.objects.create(
        branch=branch, status="applied", first_on=MONDAY, last_on=MONDAY, created_by=coordinator
    )
    for visit, member in ((first, other_caregiver), (second, caregiver)):
        RosterLine.objects.create(
            roster=roster,
            visit=visit,
            version=1,
            caregiver_before=caregiver,
            starts_before=visit.starts_at,
            caregiver=member,
            starts_at=visit.starts_at,
        )
    Visit.objects.filter(pk=first.pk).update(caregiver=other_caregiver)
    assert concerned(http, roster=roster.pk) == {caregiver.user: 1, other_caregiver.user: 1, relative: 1}
    assert follows(http, http.get(roster.get_absolute_url())) == concerned(http, roster=roster.pk)


def test_rotation_means_its_patterns(http, schedule, caregiver, relative, branch, coordinator):
    rotation = Rotation.objects.create(branch=branch, name="North", weeks=2, starts_on=MONDAY, created_by=coordinator)
    RotationShift.objects.create(rotation=rotation, row=1, schedule=schedule, slot=1)
    assert follows(http, http.get(rotation.get_absolute_url())) == {caregiver.user: 12, relative: 12}


def test_publication_means_the_days_it_showed(http, schedule, caregiver, relative, branch, coordinator):
    publication = publish_visits(branch, MONDAY + dt.timedelta(days=13), by=coordinator)
    assert follows(http, http.get(publication.get_absolute_url())) == {caregiver.user: 2, relative: 2}


def test_what_one_may_not_see_is_not_found(as_user, other_coordinator, schedule, branch, caregiver):
    http = as_user(other_coordinator)
    url = reverse("scheduling:broadcast-create")
    change = SeriesChange.objects.get()
    team = Team.objects.create(branch=branch, name="North")
    for name, pk in (
        ("change", change.pk),
        ("client", schedule.client_id),
        ("team", team.pk),
        ("caregiver", caregiver.pk),
        ("roster", "x"),
    ):
        assert http.get(url, {name: pk}).status_code == 404, name


def test_who_may_not_write_is_not_asked_to(as_user, supervisor, schedule):
    page = as_user(supervisor).get(reverse("scheduling:client-visits", args=[schedule.client_id]))
    assert (page.status_code, linked(page)) == (200, [])


def test_clients_of_one_home_are_one_visit_for_the_caregiver(http, branch, caregiver, relative, coordinator):
    people = [ClientFactory(branch=branch, last_name="Diaz") for _ in range(2)]
    for client in people:
        AddressFactory(client=client)
    ContactFactory(client=people[1], user=relative, has_portal=True)
    nine = dt.datetime(2026, 12, 8, 14, tzinfo=dt.UTC)
    lead = create_visit(
        people[0],
        service_type=ServiceTypeFactory(),
        starts_at=nine,
        ends_at=nine + dt.timedelta(hours=2),
        caregiver=caregiver,
        by=coordinator,
    )
    share_visit(lead, Share(people[1], ServiceTypeFactory()), by=coordinator)
    assert concerned(http, since="2026-12-08", until="2026-12-08") == {caregiver.user: 1, relative: 1}
    assert concerned(http, client=people[1].pk) == {caregiver.user: 1, relative: 1}, "also begun from who follows"
