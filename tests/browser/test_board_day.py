"""The day board in Chromium, what the rules say while a visit is carried, taking back, and two people at once."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import expect

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
    ScheduleFactory,
    VisitFactory,
)

ZONE = "America/New_York"


@pytest.fixture
def world(transactional_db):
    """Maria is with Lopez at 09:00 and with Osei at 11:00, Ben with Mensah at 09:00, next Monday."""
    sync_roles()
    Agency.current()
    branch = BranchFactory()
    monday = monday_of(today(ZONE)) + dt.timedelta(days=7)
    maria = MemberFactory(branch=branch, first_name="Maria", last_name="Silva", always_available=True)
    ben = MemberFactory(branch=branch, first_name="Ben", last_name="Tran", always_available=True)

    def visit(name, hour, caregiver, latitude):
        client = ClientFactory(branch=branch, first_name="Rosa", last_name=name)
        AddressFactory(client=client, latitude=latitude)
        starts_at = at_local(monday, dt.time(hour), ZONE)
        return VisitFactory(
            client=client, starts_at=starts_at, ends_at=starts_at + dt.timedelta(hours=1), caregiver=caregiver
        )

    return {
        "coordinator": person(RoleName.COORDINATOR, branch, first_name="Dana", last_name="Reyes"),
        "other": person(RoleName.COORDINATOR, branch, first_name="Ana", last_name="Ruiz"),
        "monday": monday,
        "maria": maria,
        "ben": ben,
        "lopez": visit("Lopez", 9, maria, 42.36),
        "osei": visit("Osei", 11, maria, 42.37),
        "mensah": visit("Mensah", 9, ben, 42.38),
    }


def open_day(page, world, query=""):
    page.goto(f"/schedule/?view=day&day={world['monday']}{query}")
    expect(page.get_by_role("heading", name="Day board")).to_be_visible()
    return page


def chip_of(page, visit):
    return page.locator(f"#v-{visit.pk}")


def track(page, world, name):
    return page.locator(f"#c-{world[name].pk}-{world['monday']}")


def at(world, hour, minute=0):
    return at_local(world["monday"], dt.time(hour, minute), ZONE)


def hour_width(page, world):
    return track(page, world, "maria").bounding_box()["width"] / 13


@pytest.mark.parametrize(
    ("width", "theme", "by"),
    [(1440, "light", "caregiver"), (1440, "dark", "client"), (360, "light", "caregiver"), (360, "dark", "client")],
)
def test_day_board_is_accessible_and_fits(page_as, check_axe, fits, world, width, theme, by):
    page = open_day(page_as(world["coordinator"], width=width, color_scheme=theme), world, f"&by={by}")
    expect(chip_of(page, world["lopez"])).to_be_visible()
    assert check_axe(page) == []
    assert fits(page)


def test_drag_changes_caregiver_and_start_and_shows_what_the_rules_say(page_as, world):
    page = open_day(page_as(world["coordinator"]), world)
    chip, hour = chip_of(page, world["osei"]), hour_width(page, world)
    box, target = chip.bounding_box(), track(page, world, "ben").bounding_box()
    x, y = box["x"] + 20, box["y"] + 10
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 2 * hour, target["y"] + 20, steps=6)
    expect(track(page, world, "ben")).to_contain_text("✕ Not possible: Ben Tran is already with Mensah R.")
    page.mouse.move(x + 1.5 * hour, target["y"] + 20, steps=6)
    expect(track(page, world, "ben")).to_contain_text("✓ Possible")
    page.mouse.up()
    moved = track(page, world, "ben").locator(f"#v-{world['osei'].pk}")
    expect(moved).to_contain_text("12:30–13:30")
    expect(moved).to_be_focused()
    expect(page.locator(".verdict, .drop-mark, #board-tip")).to_have_count(0)
    visit = Visit.objects.get(pk=world["osei"].pk)
    assert (visit.caregiver, visit.starts_at) == (world["ben"], at(world, 12, 30))
    page.get_by_role("button", name="Undo").click()
    expect(track(page, world, "maria").locator(f"#v-{world['osei'].pk}")).to_contain_text("11:00–12:00")


def test_right_edge_changes_the_length(page_as, world):
    page = open_day(page_as(world["coordinator"]), world)
    chip, hour = chip_of(page, world["osei"]), hour_width(page, world)
    box = chip.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 3, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 3 + hour / 2, box["y"] + 24, steps=5)
    page.mouse.up()
    expect(chip).to_contain_text("11:00–12:30")
    visit = Visit.objects.get(pk=world["osei"].pk)
    assert (visit.starts_at, visit.ends_at) == (at(world, 11), at(world, 12, 30))


def test_keyboard_moves_in_time_and_between_rows(page_as, world):
    page = open_day(page_as(world["coordinator"]), world)
    says = page.locator("#board-says")
    chip_of(page, world["lopez"]).focus()
    page.keyboard.press("ArrowRight")
    expect(chip_of(page, world["osei"])).to_be_focused()
    page.keyboard.press("Space")
    expect(says).to_contain_text("Picked up 11:00–12:00 Osei R.")
    page.keyboard.press("ArrowRight")
    expect(says).to_contain_text("Maria Silva, 11:05–12:05.")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Alt+ArrowRight")
    expect(says).to_contain_text("Maria Silva, 11:20–12:25.")
    page.keyboard.press("Escape")
    expect(says).to_contain_text("Left where it was.")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(says).to_contain_text("Ben Tran, 11:15–12:15.")
    expect(says).to_contain_text("Possible")
    page.keyboard.press("Enter")
    expect(track(page, world, "ben").locator(f"#v-{world['osei'].pk}")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(track(page, world, "maria").locator(f"#v-{world['osei'].pk}")).to_contain_text("11:00–12:00")


def test_two_people_move_one_visit_and_neither_overwrites_the_other(page_as, world):
    dana = open_day(page_as(world["coordinator"], allow=("409",)), world)
    ana = open_day(page_as(world["other"]), world)
    chip_of(dana, world["osei"]).focus()
    dana.keyboard.press("Space")  # Dana carries the visit while Ana moves it
    chip_of(ana, world["osei"]).focus()
    for key in ("Space", "Shift+ArrowRight", "Shift+ArrowRight", "Enter"):
        ana.keyboard.press(key)
    expect(chip_of(ana, world["osei"])).to_contain_text("11:30–12:30")
    dana.keyboard.press("ArrowDown")
    expect(chip_of(dana, world["osei"])).to_contain_text("11:00–12:00")
    dana.keyboard.press("Enter")
    expect(dana.locator("#toasts")).to_contain_text("Ana Ruiz moved Osei R. to")
    expect(dana.locator("#toasts")).to_contain_text("11:30–12:30, Maria Silva (")
    expect(track(dana, world, "maria").locator(f"#v-{world['osei'].pk}")).to_contain_text("11:30–12:30")
    visit = Visit.objects.get(pk=world["osei"].pk)
    assert (visit.caregiver, visit.starts_at, visit.version) == (world["maria"], at(world, 11, 30), 2)


def test_open_board_shows_what_others_change_without_taking_the_focus(page_as, world):
    dana = page_as(world["coordinator"])
    dana.clock.install()
    open_day(dana, world)
    ana = open_day(page_as(world["other"]), world)
    chip_of(dana, world["lopez"]).focus()
    chip_of(ana, world["osei"]).focus()
    for key in ("Space", "Shift+ArrowRight", "Enter"):
        ana.keyboard.press(key)
    expect(chip_of(ana, world["osei"])).to_contain_text("11:15–12:15")
    dana.clock.run_for(16_000)
    expect(chip_of(dana, world["osei"])).to_contain_text("11:15–12:15")
    expect(dana.locator("#toasts")).to_contain_text("Ana Ruiz moved Osei R. to")
    expect(chip_of(dana, world["lopez"])).to_be_focused()


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (360, "dark")])
def test_map_and_sheets_are_accessible_fit_and_ask_no_other_host(page_as, check_axe, fits, world, width, theme):
    page = page_as(world["coordinator"], width=width, color_scheme=theme)
    for view, sign in (("map", "Each letter and line is a caregiver's day"), ("sheets", "sheets, one for each row")):
        page.goto(f"/schedule/?view={view}&day={world['monday']}")
        expect(page.get_by_text(sign)).to_be_visible()
        assert check_axe(page) == [], view
        assert fits(page), view
    page.goto(f"/schedule/?view=map&day={world['monday']}")
    row = page.get_by_role("row", name="A1 09:00–10:00 Lopez R.")
    row.get_by_role("link").focus()
    expect(page.locator("a.stop.is-shown")).to_have_accessible_name("A1: Lopez R., 09:00–10:00, Maria Silva")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Rosa Lopez")).to_be_visible()


def test_double_up_moves_together_after_a_dialog_that_says_so(page_as, check_axe, world):
    visit = world["osei"]
    schedule = ScheduleFactory(client=visit.client, service_type=visit.service_type, head_count=2)
    both = {"schedule": schedule, "occurrence_on": world["monday"]}
    Visit.objects.filter(pk=visit.pk).update(slot=1, **both)
    other = VisitFactory(
        client=visit.client, starts_at=visit.starts_at, ends_at=visit.ends_at, caregiver=world["ben"], slot=2, **both
    )
    page = open_day(page_as(world["coordinator"]), world)
    chip_of(page, visit).focus()
    for key in ("Space", "Shift+ArrowRight", "Enter"):
        page.keyboard.press(key)
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("Ben Tran comes at the same time and moves along")
    expect(dialog).to_contain_text("11:15–12:15")
    assert check_axe(page) == []
    dialog.get_by_role("button", name="Move").click()
    expect(chip_of(page, visit)).to_contain_text("11:15–12:15")
    expect(chip_of(page, other)).to_contain_text("11:15–12:15")
    page.get_by_role("button", name="Undo").click()
    expect(chip_of(page, visit)).to_contain_text("11:00–12:00")
    expect(chip_of(page, other)).to_contain_text("11:00–12:00")


def test_by_client_a_visit_changes_its_time_and_keeps_its_caregiver(page_as, world):
    page = open_day(page_as(world["coordinator"]), world, "&by=client")
    chip_of(page, world["lopez"]).focus()
    for key in ("Space", "Shift+ArrowLeft", "Enter"):
        page.keyboard.press(key)
    expect(chip_of(page, world["lopez"])).to_contain_text("08:45–09:45")
    visit = Visit.objects.get(pk=world["lopez"].pk)
    assert (visit.caregiver, visit.starts_at) == (world["maria"], at(world, 8, 45))
