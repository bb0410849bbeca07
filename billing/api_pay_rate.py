"""Wages in JSON, for tokens of people who may see them."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from billing.models import PayRate
from billing.services.pay_rate import add_pay_rate, end_pay_rate
from homecare.api.viewsets import IdempotentWrites, ReadViewSet
from scheduling.api_parts import OwnField, Placing
from staff.models import Member


class PayRateSerializer(serializers.ModelSerializer):
    """Of one `member` or one `role`; without `service_type` for every service. Both days inclusive."""

    member = OwnField(queryset=Member.objects.none(), required=False, allow_null=True, default=None)

    class Meta:
        model = PayRate
        fields = ["id", "member", "role", "service_type", "hourly_rate", "since", "until"]
        read_only_fields = ["until"]
        validators: ClassVar[list] = []  # the service says it beside its field


class EndPayRateSerializer(serializers.Serializer):
    until = serializers.DateField()


class PayRateViewSet(Placing, IdempotentWrites, ReadViewSet):
    """What an hour of a person or role costs the agency."""

    queryset = PayRate.objects.none()
    serializer_class = PayRateSerializer
    filterset_fields = ["member", "role", "service_type"]
    permissions: ClassVar[dict[str, str | None]] = {
        "list": "billing.view_payrate",
        "retrieve": "billing.view_payrate",
        "create": "billing.add_payrate",
        "end": "billing.change_payrate",
    }

    @extend_schema(request=PayRateSerializer, responses={201: PayRateSerializer})
    def create(self, request: Request) -> Response:
        """The one in force until then ends the day before."""
        made = add_pay_rate(**self.checked(PayRateSerializer), by=self.person)
        return Response(PayRateSerializer(made).data, status=201)

    @extend_schema(request=EndPayRateSerializer, responses=PayRateSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        ended = end_pay_rate(self.get_object(), **self.checked(EndPayRateSerializer), by=self.person)
        return Response(PayRateSerializer(ended).data)


PAY_RATE_ROUTES: list = [("pay-rates", PayRateViewSet, "pay-rate")]
