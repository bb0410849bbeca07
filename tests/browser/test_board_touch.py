"""Fingers on the day board: a swipe scrolls, a tap opens, a visit held for a moment is carried like with the mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from scheduling.models import Visit
from tests.browser.test_board_day import at, chip_of, hour_width, open_day, track, world  # noqa: F401

HOLD_MS = 450


class Finger:
    """Touches as the screen reports them, through the debugger; places are (x, y) of the window."""

    def __init__(self, page):
        self.page, self.session = page, page.context.new_cdp_session(page)

    def _send(self, kind, *points):
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def down(self, *points):
        self._send("touchStart", *points)

    def hold(self, point):
        self.down(point)
        self.page.wait_for_timeout(HOLD_MS)

    def move(self, start, end, steps=6):
        for step in range(1, steps + 1):
            share = step / steps
            self._send("touchMove", (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share))

    def up(self):
        self._send("touchEnd")


@pytest.fixture
def tablet(page_as, world):  # noqa: F811
    return open_day(page_as(world["coordinator"], width=820, has_touch=True), world)


@pytest.fixture
def finger(tablet):
    return Finger(tablet)


def middle(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def scrolled(page):
    return page.evaluate("() => document.querySelector('.board-wrap').scrollLeft")


def test_held_visit_is_carried_to_another_caregiver_and_start(tablet, finger, world):  # noqa: F811
    start = middle(chip_of(tablet, world["osei"]))
    end = start[0] + 1.5 * hour_width(tablet, world), middle(track(tablet, world, "ben"))[1]
    finger.hold(start)
    expect(tablet.locator(".chip-ghost")).to_be_visible()
    finger.move(start, end)
    expect(track(tablet, world, "ben")).to_contain_text("✓ Possible")
    expect(tablet.locator(".chip-ghost")).to_contain_text("12:30–13:30")
    finger.up()
    expect(track(tablet, world, "ben").locator(f"#v-{world['osei'].pk}")).to_contain_text("12:30–13:30")
    expect(tablet.locator("#dialog[open], .chip-ghost, .drop-mark")).to_have_count(0)
    visit = Visit.objects.get(pk=world["osei"].pk)
    assert (visit.caregiver, visit.starts_at) == (world["ben"], at(world, 12, 30))


def test_held_right_edge_changes_the_length(tablet, finger, world):  # noqa: F811
    box = chip_of(tablet, world["osei"]).bounding_box()
    start = box["x"] + box["width"] - 8, box["y"] + 20
    finger.hold(start)
    finger.move(start, (start[0] + hour_width(tablet, world) / 2, start[1]))
    finger.up()
    expect(chip_of(tablet, world["osei"])).to_contain_text("11:00–12:30")
    visit = Visit.objects.get(pk=world["osei"].pk)
    assert (visit.starts_at, visit.ends_at) == (at(world, 11), at(world, 12, 30))


def test_swipe_scrolls_and_moves_nothing(tablet, finger, world):  # noqa: F811
    start = middle(chip_of(tablet, world["osei"]))
    finger.down(start)
    finger.move(start, (start[0] - 200, start[1]), steps=10)
    finger.up()
    tablet.wait_for_timeout(300)
    assert scrolled(tablet) > 100
    expect(tablet.locator(".chip-ghost, #dialog[open]")).to_have_count(0)
    assert Visit.objects.get(pk=world["osei"].pk).version == 1


def test_table_scrolls_along_at_its_edge(tablet, finger, world):  # noqa: F811
    start = middle(chip_of(tablet, world["lopez"]))
    finger.hold(start)
    wrap = tablet.locator(".board-wrap").bounding_box()
    finger.move(start, (wrap["x"] + wrap["width"] - 10, start[1]))
    expect(tablet.locator(".chip-ghost")).to_contain_text("19:")
    assert scrolled(tablet) > 100
    finger.up()
    expect(chip_of(tablet, world["lopez"])).to_contain_text("19:")


@pytest.mark.parametrize("how", ["second finger", "escape"])
def test_carried_visit_is_left_where_it_was(tablet, finger, world, how):  # noqa: F811
    start = middle(chip_of(tablet, world["osei"]))
    end = start[0] + 60, start[1] + 30
    finger.hold(start)
    finger.move(start, end)
    expect(tablet.locator(".chip-ghost")).to_be_visible()
    if how == "escape":
        tablet.keyboard.press("Escape")
    else:
        finger.down(end, (end[0] + 80, end[1] + 80))
    expect(tablet.locator(".chip-ghost")).to_have_count(0)
    expect(tablet.locator("#board-says")).to_contain_text("Left where it was.")
    finger.up()
    assert Visit.objects.get(pk=world["osei"].pk).version == 1


def test_tap_opens_the_visit(tablet, world):  # noqa: F811
    chip_of(tablet, world["osei"]).tap()
    expect(tablet.get_by_role("heading", name="Rosa Osei")).to_be_visible()
