"""Twenty coordinators want one caregiver's hour: exactly one gets it, nineteen read who holds it, every time."""

import datetime as dt
import threading
from collections import Counter

import pytest
from django.db import connection, connections

from homecare.errors import Conflict
from scheduling.models import Visit
from scheduling.services.visit import assign_visit, create_visit
from staff.models import Commitment
from tests.factories import ClientFactory, ServiceTypeFactory, VisitFactory

pytestmark = pytest.mark.django_db(transaction=True)

NINE = dt.datetime(2026, 12, 7, 14, tzinfo=dt.UTC)
RACERS = 20


def race(act):
    """Runs act(number) in 20 threads with a connection each, all released at once; counts what became of them."""
    gate, results = threading.Barrier(RACERS), []

    def run(number):
        try:
            gate.wait(30)
            act(number)
            results.append("won")
        except Conflict as refusal:
            results.append("refused" if "already" in str(refusal) else str(refusal))
        except Exception as error:
            results.append(repr(error))
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return Counter(results)


@pytest.mark.parametrize("attempt", range(3))
def test_twenty_racers_for_one_hour_have_one_winner(branch, coordinator, caregiver, attempt):
    clients, service = [ClientFactory(branch=branch) for _n in range(RACERS)], ServiceTypeFactory()
    coordinator.has_perm("scheduling.override_rule")

    def book(number):
        starts_at = NINE + dt.timedelta(minutes=number)
        create_visit(
            clients[number],
            service_type=service,
            starts_at=starts_at,
            ends_at=starts_at + dt.timedelta(hours=1),
            caregiver=caregiver,
            by=coordinator,
        )

    assert race(book) == {"won": 1, "refused": RACERS - 1}
    assert Visit.objects.count() == Commitment.objects.count() == 1


def test_twenty_racers_assigning_open_visits_have_one_winner(branch, coordinator, caregiver):
    visits = [VisitFactory(client=ClientFactory(branch=branch), starts_at=NINE) for _n in range(RACERS)]
    assert race(lambda number: assign_visit(visits[number], caregiver, by=coordinator)) == {
        "won": 1,
        "refused": RACERS - 1,
    }
    assert Visit.objects.filter(caregiver=caregiver).count() == 1


def test_exclusion_constraint_is_the_judge_when_the_rule_did_not_see_it(branch, coordinator, caregiver, monkeypatch):
    VisitFactory(client=ClientFactory(branch=branch), caregiver=caregiver, starts_at=NINE)
    monkeypatch.setattr("scheduling.rules.staff.Overlap.judge", lambda self, placement, facts: None)
    with pytest.raises(Conflict, match="Somebody else has just taken"):
        create_visit(
            ClientFactory(branch=branch),
            service_type=ServiceTypeFactory(),
            starts_at=NINE,
            ends_at=NINE + dt.timedelta(hours=1),
            caregiver=caregiver,
            by=coordinator,
        )
    assert not connection.in_atomic_block
    assert Visit.objects.count() == 1
