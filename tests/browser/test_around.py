"""Around scheduling in Chromium: a webhook made and tested, a message to all read on the phone, a holiday planned."""

from __future__ import annotations

import datetime as dt
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import expect

from homecare.accounts.models import Agency, Holiday
from homecare.accounts.roles import RoleName, sync_roles
from homecare.clock import at_local, today
from homecare.webhooks.models import Endpoint
from homecare.webhooks.services.dispatch import deliver_due
from scheduling.models import Broadcast, Visit
from tests.conftest import person
from tests.factories import BranchFactory, ClientFactory, MemberFactory, VisitFactory

ZONE = "America/New_York"


@pytest.fixture
def listener(settings):
    """A program on this machine that takes what it is told."""
    settings.WEBHOOKS_ALLOW_LOOPBACK = True

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    server.server_close()


@pytest.fixture
def maria(transactional_db):
    """Maria comes to two clients tomorrow."""
    sync_roles()
    Agency.current()
    branch = BranchFactory()
    user = person(RoleName.CAREGIVER, branch, first_name="Maria", last_name="Silva")
    member = MemberFactory(branch=branch, user=user, first_name="Maria", last_name="Silva", always_available=True)
    tomorrow = today(ZONE) + dt.timedelta(days=1)
    for hour, name in ((9, "Lopez"), (13, "Kowalski")):
        client = ClientFactory(branch=branch, first_name="Rosa", last_name=name)
        VisitFactory(client=client, caregiver=member, starts_at=at_local(tomorrow, dt.time(hour), ZONE))
    return member


def test_webhook_is_made_tested_and_shows_what_arrived(maria, listener, page_as, check_axe):
    page = page_as(person(RoleName.MANAGER, maria.branch, all_branches=True))
    page.goto("/settings/webhooks/")
    page.get_by_role("link", name="New webhook").first.click()
    page.get_by_label("Name").fill("Reports")
    page.get_by_label("Address").fill(listener)
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Make the webhook").click()
    secret = page.get_by_label("Secret")
    expect(secret).to_have_value(re.compile("^whsec_"))
    assert check_axe(page) == []
    endpoint = Endpoint.objects.get()
    page.goto(endpoint.get_absolute_url())
    assert "whsec_" not in page.content()
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator("#dispatch-list")).to_contain_text("Waiting")
    assert deliver_due() == 1
    page.reload()
    expect(page.locator("#dispatch-list")).to_contain_text("Delivered")
    expect(page.locator("#dispatch-list")).to_contain_text("204")
    assert check_axe(page) == []


def test_message_to_all_is_written_on_the_board_and_read_on_the_phone(maria, page_as, check_axe):
    tomorrow = today(ZONE) + dt.timedelta(days=1)
    page = page_as(person(RoleName.COORDINATOR, maria.branch))
    page.goto(f"/schedule/?view=day&day={tomorrow}")
    page.get_by_role("link", name="Write to all").click()
    page.get_by_label("Message").fill("Snow on {day}, {name}: {visits} visits take place.")
    page.get_by_role("radio", name="Caregivers", exact=True).check()
    expect(page.locator("#preview")).to_contain_text("Maria: 2 visits take place.")
    assert check_axe(page) == []
    page.get_by_role("button", name="Send to everybody listed").click()
    expect(page.get_by_text("Seen by 0 of 1")).to_be_visible()
    phone = page_as(maria.user, width=390)
    phone.goto("/care/")
    phone.get_by_role("link", name="Messages").click()
    expect(phone.get_by_text("Maria: 2 visits take place.")).to_be_visible()
    phone.get_by_text("The office has a message about the weather and visits").click()
    page.goto(Broadcast.objects.get().get_absolute_url())
    expect(page.get_by_text("Seen by 1 of 1")).to_be_visible()


def test_holiday_keeps_answers_and_cancels_the_visits_of_one_client(maria, page_as, check_axe):
    tomorrow = today(ZONE) + dt.timedelta(days=1)
    holiday = Holiday.objects.create(branch=maria.branch, on=tomorrow, name="Founders' Day")
    page = page_as(person(RoleName.COORDINATOR, maria.branch))
    page.goto("/schedule/holidays/")
    page.get_by_role("link", name="Founders' Day").click()
    page.get_by_label("Answer of Rosa Lopez").select_option(label="No visits that day")
    page.get_by_label("Answer of Rosa Kowalski").select_option(label="Visits take place")
    expect(page.locator("#preview")).to_contain_text("Rosa Lopez")
    assert check_axe(page) == []
    page.get_by_role("button", name="Keep these answers").click()
    expect(page.get_by_label("Answer of Rosa Lopez")).to_have_value("cancel")
    states = dict(Visit.objects.values_list("client__last_name", "status"))
    assert states == {"Lopez": "cancelled", "Kowalski": "planned"}
    assert holiday.answers.count() == 2
