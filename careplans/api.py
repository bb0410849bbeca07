"""JSON in and out. ROUTES: (prefix under /api/v1/, viewset, basename)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from careplans.models import Assessment, CarePlan, Goal, Instrument, MedicationOrder, PlannedTask, PlanTemplate
from careplans.models import VitalReading as Reading
from careplans.services.assessment import record_assessment
from careplans.services.care_plan import activate_plan, draft_plan, return_plan, revise_plan, submit_plan
from careplans.services.vital_reading import record_reading
from clients.models import Client
from homecare.api.viewsets import IdempotentWrites, ReadViewSet
from homecare.audit.services.event import record_view


class ClientField(serializers.PrimaryKeyRelatedField):
    """A client the caller may see."""

    def get_queryset(self) -> Any:
        return Client.objects.visible_to(self.context["request"].user).select_related("branch")


class OfOneClient(ReadViewSet):
    """Rows of clients: `?client=` narrows the list. Reading one client's rows is kept in the trail."""

    what = ""

    def rows(self, queryset: Any) -> Any:
        wanted = self.request.query_params.get("client", "")
        return queryset.filter(client_id=int(wanted)) if wanted.isdigit() else queryset

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        wanted = request.query_params.get("client", "")
        if wanted.isdigit():
            client = Client.objects.visible_to(request.user).filter(pk=int(wanted)).first()  # type: ignore[arg-type]
            if client is not None:
                record_view(client, by=request.user, what=self.what)  # type: ignore[arg-type]
        return super().list(request, *args, **kwargs)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        record_view(row.client, by=request.user, what=self.what)  # type: ignore[arg-type]
        return Response(self.get_serializer(row).data)

    def made(self, serializer: type[serializers.BaseSerializer], row: Any) -> Response:
        body = serializer(row, context=self.get_serializer_context()).data
        return Response(body, status=status.HTTP_201_CREATED)


class GoalSerializer(serializers.ModelSerializer):
    class Meta:
        model = Goal
        fields = ["id", "text", "measure", "target_on"]


class TaskSerializer(serializers.ModelSerializer):
    class Meta:
        model = PlannedTask
        fields = ["id", "category", "title", "instructions", "weekdays"]


class CarePlanSerializer(serializers.ModelSerializer):
    """One version with its goals and tasks."""

    goals = GoalSerializer(many=True, read_only=True)
    tasks = TaskSerializer(many=True, read_only=True)
    template: Any = serializers.SlugRelatedField(slug_field="code", read_only=True)

    class Meta:
        model = CarePlan
        fields = [
            "id",
            "client",
            "version",
            "status",
            "template",
            "summary",
            "starts_on",
            "review_on",
            "written_by",
            "activated_by",
            "activated_at",
            "review_comment",
            "goals",
            "tasks",
        ]


class CarePlanDraftSerializer(serializers.Serializer):
    """Without a template: the one that fits the client's diagnoses."""

    client = ClientField(queryset=Client.objects.all())
    template: serializers.SlugRelatedField = serializers.SlugRelatedField(
        slug_field="code", queryset=PlanTemplate.objects.all(), required=False, allow_null=True
    )


class ActivateSerializer(serializers.Serializer):
    starts_on = serializers.DateField(required=False, allow_null=True)
    review_on = serializers.DateField(required=False, allow_null=True)


class ReturnSerializer(serializers.Serializer):
    comment = serializers.CharField(max_length=2000)


class CarePlanViewSet(IdempotentWrites, OfOneClient):
    queryset = CarePlan.objects.all()
    serializer_class = CarePlanSerializer
    what = "plan"
    permissions = {
        "list": "careplans.view_careplan",
        "retrieve": "careplans.view_careplan",
        "create": "careplans.add_careplan",
        "submit": "careplans.change_careplan",
        "return_to_draft": "careplans.activate_careplan",
        "activate": "careplans.activate_careplan",
        "revise": "careplans.add_careplan",
    }

    def rows(self, queryset: Any) -> Any:
        return super().rows(queryset).select_related("template", "client").prefetch_related("goals", "tasks")

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        forms = {"create": CarePlanDraftSerializer, "activate": ActivateSerializer, "return_to_draft": ReturnSerializer}
        return forms.get(self.action, CarePlanSerializer)

    def _body(self, request: Request) -> Any:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        return form.validated_data

    def _plan(self, row: CarePlan) -> Response:
        return Response(CarePlanSerializer(row, context=self.get_serializer_context()).data)

    def create(self, request: Request) -> Response:
        body = self._body(request)
        return self.made(CarePlanSerializer, draft_plan(body["client"], template=body.get("template"), by=request.user))  # type: ignore[arg-type]

    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str | None = None) -> Response:
        return self._plan(submit_plan(self.get_object(), by=request.user))  # type: ignore[arg-type]

    @action(detail=True, methods=["post"], url_path="return")
    def return_to_draft(self, request: Request, pk: str | None = None) -> Response:
        row = self.get_object()
        return self._plan(return_plan(row, comment=self._body(request)["comment"], by=request.user))  # type: ignore[arg-type]

    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: str | None = None) -> Response:
        row = self.get_object()
        return self._plan(activate_plan(row, by=request.user, **self._body(request)))  # type: ignore[arg-type]

    @action(detail=True, methods=["post"])
    def revise(self, request: Request, pk: str | None = None) -> Response:
        return self.made(CarePlanSerializer, revise_plan(self.get_object(), by=request.user))  # type: ignore[arg-type]


class AssessmentSerializer(serializers.ModelSerializer):
    """`answers`: item code → value. Score and band are computed here, never sent."""

    client = ClientField(queryset=Client.objects.all())
    instrument = serializers.SlugRelatedField(
        slug_field="code", queryset=Instrument.objects.filter(is_active=True, version=1)
    )
    answers = serializers.DictField(child=serializers.IntegerField())

    class Meta:
        model = Assessment
        fields = ["id", "client", "instrument", "assessed_on", "answers", "comment", "score", "band", "assessed_by"]
        read_only_fields = ["score", "band", "assessed_by"]


class AssessmentViewSet(IdempotentWrites, OfOneClient):
    queryset = Assessment.objects.all()
    serializer_class = AssessmentSerializer
    what = "assessment"
    permissions = {
        "list": "careplans.view_assessment",
        "retrieve": "careplans.view_assessment",
        "create": "careplans.add_assessment",
    }

    def rows(self, queryset: Any) -> Any:
        return super().rows(queryset).select_related("instrument", "client")

    def create(self, request: Request) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        return self.made(AssessmentSerializer, record_assessment(by=request.user, **form.validated_data))  # type: ignore[arg-type]


class ReadingSerializer(serializers.ModelSerializer):
    """`value` in the unit of its kind (docs/care-plans.md)."""

    client = ClientField(queryset=Client.objects.all())

    class Meta:
        model = Reading
        fields = [
            "id", "client", "kind", "value", "taken_at", "source", "recorded_by", "is_alert", "alert_text",
            "acknowledged_by", "acknowledged_at", "acknowledge_comment",
        ]  # fmt: skip
        read_only_fields = [
            "recorded_by", "is_alert", "alert_text", "acknowledged_by", "acknowledged_at", "acknowledge_comment",
        ]  # fmt: skip


class ReadingViewSet(IdempotentWrites, OfOneClient):
    queryset = Reading.objects.all()
    serializer_class = ReadingSerializer
    what = "health"
    permissions = {
        "list": "careplans.view_vitalreading",
        "retrieve": "careplans.view_vitalreading",
        "create": "careplans.add_vitalreading",
    }

    def rows(self, queryset: Any) -> Any:
        return super().rows(queryset).select_related("client")

    def create(self, request: Request) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        return self.made(ReadingSerializer, record_reading(by=request.user, **form.validated_data))  # type: ignore[arg-type]


class MedicationOrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = MedicationOrder
        fields = [
            "id", "client", "name", "code", "dosage", "as_needed", "ordered_on", "ordered_by", "stopped_on",
        ]  # fmt: skip


class MedicationOrderViewSet(OfOneClient):
    queryset = MedicationOrder.objects.all()
    serializer_class = MedicationOrderSerializer
    what = "medication"
    permissions = {"list": "careplans.view_medicationorder", "retrieve": "careplans.view_medicationorder"}

    def rows(self, queryset: Any) -> Any:
        return super().rows(queryset).select_related("client")


ROUTES: list = [
    ("care-plans", CarePlanViewSet, "care-plan"),
    ("assessments", AssessmentViewSet, "assessment"),
    ("vital-readings", ReadingViewSet, "vital-reading"),
    ("medication-orders", MedicationOrderViewSet, "medication-order"),
]
