"""A visit whose record lacks an element is not billed to a payer that asks for all six, by whatever way one tries."""

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.models import Charge, EvvRelease, Invoice
from billing.pricing import WaitsFor
from billing.services.charge import make_charges, uncharged
from billing.services.evv_hold import held, hold_incomplete, release_visit
from billing.services.invoice import build_draft, issue_invoice
from billing.services.payer import update_payer
from billing.tasks import charge_approved_visits
from homecare.audit.models import Event
from homecare.errors import Conflict, DomainError, readable
from scheduling import reason_codes
from scheduling.evv_rows import evv_complete
from scheduling.models import ClockEvent, ReasonCode, Visit, VisitException
from scheduling.services.approval import approve_visit, reopen_visit
from scheduling.services.clock import clock_for
from tests.billing.conftest import MONDAY
from tests.factories import ClientFactory, CoverageFactory, ServiceTypeFactory

pytestmark = pytest.mark.django_db
NOVEMBER = {"period_from": dt.date(2026, 11, 1), "period_to": dt.date(2026, 11, 30)}
NOWHERE = "Nothing says where the visit took place."


def punched(visit, **fields):
    return ClockEvent.objects.create(
        visit=visit, member=visit.caregiver, kind="in", at=visit.started_at, recorded_by=visit.caregiver.user,
        **{"method": "mobile", "latitude": 42.3, "longitude": -71.0, **fields},
    )  # fmt: skip


def waits(visit) -> str:
    return uncharged(Visit.objects.filter(pk=visit.pk)).get().waits_for


def test_incomplete_visit_waits_and_a_complete_one_is_charged(medicaid, covered_client, visits_of, biller):
    bare, whole = visits_of(covered_client, 2)
    punched(whole)
    assert (waits(bare), waits(whole)) == (WaitsFor.INCOMPLETE, WaitsFor.NOTHING)
    assert [charge.visit for charge in make_charges(by=biller)] == [whole]
    assert [visit.pk for visit in held(Visit.objects.all())] == [bare.pk]


def test_payer_that_does_not_ask_is_billed_as_ever(payer, covered_client, visits_of, biller):
    visits_of(covered_client, 2)
    assert len(make_charges(by=biller)) == 2


def test_held_visit_is_charged_by_itself_once_somebody_clocked_for_it(
    medicaid, covered_client, visits_of, coordinator, biller
):
    reason_codes.load()
    (visit,) = visits_of(covered_client)
    charge_approved_visits()
    assert not Charge.objects.exists()
    visit = reopen_visit(visit, by=coordinator, reason="Nobody clocked.")
    for kind, at in (("in", visit.starts_at), ("out", visit.ends_at)):
        clock_for(Visit.objects.get(pk=visit.pk), kind, at=at, by=coordinator, reason="Asked the daughter")
    code = ReasonCode.objects.get(set_name="default", code="23")
    approve_visit(Visit.objects.get(pk=visit.pk), by=coordinator, code=code)
    charge_approved_visits()
    assert Charge.objects.get().visit == visit


def test_held_visit_is_charged_by_itself_once_a_reason_says_where(medicaid, covered_client, visits_of, biller):
    (visit,) = visits_of(covered_client)
    punched(visit, latitude=None, longitude=None)
    exception = VisitException.objects.create(visit=visit, kind="no_position", detail="No position.")
    assert make_charges(by=biller) == []
    exception.resolved_at = visit.ends_at
    exception.save()
    assert len(make_charges(by=biller)) == 1


def test_person_answers_for_one_with_a_reason_that_is_kept(medicaid, covered_client, visits_of, manager, biller):
    (visit,) = visits_of(covered_client)
    with pytest.raises(DomainError, match="Say why"):
        release_visit(visit, reason="  ", by=manager)
    release = release_visit(visit, reason="The payer agreed by letter.", by=manager)
    assert release_visit(visit, reason="Again", by=manager) == release
    assert (release.missing, release.reason, release.by) == ([NOWHERE], "The payer agreed by letter.", manager)
    event = Event.objects.about(visit).get(action="visit.released_for_billing")
    assert (event.user, event.reason) == (manager, "The payer agreed by letter.")
    (charge,) = make_charges(by=biller)
    draft = build_draft(covered_client, medicaid, by=biller, **NOVEMBER)
    assert issue_invoice(draft, by=biller).total == charge.amount


def test_visit_that_is_not_held_cannot_be_released(medicaid, covered_client, visits_of, manager, branch):
    (whole,) = visits_of(covered_client)
    punched(whole)
    uncovered = visits_of(ClientFactory(branch=branch), hour=18)[0]
    for visit in (whole, uncovered):
        with pytest.raises(Conflict, match="not held"):
            release_visit(visit, reason="Because", by=manager)


@pytest.mark.parametrize("change", [{"status": "completed"}, {"approved_minutes": 45}])
def test_release_ends_with_the_approval_it_was_about(change, medicaid, covered_client, visits_of, manager, biller):
    (visit,) = visits_of(covered_client)
    release_visit(visit, reason="Agreed", by=manager)
    make_charges(by=biller)
    Visit.objects.filter(pk=visit.pk).update(**change)
    assert not EvvRelease.objects.in_force().exists()
    Visit.objects.filter(pk=visit.pk).update(status="approved")
    assert make_charges(by=biller) == []
    release_visit(visit, reason="Agreed again", by=manager)
    assert len(make_charges(by=biller)) == 1


def test_release_never_changes(medicaid, covered_client, visits_of, manager):
    (visit,) = visits_of(covered_client)
    release = release_visit(visit, reason="Agreed", by=manager)
    for change in ({"reason": "Other"}, {"by": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            EvvRelease.objects.filter(pk=release.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        EvvRelease.objects.all().delete()


def test_payer_that_asks_from_now_on_takes_open_charges_back(payer, covered_client, visits_of, biller):
    bare, whole = visits_of(covered_client, 2)
    punched(whole)
    make_charges(by=biller)
    draft = build_draft(covered_client, payer, by=biller, **NOVEMBER)
    update_payer(payer, by=biller, requires_evv=True)
    draft.refresh_from_db()
    assert [line.charge.visit for line in draft.lines.all()] == [whole]
    assert draft.total == draft.lines.get().amount
    assert waits(bare) == WaitsFor.INCOMPLETE
    assert Event.objects.filter(action="charge.held").count() == 1
    update_payer(payer, by=biller, requires_evv=True, terms_days=20)
    assert Event.objects.filter(action="charge.held").count() == 1


def test_billed_charges_stay_when_the_payer_begins_to_ask(payer, covered_client, visits_of, biller):
    visits_of(covered_client)
    make_charges(by=biller)
    issue_invoice(build_draft(covered_client, payer, by=biller, **NOVEMBER), by=biller)
    update_payer(payer, by=biller, requires_evv=True)
    assert Charge.objects.get().status == Charge.Status.BILLED


def service_in_person(visit):
    """A visit by video has no place; done in person after all, nothing says where."""
    type(visit.service_type).objects.filter(pk=visit.service_type_id).update(mode="in_person")


@pytest.fixture
def by_video(medicaid, covered_client, visits_of, biller):
    service = ServiceTypeFactory()
    service.mode = "video"
    service.save()
    (visit,) = visits_of(covered_client, service_type=service)
    make_charges(by=biller)
    return visit


def test_charge_that_turns_out_incomplete_stays_off_the_draft_and_goes_back(by_video, medicaid, covered_client, biller):
    service_in_person(by_video)
    with pytest.raises(DomainError, match="nothing to invoice"):
        build_draft(covered_client, medicaid, by=biller, **NOVEMBER)
    charge_approved_visits()
    assert (Charge.objects.get().status, waits(by_video)) == (Charge.Status.VOID, WaitsFor.INCOMPLETE)


def test_draft_with_a_charge_that_turns_out_incomplete_is_not_issued(by_video, medicaid, covered_client, biller):
    draft = build_draft(covered_client, medicaid, by=biller, **NOVEMBER)
    service_in_person(by_video)
    with pytest.raises(Conflict, match="held"):
        issue_invoice(draft, by=biller)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Charge.objects.update(status=Charge.Status.BILLED)
    assert "This visit is held" in readable(refused.value).message
    assert Invoice.objects.get().status == Invoice.Status.DRAFT


def test_database_refuses_a_charge_that_begins_as_billed(medicaid, covered_client, visits_of, manager, biller):
    bare, whole = visits_of(covered_client, 2)
    for visit in (bare, whole):
        release_visit(visit, reason="Agreed", by=manager)
    charges = make_charges(by=biller)
    punched(whole)
    EvvRelease.objects.update(lapsed_at=timezone.now())
    for charge in charges:
        Charge.objects.filter(pk=charge.pk).update(status="void")
        charge.pk, charge.status = None, "billed"
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Charge.objects.bulk_create(charges)
    assert "This visit is held" in readable(refused.value).message
    for charge in charges:
        charge.pk = None
    with transaction.atomic():
        assert Charge.objects.bulk_create([one for one in charges if one.visit_id == whole.pk])[0].pk
    (waiting,) = [one for one in charges if one.visit_id == bare.pk]
    waiting.status = "open"
    waiting.save()


PLACES = [
    ({}, True),
    ({"latitude": None}, False),
    ({"latitude": None, "method": "office"}, True),
    ({"latitude": None, "method": "fixed_device"}, True),
    ({"method": "telephony"}, False),
]


@pytest.mark.parametrize(("punch", "is_placed"), PLACES)
def test_database_is_of_one_mind_with_the_service(punch, is_placed, payer, covered_client, visits_of, biller):
    """The trigger asks anew what scheduling/evv_rows.py asks; both say the same of every kind of punch."""
    (visit,) = visits_of(covered_client)
    punched(visit, **punch)
    make_charges(by=biller)
    type(payer).objects.update(requires_evv=True)  # behind the service's back
    assert Visit.objects.filter(evv_complete()).exists() is is_placed
    try:
        with transaction.atomic():
            Charge.objects.update(status=Charge.Status.BILLED)
        assert is_placed
    except IntegrityError:
        assert not is_placed


def test_holding_costs_the_same_queries_for_one_and_thirty(payer, covered_client, visits_of, biller):
    counts = []
    for since, count in ((MONDAY, 1), (dt.date(2027, 1, 4), 29)):
        visits_of(covered_client, count, since=since)
        count = len(make_charges(by=biller))
        type(payer).objects.update(requires_evv=True)
        with CaptureQueriesContext(connection) as queries:
            assert hold_incomplete(by=biller) == count
        counts.append(len(queries))
        type(payer).objects.update(requires_evv=False)
    assert count == 30 and counts[0] == counts[1] <= 8


def test_unbilled_list_says_what_is_missing_and_where_to_put_it_right(
    medicaid, covered_client, visits_of, biller, manager, coordinator, as_user
):
    (visit,) = visits_of(covered_client)
    unbilled, release = reverse("billing:charge-list"), reverse("billing:evv-release", args=[visit.pk])
    page = as_user(biller).get(unbilled, {"reason": "incomplete"}).content.decode()
    for words in ("Held", NOWHERE, f'href="{visit.get_absolute_url()}"', "Put it right"):
        assert words in page, words
    assert release not in page
    assert as_user(biller).get(release).status_code == 403
    assert release in as_user(manager).get(unbilled).content.decode()
    detail = as_user(coordinator).get(visit.get_absolute_url()).content.decode()
    assert NOWHERE in detail and reverse("scheduling:visit-reopen", args=[visit.pk]) in detail


def test_manager_releases_from_the_list_with_a_reason(medicaid, covered_client, visits_of, manager, as_user, biller):
    (visit,) = visits_of(covered_client)
    http, url = as_user(manager), reverse("billing:evv-release", args=[visit.pk])
    assert NOWHERE in http.get(url).content.decode()
    refused = http.post(url, {"reason": " "}, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert http.post(url, {"reason": "Letter of 3 November"}).status_code == 302
    assert EvvRelease.objects.get().reason == "Letter of 3 November"
    assert len(make_charges(by=biller)) == 1


def test_invoice_run_counts_what_is_held(medicaid, covered_client, visits_of, branch, biller, as_user):
    visits_of(covered_client, 2)
    asked = {"branch": branch.pk, "period_from": "2026-11-01", "period_to": "2026-11-30"}
    page = as_user(biller).get(reverse("billing:invoice-run"), asked).content.decode()
    assert "2 visits: held: record incomplete" in page


def test_api_lists_held_visits_and_releases_one(medicaid, covered_client, visits_of, biller, manager, as_user):
    bare, whole = visits_of(covered_client, 2)
    punched(whole)
    (row,) = as_user(biller).get("/api/v1/held-visits/").json()["results"]
    assert (row["id"], row["payer"], row["missing"]) == (bare.pk, medicaid.pk, [NOWHERE])
    path, body = f"/api/v1/held-visits/{bare.pk}/release/", {"reason": "Agreed"}
    assert as_user(biller).post(path, body, content_type="application/json").status_code == 403
    http = as_user(manager)
    for _again in range(2):
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answer = http.post(path, body, content_type="application/json", headers=key)
        assert (answer.status_code, answer.json()["missing"]) == (200, [NOWHERE])
    assert EvvRelease.objects.count() == 1
    assert as_user(biller).get("/api/v1/held-visits/").json()["results"] == []
    assert as_user(biller).get(f"/api/v1/payers/{medicaid.pk}/").json()["requires_evv"] is True


def test_clients_who_share_a_visit_share_what_says_where(payer, covered_client, visits_of, biller, branch):
    """The punches are on the visit that leads; the one that follows is as complete."""
    neighbour = ClientFactory(branch=branch)
    CoverageFactory(client=neighbour, payer=payer)
    (lead,) = visits_of(covered_client)
    follower = Visit.objects.get(pk=lead.pk)
    follower.pk, follower.client, follower.leader = None, neighbour, lead
    follower.save()
    make_charges(by=biller)
    type(payer).objects.update(requires_evv=True)
    for has_punch in (False, True):
        if has_punch:
            punched(lead)
        rows = Visit.objects.filter(pk__in=[lead.pk, follower.pk])
        assert rows.filter(evv_complete()).count() == (2 if has_punch else 0)
        assert {row.evv_complete for row in rows} == {has_punch}
        assert may_bill() is has_punch


def may_bill() -> bool:
    try:
        with transaction.atomic():
            Charge.objects.filter(status="open").update(status=Charge.Status.BILLED)
    except IntegrityError:
        return False
    return True


def test_coverage_by_another_payer_lets_the_visit_go(medicaid, covered_client, visits_of, biller):
    """Who pays is judged first: a private payer of lower priority number asks for nothing."""
    (visit,) = visits_of(covered_client)
    covered_client.coverages.update(priority=2)
    private = CoverageFactory(client=covered_client, priority=1).payer
    assert waits(visit) == WaitsFor.NO_RATE
    rate = medicaid.rates.get()
    rate.pk, rate.payer = None, private
    rate.save()
    assert make_charges(by=biller)[0].payer == private
