"""What scripts do for corrections and device codes: a drawn signature travels through the outbox."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from billing.models import EvvRelease
from scheduling.models import VisitCorrection
from scheduling.services.fixed_device import register_device
from tests.browser.test_phone import OFFLINE, PHONE
from tests.factories import (
    AddressFactory,
    ClientFactory,
    CoverageFactory,
    PayerFactory,
    RateFactory,
    VisitFactory,
    approved_visit,
)

pytestmark = pytest.mark.django_db(transaction=True)


INK = "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"


def draw(page: Page) -> None:
    """One line, once the canvas stands still: the word that there is no signal moves the page a little."""
    canvas = page.locator("canvas.care-signature")
    for _try in range(5):
        canvas.scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        box = canvas.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 20, box["y"] + 20)
        page.mouse.down()
        for n in range(1, 12):
            page.mouse.move(box["x"] + 20 + 12 * n, box["y"] + 20 + (n % 3) * 20)
        page.mouse.up()
        if canvas.evaluate(INK):
            return
    raise AssertionError("Nothing was drawn.")


def test_correction_with_a_drawn_signature_survives_no_signal(page_as, caregiver, coordinator, check_axe, fits):
    client = ClientFactory(branch=caregiver.branch)
    address = AddressFactory(client=client)
    register_device(client, address=address, serial="FX-1", installed_on=dt.date(2026, 1, 1), by=coordinator)
    start = timezone.now() - dt.timedelta(hours=3)
    visit = VisitFactory(caregiver=caregiver, client=client, starts_at=start)
    page = page_as(caregiver.user, 360, allow=OFFLINE, **PHONE)
    page.goto(f"/care/visits/{visit.pk}/")
    page.wait_for_selector("article[data-ready=yes]")
    page.get_by_text("I forgot to clock").click()
    page.get_by_role("button", name="Send to the office").click()
    expect(page.locator("[data-correction-missing]")).to_be_visible()
    assert (check_axe(page), fits(page)) == ([], True)
    page.fill("#correct-start", "00:01")
    page.fill("#correct-reason", "The battery was empty")
    page.context.set_offline(True)
    draw(page)
    page.get_by_role("button", name="Send to the office").click()
    expect(page.locator("[data-corrections] li")).to_contain_text("With the office")
    page.context.set_offline(False)
    for _try in range(100):
        if VisitCorrection.objects.exists():
            break
        page.wait_for_timeout(100)
    row = VisitCorrection.objects.get()
    assert (row.reason, row.signed_name, len(row.strokes)) == ("The battery was empty", "", 1)
    assert len(row.strokes[0]) > 5


def test_held_visit_is_released_in_the_dialog(page_as, caregiver, coordinator, manager, check_axe, fits):
    client = ClientFactory(branch=caregiver.branch, first_name="Ann", last_name="Held")
    coverage = CoverageFactory(client=client, payer=PayerFactory(requires_evv=True))
    start = timezone.now() - dt.timedelta(days=1)
    visit = approved_visit(caregiver, coordinator, starts_at=start, client=client)
    RateFactory(payer=coverage.payer, service_type=visit.service_type)
    page = page_as(manager, 360, allow=(r"status of 422",))
    page.goto("/billing/unbilled/?reason=incomplete")
    expect(page.get_by_text("Nothing says where the visit took place.")).to_be_visible()
    assert (check_axe(page), fits(page)) == ([], True)
    page.get_by_role("link", name="Release…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Release").click()
    reason = dialog.get_by_label("Why it may be billed")
    expect(reason).to_be_visible()
    assert check_axe(page) == []
    reason.fill("Letter of the payer")
    dialog.get_by_role("button", name="Release").click()
    expect(page.get_by_text("Released. It is charged within minutes.")).to_be_visible()
    assert EvvRelease.objects.get().reason == "Letter of the payer"
