"""Invitations: made, accepted once, sent again, refused, and run out."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core import mail
from django.test import Client as HttpClient
from django.urls import reverse
from django.utils import timezone

from homecare.accounts.models import Invitation, User
from homecare.accounts.models.token import digest
from homecare.accounts.roles import RoleName
from homecare.accounts.services.invitation import (
    accept_invitation,
    find_invitation,
    invite_person,
    resend_invitation,
    revoke_invitation,
)
from homecare.audit.models import Event
from homecare.errors import Conflict, DomainError

pytestmark = pytest.mark.django_db
GOOD = "a quiet green kettle"


@pytest.fixture
def invite(manager, branch, django_capture_on_commit_callbacks):
    """invite(email) → (user, secret of the mailed link)."""

    def send(email: str = "new@homecare.example", **more) -> tuple[User, str]:
        access = {"roles": [RoleName.COORDINATOR], "branches": [branch], "first_name": "Nina", **more}
        with django_capture_on_commit_callbacks(execute=True):
            row = invite_person(email, by=manager, **access)
        return row.user, secret_in(mail.outbox[-1].body)

    return send


def secret_in(body: str) -> str:
    return re.search(r"/invitation/([^/\s]+)/", body).group(1)


def test_invitation_makes_an_account_nobody_can_use_yet(invite, branch, manager):
    user, secret = invite()
    assert not user.has_usable_password()
    assert [group.name for group in user.groups.all()] == [RoleName.COORDINATOR]
    assert list(user.branches.all()) == [branch]
    row = Invitation.objects.get()
    assert row.digest == digest(secret) and secret not in str(vars(row))
    assert dt.timedelta(days=6, hours=23) < row.expires_at - timezone.now() <= dt.timedelta(days=7)
    assert mail.outbox[-1].to == ["new@homecare.example"]
    assert Event.objects.about(user).get().action == "user.invited"


def test_invitation_is_accepted_once(invite, client):
    user, secret = invite()
    url = reverse("accounts:invitation-accept", args=[secret])
    assert user.email.encode() in client.get(url).content
    answer = client.post(url, {"password": GOOD, "again": GOOD})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    user.refresh_from_db()
    assert user.check_password(GOOD)
    assert client.session["_auth_user_id"] == str(user.pk)
    again = HttpClient().post(url, {"password": "another good one", "again": "another good one"})
    assert again.status_code == 410
    with pytest.raises(Conflict):
        accept_invitation(secret, "another good one")
    user.refresh_from_db()
    assert user.check_password(GOOD)


@pytest.mark.parametrize(
    ("password", "again", "sentence"),
    [
        ("short", "short", "at least 10 characters"),
        ("password1234", "password1234", "too common"),
        ("new@homecare.example", "new@homecare.example", "too similar"),
        (GOOD, "a quiet green bottle", "two passwords differ"),
    ],
)
def test_invitation_refuses_a_weak_password(invite, client, password, again, sentence):
    user, secret = invite()
    answer = client.post(reverse("accounts:invitation-accept", args=[secret]), {"password": password, "again": again})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    user.refresh_from_db()
    assert not user.has_usable_password()


def test_invitation_expires_after_seven_days(invite, client):
    _user, secret = invite()
    Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert find_invitation(secret) is None
    assert client.get(reverse("accounts:invitation-accept", args=[secret])).status_code == 410


def test_invitation_sent_again_ends_the_earlier_link(invite, manager, django_capture_on_commit_callbacks):
    user, first = invite()
    with django_capture_on_commit_callbacks(execute=True):
        resend_invitation(user, by=manager)
    second = secret_in(mail.outbox[-1].body)
    assert find_invitation(first) is None
    assert find_invitation(second).user == user
    assert revoke_invitation(user, by=manager) == 1
    assert find_invitation(second) is None
    assert revoke_invitation(user, by=manager) == 0


def test_invitation_cannot_reset_the_password_of_somebody_who_has_one(invite, manager):
    user, secret = invite()
    accept_invitation(secret, GOOD)
    with pytest.raises(Conflict, match="has set a password"):
        resend_invitation(user, by=manager)


def test_invitation_whose_mail_fails_says_so(manager, branch, settings, django_capture_on_commit_callbacks):
    settings.EMAIL_BACKEND = "tests.homecare.test_inbox.DeadMailServer"
    with pytest.raises(DomainError, match="could not be sent"), django_capture_on_commit_callbacks(execute=True):
        invite_person("new@homecare.example", roles=[RoleName.BILLER], branches=[branch], by=manager)


def test_invitation_of_a_known_address_is_refused(invite, manager, branch, coordinator):
    with pytest.raises(DomainError, match="already signs in"):
        invite(coordinator.email.upper())
