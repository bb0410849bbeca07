"""Who belongs to a client's care team, whom the client prefers, and who must not come."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from clients.models import CaregiverPreference, CareTeamMember, Client, Introduction
from clients.services.child_row import add_row, remove_row, update_row
from homecare import clock
from homecare.accounts.models import User
from homecare.errors import Conflict, DomainError
from staff.models import Member


def add_to_team(client: Client, member: Member, *, part: str, since: dt.date, by: User) -> CareTeamMember:
    """From that day the member belongs to the team: a caregiver then sees the client on the phone."""
    if CaregiverPreference.objects.filter(client=client, member=member, kind="excluded").exists():
        raise DomainError(
            _("The client does not want %(member)s. Remove the exclusion first.") % {"member": member},
            field="member",
        )
    try:
        with transaction.atomic():
            return add_row(CareTeamMember, by=by, client=client, member=member, part=part, since=since)
    except IntegrityError as error:
        raise Conflict(_("This person is already on the care team as %(part)s.") % {"part": part}) from error


def end_team_membership(row: CareTeamMember, *, until: dt.date, by: User) -> CareTeamMember:
    """The last day on the team; what was done until then stays."""
    if until < row.since:
        raise DomainError(_("The last day lies before the first. Correct it."), field="until")
    return update_row(row, by=by, until=until)


def set_preference(client: Client, member: Member, *, kind: str, by: User, reason: str = "") -> CaregiverPreference:
    """The client prefers or excludes a caregiver; the newer word counts. An exclusion takes them off the team today."""
    with transaction.atomic():
        Client.objects.select_for_update(of=("self",)).get(pk=client.pk)
        known = CaregiverPreference.objects.filter(client=client, member=member).first()
        if kind == CaregiverPreference.Kind.EXCLUDED:
            _leave_team(client, member, by)
        if known:
            return update_row(known, by=by, kind=kind, reason=reason)
        return add_row(CaregiverPreference, by=by, client=client, member=member, kind=kind, reason=reason)


def _leave_team(client: Client, member: Member, by: User) -> None:
    today = clock.today(client.branch.time_zone)
    for row in CareTeamMember.objects.filter(client=client, member=member, until=None):
        # The day before: whoever is excluded today no longer sees the client on the phone tomorrow.
        update_row(row, by=by, until=max(row.since, today - dt.timedelta(days=1)))


def remove_preference(row: CaregiverPreference, *, by: User) -> None:
    """The client has no wish about this caregiver any more."""
    remove_row(row, by=by)


def introduce(client: Client, member: Member, *, on: dt.date, by: User) -> Introduction:
    """Somebody who knows the client showed the caregiver the home and the routines on that day."""
    try:
        with transaction.atomic():
            return add_row(Introduction, by=by, client=client, member=member, on=on)
    except IntegrityError as error:
        raise Conflict(
            _("%(member)s was already introduced to this client.") % {"member": member}, field="member"
        ) from error


def withdraw_introduction(row: Introduction, *, by: User) -> None:
    """The introduction was entered by mistake."""
    remove_row(row, by=by)
