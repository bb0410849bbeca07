"""Offers in JSON: to read, and to withdraw."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from homecare.api.viewsets import ReadViewSet
from scheduling.models import Offer, OfferAnswer
from scheduling.services.offer import withdraw_offer


class OfferAnswerSerializer(serializers.ModelSerializer):
    class Meta:
        model = OfferAnswer
        fields = ["member", "status", "note", "seen_at", "answered_at"]


class OfferSerializer(serializers.ModelSerializer):
    answers = OfferAnswerSerializer(many=True, read_only=True)

    class Meta:
        model = Offer
        fields = [
            "id",
            "branch",
            "client",
            "visits",
            "status",
            "mode",
            "hourly_wage",
            "message",
            "expires_at",
            "created_at",
            "closed_at",
            "taken_by",
            "answers",
        ]
        read_only_fields = fields


class OfferViewSet(ReadViewSet):
    """Open visits that caregivers were asked to take, with everybody's answer."""

    queryset = Offer.objects.none()
    serializer_class = OfferSerializer
    filterset_fields = ["status", "client", "branch"]
    permissions: ClassVar[dict[str, str | None]] = {
        "list": "scheduling.view_offer",
        "retrieve": "scheduling.view_offer",
        "withdraw": "scheduling.change_offer",
    }

    def get_queryset(self) -> Any:
        return super().get_queryset().prefetch_related("visits", "answers")

    @extend_schema(request=None, responses=OfferSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str | None = None) -> Response:
        """Takes the offer back; its visits stay open."""
        offer = withdraw_offer(self.get_object(), by=request.user)  # type: ignore[arg-type]
        return Response(self.get_serializer(self.get_queryset().get(pk=offer.pk)).data)


OFFER_ROUTES: list = [("offers", OfferViewSet, "offer")]
