"""How plans and results look: a due date as icon and word, a scored band."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from homecare.templatetags.ui import badge, day

register = template.Library()
SOON = 14
BAND_ICONS = {"success": "circle-check", "info": "info-circle", "warning": "alert-triangle", "danger": "alert-circle"}


@register.simple_tag
def due(on: dt.date | None, today: dt.date) -> Any:
    """{% due plan.review_on today %}: Overdue since …, Due in 5 days, or the day alone when it is far."""
    if on is None:
        return "—"
    days = (on - today).days
    if days < 0:
        words = ngettext("Overdue by %(n)s day", "Overdue by %(n)s days", -days) % {"n": -days}
        return badge(words, "danger", "alert-circle")
    if days <= SOON:
        words = ngettext("In %(n)s day", "In %(n)s days", days) % {"n": days} if days else _("Today")
        return badge(words, "warning", "clock")
    return day(on)


@register.simple_tag
def band(words: str, tone: str) -> SafeString:
    """{% band assessment.band assessment.tone %}"""
    return badge(words, tone or "neutral", BAND_ICONS.get(tone, "circle"))


@register.simple_tag
def part_focus(form: Any, key: str, n: int) -> SafeString:
    """The attribute for the button that keeps the keyboard's focus after its row has moved."""
    return mark_safe(" autofocus" if form.focus == f"{key}-{n}" else "")  # noqa: S308 - one of two constants
