"""The form of a team: finding caregivers as one types, with the keyboard alone."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from homecare.accounts.models import Agency
from homecare.accounts.roles import RoleName, sync_roles
from staff.models import Team
from tests.conftest import person
from tests.factories import BranchFactory, MemberFactory, RoleFactory


@pytest.fixture
def planner(transactional_db):
    sync_roles()
    Agency.current()
    branch = BranchFactory()
    nurse, aide = RoleFactory(code="RN", name="Registered nurse"), RoleFactory(code="HHA", name="Home health aide")
    for first, last, role in (("Zoë", "Álvarez", nurse), ("Ben", "Tran", nurse), ("Maria", "Silva", aide)):
        MemberFactory(branch=branch, first_name=first, last_name=last, role=role)
    return person(RoleName.COORDINATOR, branch)


@pytest.mark.parametrize("width", [1440, 360])
def test_caregivers_are_found_and_ticked_with_the_keyboard(page_as, check_axe, fits, planner, width):
    page = page_as(planner, width=width)
    page.goto(reverse("staff:team-create"))
    page.locator("#id_branch").select_option(index=1)
    page.locator("#id_name").fill("South")
    find = page.get_by_role("searchbox", name="Find by name or role")
    find.fill("alv")
    boxes = page.locator("[data-tick-list] input[type=checkbox]:visible")
    expect(boxes).to_have_count(1)
    find.press("Enter")
    find.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("[data-tick-count]")).to_have_text("1 of 3 shown, 1 ticked")
    find.fill("health aide")
    expect(boxes).to_have_count(1)
    assert check_axe(page) == [] and fits(page)
    page.locator("label[data-tick]:visible").click()
    page.get_by_role("button", name="Make the team").click()
    page.wait_for_url("**" + reverse("staff:team-list"))
    assert {row.last_name for row in Team.objects.get().members.all()} == {"Álvarez", "Silva"}
