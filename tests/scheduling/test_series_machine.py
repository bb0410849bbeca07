"""Whatever a coordinator does to a series, in whatever order: no visit is lost, doubled or left without its pattern."""

import datetime as dt
from dataclasses import replace

import pytest
import time_machine
from django.db import transaction
from django.db.models import F
from django.test import override_settings
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from homecare.accounts.roles import RoleName
from homecare.clock import local_date, now, today
from homecare.errors import DomainError
from scheduling.models import Schedule, SeriesChange, TemporaryChange, Visit
from scheduling.pattern import Assignment, Pattern, Temporary
from scheduling.recurrence import Recurrence
from scheduling.series import Scope
from scheduling.services.materialise import patterns_of
from scheduling.services.schedule import create_schedule, end_schedule, extend_schedules
from scheduling.services.schedule_edit import edit_schedule
from scheduling.services.sharing import Share, share_schedule
from scheduling.services.temporary_change import change_temporarily, withdraw_temporary_change
from scheduling.services.undo import undo_change
from scheduling.services.visit import cancel_visit, move_visit
from tests.conftest import person
from tests.factories import AddressFactory, BranchFactory, ClientFactory, MemberFactory, ServiceTypeFactory

pytestmark = pytest.mark.django_db

BEGAN = dt.datetime(2026, 10, 21, 15, tzinfo=dt.UTC)  # Wednesday 11:00 in Boston, eleven days before the clock changes
ZONE = "America/New_York"
PHASES = [Phase.explicit, Phase.generate]  # shrinking would take minutes; eight steps are short enough to read
SHOWN = ("status", "starts_at", "ends_at", "caregiver_id", "occurrence_on", "slot")

weekdays = st.sets(st.integers(0, 6), min_size=1, max_size=4).map(lambda days: tuple(sorted(days)))
recurrences = st.one_of(
    st.builds(lambda n, days: Recurrence("WEEKLY", n, days), st.sampled_from([1, 1, 1, 2]), weekdays),
    st.builds(lambda n: Recurrence("DAILY", n), st.sampled_from([1, 2])),
    st.builds(lambda n: Recurrence("MONTHLY", 1, month_day=n), st.sampled_from([1, 15, 28, 31])),
    st.builds(lambda n, day: Recurrence("MONTHLY", 1, nth=(n, day)), st.sampled_from([1, 2, -1]), st.integers(0, 6)),
).map(Recurrence.to_text)
times = st.sampled_from([dt.time(1, 30), dt.time(8), dt.time(10, 30), dt.time(22)])
lengths = st.sampled_from([30, 60, 480])
pick = st.integers(0, 40)


class Series(RuleBasedStateMachine):
    """One client's patterns under all the acts that touch them."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = time_machine.travel(BEGAN, tick=False)
        self.traveller = self.clock.start()
        self.horizon = override_settings(SCHEDULE_HORIZON_WEEKS=3)
        self.horizon.enable()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        branch = BranchFactory(time_zone=ZONE)
        self.by = person(RoleName.COORDINATOR, branch)
        self.members = [MemberFactory(branch=branch, always_available=True).pk for _ in range(2)]
        self.client, self.mate = ClientFactory(branch=branch), ClientFactory(branch=branch)
        for person_there in (self.client, self.mate):
            AddressFactory(client=person_there)
        self.left: set[int] = set()
        self.fixed: dict[int, tuple] = {}
        self.seen: set[int] = set()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)
        self.horizon.disable()
        self.clock.stop()

    # What may be asked of the series

    @property
    def active(self) -> list[Schedule]:
        rows = Schedule.objects.filter(client=self.client, status="active").select_related("client__branch")
        return list(rows.order_by("pk"))

    @property
    def ahead(self) -> list[Visit]:
        rows = Visit.objects.filter(client=self.client, status__in=Visit.OPEN_STATUSES, starts_at__gt=now())
        return list(rows.order_by("starts_at", "pk"))

    def note_what_is_fixed(self, besides: str = "") -> None:
        """What has begun, passed or been cancelled must look the same after the next act."""
        movable = [*Visit.OPEN_STATUSES, besides]
        rows = Visit.objects.filter(client=self.client).exclude(status__in=movable, starts_at__gt=now())
        self.fixed = {row.pk: tuple(getattr(row, name) for name in SHOWN[:4]) for row in rows}

    @initialize(
        text=recurrences,
        time=times,
        minutes=lengths,
        heads=st.integers(1, 2),
        first=st.integers(0, 9),
        shared=st.booleans(),
    )
    def begin(self, text, time, minutes, heads, first, shared):
        made = create_schedule(
            self.client,
            service_type=ServiceTypeFactory(),
            rule=text,
            starts_on=today(ZONE) + dt.timedelta(days=first),
            start_time=time,
            duration_minutes=minutes,
            head_count=heads,
            assignments=[Assignment(pk, slot=slot) for slot, pk in enumerate(self.members[:heads], 1)],
            by=self.by,
            override_reason="Agreed",
        )
        if shared:
            who = [Share(self.mate, made.schedule.service_type)]
            self.attempt(share_schedule, made.schedule, who, by=self.by, override_reason="Agreed")

    @precondition(lambda self: self.active)
    @rule(
        which=pick,
        text=st.none() | recurrences,
        time=times,
        minutes=lengths,
        heads=st.integers(1, 2),
        who=st.permutations([0, 1]),
        scope=st.sampled_from([Scope.ALL, Scope.FOLLOWING, Scope.UNCHANGED]),
        from_visit=pick,
        ends=st.none() | st.integers(0, 30),
    )
    def edit(self, which, text, time, minutes, heads, who, scope, from_visit, ends):
        schedule = self.active[which % len(self.active)]
        lines = tuple(Assignment(self.members[at], slot, since=schedule.starts_on) for slot, at in enumerate(who, 1))
        pattern = replace(
            Pattern.of(schedule, ()),
            rule=text or schedule.rule,
            start_time=time,
            duration_minutes=minutes,
            head_count=heads,
            assignments=lines[:heads],
            ends_on=None if ends is None else today(ZONE) + dt.timedelta(days=ends),
        )
        days = [row.occurrence_on for row in self.ahead if row.schedule_id == schedule.pk and row.occurrence_on]
        from_on = days[from_visit % len(days)] if days else today(ZONE)
        self.note_what_is_fixed()
        self.attempt(
            edit_schedule, schedule, pattern, scope=scope, from_on=from_on, by=self.by, override_reason="Agreed"
        )

    @precondition(lambda self: self.ahead)
    @rule(which=pick)
    def cancel_one(self, which):
        self.note_what_is_fixed()
        self.attempt(cancel_visit, self.ahead[which % len(self.ahead)], reason="Away", by=self.by)

    @precondition(lambda self: self.ahead)
    @rule(which=pick, hours=st.sampled_from([-26, -3, 5, 30]))
    def move_one(self, which, hours):
        visit = self.ahead[which % len(self.ahead)]
        starts_at = visit.starts_at + dt.timedelta(hours=hours)
        self.note_what_is_fixed()
        self.attempt(move_visit, visit, starts_at=starts_at, by=self.by, override_reason="Agreed")

    @precondition(lambda self: self.ahead)
    @rule()
    def begin_the_next_one(self):
        """The caregiver is early: the visit runs although its hour lies ahead."""
        visit = self.ahead[0]
        if visit.caregiver_id is not None:
            Visit.objects.filter(pk=visit.pk).update(status="in_progress", version=F("version") + 1)

    @precondition(lambda self: self.active)
    @rule(which=pick, days=st.integers(-1, 30))
    def end(self, which, days):
        schedule = self.active[which % len(self.active)]
        self.note_what_is_fixed()
        self.attempt(end_schedule, schedule, ends_on=today(ZONE) + dt.timedelta(days=days), by=self.by, reason="Moved")

    @precondition(lambda self: self.active)
    @rule(
        which=pick,
        first=st.integers(0, 12),
        length=st.sampled_from([0, 0, 6, 30]),
        paused=st.booleans(),
        time=times,
        who=st.integers(0, 1),
    )
    def change_for_a_while(self, which, first, length, paused, time, who):
        """One day skipped, a week in hospital, a month of another caregiver at another hour."""
        day = today(ZONE) + dt.timedelta(days=first)
        change = Temporary(day, day + dt.timedelta(days=length), is_paused=True)
        if not paused:
            change = replace(change, is_paused=False, start_time=time, member_id=self.members[who])
        schedule = self.active[which % len(self.active)]
        self.note_what_is_fixed()
        self.attempt(change_temporarily, schedule, change, reason="Away", by=self.by, override_reason="Agreed")

    @precondition(lambda self: TemporaryChange.objects.filter(schedule__client=self.client).exists())
    @rule(which=pick)
    def take_back_the_temporary_change(self, which):
        rows = TemporaryChange.objects.filter(schedule__client=self.client).order_by("pk")
        change = rows.select_related("schedule__client__branch")[which % len(rows)]
        self.note_what_is_fixed()
        self.attempt(withdraw_temporary_change, change, by=self.by, override_reason="Agreed")

    @precondition(lambda self: SeriesChange.objects.filter(undone_at=None).exists())
    @rule(minutes=st.sampled_from([0, 20, 59]))
    def undo(self, minutes):
        self.traveller.move_to(now() + dt.timedelta(minutes=minutes))
        change = SeriesChange.objects.filter(undone_at=None).order_by("-pk")[0]
        self.note_what_is_fixed(besides="cancelled")
        self.attempt(undo_change, change, by=self.by)

    @precondition(lambda self: self.active)
    @rule(which=pick, shares=st.booleans(), weight=st.integers(1, 3))
    def share_with_the_housemate(self, which, shares, weight):
        schedule = self.active[which % len(self.active)]
        who = [Share(self.mate, schedule.service_type, weight)] if shares or weight > 1 else []
        self.note_what_is_fixed()
        self.attempt(share_schedule, schedule, who, by=self.by, override_reason="Agreed")
        self.left.clear()

    @precondition(lambda self: self.followers.exists())
    @rule(which=pick)
    def the_housemate_leaves_one(self, which):
        visit = self.followers.order_by("pk")[which % self.followers.count()]
        self.left.add(visit.leader_id)
        self.note_what_is_fixed()
        self.attempt(cancel_visit, visit, reason="Away", by=self.by)

    @property
    def followers(self):
        return Visit.objects.filter(client=self.mate, leader__isnull=False, status__in=Visit.OPEN_STATUSES)

    @rule(days=st.integers(1, 9), swept=st.booleans())
    def days_pass(self, days, swept):
        self.traveller.move_to(now() + dt.timedelta(days=days))
        if swept:
            extend_schedules(by=self.by)

    @rule()
    def sweep(self):
        self.note_what_is_fixed()
        extend_schedules(by=self.by)
        assert extend_schedules(by=self.by) == 0

    def attempt(self, act, *args, **kwargs):
        """A refusal in words is an answer; a broken constraint or a traceback is not."""
        try:
            with transaction.atomic():
                return act(*args, **kwargs)
        except DomainError:
            return None

    # What must hold after every act

    @invariant()
    def nothing_is_lost(self):
        self.traveller.shift(1)  # no two acts in one moment
        there = set(Visit.objects.filter(client=self.client).values_list("pk", flat=True))
        assert self.seen <= there, "a visit disappeared"
        self.seen = there

    @invariant()
    def what_has_begun_or_passed_is_as_it_was(self):
        rows = Visit.objects.in_bulk(list(self.fixed))
        now_shown = {pk: tuple(getattr(row, name) for name in SHOWN[:4]) for pk, row in rows.items()}
        assert now_shown == self.fixed
        self.fixed = {}

    @invariant()
    def patterns_do_not_overlap_with_their_successors(self):
        for row in Schedule.objects.filter(client=self.client, continues__isnull=False).select_related("continues"):
            assert row.continues.ends_on is not None
            assert row.continues.ends_on < row.starts_on

    @invariant()
    def every_occurrence_has_exactly_one_visit(self):
        """Days of all patterns ahead = days the visits stand for, cancelled ones included; none twice."""
        wanted, found = {}, {}
        schedules = list(Schedule.objects.filter(client=self.client).select_related("client__branch"))
        patterns = patterns_of(schedules)
        for schedule in schedules:
            pattern = patterns[schedule.pk]
            for day in pattern.days(today(ZONE), schedule.materialised_until or dt.date.min):
                starts_at, ends_at = pattern.span(day, ZONE)
                if starts_at > now():
                    wanted |= {(schedule.pk, day, slot): (starts_at, ends_at) for slot in pattern.slots}
        for visit in Visit.objects.filter(client=self.client, occurrence_on__gte=today(ZONE)):
            key = (visit.schedule_id, visit.occurrence_on, visit.slot)
            assert key not in found, "two visits for one occurrence"
            found[key] = visit
        assert wanted.keys() <= found.keys(), f"no visit for {wanted.keys() - found.keys()}"
        for key, visit in found.items():
            if visit.status in Visit.OPEN_STATUSES and visit.starts_at > now() and not visit.is_changed_by_hand:
                assert key in wanted, f"{visit.pk} stands for no day of its pattern"
                assert (visit.starts_at, visit.ends_at) == wanted[key]

    @invariant()
    def who_shares_a_visit_goes_with_it(self):
        held = ("starts_at", "ends_at", "caregiver_id", "status", "time_total")
        for row in Visit.objects.filter(client=self.mate, leader__isnull=False).select_related("leader"):
            assert row.leader.client_id == self.client.pk
            expected = [getattr(row.leader, name) for name in held]
            assert [getattr(row, name) for name in held] == expected
            assert row.status == "cancelled" or row.time_total == row.time_weight + row.leader.time_weight
        ahead = Visit.objects.filter(schedule__in=self.active, status__in=Visit.OPEN_STATUSES, starts_at__gt=now())
        for row in ahead.filter(occurrence_on__isnull=False).select_related("schedule"):
            count = row.followers.filter(client=self.mate).count()
            assert count == (0 if row.pk in self.left else row.schedule.sharers.count())

    @invariant()
    def an_undone_change_leaves_no_trace(self):
        undone = SeriesChange.objects.exclude(undone_at=None)
        assert not undone.exclude(successor=None).exists()

    @invariant()
    def no_live_visit_is_without_its_pattern(self):
        rows = Visit.objects.filter(client=self.client).live()
        assert not rows.filter(schedule=None).exists()
        assert not rows.filter(occurrence_on=None, is_changed_by_hand=False, status__in=Visit.OPEN_STATUSES).exists()
        taken = [
            (row.occurrence_on, row.slot)
            for row in rows.filter(status__in=Visit.OPEN_STATUSES, is_changed_by_hand=False)
            if local_date(row.starts_at, ZONE) >= today(ZONE)
        ]
        assert len(taken) == len(set(taken)), "the client is visited twice for one place of one day"


def test_series_keeps_every_visit_whatever_is_done_to_it():
    run_state_machine_as_test(
        Series,
        settings=settings(
            max_examples=25,
            stateful_step_count=8,
            phases=PHASES,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
