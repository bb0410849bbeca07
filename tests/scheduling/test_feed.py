"""The calendar feed: initials only, revocable, stable."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test import Client as HttpClient
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from scheduling.models import CalendarFeed, FormerCaregiver, Visit
from scheduling.models.visit import ALWAYS_SHOWN
from scheduling.services.feed import create_feed, forget_former, revoke_feed
from tests.factories import AddressFactory, ClientFactory, VisitFactory

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def visit(caregiver):
    client = ClientFactory(branch=caregiver.branch, first_name="Rosa", last_name="Lopez", important="Insulin at 8")
    AddressFactory(client=client)
    return VisitFactory(caregiver=caregiver, client=client, starts_at=dt.datetime(2026, 12, 1, 13, tzinfo=dt.UTC))


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel(dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC), tick=False):
        yield


def read(secret, **headers):
    return HttpClient().get(reverse("scheduling:calendar-feed", args=[secret]), headers=headers)


def events(response) -> list:
    return Calendar.from_ical(response.content).walk("VEVENT")


def test_feed_names_nobody(caregiver, visit):
    _feed, secret = create_feed(by=caregiver.user)
    response = read(secret)
    (event,) = events(response)
    assert str(event["summary"]) == "Visit R.L."
    assert str(event["uid"]) == f"visit-{visit.pk}@localhost"
    assert event["sequence"] == 2 * visit.version
    assert str(event["status"]) == "CONFIRMED"
    assert event["dtstart"].dt == visit.starts_at
    assert str(event["dtstart"].params["TZID"]) == "America/New_York"
    assert len(Calendar.from_ical(response.content).walk("VTIMEZONE")) == 1
    for private in (b"Rosa", b"Lopez", b"Beacon", b"Insulin"):
        assert private not in response.content
    assert response["Content-Type"].startswith("text/calendar")
    assert response["Cache-Control"] == "private, max-age=900"


def test_feed_keeps_cancelled_visits_for_30_days(caregiver, visit):
    Visit.objects.filter(pk=visit.pk).update(status="cancelled", version=2)
    _feed, secret = create_feed(by=caregiver.user)
    (event,) = events(read(secret))
    assert (str(event["status"]), event["sequence"]) == ("CANCELLED", 4)
    with time_machine.travel(visit.starts_at + dt.timedelta(days=31)):
        assert events(read(secret)) == []


def test_feed_has_only_own_visits(caregiver, other_caregiver, visit):
    VisitFactory(caregiver=other_caregiver, client=visit.client)
    _feed, secret = create_feed(by=caregiver.user)
    assert len(events(read(secret))) == 1


def test_feed_answers_304_while_nothing_changed(caregiver, visit):
    _feed, secret = create_feed(by=caregiver.user)
    first = read(secret)
    assert read(secret, **{"If-None-Match": first["ETag"]}).status_code == 304
    Visit.objects.filter(pk=visit.pk).update(version=2)
    assert read(secret, **{"If-None-Match": first["ETag"]}).status_code == 200


def test_feed_secret_works_until_it_is_replaced_or_revoked(caregiver, visit):
    _feed, old = create_feed(by=caregiver.user)
    _feed, new = create_feed(by=caregiver.user)
    assert (read(old).status_code, read(new).status_code) == (404, 200)
    assert CalendarFeed.objects.live().get().last_read_at == timezone.now()
    assert (revoke_feed(by=caregiver.user), revoke_feed(by=caregiver.user)) == (1, 0)
    assert read(new).status_code == 404
    assert read("guess").status_code == 404


def test_feed_of_somebody_who_left_is_gone(caregiver, visit):
    _feed, secret = create_feed(by=caregiver.user)
    type(caregiver.user).objects.filter(pk=caregiver.user.pk).update(is_active=False)
    assert read(secret).status_code == 404


def test_calendar_page_shows_the_address_once(caregiver, as_user):
    http = as_user(caregiver.user)
    made = http.post(reverse("scheduling:phone-calendar-create"))
    address = made.context["address"]
    assert address in made.content.decode()
    assert HttpClient().get(address.replace("http://localhost:8000", "")).status_code == 200
    assert address not in http.get(reverse("scheduling:phone-calendar")).content.decode()
    http.post(reverse("scheduling:phone-calendar-revoke"))
    assert HttpClient().get(address.replace("http://localhost:8000", "")).status_code == 404


def test_feed_takes_out_what_went_to_somebody_else(caregiver, other_caregiver, visit):
    _feed, secret = create_feed(by=caregiver.user)
    before = events(read(secret))[0]
    start = visit.starts_at
    visit.caregiver, visit.version = other_caregiver, 2
    visit.save()
    visit.starts_at, visit.ends_at, visit.version = start + HOUR, start + 2 * HOUR, 3
    visit.save()
    (event,) = events(read(secret))
    assert (str(event["uid"]), str(event["status"]), event["sequence"]) == (str(before["uid"]), "CANCELLED", 3)
    assert event["dtstart"].dt == start, "when the client is visited now is not theirs to read"
    assert str(event["summary"]) == "Visit R.L."
    assert b"/care/visits/" not in read(secret).content, "its page is no longer theirs"
    Visit.objects.filter(pk=visit.pk).update(caregiver=caregiver, version=4)
    (event,) = events(read(secret))
    assert (str(event["status"]), event["sequence"]) == ("CONFIRMED", 8)


def test_who_had_a_visit_is_forgotten_with_its_day(caregiver, other_caregiver, visit):
    Visit.objects.filter(pk=visit.pk).update(caregiver=other_caregiver, version=2)
    assert forget_former() == 0
    with time_machine.travel(visit.starts_at + dt.timedelta(days=31)):
        assert forget_former() == 1


def test_feed_says_nothing_of_what_was_never_shown(caregiver, other_caregiver, visit):
    until = visit.starts_at - HOUR
    type(caregiver.branch).objects.filter(pk=caregiver.branch_id).update(published_until=until)
    _feed, secret = create_feed(by=caregiver.user)
    Visit.objects.filter(pk=visit.pk).update(caregiver=other_caregiver, version=2)
    assert events(read(secret)) == []


def test_feed_takes_out_what_moved_beyond_the_published_days(caregiver, visit):
    branches, start = type(caregiver.branch).objects.filter(pk=caregiver.branch_id), visit.starts_at
    branches.update(published_until=start + HOUR)
    _feed, secret = create_feed(by=caregiver.user)
    assert events(read(secret))[0]["sequence"] == 2
    later = start + dt.timedelta(days=7)
    Visit.objects.filter(pk=visit.pk).update(starts_at=later, ends_at=later + HOUR, version=2)
    (event,) = events(read(secret))
    assert (str(event["status"]), event["sequence"], event["dtstart"].dt) == ("CANCELLED", 3, start)
    assert "url" not in event, "where it is now is not published"
    branches.update(published_until=later + HOUR)
    (event,) = events(read(secret))
    assert (str(event["status"]), event["sequence"], event["dtstart"].dt) == ("CONFIRMED", 4, later)


def test_feed_takes_out_a_confirmed_visit_beyond_the_published_days(caregiver, visit):
    type(caregiver.branch).objects.filter(pk=caregiver.branch_id).update(published_until=visit.starts_at - HOUR)
    Visit.objects.filter(pk=visit.pk).update(status="confirmed", version=2)
    _feed, secret = create_feed(by=caregiver.user)
    assert str(events(read(secret))[0]["status"]) == "CONFIRMED"
    Visit.objects.filter(pk=visit.pk).update(status="cancelled", version=3)
    (event,) = events(read(secret))
    assert (str(event["status"]), event["sequence"]) == ("CANCELLED", 5)


def test_feed_is_silent_about_moves_among_unpublished_days(caregiver, visit):
    type(caregiver.branch).objects.filter(pk=caregiver.branch_id).update(published_until=visit.starts_at - HOUR)
    _feed, secret = create_feed(by=caregiver.user)
    later = visit.starts_at + dt.timedelta(days=7)
    Visit.objects.filter(pk=visit.pk).update(starts_at=later, ends_at=later + HOUR, version=2)
    assert FormerCaregiver.objects.count() == 0
    type(caregiver.branch).objects.filter(pk=caregiver.branch_id).update(published_until=visit.starts_at + HOUR)
    assert events(read(secret)) == []


@pytest.mark.parametrize("hours", [47, 49])
def test_what_is_near_was_shown(hours, caregiver):
    """The database's 48 hours are the model's ALWAYS_SHOWN."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        moment = cursor.fetchone()[0]
    with time_machine.travel(moment, tick=False):
        type(caregiver.branch).objects.filter(pk=caregiver.branch_id).update(published_until=timezone.now())
        start = timezone.now() + ALWAYS_SHOWN + dt.timedelta(hours=hours - 48)
        near = VisitFactory(caregiver=caregiver, client__branch=caregiver.branch, starts_at=start)
        is_shown = Visit.objects.published().filter(pk=near.pk).exists()
        Visit.objects.filter(pk=near.pk).update(caregiver=None, version=2)
    assert FormerCaregiver.objects.get().was_shown == is_shown == (hours == 47)


def test_feed_says_when_a_visit_last_changed(caregiver, visit):
    _feed, secret = create_feed(by=caregiver.user)
    (first,) = events(read(secret))
    assert first["last-modified"].dt == first["dtstamp"].dt == visit.created_at
    Visit.objects.filter(pk=visit.pk).update(note="Ring twice")
    assert events(read(secret))[0]["last-modified"].dt == visit.created_at, "nothing a calendar shows has changed"
    Visit.objects.filter(pk=visit.pk).update(status="cancelled", version=2)
    (event,) = events(read(secret))
    seen = Visit.objects.get(pk=visit.pk).changed_at
    assert event["last-modified"].dt == event["dtstamp"].dt == seen.replace(microsecond=0) != visit.created_at
    assert str(event["transp"]) == "TRANSPARENT"
