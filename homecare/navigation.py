"""The navigation as data. An entry shows when its page exists and the person may open it.

Permissions are asked of the user's own set, which Django loads once per request, so the menu costs no query per entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Entry:
    """One link. `permission` is one Django permission, several of which any suffices, or None for everybody.

    Pages of the same noun belong to it (visit-list: visit-create, visit-detail …); `also` names others that do.
    """

    label: str | Promise
    url_name: str
    permission: str | tuple[str, ...] | None = None
    also: tuple[str, ...] = ()

    def owns(self, view_name: str) -> int:
        """How surely a page belongs to it: the longest name wins, 0 is not at all."""
        if view_name == self.url_name or view_name in self.also:
            return len(view_name) + 1
        noun = self.url_name.removesuffix("list").removesuffix("-") + "-"
        return len(noun) if view_name.startswith(noun) else 0


@dataclass(frozen=True)
class Section:
    """A domain of the work. `namespaces` are the URL namespaces whose pages belong to it."""

    key: str
    label: str | Promise
    icon: str
    entries: tuple[Entry, ...]
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """`is_within`: the page shown is one of this link's noun, such as one entry of its list."""

    label: str | Promise
    url: str
    is_current: bool
    is_within: bool = False


@dataclass(frozen=True)
class ShownSection:
    """A section as this person sees it; its own link opens the first entry."""

    key: str
    label: str | Promise
    icon: str
    url: str
    is_current: bool
    links: tuple[Link, ...]


OFFICE: tuple[Section, ...] = (
    Section(
        "today",
        _("Today"),
        "sun-high",
        (Entry(_("Today"), "reports:today", "accounts.view_today"),),
    ),
    Section(
        "clients",
        _("Clients"),
        "users",
        (
            Entry(_("All clients"), "clients:client-list", "clients.view_client"),
            Entry(_("Referrals"), "clients:referral-list", "clients.view_referral"),
            Entry(_("Waiting list"), "scheduling:waiting-list", "scheduling.view_waiting"),
        ),
        ("clients",),
    ),
    Section(
        "careplans",
        _("Care plans"),
        "clipboard-heart",
        (
            Entry(_("Care plans"), "careplans:careplan-list", "careplans.view_careplan"),
            Entry(_("Plan templates"), "careplans:plantemplate-list", "careplans.view_plantemplate"),
            Entry(_("Assessments"), "careplans:assessment-list", "careplans.view_assessment"),
        ),
        ("careplans",),
    ),
    Section(
        "staff",
        _("Staff"),
        "id-badge-2",
        (
            Entry(_("All staff"), "staff:member-list", "staff.view_member"),
            Entry(_("Credentials"), "staff:credential-list", "staff.view_credential"),
            Entry(_("Time off"), "staff:timeoff-list", "staff.view_timeoff"),
            Entry(_("Teams"), "staff:team-list", "staff.view_team"),
            Entry(_("Roles"), "staff:role-list", "staff.view_role"),
        ),
        ("staff",),
    ),
    Section(
        "scheduling",
        _("Schedule"),
        "calendar-week",
        (
            Entry(_("Board"), "scheduling:board", "scheduling.view_visit"),
            Entry(_("Visits"), "scheduling:visit-list", "scheduling.view_visit"),
            Entry(_("Unfilled"), "scheduling:visit-unfilled", "scheduling.change_visit"),
            Entry(_("Offers"), "scheduling:offer-list", "scheduling.add_offer"),
            Entry(_("Absences"), "scheduling:absence-list", "scheduling.change_visit"),
            Entry(_("Rosters"), "scheduling:roster-list", "scheduling.add_roster"),
            Entry(_("Patterns"), "scheduling:schedule-list", "scheduling.view_schedule"),
            Entry(_("Rotations"), "scheduling:rotation-list", "scheduling.add_roster"),
            Entry(_("Publishing"), "scheduling:publication-list", "scheduling.change_schedule"),
            Entry(_("Holidays"), "scheduling:holiday-list", "scheduling.change_schedule"),
            Entry(_("Messages to all"), "scheduling:broadcast-list", "scheduling.view_broadcast"),
            Entry(_("Calendars"), "scheduling:calendar-list", "scheduling.view_calendarfeed"),
        ),
        ("scheduling",),
    ),
    Section(
        "fieldwork",
        _("Field work"),
        "clipboard-check",
        (
            Entry(_("Approval"), "scheduling:visit-approval", "scheduling.approve_visit"),
            Entry(_("Punches without a visit"), "scheduling:punch-list", "scheduling.change_visit"),
            Entry(_("From phones"), "scheduling:review-list", "scheduling.change_visit"),
            Entry(_("Verified visits"), "scheduling:compliance", "scheduling.approve_visit"),
            Entry(_("Ratings"), "scheduling:rating-list", "scheduling.view_visitrating"),
        ),
    ),
    Section(
        "billing",
        _("Billing"),
        "receipt-2",
        (
            Entry(_("Unbilled"), "billing:charge-list", "billing.view_charge"),
            Entry(_("Invoices"), "billing:invoice-list", "billing.view_invoice"),
            Entry(_("Payments"), "billing:payment-list", "billing.view_payment"),
            Entry(_("Aging"), "billing:aging", "billing.view_invoice"),
            Entry(_("Payers"), "billing:payer-list", "billing.view_payer"),
            Entry(_("Rates"), "billing:rate-list", "billing.view_rate"),
            Entry(_("Pay rates"), "billing:payrate-list", "billing.view_payrate"),
        ),
        ("billing",),
    ),
    Section(
        "reports",
        _("Reports"),
        "chart-bar",
        (
            Entry(_("Dashboard"), "reports:dashboard", "accounts.view_dashboard"),
            Entry(_("Capacity"), "scheduling:capacity", "scheduling.view_visit"),
            Entry(_("Audit trail"), "audit:event-list", "audit.view_event"),
            Entry(_("Background work"), "jobs:job-list", "jobs.view_job"),
        ),
        ("reports", "audit", "jobs"),
    ),
    Section(
        "settings",
        _("Settings"),
        "settings",
        (
            Entry(_("Agency"), "accounts:settings", "accounts.change_agency"),
            Entry(_("Services"), "scheduling:service-type-list", "scheduling.view_servicetype"),
            Entry(
                _("Placement rules"), "scheduling:rule-settings", "accounts.change_agency", ("scheduling:training-add",)
            ),
            Entry(_("Suggestions"), "scheduling:weight-settings", "accounts.change_agency"),
            Entry(_("Reason codes"), "scheduling:reason-code-list", "accounts.change_agency"),
            Entry(_("People and access"), "accounts:user-list", "accounts.view_user"),
            Entry(_("Branches"), "accounts:branch-list", "accounts.view_branch"),
            Entry(_("Webhooks"), "webhooks:endpoint-list", "webhooks.view_endpoint"),
        ),
        ("accounts", "webhooks"),
    ),
)


@dataclass(frozen=True)
class Tab:
    """One place of the phone's bottom bar."""

    label: str | Promise
    icon: str
    url_name: str


PHONE: tuple[Tab, ...] = (
    Tab(_("Today"), "sun-high", "scheduling:phone-today"),
    Tab(_("Week"), "calendar-week", "scheduling:phone-week"),
    Tab(_("Messages"), "message", "inbox:notification-list"),
    Tab(_("Me"), "user-circle", "accounts:profile"),
)


@lru_cache(maxsize=256)
def address(url_name: str) -> str | None:
    """The page's address, None while the product has no such page."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return None


def _may(user: Any, permission: str | tuple[str, ...] | None) -> bool:
    if permission is None:
        return True
    wanted = (permission,) if isinstance(permission, str) else permission
    return any(user.has_perm(name) for name in wanted)


def _current_section(view_name: str) -> str:
    sure, key = max((max(entry.owns(view_name) for entry in section.entries), section.key) for section in OFFICE)
    if sure:
        return key
    namespace = view_name.partition(":")[0]
    return next((section.key for section in OFFICE if namespace in section.namespaces), "")


def _shown(section: Section, links: Iterable[Link], current: str) -> ShownSection | None:
    shown = tuple(links)
    if not shown:
        return None
    return ShownSection(section.key, section.label, section.icon, shown[0].url, section.key == current, shown)


def office_menu(user: Any, view_name: str) -> list[ShownSection]:
    """What this person may open, with the section of the present page marked."""
    current = _current_section(view_name)
    sections = []
    for section in OFFICE:
        nearest = max(entry.owns(view_name) for entry in section.entries)
        links = [
            Link(entry.label, url, entry.url_name == view_name, 0 < nearest == entry.owns(view_name))
            for entry in section.entries
            if (url := address(entry.url_name)) and _may(user, entry.permission)
        ]
        shown = _shown(section, links, current)
        if shown:
            sections.append(shown)
    return sections


def phone_tabs(view_name: str) -> list[dict[str, Any]]:
    """The bottom bar of the phone pages."""
    return [
        {"label": tab.label, "icon": tab.icon, "url": url, "is_current": tab.url_name == view_name}
        for tab in PHONE
        if (url := address(tab.url_name))
    ]
