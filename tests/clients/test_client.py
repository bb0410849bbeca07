"""Charts: numbers, status arrows, addresses, contacts, care team, wishes about caregivers."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import connections

from clients.models import CareTeamMember, Client
from clients.services.address import add_address, update_address
from clients.services.care_team import add_to_team, end_team_membership, set_preference
from clients.services.client import change_status, create_client, update_client
from clients.services.contact import add_contact
from homecare.accounts.models import User
from homecare.audit.models import Event
from homecare.errors import Conflict, DomainError, InvalidTransition
from tests.factories import BranchFactory, ClientFactory, MemberFactory

BORN = dt.date(1940, 5, 12)
ROSA = {"first_name": "Rosa", "last_name": "Lopez", "birth_on": BORN}


def test_create_client_gives_the_next_number_and_an_address(branch, coordinator):
    first = create_client(branch=branch, by=coordinator, **ROSA)
    second = create_client(branch=branch, by=coordinator, address={"line1": "1 Elm Street", "city": "Boston"}, **ROSA)
    assert int(second.number[2:]) == int(first.number[2:]) + 1
    assert second.number.startswith("C-")
    assert len(second.number) == 8
    assert second.addresses.get().is_primary
    actions = Event.objects.about_client(second.pk).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["client.created", "address.added"]


def test_create_client_skips_numbers_taken_over_from_elsewhere(branch, coordinator):
    now = create_client(branch=branch, by=coordinator, **ROSA)
    taken = ClientFactory(branch=branch, number=f"C-{int(now.number[2:]) + 1:06}")
    fresh = create_client(branch=branch, by=coordinator, **ROSA)
    assert int(fresh.number[2:]) == int(taken.number[2:]) + 1


@pytest.mark.django_db(transaction=True)
def test_chart_numbers_do_not_repeat_when_many_are_made_at_once():
    by, branch = User.system(), BranchFactory()
    numbers, errors = [], []

    def run():
        try:
            numbers.extend(create_client(branch=branch, by=by, **ROSA).number for _n in range(5))
        except Exception as error:  # shown below
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert errors == []
    assert len(set(numbers)) == 20


def test_birth_date_in_the_future_is_refused(branch, coordinator):
    with pytest.raises(DomainError, match="future") as caught:
        create_client(branch=branch, by=coordinator, **{**ROSA, "birth_on": dt.date(2999, 1, 1)})
    assert caught.value.field == "birth_on"
    assert not Client.objects.exists()


def test_update_client_records_only_what_changed(coordinator, branch):
    client = ClientFactory(branch=branch)
    update_client(client, by=coordinator, first_name="Rosalia", last_name=client.last_name)
    assert Event.objects.get(action="client.updated").changes == {"first_name": ["Rosa", "Rosalia"]}
    update_client(client, by=coordinator, first_name="Rosalia")
    assert Event.objects.filter(action="client.updated").count() == 1


def test_update_client_leaves_status_alone(coordinator, branch):
    with pytest.raises(DomainError, match="status"):
        update_client(ClientFactory(branch=branch), by=coordinator, status="discharged")


@pytest.mark.parametrize("before", list(Client.Status))
@pytest.mark.parametrize("after", list(Client.Status))
def test_client_arrows(before, after, coordinator, branch):
    client = ClientFactory(branch=branch, status=before)
    if before == after or after in Client.TRANSITIONS[before]:
        assert change_status(client, after, by=coordinator, reason="because").status == after
        assert Event.objects.filter(action=f"client.{after}").count() == (before != after)
    else:
        with pytest.raises(InvalidTransition):
            change_status(client, after, by=coordinator, reason="because")


def test_hold_and_discharge_need_a_reason_and_keep_the_dates(coordinator, branch):
    client = ClientFactory(branch=branch, status="assessment")
    client = change_status(client, "active", by=coordinator)
    started = client.started_on
    with pytest.raises(DomainError, match="why") as caught:
        change_status(client, "on_hold", by=coordinator)
    assert caught.value.field == "reason"
    client = change_status(client, "on_hold", by=coordinator, reason="In hospital")
    assert (client.status_reason, client.started_on) == ("In hospital", started)
    client = change_status(client, "discharged", by=coordinator, reason="Moved away")
    assert client.ended_on is not None
    client = change_status(client, "assessment", by=coordinator)
    assert (client.ended_on, client.status_reason, client.started_on) == (None, "", started)


def test_exactly_one_address_is_primary(coordinator, branch):
    client = ClientFactory(branch=branch)
    home = add_address(client, by=coordinator, line1="1 Elm Street", city="Boston")
    winter = add_address(client, by=coordinator, line1="9 Palm Road", city="Miami", kind="other")
    assert (home.is_primary, winter.is_primary) == (True, False)
    update_address(winter, by=coordinator, is_primary=True)
    home.refresh_from_db()
    assert not home.is_primary
    winter.refresh_from_db()
    assert update_address(winter, by=coordinator, is_primary=False).is_primary


def test_contact_must_be_reachable_for_what_it_gets(coordinator, branch):
    client = ClientFactory(branch=branch)
    with pytest.raises(DomainError, match="phone"):
        add_contact(client, by=coordinator, name="Ana")
    with pytest.raises(DomainError, match="invoices"):
        add_contact(client, by=coordinator, name="Ana", phone="1", receives_invoices=True)
    assert add_contact(client, by=coordinator, name="Ana", email="ana@homecare.example", receives_invoices=True).pk


def test_care_team_membership_is_once_and_ends(coordinator, branch):
    client, member = ClientFactory(branch=branch), MemberFactory(branch=branch)
    row = add_to_team(client, member, part="Caregiver", since=dt.date(2026, 1, 5), by=coordinator)
    with pytest.raises(Conflict, match="already on the care team as Caregiver"):
        add_to_team(client, member, part="Caregiver", since=dt.date(2026, 2, 5), by=coordinator)
    with pytest.raises(DomainError, match="before the first"):
        end_team_membership(row, until=dt.date(2025, 12, 1), by=coordinator)
    end_team_membership(row, until=dt.date(2026, 3, 1), by=coordinator)
    assert not CareTeamMember.objects.current().filter(client=client).exists()


def test_excluded_caregiver_leaves_the_team_and_cannot_come_back(coordinator, branch, caregiver):
    client = ClientFactory(branch=branch)
    add_to_team(client, caregiver, part="Caregiver", since=dt.date(2026, 1, 5), by=coordinator)
    assert client in Client.objects.visible_to(caregiver.user)
    set_preference(client, caregiver, kind="preferred", by=coordinator)
    wish = set_preference(client, caregiver, kind="excluded", reason="Late too often", by=coordinator)
    assert client.caregiver_preferences.get() == wish
    assert client.care_team.get().until is not None
    with pytest.raises(DomainError, match="Remove the exclusion"):
        add_to_team(client, caregiver, part="Caregiver", since=dt.date(2026, 1, 5), by=coordinator)
