"""The services the agency offers in JSON; written through the services of the page."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from homecare.api.viewsets import IdempotentWrites, ScopedViewSet
from scheduling.api_parts import Placing
from scheduling.models import ServiceType
from scheduling.services.service_type import add_service_type, change_service_type
from staff.models import TaskCategory


class ServiceTypeSerializer(serializers.ModelSerializer):
    """`categories`: what a caregiver's scope must cover. `performed`: the plan's tasks that are done; empty is all.

    `version` grows with each change. Send the one you read and a change over somebody else's is refused (409)."""

    categories = serializers.ListField(child=serializers.ChoiceField(TaskCategory.choices), required=False)
    performed = serializers.ListField(child=serializers.ChoiceField(TaskCategory.choices), required=False)
    colour = serializers.IntegerField(min_value=1, max_value=8, required=False)

    class Meta:
        model = ServiceType
        fields = [
            "id",
            "code",
            "name",
            "colour",
            "categories",
            "performed",
            "mode",
            "is_billable",
            "is_active",
            "version",
        ]


class ServiceTypeChangeSerializer(ServiceTypeSerializer):
    """What is sent is changed; the code stays, and `mode` too once a visit has taken place."""

    version = serializers.IntegerField(required=False, min_value=1)

    class Meta(ServiceTypeSerializer.Meta):
        read_only_fields = ["code"]


class ServiceTypeViewSet(Placing, IdempotentWrites, mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """The services the agency offers. They are switched off (`is_active`), never deleted."""

    queryset = ServiceType.objects.none()
    serializer_class = ServiceTypeSerializer
    permissions: ClassVar[dict[str, str | None]] = {
        "list": "scheduling.view_visit",
        "retrieve": "scheduling.view_visit",
        "create": "scheduling.add_servicetype",
        "partial_update": "scheduling.change_servicetype",
    }

    @extend_schema(request=ServiceTypeSerializer, responses={201: ServiceTypeSerializer})
    def create(self, request: Request) -> Response:
        made = add_service_type(**self.checked(ServiceTypeSerializer), by=self.person)
        return Response(ServiceTypeSerializer(made).data, status=201)

    @extend_schema(request=ServiceTypeChangeSerializer, responses=ServiceTypeSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        asked = ServiceTypeChangeSerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        row = change_service_type(self.get_object(), **asked.validated_data, by=self.person)
        return Response(ServiceTypeSerializer(row).data)


SERVICE_TYPE_ROUTES: list = [("service-types", ServiceTypeViewSet, "servicetype")]
