"""Two people with one settings form open: whoever saves second reads who was first, and overwrites nothing unasked."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from homecare.accounts.models import Agency
from homecare.accounts.roles import RoleName
from homecare.accounts.services.agency import save_settings
from homecare.accounts.services.branch import save_branch
from scheduling.models import ReasonCode, Rotation, RotationTurner
from scheduling.services.reason_code import change_code
from scheduling.services.rotation import leave_rotation
from scheduling.services.service_type import change_service_type
from staff.services.team import change_team, make_team
from tests.conftest import person
from tests.factories import ServiceTypeFactory

HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "dialog"}


def a_team(branch, caregiver, other, by):
    row = make_team(branch, "South", members=[caregiver], by=by)
    return reverse("staff:team-update", args=[row.pk]), row, lambda: change_team(row, members=[other], by=by)


def a_service(branch, caregiver, other, by):
    row = ServiceTypeFactory(name="Evening care")
    url = reverse("scheduling:service-type-update", args=[row.pk])
    return url, row, lambda: change_service_type(row, name="Late care", by=by)


def a_branch(branch, caregiver, other, by):
    url = reverse("accounts:branch-update", args=[branch.pk])
    return url, branch, lambda: save_branch(branch, {"phone": "617-555-0100"}, by=by)


def a_reason(branch, caregiver, other, by):
    row = ReasonCode.objects.create(set_name="Texas", code="900", text="Phone was off", kind="reason")
    url = reverse("scheduling:reason-code-update", args=[row.pk])
    return url, row, lambda: change_code(row, needs_memo=True, by=by)


def a_turn(branch, caregiver, other, by):
    rotation = Rotation.objects.create(
        branch=branch, name="Nights", weeks=2, starts_on=dt.date(2026, 12, 7), created_by=by
    )
    row = RotationTurner.objects.create(rotation=rotation, member=caregiver, first_row=1)
    url = reverse("scheduling:rotation-turner-leave", args=[row.pk])
    return url, row, lambda: leave_rotation(row, until=dt.date(2027, 3, 1), by=by)


def the_agency(branch, caregiver, other, by):
    return reverse("accounts:settings"), Agency.current(), lambda: save_settings({"grace_minutes": 7}, by=by)


def the_rules(branch, caregiver, other, by):
    url = reverse("scheduling:rule-settings")
    return url, Agency.current(), lambda: save_settings({"rule_severities": {"double_up": "off"}}, by=by)


def the_weights(branch, caregiver, other, by):
    url = reverse("scheduling:weight-settings")
    return url, Agency.current(), lambda: save_settings({"matching_weights": {"nearness": 1}}, by=by)


PAGES = [a_team, a_service, a_branch, a_reason, a_turn, the_agency, the_rules, the_weights]


def typed(answer):
    """What the browser would send of the form on this page."""
    values = {field.html_name: field.value() for field in answer.context["form"]}
    return {name: "" if value is None else value for name, value in values.items() if value is not False}


@pytest.fixture
def ana(branch):
    return person(RoleName.ADMINISTRATOR, branch, first_name="Ana", last_name="Ruiz")


def state(row):
    fresh = type(row).objects.get(pk=row.pk)
    lists = {field.name: sorted(fresh.members.values_list("pk", flat=True)) for field in row._meta.many_to_many[:1]}
    return {field.attname: getattr(fresh, field.attname) for field in row._meta.concrete_fields} | lists


@pytest.mark.parametrize("page", PAGES)
def test_second_to_save_reads_who_was_first_and_decides(
    page, as_user, administrator, ana, branch, caregiver, other_caregiver
):
    url, row, change = page(branch, caregiver, other_caregiver, ana)
    http = as_user(administrator)
    sent = typed(http.get(url))
    assert sent["seen"]
    change()
    theirs = state(row)
    refused = http.post(url, sent)
    html = refused.content.decode()
    assert (refused.status_code, state(row)) == (409, theirs)
    assert "Ana Ruiz changed this at " in html
    assert "what you typed stands below" in html
    again = http.post(url, typed(refused))
    assert again.status_code == 302
    assert state(row) != theirs


@pytest.mark.parametrize("page", PAGES)
def test_one_after_the_other_saves_as_ever(page, as_user, administrator, ana, branch, caregiver, other_caregiver):
    url, _row, change = page(branch, caregiver, other_caregiver, ana)
    change()
    http = as_user(administrator)
    assert http.post(url, typed(http.get(url))).status_code == 302


def test_other_settings_of_the_same_row_are_not_in_the_way(as_user, administrator, ana):
    http, url = as_user(administrator), reverse("scheduling:weight-settings")
    sent = typed(http.get(url))
    save_settings({"grace_minutes": 7, "rule_severities": {"double_up": "off"}}, by=ana)
    assert http.post(url, sent).status_code == 302
    assert Agency.current().grace_minutes == 7


def test_own_second_window_is_said(as_user, administrator):
    http, url = as_user(administrator), reverse("scheduling:weight-settings")
    sent = typed(http.get(url))
    save_settings({"matching_weights": {"nearness": 1}}, by=administrator)
    assert "You changed this at " in http.post(url, sent).content.decode()


def test_dialog_stays_open_with_what_was_typed(as_user, administrator, ana, branch, caregiver, other_caregiver):
    url, _row, change = a_team(branch, caregiver, other_caregiver, ana)
    http = as_user(administrator)
    sent = typed(http.get(url)) | {"name": "South and west"}
    change()
    refused = http.post(url, sent, **HTMX)
    assert (refused.status_code, 'value="South and west"' in refused.content.decode()) == (422, True)


def test_partly_changed_team_of_the_api_keeps_the_rest(as_user, administrator, branch, caregiver, other_caregiver):
    row = make_team(branch, "South", members=[caregiver], by=administrator)
    change_team(row, members=[caregiver, other_caregiver], by=administrator)
    change_team(row, name="West", by=administrator)
    assert (type(row).objects.get().name, row.members.count()) == ("West", 2)
