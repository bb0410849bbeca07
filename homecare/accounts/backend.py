"""Who may do what, read in one statement where Django asks two."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from homecare.accounts.models import User


class PermissionBackend(AuthenticationBackend):
    """allauth's backend; a person's own permissions and those of their groups come together, anew in each request."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not isinstance(user_obj, User) or user_obj.is_superuser:
            return super().get_all_permissions(user_obj, obj)
        if not user_obj.is_active or obj is not None:
            return set()
        if not hasattr(user_obj, "_perm_cache"):
            groups = Group.objects.filter(user=user_obj).values("pk")
            own = User.user_permissions.through.objects.filter(user=user_obj).values("permission")
            given = Group.permissions.through.objects.filter(group__in=groups).values("permission")
            rows = Permission.objects.filter(Q(pk__in=own) | Q(pk__in=given)).order_by()
            pairs = rows.values_list("content_type__app_label", "codename")
            user_obj._perm_cache = {f"{app}.{name}" for app, name in pairs}  # type: ignore[attr-defined]
        return user_obj._perm_cache  # type: ignore[attr-defined]
