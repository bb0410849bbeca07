"""Caregivers with credentials and availability, and clients with addresses, families and conditions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.contrib.auth.models import Group

from clients.models import Address, Allergy, CaregiverPreference, CareTeamMember, Client, Contact, Diagnosis
from homecare.accounts.models import Branch, BranchMembership, User
from homecare.accounts.roles import RoleName
from homecare.demo import words
from homecare.demo.agency import Setting, email_of
from staff.models import Availability, Credential, Member, Role, Team, TimeOff

# Of every twenty caregivers so many have this role; the rest are personal support workers.
ROLE_MIX = [
    "PSW",
    "PSW",
    "HMA",
    "PSW",
    "CNA",
    "PSW",
    "HMA",
    "RN",
    "PSW",
    "CNA",
    "PSW",
    "HMA",
    "LPN",
    "PSW",
    "CNA",
    "PSW",
    "PT",
    "HMA",
    "PSW",
    "LIVEIN",
]


def branch_of(number: int, setting: Setting) -> Branch:
    """Two of three belong to Boston."""
    return setting.branches["SPR" if number % 3 == 2 else "BOS"]


def scatter(setting: Setting, branch: Branch) -> dict[str, object]:
    """An address in one of the branch's towns, a little off its centre."""
    town, random = setting.random.choice(setting.towns(branch)), setting.random
    return {
        "line1": f"{random.randint(2, 480)} {random.choice(words.STREETS)} Street",
        "city": town.name,
        "state": "MA",
        "postal_code": town.postal_code,
        "latitude": round(town.latitude + random.uniform(-0.012, 0.012), 6),
        "longitude": round(town.longitude + random.uniform(-0.016, 0.016), 6),
    }


def _named(setting: Setting) -> tuple[str, str, str]:
    """(first, last, gender)"""
    female = setting.random.random() < 0.72
    first = setting.random.choice(words.WOMEN if female else words.MEN)
    return first, setting.random.choice(words.LAST), "female" if female else "male"


def build_caregivers(setting: Setting) -> list[Member]:
    """The first is the demo caregiver; all have accounts, so that the phone can be tried as anybody."""
    roles = {role.code: role for role in Role.objects.all()}
    users, members = [], []
    for number in range(setting.caregivers):
        branch = branch_of(number, setting)
        first, last, gender = ("Maria", "Silva", "female") if number == 0 else _named(setting)
        user = (
            setting.users["caregiver"]
            if number == 0
            else User(
                email=email_of(f"caregiver{number + 1}"),
                first_name=first,
                last_name=last,
                password=setting.password_hash,
            )
        )
        if number:
            users.append(user)
        members.append(
            Member(
                user=user,
                branch=branch,
                role=roles["HMA" if number == 0 else ROLE_MIX[number % len(ROLE_MIX)]],
                employee_number=f"W{number + 1:04}",
                first_name=first,
                last_name=last,
                gender=gender,
                phone=f"617-555-{2000 + number:04}",
                email=user.email,
                hired_on=setting.today - dt.timedelta(days=setting.random.randint(400, 2600)),
                languages=setting.random.choice(words.LANGUAGES),
                transport=setting.random.choice(["car", "car", "car", "transit", "bicycle"]),
                weekly_minutes_wanted=60 * setting.random.choice([20, 30, 36, 40]),
                **scatter(setting, branch),
            )
        )
    User.objects.bulk_create(users)
    Member.objects.bulk_create(members)
    caregivers = Group.objects.get(name=RoleName.CAREGIVER.value)
    User.groups.through.objects.bulk_create(
        User.groups.through(user_id=user.pk, group_id=caregivers.pk) for user in users
    )
    BranchMembership.objects.bulk_create(BranchMembership(user=m.user, branch=m.branch) for m in members[1:])
    return members


TEAM_NAMES = {"BOS": ["Boston South", "Boston North"], "SPR": ["Springfield"]}
TEAM_SIZE = 30


def build_teams(setting: Setting, members: list[Member]) -> None:
    """Caregivers of a branch in teams of at most thirty; the demo coordinator plans the first."""
    for code, names in TEAM_NAMES.items():
        branch = setting.branches[code]
        people = [member for member in members if member.branch_id == branch.pk]
        count = max(len(names), -(-len(people) // TEAM_SIZE))
        names = [names[n] if n < len(names) else f"{branch.name} {n + 1}" for n in range(count)]
        teams = [Team.objects.create(branch=branch, name=name) for name in names]
        for number, team in enumerate(teams):
            team.members.set(people[number::count])
    Team.objects.order_by("pk")[0].coordinators.add(setting.users["coordinator"])


def build_availability(setting: Setting, members: list[Member]) -> None:
    """Full weeks for two of three, weekdays for the rest; live-in and every tenth caregiver also nights."""
    since = setting.today - dt.timedelta(weeks=setting.weeks_past + 60)
    rows = []
    for number, member in enumerate(members):
        days = range(5) if number % 3 == 1 else range(7)
        starts, ends = (
            (dt.time(0), dt.time(0)) if member.role.code == "LIVEIN" or number % 10 == 9 else (dt.time(7), dt.time(20))
        )
        rows += [Availability(member=member, weekday=day, starts=starts, ends=ends, since=since) for day in days]
    Availability.objects.bulk_create(rows)


def build_credentials(setting: Setting, members: list[Member]) -> None:
    """Everybody holds what the role needs; some run out within the month, one ran out last week."""
    rows = []
    for number, member in enumerate(members):
        for position, kind in enumerate(member.role.required_credentials.all()):
            left = setting.random.randint(90, 700)
            if position == 0 and number % 9 == 4:
                left = setting.random.randint(3, 27)
            if position == 0 and number == 5:
                left = -6
            expires = setting.today + dt.timedelta(days=left) if kind.expires else None
            issued = (expires or setting.today) - dt.timedelta(days=760)
            rows.append(
                Credential(
                    member=member,
                    type=kind,
                    number=f"{kind.code}-{10000 + 7 * number}",
                    issued_on=issued,
                    expires_on=expires,
                    verified_by=setting.users["manager"],
                    verified_on=issued,
                )
            )
    Credential.objects.bulk_create(rows)


def build_time_off(setting: Setting, members: list[Member]) -> None:
    """Requests waiting for an answer; approved ones come after the visits, when it is known who is free."""
    for number, member in enumerate(members[3:40:9]):
        starts = dt.datetime.combine(setting.today + dt.timedelta(days=20 + 5 * number), dt.time(5), dt.UTC)
        TimeOff.objects.create(
            member=member, starts_at=starts, ends_at=starts + dt.timedelta(days=3), reason="vacation"
        )


def _client_rows(setting: Setting) -> Iterator[tuple[Client, dict[str, object]]]:
    for number in range(setting.clients):
        branch = branch_of(number, setting)
        first, last, gender = ("Rosa", "Lopez", "female") if number == 0 else _named(setting)
        age = setting.random.randint(70, 97)
        client = Client(
            branch=branch,
            number=f"C-{number + 1:06}",
            status=Client.Status.ACTIVE if number % 17 != 16 else Client.Status.ON_HOLD,
            first_name=first,
            last_name=last,
            gender=gender,
            birth_on=setting.today.replace(day=1) - dt.timedelta(days=age * 365 + setting.random.randint(1, 360)),
            language=setting.random.choice(["en", "en", "en", "es", "pt"]),
            phone=f"617-555-{4000 + number:04}",
            important=setting.random.choice(words.IMPORTANT),
            started_on=setting.today - dt.timedelta(weeks=setting.weeks_past),
        )
        yield client, scatter(setting, branch)


def build_clients(setting: Setting) -> list[Client]:
    """Active clients (a few on hold) with address, family contact, conditions and allergies."""
    pairs = list(_client_rows(setting))
    clients = [client for client, _place in pairs]
    Client.objects.bulk_create(clients)
    random = setting.random
    Address.objects.bulk_create(
        Address(client=c, access_notes=random.choice(words.ACCESS), **place) for c, place in pairs
    )
    contacts = []
    for number, client in enumerate(clients):
        first = "Ana" if number == 0 else random.choice(words.WOMEN + words.MEN)
        contacts.append(
            Contact(
                client=client,
                user=setting.users["family"] if number == 0 else None,
                has_portal=number == 0,
                name=f"{first} {client.last_name}",
                relation=random.choice(words.RELATIONS) if number else "Daughter",
                phone=f"617-555-{6000 + number:04}",
                email=f"family{number + 1}@family.example",
                is_emergency=True,
                receives_invoices=True,
            )
        )
    Contact.objects.bulk_create(contacts)
    Diagnosis.objects.bulk_create(
        Diagnosis(
            client=client,
            system=Diagnosis.System.SNOMED,
            code=code,
            display=display,
            onset_on=setting.today - dt.timedelta(days=900),
        )
        for number, client in enumerate(clients)
        for code, display, _template in dict.fromkeys(
            [words.CONDITIONS[number % 6], words.CONDITIONS[(number * 5 + 1) % 6]]
        )
    )
    Allergy.objects.bulk_create(
        Allergy(client=c, substance=random.choice(words.ALLERGIES), severity="high") for c in clients[::4]
    )
    return clients


def build_care_teams(setting: Setting, regulars: set[tuple[int, int]]) -> None:
    """(client, member) pairs of the weekly patterns: who visits belongs to the team."""
    since = setting.today - dt.timedelta(weeks=setting.weeks_past)
    CareTeamMember.objects.bulk_create(
        CareTeamMember(client_id=client, member_id=member, since=since) for client, member in sorted(regulars)
    )


def build_preferences(clients: list[Client], members: list[Member]) -> None:
    """Some clients do not want a certain caregiver back."""
    by_branch: dict[int, list[Member]] = {}
    for member in members:
        by_branch.setdefault(member.branch_id, []).append(member)
    rows = []
    for number, client in enumerate(clients[5::11]):
        near = by_branch[client.branch_id]
        rows.append(
            CaregiverPreference(
                client=client,
                member=near[(number * 3 + 4) % len(near)],
                kind="excluded",
                reason="They did not get along.",
            )
        )
    CaregiverPreference.objects.bulk_create(rows)
