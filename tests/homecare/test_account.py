"""Who signs in and what they may do: access, tokens, sessions, people, the agency's settings."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.test import Client as HttpClient
from django.urls import reverse
from django.utils import timezone

from homecare.accounts.branch_choice import SESSION_KEY
from homecare.accounts.models import Agency, Branch, Holiday, PersonalToken, User
from homecare.accounts.models.token import digest
from homecare.accounts.roles import RoleName
from homecare.accounts.services.agency import save_settings
from homecare.accounts.services.branch import add_holiday
from homecare.accounts.services.invitation import (
    invite_person,
)
from homecare.accounts.services.token import MOST_LIVE, create_token, revoke_token
from homecare.accounts.services.user import change_access, deactivate_user, end_sessions, reactivate_user
from homecare.audit.models import Event
from homecare.errors import DomainError
from tests.factories import UserFactory
from tests.homecare.conftest import queries_of

pytestmark = pytest.mark.django_db
GOOD = "a quiet green kettle"


def test_managers_make_no_administrators_and_give_only_their_branches(manager, branch, other_branch, administrator):
    def invite_as(roles, branches, **more):
        with transaction.atomic():
            invite_person("x@homecare.example", roles=roles, branches=branches, by=manager, **more)

    with pytest.raises(DomainError, match="Only an administrator"):
        invite_as([RoleName.ADMINISTRATOR], [branch])
    with pytest.raises(DomainError, match="at least one role"):
        invite_as([], [branch])
    manager.all_branches = False
    with pytest.raises(DomainError, match="your own branches"):
        invite_as([RoleName.BILLER], [other_branch])
    with pytest.raises(DomainError, match="some branches only"):
        invite_as([RoleName.BILLER], [branch], all_branches=True)
    with pytest.raises(DomainError, match="works with all branches"):
        deactivate_user(UserFactory(all_branches=True), by=manager)
    manager.all_branches = True
    with pytest.raises(DomainError, match="Only an administrator"):
        deactivate_user(administrator, by=manager)
    assert not User.objects.filter(email="x@homecare.example").exists()


def test_nobody_changes_their_own_access(manager, branch):
    with pytest.raises(DomainError, match="your own access"):
        change_access(manager, roles=[RoleName.BILLER], branches=[branch], all_branches=True, by=manager)
    with pytest.raises(DomainError, match="your own access"):
        deactivate_user(manager, by=manager)


def test_access_change_counts_at_the_next_request(coordinator, manager, branch, as_user):
    http, url = as_user(coordinator), reverse("jobs:job-list")
    assert http.get(url).status_code == 200
    change_access(coordinator, roles=[RoleName.CAREGIVER], branches=[branch], all_branches=False, by=manager)
    assert http.get(url).status_code == 403
    change = Event.objects.about(coordinator).filter(action="user.access_changed").get().changes
    assert change == {"roles": [[RoleName.COORDINATOR], [RoleName.CAREGIVER]]}


def test_access_change_keeps_branches_out_of_reach(coordinator, manager, branch, other_branch):
    coordinator.memberships.create(branch=other_branch)
    manager.all_branches = False
    change_access(coordinator, roles=[RoleName.BILLER], branches=[], all_branches=False, by=manager)
    assert list(coordinator.branches.all()) == [other_branch]


def test_deactivation_ends_sessions_tokens_feeds_and_invitations_at_once(coordinator, manager, as_user):
    from scheduling.models import CalendarFeed

    http = as_user(coordinator)
    token, secret = create_token(coordinator, "Export", scope="read", expires_on=None, by=coordinator)
    feed = CalendarFeed.objects.create(user=coordinator, digest="f" * 64)
    bearer = {"Authorization": f"Bearer {secret}"}
    assert http.get(reverse("accounts:profile")).status_code == 200
    assert HttpClient().get("/api/v1/me/", headers=bearer).status_code == 200
    deactivate_user(coordinator, by=manager, reason="Left the agency")
    assert http.get(reverse("accounts:profile")).status_code == 302
    assert HttpClient().get("/api/v1/me/", headers=bearer).status_code == 401
    for row in (token, feed):
        row.refresh_from_db()
        assert row.revoked_at is not None
    reactivate_user(coordinator, by=manager)
    assert http.get(reverse("accounts:profile")).status_code == 302, "an ended session must stay ended"
    assert HttpClient().get("/api/v1/me/", headers=bearer).status_code == 401


def test_sessions_end_everywhere(coordinator, manager, as_user):
    first, second = as_user(coordinator), as_user(coordinator)
    end_sessions(coordinator, by=manager)
    assert [http.get(reverse("accounts:profile")).status_code for http in (first, second)] == [302, 302]


def test_token_is_shown_once_and_kept_as_a_hash(coordinator, as_user):
    http = as_user(coordinator)
    page = http.post(reverse("accounts:token-create"), {"name": "Payroll", "scope": "write", "days": "90"})
    secret = re.search(r"hc_[\w-]{20,}", page.content.decode()).group(0)
    row = PersonalToken.objects.get()
    assert (row.scopes, row.digest, row.prefix) == (["read", "write"], digest(secret), secret[:8])
    assert 89 <= (row.expires_at - timezone.now()).days <= 90
    assert secret not in http.get(reverse("accounts:profile")).content.decode()
    assert secret not in str(list(Event.objects.values()))


def test_token_is_revoked_by_its_owner_alone(coordinator, other_coordinator, as_user):
    row, _secret = create_token(coordinator, "Export", scope="read", expires_on=None, by=coordinator)
    url = reverse("accounts:token-revoke", args=[row.pk])
    assert as_user(other_coordinator).post(url).status_code == 404
    assert as_user(coordinator).post(url).status_code == 302
    row.refresh_from_db()
    assert row.revoked_at is not None
    revoked_at = row.revoked_at
    assert revoke_token(row, by=coordinator).revoked_at == revoked_at


def test_tokens_are_limited_in_number(coordinator):
    for number in range(MOST_LIVE):
        create_token(coordinator, str(number), scope="read", expires_on=None, by=coordinator)
    with pytest.raises(DomainError, match="Revoke one"):
        create_token(coordinator, "one more", scope="read", expires_on=None, by=coordinator)


def test_caregiver_makes_no_token(caregiver, as_user):
    assert as_user(caregiver.user).get(reverse("accounts:token-create")).status_code == 403


@pytest.mark.parametrize(
    "respell", [str, str.upper, str.title, lambda email: f"  {email} ", lambda email: email.replace("p", "P")]
)
def test_sixth_wrong_password_is_refused_however_the_address_is_spelt(respell, client):
    user = UserFactory(email=f"rate-{timezone.now().timestamp()}@homecare.example")
    user.set_password(GOOD)
    user.save()
    url = reverse("account_login")
    # An address of its own: the limit per address must not be what refuses.
    address = {"REMOTE_ADDR": f"10.0.{user.pk // 250 % 250}.{user.pk % 250}"}
    for _ in range(5):
        page = client.post(url, {"login": user.email, "password": "wrong"}, **address)
        assert "Too many failed" not in page.content.decode()
    page = client.post(url, {"login": respell(user.email), "password": GOOD}, **address)
    assert "Too many failed" in page.content.decode()
    assert "_auth_user_id" not in client.session


def test_second_factor_is_asked_of_the_office_when_the_agency_requires_it(coordinator, caregiver, manager, as_user):
    http, url = as_user(coordinator), reverse("jobs:job-list")
    assert http.get(url).status_code == 200
    save_settings({"require_second_factor": True}, by=manager)
    assert http.get(url).headers["Location"] == reverse("mfa_index")
    assert http.get(reverse("mfa_index")).status_code == 200
    assert as_user(caregiver.user).get(reverse("accounts:profile")).status_code == 200
    Authenticator.objects.create(user=coordinator, type=Authenticator.Type.RECOVERY_CODES, data={})
    assert http.get(url).status_code == 302
    Authenticator.objects.create(user=coordinator, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert http.get(url).status_code == 200


def test_branch_switch_remembers_own_branches_only(coordinator, branch, other_branch, as_user):
    http, url = as_user(coordinator), reverse("accounts:branch-switch")
    http.post(url, {"branch": str(branch.pk)})
    assert http.session[SESSION_KEY] == branch.pk
    for other in (str(other_branch.pk), "", "abc", "²"):
        http.post(url, {"branch": other})
        assert SESSION_KEY not in http.session


def test_profile_saves_own_name_language_and_colours(caregiver, as_user):
    http, url = as_user(caregiver.user), reverse("accounts:profile")
    fields = {"first_name": "Ana", "last_name": "Silva", "phone": "+16175550100", "language": "es", "theme": "dark"}
    answer = http.post(url, {**fields, "email": "boss@homecare.example", "is_staff": "on", "all_branches": "on"})
    assert answer.status_code == 302
    assert (answer.cookies["theme"].value, answer.cookies["django_language"].value) == ("dark", "es")
    user = User.objects.get(pk=caregiver.user.pk)
    assert (user.first_name, user.phone, user.language) == ("Ana", "+16175550100", "es")
    assert (user.email, user.is_staff, user.all_branches) == (caregiver.user.email, False, False)
    wrong = http.post(url, {**fields, "language": "xx"})
    assert wrong.status_code == 200 and b"languages in the list" in wrong.content


def test_people_pages_are_for_who_manages_people(manager, coordinator, as_user):
    pages = [reverse("accounts:user-list"), reverse("accounts:user-update", args=[coordinator.pk])]
    pages += [reverse("accounts:user-invite"), reverse("accounts:settings")]
    for url in pages:
        assert as_user(manager).get(url).status_code == 200, url
        assert as_user(coordinator).get(url).status_code == 403, url
        assert HttpClient().get(url).status_code == 302, url


def test_people_of_other_branches_are_not_found(manager, other_coordinator, as_user):
    manager.all_branches = False
    manager.save()
    http = as_user(manager)
    assert http.get(reverse("accounts:user-update", args=[other_coordinator.pk])).status_code == 404
    assert http.post(reverse("accounts:user-deactivate", args=[other_coordinator.pk])).status_code == 404
    assert other_coordinator.email not in http.get(reverse("accounts:user-list")).content.decode()


def test_people_page_invites_changes_and_switches_off(manager, branch, as_user, django_capture_on_commit_callbacks):
    http = as_user(manager)
    fields = {"email": "new@homecare.example", "first_name": "Nina", "last_name": "New", "roles": [RoleName.BILLER]}
    missing = http.post(reverse("accounts:user-invite"), fields)
    assert b"Choose the branches" in missing.content and b"Nina" in missing.content
    with django_capture_on_commit_callbacks(execute=True):
        answer = http.post(reverse("accounts:user-invite"), {**fields, "branches": [branch.pk]})
    assert answer.status_code == 302
    user = User.objects.get(email="new@homecare.example")
    page = reverse("accounts:user-update", args=[user.pk])
    http.post(page, {"roles": [RoleName.COORDINATOR], "branches": [branch.pk]})
    assert [group.name for group in user.groups.all()] == [RoleName.COORDINATOR]
    assert "User access changed" in http.get(page).content.decode()
    http.post(reverse("accounts:user-deactivate", args=[user.pk]))
    user.refresh_from_db()
    assert not user.is_active
    http.post(reverse("accounts:user-activate", args=[user.pk]))
    user.refresh_from_db()
    assert user.is_active


def test_user_list_asks_the_same_number_of_queries_for_many_rows(manager, branch, as_user):
    http, url = as_user(manager), reverse("accounts:user-list")
    UserFactory().memberships.create(branch=branch)
    with_one = queries_of(http, url)
    for user in UserFactory.create_batch(29):
        user.memberships.create(branch=branch)
    assert queries_of(http, url) == with_one <= 12


def test_settings_are_kept_and_tell_who_changed_them(administrator, as_user):
    http, url = as_user(administrator), reverse("accounts:settings")
    form = http.get(url).context["form"]
    data = {name: form[name].value() or "" for name in form.fields}
    data["require_second_factor"] = ""
    answer = http.post(url, {**data, "name": "Harbor Care", "npi": "1234567893", "travel_factor": "1.30"})
    assert answer.status_code == 302
    agency = Agency.current()
    assert (agency.name, agency.travel_factor) == ("Harbor Care", Decimal("1.30"))
    page = http.get(url).content.decode()
    assert "Harbor Care" in page and "Agency changed" in page and administrator.get_full_name() in page


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("brand_colour", "red", "Enter a colour like"),
        ("npi", "123", "10 digits"),
        ("ein", "12", "9 digits"),
        ("reminder_hour", "24", "less than or equal to 23"),
        ("travel_speed_kmh", "0", "greater than or equal to 5"),
        ("travel_factor", "0.5", "greater than or equal to 1"),
    ],
)
def test_settings_refuse_what_cannot_be(administrator, as_user, field, value, sentence):
    http, url = as_user(administrator), reverse("accounts:settings")
    form = http.get(url).context["form"]
    data = {name: form[name].value() or "" for name in form.fields}
    page = http.post(url, {**data, field: value})
    assert page.status_code == 200
    assert sentence in page.content.decode()
    assert not Event.objects.filter(action="agency.changed").exists()


def test_branches_are_added_changed_and_keep_holidays(administrator, coordinator, branch, as_user):
    http = as_user(administrator)
    fields = {"name": "Worcester", "code": "wor", "time_zone": "America/New_York", "is_active": "on"}
    assert http.post(reverse("accounts:branch-create"), fields).status_code == 302
    made = Branch.objects.get(name="Worcester")
    assert made.code == "WOR"
    page = reverse("accounts:branch-update", args=[made.pk])
    clash = http.post(page, {**fields, "code": branch.code})
    assert clash.status_code == 200 and b"already exists" in clash.content
    http.post(
        reverse("accounts:holiday-add", args=[made.pk]), {"holiday-on": "2026-12-25", "holiday-name": "Christmas"}
    )
    holiday = Holiday.objects.get(branch=made)
    assert holiday.on == dt.date(2026, 12, 25)
    with pytest.raises(DomainError, match="holiday of the branch already"):
        add_holiday(made, holiday.on, "Again", by=administrator)
    assert b"Christmas" in http.get(page).content
    http.post(reverse("accounts:holiday-remove", args=[holiday.pk]))
    assert not Holiday.objects.filter(branch=made).exists()
    assert as_user(coordinator).get(page).status_code == 403
    assert Event.objects.about(made).filter(action="branch.added").exists()


def test_profile_keeps_a_name(coordinator, as_user):
    url, before = reverse("accounts:profile"), coordinator.get_full_name()
    page = as_user(coordinator).post(url, {"first_name": "  ", "last_name": "", "language": "en-us", "theme": "auto"})
    assert page.status_code == 200 and page.content.count(b"This field is required.") >= 2
    coordinator.refresh_from_db()
    assert coordinator.get_full_name() == before
