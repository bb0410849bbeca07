"""JSON in and out. ROUTES: (prefix under /api/v1/, viewset, basename)."""

from __future__ import annotations

import json
from typing import Any

import django_filters
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Address, Allergy, Client, Contact, Diagnosis, Referral
from clients.services.client import EDITABLE, change_status, create_client, update_client
from clients.services.referral import REFUSED, accept_referral, decline_referral, import_bundle, reopen_referral
from homecare.accounts.models import Branch
from homecare.api.viewsets import IdempotentWrites, ReadViewSet
from homecare.audit.services.event import record_view


class AddressSerializer(serializers.ModelSerializer):
    class Meta:
        model = Address
        fields = [
            "id",
            "kind",
            "line1",
            "line2",
            "city",
            "state",
            "postal_code",
            "latitude",
            "longitude",
            "access_notes",
            "is_primary",
        ]
        read_only_fields = ["id", "is_primary"]


class ContactSerializer(serializers.ModelSerializer):
    class Meta:
        model = Contact
        fields = ["id", "name", "relation", "phone", "email", "is_emergency", "receives_invoices", "has_portal"]


class DiagnosisSerializer(serializers.ModelSerializer):
    class Meta:
        model = Diagnosis
        fields = ["id", "system", "code", "display", "onset_on", "resolved_on"]


class AllergySerializer(serializers.ModelSerializer):
    class Meta:
        model = Allergy
        fields = ["id", "substance", "code", "reaction", "severity"]


class OwnBranchField(serializers.PrimaryKeyRelatedField):
    """Branches of the person who asks; another's is as if it did not exist."""

    def get_queryset(self) -> Any:
        return Branch.objects.visible_to(self.context["request"].user).filter(is_active=True)


class ClientSerializer(serializers.ModelSerializer):
    """A row of the list, and what is written."""

    branch = OwnBranchField(queryset=Branch.objects.none())
    address = AddressSerializer(write_only=True, required=False)

    class Meta:
        model = Client
        fields = [
            "id",
            "number",
            "branch",
            "status",
            "status_reason",
            *sorted(EDITABLE),
            "started_on",
            "ended_on",
            "created_at",
            "address",
        ]
        read_only_fields = ["id", "number", "status", "status_reason", "started_on", "ended_on", "created_at"]


class ClientDetailSerializer(ClientSerializer):
    """One client with what hangs on the record."""

    addresses = AddressSerializer(many=True, read_only=True)
    contacts = ContactSerializer(many=True, read_only=True)
    diagnoses = DiagnosisSerializer(many=True, read_only=True)
    allergies = AllergySerializer(many=True, read_only=True)

    class Meta(ClientSerializer.Meta):
        fields = [*ClientSerializer.Meta.fields, "addresses", "contacts", "diagnoses", "allergies"]


class ClientChangeSerializer(serializers.ModelSerializer):
    """What may be corrected: not the branch, the number or the status."""

    class Meta:
        model = Client
        fields = sorted(EDITABLE)


class StatusSerializer(serializers.Serializer):
    status = serializers.ChoiceField(choices=Client.Status.choices)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class ClientFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search")

    class Meta:
        model = Client
        fields = ["status", "branch", "number"]

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(pk__in=queryset.search(value).values("pk"))


class ClientViewSet(IdempotentWrites, ReadViewSet):
    """Charts: list, one, open, correct, move along the statuses."""

    queryset = Client.objects.none()
    serializer_class = ClientSerializer
    filterset_class = ClientFilter
    permissions = {
        "list": "clients.view_client",
        "retrieve": "clients.view_client",
        "create": "clients.add_client",
        "partial_update": "clients.change_client",
        "status": "clients.change_client",
    }

    def rows(self, queryset: Any) -> Any:
        if self.action == "list":
            return queryset
        return queryset.select_related("branch").prefetch_related("addresses", "contacts", "diagnoses", "allergies")

    @extend_schema(responses=ClientDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        client = self.get_object()
        record_view(client, by=request.user, what="api")  # type: ignore[arg-type]
        return self._answer(client)

    @extend_schema(request=ClientSerializer, responses={201: ClientDetailSerializer})
    def create(self, request: Request) -> Response:
        data = self._valid(ClientSerializer, request)
        client = create_client(by=request.user, **data)  # type: ignore[arg-type]
        return self._answer(client, 201)

    @extend_schema(request=ClientChangeSerializer, responses=ClientDetailSerializer)
    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        data = self._valid(ClientChangeSerializer, request, partial=True)
        return self._answer(update_client(self.get_object(), by=request.user, **data))  # type: ignore[arg-type]

    @extend_schema(request=StatusSerializer, responses=ClientDetailSerializer)
    @action(detail=True, methods=["post"])
    def status(self, request: Request, pk: str | None = None) -> Response:
        data = self._valid(StatusSerializer, request)
        client = change_status(self.get_object(), data["status"], by=request.user, reason=data["reason"])  # type: ignore[arg-type]
        return self._answer(client)

    def _valid(self, kind: Any, request: Request, partial: bool = False) -> dict[str, Any]:
        serializer = kind(data=request.data, partial=partial, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def _answer(self, client: Client, code: int = 200) -> Response:
        return Response(ClientDetailSerializer(client, context=self.get_serializer_context()).data, status=code)


class ReferralSerializer(serializers.ModelSerializer):
    """A row of the list."""

    class Meta:
        model = Referral
        fields = [
            "id",
            "status",
            "source",
            "sender",
            "external_system",
            "external_id",
            "first_name",
            "last_name",
            "birth_on",
            "branch",
            "client",
            "received_at",
            "decided_at",
            "decline_reason",
            "newer_at",
        ]
        read_only_fields = fields


class ReferralDetailSerializer(ReferralSerializer):
    """One referral with all that was read."""

    class Meta(ReferralSerializer.Meta):
        fields = [*ReferralSerializer.Meta.fields, "summary"]
        read_only_fields = fields


class ImportSerializer(serializers.Serializer):
    """What came of a bundle."""

    outcome = serializers.ChoiceField(choices=["created", "unchanged", "updated"])
    referral = ReferralDetailSerializer()


class AcceptSerializer(serializers.Serializer):
    branch = OwnBranchField(queryset=Branch.objects.none())
    birth_on = serializers.DateField(required=False, allow_null=True, default=None)


class DeclineSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=200)


class ReferralFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search")

    class Meta:
        model = Referral
        fields = ["status", "source", "external_system", "external_id"]

    def search(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.search(value)


class ReferralViewSet(IdempotentWrites, ReadViewSet):
    """Referrals: list, one, import a FHIR R4 bundle, accept, decline, reopen."""

    queryset = Referral.objects.none()
    serializer_class = ReferralSerializer
    filterset_class = ReferralFilter
    permissions = {
        "list": "clients.view_referral",
        "retrieve": "clients.view_referral",
        "import_one": "clients.add_referral",
        "accept": "clients.accept_referral",
        "decline": "clients.accept_referral",
        "reopen": "clients.accept_referral",
    }

    def rows(self, queryset: Any) -> Any:
        return queryset.defer("summary", "newer_summary") if self.action == "list" else queryset

    @extend_schema(responses=ReferralDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        referral = self.get_object()
        record_view(referral, by=request.user, what="api")  # type: ignore[arg-type]
        return Response(ReferralDetailSerializer(referral).data)

    @extend_schema(request=OpenApiTypes.OBJECT, responses={200: ImportSerializer, 201: ImportSerializer})
    @action(detail=False, methods=["post"], url_path="import")
    def import_one(self, request: Request) -> Response:
        """The body is the bundle itself. 201 for a new referral, 200 for a known one, 422 with what is wrong where."""
        raw = json.dumps(request.data, default=str).encode()
        result = import_bundle(raw, "", by=request.user)  # type: ignore[arg-type]
        if result.outcome == REFUSED or result.referral is None:
            raise ValidationError({"bundle": result.problems or [_("Nothing could be read.")]})
        code = 201 if result.outcome == "created" else 200
        visible = Referral.objects.visible_to(request.user).filter(pk=result.referral.pk).first()  # type: ignore[arg-type]
        shown = ReferralDetailSerializer(visible).data if visible else None
        return Response({"outcome": result.outcome, "referral": shown}, status=code)

    @extend_schema(request=AcceptSerializer, responses=ClientDetailSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str | None = None) -> Response:
        """Answers with the client."""
        serializer = AcceptSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        client = accept_referral(self.get_object(), by=request.user, **serializer.validated_data)  # type: ignore[arg-type]
        return Response(ClientDetailSerializer(client).data)

    @extend_schema(request=DeclineSerializer, responses=ReferralSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str | None = None) -> Response:
        serializer = DeclineSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        referral = decline_referral(self.get_object(), by=request.user, **serializer.validated_data)  # type: ignore[arg-type]
        return Response(ReferralSerializer(referral).data)

    @extend_schema(request=None, responses=ReferralSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str | None = None) -> Response:
        return Response(ReferralSerializer(reopen_referral(self.get_object(), by=request.user)).data)  # type: ignore[arg-type]


ROUTES: list = [
    ("clients", ClientViewSet, "client"),
    ("referrals", ReferralViewSet, "referral"),
]
