"""Appointments in JSON: to read, enter, change and call off."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Client
from homecare.api.viewsets import IdempotentWrites, ScopedViewSet
from scheduling.models import Appointment, Visit
from scheduling.services.appointment import cancel_appointment, save_appointment, skip_day


class OwnRow(serializers.PrimaryKeyRelatedField):
    def get_queryset(self) -> Any:
        model: Any = self.queryset.model  # type: ignore[union-attr,arg-type]
        return model.objects.visible_to(self.context["request"].user)


class AppointmentSerializer(serializers.ModelSerializer):
    """Without `weekdays` (0 Monday … 6 Sunday) it takes place once; times are the branch's clock."""

    client = OwnRow(queryset=Client.objects.none())
    visit = OwnRow(queryset=Visit.objects.none(), required=False, allow_null=True)
    weekdays = serializers.ListField(child=serializers.IntegerField(min_value=0, max_value=6), required=False)

    class Meta:
        model = Appointment
        fields = ["id", "client", "kind", "provider", "place", "phone", "starts_on", "start_time", "duration_minutes"]
        fields += ["weekdays", "every_weeks", "ends_on", "skipped", "escort", "escort_note", "visit", "note"]
        fields += ["cancelled_at"]
        read_only_fields = ["skipped", "cancelled_at"]


class SkipSerializer(serializers.Serializer):
    on = serializers.DateField()


class AppointmentViewSet(IdempotentWrites, mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """Appointments of clients with somebody outside the agency."""

    queryset = Appointment.objects.none()
    serializer_class = AppointmentSerializer
    filterset_fields = ["client", "kind"]
    permissions: ClassVar[dict[str, str | None]] = {
        "list": "scheduling.view_appointment",
        "retrieve": "scheduling.view_appointment",
        "create": "scheduling.add_appointment",
        "partial_update": "scheduling.change_appointment",
        "cancel": "scheduling.change_appointment",
        "skip": "scheduling.change_appointment",
    }

    def create(self, request: Request) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        values = dict(form.validated_data)
        row = save_appointment(Appointment(client=values.pop("client")), values, by=request.user)  # type: ignore[arg-type]
        return Response(self.get_serializer(row).data, status=201)

    def partial_update(self, request: Request, pk: str) -> Response:
        row = self.get_object()
        form = self.get_serializer(row, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        values = {name: value for name, value in form.validated_data.items() if name != "client"}
        return Response(self.get_serializer(save_appointment(row, values, by=request.user)).data)  # type: ignore[arg-type]

    @extend_schema(request=None, responses=AppointmentSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """It no longer takes place."""
        return Response(self.get_serializer(cancel_appointment(self.get_object(), by=request.user)).data)  # type: ignore[arg-type]

    @extend_schema(request=SkipSerializer, responses=AppointmentSerializer)
    @action(detail=True, methods=["post"])
    def skip(self, request: Request, pk: str) -> Response:
        """It does not take place on one day."""
        form = SkipSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        row = skip_day(self.get_object(), form.validated_data["on"], by=request.user)  # type: ignore[arg-type]
        return Response(self.get_serializer(row).data)


APPOINTMENT_ROUTES: list = [("appointments", AppointmentViewSet, "appointment")]
