"""{% load client_record %}: the record head that every tab of a client shares."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients import guide, tabs
from clients.models import Client
from clients.services.client import NEEDS_REASON
from homecare.templatetags.ui import day

register = template.Library()
Status = Client.Status

# Assessment → active is not here: putting the first care plan in force takes it.
ARROWS: dict[tuple[str, str], tuple[Any, str]] = {
    (Status.INQUIRY, Status.ASSESSMENT): (gettext_lazy("Begin assessment"), "clipboard-list"),
    (Status.INQUIRY, Status.DECLINED): (gettext_lazy("Decline"), "x"),
    (Status.ASSESSMENT, Status.DECLINED): (gettext_lazy("Decline"), "x"),
    (Status.ACTIVE, Status.ON_HOLD): (gettext_lazy("Put on hold"), "player-pause"),
    (Status.ACTIVE, Status.DISCHARGED): (gettext_lazy("Discharge"), "door-exit"),
    (Status.ON_HOLD, Status.ACTIVE): (gettext_lazy("Resume care"), "player-play"),
    (Status.ON_HOLD, Status.DISCHARGED): (gettext_lazy("Discharge"), "door-exit"),
    (Status.DISCHARGED, Status.ASSESSMENT): (gettext_lazy("Take on again"), "clipboard-list"),
    (Status.DECLINED, Status.INQUIRY): (gettext_lazy("Reopen"), "rotate-clockwise"),
}


@register.simple_tag(takes_context=True)
def client_tabs(context: Any, client: Client) -> list[dict[str, Any]]:
    """{% client_tabs client as tabs %}"""
    request = context["request"]
    name = request.resolver_match.view_name if request.resolver_match else ""
    return tabs.tabs_for(client, request.user, name)


@register.simple_tag
def client_facts(client: Client) -> list[tuple[str, Any]]:
    """{% client_facts client as facts %}: what identifies the person at a glance."""
    return [
        (_("Chart"), client.number),
        (_("Born"), _("%(day)s (%(age)s)") % {"day": day(client.birth_on), "age": client.age}),
        (_("Phone"), client.phone or None),
        (_("Speaks"), client.language_name),
        (_("Branch"), client.branch.name),
    ]


@register.simple_tag(takes_context=True)
def client_actions(context: Any, client: Client) -> list[dict[str, Any]]:
    """{% client_actions client as actions %}: edit, and the status arrows that exist from here."""
    if not context["request"].user.has_perm("clients.change_client"):
        return []
    edit = {"label": _("Edit"), "icon": "pencil", "url": reverse("clients:client-update", args=[client.pk])}
    arrows = [
        {
            "label": label,
            "icon": symbol,
            "url": f"{reverse('clients:client-status', args=[client.pk])}?to={after}",
            "dialog": after in NEEDS_REASON,
            "post": after not in NEEDS_REASON,
        }
        for (before, after), (label, symbol) in ARROWS.items()
        if before == client.status
    ]
    return [edit, *arrows]


@register.simple_tag(takes_context=True)
def client_guide(context: Any, client: Client) -> list[dict[str, Any]]:
    """{% client_guide client as steps %}: assess, plan, schedule, while not all is done."""
    return guide.steps_for(client, context["request"].user)
