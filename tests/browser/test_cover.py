"""Covering visits in Chromium: Maria is sick (clicks counted), and an offer that two caregivers accept at once."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from homecare.accounts.models import Agency
from homecare.accounts.roles import RoleName, sync_roles
from homecare.clock import at_local, today
from scheduling.models import Offer, Visit
from tests.conftest import person
from tests.factories import (
    AddressFactory,
    BranchFactory,
    ClientFactory,
    MemberFactory,
    ServiceTypeFactory,
    VisitFactory,
)

ZONE = "America/New_York"


@pytest.fixture
def team(transactional_db):
    """Maria with three visits tomorrow at three clients; Ben and Cleo are free and near."""
    sync_roles()
    Agency.current()
    branch = BranchFactory()

    def caregiver(first_name):
        user = person(RoleName.CAREGIVER, branch, first_name=first_name)
        return MemberFactory(branch=branch, user=user, first_name=first_name, last_name="Silva", always_available=True)

    members = {name: caregiver(name) for name in ("Maria", "Ben", "Cleo")}
    service, tomorrow = ServiceTypeFactory(), today(ZONE) + dt.timedelta(days=1)
    visits = []
    for hour, last_name in ((9, "Lopez"), (11, "Mensah"), (14, "Chen")):
        client = ClientFactory(branch=branch, first_name="Rosa", last_name=last_name)
        AddressFactory(client=client, city="Quincy")
        starts_at = at_local(tomorrow, dt.time(hour), ZONE)
        visits.append(
            VisitFactory(client=client, service_type=service, starts_at=starts_at, caregiver=members["Maria"])
        )
    coordinator = person(RoleName.COORDINATOR, branch, first_name="Dana", last_name="Reyes")
    return {"coordinator": coordinator, "members": members, "visits": visits, "tomorrow": tomorrow}


def test_maria_is_sick_and_all_is_covered_in_five_clicks(page_as, check_axe, fits, team):
    maria = team["members"]["Maria"]
    page: Page = page_as(team["coordinator"])
    clicks = 0

    def click(locator):
        nonlocal clicks
        clicks += 1
        locator.click()

    page.goto(maria.get_absolute_url())
    click(page.get_by_role("link", name="Absent…"))
    day = team["tomorrow"].isoformat()
    page.locator("input[name=from_day]").fill(day)
    page.locator("input[name=until_day]").fill(day)
    assert check_axe(page) == []
    click(page.get_by_role("button", name="Note the absence"))
    page.wait_for_url("**/schedule/absences/**")
    expect(page.get_by_role("checkbox")).to_have_count(3)
    assert check_axe(page) == []
    page.get_by_label("Takes over Rosa Mensah").select_option(label="Cleo Silva")
    click(page.get_by_role("button", name="Accept the ticked proposals"))
    expect(page.get_by_text("3 visits are covered.")).to_be_visible()
    expect(page.get_by_text("Every visit is settled.")).to_be_visible()
    assert clicks <= 5
    assert not Visit.objects.filter(caregiver=maria).exists()
    team["visits"][1].refresh_from_db()
    assert team["visits"][1].caregiver == team["members"]["Cleo"]
    page.set_viewport_size({"width": 390, "height": 844})
    assert fits(page)


def test_offer_accepted_on_two_phones_goes_to_one(page_as, check_axe, fits, team):
    visit = team["visits"][0]
    Visit.objects.filter(pk=visit.pk).update(caregiver=None)
    office = page_as(team["coordinator"])
    office.goto("/schedule/visits/unfilled/?days=7")
    office.get_by_role("link", name="Offer… Rosa Lopez").click()
    expect(office.get_by_role("checkbox", name="Ben Silva")).to_be_checked()
    office.get_by_label("Wage an hour, $").fill("22.50")
    assert check_axe(office) == []
    office.get_by_role("button", name="Send the offer").click()
    office.wait_for_url("**/schedule/offers/**")

    phones = [page_as(team["members"][name].user, width=390) for name in ("Ben", "Cleo")]
    for phone in phones:
        phone.goto("/care/")
        phone.get_by_role("link", name="1 visit is offered to you").click()
        expect(phone.get_by_text("$22.50 an hour")).to_be_visible()
        expect(phone.get_by_text("Quincy")).to_be_visible()
        assert "Lopez" not in phone.content()
        assert check_axe(phone) == []
        assert fits(phone)
    phones[0].get_by_role("button", name="Yes, I take it").click()
    expect(phones[0].get_by_text("It is yours.")).to_be_visible()
    phones[1].get_by_role("button", name="Yes, I take it").click()
    expect(phones[1].get_by_text("Somebody else was faster")).to_be_visible()
    offer = Offer.objects.get()
    visit.refresh_from_db()
    assert (offer.status, visit.caregiver) == ("filled", team["members"]["Ben"])
    office.reload()
    assert check_axe(office) == []
    expect(office.get_by_text("Has it")).to_be_visible()
