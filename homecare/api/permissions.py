from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from homecare.accounts.models import PersonalToken


class ActionPermissions(BasePermission):
    """May this person do this action? `permissions` on the view maps action (or method) → Django permission.

    An action that is not listed is refused. A token without the write scope only reads.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        if (
            isinstance(request.auth, PersonalToken)
            and request.method not in SAFE_METHODS
            and "write" not in request.auth.scopes
        ):
            return False
        if request.method == "OPTIONS":
            return True
        wanted = getattr(view, "permissions", {})
        name = wanted.get(getattr(view, "action", None) or request.method.lower(), ...)  # type: ignore[union-attr]
        if name is ...:
            return False
        return name is None or request.user.has_perm(name)
