"""Tags for pages that show visits."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.http import QueryDict
from django.urls import reverse

register = template.Library()


@register.inclusion_tag("components/write_to_all.html", takes_context=True)
def write_to_all(
    context: Any, chosen: QueryDict | None = None, *, is_small: bool = False, about: Any = "", **asked: Any
) -> dict[str, Any]:
    """{% write_to_all topic="change" client=client.pk %}: a message about the visits that scheduling/selection.py
    reads from these words, or from the filters `chosen` of a list. Nothing for whoever may not write."""
    url = ""
    if context["request"].user.has_perm("scheduling.add_broadcast"):
        query = chosen.copy() if chosen is not None else QueryDict(mutable=True)
        for name, value in asked.items():
            if value not in (None, ""):
                query[name] = value.isoformat() if isinstance(value, dt.date) else str(value)
        url = f"{reverse('scheduling:broadcast-create')}?{query.urlencode()}"
    return {"url": url, "is_small": is_small, "about": about}
