"""Publishing the plan in JSON: up to which day caregivers see it, who has seen it, reminding the others."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from homecare.accounts.models import Branch
from homecare.api.viewsets import IdempotentWrites, ScopedViewSet
from scheduling.api_parts import OwnField, Placing
from scheduling.models import Publication, PublicationReceipt
from scheduling.services.publication import preview_publication, publish_visits, remind_unseen

CHANGE = "scheduling.change_schedule"


class ReceiptSerializer(serializers.ModelSerializer):
    class Meta:
        model = PublicationReceipt
        fields = ["member", "seen_at", "reminded_at"]
        read_only_fields = fields


class PublicationSerializer(serializers.ModelSerializer):
    receipts = ReceiptSerializer(many=True, read_only=True)

    class Meta:
        model = Publication
        fields = ["id", "branch", "last_on", "published_until", "at", "receipts"]
        read_only_fields = fields


class NewPublicationSerializer(serializers.Serializer):
    branch = OwnField(queryset=Branch.objects.none())
    last_on = serializers.DateField(help_text="The last day that caregivers see, branch local.")


class DifferenceSerializer(serializers.Serializer):
    """What one caregiver would be shown, and what is not as they saw it last."""

    member = serializers.IntegerField(source="member.pk")
    visits = serializers.IntegerField()
    minutes = serializers.IntegerField()
    new = serializers.ListField(child=serializers.IntegerField())
    moved = serializers.ListField(child=serializers.IntegerField())
    gone = serializers.IntegerField()


class PublicationViewSet(Placing, IdempotentWrites, mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """What was published to caregivers, and who has seen it."""

    queryset = Publication.objects.none()
    serializer_class = PublicationSerializer
    filterset_fields = ["branch"]
    permissions: ClassVar[dict[str, str | None]] = {
        "list": CHANGE,
        "retrieve": CHANGE,
        "create": CHANGE,
        "preview": CHANGE,
        "remind": CHANGE,
    }

    def rows(self, queryset: Any) -> Any:
        return queryset.select_related("branch").prefetch_related("receipts")

    @extend_schema(request=NewPublicationSerializer, responses={201: PublicationSerializer})
    def create(self, request: Request) -> Response:
        made = publish_visits(**self.checked(NewPublicationSerializer), by=self.person)
        return Response(PublicationSerializer(made).data, status=201)

    @extend_schema(request=NewPublicationSerializer, responses=DifferenceSerializer(many=True))
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """What each caregiver would be shown; nothing is published."""
        rows = preview_publication(**self.checked(NewPublicationSerializer))
        return Response(
            [
                {
                    "member": row.member.pk,
                    "visits": len(row.visits),
                    "minutes": row.minutes,
                    "new": [visit.pk for visit in row.new],
                    "moved": [visit.pk for visit in row.moved],
                    "gone": row.gone,
                }
                for row in rows
            ]
        )

    @extend_schema(request=None, responses=PublicationSerializer)
    @action(detail=True, methods=["post"])
    def remind(self, request: Request, pk: str) -> Response:
        """Reminds those who have not seen it, at most once a day each."""
        remind_unseen(self.get_object(), by=self.person)
        return Response(PublicationSerializer(self.get_object()).data)


PUBLICATION_ROUTES: list = [("publications", PublicationViewSet, "publication")]
