"""Clients of one home share a visit: one caregiver, one clock, a row of their own for each (docs/scheduling.md)."""

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, transaction

from careplans.models import CarePlan
from homecare.audit.models import Event
from homecare.errors import Conflict, DomainError
from scheduling.calendar_feed import entries_of
from scheduling.models import ClockEvent, Visit
from scheduling.placement import OverrideNeeded, Placement, PlacementRefused, judge_placement
from scheduling.services.absence import report_absence
from scheduling.services.approval import approve_visit, approve_visits, close_visit, mark_missed, reopen_visit
from scheduling.services.clock import clock_in, clock_out
from scheduling.services.confirmation import confirm_visit
from scheduling.services.feed import create_feed
from scheduling.services.sharing import Share, set_parts, share_visit
from scheduling.services.visit import assign_visit, cancel_visit, create_visit, move_visit, update_visit
from scheduling.shared_time import portion, portions
from staff.models import Commitment
from tests.factories import (
    AddressFactory,
    CarePlanFactory,
    ClientFactory,
    PlannedTaskFactory,
    ServiceTypeFactory,
    VisitFactory,
)

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 20, 15, tzinfo=dt.UTC)  # Friday 10:00 in Boston
NINE = dt.datetime(2026, 11, 23, 14, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
MONDAY = dt.date(2026, 11, 23)


@pytest.fixture(autouse=True)
def frozen_now():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def shared(home, caregiver, coordinator):
    """(Ana's visit, which leads; Luis's, which follows), 09:00–11:00."""
    lead = create_visit(
        home[0], service_type=ServiceTypeFactory(), starts_at=NINE, ends_at=NINE + 2 * HOUR, caregiver=caregiver,
        by=coordinator,
    )  # fmt: skip
    follower = share_visit(lead, Share(home[1], ServiceTypeFactory()), by=coordinator)
    return again(lead), follower


def again(visit):
    return Visit.objects.get(pk=visit.pk)


def held(member):
    return Commitment.objects.filter(member=member).count()


def together(one, other):
    one, other = again(one), again(other)
    names = ("starts_at", "ends_at", "caregiver_id", "status", "started_at", "finished_at")
    return [getattr(one, name) for name in names] == [getattr(other, name) for name in names]


@pytest.mark.parametrize(
    ("minutes", "weights", "parts"),
    [
        (120, [1, 1], [60, 60]),
        (61, [1, 1], [31, 30]),
        (100, [1, 1, 1], [34, 33, 33]),
        (90, [2, 1], [60, 30]),
        (0, [1, 1], [0, 0]),
    ],
)
def test_parts_of_the_time_add_up(minutes, weights, parts):
    assert portions(minutes, weights) == parts
    assert sum(parts) == minutes


def test_planned_part_is_rounded_to_minutes():
    assert [portion(61, 1, 2), portion(60, 1, 1), portion(100, 1, 3)] == [31, 60, 33]


def test_shared_visit_holds_the_caregiver_once(shared, caregiver):
    lead, follower = shared
    assert follower.leader_id == lead.pk
    assert together(lead, follower)
    assert held(caregiver) == 1
    assert (lead.care_minutes, follower.care_minutes, lead.time_total) == (60, 60, 2)


def test_whoever_moves_either_moves_both(shared, caregiver, other_caregiver, coordinator):
    lead, follower = shared
    move_visit(follower, starts_at=NINE + HOUR, by=coordinator, version=follower.version)
    assert again(lead).starts_at == NINE + HOUR
    assert together(lead, follower)
    assign_visit(again(lead), other_caregiver, by=coordinator)
    assert together(lead, follower)
    assert (held(caregiver), held(other_caregiver)) == (0, 1)
    actions = Event.objects.about(follower).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["visit.created", "visit.moved", "visit.assigned"]
    assert set(Event.objects.about(follower).values_list("client_id", flat=True)) == {follower.client_id}


def test_stale_copy_of_a_follower_is_refused(shared, coordinator):
    lead, follower = shared
    move_visit(lead, starts_at=NINE + HOUR, by=coordinator)
    with pytest.raises(Conflict, match="changed this visit"):
        move_visit(follower, starts_at=NINE, by=coordinator, version=follower.version)


def test_each_client_keeps_service_and_note(shared, coordinator):
    lead, follower = shared
    other = ServiceTypeFactory(code="HW", name="Homemaking", categories=[])
    changed = update_visit(follower, service_type=other, note="Upstairs", starts_at=NINE + HOUR, by=coordinator)
    assert (changed.service_type, changed.note, changed.starts_at) == (other, "Upstairs", NINE + HOUR)
    lead = again(lead)
    assert (lead.service_type.code, lead.note, lead.starts_at) == ("PC", "", NINE + HOUR)


def test_a_follower_cannot_go_its_own_way(shared, other_caregiver):
    _lead, follower = shared
    with pytest.raises(IntegrityError, match="goes with the one it follows"), transaction.atomic():
        Visit.objects.filter(pk=follower.pk).update(caregiver=other_caregiver)
    with pytest.raises(IntegrityError), transaction.atomic():
        VisitFactory(client=ClientFactory(branch=follower.branch), leader=follower, starts_at=NINE, ends_at=NINE + HOUR)


def test_a_client_who_follows_cancels_alone(shared, coordinator, caregiver):
    lead, follower = shared
    cancel_visit(follower, reason="In hospital", by=coordinator, version=follower.version)
    lead, follower = again(lead), again(follower)
    assert (follower.status, follower.leader_id, lead.status) == ("cancelled", None, "planned")
    assert (lead.time_total, lead.care_minutes, held(caregiver)) == (1, 120, 1)


def test_when_the_leader_cancels_the_next_one_leads(shared, home, coordinator, caregiver):
    lead, follower = shared
    third = share_visit(lead, Share(home[2], ServiceTypeFactory()), by=coordinator)
    cancel_visit(again(lead), reason="In hospital", by=coordinator)
    lead, follower, third = again(lead), again(follower), again(third)
    assert [row.status for row in (lead, follower, third)] == ["cancelled", "planned", "planned"]
    assert (follower.leader_id, third.leader_id) == (None, follower.pk)
    assert (follower.time_total, follower.caregiver, held(caregiver)) == (2, caregiver, 1)
    assert together(follower, third)


def test_cancelled_for_everybody(shared, coordinator, caregiver):
    lead, follower = shared
    cancelled = cancel_visit(follower, reason="Away", by=coordinator, for_everybody=True)
    assert (cancelled.pk, cancelled.status, again(lead).status) == (follower.pk, "cancelled", "cancelled")
    assert held(caregiver) == 0


@pytest.mark.parametrize("clocks_at", [0, 1])
def test_one_clock_counts_for_all(shared, home, caregiver, coordinator, frozen_now, clocks_at):
    for person in home[:2]:
        plan = CarePlanFactory(client=person)
        PlannedTaskFactory(plan=plan, title=f"Wash {person.first_name}")
        CarePlan.objects.filter(pk=plan.pk).update(status="active", activated_at=NOW)
    visit = shared[clocks_at]
    frozen_now.move_to(NINE)
    clock_in(visit, at=NINE, by=caregiver.user, member=caregiver)
    assert together(*shared)
    assert again(shared[1]).status == "in_progress"
    titles = {row.client.first_name: list(row.tasks.values_list("title", flat=True)) for row in map(again, shared)}
    assert titles == {"Ana": ["Wash Ana"], "Luis": ["Wash Luis"]}
    frozen_now.move_to(NINE + 2 * HOUR)
    clock_out(visit, at=NINE + 2 * HOUR, by=caregiver.user, member=caregiver)
    assert ClockEvent.objects.count() == 2
    lead, follower = again(shared[0]), again(shared[1])
    assert (lead.status, follower.status) == ("completed", "completed")
    for row in (lead, follower):
        assert {one.kind for one in row.exceptions.all()} == {"tasks_missing", "no_position"}
    assert follower.evv_missing == lead.evv_missing


def worked(shared, caregiver, frozen_now, minutes=121):
    frozen_now.move_to(NINE + dt.timedelta(minutes=minutes))
    for clock, at in ((clock_in, NINE), (clock_out, NINE + dt.timedelta(minutes=minutes))):
        clock(shared[0], at=at, by=caregiver.user, member=caregiver)
    for row in shared:
        row.exceptions.all().delete()


def test_approval_gives_each_client_a_part(shared, caregiver, coordinator, frozen_now):
    worked(shared, caregiver, frozen_now)
    approved = approve_visit(shared[1], by=coordinator)
    assert approved.pk == shared[1].pk
    assert [again(row).approved_minutes for row in shared] == [61, 60]
    reopen_visit(shared[0], by=coordinator, reason="Wrong")
    assert {(row.status, row.approved_minutes) for row in map(again, shared)} == {("completed", None)}
    assert reopen_visit(shared[1], by=coordinator, reason="Wrong").pk == shared[1].pk, "reopened already, and still it"


def test_bulk_approval_takes_all_or_none(shared, caregiver, coordinator, frozen_now):
    worked(shared, caregiver, frozen_now)
    shared[1].exceptions.create(kind="tasks_missing", detail="1 task has no answer.")
    result = approve_visits([shared[0]], by=coordinator)
    assert result.approved == []
    assert {row.pk for row, _reason in result.left} == {row.pk for row in shared}
    shared[1].exceptions.all().delete()
    assert len(approve_visits([shared[1]], by=coordinator).approved) == 2


def test_missed_and_closed_count_for_all(shared, coordinator, frozen_now):
    frozen_now.move_to(NINE + 3 * HOUR)
    mark_missed(shared[1], by=coordinator, reason="Nobody came")
    assert [again(row).status for row in shared] == ["missed", "missed"]
    clock_in(shared[0], at=NINE, by=coordinator, member=shared[0].caregiver)
    assert [again(row).status for row in shared] == ["in_progress", "in_progress"]
    close_visit(shared[1], by=coordinator, reason="She rang")
    assert [again(row).status for row in shared] == ["completed", "completed"]


def test_nobody_leaves_a_missed_visit(shared, coordinator, frozen_now):
    frozen_now.move_to(NINE + 3 * HOUR)
    mark_missed(shared[0], by=coordinator, reason="Nobody came")
    with pytest.raises(DomainError, match="This visit is missed"):
        cancel_visit(again(shared[1]), reason="Away", by=coordinator)
    assert again(shared[1]).leader_id == shared[0].pk


def test_whoever_left_meanwhile_is_not_approved(shared, home, caregiver, coordinator, frozen_now):
    stale = again(shared[1])
    cancel_visit(again(shared[1]), reason="Away", by=coordinator)
    share_visit(again(shared[0]), Share(home[2], ServiceTypeFactory()), by=coordinator)
    worked(shared, caregiver, frozen_now, minutes=120)
    with pytest.raises(Conflict, match="not shared any more"):
        approve_visit(stale, by=coordinator)


def test_parts_are_set_anew(shared, coordinator):
    lead, follower = shared
    set_parts(follower, {lead.pk: 2}, by=coordinator)
    parts = [(row.time_weight, row.time_total, row.care_minutes) for row in map(again, shared)]
    assert parts == [(2, 3, 80), (1, 3, 40)]
    with pytest.raises(DomainError, match="between 1 and 9"):
        set_parts(lead, {lead.pk: 10}, by=coordinator)


def test_only_clients_of_one_home_share(shared, branch, coordinator, home):
    lead, _follower = shared
    stranger = ClientFactory(branch=branch)
    AddressFactory(client=stranger, line1="9 Elm Street", latitude=42.40, longitude=-71.10)
    with pytest.raises(DomainError, match="does not live with"):
        share_visit(lead, Share(stranger, ServiceTypeFactory()), by=coordinator)
    with pytest.raises(DomainError):
        share_visit(lead, Share(home[1], ServiceTypeFactory()), by=coordinator)


def test_the_other_clients_wishes_are_asked(shared, home, caregiver, other_caregiver, coordinator):
    lead, _follower = shared
    home[1].caregiver_preferences.create(member=other_caregiver, kind="excluded", reason="came late")
    with pytest.raises(PlacementRefused, match=r"Diaz.* does not want"):
        assign_visit(lead, other_caregiver, by=coordinator)
    home[2].caregiver_gender = "male" if caregiver.gender == "female" else "female"
    home[2].save()
    with pytest.raises(OverrideNeeded, match="wishes for a"):
        share_visit(lead, Share(home[2], ServiceTypeFactory()), by=coordinator)
    third = share_visit(lead, Share(home[2], ServiceTypeFactory()), by=coordinator, override_reason="Agreed")
    assert third.overrides.get().reason == "Agreed"


def test_hours_count_once(shared, home, caregiver):
    lead, _follower = shared
    placement = Placement.of(lead, key="later", visit_id=None)
    codes = {finding.code for finding in judge_placement(placement)}
    assert "overlap" in codes
    from scheduling.facts import Facts

    facts = Facts([Placement.of(lead, visit_id=None)])
    assert facts.week_minutes(facts.placements[0]) == 120


def test_absence_opens_both_and_loses_one(shared, caregiver, coordinator):
    report_absence(caregiver, starts_at=NINE - HOUR, ends_at=NINE + 8 * HOUR, reason="sick", by=coordinator)
    assert [again(row).caregiver for row in shared] == [None, None]
    assert Visit.objects.open().count() == 1


def test_confirmation_counts_for_all(shared, caregiver):
    confirm_visit(shared[1], by=caregiver.user)
    assert [again(row).status for row in shared] == ["confirmed", "confirmed"]


def test_pages_of_a_shared_visit(shared, home, as_user, coordinator):
    page = as_user(coordinator)
    lead, follower = shared
    text = page.get(follower.get_absolute_url()).content.decode()
    assert "Shared with:" in text
    assert lead.get_absolute_url() in text
    board = page.get("/schedule/?day=2026-11-23").content.decode()
    assert board.count("Diaz A. + Luis") == 1
    assert f'data-visit="{follower.pk}"' not in board
    by_client = page.get("/schedule/?day=2026-11-23&by=client").content.decode()
    assert f'data-visit="{follower.pk}"' in by_client
    assert "Diaz" in page.get(f"/schedule/clients/{home[1].pk}/").content.decode()


def test_offer_of_a_follower_is_an_offer_of_the_whole_visit(shared, as_user, coordinator):
    assign_visit(shared[0], None, by=coordinator)
    page = as_user(coordinator)
    follower = again(shared[1])
    url = f"/schedule/visits/{follower.pk}/offer/"
    assert url in page.get(follower.get_absolute_url()).content.decode()
    assert page.get(url).context["visits"] == [again(shared[0])]


def test_share_page_says_when_nobody_lives_there(branch, as_user, coordinator):
    visit = VisitFactory(client=ClientFactory(branch=branch))
    text = as_user(coordinator).get(f"/schedule/visits/{visit.pk}/share/").content.decode()
    assert "no other client in care has the address" in text


def test_share_by_form_and_api(home, caregiver, coordinator, as_user):
    visit = VisitFactory(client=home[0], caregiver=caregiver, starts_at=NINE, ends_at=NINE + HOUR)
    service = ServiceTypeFactory()
    page = as_user(coordinator)
    url = f"/schedule/visits/{visit.pk}/share/"
    refused = page.post(url, {"client": home[1].pk, "service_type": service.pk, "time_weight": 10})
    assert refused.status_code == 422 or "less than or equal to 9" in refused.content.decode()
    page.post(url, {"client": home[1].pk, "service_type": service.pk, "time_weight": 2, "override_reason": ""})
    follower = Visit.objects.get(leader=visit)
    assert (follower.client, follower.time_weight) == (home[1], 2)
    answer = page.post(
        f"/api/v1/visits/{visit.pk}/share/", {"client": home[2].pk, "service_type": service.pk}, "application/json"
    )
    assert (answer.status_code, answer.json()["leader"], answer.json()["time_total"]) == (201, visit.pk, 4)


def test_phone_lists_a_shared_visit_once(shared, caregiver, as_user, frozen_now):
    frozen_now.move_to(NINE)
    page = as_user(caregiver.user)
    text = page.get("/care/").content.decode()
    assert "Ana Diaz, Luis Diaz" in text
    assert text.count('class="care-card"') == 1
    assert "Also in this visit" in page.get(f"/care/visits/{shared[1].pk}/").content.decode()


def test_roster_plans_a_shared_visit_as_one_stay(shared, home, branch, other_caregiver, coordinator):
    from scheduling.roster.builder import build

    home[1].caregiver_preferences.create(member=other_caregiver, kind="excluded", reason="")
    draft = build(branch, MONDAY, MONDAY)
    assert set(draft.rows) == {shared[0].pk}
    assert other_caregiver.pk in draft.instance.visit_of[shared[0].pk].barred


def test_charges_are_made_of_each_part(shared, caregiver, coordinator, biller, frozen_now):
    from billing.models import Charge
    from billing.services.charge import make_charges
    from tests.factories import CoverageFactory, PayerFactory, RateFactory

    for row in shared:
        coverage = CoverageFactory(client=row.client, payer=PayerFactory())
        RateFactory(payer=coverage.payer, service_type=row.service_type)
    worked(shared, caregiver, frozen_now, minutes=120)
    approve_visits([shared[0]], by=coordinator)
    make_charges(by=biller)
    make_charges(by=biller)
    assert sorted(Charge.objects.values_list("visit_id", "minutes")) == sorted((row.pk, 60) for row in shared)


def test_calendar_takes_a_shared_visit_out_once(shared, caregiver, other_caregiver, coordinator):
    feed, _secret = create_feed(by=caregiver.user)
    lead, _follower = shared
    assign_visit(lead, other_caregiver, by=coordinator)
    entries = list(entries_of(feed, NOW, "https://homecare.example"))
    assert [(one.uid, one.is_cancelled) for one in entries] == [(f"visit-{lead.pk}", True)]
