"""Rotations in JSON: make one whole, draft what it changes (a roster, applied as every other one)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from homecare.accounts.models import Branch
from homecare.api.viewsets import IdempotentWrites, ScopedViewSet
from scheduling.api_parts import OwnField, Placing
from scheduling.api_roster import RosterSerializer
from scheduling.models import Rotation, RotationShift, RotationTurner, Schedule
from scheduling.services.rotation import add_shift, add_turner, create_rotation, draft_rotation, update_rotation
from staff.models import Member

PLAN = "scheduling.add_roster"
CHANGE = "scheduling.change_schedule"


class ShiftSerializer(serializers.ModelSerializer):
    """`weekdays` 0 Monday … 6 Sunday; empty: all days of the pattern."""

    schedule = OwnField(queryset=Schedule.objects.none())
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6), required=False, default=list
    )

    class Meta:
        model = RotationShift
        fields = ["row", "schedule", "slot", "weekdays"]


class TurnerSerializer(serializers.ModelSerializer):
    """`first_row` is theirs in the rotation's first week, also when they join later (on a Monday)."""

    member = OwnField(queryset=Member.objects.none())

    class Meta:
        model = RotationTurner
        fields = ["member", "first_row", "since", "until"]


class RotationSerializer(serializers.ModelSerializer):
    branch = OwnField(queryset=Branch.objects.none())
    shifts = ShiftSerializer(many=True)
    turners = TurnerSerializer(many=True)

    class Meta:
        model = Rotation
        fields = ["id", "branch", "name", "weeks", "starts_on", "ends_on", "shifts", "turners"]
        validators: ClassVar[list] = []  # the service and the database say it beside its field


class ChangeSerializer(RotationSerializer):
    """What may be changed of a rotation: everything but its branch, each only when given."""

    shifts = ShiftSerializer(many=True, required=False)
    turners = TurnerSerializer(many=True, required=False)

    class Meta(RotationSerializer.Meta):
        fields = ["name", "weeks", "starts_on", "ends_on", "shifts", "turners"]
        extra_kwargs: ClassVar[dict] = {name: {"required": False} for name in ("name", "weeks", "starts_on")}


class RotationViewSet(Placing, IdempotentWrites, mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """Caregivers who step through rows of shifts, week by week. Nothing changes before its draft is applied."""

    queryset = Rotation.objects.none()
    serializer_class = RotationSerializer
    filterset_fields = ["branch"]
    permissions: ClassVar[dict[str, str | None]] = {
        "list": PLAN,
        "retrieve": PLAN,
        "create": CHANGE,
        "partial_update": CHANGE,
        "draft": CHANGE,
    }

    def rows(self, queryset: Any) -> Any:
        return queryset.select_related("branch").prefetch_related("shifts", "turners")

    @extend_schema(request=RotationSerializer, responses={201: RotationSerializer})
    @transaction.atomic
    def create(self, request: Request) -> Response:
        data = self.checked(RotationSerializer)
        shifts, turners = data.pop("shifts"), data.pop("turners")
        made = create_rotation(data.pop("branch"), **data, by=self.person)
        for shift in shifts:
            add_shift(made, **shift, by=self.person)
        for turner in turners:
            add_turner(made, **turner, by=self.person)
        return Response(RotationSerializer(self.get_queryset().get(pk=made.pk)).data, status=201)

    @extend_schema(request=ChangeSerializer, responses=RotationSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """`shifts` and `turners`, when given, are all it then has. The plan changes when the next draft is applied."""
        data = self.checked(ChangeSerializer)
        parts = {name: data.pop(name, None) for name in ("shifts", "turners")}
        update_rotation(self.get_object(), data, **parts, by=self.person)
        return Response(RotationSerializer(self.get_object()).data)

    @extend_schema(request=None, responses={201: RosterSerializer})
    @action(detail=True, methods=["post"])
    def draft(self, request: Request, pk: str) -> Response:
        """A roster of every visit ahead that it touches; apply or discard it as every roster."""
        return Response(RosterSerializer(draft_rotation(self.get_object(), by=self.person)).data, status=201)


ROTATION_ROUTES: list = [("rotations", RotationViewSet, "rotation")]
