"""Calendar addresses of clients, families and offices: what they show, who makes and stops them, when they end."""

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client as HttpClient
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from homecare.accounts.models import User
from homecare.audit.models import Event
from homecare.errors import DomainError
from scheduling.calendar_feed import AHEAD, PAST
from scheduling.models import Appointment, CalendarFeed, Visit
from scheduling.services.appointment import cancel_appointment, save_appointment, skip_day
from scheduling.services.feed import (
    create_client_feed,
    create_family_feed,
    create_feed,
    create_office_feed,
    forget_former,
    revoke_one,
)
from staff.models import FormerTeammate, Member, Team
from staff.services.team import change_team, dissolve_team, make_team
from tests.factories import ClientFactory, ContactFactory, ServiceTypeFactory, VisitFactory

pytestmark = pytest.mark.django_db
START = dt.datetime(2026, 12, 1, 13, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel(dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def client_of(branch):
    return ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez", important="Insulin at 8")


@pytest.fixture
def visit(client_of, caregiver):
    Member.objects.filter(pk=caregiver.pk).update(first_name="Maria", preferred_name="Mia")
    service = ServiceTypeFactory(code="WC", name="Wound care")
    return VisitFactory(client=client_of, caregiver=caregiver, service_type=service, starts_at=START)


@pytest.fixture
def family(relative, client_of):
    ContactFactory(client=client_of, user=relative, has_portal=True)
    return relative


def read(secret, **headers):
    return HttpClient().get(reverse("scheduling:calendar-feed", args=[secret]), headers=headers)


def summaries(response):
    return [str(event["summary"]) for event in Calendar.from_ical(response.content).walk("VEVENT")]


def test_client_feed_says_who_comes_when_and_nothing_about_health(client_of, visit, coordinator):
    VisitFactory(client=client_of, starts_at=START + dt.timedelta(days=1))
    VisitFactory(client__branch=client_of.branch, starts_at=START)
    _feed, secret = create_client_feed(client_of, label="Daughter", by=coordinator)
    answer = read(secret)
    assert summaries(answer) == ["Home visit: Mia", "Home visit"]
    assert not [
        word for word in (b"Rosa", b"Lopez", b"Wound", b"Insulin", b"Silva", b"Daughter") if word in answer.content
    ]
    assert read(secret, **{"If-None-Match": answer["ETag"]}).status_code == 304


def test_client_feed_shows_what_was_cancelled(client_of, visit, coordinator):
    _feed, secret = create_client_feed(client_of, label="Daughter", by=coordinator)
    Visit.objects.filter(pk=visit.pk).update(status="cancelled", version=2)
    (event,) = Calendar.from_ical(read(secret).content).walk("VEVENT")
    assert (str(event["status"]), event["sequence"]) == ("CANCELLED", 4)


def test_client_feed_outlives_the_person_who_made_it(client_of, visit, coordinator):
    _feed, secret = create_client_feed(client_of, label="Daughter", by=coordinator)
    User.objects.filter(pk=coordinator.pk).update(is_active=False)
    assert read(secret).status_code == 200


def test_family_feed_ends_with_the_portal(client_of, visit, family):
    _feed, secret = create_family_feed(client_of, by=family)
    assert summaries(read(secret)) == ["Home visit: Mia"]
    client_of.contacts.update(has_portal=False)
    assert read(secret).status_code == 404


def test_family_makes_and_stops_its_own(client_of, visit, family, as_user):
    http = as_user(family)
    made = http.post(reverse("scheduling:family-calendar-create", args=[client_of.pk]))
    address = made.context["address"]
    assert address in made.content.decode()
    secret = address.rpartition("/")[2].removesuffix(".ics")
    assert read(secret).status_code == 200
    assert address not in http.get(reverse("scheduling:family-calendar")).content.decode()
    again = http.post(reverse("scheduling:family-calendar-create", args=[client_of.pk])).context["address"]
    assert (read(secret).status_code, again == address) == (404, False)
    http.post(reverse("scheduling:family-calendar-revoke", args=[client_of.pk]))
    assert CalendarFeed.objects.live().count() == 0
    stranger = ClientFactory(branch=client_of.branch)
    assert http.post(reverse("scheduling:family-calendar-create", args=[stranger.pk])).status_code == 404


def test_family_page_speaks_its_language(family, as_user):
    User.objects.filter(pk=family.pk).update(language="es")
    http = as_user(User.objects.get(pk=family.pk))
    http.cookies["django_language"] = "es"
    assert "Visitas en mi calendario" in http.get(reverse("scheduling:family-calendar")).content.decode()


def test_office_feed_of_a_branch_and_of_a_team(branch, visit, caregiver, other_caregiver, coordinator):
    VisitFactory(client__branch=branch, client__first_name="Ann", client__last_name="Berg", starts_at=START)
    _feed, whole = create_office_feed(branch, by=coordinator)
    assert sorted(summaries(read(whole))) == ["A.B. · unfilled", "R.L. · M.S."]
    _feed, team = create_office_feed(branch, members=[caregiver], label="North", by=coordinator)
    assert summaries(read(team)) == ["R.L. · M.S."]
    _feed, nobody = create_office_feed(branch, members=[other_caregiver], by=coordinator)
    assert summaries(read(nobody)) == []
    assert b"Lopez" not in read(whole).content


def test_office_feed_follows_its_team(branch, other_branch, visit, caregiver, other_caregiver, coordinator):
    team = Team.objects.create(branch=branch, name="North")
    team.members.add(other_caregiver)
    _feed, secret = create_office_feed(branch, team=team, label="North", by=coordinator)
    assert summaries(read(secret)) == []
    team.members.add(caregiver)
    assert summaries(read(secret)) == ["R.L. · M.S."]
    Visit.objects.filter(pk=visit.pk).update(caregiver=None, version=2)
    (event,) = Calendar.from_ical(read(secret).content).walk("VEVENT")
    assert (str(event["status"]), event["sequence"], str(event["summary"])) == ("CANCELLED", 5, "R.L. · unfilled")
    with pytest.raises(DomainError, match="not both"):
        create_office_feed(branch, team=team, members=[caregiver], by=coordinator)
    with pytest.raises(DomainError, match="of this branch"):
        create_office_feed(other_branch, team=team, by=coordinator)
    dissolve_team(team, by=coordinator)
    assert read(secret).status_code == 404


def entries(secret) -> list[tuple]:
    found = Calendar.from_ical(read(secret).content).walk("VEVENT")
    return [(str(row["uid"]), str(row["status"]), row["sequence"], str(row["summary"])) for row in found]


def test_team_feed_takes_out_who_left(branch, visit, caregiver, other_caregiver, coordinator):
    team = make_team(branch, "North", members=[caregiver], by=coordinator)
    _feed, secret = create_office_feed(branch, team=team, label="North", by=coordinator)
    uid = f"visit-{visit.pk}@localhost"
    assert entries(secret) == [(uid, "CONFIRMED", 4, "R.L. · M.S.")]
    change_team(team, members=[], by=coordinator)
    assert entries(secret) == [(uid, "CANCELLED", 5, "R.L. · M.S.")]
    assert b"URL:" not in read(secret).content
    later = VisitFactory(caregiver=caregiver, client=visit.client, starts_at=START + dt.timedelta(days=1))
    Visit.objects.filter(pk=later.pk).update(created_at=timezone.now() + dt.timedelta(seconds=1))
    assert entries(secret) == [(uid, "CANCELLED", 5, "R.L. · M.S.")], "what was planned since was never in it"
    Visit.objects.filter(pk=visit.pk).update(caregiver=other_caregiver, version=2)
    assert entries(secret) == [(uid, "CANCELLED", 7, "R.L. · unfilled")], "once, though it has gone twice"
    change_team(team, members=[other_caregiver], by=coordinator)
    assert entries(secret) == [(uid, "CONFIRMED", 10, f"R.L. · {initials(other_caregiver)}")]
    Visit.objects.filter(pk=visit.pk).update(caregiver=caregiver, version=3)
    change_team(team, members=[caregiver], by=coordinator)
    assert (uid, "CONFIRMED", 14, "R.L. · M.S.") in entries(secret)


def test_who_left_a_team_is_forgotten_with_its_days(branch, caregiver, coordinator):
    team = make_team(branch, "North", members=[caregiver], by=coordinator)
    change_team(team, members=[], by=coordinator)
    assert forget_former() == 0
    with time_machine.travel(timezone.now() + PAST + AHEAD + dt.timedelta(days=1)):
        assert forget_former() == 1
    change_team(team, members=[caregiver], by=coordinator)
    change_team(team, members=[], by=coordinator)
    dissolve_team(team, by=coordinator)
    assert not FormerTeammate.objects.exists()


def initials(member) -> str:
    return f"{member.first_name[0]}.{member.last_name[0]}."


def test_client_feed_takes_out_appointments_that_are_off(client_of, coordinator):
    _feed, secret = create_client_feed(client_of, label="Daughter", by=coordinator)
    values = {"kind": "dialysis", "provider": "Kidney centre", "starts_on": dt.date(2026, 11, 23), "weekdays": [0, 2]}
    values |= {"start_time": dt.time(8), "duration_minutes": 240, "ends_on": dt.date(2026, 12, 2)}
    row = save_appointment(Appointment(client=client_of), values, by=coordinator)

    def shown():
        found = Calendar.from_ical(read(secret).content).walk("VEVENT")
        assert len({str(event["uid"]) for event in found}) == len(found), "each day once"
        return {event["dtstart"].dt.day: (str(event["status"]), event["sequence"]) for event in found}

    assert shown() == dict.fromkeys((23, 25, 30, 2), ("CONFIRMED", 1))
    skip_day(row, dt.date(2026, 11, 25), by=coordinator)
    assert shown() == dict.fromkeys((23, 30, 2), ("CONFIRMED", 2)) | {25: ("CANCELLED", 2)}
    save_appointment(row, {"weekdays": [0, 3]}, by=coordinator)
    assert shown() == dict.fromkeys((23, 26, 30), ("CONFIRMED", 3)) | dict.fromkeys((25, 2), ("CANCELLED", 3))
    save_appointment(row, {"weekdays": [0, 2, 3]}, by=coordinator)
    assert shown()[2] == ("CONFIRMED", 4), "a day that comes back is no longer dropped"
    cancel_appointment(row, by=coordinator)
    assert set(shown().values()) == {("CANCELLED", 5)}
    assert not [word for word in (b"Kidney", b"ialysis", b"Rosa") if word in read(secret).content]


def test_office_feed_ends_with_the_rights(branch, visit, coordinator, other_branch):
    _feed, secret = create_office_feed(branch, by=coordinator)
    coordinator.memberships.update(branch=other_branch)
    assert read(secret).status_code == 404
    coordinator.memberships.update(branch=branch)
    assert read(secret).status_code == 200
    coordinator.groups.clear()
    assert read(secret).status_code == 404


def test_feeds_cost_the_same_for_1_and_30_visits(client_of, coordinator):
    def cost(secret):
        with CaptureQueriesContext(connection) as found:
            assert read(secret).status_code == 200
        return len(found)

    secrets = [
        create_client_feed(client_of, label="x", by=coordinator)[1],
        create_office_feed(client_of.branch, by=coordinator)[1],
    ]
    VisitFactory(client=client_of, starts_at=START)
    [read(secret) for secret in secrets]
    first = [cost(secret) for secret in secrets]
    for n in range(30):
        VisitFactory(client=client_of, starts_at=START + dt.timedelta(hours=n))
    assert [cost(secret) for secret in secrets] == first


def test_list_shows_what_is_near_and_stops_it(
    branch, visit, client_of, caregiver, family, coordinator, other_coordinator, other_branch, as_user
):
    create_feed(by=caregiver.user)
    create_family_feed(client_of, by=family)
    feed, secret = create_client_feed(client_of, label="Neighbour", by=coordinator)
    create_office_feed(other_branch, by=other_coordinator)
    http = as_user(coordinator)
    rows = http.get(reverse("scheduling:calendar-list")).context["object_list"]
    assert [row.kind for row in rows] == ["client", "client", "own"]
    assert as_user(other_coordinator).post(reverse("scheduling:calendar-revoke", args=[feed.pk])).status_code == 404
    read(secret)
    assert CalendarFeed.objects.get(pk=feed.pk).last_read_at is not None
    http.post(reverse("scheduling:calendar-revoke", args=[feed.pk]))
    assert read(secret).status_code == 404
    assert revoke_one(feed, by=coordinator).revoked_at is not None, "twice is harmless"
    assert Event.objects.filter(action="calendar_feed.revoked").count() == 1


def test_list_costs_the_same_for_1_and_30(client_of, coordinator, as_user):
    http = as_user(coordinator)

    def cost():
        with CaptureQueriesContext(connection) as found:
            assert http.get(reverse("scheduling:calendar-list")).status_code == 200
        return len(found)

    create_client_feed(client_of, label="x", by=coordinator)
    cost()
    first = cost()
    for n in range(29):
        create_client_feed(client_of, label=f"x{n}", by=coordinator)
    assert cost() == first


def test_office_pages_show_the_address_once(branch, client_of, caregiver, other_branch, coordinator, as_user):
    http = as_user(coordinator)
    url = reverse("scheduling:calendar-create")
    made = http.post(url, {"branch": branch.pk, "label": "North", "members": [caregiver.pk]})
    assert made.context["address"] in made.content.decode()
    assert list(CalendarFeed.objects.get().members.all()) == [caregiver]
    made = http.post(reverse("scheduling:calendar-create-client", args=[client_of.pk]), {"label": "Daughter"})
    assert made.context["address"] in made.content.decode()
    refused = http.post(url, {"branch": other_branch.pk})
    assert "branch" in refused.context["form"].errors


def test_database_refuses_a_feed_of_nobody(branch, client_of):
    for fields in ({"kind": "own"}, {"kind": "client"}, {"kind": "office", "branch": branch}):
        with pytest.raises(IntegrityError, match="calendar_feed_of_somebody"), transaction.atomic():
            CalendarFeed.objects.create(**fields, digest=str(fields))


def test_api_lists_and_stops(client_of, coordinator, as_user):
    feed, secret = create_client_feed(client_of, label="x", by=coordinator)
    http = as_user(coordinator)
    (row,) = http.get(reverse("api:calendar-list")).json()["results"]
    assert (row["kind"], row["client"], "digest" in row) == ("client", client_of.pk, False)
    assert http.post(reverse("api:calendar-revoke", args=[feed.pk])).json()["revoked_at"]
    assert read(secret).status_code == 404
