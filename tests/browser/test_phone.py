"""A caregiver's day on a phone of 390 px: with signal, without it, and back again."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from careplans.models import CarePlan, MedicationOrder
from clients.models import Allergy
from scheduling.models import ClockEvent, PhoneEvent, Visit
from staff.models import Role, TaskCategory
from tests.factories import AddressFactory, CarePlanFactory, ClientFactory, PlannedTaskFactory, VisitFactory

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {
    "geolocation": {"latitude": 42.3581, "longitude": -71.0631, "accuracy": 12},
    "permissions": ["geolocation"],
}
# What a test without signal provokes by itself.
OFFLINE = (r"ERR_INTERNET_DISCONNECTED", r"Failed to load resource")


@pytest.fixture
def visit(caregiver) -> Visit:
    """In ten minutes, with a plan of two tasks and everything a visit's page can show."""
    Role.objects.filter(pk=caregiver.role_id).update(scope=[*caregiver.role.scope, TaskCategory.VITALS])
    client = ClientFactory(
        branch=caregiver.branch, first_name="Rosa", last_name="Lopez", important="Hard of hearing: speak slowly."
    )
    AddressFactory(client=client, access_notes="Key under the flower pot")
    Allergy.objects.create(client=client, substance="Penicillin")
    MedicationOrder.objects.create(client=client, name="Furosemide 40 mg", dosage="One in the morning")
    plan = CarePlanFactory(client=client)
    PlannedTaskFactory(plan=plan, title="Help with washing", instructions="At the basin", position=1)
    PlannedTaskFactory(plan=plan, title="Warm lunch", position=2)
    CarePlan.objects.filter(pk=plan.pk).update(status="in_review")
    CarePlan.objects.filter(pk=plan.pk).update(status="active", activated_at=timezone.now() - dt.timedelta(days=1))
    return VisitFactory(caregiver=caregiver, client=client, starts_at=timezone.now() + dt.timedelta(minutes=10))


def open_visit(page: Page, visit: Visit) -> None:
    page.goto(f"/care/visits/{visit.pk}/")
    page.wait_for_selector("article[data-ready=yes]")


def sent(page: Page, count: int) -> None:
    """Waits until the server has so many acts."""
    for _try in range(100):
        if PhoneEvent.objects.count() >= count:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{PhoneEvent.objects.count()} of {count} acts arrived")


def wait_until_kept(page: Page, visit: Visit) -> None:
    """The worker has the visit's page and the script it needs."""
    ask = """async (address) => Boolean(navigator.serviceWorker.controller && (await caches.match(address))
        && (await caches.match('/care/kept-pages')))"""
    for _try in range(100):
        if page.evaluate(ask, f"/care/visits/{visit.pk}/"):
            return
        page.wait_for_timeout(100)
    raise AssertionError("The page was not kept.")


def row(page: Page, title: str):
    return page.locator(".care-task", has_text=title)


def test_caregiver_carries_out_a_visit(page_as, caregiver, visit):
    page = page_as(caregiver.user, 390, **PHONE)
    page.goto("/care/")
    page.get_by_role("link", name="Open the visit").click()
    page.wait_for_selector("article[data-ready=yes]")
    page.get_by_role("button", name="Start the visit").click()
    expect(page.get_by_text(re.compile(r"Started at \d\d:\d\d"))).to_be_visible()
    row(page, "Help with washing").get_by_role("button", name="Done").click()
    expect(row(page, "Help with washing")).to_have_attribute("data-outcome", "done")
    lunch = row(page, "Warm lunch")
    lunch.locator("summary").click()
    lunch.get_by_role("button", name="Client refused").click()
    expect(lunch.get_by_text("Say in a few words")).to_be_visible()
    lunch.get_by_label("Why").fill("Not hungry")
    lunch.get_by_role("button", name="Client refused").click()
    expect(lunch.get_by_text("Client refused: Not hungry")).to_be_visible()
    page.get_by_label("Systolic pressure").fill("214")
    page.get_by_role("button", name="Save the values").click()
    page.get_by_label("How was it?").fill("In good spirits.")
    page.get_by_role("button", name="Save the note").click()
    page.get_by_role("button", name="Finish the visit").click()
    expect(page.get_by_text("Thank you.")).to_be_visible()
    sent(page, 6)
    expect(page.locator("[data-alerts] .notice-danger").first).to_be_visible()
    visit.refresh_from_db()
    assert visit.status == "completed"
    assert list(visit.tasks.values_list("outcome", "reason")) == [("done", ""), ("refused", "Not hungry")]
    assert visit.notes.get().text == "In good spirits."
    assert list(ClockEvent.objects.values_list("kind", "accuracy_metres", "distance_metres").order_by("at")) == [
        ("in", 12, 2),
        ("out", 12, 2),
    ]


def test_caregiver_without_signal_loses_nothing(page_as, caregiver, visit):
    page = page_as(caregiver.user, 390, allow=OFFLINE, **PHONE)
    page.goto("/care/")
    wait_until_kept(page, visit)
    page.context.set_offline(True)
    open_visit(page, visit)
    expect(page.get_by_text("No signal. This page was loaded at")).to_be_visible()
    page.get_by_role("button", name="Start the visit").click()
    row(page, "Help with washing").get_by_role("button", name="Done").click()
    page.get_by_label("How was it?").fill("Written in the cellar.")
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator("#care-count")).to_have_text("3 waiting to be sent")

    page.reload()
    page.wait_for_selector("article[data-ready=yes]")
    expect(page.get_by_text(re.compile(r"Started at \d\d:\d\d"))).to_be_visible()
    expect(row(page, "Help with washing")).to_have_attribute("data-outcome", "done")
    expect(page.get_by_text("Written in the cellar.")).to_be_visible()
    expect(page.get_by_role("button", name="Start the visit")).to_be_hidden()
    expect(page.locator("#care-count")).to_have_text("3 waiting to be sent")
    assert not PhoneEvent.objects.exists()

    page.context.set_offline(False)
    sent(page, 3)
    expect(page.locator("#care")).to_be_hidden()
    page.wait_for_timeout(500)
    visit.refresh_from_db()
    assert (visit.status, visit.notes.count(), ClockEvent.objects.count()) == ("in_progress", 1, 1)
    assert list(PhoneEvent.objects.order_by("pk").values_list("kind", "status")) == [
        ("clock_in", "applied"),
        ("task", "applied"),
        ("note", "applied"),
    ]

    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("article[data-ready=yes]")
    expect(row(page, "Help with washing")).to_have_attribute("data-outcome", "done")
    page.context.set_offline(False)


def test_caregiver_whose_visit_was_cancelled_meanwhile_is_told(page_as, caregiver, visit):
    page = page_as(caregiver.user, 390, **PHONE)
    open_visit(page, visit)
    Visit.objects.filter(pk=visit.pk).update(status="cancelled")
    page.get_by_label("How was it?").fill("Nobody at home.")
    page.get_by_role("button", name="Save the note").click()
    expect(page.get_by_text("This visit was cancelled. What you recorded was kept")).to_be_visible()
    expect(page.locator("#care")).to_be_hidden()
    assert PhoneEvent.objects.get().status == "to_review"


def test_caregiver_whose_answer_was_lost_sends_once(page_as, caregiver, visit):
    page = page_as(caregiver.user, 390, allow=(*OFFLINE, r"net::ERR_FAILED"), **PHONE)
    open_visit(page, visit)

    def lose(route):
        route.fetch()
        route.abort()

    page.route("**/care/events/", lose, times=1)
    page.get_by_label("How was it?").fill("Once only.")
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator("#care-count")).to_have_text("1 waiting to be sent")
    page.locator("#care-waiting").click()
    expect(page.locator("#care")).to_be_hidden()
    assert PhoneEvent.objects.count() == visit.notes.count() == 1


def test_caregiver_without_position_clocks_all_the_same(page_as, caregiver, visit):
    page = page_as(caregiver.user, 390, permissions=[])
    open_visit(page, visit)
    page.get_by_role("button", name="Start the visit").click()
    sent(page, 1)
    assert ClockEvent.objects.get().position_problem == "denied"


def test_caregiver_is_asked_about_open_tasks(page_as, caregiver, visit):
    page = page_as(caregiver.user, 390, **PHONE)
    open_visit(page, visit)
    page.get_by_role("button", name="Finish the visit").click()
    expect(page.get_by_text("2 tasks have no answer yet.")).to_be_visible()
    page.get_by_role("button", name="No, keep it").click()
    assert not PhoneEvent.objects.exists()
    page.get_by_role("button", name="Finish the visit").click()
    page.get_by_role("button", name="Finish anyway").click()
    sent(page, 1)


def test_caregiver_cannot_sign_out_while_something_waits(page_as, caregiver, visit):
    page = page_as(caregiver.user, 390, allow=OFFLINE, **PHONE)
    open_visit(page, visit)
    page.goto("/accounts/logout/")
    page.route("**/care/events/", lambda route: route.abort("internetdisconnected"))
    page.evaluate(
        "async (visit) => (await import('homecare/care_outbox')).enqueue('note', visit, {text: 'Before leaving'})",
        visit.pk,
    )
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("signing out now would lose it")).to_be_visible()
    page.unroute("**/care/events/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url(lambda url: "logout" not in url)
    assert PhoneEvent.objects.count() == 1
    kept = page.evaluate("async () => (await caches.keys()).filter((name) => name.startsWith('care-pages'))")
    assert kept == []


def test_implausible_sign_is_stopped_on_the_phone(page_as, caregiver, visit):
    page = page_as(caregiver.user, 390, **PHONE)
    open_visit(page, visit)
    page.get_by_label("Systolic pressure").fill("900")
    page.get_by_role("button", name="Save the values").click()
    assert page.evaluate("() => document.querySelector('#sign-systolic').validity.rangeOverflow")
    page.wait_for_timeout(300)
    assert not PhoneEvent.objects.exists()


SMALL = """
() => [...document.querySelectorAll('main :is(a, button, input:not([type=hidden]), select, textarea, summary)')]
  .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44)
  .map((one) => one.outerHTML.slice(0, 80))
"""
PAGES = ["/care/", "/care/week/", "/care/waiting/", "/care/calendar/", "visit"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 360])
def test_phone_pages_fit_and_read_well(page_as, check_axe, fits, caregiver, visit, width, theme):
    page = page_as(caregiver.user, width, color_scheme=theme, **PHONE)
    for address in PAGES:
        page.goto(f"/care/visits/{visit.pk}/" if address == "visit" else address)
        page.wait_for_load_state("networkidle")
        for details in page.locator("details").all():
            details.evaluate("(one) => one.setAttribute('open', '')")
        assert check_axe(page) == [], address
        assert fits(page), address
        assert page.evaluate(SMALL) == [], address


def test_visit_page_works_without_scripts(page_as, caregiver, visit):
    page = page_as(caregiver.user, 390, java_script_enabled=False)
    page.goto(f"/care/visits/{visit.pk}/")
    page.get_by_role("button", name="Start the visit").click()
    expect(page.get_by_text(re.compile(r"Started at \d\d:\d\d"))).to_be_visible()
    assert ClockEvent.objects.get().position_problem == "no_script"
