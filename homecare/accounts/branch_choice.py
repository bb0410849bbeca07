"""The branch a person chose in the top bar; lists narrow themselves to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from homecare.accounts.models import Branch

SESSION_KEY = "branch_id"  # homecare.context shows the same choice in the frame


def current_branch(request: HttpRequest) -> Branch | None:
    """The chosen branch when this person still works with it; None means all of theirs. One query per request."""
    from homecare.accounts.models import Branch

    if not hasattr(request, "_current_branch"):
        chosen = request.session.get(SESSION_KEY)
        mine = Branch.objects.visible_to(request.user).filter(is_active=True)  # type: ignore[arg-type]
        request._current_branch = mine.filter(pk=chosen).first() if chosen else None  # type: ignore[attr-defined]
    return request._current_branch  # type: ignore[attr-defined]
