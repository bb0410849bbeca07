"""Messages to everybody concerned in JSON, to read: what was sent, who got and saw it."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from homecare.api.viewsets import ReadViewSet
from scheduling.models import Broadcast, BroadcastRecipient


class RecipientSerializer(serializers.ModelSerializer):
    seen_at = serializers.DateTimeField(read_only=True, allow_null=True)
    deliveries = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = BroadcastRecipient
        fields = ["user", "concern", "seen_at", "deliveries"]
        read_only_fields = fields


class BroadcastSerializer(serializers.ModelSerializer):
    recipients = RecipientSerializer(many=True, read_only=True)

    class Meta:
        model = Broadcast
        fields = ["id", "branch", "topic", "audience", "text", "selection", "visit_count", "is_urgent", "created_by"]
        fields += ["created_at", "finished_at", "recipients"]
        read_only_fields = fields


class BroadcastViewSet(ReadViewSet):
    """Messages of the office to everybody a selection of visits concerned."""

    queryset = Broadcast.objects.none()
    serializer_class = BroadcastSerializer
    filterset_fields = ["topic", "branch"]
    permissions: ClassVar[dict[str, str | None]] = {
        "list": "scheduling.view_broadcast",
        "retrieve": "scheduling.view_broadcast",
    }

    def rows(self, queryset: Any) -> Any:
        return queryset.prefetch_related("recipients__notification__deliveries")


BROADCAST_ROUTES: list = [("broadcasts", BroadcastViewSet, "broadcast")]
