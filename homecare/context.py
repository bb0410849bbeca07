"""What every page knows about its frame. All of it is lazy: a fragment that draws no frame costs no query."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import cached_property

from homecare import brand, navigation
from homecare.accounts.branch_choice import SESSION_KEY
from homecare.accounts.current_agency import agency_of
from homecare.accounts.models import Agency, Branch

THEME_COOKIE = "theme"


class Frame:
    """The frame of one request: menu, branches, agency, theme."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def view_name(self) -> str:
        match = self.request.resolver_match
        return match.view_name if match else ""

    @cached_property
    def menu(self) -> list[navigation.ShownSection]:
        return navigation.office_menu(self.request.user, self.view_name)

    @cached_property
    def phone_tabs(self) -> list[dict[str, Any]]:
        return navigation.phone_tabs(self.view_name)

    @cached_property
    def agency(self) -> Agency:
        return agency_of(self.request)

    @cached_property
    def brand_version(self) -> str:
        """Changes with the colour, so that the brand sheet may be cached for long."""
        return brand.version(self.agency.brand_colour)

    @cached_property
    def branches(self) -> list[Branch]:
        """The branches among which this person may switch."""
        if not self.request.user.is_authenticated:
            return []
        user = self.request.user
        mine = Branch.objects.visible_to(user) if user.all_branches else user.own_branches
        return [branch for branch in mine if branch.is_active]

    @cached_property
    def branch(self) -> Branch | None:
        """The branch chosen in the top bar; None means all of them."""
        chosen = self.request.session.get(SESSION_KEY)
        return next((branch for branch in self.branches if branch.pk == chosen), None)

    @cached_property
    def theme(self) -> str:
        """light, dark, or empty for "as the device"."""
        wanted = self.request.COOKIES.get(THEME_COOKIE, "")
        return wanted if wanted in ("light", "dark") else ""

    @cached_property
    def may_search(self) -> bool:
        return bool(navigation.address("reports:search")) and self.request.user.has_perm("accounts.use_search")

    @cached_property
    def is_phone(self) -> bool:
        """Caregivers work on the phone pages; the office frame is not for them."""
        user = self.request.user
        return user.is_authenticated and user.has_perm("scheduling.work_visit") and not user.sees_branch_rows

    @cached_property
    def is_family(self) -> bool:
        """Families have a frame without the office's menu."""
        user = self.request.user
        if not user.is_authenticated or self.is_phone:
            return False
        return user.has_perm("clients.view_portal") and not user.sees_branch_rows

    @property
    def own_base(self) -> str:
        """The frame of the signed-in person's own pages: profile, notifications, security."""
        if self.is_phone:
            return "phone_base.html"
        return "family_base.html" if self.is_family else "base.html"

    def base_template(self) -> str:
        """The frame a page extends with {% extends base_template %}: the dialog's when htmx asks for its content."""
        if in_dialog(self.request):
            return "dialog_base.html"
        if not self.request.user.is_authenticated:
            return "public_base.html"
        return self.own_base


def in_dialog(request: HttpRequest) -> bool:
    """Whether the answer is put into the dialog, over a page with ids of its own."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx and htmx.target == "dialog")


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    drawn = Frame(request)
    return {"frame": drawn, "base_template": drawn.base_template}
