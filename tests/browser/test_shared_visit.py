"""Clients of one home share a visit: planned by the office, carried out on a phone without signal, approved once."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from scheduling.models import ClockEvent, Visit
from scheduling.services.sharing import Share, share_visit
from tests.browser.test_phone import OFFLINE, PHONE, open_visit, sent, wait_until_kept
from tests.factories import AddressFactory, ClientFactory, ScheduleFactory, ServiceTypeFactory, VisitFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def couple(branch):
    people = [ClientFactory(branch=branch, first_name=name, last_name="Diaz") for name in ("Ana", "Luis")]
    for person in people:
        AddressFactory(client=person)
    return people


def test_one_clock_without_signal_counts_for_both(page_as, caregiver, coordinator, couple):
    lead = VisitFactory(caregiver=caregiver, client=couple[0], starts_at=timezone.now() + dt.timedelta(minutes=5))
    follower = share_visit(lead, Share(couple[1], ServiceTypeFactory()), by=coordinator, override_reason="Couple")
    page = page_as(caregiver.user, 390, allow=OFFLINE, **PHONE)
    page.goto("/care/")
    expect(page.get_by_role("heading", name="Ana Diaz, Luis Diaz")).to_be_visible()
    wait_until_kept(page, follower)
    wait_until_kept(page, lead)
    page.context.set_offline(True)
    open_visit(page, follower)
    page.get_by_role("button", name="Start the visit").click()
    page.get_by_label("How was it?").fill("Luis was tired.")
    page.get_by_role("button", name="Save the note").click()
    page.get_by_role("link", name="Ana Diaz").click()
    page.wait_for_selector("article[data-ready=yes]")
    expect(page.get_by_text(re.compile(r"Started at \d\d:\d\d"))).to_be_visible()
    expect(page.get_by_text("Luis was tired.")).to_be_hidden()
    page.context.set_offline(False)
    sent(page, 2)
    page.wait_for_timeout(300)
    assert set(Visit.objects.values_list("status", flat=True)) == {"in_progress"}
    assert ClockEvent.objects.get().visit_id == lead.pk
    assert [Visit.objects.get(pk=row.pk).notes.count() for row in (lead, follower)] == [0, 1]


def test_coordinator_shares_a_pattern_and_one_of_its_visits_is_left(page_as, coordinator, couple, check_axe):
    schedule = ScheduleFactory(client=couple[0], rule="FREQ=WEEKLY;BYDAY=MO")
    first = timezone.now() + dt.timedelta(days=2)
    lead = VisitFactory(client=couple[0], schedule=schedule, occurrence_on=first.date(), starts_at=first)
    page = page_as(coordinator)
    page.goto(schedule.get_absolute_url())
    page.get_by_role("link", name=re.compile("Change.*Shared with")).click()
    page.get_by_label("Luis Diaz: service").select_option(label="Personal care")
    page.get_by_label("Part of the time: Ana Diaz").fill("2")
    assert check_axe(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("1 visit is made or cancelled.")).to_be_visible()
    expect(page.get_by_text("Time 2 : 1")).to_be_visible()
    follower = Visit.objects.get(leader=lead)
    page.goto(follower.get_absolute_url())
    expect(page.get_by_text("Shared with:")).to_be_visible()
    assert check_axe(page) == []
    page.get_by_role("link", name="Cancel visit…").click()
    page.get_by_label("Why is the visit cancelled?").fill("In hospital")
    expect(page.get_by_text("Else it goes on for Ana Diaz.")).to_be_visible()
    page.get_by_role("button", name="Cancel the visit").click()
    expect(page.get_by_text("The visit is cancelled.").first).to_be_visible()
    assert dict(Visit.objects.values_list("client__first_name", "status")) == {"Ana": "planned", "Luis": "cancelled"}
