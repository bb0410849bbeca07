"""Whom a selection of visits concerns, and what each of them reads."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from clients.models import Contact
from homecare.accounts.models import User
from homecare.clock import local_date
from homecare.dates import written
from scheduling.models import Broadcast, Visit

FIELDS = ("name", "day", "visits")
FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Person:
    """One recipient: why they are asked (`concern`), for how many visits, the first on which day."""

    user: User
    concern: str
    visits: int
    day: dt.date

    def reads(self, text: str) -> str:
        """The text with the few fields it may have."""
        values = {"name": self.user.get_short_name(), "day": written(self.day), "visits": str(self.visits)}
        return FIELD.sub(lambda found: values[found[1]], text)


@dataclass(frozen=True)
class Reached:
    """Who can be told, and the names of those without an account that can read it."""

    people: list[Person]
    unreachable: list[str]

    @property
    def digest(self) -> str:
        """Changes when anybody else would be told; what was previewed is what is sent."""
        ids = ",".join(str(pk) for pk in sorted(person.user.pk for person in self.people))
        return hashlib.sha256(ids.encode()).hexdigest()[:16]


def unknown_fields(text: str) -> list[str]:
    """Words in braces that are no field."""
    return sorted({name for name in FIELD.findall(text) if name not in FIELDS})


def reach(visits: Iterable[Visit], audience: str, former: Iterable[Visit] = ()) -> Reached:
    """Everybody concerned, each once, by name. Visits carry caregiver with user, client and branch.

    `former`: the same visits as they stood with caregivers who have them no more.
    """
    rows = sorted(visits, key=lambda visit: visit.starts_at)
    people: dict[int, Person] = {}
    unreachable: list[str] = []
    if audience != Broadcast.Audience.FAMILIES:
        _caregivers(rows, _("own visits"), people, unreachable)
        lost = sorted(former, key=lambda visit: visit.starts_at)
        _caregivers(lost, _("visits that were theirs"), people, unreachable)
    if audience != Broadcast.Audience.CAREGIVERS:
        _families(rows, people, unreachable)
    ordered = sorted(people.values(), key=lambda person: (person.user.last_name, person.user.first_name))
    return Reached(ordered, sorted(set(unreachable)))


def _add(people: dict[int, Person], user: User, concern: str, rows: Sequence[Visit]) -> None:
    if user.pk not in people:
        day = local_date(rows[0].starts_at, rows[0].branch.time_zone)
        together = {row.leader_id or row.pk for row in rows}  # clients of one home who share a visit: one visit
        people[user.pk] = Person(user, concern[:160], len(together), day)


def _caregivers(rows: list[Visit], concern: str, people: dict[int, Person], unreachable: list[str]) -> None:
    theirs: dict[int, list[Visit]] = defaultdict(list)
    for visit in rows:
        if visit.caregiver_id is not None and visit.is_published:  # what she is not shown yet she does not hear of
            theirs[visit.caregiver_id].append(visit)
    for mine in theirs.values():
        member = mine[0].caregiver
        if member is None:
            continue
        if member.user is None or not member.user.is_active:
            unreachable.append(member.full_name)
        else:
            _add(people, member.user, concern, mine)


def _families(rows: list[Visit], people: dict[int, Person], unreachable: list[str]) -> None:
    theirs: dict[int, list[Visit]] = defaultdict(list)
    for visit in rows:
        theirs[visit.client_id].append(visit)
    contacts = Contact.objects.filter(client__in=theirs, has_portal=True, user__is_active=True).select_related("user")
    told = set()
    for contact in contacts.order_by("pk"):
        mine = theirs[contact.client_id]
        told.add(contact.client_id)
        _add(people, contact.user, mine[0].client.full_name, mine)  # type: ignore[arg-type]
    unreachable += [
        _("family of %(client)s") % {"client": mine[0].client.full_name}
        for pk, mine in theirs.items()
        if pk not in told
    ]
