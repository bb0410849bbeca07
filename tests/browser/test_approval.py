"""The office approves yesterday: reasons with one click, clean visits together, other times in the dialog."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from scheduling import reason_codes
from scheduling.models import Visit, VisitException
from scheduling.services.phone_event import receive_event
from tests.factories import ClientFactory, VisitFactory, completed_visit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def week(caregiver) -> dict[str, Visit]:
    """Two clean visits, one late, one nobody clocked, one act a phone could not deliver."""
    reason_codes.load()
    start = timezone.now().replace(minute=0, second=0, microsecond=0) - dt.timedelta(days=1)

    def client(name: str):
        return ClientFactory(branch=caregiver.branch, first_name="Ann", last_name=name)

    visits = {
        name: completed_visit(caregiver, starts_at=start - dt.timedelta(hours=2 * n), client=client(name))
        for n, name in enumerate(["Baker", "Cole", "Late"])
    }
    VisitException.objects.create(visit=visits["Late"], kind="late", detail="Started 20 min after the planned time.")
    never = start - dt.timedelta(hours=8)
    visits["Never"] = VisitFactory(caregiver=caregiver, starts_at=never, client=client("Never"))
    receive_event(caregiver, uuid.uuid4(), "note", 10**12, timezone.now(), {"text": "She was asleep."})
    return visits


def test_coordinator_approves_a_day(page_as, coordinator, week):
    page = page_as(coordinator)
    page.goto("/schedule/approval/?show=exceptions")
    page.get_by_role("button", name="12 Caregiver late").click()
    expect(page.get_by_text("Nothing waits here")).to_be_visible()
    assert page.url.endswith("?show=exceptions")
    page.goto("/schedule/approval/")
    row = page.locator("tr", has_text="Ann Never")
    row.get_by_role("link", name="Missed").click()
    page.get_by_label("Why").fill("Nobody opened")
    page.get_by_role("dialog").get_by_role("button", name="Mark as missed").click()
    expect(page.get_by_text("Marked as missed.")).to_be_visible()
    page.get_by_label("All on this page").check()
    page.get_by_role("button", name="Approve the ticked visits").click()
    expect(page.get_by_text("3 visits approved.")).to_be_visible()
    statuses = dict(Visit.objects.values_list("client__last_name", "status"))
    assert statuses == {"Baker": "approved", "Cole": "approved", "Late": "approved", "Never": "missed"}


def test_coordinator_approves_other_times_in_the_dialog(page_as, coordinator, week):
    page = page_as(coordinator, allow=(r"status of 422",))
    page.goto("/schedule/approval/")
    page.locator("tr", has_text="Ann Late").get_by_role("link", name="Other times").click()
    dialog = page.get_by_role("dialog")
    start = dialog.get_by_label("Approved start").input_value()
    dialog.get_by_label("Approved end").fill(start)
    dialog.get_by_role("button", name="Approve").click()
    expect(dialog.get_by_text("The end is not after the start.").first).to_be_visible()
    minute = dt.datetime.fromisoformat(start) + dt.timedelta(minutes=45)
    dialog.get_by_label("Approved end").fill(f"{minute:%Y-%m-%dT%H:%M}")
    dialog.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved.", exact=True)).to_be_visible()
    week["Late"].refresh_from_db()
    assert (week["Late"].approved_minutes, week["Late"].adjustment_code.code) == (45, "12")


@pytest.mark.parametrize("width", [1440, 360])
def test_approval_pages_fit_and_read_well(page_as, check_axe, fits, coordinator, week, width):
    page = page_as(coordinator, width)
    addresses = ["/schedule/approval/", "/schedule/review/", f"/schedule/approval/{week['Late'].pk}/adjust/"]
    for address in addresses:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert check_axe(page) == [], address
        assert fits(page), address
