import datetime as dt
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from homecare.clock import today
from staff import catalogue
from staff.models import Availability, Credential, Member, Role, TimeOff
from tests.factories import (
    CredentialFactory,
    CredentialTypeFactory,
    MemberFactory,
    RoleFactory,
    TimeOffFactory,
    VisitFactory,
)

LISTS = ["staff:member-list", "staff:credential-list", "staff:timeoff-list", "staff:role-list"]
MOST_QUERIES = 12


def a_member(branch, **fields):
    member = MemberFactory(branch=branch, **fields)
    CredentialFactory(member=member, expires_on=today("America/New_York") + dt.timedelta(days=5))
    TimeOffFactory(member=member)
    return member


def count(http, url):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert http.get(url).status_code == 200
    return len(queries)


@pytest.mark.parametrize("name", LISTS)
def test_list_costs_the_same_for_one_and_thirty(name, manager, branch, as_user):
    catalogue.load()
    http, url = as_user(manager), reverse(name)
    a_member(branch)
    http.get(url)
    one = count(http, url)
    for _number in range(29):
        a_member(branch)
    assert count(http, url) == one <= MOST_QUERIES


@pytest.mark.parametrize("tab", ["summary", "credentials", "availability"])
def test_member_page_costs_the_same_for_one_and_thirty(tab, manager, branch, as_user):
    catalogue.load()
    member = MemberFactory(branch=branch, role=Role.objects.get(code="RN"), always_available=True)
    http, url = as_user(manager), f"{member.get_absolute_url()}?tab={tab}"
    http.get(url)
    CredentialFactory(member=member)
    TimeOffFactory(member=member)
    one = count(http, url)
    for number in range(20):
        CredentialFactory(member=member, type=CredentialTypeFactory(code=f"T{number}"))
        TimeOffFactory(member=member)
    assert count(http, url) == one <= MOST_QUERIES


PAGES = [
    ("staff:member-list", "", "manager coordinator supervisor"),
    ("staff:member-detail", "member", "manager coordinator supervisor"),
    ("staff:member-create", "", "manager"),
    ("staff:member-update", "member", "manager"),
    ("staff:member-status", "member", "manager"),
    ("staff:availability-update", "member", "manager coordinator"),
    ("staff:credential-create", "member", "manager"),
    ("staff:timeoff-create", "member", "manager coordinator"),
    ("staff:credential-list", "", "manager coordinator supervisor"),
    ("staff:credential-update", "credential", "manager"),
    ("staff:credential-withdraw", "credential", "manager"),
    ("staff:timeoff-list", "", "manager coordinator supervisor"),
    ("staff:timeoff-decline", "time_off", "manager coordinator"),
    ("staff:role-list", "", "manager coordinator supervisor"),
]


@pytest.mark.parametrize(("name", "needs", "allowed"), PAGES)
def test_page_opens_for_its_roles_only(
    name, needs, allowed, manager, coordinator, supervisor, biller, caregiver, other_coordinator, branch, as_user
):
    member = a_member(branch)
    rows = {"member": member, "credential": member.credentials.get(), "time_off": member.time_off.get()}
    url = reverse(name, args=[rows[needs].pk] if needs else [])
    people = {"manager": manager, "coordinator": coordinator, "supervisor": supervisor, "biller": biller,
              "caregiver": caregiver.user}  # fmt: skip
    codes = {role: as_user(person).get(url).status_code for role, person in people.items()}
    assert codes == {role: 200 if role in allowed.split() else 403 for role in people}
    if needs and "coordinator" in allowed:
        assert as_user(other_coordinator).get(url).status_code == 404


@pytest.mark.parametrize("name", ["timeoff-approve", "timeoff-cancel", "credential-verify"])
def test_verbs_of_another_branch_are_not_found(name, other_coordinator, supervisor, branch, as_user):
    member = a_member(branch)
    row = member.credentials.get() if name == "credential-verify" else member.time_off.get()
    url = reverse(f"staff:{name}", args=[row.pk])
    assert as_user(other_coordinator).post(url).status_code == (403 if name == "credential-verify" else 404)
    assert as_user(supervisor).post(url).status_code == 403
    assert as_user(supervisor).get(url).status_code in (403, 405)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Adair", "Okafor", "Silva"]),
        ("?q=okafr", ["Okafor"]),
        ("?q=maria silva", ["Silva"]),
        ("?q=E77", ["Okafor"]),
        ("?status=left", ["Young"]),
        ("?status=all", ["Adair", "Okafor", "Silva", "Young"]),
        ("?sort=-name", ["Silva", "Okafor", "Adair"]),
        ("?q=nobody", []),
    ],
)
def test_member_list_finds_people(query, found, manager, branch, as_user):
    MemberFactory(branch=branch, last_name="Silva", first_name="Maria", employee_number="E00001")
    MemberFactory(branch=branch, last_name="Okafor", first_name="Ngozi", employee_number="E77001")
    MemberFactory(branch=branch, last_name="Adair", first_name="John", role=RoleFactory(code="RN"))
    MemberFactory(branch=branch, last_name="Young", first_name="Kim", status=Member.Status.LEFT)
    page = as_user(manager).get(reverse("staff:member-list") + query)
    assert [row.last_name for row in page.context["page_obj"]] == found


def test_member_list_answers_htmx_with_the_table_only(manager, branch, as_user):
    a_member(branch)
    page = as_user(manager).get(reverse("staff:member-list"), headers={"HX-Request": "true"})
    assert b"<html" not in page.content
    assert b"<table" in page.content


def member_fields(branch, **changes):
    return {
        "first_name": "Ana", "last_name": "Reis", "branch": branch.pk, "role": RoleFactory().pk,
        "hired_on": "2026-01-05", "transport": "car", "languages": ["en", "pt"], "weekly_hours_wanted": "37.5",
        "weekly_hours_limit": "40", "state": "ma",
    } | changes  # fmt: skip


def test_member_is_hired_through_the_page(manager, branch, as_user):
    answer = as_user(manager).post(reverse("staff:member-create"), member_fields(branch))
    member = Member.objects.get(last_name="Reis")
    assert answer.url == member.get_absolute_url()
    assert (member.weekly_minutes_wanted, member.languages, member.state) == (2250, ["en", "pt"], "MA")
    assert member.employee_number.startswith("E")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"weekly_hours_wanted": "50"}, "weekly_minutes_wanted"),
        ({"latitude": "42.1"}, "longitude"),
        ({"latitude": "142.1", "longitude": "1"}, "latitude"),
        ({"hired_on": "soon"}, "hired_on"),
    ],
)
def test_member_form_keeps_what_was_typed(changes, field, manager, branch, as_user):
    page = as_user(manager).post(reverse("staff:member-create"), member_fields(branch, **changes))
    assert page.status_code == 200
    assert page.context["form"].errors
    text = page.content.decode()
    assert 'value="Reis"' in text
    assert "error-summary" in text
    assert not Member.objects.filter(last_name="Reis").exists()


def test_member_is_never_hired_into_a_foreign_branch(manager, branch, other_branch, as_user):
    manager.all_branches = False
    manager.save()
    page = as_user(manager).post(reverse("staff:member-create"), member_fields(other_branch))
    assert "branch" in page.context["form"].errors


def week(act="", since="2026-03-02", lines=(), **more):
    fields = [("since", since), *([("act", act)] if act else [])]
    for day, starts, ends in lines:
        fields += [("weekday", day), ("starts", starts), ("ends", ends)]
    return urlencode(fields + [(key, value) for key, values in more.items() for value in values])


def post_week(http, member, body, **headers):
    url = reverse("staff:availability-update", args=[member.pk])
    return http.post(url, body, content_type="application/x-www-form-urlencoded", headers=headers)


def test_week_lines_are_added_copied_and_removed_without_saving(coordinator, branch, as_user):
    member, http = MemberFactory(branch=branch), as_user(coordinator)
    page = post_week(http, member, week("add:0", lines=[(0, "08:00", "12:"), (2, "09:00", "11:00")]))
    assert [(row.weekday, row.starts, row.ends) for row in page.context["form"].rows] == [
        (0, "08:00", "12:"), (2, "09:00", "11:00"), (0, "", ""),
    ]  # fmt: skip
    page = post_week(
        http, member, week("copy", lines=[(0, "08:00", "12:00"), (2, "09:00", "11:00")], copy_from="0", copy_to="123"),
        **{"HX-Request": "true"},
    )  # fmt: skip
    assert [(row.weekday, row.starts) for row in page.context["form"].rows] == [
        (0, "08:00"), (1, "08:00"), (2, "08:00"), (3, "08:00"),
    ]  # fmt: skip
    assert b"<html" not in page.content
    page = post_week(http, member, week("remove:0", lines=[(0, "08:00", "12:00"), (2, "09:00", "11:00")]))
    assert [row.weekday for row in page.context["form"].rows] == [2]
    assert not Availability.objects.exists()


def test_week_is_saved(coordinator, branch, as_user):
    member = MemberFactory(branch=branch)
    answer = post_week(as_user(coordinator), member, week(lines=[(0, "08:00", "00:00"), (1, "", "")]))
    assert answer.url.endswith("?tab=availability")
    assert [str(row) for row in Availability.objects.all()] == ["Monday 08:00–00:00"]


@pytest.mark.parametrize("lines", [[(0, "08:00", "")], [(0, "22:00", "06:00")], [(0, "8", "12:00")]])
def test_week_with_a_slip_keeps_what_was_typed(lines, coordinator, branch, as_user):
    member = MemberFactory(branch=branch)
    page = post_week(as_user(coordinator), member, week(lines=lines))
    assert page.status_code == 200
    assert "Monday" in str(page.context["form"].errors)
    assert f'value="{lines[0][1]}"' in page.content.decode()
    assert not Availability.objects.exists()


def test_credential_page_adds_and_refuses(manager, branch, as_user):
    member, http = MemberFactory(branch=branch), as_user(manager)
    url = reverse("staff:credential-create", args=[member.pk])
    fields = {"type": CredentialTypeFactory().pk, "issued_on": "2026-01-01", "expires_on": "", "number": "A-1"}
    page = http.post(url, fields)
    assert "expires_on" in page.context["form"].errors
    assert 'value="A-1"' in page.content.decode()
    assert http.post(url, fields | {"expires_on": "2028-01-01"}).status_code == 302
    row = Credential.objects.get()
    http.post(reverse("staff:credential-verify", args=[row.pk]))
    row.refresh_from_db()
    assert row.verified_by == manager


def test_time_off_of_whole_days_covers_them_in_local_time(coordinator, branch, as_user):
    member = MemberFactory(branch=branch)
    fields = {"first_on": "2026-12-24", "last_on": "2026-12-25", "reason": "vacation"}
    as_user(coordinator).post(reverse("staff:timeoff-create", args=[member.pk]), fields)
    row = TimeOff.objects.get()
    assert row.starts_at == dt.datetime(2026, 12, 24, 5, tzinfo=dt.UTC)
    assert row.ends_at == dt.datetime(2026, 12, 26, 5, tzinfo=dt.UTC)


def test_time_off_approval_refused_says_why_on_the_list(coordinator, branch, as_user):
    member = MemberFactory(branch=branch)
    visit = VisitFactory(caregiver=member)
    row = TimeOffFactory(member=member, starts_at=visit.starts_at, ends_at=visit.ends_at)
    http = as_user(coordinator)
    listed = http.get(reverse("staff:timeoff-list")).context["page_obj"][0]
    assert listed.visits_then == 1
    page = http.post(
        reverse("staff:timeoff-approve", args=[row.pk]),
        follow=True,
        headers={"Referer": "http://testserver" + reverse("staff:timeoff-list")},
    )
    assert "has a visit then" in page.content.decode()
    row.refresh_from_db()
    assert row.status == "requested"


def test_missing_credentials_of_the_role_are_named(manager, branch, as_user):
    catalogue.load()
    member = MemberFactory(branch=branch, role=Role.objects.get(code="RN"))
    CredentialFactory(member=member, type=CredentialTypeFactory(code="CPR"))
    page = as_user(manager).get(member.get_absolute_url() + "?tab=credentials")
    assert {type.code for type in page.context["missing"]} == {"BACKGROUND", "TB", "HIPAA", "LIC-RN"}


def test_caregiver_asks_for_own_time_off_and_takes_it_back(caregiver, branch, as_user):
    http, url = as_user(caregiver.user), reverse("staff:timeoff-ask")
    days = {"first_on": "2030-03-04", "last_on": "2030-03-01", "reason": "vacation"}
    page = http.post(url, days)
    assert b"The last day is before the first." in page.content and not TimeOff.objects.exists()
    assert http.post(url, days | {"last_on": "2030-03-05", "note": "Wedding"}).status_code == 302
    mine = TimeOff.objects.get()
    assert (mine.member, mine.status) == (caregiver, "requested")
    other = TimeOffFactory(member=MemberFactory(branch=branch, first_name="Stranger"), note="Secret")
    page = http.get(url).content
    assert b"Wedding" in page and b"Requested" in page and b"Secret" not in page
    assert http.post(reverse("staff:timeoff-withdraw", args=[other.pk])).status_code == 404
    assert http.post(reverse("staff:timeoff-withdraw", args=[mine.pk])).status_code == 302
    mine.refresh_from_db()
    assert mine.status == "cancelled"
    assert http.post(reverse("staff:timeoff-withdraw", args=[mine.pk])).status_code == 404


def test_own_time_off_is_for_caregivers(coordinator, relative, as_user):
    for user in (coordinator, relative):
        assert as_user(user).get(reverse("staff:timeoff-ask")).status_code == 403
