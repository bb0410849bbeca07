"""What runs here, under which licence, and where its source is: the offer of section 13 of the AGPL."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from homecare.views import Page


class About(Page):
    """Open to every signed-in person, because the licence gives everybody who uses it the right to the source."""

    permission = None
    template_name = "about.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(version=settings.VERSION, source_url=settings.SOURCE_URL, **kwargs)
