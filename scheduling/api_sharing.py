"""Shared visits in JSON: a client of the same home comes to a visit, or to all visits of a pattern."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Client
from scheduling.api_parts import OverrideSerializer, OwnField, Placing
from scheduling.models import Schedule, ServiceType, Sharer, Visit
from scheduling.services.sharing import Share, share_schedule, share_visit


class ShareSerializer(serializers.Serializer):
    """`time_weight` is the client's part of the time beside the weights of the others: 1 beside 1 is half each."""

    client = OwnField(queryset=Client.objects.none())
    service_type = OwnField(queryset=ServiceType.objects.none())
    time_weight = serializers.IntegerField(required=False, default=1, min_value=1, max_value=9)


class SharerSerializer(serializers.ModelSerializer):
    class Meta:
        model = Sharer
        fields = ["client", "service_type", "time_weight"]
        read_only_fields = fields


class ShareVisitSerializer(OverrideSerializer, ShareSerializer):
    pass


class ShareScheduleSerializer(OverrideSerializer):
    """Everybody who shares the pattern from now on; who is not named shares it no more."""

    sharers = ShareSerializer(many=True, allow_empty=True)
    own_weight = serializers.IntegerField(required=False, default=1, min_value=1, max_value=9)


class SharedVisitSerializer(serializers.ModelSerializer):
    """The visit of the further client: it follows `leader` in time, caregiver and state."""

    class Meta:
        model = Visit
        fields = [
            "id", "client", "service_type", "leader", "time_weight", "time_total", "starts_at", "ends_at", "version",
        ]  # fmt: skip
        read_only_fields = fields


class SharedScheduleSerializer(serializers.Serializer):
    schedule = serializers.IntegerField()
    sharers = SharerSerializer(many=True)
    made = serializers.IntegerField(help_text="visits that were made")
    cancelled = serializers.IntegerField(help_text="visits that were cancelled")


class SharesVisits(Placing):
    """`share` on visits."""

    @extend_schema(request=ShareVisitSerializer, responses={201: SharedVisitSerializer})
    @action(detail=True, methods=["post"])
    def share(self, request: Request, pk: str) -> Response:
        """One more client of the same home comes to this visit."""
        data = self.checked(ShareVisitSerializer)
        reason = data.pop("override_reason")
        row = share_visit(self.get_object(), Share(**data), by=self.person, override_reason=reason)  # type: ignore[attr-defined]
        return Response(SharedVisitSerializer(row).data, status=201)


class SharesPatterns(Placing):
    """`share` on patterns."""

    @extend_schema(request=ShareScheduleSerializer, responses=SharedScheduleSerializer)
    @action(detail=True, methods=["post"])
    def share(self, request: Request, pk: str) -> Response:
        """Who of the same home shares the pattern's visits from now on."""
        data = self.checked(ShareScheduleSerializer)
        shares = [Share(**row) for row in data.pop("sharers")]
        result = share_schedule(self.get_object(), shares, **data, by=self.person)  # type: ignore[attr-defined]
        answer: dict[str, Any] = {
            "schedule": result.schedule.pk,
            "sharers": Schedule.objects.get(pk=result.schedule.pk).sharers.all(),
            "made": result.made,
            "cancelled": result.cancelled,
        }
        return Response(SharedScheduleSerializer(answer).data)
