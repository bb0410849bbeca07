"""Filling next week in Chromium: unfilled visits, a proposed roster, a line changed, applied in one step."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import expect

from homecare.accounts.models import Agency
from homecare.accounts.roles import RoleName, sync_roles
from homecare.clock import at_local, monday_of, today
from homecare.jobs.models import Job
from homecare.jobs.services.job import run_job_now
from scheduling.models import Roster, Visit
from tests.conftest import person
from tests.factories import AddressFactory, BranchFactory, ClientFactory, MemberFactory, VisitFactory

ZONE = "America/New_York"


@pytest.fixture
def next_week(transactional_db):
    """Six unfilled visits of next Monday and Tuesday; Maria and Ben are free."""
    sync_roles()
    Agency.current()
    branch = BranchFactory()
    monday = monday_of(today(ZONE)) + dt.timedelta(days=7)
    for first_name in ("Maria", "Ben"):
        MemberFactory(branch=branch, first_name=first_name, last_name="Silva", always_available=True)
    for day in (0, 1):
        for hour, last_name in ((9, "Lopez"), (11, "Mensah"), (14, "Chen")):
            client = ClientFactory(branch=branch, first_name="Rosa", last_name=f"{last_name}{day}")
            AddressFactory(client=client)
            VisitFactory(client=client, starts_at=at_local(monday + dt.timedelta(days=day), dt.time(hour), ZONE))
    return person(RoleName.COORDINATOR, branch, first_name="Dana", last_name="Reyes")


def test_next_week_is_filled_by_a_roster(page_as, check_axe, fits, next_week):
    page = page_as(next_week)
    clicks = 0

    def click(locator):
        nonlocal clicks
        clicks += 1
        locator.click()

    page.goto("/schedule/rosters/")
    assert check_axe(page) == []
    click(page.get_by_role("link", name="New roster").first)
    page.locator("select[name=seconds]").select_option("15")
    assert check_axe(page) == []
    click(page.get_by_role("button", name="Begin"))
    expect(page.get_by_text("Waiting for a free worker …")).to_be_visible()
    Roster.objects.update(seconds=5)
    run_job_now(Job.objects.get())
    click(page.get_by_role("link", name="See the draft"))
    expect(page.get_by_role("link", name="Changes 6")).to_be_visible()
    expect(page.get_by_role("row", name="Visits filled 0 6")).to_be_visible()
    assert check_axe(page) == []
    assert not Visit.objects.exclude(caregiver=None).exists()

    page.get_by_role("link", name="Change… Rosa Lopez0").click()
    page.get_by_label("Caregiver").select_option(label="Ben Silva · PSW")
    page.get_by_role("button", name="Change the draft").click()
    expect(page.get_by_text("The draft is changed.")).to_be_visible()

    click(page.get_by_role("link", name="Apply…"))
    click(page.locator("#dialog").get_by_role("button", name="Apply"))
    expect(page.get_by_text("6 visits are changed.")).to_be_visible()
    assert clicks <= 5
    assert not Visit.objects.filter(caregiver=None).exists()
    assert Visit.objects.get(client__last_name="Lopez0").caregiver.first_name == "Ben"
    page.set_viewport_size({"width": 390, "height": 844})
    assert fits(page)
    assert check_axe(page) == []
