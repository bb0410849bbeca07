"""The tabs of a client's page as data. Each domain's tab is named by its URL, so that clients imports none of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clients.models import Client


@dataclass(frozen=True)
class Tab:
    """One tab: shown when its page exists and the person may open it. `pages` are further pages that belong to it."""

    label: str | Promise
    url_name: str
    permission: str
    pages: tuple[str, ...] = ()


TABS = (
    Tab(_("Summary"), "clients:client-detail", "clients.view_client"),
    Tab(
        _("Plan"),
        "careplans:client-plan",
        "careplans.view_careplan",
        ("careplans:careplan-detail", "careplans:assessment-detail"),
    ),
    Tab(_("Visits"), "scheduling:client-visits", "scheduling.view_visit", ("scheduling:schedule-detail",)),
    Tab(_("Health"), "careplans:client-health", "careplans.view_vitalreading"),
    Tab(_("Billing"), "billing:client-billing", "billing.view_invoice"),
    Tab(_("Timeline"), "audit:client-trail", "audit.view_event"),
)


def address_of(url_name: str, *args: Any) -> str:
    """The page's address, '' while the product has no such page."""
    try:
        return reverse(url_name, args=args)
    except NoReverseMatch:
        return ""


def tabs_for(client: Client, user: Any, view_name: str) -> list[dict[str, Any]]:
    """What components/tabs.html draws for this person."""
    return [
        {"label": tab.label, "url": url, "is_current": view_name in (tab.url_name, *tab.pages)}
        for tab in TABS
        if user.has_perm(tab.permission) and (url := address_of(tab.url_name, client.pk))
    ]
