"""Calendar addresses in JSON: to read and to stop. The secret address itself is shown once, on the page."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from homecare.api.viewsets import ReadViewSet
from scheduling.models import CalendarFeed
from scheduling.services.feed import revoke_one


class CalendarFeedSerializer(serializers.ModelSerializer):
    class Meta:
        model = CalendarFeed
        fields = ["id", "kind", "user", "client", "branch", "team", "label", "created_at", "last_read_at", "revoked_at"]
        read_only_fields = fields


class CalendarFeedViewSet(ReadViewSet):
    """Addresses at which calendar apps read visits."""

    queryset = CalendarFeed.objects.none()
    serializer_class = CalendarFeedSerializer
    filterset_fields = ["kind", "client", "branch"]
    permissions: ClassVar[dict[str, str | None]] = {
        "list": "scheduling.view_calendarfeed",
        "retrieve": "scheduling.view_calendarfeed",
        "revoke": "scheduling.change_calendarfeed",
    }

    @extend_schema(request=None, responses=CalendarFeedSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str | None = None) -> Response:
        """The address stops working at once."""
        feed: Any = revoke_one(self.get_object(), by=request.user)  # type: ignore[arg-type]
        return Response(self.get_serializer(feed).data)


CALENDAR_ROUTES: list = [("calendars", CalendarFeedViewSet, "calendar")]
