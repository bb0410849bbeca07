"""The agency, its two branches and one log-in for each role."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from random import Random

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from homecare.accounts.models import Agency, Branch, BranchMembership, Holiday, User
from homecare.accounts.roles import RoleName
from homecare.demo.words import BOSTON, PASSWORD, SPRINGFIELD, Town

ZONE = "America/New_York"
DOMAIN = "demo.homecare.example"
LOGINS = [
    (RoleName.ADMINISTRATOR, "admin", "Alex", "Admin"),
    (RoleName.MANAGER, "manager", "Olivia", "Brooks"),
    (RoleName.COORDINATOR, "coordinator", "Carlos", "Mendes"),
    (RoleName.SUPERVISOR, "supervisor", "Nora", "Quinn"),
    (RoleName.BILLER, "biller", "Bella", "Stone"),
    (RoleName.CAREGIVER, "caregiver", "Maria", "Silva"),
    (RoleName.FAMILY, "family", "Ana", "Lopez"),
]
SEES_ALL = {RoleName.ADMINISTRATOR, RoleName.MANAGER, RoleName.BILLER}


@dataclass(frozen=True)
class Setting:
    """What every part of the demo is built from."""

    today: dt.date
    random: Random
    weeks_past: int
    clients: int
    caregivers: int
    branches: dict[str, Branch]
    users: dict[str, User]
    password_hash: str

    def towns(self, branch: Branch) -> list[Town]:
        return BOSTON if branch.code == "BOS" else SPRINGFIELD


def email_of(name: str) -> str:
    return f"{name}@{DOMAIN}"


def build_branches() -> dict[str, Branch]:
    rows = [
        Branch(
            name="Boston",
            code="BOS",
            line1="120 Tremont Street",
            city="Boston",
            postal_code="02108",
            latitude=42.3575,
            longitude=-71.0620,
            phone="617-555-0100",
            email="boston@willow.example",
            licence_number="MA-HC-1042",
        ),
        Branch(
            name="Springfield",
            code="SPR",
            line1="55 State Street",
            city="Springfield",
            postal_code="01103",
            latitude=42.1015,
            longitude=-72.5898,
            phone="413-555-0100",
            email="springfield@willow.example",
            licence_number="MA-HC-1077",
        ),
    ]
    for row in rows:
        row.state, row.time_zone = "MA", ZONE
    Branch.objects.bulk_create(rows)
    return {row.code: row for row in rows}


def build_agency() -> Agency:
    agency = Agency.current()
    for name, value in {
        "name": "Willow Home Care",
        "legal_name": "Willow Home Care LLC",
        "brand_colour": "#1a6b54",
        "line1": "120 Tremont Street",
        "city": "Boston",
        "state": "MA",
        "postal_code": "02108",
        "phone": "617-555-0100",
        "email": "hello@willow.example",
        "npi": "1234567893",
        "ein": "12-3456789",
    }.items():
        setattr(agency, name, value)
    agency.save()
    return agency


def build_holidays(branches: dict[str, Branch], today: dt.date) -> None:
    """Fixed-date holidays of this year and the next."""
    named = [
        (1, 1, "New Year's Day"),
        (6, 19, "Juneteenth"),
        (7, 4, "Independence Day"),
        (11, 11, "Veterans Day"),
        (12, 25, "Christmas Day"),
    ]
    Holiday.objects.bulk_create(
        Holiday(branch=branch, on=dt.date(year, month, day), name=name)
        for branch in branches.values()
        for year in (today.year, today.year + 1)
        for month, day, name in named
    )


def build_users(branches: dict[str, Branch]) -> tuple[dict[str, User], str]:
    """One person per role; all share the published demo password, hashed once."""
    hashed = make_password(PASSWORD)
    users = {}
    for role, name, first, last in LOGINS:
        user = User.objects.create(
            email=email_of(name),
            first_name=first,
            last_name=last,
            password=hashed,
            all_branches=role in SEES_ALL,
            is_staff=role is RoleName.ADMINISTRATOR,
            is_superuser=role is RoleName.ADMINISTRATOR,
        )
        user.groups.add(Group.objects.get(name=role.value))
        if role is not RoleName.FAMILY:
            at = branches.values() if role in SEES_ALL or role is RoleName.SUPERVISOR else [branches["BOS"]]
            BranchMembership.objects.bulk_create(BranchMembership(user=user, branch=branch) for branch in at)
        users[name] = user
    second = User.objects.create(email=email_of("coordinator2"), first_name="Dana", last_name="Fields", password=hashed)
    second.groups.add(Group.objects.get(name=RoleName.COORDINATOR.value))
    BranchMembership.objects.create(user=second, branch=branches["SPR"])
    return users | {"coordinator2": second}, hashed
