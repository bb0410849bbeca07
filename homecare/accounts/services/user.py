"""Who may do what where. Changes of access work at the person's very next request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from homecare.accounts.models import Branch, BranchMembership, User
from homecare.accounts.roles import RoleName
from homecare.audit.services.event import changes_of, record
from homecare.errors import DomainError


def check_may_manage(user: User, by: User) -> None:
    """Nobody changes their own access, and only administrators touch administrators."""
    if user.pk == by.pk:
        raise DomainError(_("You cannot change your own access. Ask another administrator."))
    is_administrator = user.groups.filter(name=RoleName.ADMINISTRATOR).exists() or user.is_superuser
    if is_administrator and not _is_administrator(by):
        raise DomainError(_("Only an administrator may change an administrator's access. Ask one to do it."))
    if user.all_branches and not by.all_branches:
        raise DomainError(_("This person works with all branches. Ask somebody who does so too to change it."))


def _is_administrator(user: User) -> bool:
    return user.is_superuser or user.groups.filter(name=RoleName.ADMINISTRATOR).exists()


def check_may_grant(roles: set[str], branches: list[Branch], all_branches: bool, by: User) -> None:
    """Nobody gives more than they may: administrators only by administrators, branches only one's own."""
    if RoleName.ADMINISTRATOR in roles and not _is_administrator(by):
        raise DomainError(_("Only an administrator may make somebody an administrator."), field="roles")
    if not roles:
        raise DomainError(_("Choose at least one role."), field="roles")
    if by.all_branches:
        return
    if all_branches:
        raise DomainError(
            _("You work with some branches only, so you cannot give access to all."), field="all_branches"
        )
    if not {branch.pk for branch in branches} <= set(by.branch_ids):
        raise DomainError(_("You can only give access to your own branches."), field="branches")


def access_of(user: User) -> dict[str, Any]:
    """Roles and branches as the audit trail keeps them."""
    return {
        "roles": sorted(user.groups.values_list("name", flat=True)),
        "branches": sorted(user.memberships.values_list("branch__code", flat=True)),
        "all_branches": user.all_branches,
    }


def set_access(user: User, roles: set[str], branches: list[Branch], all_branches: bool) -> None:
    """Gives exactly these roles and branches; the caller has checked, has a transaction and records the event."""
    user.groups.set(Group.objects.filter(name__in=roles))
    user.memberships.exclude(branch__in=branches).delete()
    BranchMembership.objects.bulk_create(
        [BranchMembership(user=user, branch=branch) for branch in branches], ignore_conflicts=True
    )
    user.all_branches = all_branches
    user.save(update_fields=["all_branches"])


@transaction.atomic
def change_access(
    user: User,
    *,
    roles: Iterable[RoleName | str],
    branches: Iterable[Branch],
    all_branches: bool,
    by: User,
    reason: str = "",
) -> User:
    """Changes a person's roles and branches. Branches out of `by`'s reach stay as they are."""
    user = User.objects.select_for_update().get(pk=user.pk)
    check_may_manage(user, by)
    wanted, chosen = {str(role) for role in roles}, list(branches)
    check_may_grant(wanted, chosen, all_branches, by)
    before = access_of(user)
    kept = [] if by.all_branches else list(Branch.objects.filter(memberships__user=user).exclude(pk__in=by.branch_ids))
    set_access(user, wanted, [*chosen, *kept], all_branches)
    after = access_of(user)
    changes = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
    if changes:
        record("user.access_changed", user, by=by, changes=changes, reason=reason)
    return user


@transaction.atomic
def deactivate_user(user: User, *, by: User, reason: str = "") -> User:
    """Ends a person's access at once: sessions, API tokens, calendar addresses and open invitations.

    The account itself stays, for what they did stays signed with it. Twice is harmless.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    check_may_manage(user, by)
    if not user.is_active:
        return user
    user.is_active = False
    user.session_salt = get_random_string(32)
    user.save(update_fields=["is_active", "session_salt"])
    moment = timezone.now()
    user.tokens.filter(revoked_at=None).update(revoked_at=moment)
    user.invitations.filter(accepted_at=None, revoked_at=None).update(revoked_at=moment)
    # By its reverse name: scheduling stands above accounts and is not imported here.
    user.calendar_feeds.filter(revoked_at=None).update(revoked_at=moment)
    record("user.deactivated", user, by=by, changes={"is_active": [True, False]}, reason=reason)
    return user


@transaction.atomic
def reactivate_user(user: User, *, by: User) -> User:
    """Lets a person sign in again. Tokens and addresses stay revoked; they make new ones."""
    user = User.objects.select_for_update().get(pk=user.pk)
    check_may_manage(user, by)
    if user.is_active:
        return user
    user.is_active = True
    user.save(update_fields=["is_active"])
    record("user.reactivated", user, by=by, changes={"is_active": [False, True]})
    return user


@transaction.atomic
def end_sessions(user: User, *, by: User) -> User:
    """Signs the person out everywhere, on every device."""
    user = User.objects.select_for_update().get(pk=user.pk)
    user.session_salt = get_random_string(32)
    user.save(update_fields=["session_salt"])
    record("user.sessions_ended", user, by=by)
    return user


PROFILE_FIELDS = ("first_name", "last_name", "phone", "language")


@transaction.atomic
def update_profile(user: User, *, by: User, **fields: str) -> User:
    """A person's own name, phone and language; the e-mail is the log-in and stays."""
    user = User.objects.select_for_update().get(pk=user.pk)
    before = {name: getattr(user, name) for name in PROFILE_FIELDS}
    for name in PROFILE_FIELDS:
        setattr(user, name, fields.get(name, before[name]))
    user.save(update_fields=list(PROFILE_FIELDS))
    changes = changes_of(before, user)
    if changes:
        record("user.profile_changed", user, by=by, changes=changes)
    return user
