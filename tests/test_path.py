"""The main job of the product on real input, through the services alone: from a hospital referral to a paid invoice.

The same path through the pages, in Chromium, is tests/browser/test_path.py.
"""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command

from billing import pdf
from billing.models import Charge, Invoice
from billing.services.charge import make_charges
from billing.services.invoice_run import RunScope, run_invoices
from billing.services.payment import record_payment
from careplans.models import Assessment, Instrument
from careplans.services.assessment import record_assessment
from careplans.services.care_plan import activate_plan, draft_plan, submit_plan
from clients.models import Client
from clients.services.referral import accept_referral, import_bundle
from homecare.audit.models import Event
from homecare.clock import at_local, today
from homecare.jobs.models import Job
from scheduling.models import ServiceType, Visit
from scheduling.pattern import Assignment
from scheduling.services.approval import approve_visits
from scheduling.services.clock import Position, clock_in, clock_out
from scheduling.services.schedule import create_schedule
from scheduling.services.visit_note import add_note
from scheduling.services.visit_task import record_task
from staff.models import Credential, Role
from tests.factories import CoverageFactory, PayerFactory, RateFactory

REFERRALS = Path(settings.BASE_DIR).parent / "shared" / "data" / "referrals"
MONDAY = dt.date(2026, 11, 23)
ZONE = "America/New_York"


@pytest.fixture
def catalogue(db):
    call_command("load_catalogue")


def credentialed(member):
    """Holds everything the role requires."""
    for kind in member.role.required_credentials.all():
        Credential.objects.create(
            member=member, type=kind, issued_on=dt.date(2025, 1, 1), expires_on=dt.date(2030, 1, 1)
        )
    return member


def work(visit, member):
    """The caregiver's visit as planned: in, every task done, a note, out."""
    where = Position(*visit.client.addresses.get().place, 10)
    with time_machine.travel(visit.starts_at, tick=False):
        clock_in(visit, at=visit.starts_at, by=member.user, member=member, position=where)
    with time_machine.travel(visit.ends_at, tick=False):
        for task in visit.tasks.all():
            record_task(visit, task.planned_task_id, "done", by=member.user, at=visit.ends_at)
        add_note(visit, "A good morning.", by=member.user, written_at=visit.ends_at)
        clock_out(visit, at=visit.ends_at, by=member.user, member=member, position=where)


def test_hospital_referral_becomes_a_paid_invoice(catalogue, branch, coordinator, supervisor, biller, caregiver):
    with time_machine.travel(at_local(MONDAY, dt.time(6), ZONE), tick=False):
        path = next(REFERRALS.glob("Emilia_Palomino_*.json"))
        imported = import_bundle(path.read_bytes(), path.name, by=coordinator)
        client = accept_referral(imported.referral, branch=branch, by=coordinator)
        assert (client.status, client.full_name, client.diagnoses.exists()) == ("assessment", "Emilia Palomino", True)

        katz = Instrument.objects.get(code="katz")
        record_assessment(
            client, katz, {item["code"]: 1 for item in katz.items}, assessed_on=today(ZONE), by=supervisor
        )
        assert Assessment.objects.get(client=client).score == 6

        plan = submit_plan(draft_plan(client, by=supervisor), by=supervisor)
        plan = activate_plan(plan, by=supervisor)
        client.refresh_from_db()
        assert (plan.version, plan.status, client.status) == (1, "active", "active")

        caregiver.role = Role.objects.get(code="HMA")
        caregiver.save()
        credentialed(caregiver)
        made = create_schedule(
            client,
            service_type=ServiceType.objects.get(code="PC"),
            rule="FREQ=WEEKLY;BYDAY=MO,WE,FR",
            starts_on=MONDAY,
            start_time=dt.time(8),
            duration_minutes=90,
            assignments=[Assignment(caregiver.pk)],
            by=coordinator,
        )
        assert (len(made.planned), list(made.warnings)) == (37, [])

    week = list(
        Visit.objects.filter(client=client, starts_at__lt=at_local(MONDAY + dt.timedelta(days=7), dt.time(0), ZONE))
    )
    for visit in week:
        work(visit, caregiver)
    with time_machine.travel(at_local(MONDAY + dt.timedelta(days=7), dt.time(9), ZONE), tick=False):
        done = approve_visits(Visit.objects.filter(pk__in=[visit.pk for visit in week]), by=coordinator)
        assert [visit.pk for visit in done.approved] == [visit.pk for visit in week]
        invoice = bill(client, branch, biller)
        paid = record_payment(
            invoice.payer,
            invoice.total,
            branch=branch,
            method="check",
            received_on=today(ZONE),
            submission_key=uuid.uuid4(),
            by=biller,
            client=client,
        )
    assert invoice.total == Decimal("153.00")  # three visits of an hour and a half at $34
    assert Invoice.objects.with_balance().get(pk=invoice.pk).balance == 0
    assert paid.allocations.get().invoice == invoice
    assert pdf.render(invoice)[:5] == b"%PDF-"
    assert trail_of(client) >= {
        "referral.accepted",
        "assessment.recorded",
        "careplan.activated",
        "visit.approved",
        "invoice.issued",
    }


def bill(client: Client, branch, biller) -> Invoice:
    """Private pay at $34 an hour, invoiced for the week by a run."""
    payer = PayerFactory(name="Private pay")
    CoverageFactory(client=client, payer=payer)
    RateFactory(payer=payer, service_type=ServiceType.objects.get(code="PC"), amount_rate=Decimal("34"))
    make_charges(by=biller)
    assert Charge.objects.filter(client=client).count() == 3
    scope = RunScope(branch, MONDAY, MONDAY + dt.timedelta(days=6), issue_now=True)
    run = Job.objects.create(kind="billing.invoice_run", title="Run", owner=biller)
    run_invoices(scope, run=run, by=biller, progress=lambda done, total, text: None)
    invoice = Invoice.objects.get(client=client)
    assert (invoice.number, invoice.status) == ("BOS-2026-00001", "issued")
    return invoice


def trail_of(client: Client) -> set[str]:
    return set(Event.objects.about_client(client.pk).values_list("action", flat=True))


def test_all_referrals_become_clients(catalogue, branch, coordinator):
    """Every bundle of the sample reads, and reading it again changes nothing."""
    paths = sorted(REFERRALS.glob("*.json"))
    first = [import_bundle(path.read_bytes(), path.name, by=coordinator) for path in paths]
    again = [import_bundle(path.read_bytes(), path.name, by=coordinator) for path in paths]
    assert ({r.outcome for r in first}, {r.outcome for r in again}) == ({"created"}, {"unchanged"})
    for result in first:
        accept_referral(result.referral, branch=branch, by=coordinator)
    assert Client.objects.count() == len(paths) == 31
