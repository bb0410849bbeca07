"""Receivers: which addresses are asked, how they are signed to, and when they are no longer asked."""

import datetime as dt
import time

import pytest
import time_machine

from homecare.clock import now
from homecare.errors import DomainError
from homecare.inbox.models import Notification
from homecare.webhooks import outside
from homecare.webhooks.models import Dispatch, Endpoint, Message
from homecare.webhooks.services import dispatch
from homecare.webhooks.services.endpoint import (
    create_endpoint,
    ping_endpoint,
    rotate_secret,
    switch_endpoint,
    update_endpoint,
)
from homecare.webhooks.signature import secret_of
from tests.webhooks.test_dispatch import check

pytestmark = pytest.mark.django_db


def test_an_endpoint_that_fails_for_days_is_switched_off_and_people_hear_of_it(endpoint, listener, manager):
    listener.answers = [500, 500]
    ping_endpoint(endpoint, by=manager)
    dispatch.deliver_due()
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.status) == (True, "failing")
    with time_machine.travel(now() + dt.timedelta(days=5, minutes=1)):
        dispatch.deliver_due()
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.switched_off_because) == (False, "Nothing arrived for five days.")
    note = Notification.objects.get(recipient=manager)
    assert endpoint.name not in note.title
    switch_endpoint(endpoint, on=True, by=manager)
    assert dispatch.deliver_due() == 1
    endpoint.refresh_from_db()
    assert endpoint.status == "active"


def test_a_receiver_that_is_gone_is_not_asked_again(endpoint, listener, manager):
    listener.answers = [410]
    ping_endpoint(endpoint, by=manager)
    dispatch.deliver_due()
    assert Endpoint.objects.get().is_active is False


def test_both_secrets_sign_for_a_day_after_a_rotation(endpoint, listener, manager):
    _row, new = rotate_secret(endpoint, by=manager)
    ping_endpoint(endpoint, by=manager)
    dispatch.deliver_due()
    headers, body = listener.heard[-1]
    assert check(endpoint.secret, headers, body)
    assert check(new, headers, body)
    with time_machine.travel(now() + dt.timedelta(hours=25)):
        ping_endpoint(endpoint, by=manager)
        dispatch.deliver_due()
    headers, body = listener.heard[-1]
    assert not check(endpoint.secret, headers, body)
    assert check(new, headers, body)


def test_a_new_installation_key_is_signed_beside_the_old_one(endpoint, listener, manager, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10
    ping_endpoint(endpoint, by=manager)
    dispatch.deliver_due()
    headers, body = listener.heard[-1]
    assert check(endpoint.secret, headers, body)
    assert check(secret_of(endpoint.public_id, 1), headers, body)


def test_redirects_are_not_followed(endpoint, listener, manager):
    listener.answers = [302]
    row = ping_endpoint(endpoint, by=manager)
    dispatch.deliver_due()
    row.refresh_from_db()
    assert (row.status, row.last_try["code"], len(listener.heard)) == ("waiting", 302, 1)


def test_an_answer_that_drips_is_cut_off(endpoint, listener, manager, monkeypatch):
    monkeypatch.setattr(outside, "WHOLE_SECONDS", 0.3)
    listener.drips = 0.05
    started = time.monotonic()
    ping_endpoint(endpoint, by=manager)
    dispatch.deliver_due()
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:0001::1",
        "ff02::1",
    ],
)
def test_private_addresses_are_refused(address, monkeypatch):
    monkeypatch.setattr(outside.socket, "getaddrinfo", lambda *a, **k: [(0, 0, 0, "", (address, 443))])
    with pytest.raises(outside.Refused):
        outside.resolve("https://hooks.example.com/x")


def test_a_name_with_one_private_address_is_refused_and_a_public_one_pinned(monkeypatch):
    answers = ["93.184.216.34", "10.0.0.1"]
    monkeypatch.setattr(outside.socket, "getaddrinfo", lambda *a, **k: [(0, 0, 0, "", (one, 443)) for one in answers])
    with pytest.raises(outside.Refused):
        outside.resolve("https://hooks.example.com/x")
    answers.pop()
    assert outside.resolve("https://hooks.example.com/x?a=1") == outside.Target(
        "hooks.example.com", 443, "/x?a=1", "93.184.216.34", True
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "https://user:secret@hooks.example.com/",
        "https:///nothing",
        "https://hooks.example.com:99999/",
        "https://hooks.example.com/a b",
        "javascript:alert(1)",
        "https://[::1/",
    ],
)
def test_addresses_of_another_shape_are_refused(url):
    with pytest.raises(outside.Refused):
        outside.check_shape(url)


def test_an_address_that_became_private_is_not_asked(endpoint, listener, manager, settings):
    """DNS changed after it was saved: it is checked again at each try."""
    settings.WEBHOOKS_ALLOW_LOOPBACK = False
    row = ping_endpoint(endpoint, by=manager)
    dispatch.deliver_due()
    row.refresh_from_db()
    assert listener.heard == []
    assert row.last_try["code"] is None


def test_form_errors_name_the_field(listener, manager):
    with pytest.raises(DomainError) as caught:
        create_endpoint(name="x", url="http://10.0.0.1/", kinds=["visit.missed"], branch=None, by=manager)
    assert caught.value.field == "url"
    with pytest.raises(DomainError) as caught:
        create_endpoint(name="x", url=listener.url, kinds=["visit.danced"], branch=None, by=manager)
    assert caught.value.field == "kinds"


def test_what_waits_goes_to_the_new_address(endpoint, listener, manager):
    listener.answers = [500]
    ping_endpoint(endpoint, by=manager)
    dispatch.deliver_due()
    update_endpoint(endpoint, name="Moved", url=listener.url + "?v=2", kinds=["visit.missed"], branch=None, by=manager)
    with time_machine.travel(now() + dt.timedelta(minutes=1)):
        assert dispatch.deliver_due() == 1


def test_old_messages_are_forgotten_except_what_waits(endpoint, listener, manager):
    done, waiting = ping_endpoint(endpoint, by=manager), ping_endpoint(endpoint, by=manager)
    Dispatch.objects.filter(pk=done.pk).update(status="delivered")
    Message.objects.update(happened_at=now() - dt.timedelta(days=31))
    dispatch.forget_old()
    assert list(Dispatch.objects.all()) == [waiting]


@pytest.mark.parametrize(
    ("tries", "words"),
    [
        ([], ""),
        ([{"code": 204, "error": "", "ms": 40}], "204 · 40 ms"),
        ([{"code": None, "error": "NameUnknown", "ms": 4}], "The name of the address is not known"),
        ([{"code": None, "error": "Refused in words.", "ms": 4}], "Refused in words."),
    ],
)
def test_last_answer_is_said_in_words(tries, words):
    assert Dispatch(tries=tries).last_answer == words
