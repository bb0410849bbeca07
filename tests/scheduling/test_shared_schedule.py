"""A pattern whose visits clients of one home share: all of its visits follow, ahead and later."""

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from billing.models import Rate
from clients.models import Client
from homecare.audit.models import Event
from homecare.errors import DomainError
from homecare.money import display
from scheduling.models import Visit
from scheduling.pattern import Assignment
from scheduling.series import Scope
from scheduling.services.confirmation import confirm_visit
from scheduling.services.schedule import create_schedule, end_schedule, extend_schedules
from scheduling.services.schedule_edit import edit_schedule, preview_edit
from scheduling.services.sharing import Share, align_all, share_schedule, share_visit
from scheduling.services.undo import undo_change
from scheduling.services.visit import cancel_visit
from scheduling.shared_facts import facts_of_edit
from tests.factories import (
    AuthorizationFactory,
    CoverageFactory,
    PayerFactory,
    RateFactory,
    ScheduleFactory,
    ServiceTypeFactory,
)
from tests.scheduling.test_schedule import pattern_of
from tests.scheduling.test_shared_visit import MONDAY, NOW, again, held

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen_now():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def shared_pattern(home, caregiver, by, others=1):
    """Mondays and Thursdays at the first client of the home; so many others share the visits."""
    made = create_schedule(
        home[0], service_type=ServiceTypeFactory(), rule="FREQ=WEEKLY;BYDAY=MO,TH", starts_on=MONDAY,
        start_time=dt.time(9), duration_minutes=120, assignments=[Assignment(caregiver.pk)], by=by,
    )  # fmt: skip
    share_schedule(made.schedule, [Share(one, ServiceTypeFactory()) for one in home[1 : 1 + others]], by=by)
    return made.schedule


@pytest.fixture
def series(home, caregiver, coordinator):
    return shared_pattern(home, caregiver, coordinator)


def of(client, **only):
    return Visit.objects.filter(client=client, **only).live()


def assert_in_step(home):
    """Each live visit of the leader has its follower, at the same time with the same caregiver; no other is there."""
    names = ("starts_at", "ends_at", "caregiver_id", "status")
    first, second = (list(of(person).order_by("starts_at").values_list(*names)) for person in home[:2])
    assert first == second
    assert first
    assert of(home[1]).exclude(leader__client=home[0]).count() == 0


def test_pattern_shared_makes_followers_ahead_and_later(series, home, coordinator, caregiver, frozen_now):
    count = of(home[0]).count()
    assert count > 20
    assert_in_step(home)
    assert held(caregiver) == count
    frozen_now.move_to(NOW + dt.timedelta(days=14))
    extend_schedules(by=coordinator)
    assert of(home[0]).count() > count
    assert_in_step(home)


def test_pattern_edits_carry_the_followers(series, home, coordinator, other_caregiver):
    later = pattern_of(series, start_time=dt.time(13), assignments=(Assignment(other_caregiver.pk),))
    edit = edit_schedule(series, later, scope=Scope.FOLLOWING, from_on=MONDAY + dt.timedelta(days=14), by=coordinator)
    assert edit.schedule.pk != series.pk
    assert list(edit.schedule.sharers.values_list("client", flat=True)) == [home[1].pk]
    assert_in_step(home)
    weekly = pattern_of(edit.schedule, rule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR")
    edit_schedule(edit.schedule, weekly, scope=Scope.ALL, by=coordinator)
    assert_in_step(home)
    end_schedule(edit.schedule, ends_on=MONDAY + dt.timedelta(days=28), by=coordinator)
    assert_in_step(home)
    change = edit.schedule.changes.order_by("-pk").first()
    undo_change(change, by=coordinator)
    assert_in_step(home)


def test_pattern_no_longer_shared_cancels_what_lies_ahead(series, home, coordinator):
    result = share_schedule(series, [], by=coordinator)
    assert result.cancelled > 20
    assert of(home[1]).count() == 0
    assert set(of(home[0]).values_list("time_total", flat=True)) == {1}
    again_shared = share_schedule(series, [Share(home[1], ServiceTypeFactory(), 2)], by=coordinator)
    assert again_shared.made == result.cancelled
    assert set(of(home[0]).values_list("time_weight", "time_total")) == {(1, 3)}
    share_schedule(series, [Share(home[1], ServiceTypeFactory(), 2)], own_weight=3, by=coordinator)
    assert set(of(home[1]).values_list("time_weight", "time_total")) == {(2, 5)}
    assert set(of(home[0]).values_list("time_weight", "time_total")) == {(3, 5)}


def test_confirmed_visit_no_longer_shared_leaves_a_true_trail(series, home, coordinator, caregiver):
    visit = of(home[1]).order_by("starts_at")[0]
    confirm_visit(visit, by=caregiver.user)
    share_schedule(series, [], by=coordinator)
    event = Event.objects.about(visit).filter(action="visit.cancelled").get()
    assert event.changes["status"] == ["confirmed", "cancelled"]


def test_pattern_for_two_caregivers_is_not_shared(home, coordinator):
    schedule = ScheduleFactory(client=home[0], head_count=2)
    with pytest.raises(DomainError, match="several caregivers"):
        share_schedule(schedule, [Share(home[1], ServiceTypeFactory())], by=coordinator)


def test_pattern_is_shared_through_the_api(home, coordinator, caregiver, as_user):
    made = create_schedule(
        home[0], service_type=ServiceTypeFactory(), rule="FREQ=WEEKLY;BYDAY=MO", starts_on=MONDAY,
        start_time=dt.time(9), duration_minutes=60, by=coordinator,
    )  # fmt: skip
    url = f"/api/v1/schedules/{made.schedule.pk}/share/"
    sharers = [{"client": home[1].pk, "service_type": ServiceTypeFactory().pk}]
    answer = as_user(coordinator).post(url, {"sharers": sharers, "own_weight": 2}, "application/json")
    assert answer.json()["made"] == len(made.planned)
    assert answer.json()["sharers"][0]["client"] == home[1].pk
    stopped = as_user(coordinator).post(url, {"sharers": []}, "application/json")
    assert stopped.json()["cancelled"] == len(made.planned)


def test_client_back_in_care_shares_again(series, home, coordinator):
    left = of(home[1]).order_by("starts_at")[0]
    cancel_visit(left, reason="Away", by=coordinator)
    Client.objects.filter(pk=home[1].pk).update(status="on_hold")
    later = ScheduleFactory(client=home[0], rule="FREQ=WEEKLY;BYDAY=SU", starts_on=MONDAY)
    later.sharers.create(client=home[1], service_type=ServiceTypeFactory())
    extend_schedules(by=coordinator)
    assert of(home[0], schedule=later).exists()
    assert not of(home[1], leader__schedule=later).exists()
    Client.objects.filter(pk=home[1].pk).update(status="active")
    assert align_all() == of(home[0], schedule=later).count()
    assert align_all() == 0
    assert of(home[1], leader__schedule=later).count() == of(home[0], schedule=later).count()


def test_one_visit_of_a_pattern_shared_by_hand_stays(series, home, coordinator):
    visit = of(home[0], schedule=series).order_by("starts_at")[3]
    third = share_visit(visit, Share(home[2], ServiceTypeFactory()), by=coordinator)
    assert align_all() == 0
    share_schedule(series, [], by=coordinator)
    assert again(third).status == "planned"
    assert again(third).time_total == 2


def test_undo_is_refused_when_the_sharing_changed_since(series, home, coordinator):
    later = pattern_of(series, start_time=dt.time(13))
    edit = edit_schedule(series, later, scope=Scope.FOLLOWING, from_on=MONDAY + dt.timedelta(days=14), by=coordinator)
    share_schedule(edit.schedule, [], by=coordinator)
    with pytest.raises(DomainError, match="Who shares the pattern was changed"):
        undo_change(series.changes.order_by("-pk").first(), by=coordinator)


def priced(client, service_type, number, total_units, rate):
    payer = PayerFactory(rounding="exact")
    CoverageFactory(client=client, payer=payer)
    RateFactory(payer=payer, service_type=service_type, amount_rate=rate)
    AuthorizationFactory(client=client, payer=payer, service_type=service_type, number=number, total_units=total_units)


def test_preview_says_units_and_cost_of_everybody(series, home, coordinator):
    """Visits of two hours shared by halves become visits of three: 4 units of 15 minutes each become 6."""
    share_schedule(series, [Share(home[1], ServiceTypeFactory(code="EVE"))], by=coordinator)
    count = of(home[0]).count()
    priced(home[0], series.service_type, "PA1", 6 * count, Decimal("8.0000"))
    priced(home[1], series.sharers.get().service_type, "PA2", 5 * count, Decimal("5.0000"))
    edit = preview_edit(series, pattern_of(series, duration_minutes=180), scope=Scope.ALL)
    found = facts_of_edit(edit)
    four, six, hours = 4 * count, 6 * count, Decimal("1.5") * count
    assert [(row.client, [(fact.before, fact.after, fact.is_over) for fact in row.facts]) for row in found] == [
        (home[0], [(str(four), str(six), False), (display(Decimal(8) * count), display(8 * hours), False)]),
        (home[1], [(str(four), str(six), True), (display(Decimal(5) * count), display(5 * hours), False)]),
        (None, [(display(Decimal(13) * count), display(13 * hours), False)]),
    ]
    more = preview_edit(series, pattern_of(series, rule="FREQ=WEEKLY;BYDAY=MO,WE,TH"), scope=Scope.ALL)
    units = [row.facts[0].after for row in facts_of_edit(more) if row.client]
    assert units == [str(four + 4 * more.count("created"))] * 2, "a new visit is shared as the pattern says"
    Rate.objects.all().delete()
    assert [row.client for row in facts_of_edit(edit)] == [home[0], home[1]], "no sum of what is not known"
