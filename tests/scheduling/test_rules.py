"""Every placement rule with a placement it lets pass and one it speaks against."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import Payer
from careplans.models import CarePlan
from clients.models import CaregiverPreference, Client
from homecare.accounts.models import Agency
from scheduling.models import TrainingRequirement
from scheduling.placement import Judge, Placement, rule_classes
from scheduling.services.visit import create_visit
from staff.models import Availability
from tests.factories import (
    AddressFactory,
    AuthorizationFactory,
    CarePlanFactory,
    ClientFactory,
    CoverageFactory,
    CredentialFactory,
    CredentialTypeFactory,
    MemberFactory,
    PlannedTaskFactory,
    RoleFactory,
    ServiceTypeFactory,
    TimeOffFactory,
    VisitFactory,
)
from tests.scheduling.placing import HOUR, NINE, against

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_of(branch):
    return ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez")


def test_a_caregiver_who_fits_has_nothing_against(client_of, caregiver):
    assert against(client_of, caregiver) == {}


def test_open_visit_is_judged_by_the_clients_rules_only(branch):
    gone = ClientFactory(branch=branch, status="discharged")
    assert list(against(gone, None)) == ["client_active"]


@pytest.mark.parametrize(("offset", "clashes"), [(-60, False), (-59, True), (0, True), (59, True), (60, False)])
def test_overlap(client_of, branch, caregiver, offset, clashes):
    VisitFactory(client=ClientFactory(branch=branch, last_name="Mensah"), caregiver=caregiver, starts_at=NINE)
    found = against(client_of, caregiver, NINE + dt.timedelta(minutes=offset))
    assert ("overlap" in found) is clashes
    if clashes:
        assert (
            found["overlap"].sentence == f"{caregiver.full_name} is already with Mensah R. on Mon 7 Dec, 09:00–10:00."
        )
        assert found["overlap"].blocks


def test_overlap_with_a_cancelled_visit_is_none(client_of, caregiver):
    VisitFactory(client=client_of, caregiver=caregiver, starts_at=NINE, status="cancelled")
    assert "overlap" not in against(client_of, caregiver)


def test_overlap_cannot_be_softened_by_the_agency(client_of, caregiver):
    Agency.objects.update_or_create(pk=1, defaults={"rule_severities": {"overlap": "off", "time_off": "warn"}})
    VisitFactory(client=client_of, caregiver=caregiver, starts_at=NINE)
    assert against(client_of, caregiver)["overlap"].blocks


@pytest.mark.parametrize(
    ("starts", "ends", "hour", "minutes", "fits"),
    [
        (8, 12, 9, 60, True),
        (9, 10, 9, 60, True),
        (9, 10, 9, 61, False),
        (10, 12, 9, 60, False),
        (20, 0, 22, 120, True),
        (20, 0, 22, 121, False),
    ],
)
def test_available_in_weekly_hours(client_of, branch, starts, ends, hour, minutes, fits):
    member = MemberFactory(branch=branch)
    Availability.objects.create(
        member=member, weekday=0, starts=dt.time(starts), ends=dt.time(ends), since=dt.date(2020, 1, 1)
    )
    start = NINE + (hour - 9) * HOUR
    found = against(client_of, member, start, start + dt.timedelta(minutes=minutes))
    assert ("available" not in found) is fits
    if not fits:
        assert not found["available"].blocks


def test_available_at_night_over_two_days(client_of, caregiver):
    assert "available" not in against(client_of, caregiver, NINE + 13 * HOUR, NINE + 21 * HOUR)


def test_available_not_before_and_not_after_its_dates(client_of, branch):
    member = MemberFactory(branch=branch)
    for since, until in ((dt.date(2026, 12, 8), None), (dt.date(2020, 1, 1), dt.date(2026, 12, 6))):
        Availability.objects.create(
            member=member, weekday=0, starts=dt.time(0), ends=dt.time(0), since=since, until=until
        )
    assert "available" in against(client_of, member)


@pytest.mark.parametrize(("status", "severity"), [("approved", "block"), ("requested", "warn"), ("declined", None)])
def test_time_off(client_of, caregiver, status, severity):
    TimeOffFactory(member=caregiver, status=status, starts_at=NINE - HOUR, ends_at=NINE + dt.timedelta(minutes=1))
    found = against(client_of, caregiver).get("time_off")
    assert (found.severity if found else None) == severity
    assert "time_off" not in against(client_of, caregiver, NINE + dt.timedelta(minutes=1))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"hired_on": dt.date(2026, 12, 7)}, None),
        ({"hired_on": dt.date(2026, 12, 8)}, "starts work on Tue 8 Dec 2026"),
        ({"left_on": dt.date(2026, 12, 7)}, None),
        ({"left_on": dt.date(2026, 12, 6)}, "leaves on Sun 6 Dec 2026"),
        ({"status": "on_leave"}, "not at work"),
    ],
)
def test_employed(client_of, branch, fields, says):
    found = against(client_of, MemberFactory(branch=branch, always_available=True, **fields)).get("employed")
    assert (found is None) is (says is None)
    if says:
        assert says in found.sentence
        assert found.blocks


def test_role_and_scope(client_of, caregiver):
    service = ServiceTypeFactory(code="SN", name="Skilled nursing", categories=["skilled_nursing"])
    found = against(client_of, caregiver, service=service)["role_scope"]
    assert found.sentence == (
        f"Skilled nursing includes skilled nursing, which is outside the scope of {caregiver.full_name} "
        "(Personal support worker)."
    )
    assert found.blocks


def put_in_force(client, **task):
    plan = CarePlanFactory(client=client)
    PlannedTaskFactory(plan=plan, **task)
    for status in ("in_review", "active"):
        CarePlan.objects.filter(pk=plan.pk).update(status=status)


def test_role_covers_each_task_the_plan_asks_for(client_of, caregiver):
    put_in_force(client_of, category="wound_care", title="Change the dressing", weekdays=[0])
    found = against(client_of, caregiver)["role_scope"]
    assert "includes wound care, which is outside the scope" in found.sentence
    assert found.blocks
    assert "role_scope" not in against(client_of, caregiver, NINE + 24 * HOUR)


def test_role_is_not_asked_for_tasks_that_other_services_do(client_of, caregiver):
    put_in_force(client_of, category="wound_care")
    service = ServiceTypeFactory(code="PC2", performed=["personal_care", "meals"])
    assert "role_scope" not in against(client_of, caregiver, service=service)


def test_role_is_not_asked_for_tasks_of_a_draft(client_of, caregiver):
    PlannedTaskFactory(plan=CarePlanFactory(client=client_of), category="wound_care")
    assert "role_scope" not in against(client_of, caregiver)


@pytest.mark.parametrize(
    ("issued", "expires", "withdrawn", "says"),
    [
        ("2026-01-01", None, None, None),
        ("2026-01-01", "2026-12-07", None, None),
        ("2026-01-01", "2026-12-06", None, "CPR expires on Sun 6 Dec 2026"),
        ("2026-12-08", None, None, "no valid CPR"),
        ("2026-01-01", None, "2026-06-01", "no valid CPR"),
        (None, None, None, "no valid CPR"),
    ],
)
def test_credentials_on_the_day(client_of, branch, issued, expires, withdrawn, says):
    role = RoleFactory(code="CNA")
    role.required_credentials.add(CredentialTypeFactory())
    member = MemberFactory(branch=branch, role=role, always_available=True)
    if issued:
        CredentialFactory(
            member=member, type=CredentialTypeFactory(), issued_on=issued, expires_on=expires, withdrawn_on=withdrawn
        )
    found = against(client_of, member).get("credentials")
    assert (found is None) is (says is None)
    if says:
        assert says in found.sentence
        assert found.blocks


def test_credentials_of_a_series_are_asked_day_by_day(client_of, branch):
    """Renewed a day late: neither of the two covers the whole series; only the day between them is spoken against."""
    role = RoleFactory(code="CNA")
    role.required_credentials.add(CredentialTypeFactory())
    member = MemberFactory(branch=branch, role=role, always_available=True)
    for issued, expires in (("2026-01-01", "2026-12-08"), ("2026-12-10", None)):
        CredentialFactory(member=member, type=CredentialTypeFactory(), issued_on=issued, expires_on=expires)
    service = ServiceTypeFactory()
    day = dt.timedelta(days=1)
    placements = [
        Placement(n, branch.pk, client_of.pk, service.pk, NINE + n * day, NINE + n * day + HOUR, member.pk)
        for n in range(4)
    ]
    judge = Judge(placements)
    assert [[f.code for f in judge.judge(one)] for one in placements] == [[], [], ["credentials"], []]


@pytest.mark.parametrize(("limit", "over"), [(180, False), (179, True)])
def test_weekly_hours(client_of, branch, limit, over):
    member = MemberFactory(branch=branch, always_available=True, weekly_minutes_limit=limit)
    for day in (1, 6):
        VisitFactory(client=client_of, caregiver=member, starts_at=NINE + dt.timedelta(days=day))
    VisitFactory(client=client_of, caregiver=member, starts_at=NINE + dt.timedelta(days=7))  # the next week
    found = against(client_of, member).get("weekly_hours")
    assert (found is not None) is over
    if over:
        assert "would have 3 h in this week; the limit is 2 h 59 min" in found.sentence
        assert not found.blocks


def test_excluded_caregiver(client_of, caregiver, other_caregiver):
    CaregiverPreference.objects.create(client=client_of, member=caregiver, kind="excluded", reason="came late")
    CaregiverPreference.objects.create(client=client_of, member=other_caregiver, kind="preferred")
    found = against(client_of, caregiver)["excluded"]
    assert found.sentence == f"Rosa Lopez does not want {caregiver.full_name}: came late."
    assert against(client_of, other_caregiver) == {}


@pytest.mark.parametrize(
    ("status", "severity"),
    [("active", None), ("assessment", "warn"), ("on_hold", "warn"), ("discharged", "block"), ("declined", "block")],
)
def test_client_active(branch, caregiver, status, severity):
    found = against(ClientFactory(branch=branch, status=status), caregiver).get("client_active")
    assert (found.severity if found else None) == severity


@pytest.mark.parametrize(
    ("wish", "gender", "fits"), [("", "male", True), ("female", "female", True), ("female", "male", False)]
)
def test_gender_preference(branch, wish, gender, fits):
    member = MemberFactory(branch=branch, gender=gender, always_available=True)
    found = against(ClientFactory(branch=branch, caregiver_gender=wish), member)
    assert ("gender" not in found) is fits


@pytest.mark.parametrize(("gap", "fits"), [(20, False), (30, True)])
@pytest.mark.parametrize("is_before", [True, False])
def test_travel_time_between_neighbours(client_of, branch, caregiver, gap, fits, is_before):
    """10 km apart at 30 km/h is 20 minutes and a little."""
    AddressFactory(client=client_of, latitude=42.36, longitude=-71.06)
    far = ClientFactory(branch=branch, last_name="Mensah")
    AddressFactory(client=far, latitude=42.36 + 10.1 / 111.19, longitude=-71.06)
    shift = HOUR + dt.timedelta(minutes=gap)
    VisitFactory(client=far, caregiver=caregiver, starts_at=NINE - shift if is_before else NINE + shift)
    found = against(client_of, caregiver).get("travel_time")
    assert (found is None) is fits
    if not fits:
        assert f"about 21 min {'from' if is_before else 'to'} Mensah R." in found.sentence
        assert not found.blocks


def test_travel_time_without_coordinates_says_nothing(client_of, branch, caregiver):
    VisitFactory(client=ClientFactory(branch=branch), caregiver=caregiver, starts_at=NINE + HOUR)
    assert "travel_time" not in against(client_of, caregiver)


def test_authorized_units_of_the_period_and_the_week(client_of, caregiver):
    granted = AuthorizationFactory(client=client_of, total_units=8, weekly_units=6)
    assert against(client_of, caregiver) == {}
    VisitFactory(client=client_of, starts_at=NINE + dt.timedelta(days=1))  # 4 units in the same week
    found = against(client_of, caregiver)["authorization"]
    assert found.sentence == (
        f"Authorization {granted.number} allows 6 units a week; that of Mon 7 Dec 2026 would have 8."
    )
    assert not found.blocks
    VisitFactory(client=client_of, starts_at=NINE + dt.timedelta(days=14))
    assert "with this visit 12 are planned" in against(client_of, caregiver)["authorization"].sentence


def test_authorized_units_follow_the_payers_rounding(client_of, caregiver):
    granted = AuthorizationFactory(client=client_of, total_units=1)
    Payer.objects.filter(pk=granted.payer_id).update(rounding="floor")
    assert against(client_of, caregiver, NINE, NINE + dt.timedelta(minutes=29)) == {}
    Payer.objects.filter(pk=granted.payer_id).update(rounding="ceil")
    assert "authorization" in against(client_of, caregiver, NINE, NINE + dt.timedelta(minutes=29))


def test_authorized_units_grow_within_a_batch(client_of):
    AuthorizationFactory(client=client_of, total_units=8)
    service = ServiceTypeFactory()
    placements = [
        Placement(n, client_of.branch_id, client_of.pk, service.pk, NINE + n * 24 * HOUR, NINE + (n * 24 + 1) * HOUR)
        for n in range(3)
    ]
    judge = Judge(placements)
    said = []
    for placement in placements:
        said.append(bool(judge.judge(placement)))
        judge.take(placement)
    assert said == [False, False, True]


def test_agency_turns_a_rule_off_or_makes_it_block(client_of, branch):
    unavailable = MemberFactory(branch=branch)
    Agency.objects.update_or_create(pk=1, defaults={"rule_severities": {"available": "block"}})
    assert against(client_of, unavailable)["available"].blocks
    Agency.objects.update(rule_severities={"available": "off"})
    assert against(client_of, unavailable) == {}


def test_judging_needs_the_same_queries_for_1_and_200_placements(client_of, branch):
    """Every rule is on, and every one has something to read."""
    service = ServiceTypeFactory()
    AuthorizationFactory(client=client_of, service_type=service)
    CoverageFactory(client=client_of)
    TrainingRequirement.objects.create(training=CredentialTypeFactory(), service_type=service)
    Client.objects.filter(pk=client_of.pk).update(monthly_budget_amount=10_000)
    Agency.objects.update_or_create(pk=1, defaults={"rule_severities": {"introduced": "warn"}})
    counts = []
    with time_machine.travel(NINE - HOUR, tick=False):
        for members in (1, 199):
            people = [MemberFactory(branch=branch, always_available=True) for _number in range(members)]
            for number, member in enumerate(people):
                VisitFactory(
                    client=ClientFactory(branch=branch), caregiver=member, starts_at=NINE + (number % 5 + 2) * HOUR
                )
            placements = [
                Placement(m.pk, client_of.branch_id, client_of.pk, service.pk, NINE, NINE + HOUR, m.pk) for m in people
            ]
            with CaptureQueriesContext(connection) as seen:
                judge = Judge(placements)
                for placement in placements:
                    judge.judge(placement)
            counts.append(len(seen))
    assert counts[0] == counts[1] <= 20


def test_rules_that_are_off_read_nothing(client_of, caregiver):
    softened = {rule.code: "off" for rule in rule_classes()}
    Agency.objects.update_or_create(pk=1, defaults={"rule_severities": softened})
    with CaptureQueriesContext(connection) as seen:
        against(client_of, caregiver)
    asked = [query["sql"].split("FROM ")[1].split()[0] for query in seen if "FROM" in query["sql"]]
    # What the two rules kept by the database need, the agency's own row, and the service type of the test.
    assert set(asked) <= {
        "scheduling_trainingrequirement)",
        "scheduling_visit",
        "scheduling_servicetype",
        '"scheduling_servicetype"',
        "staff_timeoff",
        "clients_client",
        "staff_member",
        "accounts_agency",
        "accounts_branch",
    }


def test_creating_a_visit_needs_the_same_queries_as_rows_grow(client_of, branch, coordinator):
    member = MemberFactory(branch=branch, always_available=True)
    service = ServiceTypeFactory()
    counts = []
    for number in (0, 40):
        for day in range(number):
            VisitFactory(client=client_of, caregiver=member, starts_at=NINE + (2 + day) * HOUR)
        with CaptureQueriesContext(connection) as seen:
            create_visit(
                client_of,
                service_type=service,
                starts_at=NINE + (number > 0) * 24 * 9 * HOUR,
                ends_at=NINE + (number > 0) * 24 * 9 * HOUR + HOUR,
                caregiver=member,
                by=coordinator,
            )
        counts.append(len(seen))
    assert counts[0] >= counts[1]
