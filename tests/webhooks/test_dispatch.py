"""Webhooks: written with the event, signed, in order per visit, at least once, to public addresses alone."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import threading
import time
from collections import Counter

import pytest
import time_machine
from django.db import connections, transaction

from homecare.audit.services.event import record
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
from homecare.webhooks.signature import secret_of, sign
from scheduling.models import Visit, VisitException
from scheduling.services.approval import approve_visits, mark_missed
from scheduling.services.clock import clock_in, clock_out
from scheduling.services.visit import assign_visit, cancel_visit, create_visit, move_visit
from tests.factories import ClientFactory, ServiceTypeFactory, VisitFactory

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def kinds_of(rows=None):
    return list(
        (Dispatch.objects.all() if rows is None else rows).order_by("pk").values_list("message__kind", flat=True)
    )


def check(secret, headers, body):
    """As a receiver would: the id, the time and the raw body, with any of the signatures."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return wanted in headers["webhook-signature"].split(" ")


def test_signature_is_that_of_the_specification():
    """The example that the Standard Webhooks libraries test themselves with."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    found = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_happens_to_a_visit_is_told_without_names(endpoint, listener, branch, caregiver, coordinator):
    client = ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez")
    start = now().replace(microsecond=0) - 2 * HOUR
    with time_machine.travel(start - 48 * HOUR):
        visit = create_visit(
            client,
            service_type=ServiceTypeFactory(),
            starts_at=start,
            ends_at=start + HOUR,
            note="Insulin",
            by=coordinator,
        )
        visit = assign_visit(visit, caregiver, by=coordinator)
        move_visit(visit, starts_at=start + dt.timedelta(minutes=5), by=coordinator)
    begun = start + dt.timedelta(minutes=5)
    clock_in(visit, at=begun, by=caregiver.user, member=caregiver)
    clock_out(visit, at=begun + HOUR, by=caregiver.user, member=caregiver)
    VisitException.objects.all().delete()
    approve_visits([visit], by=coordinator)
    told = ["planned", "assigned", "changed", "started", "completed", "approved"]
    assert kinds_of() == [f"visit.{one}" for one in told]
    assert dispatch.deliver_due() == 6
    bodies = [json.loads(body) for _headers, body in listener.heard]
    assert [body["type"] for body in bodies] == kinds_of()
    assert bodies[5]["data"]["approved_minutes"] == 60
    assert bodies[1]["data"] == {
        "visit": visit.pk,
        "version": 2,
        "status": "planned",
        "branch": branch.pk,
        "client": client.pk,
        "caregiver": caregiver.pk,
        "service_type": "PC",
        "schedule": None,
        "starts_at": start.isoformat(),
        "ends_at": (start + HOUR).isoformat(),
        "started_at": None,
        "finished_at": None,
        "approved_minutes": None,
    }
    everything = b"".join(body for _headers, body in listener.heard)
    assert not [word for word in (b"Rosa", b"Lopez", b"Insulin", b"Maria") if word in everything]
    assert all(check(endpoint.secret, headers, body) for headers, body in listener.heard)


def test_missed_and_cancelled_are_told(endpoint, branch, caregiver, coordinator):
    past = VisitFactory(client__branch=branch, caregiver=caregiver, starts_at=now() - 3 * HOUR)
    mark_missed(past, by=coordinator, reason="Storm")
    ahead = VisitFactory(client__branch=branch, starts_at=now() + 30 * HOUR)
    cancel_visit(ahead, reason="Storm", by=coordinator)
    assert kinds_of() == ["visit.missed", "visit.cancelled"]


def test_an_event_that_is_rolled_back_is_not_told(endpoint, branch, coordinator):
    visit = VisitFactory(client__branch=branch)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        cancel_visit(visit, reason="Storm", by=coordinator)
        raise ZeroDivisionError
    assert Message.objects.count() == Dispatch.objects.count() == 0


def test_the_same_event_written_twice_is_one_message(endpoint, branch, coordinator):
    visit = VisitFactory(client__branch=branch)
    record("visit.created", visit, by=coordinator)
    record("visit.created", visit, by=coordinator)
    assert kinds_of() == ["visit.planned"]


def test_only_who_wants_it_is_told(listener, manager, branch, other_branch, coordinator):
    make = {"url": listener.url, "by": manager}
    create_endpoint(name="Here", kinds=["visit.cancelled"], branch=branch, **make)
    create_endpoint(name="There", kinds=["visit.cancelled"], branch=other_branch, **make)
    create_endpoint(name="Other", kinds=["visit.missed"], branch=None, **make)
    off, _secret = create_endpoint(name="Off", kinds=["visit.cancelled"], branch=None, **make)
    switch_endpoint(off, on=False, by=manager)
    cancel_visit(VisitFactory(client__branch=branch), reason="Storm", by=coordinator)
    assert list(Dispatch.objects.values_list("endpoint__name", flat=True)) == ["Here"]


def test_without_webhooks_a_write_costs_one_query(branch, coordinator, django_assert_num_queries):
    visit = VisitFactory(client__branch=branch)
    with django_assert_num_queries(2):
        record("visit.cancelled", visit, by=coordinator)


def test_bulk_writes_cost_the_same_for_1_and_30(endpoint, branch, caregiver, coordinator):
    from django.test.utils import CaptureQueriesContext

    from tests.factories import completed_visit

    def cost(count, start):
        days = [start + dt.timedelta(days=n) for n in range(count)]
        rows = [completed_visit(caregiver, starts_at=day, client__branch=branch) for day in days]
        with CaptureQueriesContext(connections["default"]) as found:
            approve_visits(rows, by=coordinator)
        return len(found)

    first = dt.datetime(2026, 6, 1, 14, tzinfo=dt.UTC)
    assert cost(1, first) == cost(30, first + dt.timedelta(days=5))
    assert Counter(kinds_of()) == {"visit.approved": 31}


def test_failures_wait_longer_and_are_given_up_after_a_day(endpoint, listener, manager):
    listener.answers = [500] * 50
    row = ping_endpoint(endpoint, by=manager)
    moment = now()
    waits = []
    for _ in range(20):
        with time_machine.travel(moment, tick=False):
            dispatch.deliver_due()
        row.refresh_from_db()
        if row.status == "failed":
            break
        waits.append((row.due_at - moment).total_seconds())
        moment = row.due_at
    assert (row.status, row.attempts, len(listener.heard)) == ("failed", 9, 9)
    assert all(low <= found <= low * 1.2 for low, found in zip((5, 60, 300, 1800), waits[:4], strict=True))
    assert 23 * 3600 <= sum(waits) <= 29 * 3600
    assert row.last_try["code"] == 500
    assert len({headers["webhook-id"] for headers, _body in listener.heard}) == 1
    assert len({body for _headers, body in listener.heard}) == 1
    dispatch.redeliver(row, by=manager)
    listener.answers = []
    assert dispatch.deliver_due() == 1
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("delivered", 1)


def test_order_is_kept_per_visit_while_others_go_on(endpoint, listener, branch, coordinator):
    one, other = VisitFactory(client__branch=branch), VisitFactory(client__branch=branch)
    record("visit.created", one, by=coordinator)
    Visit.objects.filter(pk=one.pk).update(version=2)
    record("visit.moved", one, by=coordinator)
    record("visit.created", other, by=coordinator)
    listener.answers = [503]
    dispatch.deliver_due()
    assert kinds_of(Dispatch.objects.filter(status="delivered")) == []
    with time_machine.travel(now() + dt.timedelta(minutes=1)):
        assert dispatch.deliver_due() == 3
    subjects = [(body["data"]["visit"], body["type"]) for body in map(json.loads, (b for _h, b in listener.heard))]
    of_one = [kind for pk, kind in subjects if pk == one.pk]
    assert of_one == ["visit.planned", "visit.planned", "visit.changed"]


def test_a_worker_killed_in_the_middle_loses_nothing(endpoint, listener, manager, monkeypatch):
    row = ping_endpoint(endpoint, by=manager)

    class Killed(BaseException):
        """As SIGKILL: nothing of ours runs any more."""

    def die(*_args):
        raise Killed

    monkeypatch.setattr(dispatch, "post", die)
    with pytest.raises(Killed):
        dispatch.deliver_due()
    monkeypatch.undo()
    listener_settings = endpoint.url
    assert listener_settings == listener.url
    assert dispatch.deliver_due() == 0, "the lease still runs"
    with time_machine.travel(now() + dispatch.LEASE + dt.timedelta(seconds=1)):
        assert dispatch.deliver_due() == 1
    row.refresh_from_db()
    assert (row.status, row.attempts, len(listener.heard)) == ("delivered", 2, 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_each_message_once(endpoint, listener, branch, coordinator):
    for _ in range(12):
        record("visit.created", VisitFactory(client__branch=branch), by=coordinator)
    barrier = threading.Barrier(3)

    def work():
        barrier.wait()
        try:
            dispatch.deliver_due()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    heard = Counter(headers["webhook-id"] for headers, _body in listener.heard)
    assert (len(heard), set(heard.values())) == (12, {1})


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
