"""Teams: who is planned together, and by whom."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from homecare.accounts.models import Branch, User
from homecare.audit.services.event import record
from homecare.clock import now
from homecare.errors import CONSTRAINT_SENTENCES, DomainError
from homecare.stale import check_version
from staff.models import FormerTeammate, Member, Team

CONSTRAINT_SENTENCES["team_name_once"] = "This branch already has a team of that name. Choose another name."


@transaction.atomic
def make_team(
    branch: Branch, name: str, *, members: Iterable[Member] = (), coordinators: Iterable[User] = (), by: User
) -> Team:
    """A new team of a branch. Its caregivers belong to that branch (DomainError on `members`)."""
    people = list(members)
    _check(branch.pk, people)
    team = Team.objects.create(branch=branch, name=name.strip())
    team.members.set(people)
    team.coordinators.set(coordinators)
    record("team.made", team, by=by, changes={"name": [None, team.name], "members": [0, len(people)]})
    return team


@transaction.atomic
def change_team(
    team: Team,
    *,
    name: str | None = None,
    members: Iterable[Member] | None = None,
    coordinators: Iterable[User] | None = None,
    version: int | None = None,
    by: User,
) -> Team:
    """Another name, other people; what is not given stays as it is by now. An older `version` is a Conflict."""
    row = Team.objects.select_for_update().get(pk=team.pk)
    check_version(row, version)
    before = (row.name, _keys(row.members.all()), _keys(row.coordinators.all()))
    if name is not None:
        row.name = name.strip()
    if members is not None:
        people = list(members)
        _check(row.branch_id, people)
        row.members.set(people)
        _keep_former(row, before[1], people)
    if coordinators is not None:
        row.coordinators.set(coordinators)
    after = (row.name, _keys(row.members.all()), _keys(row.coordinators.all()))
    names = ("name", "members", "coordinators")
    changes = {field: [old, new] for field, old, new in zip(names, before, after, strict=True) if old != new}
    if changes:
        row.version += 1
        row.save(update_fields=["name", "version"])
        record("team.changed", row, by=by, changes={field: [str(a), str(b)] for field, (a, b) in changes.items()})
    return row


@transaction.atomic
def dissolve_team(team: Team, *, by: User) -> None:
    """The team is no more; its people and their visits stay as they are."""
    row = Team.objects.select_for_update().filter(pk=team.pk).first()
    if row is not None:
        record("team.dissolved", row, by=by, changes={"name": [row.name, None]})
        row.delete()


def _keep_former(team: Team, before: Iterable[int], members: Iterable[Member]) -> None:
    """Who left the team, for calendars that showed their visits (scheduling/calendar_feed.py)."""
    here = {row.pk for row in members}
    team.former_members.filter(member__in=here).delete()
    FormerTeammate.objects.bulk_create(
        [FormerTeammate(team=team, member_id=pk, left_at=now()) for pk in before if pk not in here]
    )


def _keys(rows: Iterable) -> list[int]:
    return sorted(row.pk for row in rows)


def _check(branch_id: int, members: Iterable[Member]) -> None:
    strangers = [row.full_name for row in members if row.branch_id != branch_id]
    if strangers:
        names = ", ".join(strangers)
        raise DomainError(_("%(names)s works in another branch: leave them out.") % {"names": names}, field="members")
