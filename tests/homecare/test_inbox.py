"""Telling people: once each, when they want it, whatever happens to workers and Redis."""

from __future__ import annotations

import datetime as dt
import threading
from smtplib import SMTPServerDisconnected

import pytest
import redis
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from homecare import clock
from homecare.accounts.models import User
from homecare.accounts.roles import RoleName
from homecare.inbox import sms
from homecare.inbox.audience import people_with
from homecare.inbox.kinds import declare, find_kind, kinds_for
from homecare.inbox.models import Channel, Delivery, Notification, Preference
from homecare.inbox.quiet_hours import send_after
from homecare.inbox.services.delivery import BACKOFF, CLAIM, deliver, deliver_due
from homecare.inbox.services.notification import notify
from homecare.inbox.services.preference import save_preferences
from tests.conftest import person
from tests.homecare.conftest import queries_of

pytestmark = pytest.mark.django_db
NEW_YORK = "America/New_York"
declare("test.loud", label="Loud", channels=("app", "email", "sms"))
declare("test.quiet", label="Quiet", channels=("app",))


class Texts:
    """Keeps what a gateway would have been handed."""

    sent: list[tuple[str, str]] = []

    def send(self, to: str, text: str) -> None:
        self.sent.append((to, text))


class DeadGateway:
    def send(self, to: str, text: str) -> None:
        raise sms.SmsError("no route")


class DeadMailServer(EmailBackend):
    def send_messages(self, messages) -> int:
        raise SMTPServerDisconnected("connection lost for rosa@homecare.example")


@pytest.fixture(autouse=True)
def texts(settings) -> list[tuple[str, str]]:
    settings.SMS_BACKEND = "tests.homecare.test_inbox.Texts"
    Texts.sent = []
    return Texts.sent


def tell(user: User, key: str = "once", kind: str = "test.loud", **more) -> Notification | None:
    return notify(
        user, kind, dedupe_key=key, title="You have a new visit", body="Rosa L.", url="/care/visits/7/", **more
    )


def at(hour: int, minute: int = 0, day: int = 24) -> dt.datetime:
    """A moment of 24 November 2026 in Boston, where it is UTC−5."""
    return clock.at_local(dt.date(2026, 11, day), dt.time(hour, minute), NEW_YORK)


@pytest.mark.parametrize(
    ("moment", "quiet", "expected"),
    [
        (at(12), (dt.time(21), dt.time(7)), at(12)),
        (at(22), (dt.time(21), dt.time(7)), at(7, day=25)),
        (at(3), (dt.time(21), dt.time(7)), at(7)),
        (at(21), (dt.time(21), dt.time(7)), at(7, day=25)),
        (at(7), (dt.time(21), dt.time(7)), at(7)),
        (at(13), (dt.time(12), dt.time(14)), at(14)),
        (at(13), (None, dt.time(14)), at(13)),
        (at(13), (dt.time(13), dt.time(13)), at(13)),
    ],
)
def test_quiet_hours_end_in_local_time(moment, quiet, expected):
    assert send_after(moment, *quiet, NEW_YORK) == expected


def test_quiet_hours_last_until_seven_on_the_night_the_clocks_change():
    moment = clock.at_local(dt.date(2026, 10, 31), dt.time(23), NEW_YORK)
    until = send_after(moment, dt.time(21), dt.time(7), NEW_YORK)
    assert until == clock.at_local(dt.date(2026, 11, 1), dt.time(7), NEW_YORK)
    assert until - moment == dt.timedelta(hours=9)


def test_notification_told_twice_is_one_row(coordinator, other_coordinator):
    assert tell(coordinator) is not None
    assert tell(coordinator) is None
    assert tell(other_coordinator) is not None
    assert Notification.objects.count() == 2


def test_notification_of_an_unknown_kind_is_a_programming_error(coordinator):
    with pytest.raises(LookupError, match="kind test"):
        tell(coordinator, kind="test.unknown")
    with pytest.raises(ValueError, match="pigeon"):
        declare("test.wrong", label="Wrong", channels=("pigeon",))
    with pytest.raises(LookupError):
        find_kind("test.wrong")


def test_notification_reaches_nobody_who_left_or_cannot_read(coordinator):
    User.objects.filter(pk=coordinator.pk).update(is_active=False)
    coordinator.refresh_from_db()
    assert tell(coordinator) is None
    assert tell(User.system()) is None


def test_message_waiting_for_somebody_who_left_is_not_sent(coordinator, mailoutbox):
    tell(coordinator)
    User.objects.filter(pk=coordinator.pk).update(is_active=False)
    assert deliver_due() == 0
    assert mailoutbox == []


def test_messages_hold_title_and_link_and_nothing_else(coordinator, texts, mailoutbox):
    coordinator.phone = "+16175550100"
    coordinator.save()
    row = tell(coordinator)
    assert deliver_due() == 2
    link = f"http://localhost:8000/inbox/{row.pk}/open/"
    assert texts == [("+16175550100", f"Homecare: You have a new visit {link}")]
    assert mailoutbox[0].to == [coordinator.email]
    assert mailoutbox[0].subject == "You have a new visit"
    for part in (mailoutbox[0].body, mailoutbox[0].alternatives[0][0]):
        assert link in part and "You have a new visit" in part
        assert "Rosa" not in part
    assert deliver_due() == 0


def test_people_without_a_number_get_no_text_message(coordinator, texts):
    tell(coordinator)
    assert [d.channel for d in Delivery.objects.all()] == [Channel.EMAIL]


def test_preference_overrides_the_kinds_channels(coordinator):
    channels = {"test.loud": ["app"], "test.quiet": ["app", "email"]}
    save_preferences(coordinator, channels, quiet_from=None, quiet_until=None, by=coordinator)
    tell(coordinator, "a", "test.loud")
    tell(coordinator, "b", "test.quiet")
    assert [(d.notification.kind, d.channel) for d in Delivery.objects.all()] == [("test.quiet", "email")]


def test_quiet_hours_hold_messages_back_unless_urgent(coordinator, mailoutbox):
    save_preferences(coordinator, {}, quiet_from=dt.time(21), quiet_until=dt.time(7), by=coordinator)
    with time_machine.travel(at(22), tick=False):
        tell(coordinator, "calm")
        tell(coordinator, "fire", urgent=True)
        assert deliver_due() == 1
        assert Notification.objects.visible_to(coordinator).unread().count() == 2
    with time_machine.travel(at(7, day=25), tick=False):
        assert deliver_due() == 1


def test_delivery_that_fails_is_tried_again_later_each_time_and_given_up(coordinator, settings):
    settings.EMAIL_BACKEND = "tests.homecare.test_inbox.DeadMailServer"
    tell(coordinator)
    row = Delivery.objects.get()
    for attempt, pause in enumerate(BACKOFF, start=1):
        assert deliver_due() == 0
        row.refresh_from_db()
        assert (row.status, row.attempts, row.last_error) == ("waiting", attempt, "SMTPServerDisconnected")
        assert dt.timedelta() < row.send_after - timezone.now() <= pause
        Delivery.objects.update(send_after=timezone.now())
    deliver_due()
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("failed", len(BACKOFF) + 1)


def test_dead_gateway_does_not_hold_up_the_mail(coordinator, settings, mailoutbox):
    settings.SMS_BACKEND = "tests.homecare.test_inbox.DeadGateway"
    User.objects.filter(pk=coordinator.pk).update(phone="+16175550100")
    coordinator.refresh_from_db()
    tell(coordinator)
    assert deliver_due() == 1
    assert len(mailoutbox) == 1
    assert Delivery.objects.get(channel=Channel.SMS).last_error == "SmsError"


def test_worker_that_died_after_sending_sends_the_same_message_again(coordinator, mailoutbox, monkeypatch):
    tell(coordinator)
    row = Delivery.objects.get()
    deliver(row.pk, row.send_after)
    Delivery.objects.update(status=Delivery.Status.WAITING, send_after=timezone.now() - CLAIM)
    assert deliver_due() == 1
    first, second = (message.message()["Message-ID"] for message in mailoutbox)
    assert first == second


@pytest.mark.django_db(transaction=True)
def test_deliverers_racing_send_each_message_once(coordinator):
    for number in range(20):
        tell(coordinator, str(number))
    mail.outbox.clear()

    def race():
        try:
            deliver_due()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mail.outbox) == 20
    assert set(Delivery.objects.values_list("status", "attempts")) == {("sent", 1)}


@pytest.mark.django_db(transaction=True)
def test_two_tellers_racing_make_one_row(coordinator):
    told: list[Notification | None] = []

    def race():
        try:
            told.append(tell(coordinator))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(row is not None for row in told) == 1
    assert Notification.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_redis_flushed_loses_no_message(coordinator, own_broker, mailoutbox):
    tell(coordinator)
    redis.Redis.from_url(own_broker).flushdb()
    assert deliver_due() == 1
    assert len(mailoutbox) == 1


def test_audience_is_who_may_in_that_branch(branch, other_branch, coordinator, other_coordinator, manager, biller):
    former = person(RoleName.COORDINATOR, branch, is_active=False)
    people = people_with("scheduling.change_visit", branch)
    assert list(people) == sorted([coordinator, manager], key=lambda user: user.pk)
    assert former not in people_with("scheduling.change_visit", None)
    assert other_coordinator in people_with("scheduling.change_visit", None)


def test_bell_counts_own_unread(coordinator, other_coordinator, as_user):
    tell(coordinator)
    assert b">1<" in as_user(coordinator).get(reverse("inbox:bell")).content
    assert as_user(other_coordinator).get(reverse("inbox:bell")).content.strip() == b""


def test_notification_opened_by_link_changes_nothing_and_by_button_is_read(coordinator, other_coordinator, as_user):
    row = tell(coordinator)
    url = reverse("inbox:notification-open", args=[row.pk])
    assert as_user(other_coordinator).post(url).status_code == 404
    assert as_user(coordinator).get(url).headers["Location"] == "/care/visits/7/"
    row.refresh_from_db()
    assert row.read_at is None
    assert as_user(coordinator).post(url).headers["Location"] == "/care/visits/7/"
    row.refresh_from_db()
    assert row.read_at is not None


def test_notifications_read_all_are_own_ones(coordinator, other_coordinator, as_user):
    tell(coordinator)
    theirs = tell(other_coordinator)
    as_user(coordinator).post(reverse("inbox:notification-read-all"))
    assert list(Notification.objects.unread()) == [theirs]


def test_notification_list_asks_the_same_number_of_queries_for_many_rows(coordinator, as_user):
    http, url = as_user(coordinator), reverse("inbox:notification-list")
    tell(coordinator)
    with_one = queries_of(http, url)
    for number in range(29):
        tell(coordinator, str(number))
    assert queries_of(http, url) == with_one <= 12


def test_caregiver_reads_notifications_in_the_phone_frame(caregiver, as_user):
    page = as_user(caregiver.user).get(reverse("inbox:notification-list"))
    assert page.status_code == 200
    assert b'data-frame="phone"' in page.content


def test_preferences_page_saves_channels_and_quiet_hours(coordinator, as_user):
    url = reverse("inbox:preferences")
    page = as_user(coordinator).post(url, {"kind-test.loud": ["email"], "quiet_from": "21:00", "quiet_until": "07:00"})
    assert page.status_code == 302
    coordinator.refresh_from_db()
    assert (coordinator.quiet_from, coordinator.quiet_until) == (dt.time(21), dt.time(7))
    assert Preference.objects.get(user=coordinator, kind="test.loud").channels == ["app", "email"]


def test_preferences_offer_only_what_one_can_be_told(caregiver, coordinator, relative):
    """A caregiver hears of own visits and time off, a family of nothing that is the office's."""

    def names(user):
        return {kind.name for kind in kinds_for(user)} - {"test.loud", "test.quiet"}

    assert {"visit.tomorrow", "time_off.decided", "credential.expiring"} <= names(caregiver.user)
    assert not names(caregiver.user) & {"vital.alert", "time_off.requested", "job.ended", "careplan.review"}
    assert {"time_off.requested", "job.ended"} <= names(coordinator)
    assert {name for name in names(relative) if not name.startswith("test.")} == {
        "family.visit_changed",
        "office.message",
    }


def test_preferences_page_asks_for_a_number_before_text_messages(coordinator, as_user):
    page = as_user(coordinator).post(reverse("inbox:preferences"), {"kind-test.loud": ["sms"], "quiet_from": "21:00"})
    assert page.status_code == 200
    assert b"need your mobile number" in page.content
    assert b"Enter both times" in page.content
    assert not Preference.objects.exists()
