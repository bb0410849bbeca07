"""A phone without signal is not an absent caregiver: what was heard last is said with every late visit."""

import datetime as dt

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from homecare.accounts.models import Agency
from homecare.inbox.models import Notification
from scheduling.models import PhoneContact
from scheduling.phone_contact import contact_sentence
from scheduling.services.phone_contact import note_contact
from scheduling.services.reminder import warn_late_visits
from tests.factories import VisitFactory
from tests.scheduling.test_clock import EIGHT, at

ZONE = "America/New_York"


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.mark.parametrize(
    ("minutes_ago", "expected"),
    [
        (None, "No clock-in; this caregiver's phone has never been heard."),
        (1, "Phone online 1 min ago, not clocked in."),
        (5, "Phone online 5 min ago, not clocked in."),
        (6, "No clock-in; phone last heard 08:54 (6 min ago): may be without signal."),
        (120, "No clock-in; phone last heard 07:00 (2 h ago): may be without signal."),
        (24 * 60, "No clock-in; phone last heard 11/02 09:00 (24 h ago): may be without signal."),
    ],
)
def test_last_contact_says_absent_or_without_signal(minutes_ago, expected):
    moment = at(60)
    seen = None if minutes_ago is None else moment - dt.timedelta(minutes=minutes_ago)
    assert contact_sentence(seen, moment, ZONE) == expected


@pytest.mark.django_db
def test_contact_is_written_at_most_once_a_minute(caregiver):
    with CaptureQueriesContext(connection) as first:
        note_contact(caregiver)
    with CaptureQueriesContext(connection) as second:
        note_contact(caregiver)
    assert (len(first) > 0, len(second), PhoneContact.objects.count()) == (True, 0, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["phone-today", "phone-week", "phone-event", "phone-events-waiting"])
def test_every_phone_page_is_a_contact(caregiver, as_user, name):
    as_user(caregiver.user).get(reverse(f"scheduling:{name}"))
    assert PhoneContact.objects.get().member == caregiver


@pytest.fixture
def late(caregiver):
    return VisitFactory(caregiver=caregiver, starts_at=EIGHT, client__branch=caregiver.branch)


def told(user):
    return dict(Notification.objects.filter(recipient=user).values_list("kind", "body"))


@pytest.mark.django_db
def test_late_visit_is_told_and_told_again_to_those_who_lead(late, caregiver, coordinator, manager):
    PhoneContact.objects.create(member=caregiver, last_seen_at=at(-60))
    warn_late_visits(at(15))
    assert Notification.objects.count() == 0
    warn_late_visits(at(16))
    heard = "No clock-in; phone last heard 07:00 (76 min ago): may be without signal."
    assert set(told(coordinator)) == {"visit.late"}
    assert told(coordinator)["visit.late"].startswith(heard)
    assert set(told(caregiver.user)) == {"visit.clock_in"}
    warn_late_visits(at(60))
    assert set(told(coordinator)) == {"visit.late"}
    warn_late_visits(at(61))
    warn_late_visits(at(62))
    assert set(told(coordinator)) == set(told(manager)) == {"visit.late", "visit.unattended"}
    assert Notification.objects.count() == 5


@pytest.mark.django_db
def test_minutes_are_the_agency_s(late, coordinator):
    agency = Agency.current()
    agency.grace_minutes, agency.missed_after_minutes = 5, 20
    agency.save()
    warn_late_visits(at(6))
    assert set(told(coordinator)) == {"visit.late"}
    warn_late_visits(at(21))
    assert set(told(coordinator)) == {"visit.late", "visit.unattended"}


@pytest.mark.django_db
def test_titles_name_no_client(late, coordinator):
    warn_late_visits(at(90))
    assert not any(late.client.last_name in title for title in Notification.objects.values_list("title", flat=True))


@pytest.mark.django_db
def test_today_says_when_the_phone_was_heard(late, caregiver, coordinator, as_user):
    PhoneContact.objects.create(member=caregiver, last_seen_at=at(29))
    with time_machine.travel(at(30), tick=False):
        http = as_user(coordinator)
        body = http.get(reverse("reports:today")).content.decode()
        assert "Phone online 1 min ago, not clocked in." in body
