"""Webhooks: written with the event, signed, in order per visit, at least once, to public addresses alone."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import threading
from collections import Counter

import pytest
import time_machine
from django.db import connections, transaction

from homecare.audit.services.event import record
from homecare.clock import now
from homecare.webhooks.models import Dispatch, Message
from homecare.webhooks.services import dispatch
from homecare.webhooks.services.endpoint import (
    create_endpoint,
    ping_endpoint,
    switch_endpoint,
)
from homecare.webhooks.signature import sign
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
