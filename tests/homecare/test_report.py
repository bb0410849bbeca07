"""Numbers agree with their rows and with a second way of counting; nobody sees what is not theirs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from billing.models import Charge, Invoice
from careplans.models import CarePlan, VitalReading
from clients.models import Client
from homecare.accounts.branch_choice import SESSION_KEY
from homecare.accounts.models import Agency
from homecare.reports.dashboard import dashboard
from homecare.reports.figures import FIGURES
from homecare.reports.scope import Scope
from homecare.reports.today import today, visit_questions
from scheduling.models import PhoneEvent, Visit, VisitTask
from tests.factories import (
    CarePlanFactory,
    ClientFactory,
    CredentialFactory,
    MemberFactory,
    PayerFactory,
    PaymentFactory,
    RateFactory,
    ReferralFactory,
    TimeOffFactory,
    VisitFactory,
    approved_visit,
    completed_visit,
)
from tests.homecare.conftest import queries_of

pytestmark = pytest.mark.django_db
ZONE = "America/New_York"
NOW = dt.datetime(2026, 11, 24, 15, tzinfo=dt.UTC)  # Tuesday, 10:00 in Boston
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def frozen_clock():
    with time_machine.travel(NOW, tick=False):
        yield


def scope_of(user, **more) -> Scope:
    return Scope(user, zone=ZONE, moment=NOW, **more)


def visit(branch, at: dt.datetime, *, caregiver=True, **fields) -> Visit:
    """A visit of one hour with a caregiver of its own."""
    client = fields.pop("client", None) or ClientFactory(branch=branch)
    member = MemberFactory(branch=branch) if caregiver else None
    return VisitFactory(client=client, caregiver=member, starts_at=at, ends_at=at + HOUR, **fields)


def alert(branch, **fields) -> VitalReading:
    client = fields.pop("client", None) or ClientFactory(branch=branch)
    taken_at = fields.pop("taken_at", NOW - HOUR)
    return VitalReading.objects.create(
        client=client, kind="systolic", value=190, taken_at=taken_at, is_alert=True, alert_text="High", **fields
    )


def issued(branch, total: str, *, due: dt.date, issued_on: dt.date, number: str, client=None) -> Invoice:
    payer = PayerFactory()
    return Invoice.objects.create(
        branch=branch,
        client=client or ClientFactory(branch=branch),
        payer=payer,
        status="issued",
        number=number,
        period_from=issued_on,
        period_to=issued_on,
        issued_on=issued_on,
        due_on=due,
        total=Decimal(total),
    )


def numbers(user, **more) -> dict[str, tuple]:
    """key → (value, value of the period before) as the dashboard shows them."""
    return {card.key: (card.value, card.before) for block in dashboard(scope_of(user, **more)) for card in block.cards}


def parts(user, **more) -> dict[str, int]:
    return {shown.part.key: shown.number for shown in today(scope_of(user), **more)}


@pytest.fixture
def day(branch, coordinator) -> dict[str, list[Visit]]:
    """A morning with something of everything, and what must not be counted."""
    made = {
        "running": [visit(branch, NOW - HOUR / 2, status="in_progress", started_at=NOW - HOUR / 2)],
        "late": [visit(branch, NOW - dt.timedelta(minutes=16)), visit(branch, NOW - 2 * HOUR)],
        "missed": [visit(branch, NOW - 3 * HOUR, status="missed")],
        "unfilled": [visit(branch, NOW + 47 * HOUR, caregiver=False), visit(branch, NOW - HOUR / 2, caregiver=False)],
        "soon": [visit(branch, NOW + HOUR), visit(branch, NOW + dt.timedelta(minutes=119))],
    }
    visit(branch, NOW - dt.timedelta(minutes=14))
    visit(branch, NOW + 3 * HOUR)
    visit(branch, NOW - DAY, status="missed")
    visit(branch, NOW + 49 * HOUR, caregiver=False)
    visit(branch, NOW + HOUR, status="cancelled")
    return made


def test_today_counts_what_needs_somebody_now(day, coordinator):
    found = {shown.part.key: shown for shown in today(scope_of(coordinator))}
    for key, visits in day.items():
        assert found[key].number == len(visits), key
        assert {line.record for line in found[key].lines} == set(visits), key


def test_today_means_by_late_what_visits_mean_by_it(day, branch, coordinator):
    scope = scope_of(coordinator)
    mine = Visit.objects.filter(visit_questions(scope)["late"])
    assert set(mine) == set(Visit.objects.late(NOW, Agency.current().grace_minutes))


def test_today_counts_what_waits_elsewhere(branch, coordinator, caregiver):
    alert(branch)
    alert(branch, acknowledged_at=NOW)
    ReferralFactory.create_batch(2)
    ReferralFactory(status="declined")
    TimeOffFactory(member=caregiver, starts_at=NOW + DAY)
    completed_visit(caregiver, starts_at=NOW - DAY)
    PhoneEvent.objects.create(
        member=caregiver, key=uuid4(), kind="clock", at=NOW, status="to_review", body_digest="0" * 64
    )
    found = parts(coordinator)
    expected = {"alerts": 1, "referrals": 2, "time-off": 1, "phone-events": 1, "unapproved": 1}
    assert {key: found[key] for key in expected} == expected
    shown = {one.part.key: one for one in today(scope_of(coordinator))}
    assert len(shown["referrals"].lines) == 2
    away = shown["time-off"].lines[0]
    assert (away.title, away.url) == (caregiver.full_name, reverse("staff:timeoff-list") + "?status=requested")


def test_today_shows_first_rows_and_the_number_of_all(branch, coordinator):
    for minute in range(12):
        visit(branch, NOW + dt.timedelta(minutes=5 + minute))
    soon = next(shown for shown in today(scope_of(coordinator)) if shown.part.key == "soon")
    assert (soon.number, len(soon.lines), soon.is_cut) == (12, 8, True)
    all_of_it = today(scope_of(coordinator), "soon")
    assert [len(shown.lines) for shown in all_of_it] == [12]


def test_today_shows_only_own_branches_and_what_the_role_may_see(
    day, branch, other_branch, other_coordinator, supervisor, manager
):
    assert sum(parts(other_coordinator).values()) == 0
    assert "unfilled" not in parts(supervisor)
    visit(other_branch, NOW + HOUR)
    assert parts(manager)["soon"] == 3
    narrowed = {shown.part.key: shown.number for shown in today(scope_of(manager, branch=branch))}
    assert narrowed["soon"] == 2


def test_today_page_renews_itself_and_opens_its_parts(day, coordinator, caregiver, as_user):
    http, url = as_user(coordinator), reverse("reports:today")
    page = http.get(url)
    assert page.status_code == 200
    assert b'hx-trigger="every 30s"' in page.content
    fragment = http.get(url, headers={"HX-Request": "true"})
    assert b"<html" not in fragment.content and b'id="today"' in fragment.content
    assert http.get(f"{url}?part=late").status_code == 200
    assert http.get(f"{url}?part=nonsense").status_code == 404
    assert as_user(caregiver.user).get(url).status_code == 403


def test_today_page_narrows_to_the_chosen_branch(branch, other_branch, manager, as_user):
    visit(branch, NOW + HOUR)
    visit(other_branch, NOW + HOUR)
    http = as_user(manager)
    assert b'id="row-soon-2"' in http.get(reverse("reports:today")).content
    session = http.session
    session[SESSION_KEY] = branch.pk
    session.save()
    assert b'id="row-soon-2"' not in http.get(reverse("reports:today")).content


def test_today_page_asks_a_constant_number_of_queries(day, branch, coordinator, as_user):
    http, url = as_user(coordinator), reverse("reports:today")
    with_few = queries_of(http, url)
    for minute in range(30):
        visit(branch, NOW + dt.timedelta(minutes=minute))
        alert(branch)
    assert queries_of(http, url) == with_few <= 12


def test_dashboard_counts_clients_safety(branch, manager):
    alert(branch)
    alert(branch, acknowledged_at=NOW, taken_at=NOW - 3 * DAY)
    alert(branch, acknowledged_at=NOW, taken_at=NOW - 8 * DAY)
    with_plan = ClientFactory(branch=branch)
    CarePlan.objects.filter(pk=CarePlanFactory(client=with_plan).pk).update(
        status="active", starts_on=dt.date(2026, 1, 1), review_on=dt.date(2026, 11, 24)
    )
    refused = completed_visit(MemberFactory(branch=branch), starts_at=NOW - DAY, client=with_plan)
    for number, outcome in enumerate(["refused", "unable", "done", "not_needed"]):
        VisitTask.objects.create(visit=refused, category="meals", title=str(number), outcome=outcome)
    found = numbers(manager)
    assert (found["alerts"], found["alerts-raised"]) == ((1, None), (2, 1))
    assert found["plans-due"] == (1, None)
    without = [c for c in Client.objects.filter(status="active") if not c.care_plans.filter(status="active").exists()]
    assert found["without-plan"] == (len(without), None)
    assert found["tasks-not-done"] == (2, 0)


def test_dashboard_counts_coverage(branch, manager):
    member = MemberFactory(branch=branch)
    on_time = completed_visit(member, starts_at=NOW - DAY, minutes=90)
    tardy = completed_visit(member, starts_at=NOW - 2 * DAY, minutes=30)
    Visit.objects.filter(pk=tardy.pk).update(started_at=tardy.starts_at + dt.timedelta(minutes=16))
    third = completed_visit(member, starts_at=NOW - 3 * DAY, minutes=60)
    Visit.objects.filter(pk=third.pk).update(started_at=third.starts_at + dt.timedelta(minutes=15))
    approved_visit(member, manager, starts_at=NOW - 9 * DAY, minutes=120)
    visit(branch, NOW - 4 * DAY, status="missed")
    for days in (8, 9):
        visit(branch, NOW - days * DAY, status="missed")
    visit(branch, NOW + 6 * DAY, caregiver=False)
    visit(branch, NOW + 8 * DAY, caregiver=False)
    visit(branch, NOW + HOUR)
    found = numbers(manager)
    assert found["missed"] == (1, 2)
    assert found["on-time"] == (67, 100)
    assert found["hours"] == (3, 2)
    assert found["unfilled"] == (1, None)
    assert found["today"] == (1, None)
    assert found["late"] == (0, None)
    assert on_time in FIGURES["hours"].rows(scope_of(manager), 0)


def test_dashboard_counts_people(branch, manager):
    busy = MemberFactory(branch=branch, weekly_minutes_limit=60)
    for hours in (2, 4):
        VisitFactory(
            client=ClientFactory(branch=branch),
            caregiver=busy,
            starts_at=NOW + hours * HOUR,
            ends_at=NOW + (hours + 1) * HOUR,
        )
    calm = MemberFactory(branch=branch, weekly_minutes_limit=60)
    completed_visit(calm, starts_at=NOW - 7 * DAY, minutes=300)
    completed_visit(calm, starts_at=NOW - HOUR, minutes=60)
    MemberFactory(branch=branch, status="left")
    CredentialFactory(member=busy, expires_on=dt.date(2026, 12, 24))
    CredentialFactory(member=calm, expires_on=dt.date(2026, 12, 25))
    TimeOffFactory(member=calm, starts_at=NOW + DAY)
    found = numbers(manager)
    expected = {"members": 2, "expiring": 1, "time-off": 1, "over-limit": 1, "phone-events": 0}
    assert {key: found[key][0] for key in expected} == expected


def test_dashboard_counts_money(branch, manager):
    member, payer = MemberFactory(branch=branch), PayerFactory()
    rate = RateFactory(payer=payer)
    for number, amount in enumerate(["32.00", "16.50"]):
        done = approved_visit(member, manager, starts_at=NOW - (3 + number) * DAY)
        Charge.objects.create(
            visit=done,
            client=done.client,
            payer=payer,
            rate=rate,
            service_on=dt.date(2026, 11, 20),
            minutes=60,
            quantity=1,
            unit="hour",
            unit_rate=32,
            amount=Decimal(amount),
            rounding="exact",
        )
    approved_visit(member, manager, starts_at=NOW - 5 * DAY)
    completed_visit(member, starts_at=NOW - DAY)
    issued(branch, "100.00", due=dt.date(2026, 11, 23), issued_on=dt.date(2026, 11, 18), number="BOS-2026-00001")
    issued(branch, "40.40", due=dt.date(2026, 11, 24), issued_on=dt.date(2026, 11, 17), number="BOS-2026-00002")
    PaymentFactory(branch=branch, amount=Decimal("30.00"), received_on=dt.date(2026, 11, 24))
    PaymentFactory(branch=branch, amount=Decimal("70.00"), received_on=dt.date(2026, 11, 11))
    PaymentFactory(branch=branch, amount=Decimal("9.00"), received_on=dt.date(2026, 11, 24), voided_at=NOW)
    found = numbers(manager)
    cents = Decimal
    assert found["unapproved"] == (1, None)
    assert found["uncharged"] == (1, None)
    assert found["unbilled"] == (cents("48.50"), None)
    assert found["billed"] == (cents("100.00"), cents("40.40"))
    assert found["received"] == (cents("30.00"), cents("70.00"))
    assert found["outstanding"] == (cents("140.40"), None)
    assert found["overdue"] == (cents("100.00"), None)


def test_dashboard_numbers_are_of_the_own_branches(day, manager, other_branch):
    manager.all_branches = False
    manager.memberships.update(branch=other_branch)
    assert all(value in (0, None, Decimal("0.00")) for value, _before in numbers(manager).values())


def test_dashboard_opens_the_rows_of_every_number(day, branch, administrator, as_user):
    alert(branch)
    http = as_user(administrator)
    page = http.get(reverse("reports:dashboard"))
    cards = [card for block in page.context["blocks"] for card in block.cards]
    assert {card.key for card in cards} == set(FIGURES)
    for card in cards:
        assert http.get(card.url).status_code == 200, card.url
    for key, figure in FIGURES.items():
        rows = http.get(reverse("reports:figure", args=[key])).context["lines"]
        assert len(rows) == figure.rows(scope_of(administrator), 0).count(), key


def test_dashboard_and_rows_are_for_managers(manager, coordinator, as_user):
    for url in (reverse("reports:dashboard"), reverse("reports:figure", args=["missed"])):
        assert as_user(manager).get(url).status_code == 200
        assert as_user(coordinator).get(url).status_code == 403
    assert as_user(manager).get(reverse("reports:figure", args=["nonsense"])).status_code == 404


def test_dashboard_asks_a_constant_number_of_queries(day, branch, manager, as_user):
    http, url = as_user(manager), reverse("reports:dashboard")
    with_few = queries_of(http, url)
    for minute in range(30):
        visit(branch, NOW + dt.timedelta(minutes=minute))
    assert queries_of(http, url) == with_few <= 12
