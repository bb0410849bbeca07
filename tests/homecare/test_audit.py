"""The trail: it grows only, a break in it is found, and the right people read it."""

from __future__ import annotations

import datetime as dt
import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections, transaction
from django.urls import reverse
from django.utils import timezone

from homecare.audit.models import Event, Seal
from homecare.audit.services.event import record
from homecare.audit.services.seal import seal_branch, seal_branches, verify_branch
from tests.factories import ClientFactory
from tests.homecare.conftest import queries_of

pytestmark = pytest.mark.django_db


def sql(text: str) -> None:
    """Writes past the guard of the trail, as somebody with the keys of the database could."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER event_append_only")
        cursor.execute("ALTER TABLE audit_seal DISABLE TRIGGER seal_append_only")
        cursor.execute(text)
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER event_append_only")
        cursor.execute("ALTER TABLE audit_seal ENABLE TRIGGER seal_append_only")


def write(client, by, count: int = 5) -> list[Event]:
    """Events that have settled."""
    made = [record("client.changed", client, by=by, changes={"phone": [str(n), str(n + 1)]}) for n in range(count)]
    settle()
    return made


def settle() -> None:
    moment = timezone.now() - dt.timedelta(hours=1)
    sql(f"UPDATE audit_event SET at = '{moment.isoformat()}' WHERE at > '{moment.isoformat()}'")  # noqa: S608


@pytest.fixture
def sealed(branch, coordinator) -> list[Event]:
    """Three seals over fifteen events of one branch."""
    client = ClientFactory(branch=branch)
    events = []
    for _ in range(3):
        events += write(client, coordinator)
        assert seal_branch(branch.pk) is not None
    assert verify_branch(branch.pk) is None
    return events


def test_seal_covers_what_has_settled_and_follows_the_one_before(sealed, branch):
    first, second, third = Seal.objects.filter(branch=branch).order_by("pk")
    assert [seal.event_count for seal in (first, second, third)] == [5, 5, 5]
    assert (first.previous, second.previous, third.previous) == (None, first, second)
    assert seal_branch(branch.pk) is None


def test_seal_leaves_recent_events_for_the_next(branch, coordinator):
    record("client.changed", ClientFactory(branch=branch), by=coordinator)
    assert seal_branch(branch.pk) is None
    settle()
    assert seal_branches() == 1
    assert seal_branches() == 0


def test_seal_chains_of_branches_are_separate(branch, other_branch, coordinator):
    write(ClientFactory(branch=branch), coordinator, 2)
    write(ClientFactory(branch=other_branch), coordinator, 3)
    seal_branches()
    assert seal_branch(None) is None
    counts = {seal.branch_id: (seal.event_count, seal.previous) for seal in Seal.objects.all()}
    assert counts == {branch.pk: (2, None), other_branch.pk: (3, None)}


@pytest.mark.django_db(transaction=True)
def test_sealers_racing_make_one_chain(branch, coordinator):
    write(ClientFactory(branch=branch), coordinator, 20)

    def race():
        try:
            seal_branches()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Seal.objects.filter(branch=branch).count() == 1
    assert verify_branch(branch.pk) is None


@pytest.mark.parametrize(
    ("tampering", "reason"),
    [
        ("UPDATE audit_event SET changes = '{}' WHERE id = {event}", "not what they were"),
        ("UPDATE audit_event SET user_id = NULL WHERE id = {event}", "not what they were"),
        ("UPDATE audit_event SET at = at - interval '1 second' WHERE id = {event}", "not what they were"),
        ("DELETE FROM audit_event WHERE id = {event}", "covers 4 events, was made over 5"),
        ("UPDATE audit_event SET branch_id = NULL WHERE id = {event}", "covers 4 events, was made over 5"),
        ("UPDATE audit_seal SET digest = repeat('0', 64) WHERE id = {seal}", "not what they were"),
        (
            "UPDATE audit_seal SET previous_id = NULL WHERE id = {third};DELETE FROM audit_seal WHERE id = {seal}",
            "does not follow",
        ),
    ],
)
def test_tampering_is_found_and_named(sealed, branch, tampering, reason):
    _first, second, third = Seal.objects.filter(branch=branch).order_by("pk")
    for statement in tampering.split(";"):
        marks = {"{event}": sealed[7].pk, "{seal}": second.pk, "{third}": third.pk}
        for mark, value in marks.items():
            statement = statement.replace(mark, str(value))
        sql(statement)
    found = verify_branch(branch.pk)
    assert found is not None
    assert found.seal.pk == (third.pk if "DELETE FROM audit_seal" in tampering else second.pk)
    assert reason in found.reason


def test_verify_command_names_the_broken_seal_and_fails(sealed, branch):
    out, err = StringIO(), StringIO()
    call_command("verify_audit", stdout=out)
    assert f"{branch.name}: 3 seals hold" in out.getvalue()
    sql(f"DELETE FROM audit_event WHERE id = {sealed[12].pk}")  # noqa: S608
    with pytest.raises(CommandError, match="1 chain"):
        call_command("verify_audit", stdout=StringIO(), stderr=err)
    third = Seal.objects.get(first_event_id=sealed[10].pk)
    assert f"seal {third.pk}" in err.getvalue()
    assert f"events {third.first_event_id}–{third.last_event_id}" in err.getvalue()


def test_trail_refuses_change(sealed):
    for statement in ("UPDATE audit_event SET reason = 'x'", "DELETE FROM audit_seal"):
        refused = pytest.raises(IntegrityError, match="kept as they were")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_signing_in_and_out_and_failing_are_in_the_trail(coordinator, client):
    coordinator.set_password("correct horse battery")
    coordinator.save()
    url = reverse("account_login")
    client.post(url, {"login": coordinator.email, "password": "wrong"})
    client.post(url, {"login": "nobody@homecare.example", "password": "my-secret"})
    client.post(url, {"login": coordinator.email, "password": "correct horse battery"})
    client.post(reverse("account_logout"))
    trail = [(event.action, event.object_id, event.user_id, event.changes) for event in Event.objects.order_by("pk")]
    assert trail == [
        ("session.refused", coordinator.pk, None, {}),
        ("session.refused", None, None, {}),
        ("session.began", coordinator.pk, coordinator.pk, {}),
        ("session.ended", coordinator.pk, coordinator.pk, {}),
    ]


def test_event_list_is_for_managers_and_of_their_branches(manager, coordinator, other_coordinator, as_user, branch):
    record("client.changed", ClientFactory(branch=branch), by=coordinator, changes={"phone": ["1", "2"]})
    url = reverse("audit:event-list")
    assert as_user(coordinator).get(url).status_code == 403
    assert b"Client changed" in as_user(manager).get(url).content


def test_event_list_shows_no_rows_of_other_branches(manager, coordinator, as_user, branch, other_branch):
    manager.all_branches = False
    manager.save()
    record("client.discharged", ClientFactory(branch=other_branch), by=coordinator)
    record("client.changed", ClientFactory(branch=branch), by=coordinator)
    page = as_user(manager).get(reverse("audit:event-list")).content.decode()
    assert "Client changed" in page
    assert "Client discharged" not in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("action=client.", {"client.changed"}),
        ("kind=export", {"client.exported"}),
        ("since=2020-01-01&until=2020-01-02", set()),
        ("user={coordinator}", {"client.changed"}),
        ("type=clients.client&object={client}", {"client.changed", "client.exported"}),
        ("action=nothing.here", set()),
    ],
)
def test_event_list_filters(manager, coordinator, as_user, branch, query, expected):
    client = ClientFactory(branch=branch)
    record("client.changed", client, by=coordinator)
    record("client.exported", client, by=manager, kind=Event.Kind.EXPORT)
    if query == "action=client.":
        expected = {"client.changed", "client.exported"}
    query = query.format(coordinator=coordinator.pk, client=client.pk)
    page = as_user(manager).get(f"{reverse('audit:event-list')}?{query}")
    assert {event.action for event in page.context["events"]} == expected


def test_event_list_pages_backwards_with_a_constant_number_of_queries(manager, coordinator, as_user, branch):
    http, url = as_user(manager), reverse("audit:event-list")
    client = ClientFactory(branch=branch)
    record("client.changed", client, by=coordinator)
    with_one = queries_of(http, url)
    for _ in range(60):
        record("client.changed", client, by=coordinator)
    assert queries_of(http, url) == with_one <= 12
    first = http.get(url).context
    second = http.get(f"{url}?before={first['older']}").context
    assert len(first["events"]) == 50
    assert max(event.pk for event in second["events"]) < min(event.pk for event in first["events"])
    assert second["older"] is None


def test_client_trail_shows_one_record_and_is_itself_recorded(
    manager, coordinator, as_user, branch, other_branch, django_assert_max_num_queries
):
    mine, other = ClientFactory(branch=branch), ClientFactory(branch=branch)
    record("client.changed", mine, by=coordinator)
    record("client.discharged", other, by=coordinator)
    url = reverse("audit:client-trail", args=[mine.pk])
    page = as_user(manager).get(url)
    assert {event.action for event in page.context["events"]} == {"client.changed", "client.viewed"}
    assert Event.objects.about(mine).filter(kind=Event.Kind.VIEW, user=manager, reason="trail").count() == 1
    assert as_user(coordinator).get(url).status_code == 403
    manager.all_branches = False
    manager.save()
    far = ClientFactory(branch=other_branch)
    assert as_user(manager).get(reverse("audit:client-trail", args=[far.pk])).status_code == 404
