import datetime as dt

import pytest
import time_machine

from homecare.accounts.models import User
from homecare.audit.models import Event
from homecare.clock import today
from homecare.errors import DomainError
from homecare.inbox.models import Notification
from staff import catalogue
from staff.credential_expiry import expiry_on, warning_step
from staff.models import Credential, CredentialType, Role
from staff.services.credential import (
    add_credential,
    update_credential,
    verify_credential,
    withdraw_credential,
)
from staff.tasks import warn_expiring_credentials
from tests.factories import CredentialFactory, CredentialTypeFactory, MemberFactory

TODAY = dt.date(2026, 11, 23)


@pytest.mark.parametrize(
    ("expires_on", "expected"),
    [
        (None, ("valid", None)),
        (dt.date(2027, 11, 23), ("valid", 365)),
        (dt.date(2026, 12, 24), ("valid", 31)),
        (dt.date(2026, 12, 23), ("expiring", 30)),
        (TODAY, ("expiring", 0)),
        (dt.date(2026, 11, 22), ("expired", -1)),
    ],
)
def test_expiry_counts_the_last_valid_day(expires_on, expected):
    assert expiry_on(TODAY, expires_on, 30) == expected


@pytest.mark.parametrize(
    ("days", "warn_days", "step"),
    [
        (61, 60, ""), (60, 60, "60"), (31, 60, "60"), (30, 60, "30"), (15, 60, "30"), (14, 60, "14"), (8, 60, "14"),
        (7, 60, "7"), (0, 60, "7"), (-1, 60, "expired"), (60, 30, ""), (30, 30, "30"), (14, 7, ""), (7, 7, "7"),
    ],
)  # fmt: skip
def test_warning_step_is_the_nearest_one_due(days, warn_days, step):
    assert warning_step(days, warn_days) == step


def test_catalogue_twice_adds_nothing_and_keeps_changes(db):
    catalogue.load()
    counts = (Role.objects.count(), CredentialType.objects.count())
    Role.objects.filter(code="PSW").update(name="Personal carer", next_step=None)
    catalogue.load()
    assert (Role.objects.count(), CredentialType.objects.count()) == counts == (9, 24)
    assert Role.objects.get(code="PSW").name == "Personal carer"
    assert Role.objects.get(code="PSW").next_step is None


def test_catalogue_ladder_leads_from_aide_to_nurse(db):
    catalogue.load()
    role, ladder = Role.objects.get(code="PSW"), []
    while role:
        ladder.append(role.code)
        role = role.next_step
    assert ladder == ["PSW", "HMA", "CNA", "LPN", "RN"]
    assert Role.objects.get(code="CNA").may_do({"vitals", "medication_assistance", "nursing_assistance"})
    assert not Role.objects.get(code="PSW").may_do({"vitals"})
    assert set(Role.objects.get(code="PSW").required_credentials.values_list("code", flat=True)) == {
        "BACKGROUND", "TB", "HIPAA", "CPR", "FIRST-AID", "CERT-PSW",
    }  # fmt: skip


def test_credential_that_runs_out_needs_its_last_day(manager, caregiver):
    with pytest.raises(DomainError, match="runs out") as refusal:
        add_credential(caregiver, CredentialTypeFactory(), issued_on=TODAY - dt.timedelta(days=400), by=manager)
    assert refusal.value.field == "expires_on"


def test_credential_changed_must_be_verified_again(manager, caregiver):
    row = add_credential(
        caregiver, CredentialTypeFactory(), issued_on=dt.date(2025, 1, 1), expires_on=dt.date(2030, 1, 1), by=manager
    )
    row = verify_credential(row, by=manager)
    assert row.verified_by == manager
    assert update_credential(row, by=manager, number="").verified_by == manager
    assert update_credential(row, by=manager, number="A-17").verified_by is None
    assert list(
        Event.objects.filter(object_id=row.pk, object_type="staff.credential").values_list("action", flat=True)[:9]
    )
    withdrawn = withdraw_credential(row, by=manager, reason="revoked")
    assert not Credential.objects.valid_on(dt.date(2030, 1, 1)).filter(pk=withdrawn.pk).exists()


def test_credential_is_never_verified_by_its_owner(caregiver):
    row = CredentialFactory(member=caregiver)
    with pytest.raises(DomainError, match="own document"):
        verify_credential(row, by=caregiver.user)


@time_machine.travel(dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC))
def test_expiring_credentials_are_told_once_per_step(manager, caregiver):
    CredentialFactory(member=caregiver, expires_on=TODAY + dt.timedelta(days=20))
    CredentialFactory(
        member=caregiver, type=CredentialTypeFactory(code="TB", name="TB test"), expires_on=TODAY - dt.timedelta(days=2)
    )
    renewed = MemberFactory(branch=caregiver.branch)
    CredentialFactory(member=renewed, expires_on=TODAY + dt.timedelta(days=5))
    CredentialFactory(member=renewed, expires_on=TODAY + dt.timedelta(days=500))
    assert warn_expiring_credentials() == 4
    assert warn_expiring_credentials() == 0
    assert set(Notification.objects.values_list("recipient", flat=True)) == {manager.pk, caregiver.user.pk}
    assert set(Notification.objects.values_list("title", flat=True)) == {
        f"CPR of {caregiver.full_name} expires in 20 days",
        f"TB test of {caregiver.full_name} has expired",
    }
    with time_machine.travel(dt.datetime(2026, 12, 7, 15, tzinfo=dt.UTC)):
        assert warn_expiring_credentials() == 2


def test_expiring_credential_is_told_only_to_its_own_branch(manager, caregiver, other_coordinator):
    CredentialFactory(member=caregiver, expires_on=today("America/New_York"))
    warn_expiring_credentials()
    assert not Notification.objects.filter(recipient=other_coordinator).exists()
    assert not Notification.objects.filter(recipient=User.system()).exists()
