"""The platform's pages in Chromium: accessible, narrow enough for a phone, nothing broken, nothing foreign."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from careplans.models import VitalReading
from homecare.accounts.models import User
from homecare.accounts.services.agency import save_settings
from homecare.accounts.services.token import create_token
from homecare.inbox.services.notification import notify
from homecare.jobs.services.job import run_job_now, start_job
from scheduling.models import VisitTask
from tests.factories import ClientFactory, ContactFactory, MemberFactory, ReferralFactory, VisitFactory, completed_visit
from tests.homecare import counting  # noqa: F401 - declares the job kinds used here

HOUR = dt.timedelta(hours=1)
SHOTS = os.environ.get("PLATFORM_SHOTS", "")


@pytest.fixture
def office(transactional_db, administrator, coordinator, branch) -> User:
    """An administrator in an agency where something is going on."""
    now = timezone.now()
    administrator.first_name, administrator.last_name = "Alex", "Admin"
    administrator.save()
    rosa = ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez")
    maria = MemberFactory(branch=branch, first_name="Maria", last_name="Silva")
    VisitFactory(client=rosa, caregiver=maria, starts_at=now + HOUR, ends_at=now + 2 * HOUR)
    for number in range(3):
        client = ClientFactory(branch=branch, first_name="Anh", last_name=f"Nguyen{number}")
        starts = now - (1 + number) * HOUR
        VisitFactory(client=client, caregiver=MemberFactory(branch=branch), starts_at=starts, ends_at=starts + HOUR)
        VisitFactory(client=client, starts_at=now + (3 + number) * HOUR, ends_at=now + (4 + number) * HOUR)
    VitalReading.objects.create(
        client=rosa, kind="systolic", value=190, taken_at=now, is_alert=True, alert_text="Systolic 190, above 160"
    )
    ReferralFactory()
    notify(administrator, "job.ended", dedupe_key="1", title="Done: Import of referrals", body="20 imported")
    notify(administrator, "job.ended", dedupe_key="2", title="Three visits begin without a caregiver", urgent=True)
    create_token(administrator, "Payroll export", scope="read", expires_on=now + 90 * 24 * HOUR, by=administrator)
    save_settings({"name": "Harbor Home Care", "grace_minutes": 10}, by=administrator)
    run_job_now(start_job("test.refuse", by=administrator))
    return administrator


def shoot(page, name: str, width: int) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)


OFFICE_PAGES = [
    ("today", "reports:today", ""),
    ("dashboard", "reports:dashboard", ""),
    ("figure", "reports:figure", "late"),
    ("search", "reports:search", "?q=nguyen"),
    ("jobs", "jobs:job-list", ""),
    ("inbox", "inbox:notification-list", ""),
    ("preferences", "inbox:preferences", ""),
    ("trail", "audit:event-list", ""),
    ("profile", "accounts:profile", ""),
    ("token", "accounts:token-create", ""),
    ("settings", "accounts:settings", ""),
    ("people", "accounts:user-list", ""),
    ("invite", "accounts:user-invite", ""),
    ("person", "accounts:user-update", "coordinator"),
    ("branches", "accounts:branch-list", ""),
    ("branch", "accounts:branch-update", "branch"),
]


@pytest.mark.parametrize("width", [1440, 360])
def test_office_pages_are_accessible_and_fit(page_as, check_axe, fits, office, coordinator, branch, width):
    page = page_as(office, width=width)
    problems = []
    for name, url_name, extra in OFFICE_PAGES:
        keys = {"late": ["late"], "coordinator": [coordinator.pk], "branch": [branch.pk]}.get(extra, [])
        page.goto(reverse(url_name, args=keys) + (extra if extra.startswith("?") else ""))
        expect(page.locator("h1")).to_be_visible()
        problems += [f"{name}: {violation}" for violation in check_axe(page)]
        if not fits(page):
            problems.append(f"{name}: scrolls sideways")
        shoot(page, name, width)
    assert problems == []


@pytest.mark.parametrize("width", [1440, 360])
def test_family_portal_is_accessible_and_fits(page_as, check_axe, fits, office, relative, branch, width):
    now = timezone.now()
    client = ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez")
    ContactFactory(client=client, user=relative, has_portal=True)
    maria = MemberFactory(branch=branch, first_name="Maria")
    VisitFactory(client=client, caregiver=maria, starts_at=now + HOUR, ends_at=now + 2 * HOUR)
    past = completed_visit(maria, starts_at=now - 20 * HOUR, client=client)
    VisitTask.objects.create(visit=past, category="meals", title="Cook", outcome="done")
    page = page_as(relative, width=width)
    page.goto(reverse("reports:portal"))
    expect(page.get_by_role("heading", name="Next visit")).to_be_visible()
    shoot(page, "portal", width)
    assert check_axe(page) == []
    assert fits(page)


def test_api_page_works_under_the_strict_policy(page_as, office):
    page = page_as(office)
    page.goto(reverse("api:docs"))
    me = page.locator(".opblock", has_text="/api/v1/me/").first
    me.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table")).to_contain_text(office.email)
    shoot(page, "api", 1440)


def test_job_page_shows_progress_until_the_work_has_ended(page_as, check_axe, office, branch):
    job = start_job("test.count", by=office, params={"branch": branch.pk, "items": 3})
    page = page_as(office)
    page.goto(job.get_absolute_url())
    expect(page.get_by_text("Waiting for a free worker")).to_be_visible()
    assert check_axe(page) == []
    run_job_now(job)
    expect(page.get_by_text("3 counted")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)


def test_search_opens_with_the_keyboard_and_leads_to_the_record(page_as, office):
    page = page_as(office)
    page.goto(reverse("accounts:branch-list"))
    page.keyboard.press("Control+k")
    page.keyboard.type("lopes")
    found = page.locator("#palette-results a").first
    expect(found).to_contain_text("Rosa Lopez")
    shoot(page, "palette", 1440)
    page.keyboard.press("ArrowDown")
    expect(found).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/clients/*/")


def test_today_renews_itself_and_keeps_the_place_of_the_keyboard(page_as, office):
    page = page_as(office)
    page.clock.install()
    page.goto(reverse("reports:today"))
    card = page.locator("#number-late")
    card.focus()
    with page.expect_response(lambda response: "/today/" in response.url and response.request.resource_type == "xhr"):
        page.clock.fast_forward(31_000)
    expect(page.locator("#number-late")).to_be_focused()


def test_invitation_page_is_accessible(page_as, check_axe, fits, transactional_db, manager, branch, mailoutbox):
    from homecare.accounts.services.invitation import invite_person
    from tests.homecare.test_invitation import secret_in

    invite_person("new@homecare.example", roles=["Biller"], branches=[branch], by=manager, first_name="Nina")
    page = page_as(None, width=390)
    page.goto(reverse("accounts:invitation-accept", args=[secret_in(mailoutbox[-1].body)]))
    expect(page.get_by_role("heading", name="Welcome, Nina")).to_be_visible()
    shoot(page, "invitation", 390)
    assert check_axe(page) == []
    assert fits(page)
    page.get_by_label("Password").fill("a quiet green kettle")
    page.get_by_label("The same again").fill("a quiet green kettle")
    page.get_by_role("button", name="Set the password").click()
    page.wait_for_url("**/today/")
