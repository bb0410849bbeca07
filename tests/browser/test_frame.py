"""The frame of every page: log-in, errors, components, dialogs, notices, search, light and dark, phone widths."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.factories import UserFactory

PASSWORD = "a long walk in Boston"
WIDTHS = [1440, 360]
THEMES = ["light", "dark"]


@pytest.fixture
def member_of_staff(transactional_db):
    """Somebody who may open the technical pages."""
    return UserFactory(
        first_name="Dana", last_name="Reyes", email="dana@homecare.example", is_staff=True, is_superuser=True
    )


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_components_page_is_accessible_and_fits(page_as, check_axe, fits, member_of_staff, width, theme):
    page = page_as(member_of_staff, width=width, color_scheme=theme)
    page.goto("/components/")

    expect(page.get_by_role("heading", name="Components")).to_be_visible()
    assert page.locator("html").get_attribute("data-bs-theme") == theme
    assert check_axe(page) == []
    assert fits(page)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_log_in_page_is_accessible_and_fits(page_as, check_axe, fits, width, theme):
    page = page_as(width=width, color_scheme=theme)
    page.goto("/accounts/login/")

    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    assert check_axe(page) == []
    assert fits(page)


def test_log_in_names_the_wrong_field_and_then_lets_in(page_as, check_axe, member_of_staff):
    member_of_staff.set_password(PASSWORD)
    member_of_staff.save()
    page = page_as()
    page.goto("/accounts/login/?next=/components/")

    page.get_by_label("Email").fill(member_of_staff.email)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    assert page.get_by_label("Email").input_value() == member_of_staff.email
    assert check_axe(page) == []

    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Components")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_missing_page_says_what_to_do(page_as, check_axe, fits, width):
    page = page_as(width=width, allow=("status of 404",))
    page.goto("/there/is/no/such/page/")

    expect(page.get_by_role("heading", name="This page is not here")).to_be_visible()
    expect(page.get_by_role("link", name="Go to the start page")).to_be_visible()
    assert check_axe(page) == []
    assert fits(page)


def test_forbidden_page_says_whom_to_ask(page_as, check_axe, transactional_db):
    page = page_as(UserFactory(), allow=("status of 403",))
    page.goto("/components/")

    expect(page.get_by_role("heading", name="You may not open this page")).to_be_visible()
    assert check_axe(page) == []


def test_form_without_token_is_refused_in_plain_words(page_as, check_axe):
    page = page_as(allow=("status of 403",))
    page.goto("/accounts/login/")
    page.evaluate("() => document.querySelectorAll('[name=csrfmiddlewaretoken]').forEach((field) => field.remove())")
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page.get_by_role("heading", name="Please send that again")).to_be_visible()
    assert check_axe(page) == []


def test_dialog_keeps_what_was_typed_until_it_is_right(page_as, check_axe, member_of_staff):
    page = page_as(member_of_staff, allow=("status of 422",))
    page.goto("/components/")
    opener = page.get_by_role("link", name="Open a dialog")
    opener.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Full name")).to_be_focused()

    dialog.get_by_label("Full name").fill("Maria Lopez")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator("[data-error-summary]")).to_be_focused()
    expect(dialog.get_by_label("Full name")).to_have_value("Maria Lopez")
    assert check_axe(page) == []

    dialog.get_by_role("link", name="Role: This field is required.").click()
    expect(dialog.get_by_label("Role")).to_be_focused()
    dialog.get_by_label("Date of birth").fill("1941-03-14")
    dialog.get_by_label("Role").select_option("psw")
    dialog.get_by_label("English").check()
    dialog.get_by_label("The client agrees to be photographed").check()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    expect(page.locator("#dialog")).not_to_have_attribute("open", "")
    expect(opener).to_be_focused()


def test_same_form_is_a_page_without_javascript(page_as, member_of_staff):
    page = page_as(member_of_staff, java_script_enabled=False)
    page.goto("/components/?show=form")
    page.get_by_label("Full name").fill("Maria Lopez")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", name="Please check")).to_be_visible()
    expect(page.get_by_label("Full name")).to_have_value("Maria Lopez")


def test_question_is_asked_before_what_cannot_be_undone(page_as, check_axe, member_of_staff):
    page = page_as(member_of_staff)
    page.goto("/components/")
    asks = page.get_by_role("button", name="With a question")

    asks.click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("Cancel this visit?")
    assert check_axe(page) == []
    question.get_by_role("button", name="No, keep it").click()
    expect(question).not_to_be_visible()
    expect(page.locator(".toast-item")).to_have_count(0)

    asks.click()
    question.get_by_role("button", name="Cancel the visit").click()
    expect(page.locator(".toast-item")).to_contain_text("Saved.")


def test_refused_request_is_told_in_a_sentence(page_as, check_axe, member_of_staff):
    page = page_as(member_of_staff, allow=("status of 409", "Response Status Error Code 409"))
    page.goto("/components/")
    page.get_by_role("button", name="A refusal").click()

    expect(page.locator(".toast-item")).to_contain_text("Somebody changed this meanwhile")
    assert check_axe(page) == []


def test_filter_and_page_stay_in_the_address(page_as, member_of_staff):
    page = page_as(member_of_staff)
    page.goto("/components/")
    page.get_by_role("searchbox", name="Search").fill("mensah")
    page.wait_for_url("**/components/?q=mensah**")
    expect(page.locator("#sample-list tbody tr")).to_have_count(8)
    expect(page.locator("#sample-list tbody")).not_to_contain_text("Lopez")

    page.get_by_role("link", name="Next", exact=True).click()
    page.wait_for_url("**page=2**")
    page.reload()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("mensah")
    expect(page.locator(".pages [aria-current]")).to_have_text("2")


def test_theme_choice_survives_a_reload(page_as, member_of_staff):
    page = page_as(member_of_staff, color_scheme="light")
    page.goto("/components/")
    page.get_by_role("button", name="Dark colours").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")

    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.get_by_role("button", name="Dark colours")).to_have_attribute("aria-pressed", "true")


def test_menu_opens_on_a_phone_and_gives_the_focus_back(page_as, check_axe, member_of_staff):
    page = page_as(member_of_staff, width=360)
    page.goto("/components/")
    opener = page.get_by_role("button", name="Menu", exact=True)
    opener.click()
    menu = page.locator("#sidebar")
    expect(menu).to_be_visible()
    expect(menu.get_by_role("navigation", name="Main")).to_be_visible()
    page.wait_for_timeout(400)  # until the slide has ended
    assert check_axe(page) == []

    page.keyboard.press("Escape")
    expect(menu).not_to_be_visible()
    expect(opener).to_be_focused()


def test_keyboard_reaches_the_content_in_one_step(page_as, member_of_staff):
    page = page_as(member_of_staff)
    page.goto("/components/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")

    assert page.evaluate("() => document.activeElement.id") == "main"


def test_page_that_refreshes_itself_is_no_person_at_work_but_typing_is(page_as, member_of_staff):
    page = page_as(member_of_staff)
    page.clock.install()
    with page.expect_request("**/inbox/bell/") as first:
        page.goto("/components/")
    assert first.value.headers.get("hx-trigger-poll") == "1"
    page.wait_for_load_state("networkidle")

    page.get_by_role("searchbox", name="Search", exact=True).press("a")
    with page.expect_request("**/inbox/bell/") as typing:
        page.clock.fast_forward(59_900)
        page.clock.run_for(150)
    assert "hx-trigger-poll" not in typing.value.headers
    page.wait_for_load_state("networkidle")

    page.clock.fast_forward(60_000)
    with page.expect_request("**/inbox/bell/") as away:
        page.clock.fast_forward(60_000)
    assert away.value.headers.get("hx-trigger-poll") == "1"


def test_ended_session_leads_to_the_log_in_page_and_back(page_as, member_of_staff):
    page = page_as(member_of_staff)
    page.goto("/components/")
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()
    page.get_by_role("button", name="A success").click()

    page.wait_for_url("**/accounts/login/?next=**")
    assert "next=%2Fcomponents%2F" in page.url


def test_paper_shows_the_content_alone(page_as, member_of_staff):
    page = page_as(member_of_staff)
    page.goto("/components/")
    page.emulate_media(media="print")

    expect(page.get_by_role("heading", name="Components")).to_be_visible()
    for part in ("#sidebar", ".topbar", ".filter-bar", ".page-head-actions >> nth=0"):
        expect(page.locator(part)).not_to_be_visible()
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
