"""What was promised: guaranteed hours and visits of a caregiver, few different faces for a client."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from homecare.accounts.models import Agency
from scheduling.matching import rank
from scheduling.placement import Judge, OverrideNeeded, Placement
from scheduling.services.visit import assign_visit
from tests.factories import ClientFactory, MemberFactory, VisitFactory
from tests.scheduling.placing import DAY, HOUR, NINE, against, works

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_of(branch):
    return ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez")


@pytest.fixture
def neighbour(branch):
    return ClientFactory(branch=branch)


def member_of(branch, **fields):
    return MemberFactory(branch=branch, always_available=True, **fields)


@pytest.mark.parametrize(("other_hours", "speaks"), [(4, True), (5, False)])
def test_guaranteed_hours_are_not_taken_away(branch, client_of, neighbour, other_hours, speaks):
    ana = member_of(branch, weekly_minutes_guaranteed=300, first_name="Ana", last_name="Reyes")
    visit = works(ana, client_of, NINE, 2)
    works(ana, neighbour, NINE + DAY, other_hours)
    works(ana, neighbour, NINE + 8 * DAY, 5)  # another week
    found = against(client_of, member_of(branch), NINE, NINE + 2 * HOUR, visit=visit).get("guaranteed")
    assert (found is not None) is speaks
    if found:
        assert found.sentence == "Ana Reyes would have 4 h in this week; 5 h are guaranteed."
    assert "guaranteed" not in against(client_of, ana, NINE + HOUR, visit=visit)  # she keeps it


def test_guaranteed_visits_are_not_taken_away(branch, client_of, coordinator):
    ana = member_of(branch, weekly_visits_guaranteed=2)
    visit = works(ana, client_of, NINE)
    works(ana, client_of, NINE + DAY)
    assert "1 visits" in against(client_of, member_of(branch), visit=visit)["guaranteed"].sentence
    with pytest.raises(OverrideNeeded, match="guaranteed"):
        assign_visit(visit, None, by=coordinator)  # opening it takes it away, too
    assign_visit(visit, None, by=coordinator, override_reason="agreed")


def test_a_swap_within_the_week_takes_nothing_away(branch, client_of, neighbour):
    ana, ben = (member_of(branch, weekly_minutes_guaranteed=60) for _n in range(2))
    mine, theirs = works(ana, client_of, NINE), works(ben, neighbour, NINE + DAY)
    swapped = [Placement.of(mine, member_id=ben.pk), Placement.of(theirs, member_id=ana.pk)]
    judge = Judge(swapped)
    assert [[f.code for f in judge.judge(one) if f.code == "guaranteed"] for one in swapped] == [[], []]


def test_suggestions_ask_for_who_lacks_guaranteed_time(branch, client_of, neighbour):
    full, lacking = (member_of(branch, weekly_minutes_guaranteed=120) for _n in range(2))
    plain = member_of(branch)
    works(full, neighbour, NINE + DAY, 2)
    works(lacking, neighbour, NINE + 2 * DAY, 1)
    visit = VisitFactory(client=client_of, starts_at=NINE)
    found = {
        row.member: [p for p in row.points if str(p.label) == "Guaranteed time"]
        for row in rank([Placement.of(visit, member_id=None)], [full, lacking, plain])
    }
    assert (found[full], found[plain]) == ([], [])
    assert (found[lacking][0].points, found[lacking][0].words) == (5, "50% of the guaranteed week is not planned")


@pytest.mark.parametrize(
    ("limit", "agency", "speaks"), [(2, 0, True), (3, 0, False), (None, 0, False), (None, 2, True)]
)
def test_few_different_caregivers_in_a_week(branch, client_of, limit, agency, speaks):
    client_of.weekly_caregivers_limit = limit
    client_of.save()
    Agency.objects.update_or_create(pk=1, defaults={"rule_numbers": {"caregivers_per_week": {"caregivers": agency}}})
    known = [member_of(branch) for _n in range(2)]
    for number, member in enumerate(known):
        works(member, client_of, NINE + (number + 1) * DAY)
    works(member_of(branch), client_of, NINE - 3 * DAY)  # the Friday before
    found = against(client_of, member_of(branch)).get("caregivers_per_week")
    assert (found is not None) is speaks
    if found:
        assert found.sentence == "Rosa Lopez would see 3 different caregivers in this week; the limit is 2."
    assert "caregivers_per_week" not in against(client_of, known[0])


def test_faces_of_one_batch_count_against_each_other(branch, client_of):
    client_of.weekly_caregivers_limit = 1
    client_of.save()
    placements = [
        Placement(
            n,
            branch.pk,
            client_of.pk,
            VisitFactory(client=client_of).service_type_id,
            NINE + n * DAY,
            NINE + n * DAY + HOUR,
            member_of(branch).pk,
        )
        for n in range(2)
    ]
    judge = Judge(placements)
    said = []
    for placement in placements:
        said.append("caregivers_per_week" in [finding.code for finding in judge.judge(placement)])
        judge.take(placement)
    assert said == [False, True]


def test_promises_are_read_in_the_same_queries_for_1_and_30(branch, client_of, neighbour):
    client_of.weekly_caregivers_limit = 2
    client_of.save()
    counts = []
    Agency.current()
    for size in (1, 29):
        for _n in range(size):
            works(member_of(branch, weekly_minutes_guaranteed=300), client_of, NINE + dt.timedelta(days=30))
        placements = [Placement.of(v) for v in client_of.visits.all()]
        with CaptureQueriesContext(connection) as seen:
            judge = Judge(placements)
            for placement in placements:
                judge.judge(placement)
        counts.append(len(seen))
    assert counts[0] == counts[1]
