"""Electronic visit verification in JSON, to read: devices at homes, decisions about punches, proposed corrections."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from homecare.api.viewsets import ReadViewSet
from scheduling.models import FixedDevice, PunchDecision, VisitCorrection

VIEW: dict[str, str | None] = {"list": "scheduling.view_visit", "retrieve": "scheduling.view_visit"}


class FixedDeviceSerializer(serializers.ModelSerializer):
    """Never the seed."""

    class Meta:
        model = FixedDevice
        fields = ["id", "client", "address", "serial", "installed_on", "removed_on"]


class FixedDeviceViewSet(ReadViewSet):
    """Devices that show one-time codes, with the address at which each stands."""

    queryset = FixedDevice.objects.none()
    serializer_class = FixedDeviceSerializer
    filterset_fields = ["client"]
    permissions: ClassVar[dict[str, str | None]] = VIEW

    def rows(self, queryset: Any) -> Any:
        return queryset.order_by("pk")


class PunchDecisionSerializer(serializers.ModelSerializer):
    class Meta:
        model = PunchDecision
        fields = ["id", "clock_event", "kind", "visit", "note", "by", "at"]


class PunchDecisionViewSet(ReadViewSet):
    """What a person decided about punches that had no visit."""

    queryset = PunchDecision.objects.none()
    serializer_class = PunchDecisionSerializer
    filterset_fields = ["visit", "kind"]
    permissions: ClassVar[dict[str, str | None]] = VIEW

    def rows(self, queryset: Any) -> Any:
        return queryset.order_by("pk")


class VisitCorrectionSerializer(serializers.ModelSerializer):
    """The drawn signature itself stays on the office's page."""

    is_drawn = serializers.SerializerMethodField()

    class Meta:
        model = VisitCorrection
        fields = [
            "id",
            "visit",
            "member",
            "starts_at",
            "ends_at",
            "reason",
            "signed_name",
            "is_drawn",
            "status",
            "proposed_at",
            "decided_at",
            "answer",
        ]

    def get_is_drawn(self, row: VisitCorrection) -> bool:
        return bool(row.strokes)


class VisitCorrectionViewSet(ReadViewSet):
    """Times that caregivers proposed where their punches are wrong."""

    queryset = VisitCorrection.objects.none()
    serializer_class = VisitCorrectionSerializer
    filterset_fields = ["visit", "status"]
    permissions: ClassVar[dict[str, str | None]] = VIEW

    def rows(self, queryset: Any) -> Any:
        return queryset.order_by("pk")


EVV_ROUTES = [
    ("fixed-devices", FixedDeviceViewSet, "fixed-device"),
    ("punch-decisions", PunchDecisionViewSet, "punch-decision"),
    ("visit-corrections", VisitCorrectionViewSet, "visit-correction"),
]
