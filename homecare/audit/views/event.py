"""The trail as pages: everything of the person's branches, and everything about one client."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from homecare.audit.forms import EventFilter
from homecare.audit.models import Event
from homecare.audit.services.event import record_view
from homecare.views import ListPage

ROWS = 50
COLUMNS = [_("When"), _("Who"), _("What"), _("Changes"), _("From")]


class EventList(ListPage):
    """Newest first. The trail has millions of rows, so pages follow the row number and nothing is counted."""

    model = Event
    permission = "audit.view_event"
    filterset_class = EventFilter
    template_name = "audit/event_list.html"
    fragment_name = "audit/_event_table.html"
    paginate_by = None  # type: ignore[assignment]

    def rows(self, queryset: Any) -> Any:
        return queryset.select_related("user", "branch").order_by("-id")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        before = self.request.GET.get("before", "")
        found: Any = self.object_list
        found = found.filter(pk__lt=int(before)) if before.isdecimal() else found
        events = list(found[: ROWS + 1])
        more = {
            "events": events[:ROWS],
            "older": events[ROWS - 1].pk if len(events) > ROWS else None,
            "is_first": not before.isdecimal(),
            "columns": [{"label": label} for label in COLUMNS],
        }
        return super().get_context_data(**more, **kwargs)


class ClientTrail(EventList):
    """Who looked at one client's record and who changed what in it."""

    template_name = "audit/client_trail.html"

    def rows(self, queryset: Any) -> Any:
        return super().rows(queryset).about_client(self.kwargs["client_pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # Clients stand above the trail, so their model is asked for by name instead of imported.
        user: Any = self.request.user
        clients = apps.get_model("clients", "Client").objects.visible_to(user)
        client = get_object_or_404(clients, pk=self.kwargs["client_pk"])
        record_view(client, by=user, what="trail")
        return super().get_context_data(client=client, **kwargs)
