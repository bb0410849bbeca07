"""Whom a thing concerns: the people with a permission in a branch."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.db.models import Exists, OuterRef, Q, QuerySet

from homecare.accounts.models import Branch, User
from homecare.accounts.models.user import SYSTEM_EMAIL


def people_with(permission: str, branch: Branch | None) -> QuerySet[User]:
    """Active people who have the permission and work with the branch (None: wherever they work)."""
    app, codename = permission.split(".")
    permissions = Permission.objects.filter(content_type__app_label=app, codename=codename)
    granted = Q(Exists(permissions.filter(group__user=OuterRef("pk"))))
    granted |= Q(Exists(permissions.filter(user=OuterRef("pk"))))
    people = User.objects.filter(granted | Q(is_superuser=True), is_active=True).exclude(email=SYSTEM_EMAIL)
    if branch is not None:
        people = people.filter(Q(all_branches=True) | Q(pk__in=branch.memberships.values("user_id")))
    return people.order_by("pk")
