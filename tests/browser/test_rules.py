"""The pages of rules, weights and suggestions in Chromium: clear at a glance, usable by keyboard and on a phone."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from homecare.accounts.models import Agency
from scheduling.models import TrainingRequirement
from tests.factories import AddressFactory, ClientFactory, CredentialTypeFactory, MemberFactory, VisitFactory

SHOTS = os.environ.get("RULE_SHOTS", "")


def shoot(page, name: str, width: int) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)


@pytest.fixture
def visit(transactional_db, branch):
    """Tomorrow's open visit with somebody who fits, somebody who would be warned and somebody excluded."""
    client = ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez", language="es")
    AddressFactory(client=client)
    MemberFactory(branch=branch, first_name="Ana", last_name="Diaz", languages=["es"], always_available=True)
    MemberFactory(branch=branch, first_name="Ben", last_name="Silva")
    late = MemberFactory(branch=branch, first_name="Eve", last_name="Late", always_available=True)
    client.caregiver_preferences.create(member=late, kind="excluded", reason="came late")
    TrainingRequirement.objects.create(training=CredentialTypeFactory(), condition="F03")
    return VisitFactory(client=client, starts_at=timezone.now() + dt.timedelta(days=1))


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_rule_pages_are_accessible_and_fit(visit, administrator, page_as, check_axe, fits, width, dark):
    page = page_as(administrator, width, color_scheme="dark" if dark else "light")
    for name in ("rule-settings", "weight-settings", "training-add"):
        page.goto(reverse(f"scheduling:{name}"))
        assert check_axe(page) == []
        assert fits(page)
        if not dark:
            shoot(page, name, width)


@pytest.mark.parametrize("width", [1440, 390])
def test_suggestions_explain_points_and_remedies(visit, coordinator, page_as, check_axe, fits, width):
    page = page_as(coordinator, width)
    page.goto(reverse("scheduling:visit-suggestions", args=[visit.pk]))
    page.get_by_text("How the points add up").first.click()
    expect(page.get_by_role("row", name="Speaks the client's language")).to_be_visible()
    page.get_by_text("1 caregiver cannot come").click()
    expect(page.get_by_text("Speak with the client; the wish stands on the client's page.")).to_be_visible()
    assert check_axe(page) == []
    assert fits(page)
    shoot(page, "suggestions", width)


def test_rule_is_softened_by_keyboard(visit, administrator, page_as):
    page = page_as(administrator)
    page.goto(reverse("scheduling:rule-settings"))
    page.get_by_label("What happens: Outside availability").focus()
    page.keyboard.type("Refuse")
    page.get_by_label("Least hours of rest").fill("10")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The rules are saved and count from now on.")).to_be_visible()
    agency = Agency.current()
    assert (agency.rule_severities, agency.rule_numbers) == ({"available": "block"}, {"rest": {"hours": 10}})


def test_training_is_asked_for_in_the_dialog(visit, administrator, page_as, check_axe):
    page = page_as(administrator, allow=("status of 422",))
    page.goto(reverse("scheduling:rule-settings"))
    page.get_by_role("link", name="Add a training").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Training or credential").select_option(label="CPR")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Choose either a service or a condition.")
    assert check_axe(page) == []
    dialog.get_by_label("Or for clients with this condition").fill("G30")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("for clients with G30")).to_be_visible()
