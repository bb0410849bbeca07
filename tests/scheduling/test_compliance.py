"""The share of visits that verified themselves, and the visits behind it."""

import datetime as dt
import threading
import time

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homecare.accounts.models import Agency
from scheduling.compliance import (
    Rate,
    in_group,
    is_automatic,
    keys_with_edit,
    month_bounds,
    rates,
    with_verdict,
    worked_in,
)
from scheduling.models import ClockEvent, PunchDecision, ReasonCode, Visit
from scheduling.services.approval import approve_visit
from scheduling.services.clock import clock_in, clock_out
from tests.factories import AddressFactory, ClientFactory, CoverageFactory, PayerFactory, VisitFactory, completed_visit
from tests.scheduling.test_clock import EIGHT, punch

pytestmark = pytest.mark.django_db
NOVEMBER = dt.date(2026, 11, 1)


def worked(caregiver, n, *, office=False, out=True):
    """A visit clocked from the phone; by the office, or without its end."""
    starts_at = EIGHT + dt.timedelta(hours=2 * n)
    row = completed_visit(caregiver, starts_at=starts_at, client__branch=caregiver.branch)
    for kind, at in (("in", row.starts_at), *([("out", row.ends_at)] if out else [])):
        method = "office" if office else "mobile"
        ClockEvent.objects.create(
            visit=row, member=caregiver, kind=kind, at=at, method=method, recorded_by=caregiver.user
        )
    return row


def november(branch):
    return worked_in(Visit.objects.all(), NOVEMBER, [(branch.pk, branch.time_zone)])


def told(visits) -> dict[int, bool]:
    """Whether each verified itself, asked of its punches: the rule in Python."""
    rows = with_verdict(visits)
    return {
        row.pk: row.has_in and row.has_out and not row.by_office and not row.by_hand and row.adjustment_code_id is None
        for row in rows
    }


def assert_one_answer(visits) -> None:
    """What the database has judged is what the punches say, in the list and in the report."""
    verdicts = told(visits)
    assert sorted(keys_with_edit(visits)) == sorted(pk for pk, by_itself in verdicts.items() if not by_itself)
    assert set(visits.filter(is_automatic()).values_list("pk", flat=True)) == {
        pk for pk, one in verdicts.items() if one
    }


@pytest.fixture
def mixed(caregiver, coordinator):
    """Seven visits, of which three verified themselves."""
    rows = [worked(caregiver, n) for n in range(3)]
    rows += [worked(caregiver, 3, office=True), worked(caregiver, 4, out=False)]
    matched, adjusted = worked(caregiver, 5), worked(caregiver, 6)
    PunchDecision.objects.create(
        clock_event=matched.clock_events.first(), kind="matched", visit=matched, by=coordinator
    )
    code = ReasonCode.objects.create(code="12", text="Late")
    approve_visit(
        adjusted,
        starts_at=adjusted.starts_at,
        ends_at=adjusted.starts_at + dt.timedelta(minutes=30),
        code=code,
        by=coordinator,
    )
    return [*rows, matched, adjusted]


def test_only_what_the_punches_say_alone_counts(mixed, branch):
    verdicts = told(november(branch))
    assert_one_answer(november(branch))
    assert [verdicts[row.pk] for row in mixed] == [True, True, True, False, False, False, False]
    assert rates(november(branch), "branch") == [Rate(branch.pk, "Boston", 7, 3)]


def test_share_is_rounded_down_and_an_empty_one_is_whole():
    assert (Rate(1, "", 10_000, 8999).percent, Rate(1, "", 0, 0).percent) == (89.9, 100.0)
    assert [Rate(1, "", 1000, n).reaches(90) for n in (899, 900)] == [False, True]


def test_months_are_those_of_the_branch():
    begin, end = month_bounds(NOVEMBER, "America/New_York")
    assert (begin.isoformat(), end.isoformat()) == ("2026-11-01T04:00:00+00:00", "2026-12-01T05:00:00+00:00")


def test_visits_of_other_months_and_states_are_left_out(caregiver, branch):
    worked(caregiver, 0)
    VisitFactory(caregiver=caregiver, starts_at=EIGHT + dt.timedelta(hours=3), client__branch=branch)
    completed_visit(caregiver, starts_at=EIGHT - dt.timedelta(days=10), client__branch=branch)
    assert november(branch).count() == 1


def test_rate_is_told_by_caregiver_and_payer(mixed, caregiver, other_caregiver, branch):
    row = worked(other_caregiver, 0)
    payer = PayerFactory(name="Medicaid")
    CoverageFactory(client=row.client, payer=payer)
    by_person = rates(november(branch), "caregiver")
    assert [(one.visits, one.automatic) for one in by_person] == [(7, 3), (1, 1)]
    by_payer = rates(november(branch), "payer")
    assert [(one.name, one.visits) for one in by_payer] == [("", 7), ("Medicaid", 1)]
    assert list(in_group(november(branch), "payer", str(payer.pk))) == [row]
    assert in_group(november(branch), "payer", "").count() == 7


def test_page_shows_the_share_the_rows_and_a_file(mixed, coordinator, as_user):
    http, url = as_user(coordinator), reverse("scheduling:compliance")
    body = http.get(url, {"month": "2026-11"}).content.decode()
    assert "42.8 %: 3 of 7 visits" in body and "Under the target" in body
    Agency.objects.update(compliance_target_percent=40)
    assert "Target reached" in http.get(url, {"month": "2026-11", "by": "payer"}).content.decode()
    export = b"".join(http.get(url, {"month": "2026-11", "export": "csv"}).streaming_content).decode()
    assert "Boston,7,3,4,42.8" in export
    rows = http.get(reverse("scheduling:compliance-visits"), {"month": "2026-11"})
    assert [row.pk for row in rows.context["object_list"]] == [row.pk for row in reversed(mixed[3:])]
    shown = rows.content.decode()
    for words in ("Clocked by the office", "No own clock-out", "matched by hand", "12 Late"):
        assert words in shown
    assert "No visit took place" in http.get(url, {"month": "2031-01"}).content.decode()
    assert http.get(url, {"month": "never", "by": "moon"}).status_code == 200


def test_page_costs_the_same_for_one_and_thirty(caregiver, coordinator, as_user):
    http = as_user(coordinator)
    urls = [reverse("scheduling:compliance"), reverse("scheduling:compliance-visits")]

    def queries():
        with CaptureQueriesContext(connection) as found:
            for url in urls:
                http.get(url, {"month": "2026-11", "by": "caregiver"})
        return len(found)

    worked(caregiver, 0, office=True)
    queries()
    one = queries()
    for n in range(1, 30):
        worked(caregiver, n, office=True)
    assert queries() == one


def test_real_punches_verify_themselves(caregiver, branch):
    visit = VisitFactory(caregiver=caregiver, starts_at=EIGHT, client__branch=branch)
    AddressFactory(client=visit.client)
    punch(clock_in, visit, caregiver, 0)
    punch(clock_out, visit, caregiver, 60)
    assert [(one.visits, one.automatic) for one in rates(november(branch), "branch")] == [(1, 1)]


ACTS = st.sampled_from(
    ["in", "out", "office in", "office out", "loose in", "match", "decide", "undecide", "adjust", "stale"]
)


@given(st.lists(st.tuples(st.integers(0, 2), ACTS), max_size=14))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_verdict_is_kept_through_whatever_is_punched_and_decided(caregiver, coordinator, branch, acts):
    """Three visits: one alone, one that leads and one that follows it. The stored verdict is the rule's, always."""
    with transaction.atomic():
        rows = [
            completed_visit(caregiver, starts_at=EIGHT + dt.timedelta(hours=2 * n), client__branch=branch)
            for n in (0, 1)
        ]
        rows.append(follower_of(rows[1], branch))
        code, _new = ReasonCode.objects.get_or_create(code="77", defaults={"text": "Late"})
        for n, act in acts:
            do(act, rows[n], caregiver, coordinator, code)
            assert_one_answer(november(branch))
        transaction.set_rollback(True)


def follower_of(lead, branch):
    client = ClientFactory(branch=branch)
    kept = ("branch", "service_type", "caregiver", "status", "starts_at", "ends_at", "started_at", "finished_at")
    return Visit.objects.create(
        client=client, leader=lead, time_total=2, **{name: getattr(lead, name) for name in kept}
    )


def do(act, row, caregiver, coordinator, code):
    """One thing that bears on the verdict; a follower holds no punches, its leader does."""
    lead = row.leader or row
    said = {"member": caregiver, "at": lead.starts_at, "recorded_by": caregiver.user}
    if act in ("in", "out"):
        ClockEvent.objects.create(visit=lead, kind=act, method="mobile", **said)
    elif act.startswith("office"):
        ClockEvent.objects.create(visit=lead, kind=act.split()[1], method="office", **said)
    elif act == "loose in":
        ClockEvent.objects.create(visit=None, kind="in", method="telephony", **said)
    elif act == "match":
        ClockEvent.objects.filter(visit=None).update(visit=lead)
    elif act == "decide":
        for event in ClockEvent.objects.filter(decision=None)[:1]:
            PunchDecision.objects.create(clock_event=event, kind="matched", visit=lead, by=coordinator)
    elif act == "undecide":
        PunchDecision.objects.filter(visit=lead).delete()
    elif act == "adjust":
        Visit.objects.filter(pk=row.pk).update(adjustment_code=code)
    else:  # a copy read long ago is written back whole
        row.refresh_from_db()
        row.is_self_clocked = not row.is_self_clocked
        row.save()


def test_verdict_moves_with_whoever_leads(caregiver, branch):
    """A visit of one's own that comes to follow another has the other's record, and its own again when it leaves."""
    lead, own = worked(caregiver, 0, office=True), worked(caregiver, 1)
    assert_one_answer(november(branch))
    times = {name: getattr(lead, name) for name in ("starts_at", "ends_at", "started_at", "finished_at")}
    Visit.objects.filter(pk=own.pk).update(leader=lead, time_total=1, schedule=None, **times)
    assert set(keys_with_edit(november(branch))) == {lead.pk, own.pk}
    assert_one_answer(november(branch))
    Visit.objects.filter(pk=own.pk).update(leader=None, status="cancelled")
    assert keys_with_edit(november(branch)) == [lead.pk]


@pytest.mark.django_db(transaction=True)
def test_two_who_punch_one_visit_at_once_are_both_seen(caregiver, branch):
    """Each of two connections holds the half the other does not see; whoever comes second judges with both."""
    row = completed_visit(caregiver, starts_at=EIGHT, client__branch=branch)
    said = {"visit": row, "member": caregiver, "method": "mobile", "at": row.starts_at, "recorded_by": caregiver.user}
    first, second = threading.Event(), threading.Event()

    def clocks_out():
        first.wait(10)
        with transaction.atomic():
            Visit.objects.filter(pk=row.pk + 1_000_000).exists()  # a snapshot from before the other commits
            second.set()
            ClockEvent.objects.create(kind="out", **said)  # waits for the other's lock
        connection.close()

    other = threading.Thread(target=clocks_out)
    other.start()
    with transaction.atomic():
        ClockEvent.objects.create(kind="in", **said)
        first.set()
        second.wait(10)
        time.sleep(0.3)
    other.join(10)
    row.refresh_from_db()
    assert row.is_self_clocked
    assert keys_with_edit(november(branch)) == []
