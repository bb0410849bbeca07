"""Teams: who is planned together, and whose board opens with them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from homecare.audit.models import Event
from homecare.errors import DomainError
from staff.models import Team
from staff.services.team import change_team, dissolve_team, make_team
from tests.factories import MemberFactory, RoleFactory


@pytest.fixture
def team(branch, coordinator, caregiver):
    return make_team(branch, "South", members=[caregiver], coordinators=[coordinator], by=coordinator)


def test_team_is_made_by_its_form_and_recorded(as_user, branch, coordinator, caregiver):
    data = {"branch": branch.pk, "name": " South ", "members": [caregiver.pk], "coordinators": [coordinator.pk]}
    answer = as_user(coordinator).post(reverse("staff:team-create"), data)
    assert answer.status_code == 302
    team = Team.objects.get()
    assert (team.name, list(team.members.all()), list(team.coordinators.all())) == ("South", [caregiver], [coordinator])
    assert Event.objects.about(team).get().action == "team.made"


def test_team_name_taken_is_said_and_nothing_typed_is_lost(as_user, branch, coordinator, team):
    answer = as_user(coordinator).post(reverse("staff:team-create"), {"branch": branch.pk, "name": "South"})
    html = answer.content.decode()
    assert "already has a team of that name" in html
    assert 'value="South"' in html


def test_team_refuses_caregivers_of_another_branch(team, other_branch, coordinator):
    stranger = MemberFactory(branch=other_branch)
    with pytest.raises(DomainError, match="another branch"):
        change_team(team, name="South", members=[stranger], coordinators=[], by=coordinator)


def test_team_change_names_what_changed(team, coordinator, caregiver, other_caregiver):
    change_team(team, name="North", members=[other_caregiver], coordinators=[coordinator], by=coordinator)
    event = Event.objects.about(team).first()
    assert event.action == "team.changed"
    assert event.changes == {
        "name": ["South", "North"],
        "members": [f"[{caregiver.pk}]", f"[{other_caregiver.pk}]"],
    }


def test_dissolving_twice_is_harmless(team, coordinator, caregiver):
    dissolve_team(team, by=coordinator)
    dissolve_team(team, by=coordinator)
    caregiver.refresh_from_db()
    assert not Team.objects.exists()


def test_team_of_another_branch_is_not_to_be_seen(as_user, team, other_coordinator):
    http = as_user(other_coordinator)
    assert http.get(reverse("staff:team-update", args=[team.pk])).status_code == 404
    assert "South" not in http.get(reverse("staff:team-list")).content.decode()
    assert http.get("/api/v1/teams/").json()["results"] == []


def test_team_list_needs_the_same_queries_for_1_and_30_teams(as_user, branch, coordinator):
    http, url = as_user(coordinator), reverse("staff:team-list")
    http.get(url)
    counts = []
    for first, last in ((0, 1), (1, 30)):
        for number in range(first, last):
            make_team(branch, f"Team {number}", coordinators=[coordinator], by=coordinator)
        with CaptureQueriesContext(connection) as seen:
            http.get(url)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 10


def test_team_over_the_api(as_user, coordinator, branch, other_branch, caregiver, other_caregiver):
    http = as_user(coordinator)
    asked = {"branch": branch.pk, "name": "South", "members": [caregiver.pk]}
    made = http.post("/api/v1/teams/", asked, content_type="application/json")
    assert made.status_code == 201
    address = f"/api/v1/teams/{made.json()['id']}/"
    changed = http.patch(address, {"members": [other_caregiver.pk]}, content_type="application/json")
    assert (changed.json()["name"], changed.json()["members"]) == ("South", [other_caregiver.pk])
    assert (made.json()["version"], changed.json()["version"]) == (1, 2)
    stale = http.patch(address, {"name": "West", "version": 1}, content_type="application/json")
    assert (stale.status_code, "changed this at" in stale.json()["detail"]) == (409, True)
    assert Team.objects.get().name == "South"
    fresh = http.patch(address, {"name": "South", "version": 2}, content_type="application/json")
    assert (fresh.status_code, fresh.json()["version"]) == (200, 2), "nothing changed, so the version stays"
    taken = http.post("/api/v1/teams/", asked, content_type="application/json")
    assert (taken.status_code, "already has a team" in taken.content.decode()) == (409, True)
    stranger = MemberFactory(branch=other_branch).pk
    assert http.patch(address, {"members": [stranger]}, content_type="application/json").status_code in (400, 422)


def test_caregivers_stand_under_their_roles_at_one_cost(as_user, branch, coordinator, team, caregiver):
    http, url, counts = as_user(coordinator), team.get_absolute_url(), []
    nurse = RoleFactory(code="RN", name="Registered nurse")
    for many in (1, 30):
        for _n in range(many):
            MemberFactory(branch=branch, role=nurse)
        http.get(url)
        with CaptureQueriesContext(connection) as seen:
            page = http.get(url)
        counts.append(len(seen))
    assert counts[0] == counts[1]
    groups = [(name, len(rows)) for name, rows in page.context["form"].fields["members"].choices]
    assert groups == sorted([(caregiver.role.name, 1), ("Registered nurse", 31)])
    html = page.content.decode()
    assert "<legend>Registered nurse</legend>" in html
    assert html.count(f'value="{caregiver.pk}" id="id_members_') == 1
    assert 'id="id_members_find"' in html and 'name="members_find"' not in html
