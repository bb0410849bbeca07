"""JSON in and out. ROUTES: (prefix under /api/v1/, viewset, basename)."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from homecare.accounts.models import Branch
from homecare.api.viewsets import IdempotentWrites, ReadViewSet
from staff.models import Availability, Credential, CredentialType, Member, Role, Team, TimeOff
from staff.services.availability import set_week
from staff.services.credential import add_credential, verify_credential
from staff.services.member import hire_member, update_member
from staff.services.team import change_team, make_team
from staff.services.time_off import approve_time_off, cancel_time_off, decline_time_off, request_time_off


class VisibleField(serializers.PrimaryKeyRelatedField):
    """A row the caller may see; another one is refused as if it did not exist."""

    def get_queryset(self) -> Any:
        model: Any = cast(QuerySet, super().get_queryset()).model
        return model.objects.visible_to(self.context["request"].user)


class MemberSerializer(serializers.ModelSerializer):
    branch = VisibleField(queryset=Branch.objects.all())
    role = serializers.SlugRelatedField(slug_field="code", queryset=Role.objects.all())
    employee_number = serializers.CharField(required=False, max_length=20)

    class Meta:
        model = Member
        fields = [
            "id",
            "branch",
            "role",
            "employee_number",
            "first_name",
            "last_name",
            "preferred_name",
            "gender",
            "phone",
            "email",
            "status",
            "hired_on",
            "left_on",
            "line1",
            "city",
            "state",
            "postal_code",
            "latitude",
            "longitude",
            "languages",
            "transport",
            "weekly_minutes_wanted",
            "weekly_minutes_limit",
            "daily_minutes_limit",
            "daily_visits_limit",
            "weekly_minutes_guaranteed",
            "weekly_visits_guaranteed",
            "avoids_pets",
            "avoids_smoke",
            "smokes",
        ]
        read_only_fields = ["status", "left_on"]


class LineSerializer(serializers.ModelSerializer):
    class Meta:
        model = Availability
        fields = ["id", "member", "weekday", "starts", "ends", "since", "until"]


class WeekLineSerializer(serializers.Serializer):
    weekday = serializers.IntegerField(min_value=0, max_value=6)
    starts = serializers.TimeField()
    ends = serializers.TimeField(help_text="00:00 is midnight at the end of the day.")


class AvailabilityWeekSerializer(serializers.Serializer):
    """A whole week in branch local time, from `since` on."""

    since = serializers.DateField()
    lines = WeekLineSerializer(many=True)


class CredentialSerializer(serializers.ModelSerializer):
    member = VisibleField(queryset=Member.objects.all())
    type = serializers.SlugRelatedField(slug_field="code", queryset=CredentialType.objects.all())

    class Meta:
        model = Credential
        fields = [
            "id", "member", "type", "number", "issued_on", "expires_on", "verified_by", "verified_on", "withdrawn_on",
        ]  # fmt: skip
        read_only_fields = ["verified_by", "verified_on", "withdrawn_on"]


class TimeOffSerializer(serializers.ModelSerializer):
    member = VisibleField(queryset=Member.objects.all())

    class Meta:
        model = TimeOff
        fields = [
            "id", "member", "starts_at", "ends_at", "reason", "note", "status", "decided_by", "decision_comment",
        ]  # fmt: skip
        read_only_fields = ["status", "decided_by", "decision_comment"]


class CommentSerializer(serializers.Serializer):
    comment = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")


class MemberViewSet(IdempotentWrites, ReadViewSet):
    """Staff members. `PUT {id}/availability/` sets the weekly hours."""

    queryset = Member.objects.all()
    serializer_class = MemberSerializer
    permissions = {
        "list": "staff.view_member",
        "retrieve": "staff.view_member",
        "create": "staff.add_member",
        "partial_update": "staff.change_member",
        "availability": "staff.change_availability",
    }

    def rows(self, queryset: Any) -> Any:
        return queryset.select_related("role")

    def create(self, request: Request) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        row = hire_member(by=request.user, **form.validated_data)  # type: ignore[arg-type]
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        member = self.get_object()
        form = self.get_serializer(member, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        return Response(self.get_serializer(update_member(member, by=request.user, **form.validated_data)).data)  # type: ignore[arg-type]

    @action(detail=True, methods=["put"], serializer_class=AvailabilityWeekSerializer)
    def availability(self, request: Request, pk: str | None = None) -> Response:
        member = self.get_object()
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        lines = [(line["weekday"], line["starts"], line["ends"]) for line in form.validated_data["lines"]]
        rows = set_week(member, lines, since=form.validated_data["since"], by=request.user)  # type: ignore[arg-type]
        return Response(LineSerializer(rows, many=True).data)


class AvailabilityViewSet(ReadViewSet):
    """Weekly hours, line by line."""

    queryset = Availability.objects.all()
    serializer_class = LineSerializer
    permissions = {"list": "staff.view_availability", "retrieve": "staff.view_availability"}


class CredentialViewSet(IdempotentWrites, ReadViewSet):
    queryset = Credential.objects.all()
    serializer_class = CredentialSerializer
    permissions = {
        "list": "staff.view_credential",
        "retrieve": "staff.view_credential",
        "create": "staff.add_credential",
        "verify": "staff.change_credential",
    }

    def rows(self, queryset: Any) -> Any:
        return queryset.select_related("type")

    def create(self, request: Request) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        row = add_credential(by=request.user, **form.validated_data)  # type: ignore[arg-type]
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)

    @action(detail=True, methods=["post"], serializer_class=CredentialSerializer)
    def verify(self, request: Request, pk: str | None = None) -> Response:
        return Response(self.get_serializer(verify_credential(self.get_object(), by=request.user)).data)  # type: ignore[arg-type]


class TimeOffViewSet(IdempotentWrites, ReadViewSet):
    queryset = TimeOff.objects.all()
    serializer_class = TimeOffSerializer
    permissions = {
        "list": "staff.view_timeoff",
        "retrieve": "staff.view_timeoff",
        "create": "staff.add_timeoff",
        "approve": "staff.change_timeoff",
        "decline": "staff.change_timeoff",
        "cancel": "staff.change_timeoff",
    }

    def create(self, request: Request) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        row = request_time_off(by=request.user, **form.validated_data)  # type: ignore[arg-type]
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)

    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str | None = None) -> Response:
        return Response(self.get_serializer(approve_time_off(self.get_object(), by=request.user)).data)  # type: ignore[arg-type]

    @action(detail=True, methods=["post"], serializer_class=CommentSerializer)
    def decline(self, request: Request, pk: str | None = None) -> Response:
        row = get_object_or_404(self.get_queryset(), pk=pk)
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        row = decline_time_off(row, by=request.user, comment=form.validated_data["comment"])  # type: ignore[arg-type]
        return Response(TimeOffSerializer(row, context={"request": request}).data)

    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        return Response(self.get_serializer(cancel_time_off(self.get_object(), by=request.user)).data)  # type: ignore[arg-type]


class TeamSerializer(serializers.ModelSerializer):
    """`version` grows with each change. Send the one you read and a change over somebody else's is refused (409)."""

    branch = VisibleField(queryset=Branch.objects.all())
    members = VisibleField(queryset=Member.objects.all(), many=True, required=False)

    class Meta:
        model = Team
        fields = ["id", "branch", "name", "members", "coordinators", "version"]
        read_only_fields = ["coordinators"]
        validators: list = []  # the database says which name is taken


class TeamChangeSerializer(TeamSerializer):
    """What is sent is changed; a team stays in its branch."""

    branch: Any = serializers.PrimaryKeyRelatedField(read_only=True)
    version = serializers.IntegerField(required=False, min_value=1)


class TeamViewSet(IdempotentWrites, ReadViewSet):
    """Caregivers who are planned together. Who plans them is chosen on the team's page."""

    queryset = Team.objects.all()
    serializer_class = TeamSerializer
    permissions = {
        "list": "staff.view_team",
        "retrieve": "staff.view_team",
        "create": "staff.add_team",
        "partial_update": "staff.change_team",
    }

    def rows(self, queryset: Any) -> Any:
        return queryset.prefetch_related("members", "coordinators")

    def create(self, request: Request) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        row = make_team(by=request.user, **form.validated_data)  # type: ignore[arg-type]
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=TeamChangeSerializer, responses=TeamSerializer)
    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        team = self.get_object()
        form = TeamChangeSerializer(team, data=request.data, partial=True, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        row = change_team(team, by=request.user, **form.validated_data)  # type: ignore[arg-type]
        return Response(self.get_serializer(row).data)


ROUTES: list = [
    ("members", MemberViewSet, "member"),
    ("credentials", CredentialViewSet, "credential"),
    ("availability", AvailabilityViewSet, "availability"),
    ("time-off", TimeOffViewSet, "time-off"),
    ("teams", TeamViewSet, "team"),
]
