"""Messages to everybody concerned: who, what they read, what leaves the house, once."""

import datetime as dt
import re
import threading
import uuid

import pytest
import time_machine
from django.core import mail
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from homecare.accounts.roles import RoleName
from homecare.errors import Conflict, DomainError
from homecare.inbox.models import Notification
from homecare.inbox.services.delivery import deliver_due
from homecare.inbox.services.notification import read_notification
from homecare.jobs.models import Job
from homecare.jobs.services.job import run_job
from scheduling.audience import reach, unknown_fields
from scheduling.models import Broadcast, LostVisit, Visit
from scheduling.services.broadcast import send_broadcast, tell_recipients
from tests.conftest import person
from tests.factories import ClientFactory, ContactFactory, MemberFactory, TimeOffFactory, UserFactory, VisitFactory

pytestmark = pytest.mark.django_db
NINE = dt.datetime(2026, 12, 7, 14, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel(dt.datetime(2026, 12, 6, 15, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def client_of(branch, relative):
    client = ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez")
    ContactFactory(client=client, user=relative, has_portal=True)
    return client


@pytest.fixture
def visits(client_of, caregiver):
    return [VisitFactory(client=client_of, caregiver=caregiver, starts_at=NINE + n * 3 * HOUR) for n in range(2)]


def rows():
    return Visit.objects.select_related("client", "branch", "caregiver__user")


def send(by, *, text="Snow on {day}, {name}: {visits} visits.", audience="both", **fields):
    reached = reach(rows(), audience)
    how = {"expected": reached.digest, "key": uuid.uuid4(), "topic": "weather", "selection": {}, "visit_count": 2}
    return send_broadcast(reached, **(how | fields), audience=audience, text=text, branch=None, by=by)


def test_each_person_once_with_their_own_words(visits, caregiver, relative, coordinator):
    row = send(coordinator)
    assert {one.user: one.body for one in row.recipients.all()} == {
        caregiver.user: "Snow on Mon 7 Dec, Pat: 2 visits.",
        relative: "Snow on Mon 7 Dec, Pat: 2 visits.",
    }
    assert Notification.objects.filter(kind="office.message").count() == 2
    assert row.recipients.unsent().count() == 0


def test_who_is_told(visits, client_of, branch, caregiver, relative):
    silent = MemberFactory(branch=branch)
    alone = ClientFactory(branch=branch, last_name="Mensah")
    VisitFactory(client=alone, caregiver=silent, starts_at=NINE)
    VisitFactory(client=alone, starts_at=NINE)
    assert [one.user for one in reach(rows(), "caregivers").people] == [caregiver.user]
    assert reach(rows(), "caregivers").unreachable == [silent.full_name]
    assert [one.user for one in reach(rows(), "families").people] == [relative]
    assert reach(rows(), "families").unreachable == [f"family of {alone.full_name}"]
    assert {one.user for one in reach(rows(), "both").people} == {caregiver.user, relative}


def test_caregivers_hear_nothing_of_visits_not_published_yet(visits, branch, caregiver, relative):
    type(branch).objects.filter(pk=branch.pk).update(published_until=NINE - 48 * HOUR)
    with time_machine.travel(NINE - 96 * HOUR):
        assert [one.user for one in reach(rows(), "both").people] == [relative]


def test_nothing_of_the_text_leaves_the_house(
    visits, caregiver, relative, coordinator, django_capture_on_commit_callbacks
):
    send(coordinator, text="Rosa has a fever, {name}.")
    assert deliver_due() == 2
    sent = "".join(message.subject + message.body + str(message.alternatives) for message in mail.outbox)
    assert "The office has a message about the weather and visits" in sent
    assert "fever" not in sent
    assert "Rosa" not in sent


def test_quiet_hours_hold_it_back_unless_urgent(visits, caregiver, coordinator):
    type(caregiver.user).objects.update(quiet_from=dt.time(0), quiet_until=dt.time(23))
    send(coordinator, audience="caregivers")
    assert deliver_due() == 0
    send(coordinator, audience="caregivers", is_urgent=True)
    assert deliver_due() == 1


def test_only_known_fields(visits, coordinator):
    assert unknown_fields("{name} {diagnosis} {0} {name.password} {}") == ["", "0", "diagnosis", "name.password"]
    with pytest.raises(DomainError, match="diagnosis"):
        send(coordinator, text="{diagnosis}")
    assert Broadcast.objects.count() == 0


def test_the_same_form_twice_is_one_message(visits, coordinator):
    key = uuid.uuid4()
    assert send(coordinator, key=key).pk == send(coordinator, key=key).pk
    assert Notification.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_are_one_message(visits, coordinator):
    key, barrier, found, failed = uuid.uuid4(), threading.Barrier(3), [], []

    def press():
        barrier.wait()
        try:
            found.append(send(coordinator, key=key).pk)
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (failed, len(set(found)), Notification.objects.count()) == ([], 1, 2)


def test_sending_is_refused_when_others_would_be_told(visits, client_of, branch, coordinator):
    seen = reach(rows(), "both").digest
    ContactFactory(client=client_of, user=person(RoleName.FAMILY, None), has_portal=True)
    with pytest.raises(Conflict):
        send(coordinator, expected=seen)


def test_nobody_concerned_is_refused(branch, coordinator):
    with pytest.raises(DomainError, match="Nobody"):
        send(coordinator)


def test_many_are_told_by_a_job_that_may_run_twice(branch, coordinator, monkeypatch):
    client = ClientFactory(branch=branch)
    VisitFactory(client=client, starts_at=NINE)
    for _ in range(51):
        ContactFactory(client=client, user=UserFactory(), has_portal=True)
    row = send(coordinator)
    assert Notification.objects.count() == 0
    job = Job.objects.get(kind="scheduling.send_broadcast")
    run_job(job.pk)
    job.refresh_from_db()
    told = Notification.objects.filter(kind="office.message")
    assert (job.status, told.count()) == ("done", 51)
    row.recipients.update(notification=None)
    tell_recipients(row)
    assert (told.count(), row.recipients.unsent().count()) == (51, 0)
    row.refresh_from_db()
    assert row.finished_at is not None


def test_page_previews_sends_and_shows_who_has_seen_it(visits, caregiver, relative, coordinator, as_user):
    http = as_user(coordinator)
    url = reverse("scheduling:broadcast-create") + "?since=2026-12-07&until=2026-12-07"
    page = http.get(url)
    assert {one.user for one, _text in page.context["shown"]} == {caregiver.user, relative}
    typed = {"topic": "weather", "audience": "families", "text": "Snow, {name}", "key": str(uuid.uuid4())}
    preview = http.post(f"{url}&preview", typed).content.decode()
    assert "Snow, Pat" in preview
    expected = re.search(r'name="expected" value="(\w+)"', preview)[1]
    wrong = http.post(url, typed | {"text": "{blood}", "expected": expected})
    assert "text" in wrong.context["form"].errors
    assert "{blood}" in wrong.content.decode()
    http.post(url, typed | {"expected": expected})
    http.post(url, typed | {"expected": expected})
    row = Broadcast.objects.get()
    assert (row.visit_count, row.selection["since"]) == (2, "2026-12-07")
    read_notification(Notification.objects.get(recipient=relative), by=relative)
    assert "Seen by 1 of 1" in http.get(row.get_absolute_url()).content.decode()
    listed = http.get(reverse("scheduling:broadcast-list")).context["object_list"][0]
    assert (listed.asked, listed.told, listed.seen) == (1, 1, 1)
    read = http.get(reverse("api:broadcast-detail", args=[row.pk])).json()
    assert read["recipients"][0]["seen_at"]


def test_absence_chooses_the_lost_visits(visits, caregiver, coordinator, as_user):
    away = TimeOffFactory(member=caregiver, starts_at=NINE, ends_at=NINE + 9 * HOUR)
    LostVisit.objects.create(time_off=away, visit=visits[1])
    page = as_user(coordinator).get(reverse("scheduling:broadcast-create"), {"absence": away.pk})
    assert page.context["visit_count"] == 1


def test_another_branch_neither_reaches_nor_reads_it(visits, coordinator, other_coordinator, as_user):
    row = send(coordinator)
    http = as_user(other_coordinator)
    assert http.get(row.get_absolute_url()).status_code == 404
    page = http.get(reverse("scheduling:broadcast-create") + "?since=2026-12-07&until=2026-12-07")
    assert page.context["visit_count"] == 0
    assert as_user(coordinator).get(row.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("name", ["create", "list", "detail"])
def test_pages_cost_the_same_for_1_and_30(name, client_of, visits, coordinator, as_user):
    http = as_user(coordinator)
    row = send(coordinator)
    urls = {
        "create": reverse("scheduling:broadcast-create") + "?since=2026-12-07",
        "list": reverse("scheduling:broadcast-list"),
        "detail": row.get_absolute_url(),
    }

    def cost():
        with CaptureQueriesContext(connection) as found:
            assert http.get(urls[name]).status_code == 200
        return len(found)

    cost()
    first = cost()
    for _ in range(29):
        other = ClientFactory(branch=client_of.branch)
        relative = UserFactory()
        ContactFactory(client=other, user=relative, has_portal=True)
        VisitFactory(client=other, starts_at=NINE)
        row.recipients.create(user=relative, concern="x", body="y")
        Broadcast.objects.create(branch=other.branch, topic="other", audience="both", text="x", created_by=coordinator)
    assert cost() == first
