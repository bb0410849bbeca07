"""Which rows a board shows: the own team, everybody, by client; one query count however many."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from staff.models import Team
from tests.factories import (
    AddressFactory,
    ClientFactory,
    MemberFactory,
)
from tests.scheduling.board.world import (
    HOUR,
    NINE,
    visit_at,
)


def test_board_opens_with_the_own_team_and_all_is_possible(http, branch, coordinator, caregiver, other_caregiver):
    Team.objects.create(branch=branch, name="South").coordinators.add(coordinator)
    Team.objects.get().members.add(caregiver)
    opened = http.get("/schedule/?week=2026-12-07").content.decode()
    assert f'id="h-{caregiver.pk}"' in opened
    assert f'id="h-{other_caregiver.pk}"' not in opened
    assert 'id="h-0"' in opened
    assert "My team: South" in opened
    everybody = http.get("/schedule/?week=2026-12-07&team=all").content.decode()
    assert f'id="h-{other_caregiver.pk}"' in everybody


def test_board_of_a_person_without_team_shows_everybody(http, branch, caregiver, other_caregiver):
    Team.objects.create(branch=branch, name="South").members.add(caregiver)
    assert f'id="h-{other_caregiver.pk}"' in http.get("/schedule/").content.decode()
    chosen = http.get(f"/schedule/?team={Team.objects.get().pk}").content.decode()
    assert f'id="h-{other_caregiver.pk}"' not in chosen


def test_team_by_client_shows_the_clients_of_its_caregivers(http, branch, caregiver, other_caregiver, lopez):
    team = Team.objects.create(branch=branch, name="South")
    team.members.add(caregiver)
    visit_at(lopez, caregiver=caregiver)
    visit_at(ClientFactory(branch=branch, last_name="Elsewhere"), caregiver=other_caregiver)
    html = http.get(f"/schedule/?week=2026-12-07&by=client&team={team.pk}").content.decode()
    assert "Lopez" in html
    assert "Elsewhere" not in html


def test_unknown_team_is_the_own_one_and_the_week_stays(http):
    assert "Mon 7 Dec" in http.get("/schedule/?week=2026-12-07&team=99").content.decode()


@pytest.mark.parametrize("query", ["view=day&day=2026-12-07", "view=day&day=2026-12-07&by=client"])
def test_day_board_needs_the_same_queries_for_1_and_30_rows(http, branch, query):
    counts = []
    http.get(f"/schedule/?{query}")
    for rows in (1, 29):
        for _number in range(rows):
            member = MemberFactory(branch=branch, always_available=True)
            for start in (NINE, NINE + 2 * HOUR):
                client = ClientFactory(branch=branch)
                AddressFactory(client=client)
                visit_at(client, start, caregiver=member)
        with CaptureQueriesContext(connection) as seen:
            assert http.get(f"/schedule/?{query}").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 15
