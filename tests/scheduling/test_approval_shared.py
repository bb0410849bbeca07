"""The approval list where clients of one home share a visit: approved for all of them or for none."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling import reason_codes
from scheduling.approval_rows import clean
from scheduling.models import ReasonCode, Visit
from tests.factories import ClientFactory
from tests.scheduling.test_approval_page import body, done, late, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def codes(db):
    reason_codes.load()


@pytest.fixture
def shared(caregiver):
    """Two clients of one home in one stay, worked and waiting for approval."""
    lead = done(caregiver, 8, last_name="Leads")
    client = ClientFactory(branch=caregiver.branch, last_name="Follows")
    Visit.objects.create(
        branch=lead.branch,
        client=client,
        service_type=lead.service_type,
        leader=lead,
        time_total=2,
        **{name: getattr(lead, name) for name in ("caregiver", "status", "starts_at", "ends_at")},
        started_at=lead.started_at,
        finished_at=lead.finished_at,
    )
    return list(Visit.objects.filter(client__in=[lead.client, client]).order_by("pk"))


def names_of(rows) -> list[str]:
    return [row.client.split()[-1] for row in rows]


@pytest.mark.parametrize("which", [0, 1])
def test_both_rows_of_a_shared_visit_say_that_one_is_open(shared, coordinator, as_user, which):
    http = as_user(coordinator)
    one = late(shared[which])
    page = http.get(url("visit-approval"))
    assert sorted(names_of(page.context["first_rows"])) == ["Follows", "Leads"]
    assert (page.context["clean_rows"], page.context["clean_total"]) == ([], 0)
    whose = shared[which].client.full_name
    assert body(page).count(f"Approved together with {whose}, where something is still open.") == 1
    assert list(clean(Visit.objects.all())) == []
    assert len(http.get(url("visit-approval"), {"show": "exceptions"}).context["first_rows"]) == 2
    # Explaining the one shows both as clean at once: the answer is the list anew.
    answer = http.post(
        url("exception-resolve", one.pk),
        {"code": ReasonCode.objects.get(code="12", set_name="default").pk},
        follow=True,
    )
    assert sorted(names_of(answer.context["clean_rows"])) == ["Follows", "Leads"]
    assert "Approved together" not in body(answer)


def test_a_proposal_for_one_who_shares_keeps_both_from_being_clean(shared, caregiver, coordinator, as_user):
    times = {"starts_at": shared[0].starts_at, "ends_at": shared[0].ends_at}
    shared[1].corrections.create(**times, reason="I stayed longer", member=caregiver, signed_name="Rosa Silva")
    page = as_user(coordinator).get(url("visit-approval"))
    assert len(page.context["first_rows"]) == 2 and page.context["clean_total"] == 0


def test_nobody_who_left_a_shared_visit_holds_it_up(shared, coordinator, as_user):
    late(shared[1])
    Visit.objects.filter(pk=shared[1].pk).update(leader=None, time_total=1, caregiver=None, status="cancelled")
    page = as_user(coordinator).get(url("visit-approval"))
    assert names_of(page.context["clean_rows"]) == ["Leads"]


def test_bulk_approval_says_for_whom_the_other_row_was_left(shared, coordinator, as_user):
    late(shared[0])
    answer = as_user(coordinator).post(url("visit-approve"), {"visit": [shared[1].pk]}, follow=True)
    leads, follows = (row.client.full_name for row in shared)
    assert f"{leads}: 1 exception has no reason yet." in body(answer)
    assert f"{follows}: Approved together with {leads}, where something is still open." in body(answer)


def test_shared_rows_cost_one_statement_more_whatever_their_number(caregiver, coordinator, as_user):
    http = as_user(coordinator)

    def counted() -> int:
        with CaptureQueriesContext(connection) as queries:
            http.get(url("visit-approval"), {"rows": 100})
        return len(queries)

    late(done(caregiver, 1))
    counted()
    alone, many = counted(), []
    for hours in (range(2, 3), range(3, 18)):
        for hour in hours:
            lead = done(caregiver, hour)
            times = {name: getattr(lead, name) for name in ("caregiver", "status", "starts_at", "ends_at")}
            client = ClientFactory(branch=caregiver.branch)
            Visit.objects.create(
                branch=lead.branch, client=client, service_type=lead.service_type, leader=lead, time_total=2, **times
            )
        many.append(counted())
    assert many == [alone + 1, alone + 1] and many[0] <= 12
