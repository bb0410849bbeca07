"""JSON in and out. ROUTES: (prefix under /api/v1/, viewset, basename)."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import Prefetch
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from billing import pdf as documents
from billing.api_evv import EVV_ROUTES
from billing.api_pay_rate import PAY_RATE_ROUTES
from billing.models import Allocation, Authorization, Charge, Coverage, Invoice, InvoiceLine, Payer, Payment, Rate
from billing.services import payer as payer_service
from billing.services.invoice import build_draft, discard_draft, issue_invoice, void_invoice
from billing.services.payment import record_payment, void_payment
from clients.models import Client
from homecare.accounts.models import Branch
from homecare.api.viewsets import IdempotentWrites, ReadViewSet
from homecare.audit.services.event import record, record_view


class OwnField(serializers.PrimaryKeyRelatedField):
    """Rows that the person who asks may see; another branch's is as if it did not exist."""

    def get_queryset(self) -> Any:
        return super().get_queryset().visible_to(self.context["request"].user)  # type: ignore[union-attr]


class Writing:
    """What the viewsets below share: read the body, call a service, answer with the row."""

    def valid(self, kind: Any, request: Request, *, partial: bool = False) -> dict[str, Any]:
        serializer = kind(data=request.data, partial=partial, context=self.get_serializer_context())  # type: ignore[attr-defined]
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def answer(self, row: Any, code: int = 200) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=row.pk)).data, status=code)  # type: ignore[attr-defined]


class PayerSerializer(serializers.ModelSerializer):
    class Meta:
        model = Payer
        fields = [
            "id", "name", "kind", "payer_id", "bills_client", "line1", "city", "state", "postal_code", "email",
            "rounding", "terms_days", "needs_authorization", "requires_evv", "is_active",
        ]  # fmt: skip


class PayerViewSet(Writing, IdempotentWrites, ReadViewSet):
    queryset = Payer.objects.none()
    serializer_class = PayerSerializer
    filterset_fields = ["kind", "is_active"]
    permissions = {
        "list": "billing.view_payer",
        "retrieve": "billing.view_payer",
        "create": "billing.add_payer",
        "partial_update": "billing.change_payer",
    }

    def create(self, request: Request) -> Response:
        return self.answer(payer_service.add_payer(by=request.user, **self.valid(PayerSerializer, request)), 201)  # type: ignore[arg-type]

    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        row = self.get_object()
        serializer = PayerSerializer(row, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        return self.answer(payer_service.update_payer(row, by=request.user, **serializer.validated_data))  # type: ignore[arg-type]


class RateSerializer(serializers.ModelSerializer):
    payer = OwnField(queryset=Payer.objects.all())

    class Meta:
        model = Rate
        fields = ["id", "payer", "service_type", "code", "modifiers", "unit", "amount_rate", "since", "until"]
        read_only_fields = ["until"]


class RateViewSet(Writing, IdempotentWrites, ReadViewSet):
    """A new rate ends the one in force the day before."""

    queryset = Rate.objects.none()
    serializer_class = RateSerializer
    filterset_fields = ["payer", "service_type"]
    permissions = {"list": "billing.view_rate", "retrieve": "billing.view_rate", "create": "billing.add_rate"}

    def create(self, request: Request) -> Response:
        return self.answer(payer_service.add_rate(by=request.user, **self.valid(RateSerializer, request)), 201)  # type: ignore[arg-type]


class CoverageSerializer(serializers.ModelSerializer):
    client = OwnField(queryset=Client.objects.all())
    payer = OwnField(queryset=Payer.objects.all())

    class Meta:
        model = Coverage
        fields = ["id", "client", "payer", "member_id", "priority", "since", "until"]


class CoverageChangeSerializer(serializers.ModelSerializer):
    class Meta:
        model = Coverage
        fields = ["member_id", "priority", "since", "until"]


class OfClient:
    """A retrieve of one client's row is a look at the record."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()  # type: ignore[attr-defined]
        record_view(row, by=request.user, what="api")  # type: ignore[arg-type]
        return Response(self.get_serializer(row).data)  # type: ignore[attr-defined]


class CoverageViewSet(OfClient, Writing, IdempotentWrites, ReadViewSet):
    queryset = Coverage.objects.none()
    serializer_class = CoverageSerializer
    filterset_fields = ["client", "payer"]
    permissions = {
        "list": "billing.view_coverage",
        "retrieve": "billing.view_coverage",
        "create": "billing.add_coverage",
        "partial_update": "billing.change_coverage",
    }

    def create(self, request: Request) -> Response:
        data = self.valid(CoverageSerializer, request)
        return self.answer(payer_service.add_coverage(by=request.user, **data), 201)  # type: ignore[arg-type]

    @extend_schema(request=CoverageChangeSerializer)
    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        data = self.valid(CoverageChangeSerializer, request, partial=True)
        return self.answer(payer_service.update_coverage(self.get_object(), by=request.user, **data))  # type: ignore[arg-type]


class AuthorizationSerializer(serializers.ModelSerializer):
    client = OwnField(queryset=Client.objects.all())
    payer = OwnField(queryset=Payer.objects.all())

    class Meta:
        model = Authorization
        fields = [
            "id", "client", "payer", "service_type", "number", "starts_on", "ends_on", "total_units", "weekly_units",
        ]  # fmt: skip


class AuthorizationChangeSerializer(serializers.ModelSerializer):
    class Meta:
        model = Authorization
        fields = ["number", "starts_on", "ends_on", "total_units", "weekly_units"]


class AuthorizationViewSet(OfClient, Writing, IdempotentWrites, ReadViewSet):
    """Units are quarter hours."""

    queryset = Authorization.objects.none()
    serializer_class = AuthorizationSerializer
    filterset_fields = ["client", "payer", "service_type"]
    permissions = {
        "list": "billing.view_authorization",
        "retrieve": "billing.view_authorization",
        "create": "billing.add_authorization",
        "partial_update": "billing.change_authorization",
    }

    def create(self, request: Request) -> Response:
        data = self.valid(AuthorizationSerializer, request)
        return self.answer(payer_service.add_authorization(by=request.user, **data), 201)  # type: ignore[arg-type]

    @extend_schema(request=AuthorizationChangeSerializer)
    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        data = self.valid(AuthorizationChangeSerializer, request, partial=True)
        return self.answer(payer_service.update_authorization(self.get_object(), by=request.user, **data))  # type: ignore[arg-type]


class ChargeSerializer(serializers.ModelSerializer):
    class Meta:
        model = Charge
        fields = [
            "id", "visit", "client", "payer", "status", "service_on", "minutes", "quantity", "unit", "unit_rate",
            "amount", "rounding", "code", "modifiers", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class ChargeViewSet(OfClient, ReadViewSet):
    """What approved visits cost; made by the product, never by hand."""

    queryset = Charge.objects.none()
    serializer_class = ChargeSerializer
    filterset_fields = {"client": ["exact"], "payer": ["exact"], "status": ["exact"], "service_on": ["gte", "lte"]}
    permissions = {"list": "billing.view_charge", "retrieve": "billing.view_charge"}


class InvoiceLineSerializer(serializers.ModelSerializer):
    class Meta:
        model = InvoiceLine
        fields = [
            "charge", "service_on", "description", "caregiver_name", "starts_at", "ends_at", "code", "quantity", "unit",
            "unit_rate", "amount",
        ]  # fmt: skip


class InvoiceSerializer(serializers.ModelSerializer):
    """A row of the list."""

    balance = serializers.DecimalField(max_digits=12, decimal_places=2, read_only=True)

    class Meta:
        model = Invoice
        fields = [
            "id", "number", "status", "branch", "client", "payer", "period_from", "period_to", "issued_on", "due_on",
            "total", "balance", "client_name", "bill_to", "voided_at", "void_reason", "emailed_at",
        ]  # fmt: skip
        read_only_fields = fields


class InvoiceDetailSerializer(InvoiceSerializer):
    """One invoice with its lines."""

    lines = InvoiceLineSerializer(many=True, read_only=True)

    class Meta(InvoiceSerializer.Meta):
        fields = [*InvoiceSerializer.Meta.fields, "lines"]
        read_only_fields = fields


class InvoiceDraftSerializer(serializers.Serializer):
    client = OwnField(queryset=Client.objects.all())
    payer = OwnField(queryset=Payer.objects.all())
    period_from = serializers.DateField()
    period_to = serializers.DateField()


class ReasonSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=200)


class InvoiceFilter(django_filters.FilterSet):
    due_before = django_filters.DateFilter(field_name="due_on", lookup_expr="lt")

    class Meta:
        model = Invoice
        fields = {
            "client": ["exact"],
            "payer": ["exact"],
            "branch": ["exact"],
            "status": ["exact"],
            "number": ["exact"],
        }


class InvoiceViewSet(Writing, IdempotentWrites, ReadViewSet):
    """Draft, issue, void, read as PDF."""

    queryset = Invoice.objects.none()
    filterset_class = InvoiceFilter
    permissions = {
        "list": "billing.view_invoice",
        "retrieve": "billing.view_invoice",
        "create": "billing.add_invoice",
        "destroy": "billing.change_invoice",
        "issue": "billing.issue_invoice",
        "void": "billing.void_invoice",
        "pdf": "billing.view_invoice",
    }

    def get_serializer_class(self) -> Any:
        return InvoiceSerializer if self.action == "list" else InvoiceDetailSerializer

    def rows(self, queryset: Any) -> Any:
        rows = queryset.with_balance()
        if self.action == "list":
            return rows
        return rows.select_related("client", "payer", "branch").prefetch_related("lines")

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        invoice = self.get_object()
        record_view(invoice, by=request.user, what="api")  # type: ignore[arg-type]
        return Response(self.get_serializer(invoice).data)

    @extend_schema(request=InvoiceDraftSerializer, responses={201: InvoiceDetailSerializer})
    def create(self, request: Request) -> Response:
        data = self.valid(InvoiceDraftSerializer, request)
        return self.answer(build_draft(data.pop("client"), data.pop("payer"), by=request.user, **data), 201)  # type: ignore[arg-type]

    def destroy(self, request: Request, pk: str | None = None) -> Response:
        """Discards a draft."""
        discard_draft(self.get_object(), by=request.user)  # type: ignore[arg-type]
        return Response(status=204)

    @extend_schema(request=None, responses=InvoiceDetailSerializer)
    @action(detail=True, methods=["post"])
    def issue(self, request: Request, pk: str | None = None) -> Response:
        return self.answer(issue_invoice(self.get_object(), by=request.user))  # type: ignore[arg-type]

    @extend_schema(request=ReasonSerializer, responses=InvoiceDetailSerializer)
    @action(detail=True, methods=["post"])
    def void(self, request: Request, pk: str | None = None) -> Response:
        reason = self.valid(ReasonSerializer, request)["reason"]
        return self.answer(void_invoice(self.get_object(), reason=reason, by=request.user))  # type: ignore[arg-type]

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def pdf(self, request: Request, pk: str | None = None) -> HttpResponse:
        invoice = self.get_object()
        record("invoice.pdf_read", invoice, by=request.user, kind="view")  # type: ignore[arg-type]
        response = HttpResponse(documents.pdf_of(invoice), content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="{documents.file_name(invoice)}"'
        return response


class AllocationSerializer(serializers.ModelSerializer):
    invoice = OwnField(queryset=Invoice.objects.all())

    class Meta:
        model = Allocation
        fields = ["invoice", "amount"]


class PaymentSerializer(serializers.ModelSerializer):
    """`allocations` left out settles the oldest due first; an empty list keeps all as credit."""

    branch = OwnField(queryset=Branch.objects.all())
    payer = OwnField(queryset=Payer.objects.all())
    client = OwnField(queryset=Client.objects.all(), allow_null=True, required=False)
    allocations = AllocationSerializer(many=True, required=False)
    unapplied = serializers.DecimalField(max_digits=12, decimal_places=2, read_only=True)

    class Meta:
        model = Payment
        fields = [
            "id", "branch", "payer", "client", "amount", "method", "reference", "received_on", "submission_key",
            "allocations", "unapplied", "voided_at", "void_reason",
        ]  # fmt: skip
        read_only_fields = ["voided_at", "void_reason"]
        # The service answers a key that came before with the payment it made.
        extra_kwargs: ClassVar[dict[str, Any]] = {"submission_key": {"validators": []}}


class PaymentViewSet(Writing, IdempotentWrites, ReadViewSet):
    """Money received. The same `submission_key` records it once."""

    queryset = Payment.objects.none()
    serializer_class = PaymentSerializer
    filterset_fields = ["client", "payer", "branch", "method"]
    permissions = {
        "list": "billing.view_payment",
        "retrieve": "billing.view_payment",
        "create": "billing.add_payment",
        "void": "billing.change_payment",
    }

    def rows(self, queryset: Any) -> Any:
        settled = Allocation.objects.select_related("invoice")
        return queryset.with_unapplied().prefetch_related(Prefetch("allocations", settled))

    def create(self, request: Request) -> Response:
        data = self.valid(PaymentSerializer, request)
        given = data.pop("allocations", None)
        allocations = None if given is None else {row["invoice"].pk: row["amount"] for row in given}
        payer, amount = data.pop("payer"), data.pop("amount")
        return self.answer(record_payment(payer, amount, allocations=allocations, by=request.user, **data), 201)  # type: ignore[arg-type]

    @extend_schema(request=ReasonSerializer, responses=PaymentSerializer)
    @action(detail=True, methods=["post"])
    def void(self, request: Request, pk: str | None = None) -> Response:
        reason = self.valid(ReasonSerializer, request)["reason"]
        return self.answer(void_payment(self.get_object(), reason=reason, by=request.user))  # type: ignore[arg-type]


ROUTES: list = [
    ("payers", PayerViewSet, "payer"),
    ("rates", RateViewSet, "rate"),
    *PAY_RATE_ROUTES,
    ("coverages", CoverageViewSet, "coverage"),
    ("authorizations", AuthorizationViewSet, "authorization"),
    ("charges", ChargeViewSet, "charge"),
    *EVV_ROUTES,
    ("invoices", InvoiceViewSet, "invoice"),
    ("payments", PaymentViewSet, "payment"),
]
