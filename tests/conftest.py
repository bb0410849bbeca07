"""People as fixtures, and a database whose append-only tables can still be emptied between tests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client as HttpClient
from django.test import override_settings
from django.utils import timezone, translation

from clients.models import Client
from homecare.accounts.models import Branch, BranchMembership, User
from homecare.accounts.roles import RoleName
from staff.models import Member
from tests.factories import AddressFactory, BranchFactory, ClientFactory, MemberFactory, UserFactory
from tests.url_world import World, make_world


@pytest.fixture
def in_november() -> Iterator[None]:
    """It is Friday 27 November 2026, for tests that name days of the weeks after it."""
    with time_machine.travel(dt.datetime(2026, 11, 27, 15, tzinfo=dt.UTC), tick=True):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Tests that need real commits empty all tables at the end; the trail's TRUNCATE guard would refuse that."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER event_no_truncate")
        cursor.execute("ALTER TABLE audit_seal DISABLE TRIGGER seal_no_truncate")


@pytest.fixture(autouse=True, scope="session")
def test_settings():
    """Cheap password hashes, mails in memory, no manifest to build."""
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
    ):
        yield


def person(role: RoleName, branch: Branch | None, **fields: object) -> User:
    """A user in one role's group and one branch."""
    user = UserFactory(**fields)
    user.groups.add(Group.objects.get(name=role.value))
    if branch is not None:
        BranchMembership.objects.create(user=user, branch=branch)
    return user


@pytest.fixture(autouse=True)
def own_language_and_zone():
    """A request leaves its person's language and zone with the thread; the next test starts without them."""
    yield
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture
def branch(db) -> Branch:
    return BranchFactory()


@pytest.fixture
def other_branch(db) -> Branch:
    return BranchFactory(name="Springfield", code="SPR")


@pytest.fixture
def administrator(branch) -> User:
    return person(RoleName.ADMINISTRATOR, branch, all_branches=True)


@pytest.fixture
def manager(branch) -> User:
    return person(RoleName.MANAGER, branch, all_branches=True)


@pytest.fixture
def coordinator(branch) -> User:
    return person(RoleName.COORDINATOR, branch)


@pytest.fixture
def other_coordinator(other_branch) -> User:
    """Works in another branch: sees nothing of the first."""
    return person(RoleName.COORDINATOR, other_branch)


@pytest.fixture
def supervisor(branch) -> User:
    return person(RoleName.SUPERVISOR, branch)


@pytest.fixture
def biller(branch) -> User:
    return person(RoleName.BILLER, branch)


@pytest.fixture
def caregiver(branch) -> Member:
    """A staff member with a log-in (`caregiver.user`) who is always available."""
    return MemberFactory(branch=branch, user=person(RoleName.CAREGIVER, branch), always_available=True)


@pytest.fixture
def other_caregiver(branch) -> Member:
    return MemberFactory(
        branch=branch, user=person(RoleName.CAREGIVER, branch), first_name="Ben", always_available=True
    )


@pytest.fixture
def home(branch) -> list[Client]:
    """Ana, Luis and Eva Diaz, who live together."""
    people = [ClientFactory(branch=branch, first_name=name, last_name="Diaz") for name in ("Ana", "Luis", "Eva")]
    for one in people:
        AddressFactory(client=one)
    return people


@pytest.fixture
def relative(branch) -> User:
    """A family member's account; give it a client with ContactFactory(user=relative, has_portal=True)."""
    return person(RoleName.FAMILY, None)


@pytest.fixture
def as_user():
    """as_user(user) → a test client signed in as that person."""

    def sign_in(user: User) -> HttpClient:
        http = HttpClient()
        http.force_login(user)
        return http

    return sign_in


@pytest.fixture
def world(
    administrator, manager, coordinator, supervisor, biller, caregiver, relative, other_coordinator, branch
) -> World:
    """One row of everything in one branch."""
    return make_world(
        administrator=administrator,
        manager=manager,
        coordinator=coordinator,
        supervisor=supervisor,
        biller=biller,
        member=caregiver,
        relative=relative,
        elsewhere=other_coordinator,
    )
