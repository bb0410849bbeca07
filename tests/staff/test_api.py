import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from staff.models import Availability, Member, TimeOff
from tests.factories import (
    CredentialFactory,
    CredentialTypeFactory,
    MemberFactory,
    RoleFactory,
    TimeOffFactory,
    VisitFactory,
)


def api(user):
    http = APIClient()
    http.force_authenticate(user)
    return http


def test_member_over_the_api(manager, branch):
    RoleFactory()
    http = api(manager)
    body = {"branch": branch.pk, "role": "PSW", "first_name": "Ana", "last_name": "Reis", "hired_on": "2026-01-05"}
    made = http.post("/api/v1/members/", body, format="json")
    assert (made.status_code, made.data["status"]) == (201, "active")
    url = f"/api/v1/members/{made.data['id']}/"
    assert http.patch(url, {"phone": "617 555 0101"}, format="json").data["phone"] == "617 555 0101"
    refused = http.patch(url, {"weekly_minutes_wanted": 6000}, format="json")
    assert (refused.status_code, list(refused.data["errors"])) == (422, ["weekly_minutes_wanted"])
    lines = [{"weekday": 0, "starts": "08:00", "ends": "16:00"}]
    week = http.put(url + "availability/", {"since": "2026-03-02", "lines": lines}, format="json")
    assert (week.status_code, Availability.objects.get().member_id) == (200, made.data["id"])
    lines[0]["ends"] = "07:00"
    assert http.put(url + "availability/", {"since": "2026-03-02", "lines": lines}, format="json").status_code == 422


def test_credential_over_the_api(manager, branch):
    CredentialTypeFactory()
    body = {"member": MemberFactory(branch=branch).pk, "type": "CPR", "issued_on": "2026-01-01"}
    http = api(manager)
    assert list(http.post("/api/v1/credentials/", body, format="json").data["errors"]) == ["expires_on"]
    made = http.post("/api/v1/credentials/", body | {"expires_on": "2028-01-01"}, format="json")
    assert http.post(f"/api/v1/credentials/{made.data['id']}/verify/").data["verified_by"] == manager.pk


def test_time_off_over_the_api(coordinator, branch):
    member = MemberFactory(branch=branch)
    visit = VisitFactory(caregiver=member)
    http = api(coordinator)
    body = {"member": member.pk, "starts_at": visit.starts_at, "ends_at": visit.ends_at}
    made = http.post("/api/v1/time-off/", body, format="json")
    url = f"/api/v1/time-off/{made.data['id']}/"
    refused = http.post(url + "approve/")
    assert (refused.status_code, refused.data["code"]) == (409, "conflict")
    assert "has a visit then" in refused.data["detail"]
    assert http.post(url + "decline/", {"comment": "Busy"}, format="json").data["decision_comment"] == "Busy"
    assert TimeOff.objects.get().decided_by == coordinator


@pytest.mark.parametrize("prefix", ["members", "credentials", "availability", "time-off"])
def test_rows_of_another_branch_do_not_exist(prefix, branch, coordinator, other_coordinator, biller):
    MemberFactory(branch=branch, always_available=True)
    assert api(other_coordinator).get(f"/api/v1/{prefix}/").data["results"] == []
    assert api(coordinator).get(f"/api/v1/{prefix}/").status_code == 200
    assert api(biller).get(f"/api/v1/{prefix}/").status_code == 403


@pytest.mark.parametrize("prefix", ["members", "credentials", "availability", "time-off"])
def test_list_costs_the_same_for_one_and_thirty(prefix, branch, coordinator):
    def more(number):
        for _ in range(number):
            member = MemberFactory(branch=branch, always_available=True)
            CredentialFactory(member=member)
            TimeOffFactory(member=member)

    def count():
        with CaptureQueriesContext(connection) as queries:
            assert http.get(f"/api/v1/{prefix}/").status_code == 200
        return len(queries)

    http = api(coordinator)
    more(1)
    http.get(f"/api/v1/{prefix}/")
    one = count()
    more(29)
    assert count() == one <= 8


def test_member_of_a_foreign_branch_is_not_hired_or_changed(manager, branch, other_branch):
    RoleFactory()
    manager.all_branches = False
    manager.save()
    body = {"branch": other_branch.pk, "role": "PSW", "first_name": "A", "last_name": "B", "hired_on": "2026-01-05"}
    assert api(manager).post("/api/v1/members/", body, format="json").status_code == 422
    foreign = MemberFactory(branch=other_branch)
    assert api(manager).patch(f"/api/v1/members/{foreign.pk}/", {"phone": "1"}, format="json").status_code == 404
    assert Member.objects.count() == 1
