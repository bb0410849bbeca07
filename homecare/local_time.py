"""Pages speak the clock of the branch a person works in."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from homecare.accounts.branch_choice import SESSION_KEY, current_branch
from homecare.accounts.models import Branch
from homecare.clock import zone

KEPT = "zone"
SPEAKS_UTC = "/api/"


class LocalTimeMiddleware:
    """Activates the zone of the chosen branch, else of the person's first one; `request.local_zone` is its name.

    The answer is kept in the session beside the choice it belongs to, so that a page pays no query for it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated or request.path.startswith(SPEAKS_UTC):
            return self.get_response(request)
        chosen = request.session.get(SESSION_KEY)
        kept = request.session.get(KEPT)
        if not kept or kept[0] != chosen:
            kept = [chosen, zone_name_of(request)]
            request.session[KEPT] = kept
        request.local_zone = kept[1]  # type: ignore[attr-defined]
        with timezone.override(zone(kept[1])):
            return self.get_response(request)


def zone_name_of(request: HttpRequest) -> str:
    """The chosen branch's zone, else that of the person's first branch, else of the agency's first."""
    branch = current_branch(request)
    if branch is None:
        mine = Branch.objects.filter(memberships__user=request.user)  # type: ignore[misc]
        branch = mine.order_by("memberships__id").first() or Branch.objects.order_by("pk").first()
    return branch.time_zone if branch is not None else "UTC"
