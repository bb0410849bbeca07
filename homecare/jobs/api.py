"""JSON in and out. ROUTES: (prefix under /api/v1/, viewset, basename)."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from homecare.api.viewsets import IdempotentWrites, ReadViewSet
from homecare.jobs.models import Job
from homecare.jobs.services.job import cancel_job, retry_job


class JobSerializer(serializers.ModelSerializer):
    percent = serializers.IntegerField(read_only=True)

    class Meta:
        model = Job
        fields = [
            "public_id",
            "kind",
            "title",
            "status",
            "done",
            "total",
            "percent",
            "message",
            "result",
            "error",
            "created_at",
            "started_at",
            "finished_at",
        ]


class JobViewSet(IdempotentWrites, ReadViewSet):
    """Long work this person asked for: how far it is and what came of it."""

    queryset = Job.objects.all()
    serializer_class = JobSerializer
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    permissions = {"list": None, "retrieve": None, "cancel": None, "retry": None}

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, public_id: str) -> Response:
        """Stops waiting work at once, running work after its present item."""
        return Response(self.get_serializer(cancel_job(self.get_object(), by=request.user)).data)  # type: ignore[arg-type]

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, public_id: str) -> Response:
        """Lets failed work begin again."""
        return Response(self.get_serializer(retry_job(self.get_object(), by=request.user)).data)  # type: ignore[arg-type]


ROUTES: list = [("jobs", JobViewSet, "job")]
