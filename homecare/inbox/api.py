"""JSON in and out. ROUTES: (prefix under /api/v1/, viewset, basename)."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from homecare.api.viewsets import IdempotentWrites, ReadViewSet
from homecare.inbox.models import Notification
from homecare.inbox.services.notification import read_notification


class NotificationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Notification
        fields = ["id", "kind", "title", "body", "url", "is_urgent", "created_at", "read_at"]


class NotificationViewSet(IdempotentWrites, ReadViewSet):
    """What waits for the person behind the call."""

    queryset = Notification.objects.all()
    serializer_class = NotificationSerializer
    permissions = {"list": None, "retrieve": None, "read": None}

    @extend_schema(request=None, responses=NotificationSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Marks it as read."""
        return Response(self.get_serializer(read_notification(self.get_object(), by=request.user)).data)  # type: ignore[arg-type]


ROUTES: list = [("notifications", NotificationViewSet, "notification")]
