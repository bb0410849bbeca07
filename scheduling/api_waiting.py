"""The waiting list in JSON: to read, enter, change and leave."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Client
from homecare.api.viewsets import IdempotentWrites, ScopedViewSet
from scheduling.api_appointment import OwnRow
from scheduling.models import Waiting
from scheduling.services.waiting import LEFT, leave_list, save_waiting


class WaitingSerializer(serializers.ModelSerializer):
    client = OwnRow(queryset=Client.objects.none())
    weekdays = serializers.ListField(child=serializers.IntegerField(min_value=0, max_value=6), required=False)

    class Meta:
        model = Waiting
        fields = ["id", "client", "service_type", "weekly_minutes", "weekdays", "start_time", "area", "language"]
        fields += ["skills", "since", "priority", "reason", "status", "left_at", "left_note"]
        read_only_fields = ["status", "left_at", "left_note"]


class LeaveSerializer(serializers.Serializer):
    status = serializers.ChoiceField(choices=[(status.value, status.label) for status in sorted(LEFT)])
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class WaitingViewSet(IdempotentWrites, mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """Clients and inquiries who wait for hours."""

    queryset = Waiting.objects.none()
    serializer_class = WaitingSerializer
    filterset_fields = ["client", "status", "priority", "service_type"]
    permissions: ClassVar[dict[str, str | None]] = {
        "list": "scheduling.view_waiting",
        "retrieve": "scheduling.view_waiting",
        "create": "scheduling.add_waiting",
        "partial_update": "scheduling.change_waiting",
        "leave": "scheduling.change_waiting",
    }

    def create(self, request: Request) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        values = dict(form.validated_data)
        row = save_waiting(Waiting(client=values.pop("client")), values, by=request.user)  # type: ignore[arg-type]
        return Response(self.get_serializer(row).data, status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        row: Any = self.get_object()
        form = self.get_serializer(row, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        values = {name: value for name, value in form.validated_data.items() if name != "client"}
        return Response(self.get_serializer(save_waiting(row, values, by=request.user)).data)  # type: ignore[arg-type]

    @extend_schema(request=LeaveSerializer, responses=WaitingSerializer)
    @action(detail=True, methods=["post"])
    def leave(self, request: Request, pk: str) -> Response:
        """Leaves the list as placed, withdrawn or elsewhere."""
        form = LeaveSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        row = leave_list(self.get_object(), **form.validated_data, by=request.user)  # type: ignore[arg-type]
        return Response(self.get_serializer(row).data)


WAITING_ROUTES: list = [("waiting-list", WaitingViewSet, "waiting")]
