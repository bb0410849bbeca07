"""Own account: passwords, two-step sign-in, passkeys, in the office and on a phone; nothing breaks the policy."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from playwright.sync_api import Page, expect

from homecare.accounts.models import User
from tests.factories import UserFactory

PASSWORD = "a long walk in Boston"
OWN_PAGES = ["/accounts/2fa/", "/accounts/password/change/", "/accounts/email/", "/accounts/logout/"]
PUBLIC_PAGES = ["/accounts/password/reset/", "/accounts/password/reset/done/", "/accounts/signup/"]


@pytest.fixture
def someone(transactional_db) -> User:
    user = UserFactory(email="dana@homecare.example", first_name="Dana", is_superuser=True, is_staff=True)
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(page: Page, user: User, then: str = "/accounts/2fa/") -> None:
    page.goto(f"/accounts/login/?next={then}")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def confirm(page: Page) -> None:
    """Security settings ask for the password once more."""
    expect(page.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()


def code_for(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()))))


@pytest.mark.parametrize("width", [1440, 360])
@pytest.mark.parametrize("path", OWN_PAGES)
def test_own_pages_are_accessible_in_the_office(page_as, check_axe, fits, someone, path, width):
    page = page_as(someone, width=width)
    page.goto(path)

    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert check_axe(page) == []
    assert fits(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_own_pages_are_accessible_on_a_caregivers_phone(page_as, check_axe, fits, caregiver, theme):
    page = page_as(caregiver.user, width=360, color_scheme=theme)
    page.goto("/accounts/2fa/")

    expect(page.locator("html")).to_have_attribute("data-frame", "phone")
    assert check_axe(page) == []
    assert fits(page)


@pytest.mark.parametrize("path", PUBLIC_PAGES)
def test_public_account_pages_are_accessible(page_as, check_axe, fits, path):
    page = page_as(width=360)
    page.goto(path)

    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert check_axe(page) == []
    assert fits(page)


def test_forgotten_password_is_set_anew_by_mail(page_as, check_axe, someone):
    page = page_as()
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("Email").fill(someone.email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()

    link = re.search(r"https?://[^/\s]+(/accounts/password/reset/key/\S+)", mail.outbox[-1].body)
    page.goto(link.group(1))
    assert check_axe(page) == []
    page.get_by_label("New Password", exact=False).first.fill("another walk by the river")
    again = page.get_by_label("again", exact=False)
    if again.count():
        again.fill("another walk by the river")
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_role("heading", name="Password saved")).to_be_visible()


def test_authenticator_app_is_set_up_and_asked_at_the_next_sign_in(page_as, check_axe, someone):
    page = page_as()
    sign_in(page, someone)
    page.get_by_role("link", name="Set up").click()
    assert check_axe(page) == []
    confirm(page)
    secret = page.get_by_label("Authenticator secret").input_value()
    assert check_axe(page) == []
    page.get_by_label("Authenticator code").fill(code_for(secret))
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_label("Unused codes")).to_be_visible()
    assert check_axe(page) == []

    other_device = page_as(allow=("status of 400",))
    sign_in(other_device, someone)
    expect(other_device.get_by_role("heading", name="Two-Factor Authentication")).to_be_visible()
    assert check_axe(other_device) == []


def test_passkey_is_added_and_signs_in(page_as, check_axe, someone):
    page = page_as()
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    key = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": key})

    sign_in(page, someone, "/accounts/2fa/webauthn/add/")
    confirm(page)
    expect(page.get_by_label("Name")).to_be_visible()
    assert check_axe(page) == []
    page.get_by_label("Name").fill("Work laptop")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    page.wait_for_url(lambda url: "/add/" not in url)
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_role("cell", name="Work laptop")).to_be_visible()
    assert check_axe(page) == []

    page.context.clear_cookies()
    page.goto("/accounts/login/?next=/accounts/2fa/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Two-step sign-in")).to_be_visible()
