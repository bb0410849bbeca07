"""Messages of an act that htmx sent: the page shows them at once, without a reload."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse

TRIGGER = "HX-Trigger"
# The browser goes to another page: its full page shows the messages.
LEAVING = ("HX-Redirect", "HX-Refresh", "HX-Location")


def _earlier(response: HttpResponse) -> dict[str, Any]:
    """What the response already triggers; htmx allows JSON or names separated by commas."""
    header = response.get(TRIGGER, "")
    if header.startswith("{"):
        return dict(json.loads(header))
    return {name.strip(): None for name in header.split(",") if name.strip()}


class ToastMiddleware:
    """Moves waiting messages into the HX-Trigger header of a fragment's response."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not getattr(request, "htmx", False) or 300 <= response.status_code < 400:
            return response
        if any(header in response for header in LEAVING):
            return response
        sent = [{"text": str(message), "tone": message.level_tag} for message in get_messages(request)]
        if sent:
            triggers = _earlier(response)
            before = triggers.get("toast") or []
            triggers["toast"] = [*(before if isinstance(before, list) else [before]), *sent]
            response[TRIGGER] = json.dumps(triggers, ensure_ascii=True)
        return response
