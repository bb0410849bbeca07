"""The week board in Chromium: dragging, the keyboard, the dialog, refusals as sentences, widths and themes."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import expect

from clients.models import Client
from homecare.accounts.models import Agency
from homecare.accounts.roles import RoleName, sync_roles
from homecare.clock import at_local, monday_of, today
from scheduling.models import Visit
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
def world(transactional_db):
    """Two caregivers, two clients, and next week's visits at 09:00: two with a caregiver on Monday, one open."""
    sync_roles()
    Agency.current()
    branch = BranchFactory()
    monday = monday_of(today(ZONE)) + dt.timedelta(days=7)
    maria = MemberFactory(branch=branch, first_name="Maria", last_name="Silva", always_available=True)
    ben = MemberFactory(branch=branch, first_name="Ben", last_name="Tran", always_available=True)
    service = ServiceTypeFactory()

    def visit(client: Client, day: int, caregiver=None, hour=9):
        starts_at = at_local(monday + dt.timedelta(days=day), dt.time(hour), ZONE)
        ends_at = starts_at + dt.timedelta(hours=1)
        return VisitFactory(
            client=client, service_type=service, starts_at=starts_at, ends_at=ends_at, caregiver=caregiver
        )

    lopez = ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez")
    mensah = ClientFactory(branch=branch, first_name="Grace", last_name="Mensah")
    AddressFactory(client=lopez)
    return {
        "coordinator": person(RoleName.COORDINATOR, branch, first_name="Dana", last_name="Reyes"),
        "monday": monday,
        "maria": maria,
        "ben": ben,
        "lopez": visit(lopez, 0, maria),
        "mensah": visit(mensah, 0, ben),
        "open": visit(mensah, 2),
    }


def cell(page, member, day):
    row = member.pk if member else 0
    return page.locator(f"#c-{row}-{day}")


def open_board(page, world, query=""):
    page.goto(f"/schedule/?week={world['monday']}{query}")
    expect(page.get_by_role("heading", name="Week board")).to_be_visible()
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
@pytest.mark.parametrize("by", ["caregiver", "client"])
def test_board_is_accessible_and_fits(page_as, check_axe, fits, world, width, theme, by):
    page = open_board(page_as(world["coordinator"], width=width, color_scheme=theme), world, f"&by={by}")
    expect(page.locator(f"#v-{world['lopez'].pk}")).to_be_visible()
    assert check_axe(page) == []
    assert fits(page)


def test_drag_gives_the_visit_to_another_caregiver_on_another_day(page_as, world):
    page = open_board(page_as(world["coordinator"]), world)
    tuesday = world["monday"] + dt.timedelta(days=1)
    target = cell(page, world["ben"], tuesday)
    page.locator(f"#v-{world['lopez'].pk}").drag_to(target)
    moved = target.locator(f"#v-{world['lopez'].pk}")
    expect(moved).to_contain_text("09:00–10:00")
    expect(moved).to_be_focused()
    expect(page.locator(f"#h-{world['maria'].pk}")).to_contain_text("0 h of 40 h")
    expect(page.locator(f"#h-{world['ben'].pk}")).to_contain_text("2 h of 40 h")
    visit = Visit.objects.get(pk=world["lopez"].pk)
    assert (visit.caregiver, visit.version) == (world["ben"], 2)


def test_drag_onto_a_taken_hour_says_who_holds_it_and_changes_nothing(page_as, world):
    page = open_board(page_as(world["coordinator"], allow=("409",)), world)
    page.locator(f"#v-{world['lopez'].pk}").drag_to(cell(page, world["ben"], world["monday"]))
    expect(page.get_by_text("Ben Tran is already with Mensah G.")).to_be_visible()
    expect(cell(page, world["maria"], world["monday"]).locator(f"#v-{world['lopez'].pk}")).to_be_visible()


def test_keyboard_picks_up_moves_and_puts_down(page_as, world):
    page = open_board(page_as(world["coordinator"]), world)
    chip = page.locator(f"#v-{world['lopez'].pk}")
    chip.focus()
    page.keyboard.press("Space")
    expect(page.locator("#board-says")).to_contain_text("Picked up 09:00–10:00 Lopez R.")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#board-says")).to_contain_text("Over Maria Silva")
    page.keyboard.press("Escape")
    expect(page.locator("#board-says")).to_contain_text("Left where it was.")
    expect(chip).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    tuesday = world["monday"] + dt.timedelta(days=1)
    moved = cell(page, world["maria"], tuesday).locator(f"#v-{world['lopez'].pk}")
    expect(moved).to_be_focused()
    page.keyboard.press("ArrowDown")
    assert Visit.objects.get(pk=world["lopez"].pk).version == 2


def test_board_is_one_tab_stop_and_arrows_go_from_visit_to_visit(page_as, world):
    page = open_board(page_as(world["coordinator"]), world)
    assert page.locator('.chip[tabindex="0"]').count() == 1
    page.locator(f"#v-{world['open'].pk}").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    assert page.locator('.chip[tabindex="0"]').count() == 1


def test_visit_opens_in_a_dialog_and_is_assigned_from_its_suggestions(page_as, check_axe, world):
    page = open_board(page_as(world["coordinator"]), world)
    page.locator(f"#v-{world['open'].pk}").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("heading", name="Grace Mensah")).to_be_visible()
    assert check_axe(page) == []
    dialog.get_by_role("link", name="Assign…").first.click()
    button = dialog.get_by_role("button", name="Assign Maria Silva")
    expect(button).to_be_visible()
    assert check_axe(page) == []
    button.click()
    expect(dialog).to_be_hidden()
    wednesday = world["monday"] + dt.timedelta(days=2)
    expect(cell(page, world["maria"], wednesday).locator(f"#v-{world['open'].pk}")).to_be_visible()
    expect(cell(page, None, wednesday)).to_be_empty()


def test_drag_that_warns_asks_for_a_reason_and_goes_on(page_as, world):
    world["ben"].availability.all().delete()
    page = open_board(page_as(world["coordinator"], allow=("422",)), world)
    tuesday = world["monday"] + dt.timedelta(days=1)
    page.locator(f"#v-{world['lopez'].pk}").drag_to(cell(page, world["ben"], tuesday))
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("link", name="is outside the hours in which Ben Tran is available")).to_be_visible()
    dialog.get_by_label("Reason to go on").fill("He agreed by phone")
    dialog.get_by_role("button", name="Move").click()
    expect(cell(page, world["ben"], tuesday).locator(f"#v-{world['lopez'].pk}")).to_be_visible()
    assert Visit.objects.get(pk=world["lopez"].pk).overrides.get().reason == "He agreed by phone"


@pytest.mark.parametrize("width", [1440, 360])
def test_other_pages_are_accessible_and_fit(page_as, check_axe, fits, world, width):
    page = page_as(world["coordinator"], width=width)
    client = world["open"].client_id
    for url in (
        "/schedule/visits/",
        f"/schedule/visits/{world['lopez'].pk}/",
        f"/schedule/visits/{world['lopez'].pk}/edit/",
        "/schedule/visits/new/",
        "/schedule/visits/unfilled/?days=14",
        "/schedule/patterns/",
        f"/schedule/clients/{client}/",
        f"/schedule/clients/{client}/patterns/new/",
    ):
        page.goto(url)
        assert check_axe(page) == [], url
        assert fits(page), url


def test_pattern_is_planned_with_a_live_preview_and_a_suggested_caregiver(page_as, check_axe, world):
    page = page_as(world["coordinator"])
    page.goto(f"/schedule/clients/{world['lopez'].client_id}/patterns/new/")
    page.get_by_label("Service").select_option(label="Personal care")
    page.get_by_role("checkbox", name="Tuesday").check()
    page.get_by_role("checkbox", name="Thursday").check()
    page.get_by_label("Start", exact=False).first.fill("14:00")
    expect(page.locator("#preview")).to_contain_text("Tue and Thu at 14:00")
    page.get_by_role("button", name="Who fits?").click()
    page.get_by_role("button", name="Choose Maria Silva").click()
    expect(page.locator("#preview")).to_contain_text("Maria Silva")
    page.evaluate("() => window.scrollTo(0, 0)")  # what the sticky bar covers is no target
    assert check_axe(page) == []
    page.get_by_role("button", name="Plan the pattern").click()
    expect(page.get_by_role("heading", name="Tue and Thu at 14:00")).to_be_visible()
    page.get_by_role("link", name="Change").click()
    page.get_by_label("Start", exact=False).first.fill("15:00")
    expect(page.locator("#preview")).to_contain_text("15:00–16:00")
    page.evaluate("() => window.scrollTo(0, 0)")
    assert check_axe(page) == []
    page.get_by_role("button", name="Change the pattern").click()
    expect(page.get_by_role("heading", name="Tue and Thu at 15:00")).to_be_visible()
