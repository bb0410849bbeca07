"""Two coordinators on one shared visit: whoever is first decides, and its rows never part."""

import datetime as dt

import pytest

from homecare.clock import now
from scheduling.models import Visit
from scheduling.services.sharing import Share, share_visit
from scheduling.services.visit import assign_visit, cancel_visit, move_visit
from tests.factories import ServiceTypeFactory, VisitFactory
from tests.racing import told_at_once

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def shared(home, caregiver, coordinator):
    starts_at = now().replace(minute=0, second=0, microsecond=0) + dt.timedelta(days=2)
    lead = VisitFactory(client=home[0], caregiver=caregiver, starts_at=starts_at, ends_at=starts_at + HOUR)
    coordinator.has_perm("scheduling.override_rule")
    return lead, share_visit(lead, Share(home[1], ServiceTypeFactory()), by=coordinator)


def state(*visits):
    rows = Visit.objects.filter(pk__in=[row.pk for row in visits])
    return set(rows.values_list("starts_at", "caregiver_id", "status"))


@pytest.mark.parametrize("_again", range(3))
def test_moved_at_both_clients_at_once(shared, other_caregiver, coordinator, _again):
    lead, follower = (Visit.objects.get(pk=row.pk) for row in shared)
    how = {"by": coordinator, "override_reason": "Agreed"}
    results = told_at_once(
        lambda: move_visit(lead, starts_at=lead.starts_at + HOUR, version=lead.version, **how),
        lambda: assign_visit(follower, other_caregiver, version=follower.version, **how),
    )
    assert "done" in results
    assert all(result == "done" or "changed" in result for result in results), results
    assert len(state(*shared)) == 1


@pytest.mark.parametrize("_again", range(3))
def test_leader_leaves_while_the_follower_is_moved(shared, coordinator, _again):
    lead, follower = (Visit.objects.get(pk=row.pk) for row in shared)
    results = told_at_once(
        lambda: cancel_visit(lead, reason="In hospital", by=coordinator),
        lambda: move_visit(follower, starts_at=follower.starts_at + HOUR, by=coordinator, override_reason="Agreed"),
    )
    assert results[0] == "done"
    assert results[1] == "done" or "changed" in results[1], results
    follower.refresh_from_db()
    assert (follower.status, follower.leader_id, follower.time_total) == ("planned", None, 1)


def test_two_add_the_same_housemate(shared, home, coordinator):
    lead, _follower = shared
    share = Share(home[2], ServiceTypeFactory())
    results = told_at_once(*[lambda: share_visit(lead, share, by=coordinator) for _n in range(2)])
    assert sorted(results) == ["This client shares the visit already.", "done"]
    assert Visit.objects.filter(leader=lead).count() == 2
    assert set(Visit.objects.values_list("time_total", flat=True)) == {3}
