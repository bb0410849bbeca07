"""Held visits in JSON: approved, and not billed because their payer asks for a record that is complete."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from billing.models import EvvRelease
from billing.services.evv_hold import held, release_visit
from homecare.api.viewsets import IdempotentWrites, ReadViewSet
from scheduling.evv import missing_elements
from scheduling.evv_rows import with_place
from scheduling.models import Visit


class HeldVisitSerializer(serializers.ModelSerializer):
    """`missing` has a sentence for each element that the record lacks."""

    payer = serializers.IntegerField(source="payer_pk")
    service_on = serializers.DateField()
    missing = serializers.SerializerMethodField()

    class Meta:
        model = Visit
        fields = ["id", "client", "caregiver", "service_type", "payer", "service_on", "starts_at", "ends_at", "missing"]

    def get_missing(self, row: Any) -> list[str]:
        return missing_elements(row, row.is_placed)


class ReleaseSerializer(serializers.ModelSerializer):
    class Meta:
        model = EvvRelease
        fields = ["id", "visit", "missing", "reason", "by", "at"]
        read_only_fields = ["visit", "missing", "by", "at"]


class HeldVisitViewSet(IdempotentWrites, ReadViewSet):
    """They leave the list by themselves as soon as they are complete, or when a person answers for one."""

    queryset = Visit.objects.none()
    serializer_class = HeldVisitSerializer
    filterset_fields = ["client"]
    permissions: ClassVar[dict[str, str | None]] = {
        "list": "billing.view_charge",
        "retrieve": "billing.view_charge",
        "release": "billing.release_incomplete",
    }

    def rows(self, queryset: Any) -> Any:
        # One that was released just now is answered with its release, so that a retry does no harm.
        return queryset if self.action == "release" else with_place(held(queryset)).order_by("pk")

    @extend_schema(request=ReleaseSerializer, responses=ReleaseSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        """It may be billed as it is; the reason is kept with your name."""
        body = ReleaseSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        release = release_visit(self.get_object(), **body.validated_data, by=request.user)  # type: ignore[arg-type]
        return Response(ReleaseSerializer(release).data)


EVV_ROUTES: list = [("held-visits", HeldVisitViewSet, "held-visit")]
