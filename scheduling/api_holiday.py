"""Holidays in JSON: to read with the clients' answers, and to answer for one client."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Client
from homecare.accounts.models import Holiday
from homecare.api.viewsets import IdempotentWrites, ReadViewSet
from scheduling.api_appointment import OwnRow
from scheduling.models import HolidayAnswer
from scheduling.services.holiday import decide_holiday


class HolidayAnswerSerializer(serializers.ModelSerializer):
    client = OwnRow(queryset=Client.objects.none())

    class Meta:
        model = HolidayAnswer
        fields = ["client", "answer", "at"]
        read_only_fields = ["at"]


class HolidaySerializer(serializers.ModelSerializer):
    answers = HolidayAnswerSerializer(many=True, read_only=True)

    class Meta:
        model = Holiday
        fields = ["id", "branch", "on", "name", "answers"]
        read_only_fields = fields


class HolidayViewSet(IdempotentWrites, ReadViewSet):
    """Holidays of the branches with what clients want for them."""

    queryset = Holiday.objects.none()
    serializer_class = HolidaySerializer
    filterset_fields = ["branch", "on"]
    permissions: ClassVar[dict[str, str | None]] = {
        "list": "scheduling.change_schedule",
        "retrieve": "scheduling.change_schedule",
        "decide": "scheduling.change_schedule",
    }

    def rows(self, queryset: Any) -> Any:
        return queryset.select_related("branch").prefetch_related("answers")

    @extend_schema(request=HolidayAnswerSerializer, responses=HolidaySerializer)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str) -> Response:
        """Keeps one client's answer; `cancel` pauses their patterns for the day."""
        holiday: Any = self.get_object()
        form = HolidayAnswerSerializer(data=request.data, context={"request": request})
        form.is_valid(raise_exception=True)
        data = form.validated_data
        if data["client"].branch_id != holiday.branch_id:
            raise serializers.ValidationError({"client": "This client belongs to another branch."})
        result = decide_holiday(holiday, {data["client"]: data["answer"]}, by=request.user)  # type: ignore[arg-type]
        if result.left:
            raise serializers.ValidationError({"client": result.left[0][1]})
        return Response(self.get_serializer(self.get_queryset().get(pk=holiday.pk)).data)


HOLIDAY_ROUTES: list = [("holidays", HolidayViewSet, "holiday")]
