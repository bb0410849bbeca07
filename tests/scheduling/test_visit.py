"""Planning, assigning, moving and cancelling one visit."""

import datetime as dt

import pytest

from homecare.audit.models import Event
from homecare.errors import Conflict, DomainError, InvalidTransition
from homecare.inbox.models import Notification
from scheduling.models import Visit
from scheduling.placement import OverrideNeeded, PlacementRefused, TimeTaken
from scheduling.services.visit import assign_visit, cancel_visit, create_visit, move_visit, update_visit
from tests.factories import ClientFactory, MemberFactory, ScheduleFactory, ServiceTypeFactory, VisitFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_november")]

NINE = dt.datetime(2026, 12, 1, 14, tzinfo=dt.UTC)  # 09:00 in Boston
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def client_of(branch):
    return ClientFactory(branch=branch)


@pytest.fixture
def service():
    return ServiceTypeFactory()


def plan(client, service, by, caregiver=None, starts_at=NINE, **fields):
    return create_visit(
        client,
        service_type=service,
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
        caregiver=caregiver,
        by=by,
        **fields,
    )


def test_confirmation_ends_with_another_caregiver_or_time(branch, caregiver, other_caregiver, coordinator):
    visits = [
        VisitFactory(client=ClientFactory(branch=branch), caregiver=caregiver, status="confirmed") for _n in range(3)
    ]
    assign_visit(visits[0], other_caregiver, by=coordinator)
    move_visit(visits[1], starts_at=visits[1].starts_at + dt.timedelta(hours=1), by=coordinator)
    update_visit(visits[2], note="Ring twice", by=coordinator)
    assert [Visit.objects.get(pk=visit.pk).status for visit in visits] == ["planned", "planned", "confirmed"]


def test_visit_created_with_caregiver_is_audited_and_told(client_of, service, coordinator, caregiver):
    visit = plan(client_of, service, coordinator, caregiver)
    assert (visit.branch_id, visit.caregiver, visit.status) == (client_of.branch_id, caregiver, "planned")
    event = Event.objects.about(visit).get()
    assert (event.action, event.user, event.client_id) == ("visit.created", coordinator, client_of.pk)
    told = Notification.objects.get(recipient=caregiver.user)
    assert told.kind == "visit.assigned"
    assert client_of.last_name not in told.title + told.body


def test_visit_at_a_taken_hour_names_who_holds_it(client_of, service, coordinator, caregiver):
    plan(ClientFactory(branch=client_of.branch, first_name="Rosa", last_name="Mensah"), service, coordinator, caregiver)
    with pytest.raises(TimeTaken, match=r"already with Mensah R\. on Tue 1 Dec, 09:00–10:00"):
        plan(client_of, service, coordinator, caregiver, NINE + dt.timedelta(minutes=30))
    assert Visit.objects.count() == 1


def test_visit_ending_before_it_starts_is_refused(client_of, service, coordinator):
    with pytest.raises(DomainError, match="not after the start") as refused:
        create_visit(client_of, service_type=service, starts_at=NINE, ends_at=NINE, by=coordinator)
    assert refused.value.field == "ends_at"


def test_visit_with_warning_needs_a_reason_that_is_kept(client_of, service, coordinator, branch):
    never_available = MemberFactory(branch=branch)
    with pytest.raises(OverrideNeeded, match="outside the hours") as refused:
        plan(client_of, service, coordinator, never_available)
    assert refused.value.field == "override_reason"
    visit = plan(client_of, service, coordinator, never_available, override_reason="She agreed by phone")
    kept = visit.overrides.get()
    assert (kept.rule, kept.reason, kept.by) == ("available", "She agreed by phone", coordinator)


def test_visit_warning_is_not_overridden_without_the_permission(client_of, service, biller, branch):
    with pytest.raises(OverrideNeeded, match="may override") as refused:
        plan(client_of, service, biller, MemberFactory(branch=branch), override_reason="because")
    assert refused.value.field is None


def test_visit_assigned_then_moved_counts_versions(client_of, service, coordinator, caregiver, other_caregiver):
    visit = plan(client_of, service, coordinator)
    assert visit.is_open
    visit = assign_visit(visit, caregiver, by=coordinator, version=1)
    visit = move_visit(visit, starts_at=NINE + 2 * HOUR, caregiver=other_caregiver, by=coordinator, version=2)
    assert (visit.version, visit.caregiver, visit.ends_at) == (3, other_caregiver, NINE + 3 * HOUR)
    actions = list(Event.objects.about(visit).order_by("id").values_list("action", flat=True))
    assert actions == ["visit.created", "visit.assigned", "visit.moved"]
    kinds = Notification.objects.filter(recipient=caregiver.user).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["visit.assigned", "visit.cancelled"]


def test_visit_stale_version_says_who_changed_it(client_of, service, coordinator, caregiver):
    visit = plan(client_of, service, coordinator)
    assign_visit(visit, caregiver, by=coordinator, version=1)
    with pytest.raises(Conflict, match=f"{coordinator} changed this visit at"):
        move_visit(visit, starts_at=NINE + HOUR, by=coordinator, version=1)


def test_visit_unassigned_becomes_open(client_of, service, coordinator, caregiver):
    visit = plan(client_of, service, coordinator, caregiver)
    assert assign_visit(visit, None, by=coordinator).is_open


def test_visit_of_a_pattern_is_marked_changed_by_hand_but_not_by_a_note(coordinator, client_of):
    schedule = ScheduleFactory(client=client_of)
    visit = VisitFactory(client=client_of, schedule=schedule, occurrence_on=dt.date(2026, 12, 2))
    assert not update_visit(visit, note="Ring twice", by=coordinator).is_changed_by_hand
    assert move_visit(visit, starts_at=visit.starts_at + HOUR, by=coordinator).is_changed_by_hand


def test_visit_begun_cannot_move(coordinator, caregiver, client_of):
    visit = VisitFactory(client=client_of, caregiver=caregiver, status=Visit.Status.IN_PROGRESS)
    with pytest.raises(InvalidTransition, match="only a planned visit"):
        move_visit(visit, starts_at=visit.starts_at + HOUR, by=coordinator)


def test_visit_cancelled_keeps_the_reason_and_frees_the_hour(client_of, service, coordinator, caregiver):
    visit = plan(client_of, service, coordinator, caregiver)
    with pytest.raises(DomainError, match="Say why"):
        cancel_visit(visit, reason=" ", by=coordinator)
    visit = cancel_visit(visit, reason="Client in hospital", by=coordinator)
    assert (visit.status, visit.cancel_reason) == ("cancelled", "Client in hospital")
    assert cancel_visit(visit, reason="again", by=coordinator).cancel_reason == "Client in hospital"
    assert plan(client_of, service, coordinator, caregiver).pk


def test_visit_of_discharged_client_is_refused(service, coordinator, branch):
    gone = ClientFactory(branch=branch, status="discharged")
    with pytest.raises(PlacementRefused, match="not an active client"):
        plan(gone, service, coordinator)
