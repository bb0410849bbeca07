"""How staff matters look: the expiry of a credential, hours of a week."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from homecare.status_looks import look_of
from homecare.templatetags.ui import badge, day
from staff.away import away_words
from staff.credential_expiry import expiry_on
from staff.languages import names_of

register = template.Library()


def _words(state: str, days: int | None, expires_on: dt.date | None) -> str:
    if state == "withdrawn":
        return _("Withdrawn")
    if days is None:
        return _("Does not expire")
    if state == "expired":
        return ngettext("Expired %(n)s day ago", "Expired %(n)s days ago", -days) % {"n": -days}
    if state == "valid":
        return _("Valid until %(day)s") % {"day": day(expires_on)}
    if days == 0:
        return _("Expires today")
    return ngettext("Expires in %(n)s day", "Expires in %(n)s days", days) % {"n": days}


@register.simple_tag
def expiry(credential: Any, today: dt.date) -> SafeString:
    """{% expiry credential today %}: icon and word; the credential's type must be joined."""
    found = expiry_on(today, credential.expires_on, credential.type.warn_days, credential.withdrawn_on)
    look = look_of("ended" if found.state == "withdrawn" else found.state)
    return badge(_words(found.state, found.days, credential.expires_on), look.tone, look.icon)


@register.filter
def languages(codes: list[str]) -> str:
    """{{ member.languages|languages }}: English, Spanish."""
    return names_of(codes)


@register.filter
def hours(minutes: int) -> str:
    """30, 37.5: weekly hours."""
    return f"{minutes / 60:g}"


@register.simple_tag
def away(time_off: Any, zone_name: str) -> str:
    """{% away row member.branch.time_zone %}: whole days as days, everything else with its times."""
    return away_words(time_off.starts_at, time_off.ends_at, zone_name)
