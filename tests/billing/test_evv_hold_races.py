"""Two connections and a payer that asks for complete visits: whoever is first, nothing incomplete is billed."""

import pytest

from billing.models import Charge, EvvRelease, InvoiceLine, UnchargedVisit
from billing.services.charge import make_charges
from billing.services.evv_hold import hold_incomplete, release_visit
from billing.services.invoice import build_draft, issue_invoice
from billing.services.payer import update_payer
from homecare.audit.models import Event
from homecare.errors import DomainError
from scheduling.services.approval import reopen_visit
from tests.billing.test_evv_hold import NOVEMBER
from tests.racing import at_once, while_open

pytestmark = pytest.mark.django_db(transaction=True)


def test_payer_begins_to_ask_while_charges_are_made(payer, covered_client, visits_of, biller):
    visits_of(covered_client, 5)
    made = while_open(lambda: update_payer(payer, by=biller, requires_evv=True), lambda: len(make_charges(by=biller)))
    assert made == 0
    assert UnchargedVisit.objects.count() == 5


def test_charges_are_made_while_the_payer_begins_to_ask(payer, covered_client, visits_of, biller):
    visits_of(covered_client, 5)
    while_open(lambda: make_charges(by=biller), lambda: update_payer(payer, by=biller, requires_evv=True))
    assert list(Charge.objects.values_list("status", flat=True)) == ["void"] * 5
    assert UnchargedVisit.objects.count() == 5


def test_payer_begins_to_ask_while_a_draft_is_made(payer, covered_client, visits_of, biller):
    visits_of(covered_client, 3)
    make_charges(by=biller)
    refused = while_open(
        lambda: update_payer(payer, by=biller, requires_evv=True),
        lambda: build_draft(covered_client, payer, by=biller, **NOVEMBER),
    )
    assert isinstance(refused, DomainError)
    assert not InvoiceLine.objects.exists()


@pytest.mark.parametrize("attempt", range(2))
def test_payer_begins_to_ask_while_its_invoice_is_issued(payer, covered_client, visits_of, biller, attempt):
    visits_of(covered_client, 3)
    make_charges(by=biller)
    draft = build_draft(covered_client, payer, by=biller, **NOVEMBER)
    asked, issued = at_once(
        lambda: update_payer(payer, by=biller, requires_evv=True), lambda: issue_invoice(draft, by=biller)
    )
    assert not isinstance(asked, Exception), asked
    statuses = set(Charge.objects.values_list("status", flat=True))
    if isinstance(issued, Exception):
        assert isinstance(issued, DomainError), issued
        assert statuses == {"void"}
    else:
        assert statuses == {"billed"}


def test_two_people_release_one_visit_at_once(medicaid, covered_client, visits_of, manager):
    (visit,) = visits_of(covered_client)
    one, other = at_once(*(lambda n=n: release_visit(visit, reason=f"Reason {n}", by=manager) for n in range(2)))
    assert one == other == EvvRelease.objects.get()
    assert Event.objects.filter(action="visit.released_for_billing").count() == 1


def test_approval_is_taken_back_while_the_charge_is_held(payer, covered_client, visits_of, biller, coordinator):
    (visit,) = visits_of(covered_client)
    make_charges(by=biller)
    type(payer).objects.update(requires_evv=True)
    reopened, count = at_once(
        lambda: reopen_visit(visit, by=coordinator, reason="Wrong"), lambda: hold_incomplete(by=biller)
    )
    assert not isinstance(reopened, Exception), reopened
    assert count in (0, 1)
    assert (Charge.objects.get().status, UnchargedVisit.objects.count()) == ("void", 0)
