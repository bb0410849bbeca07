"""The main job of the product as its users do it, in Chromium: from a hospital referral to a paid invoice.

Coordinator, clinical supervisor, caregiver (390 px, position mocked), biller and manager; every page they open is
judged by axe, and `page_as` fails on a console error, a policy violation or a request to another host.
"""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command

from billing.models import Invoice
from clients.models import Client
from homecare import clock
from homecare.jobs.models import Job
from homecare.jobs.services.job import run_job_now
from scheduling.models import ServiceType, Visit
from staff.models import Credential, Role
from tests.factories import CoverageFactory, PayerFactory, RateFactory

pytestmark = pytest.mark.django_db(transaction=True)

REFERRAL = next((Path(settings.BASE_DIR).parent / "shared" / "data" / "referrals").glob("Emilia_Palomino_*.json"))
ZONE = "America/New_York"
# A refused or redirected htmx answer is logged by the browser itself; the tests judge what the page then shows.
EXPECTED = (r"status of 4(09|22)",)


@pytest.fixture
def agency(branch, caregiver):
    """What is there before the referral comes: the catalogue, a qualified caregiver, a payer with a rate."""
    call_command("load_catalogue")
    caregiver.role = Role.objects.get(code="HMA")
    caregiver.save()
    for kind in caregiver.role.required_credentials.all():
        Credential.objects.create(
            member=caregiver, type=kind, issued_on=dt.date(2025, 1, 1), expires_on=dt.date(2035, 1, 1)
        )
    payer = PayerFactory(name="Private pay")
    RateFactory(payer=payer, service_type=ServiceType.objects.get(code="PC"), amount_rate=Decimal("34"))
    return payer


@pytest.fixture
def good(check_axe, fits):
    """good(page): nothing breaks WCAG or scrolls sideways."""

    def judge(page) -> None:
        page.wait_for_load_state("networkidle")
        assert check_axe(page) == [], page.url
        assert fits(page), page.url

    return judge


def test_referral_to_paid_invoice(page_as, good, agency, branch, coordinator, supervisor, caregiver, biller, manager):
    client = take_in(page_as(coordinator, allow=EXPECTED), good)
    assess_and_plan(page_as(supervisor, allow=EXPECTED), good, client)
    schedule(page_as(coordinator, allow=EXPECTED), good, client, caregiver)
    visit = Visit.objects.filter(client=client).earliest("starts_at")
    phone = page_as(caregiver.user, 390, allow=EXPECTED, **at_the_door(client))
    begin_visit(phone, good, visit)
    with time_machine.travel(clock.now() + dt.timedelta(hours=1)):  # the visit lasts an hour
        finish_visit(phone, good, visit)
        approve(page_as(coordinator, allow=EXPECTED), good, visit)
        CoverageFactory(client=client, payer=agency)
        bill_and_pay(page_as(biller, allow=EXPECTED), good, client, clock.local_date(visit.starts_at, ZONE))
        oversee(page_as(manager), good)


def run_waiting_jobs() -> None:
    """What the worker would do now."""
    for job in Job.objects.unfinished():
        run_job_now(job)


def take_in(page, good) -> Client:
    page.goto("/clients/referrals/upload/")
    good(page)
    page.set_input_files("input[name=bundles]", REFERRAL)
    page.get_by_role("button", name="Import").click()
    page.wait_for_load_state("networkidle")
    run_waiting_jobs()
    page.goto("/clients/referrals/")
    good(page)
    page.get_by_role("link", name="Palomino, Emilia").click()
    page.wait_for_url("**/referrals/*/")
    good(page)
    page.goto(f"{page.url}accept/")
    good(page)
    page.locator("input[name=branch]").first.check()
    page.get_by_role("button", name="Accept").click()
    page.wait_for_url("**/clients/*/")
    good(page)
    return Client.objects.get()


def assess_and_plan(page, good, client: Client) -> None:
    for code in ("katz", "lawton"):
        page.goto(f"/plans/clients/{client.pk}/assessments/{code}/")
        good(page)
        for group in page.locator("main fieldset").all():
            group.locator("input[type=radio]").first.check()
        page.get_by_role("button", name="Save assessment").click()
        page.wait_for_url("**/assessments/*/")
        good(page)
    page.goto(f"/plans/clients/{client.pk}/new/")
    good(page)
    page.locator("input[name=template]").first.check()
    page.get_by_role("button", name="Start the draft").click()
    page.wait_for_load_state("networkidle")
    plan = client.care_plans.get()
    page.goto(f"/plans/{plan.pk}/")
    good(page)
    page.get_by_role("button", name="Hand in for review").click()
    page.wait_for_load_state("networkidle")
    page.goto(f"/plans/{plan.pk}/activate/")
    good(page)
    page.locator("main form").get_by_role("button").last.click()
    page.wait_for_load_state("networkidle")
    plan.refresh_from_db()
    client.refresh_from_db()
    assert (plan.status, client.status) == ("active", "active")


def schedule(page, good, client: Client, caregiver) -> None:
    """Daily from today, an hour, at a time that is still to come today."""
    soon = (clock.local(clock.now(), ZONE) + dt.timedelta(minutes=2)).time()
    page.goto(f"/schedule/clients/{client.pk}/patterns/new/")
    good(page)
    page.get_by_label("Service").select_option(label="Personal care")
    for box in page.locator("input[name=weekdays]").all():
        box.check()
    page.fill("input[name=start_time]", soon.strftime("%H:%M"))
    page.fill("input[name=duration_minutes]", "60")
    page.fill("input[name=starts_on]", clock.today(ZONE).isoformat())
    page.locator("select[name=team-0-member]").select_option(str(caregiver.pk))
    page.wait_for_load_state("networkidle")
    page.fill("input[name=override_reason]", "The family agreed")
    page.get_by_role("button", name="Plan the pattern").click()
    page.wait_for_url("**/patterns/*/")
    good(page)
    page.goto("/schedule/")
    good(page)
    assert page.get_by_text("Palomino E.").count() > 0
    assert Visit.objects.filter(client=client, caregiver=caregiver).count() >= 80


def at_the_door(client: Client) -> dict:
    latitude, longitude = client.addresses.get().place
    return {"geolocation": {"latitude": latitude, "longitude": longitude}, "permissions": ["geolocation"]}


def begin_visit(page, good, visit: Visit) -> None:
    page.goto("/care/")
    good(page)
    page.goto(f"/care/visits/{visit.pk}/")
    good(page)
    page.get_by_role("button", name="Start the visit").click()
    wait_for(visit, "in_progress")


def finish_visit(page, good, visit: Visit) -> None:
    page.goto(f"/care/visits/{visit.pk}/")
    good(page)
    page.locator("main textarea").fill("We had tea and a short walk.")
    page.get_by_role("button", name="Save the note").click()
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Finish the visit").click()
    page.locator("#confirm [value=yes]").click()  # tasks have no answer yet
    wait_for(visit, "completed")
    punches = list(visit.clock_events.order_by("at").values_list("kind", "distance_metres"))
    assert punches == [("in", 0), ("out", 0)]
    assert visit.clocked_minutes in (59, 60, 61)


def wait_for(visit: Visit, status: str) -> None:
    for _ in range(60):
        visit.refresh_from_db()
        if visit.status == status:
            return
        time.sleep(0.25)
    assert visit.status == status


def approve(page, good, visit: Visit) -> None:
    """Each exception has its one-click reason; then the visit is clean and approved in bulk."""
    page.goto("/schedule/approval/")
    good(page)
    while visit.exceptions.filter(resolved_at=None).exists():
        left = visit.exceptions.filter(resolved_at=None).count()
        page.goto("/schedule/approval/")
        suggested = page.locator(f"#visit-{visit.pk} .approval-reason form button")
        if suggested.count():
            suggested.first.click()
        else:
            choose_reason(page, visit)
        page.wait_for_load_state("networkidle")
        assert visit.exceptions.filter(resolved_at=None).count() < left
    page.goto("/schedule/approval/?show=clean")
    good(page)
    for box in page.locator("main tbody input[type=checkbox]").all():
        box.check()
    page.get_by_role("button", name="Approve the ticked visits").click()
    page.wait_for_load_state("networkidle")
    wait_for(visit, "approved")


def choose_reason(page, visit: Visit) -> None:
    """The form behind "Other reason…"."""
    page.locator(f"#visit-{visit.pk} .approval-reason a").first.click()
    dialog = page.get_by_role("dialog")
    dialog.locator("select").select_option(index=1)
    memo = dialog.locator("textarea, input[type=text]")
    if memo.count():
        memo.first.fill("Known")
    dialog.locator("form button.btn-primary").click()


def bill_and_pay(page, good, client: Client, day: dt.date) -> None:
    page.goto("/billing/unbilled/")
    good(page)
    page.goto("/billing/invoices/run/")
    good(page)
    page.fill("input[name=period_from]", day.isoformat())
    page.fill("input[name=period_to]", day.isoformat())
    page.check("input[name=issue_now]")
    page.get_by_role("button", name="Preview").click()
    page.wait_for_load_state("networkidle")
    good(page)
    page.locator("main form[method=post] button").last.click()
    page.wait_for_url("**/jobs/*/")
    run_waiting_jobs()
    page.reload()
    good(page)
    invoice = Invoice.objects.with_balance().get(client=client)
    assert (invoice.number, invoice.status) == (f"BOS-{clock.today(ZONE).year}-00001", "issued")
    page.goto(f"/billing/invoices/{invoice.pk}/")
    good(page)
    pdf = page.request.get(f"/billing/invoices/{invoice.pk}/pdf/")
    assert (pdf.status, pdf.headers["content-type"], pdf.body()[:5]) == (200, "application/pdf", b"%PDF-")
    page.locator("main a[href*='payments/new']").first.click()
    page.wait_for_url("**/payments/new/**")
    good(page)
    page.fill("input[name=amount]", str(invoice.total))
    page.locator("main form").get_by_role("button").last.click()
    page.wait_for_url("**/payments/*/")
    good(page)
    assert Invoice.objects.with_balance().get(pk=invoice.pk).balance == 0
    page.goto("/billing/aging/")
    good(page)


def oversee(page, good) -> None:
    page.goto("/dashboard/")
    good(page)
    page.goto("/audit/")
    good(page)
