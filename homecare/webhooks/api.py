"""Webhooks in JSON. ROUTES: (prefix under /api/v1/, viewset, basename)."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from homecare.accounts.models import Branch
from homecare.api.viewsets import IdempotentWrites, ReadViewSet, ScopedViewSet
from homecare.webhooks.kinds import choices
from homecare.webhooks.models import Dispatch, Endpoint
from homecare.webhooks.services.dispatch import redeliver
from homecare.webhooks.services.endpoint import (
    create_endpoint,
    ping_endpoint,
    rotate_secret,
    switch_endpoint,
)


class EndpointSerializer(serializers.ModelSerializer):
    class Meta:
        model = Endpoint
        fields = ["id", "public_id", "name", "url", "kinds", "branch", "is_active", "failing_since", "created_at"]
        read_only_fields = ["public_id", "is_active", "failing_since", "created_at"]


class NewEndpointSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=80)
    url = serializers.CharField(max_length=500)
    kinds = serializers.ListField(child=serializers.CharField(max_length=40), help_text="Event types, at least one.")
    branch = serializers.PrimaryKeyRelatedField(queryset=Branch.objects.all(), allow_null=True, required=False)

    def validate_branch(self, branch: Branch | None) -> Branch | None:
        user: Any = self.context["request"].user
        if branch is not None and not Branch.objects.visible_to(user).filter(pk=branch.pk).exists():
            raise serializers.ValidationError("Name a branch of yours.")
        return branch

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        user: Any = self.context["request"].user
        if attrs.get("branch") is None and not user.all_branches:
            raise serializers.ValidationError({"branch": "Name a branch of yours."})
        return {"branch": None, **attrs}


class SecretSerializer(EndpointSerializer):
    """With the secret, which is shown this once."""

    secret = serializers.CharField(read_only=True)

    class Meta(EndpointSerializer.Meta):
        fields = [*EndpointSerializer.Meta.fields, "secret"]


class KindSerializer(serializers.Serializer):
    kind = serializers.CharField()
    meaning = serializers.CharField()


class DispatchSerializer(serializers.ModelSerializer):
    kind = serializers.CharField(source="message.kind", read_only=True)
    webhook_id = serializers.CharField(source="message.webhook_id", read_only=True)
    data = serializers.JSONField(source="message.data", read_only=True)  # type: ignore[assignment]

    class Meta:
        model = Dispatch
        fields = [
            "id",
            "endpoint",
            "webhook_id",
            "kind",
            "data",
            "status",
            "due_at",
            "attempts",
            "tries",
            "delivered_at",
        ]
        read_only_fields = fields


class EndpointViewSet(IdempotentWrites, mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """Addresses of other programs that are told of events."""

    queryset = Endpoint.objects.none()
    serializer_class = EndpointSerializer
    permissions: ClassVar[dict[str, str | None]] = {
        "list": "webhooks.view_endpoint",
        "retrieve": "webhooks.view_endpoint",
        "kinds": "webhooks.view_endpoint",
        "create": "webhooks.add_endpoint",
        "rotate": "webhooks.change_endpoint",
        "ping": "webhooks.change_endpoint",
        "switch_on": "webhooks.change_endpoint",
        "switch_off": "webhooks.change_endpoint",
    }

    @extend_schema(request=NewEndpointSerializer, responses={201: SecretSerializer})
    def create(self, request: Request) -> Response:
        form = NewEndpointSerializer(data=request.data, context={"request": request})
        form.is_valid(raise_exception=True)
        return self._with_secret(create_endpoint(**form.validated_data, by=request.user), status=201)  # type: ignore[arg-type]

    @extend_schema(request=None, responses=SecretSerializer)
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        """A new secret; for a day messages carry signatures with both."""
        return self._with_secret(rotate_secret(self.get_object(), by=request.user))  # type: ignore[arg-type]

    @extend_schema(request=None, responses=DispatchSerializer)
    @action(detail=True, methods=["post"])
    def ping(self, request: Request, pk: str) -> Response:
        """Queues a test message."""
        return Response(DispatchSerializer(ping_endpoint(self.get_object(), by=request.user)).data)  # type: ignore[arg-type]

    @extend_schema(request=None, responses=EndpointSerializer)
    @action(detail=True, methods=["post"], url_path="switch-on")
    def switch_on(self, request: Request, pk: str) -> Response:
        row = switch_endpoint(self.get_object(), on=True, by=request.user)  # type: ignore[arg-type]
        return Response(EndpointSerializer(row).data)

    @extend_schema(request=None, responses=EndpointSerializer)
    @action(detail=True, methods=["post"], url_path="switch-off")
    def switch_off(self, request: Request, pk: str) -> Response:
        row = switch_endpoint(self.get_object(), on=False, by=request.user)  # type: ignore[arg-type]
        return Response(EndpointSerializer(row).data)

    @extend_schema(responses=KindSerializer(many=True), filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def kinds(self, request: Request) -> Response:
        """Every event type with what it means."""
        return Response([{"kind": name, "meaning": str(label)} for name, label in choices()])

    def _with_secret(self, made: tuple[Endpoint, str], status: int = 200) -> Response:
        endpoint, secret = made
        return Response({**EndpointSerializer(endpoint).data, "secret": secret}, status=status)


class DispatchViewSet(IdempotentWrites, ReadViewSet):
    """The delivery log."""

    queryset = Dispatch.objects.none()
    serializer_class = DispatchSerializer
    filterset_fields = ["endpoint", "status"]
    permissions: ClassVar[dict[str, str | None]] = {
        "list": "webhooks.view_endpoint",
        "retrieve": "webhooks.view_endpoint",
        "redeliver": "webhooks.change_endpoint",
    }

    def rows(self, queryset: Any) -> Any:
        return queryset.select_related("message")

    @extend_schema(request=None, responses=DispatchSerializer)
    @action(detail=True, methods=["post"])
    def redeliver(self, request: Request, pk: str) -> Response:
        """Sends it again, with the same webhook id."""
        return Response(self.get_serializer(redeliver(self.get_object(), by=request.user)).data)  # type: ignore[arg-type]


ROUTES: list = [
    ("webhook-endpoints", EndpointViewSet, "webhook-endpoint"),
    ("webhook-deliveries", DispatchViewSet, "webhook-delivery"),
]
