"""Who is suggested for a visit, in which order and why."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import CaregiverPreference
from homecare.accounts.models import Agency
from scheduling.matching import suggest_for_visit
from tests.factories import AddressFactory, ClientFactory, MemberFactory, VisitFactory

pytestmark = pytest.mark.django_db

NINE = dt.datetime(2026, 12, 7, 14, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def frozen_now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def visit(branch):
    client = ClientFactory(branch=branch, language="es")
    AddressFactory(client=client, latitude=42.36, longitude=-71.06)
    return VisitFactory(client=client, starts_at=NINE)


def member(branch, **fields):
    fields = {"latitude": 42.36, "longitude": -71.06} | fields
    return MemberFactory(branch=branch, always_available=True, **fields)


def test_suggestions_rank_by_what_speaks_for_a_caregiver(visit, branch):
    stranger = member(branch, last_name="D")
    speaker = member(branch, last_name="C", languages=["en", "es"])
    wished = member(branch, last_name="B", languages=["es"])
    CaregiverPreference.objects.create(client=visit.client, member=wished, kind="preferred")
    familiar = member(branch, last_name="A", languages=["es"])
    for day in range(1, 11):
        VisitFactory(client=visit.client, caregiver=familiar, starts_at=NOW - dt.timedelta(days=day))
    far = member(branch, last_name="E", latitude=42.36 + 0.5)
    rows = suggest_for_visit(visit)
    assert [row.member for row in rows] == [familiar, wished, speaker, stranger, far]
    assert [row.score for row in rows] == [80, 65, 45, 35, 15]
    assert "10 visits with this client before" in rows[0].why
    assert "the client's wish" in rows[1].why
    assert "speaks Spanish" in rows[2].why
    assert "0 min (0.0 km) from home, 0 h planned this week, wants 30 h" in rows[3].why


def test_suggestions_measure_from_the_visit_before(visit, branch):
    near = member(branch, latitude=43.0)
    neighbour = ClientFactory(branch=branch)
    AddressFactory(client=neighbour, latitude=42.361, longitude=-71.06)
    VisitFactory(client=neighbour, caregiver=near, starts_at=NINE - dt.timedelta(hours=2))
    (row,) = suggest_for_visit(visit)
    assert "1 min (0.1 km) from the visit before" in row.why


def test_suggestions_list_whom_a_rule_blocks_last_with_the_reason(visit, branch, other_branch):
    fits = member(branch)
    excluded = member(branch)
    CaregiverPreference.objects.create(client=visit.client, member=excluded, kind="excluded")
    unavailable = MemberFactory(branch=branch, latitude=42.36, longitude=-71.06)
    MemberFactory(branch=other_branch)
    MemberFactory(branch=branch, status="left")
    rows = suggest_for_visit(visit)
    assert [(row.member, row.is_eligible) for row in rows] == [(fits, True), (unavailable, True), (excluded, False)]
    assert rows[1].score == rows[0].score - 15
    assert "does not want" in rows[2].findings[0].sentence


def test_suggestions_need_the_same_queries_for_1_and_30_caregivers(visit, branch):
    Agency.current()
    counts = []
    for more in (1, 29):
        for _number in range(more):
            VisitFactory(client=ClientFactory(branch=branch), caregiver=member(branch), starts_at=NINE)
        with CaptureQueriesContext(connection) as seen:
            suggest_for_visit(visit)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 14
