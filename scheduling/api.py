"""Visits and patterns in JSON. ROUTES: (prefix under /api/v1/, viewset, basename). Writes call the pages' services."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

import django_filters
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Client
from homecare.accounts.models import Branch
from homecare.api.viewsets import IdempotentWrites, ScopedViewSet
from homecare.audit.services.event import record_view
from homecare.clock import minutes_between, monday_of, today, week_bounds
from scheduling.api_absence import ABSENCE_ROUTES
from scheduling.api_appointment import APPOINTMENT_ROUTES
from scheduling.api_broadcast import BROADCAST_ROUTES
from scheduling.api_calendar import CALENDAR_ROUTES
from scheduling.api_evv import EVV_ROUTES
from scheduling.api_field import FIELD_ROUTES
from scheduling.api_holiday import HOLIDAY_ROUTES
from scheduling.api_offer import OFFER_ROUTES
from scheduling.api_parts import OwnField
from scheduling.api_publication import PUBLICATION_ROUTES
from scheduling.api_roster import ROSTER_ROUTES
from scheduling.api_rotation import ROTATION_ROUTES
from scheduling.api_series import SERIES_ROUTES
from scheduling.api_service_type import SERVICE_TYPE_ROUTES
from scheduling.api_sharing import SharerSerializer, SharesPatterns, SharesVisits
from scheduling.api_waiting import WAITING_ROUTES
from scheduling.models import AssignmentRule, Schedule, ServiceType, Visit, Waiting
from scheduling.pattern import Assignment
from scheduling.services.schedule import create_schedule, end_schedule
from scheduling.services.visit import UNCHANGED, assign_visit, cancel_visit, create_visit, move_visit
from staff.models import Member


class VisitSerializer(serializers.ModelSerializer):
    """Times are UTC. A visit without `caregiver` is open (unfilled). Send `version` back with a change.

    A visit with a `leader` is another client's part of the same stay; its minutes are `time_weight` of `time_total`.
    """

    class Meta:
        model = Visit
        fields = [
            "id",
            "branch",
            "client",
            "service_type",
            "schedule",
            "occurrence_on",
            "slot",
            "leader",
            "time_weight",
            "time_total",
            "caregiver",
            "status",
            "starts_at",
            "ends_at",
            "started_at",
            "finished_at",
            "approved_minutes",
            "is_changed_by_hand",
            "cancel_reason",
            "note",
            "version",
        ]


class PlacingSerializer(serializers.Serializer):
    override_reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    version = serializers.IntegerField(required=False, allow_null=True, default=None)


class NewVisitSerializer(PlacingSerializer):
    client = OwnField(queryset=Client.objects.none())
    service_type = OwnField(queryset=ServiceType.objects.none())
    caregiver = OwnField(queryset=Member.objects.none(), required=False, allow_null=True, default=None)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)


class AssignSerializer(PlacingSerializer):
    caregiver = OwnField(queryset=Member.objects.none(), allow_null=True)


class MoveSerializer(PlacingSerializer):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    caregiver = OwnField(queryset=Member.objects.none(), required=False, allow_null=True)


class CancelSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=200)
    version = serializers.IntegerField(required=False, allow_null=True, default=None)
    for_everybody = serializers.BooleanField(
        required=False, default=False, help_text="Of a shared visit: for all its clients, not for this one alone."
    )


class VisitFilter(django_filters.FilterSet):
    """`from` and `to` are moments: visits that start in [from, to)."""

    to = django_filters.IsoDateTimeFilter(field_name="starts_at", lookup_expr="lt")
    status = django_filters.MultipleChoiceFilter(choices=Visit.Status.choices)
    unfilled = django_filters.BooleanFilter(field_name="caregiver", lookup_expr="isnull")

    class Meta:
        model = Visit
        fields = ["branch", "client", "caregiver", "schedule", "service_type"]


# `from` is a word of the language, so it cannot be an attribute.
VisitFilter.base_filters["from"] = django_filters.IsoDateTimeFilter(field_name="starts_at", lookup_expr="gte")

WEEK_FIELDS = ("id", "version", "caregiver_id", "client_id", "service_type_id", "starts_at", "ends_at", "status")


class WeekRowSerializer(serializers.Serializer):
    """One visit of the compact week listing."""

    id = serializers.IntegerField()
    v = serializers.IntegerField(help_text="version")
    m = serializers.IntegerField(allow_null=True, help_text="caregiver (member id), null: unfilled")
    c = serializers.IntegerField(help_text="client id")
    s = serializers.IntegerField(help_text="service type id")
    t = serializers.CharField(help_text="start, UTC, to the minute")
    n = serializers.IntegerField(help_text="length in minutes")
    st = serializers.CharField(help_text="status")


class VisitWeekSerializer(serializers.Serializer):
    monday = serializers.DateField()
    time_zone = serializers.CharField(help_text="the week begins at this zone's Monday 00:00")
    visits = WeekRowSerializer(many=True)


class VisitViewSet(SharesVisits, IdempotentWrites, mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """Visits: list and read, plan one, assign, move, cancel, and a whole week in one compact answer."""

    queryset = Visit.objects.none()
    serializer_class = VisitSerializer
    filterset_class = VisitFilter
    permissions: ClassVar[dict[str, str | None]] = {
        "list": "scheduling.view_visit",
        "retrieve": "scheduling.view_visit",
        "week": "scheduling.view_visit",
        "create": "scheduling.add_visit",
        "assign": "scheduling.change_visit",
        "move": "scheduling.change_visit",
        "cancel": "scheduling.change_visit",
        "share": "scheduling.change_visit",
    }

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        visit = self.get_object()
        record_view(visit, by=self.person, what="visit")
        return Response(VisitSerializer(visit).data)

    @extend_schema(request=NewVisitSerializer, responses={201: VisitSerializer})
    def create(self, request: Request) -> Response:
        data = self.checked(NewVisitSerializer)
        data.pop("version")
        visit = create_visit(data.pop("client"), **data, by=self.person)
        return Response(VisitSerializer(visit).data, status=201)

    @extend_schema(request=AssignSerializer, responses=VisitSerializer)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        data = self.checked(AssignSerializer)
        return Response(VisitSerializer(assign_visit(self.get_object(), **data, by=self.person)).data)

    @extend_schema(request=MoveSerializer, responses=VisitSerializer)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        data = {"caregiver": UNCHANGED} | self.checked(MoveSerializer)
        return Response(VisitSerializer(move_visit(self.get_object(), **data, by=self.person)).data)

    @extend_schema(request=CancelSerializer, responses=VisitSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        data = self.checked(CancelSerializer)
        return Response(VisitSerializer(cancel_visit(self.get_object(), **data, by=self.person)).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("monday", dt.date, description="Any day of the week wanted; default this week."),
            OpenApiParameter("branch", int, description="Default: all branches this person works with."),
        ],
        responses=VisitWeekSerializer,
        filters=False,
    )
    @action(detail=False, methods=["get"], filterset_class=None, pagination_class=None)
    def week(self, request: Request) -> Response:
        """All visits of a week that are not cancelled, in one answer with short field names."""
        asked = WeekQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        zone_name, visits = self._week_of(asked.validated_data.get("branch"))
        monday = monday_of(asked.validated_data.get("monday") or today(zone_name))
        first, last = week_bounds(monday, zone_name)
        rows = visits.exclude(status=Visit.Status.CANCELLED).filter(starts_at__gte=first, starts_at__lt=last)
        listed = [
            {
                "id": pk,
                "v": version,
                "m": member,
                "c": client,
                "s": service,
                "t": starts_at.strftime("%Y-%m-%dT%H:%MZ"),
                "n": minutes_between(starts_at, ends_at),
                "st": status,
            }
            for pk, version, member, client, service, starts_at, ends_at, status in rows.order_by(
                "starts_at", "id"
            ).values_list(*WEEK_FIELDS)
        ]
        return Response({"monday": monday, "time_zone": zone_name, "visits": listed})

    def _week_of(self, branch_id: int | None) -> tuple[str, Any]:
        """(zone that says when the week begins, the visits to choose from)."""
        branches = Branch.objects.visible_to(self.request.user)  # type: ignore[arg-type]
        visits = self.get_queryset()
        if branch_id is not None:
            branch = get_object_or_404(branches, pk=branch_id)
            return branch.time_zone, visits.filter(branch=branch)
        first = branches.order_by("pk").first()
        return (first.time_zone if first else "UTC"), visits


class WeekQuery(serializers.Serializer):
    monday = serializers.DateField(required=False)
    branch = serializers.IntegerField(required=False)


class AssignmentSerializer(serializers.ModelSerializer):
    member = OwnField(queryset=Member.objects.none())
    weekdays = serializers.ListField(child=serializers.IntegerField(min_value=0, max_value=6), required=False)
    since = serializers.DateField(required=False, allow_null=True)

    class Meta:
        model = AssignmentRule
        fields = ["member", "slot", "weekdays", "since", "until", "every_weeks"]


class ScheduleSerializer(serializers.ModelSerializer):
    """`rule` is RFC 5545 counted from `starts_on`; `start_time` is the branch's wall clock."""

    assignments = AssignmentSerializer(source="assignment_rules", many=True, read_only=True)
    sharers = SharerSerializer(many=True, read_only=True)

    class Meta:
        model = Schedule
        fields = [
            "id",
            "client",
            "service_type",
            "status",
            "rule",
            "starts_on",
            "ends_on",
            "start_time",
            "duration_minutes",
            "head_count",
            "note",
            "continues",
            "materialised_until",
            "assignments",
            "time_weight",
            "sharers",
        ]


class NewScheduleSerializer(serializers.ModelSerializer):
    client = OwnField(queryset=Client.objects.none())
    service_type = OwnField(queryset=ServiceType.objects.none())
    assignments = AssignmentSerializer(many=True, required=False)
    override_reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    waiting = OwnField(queryset=Waiting.objects.none(), many=True, required=False)

    class Meta:
        model = Schedule
        fields = [
            "client",
            "service_type",
            "rule",
            "starts_on",
            "ends_on",
            "start_time",
            "duration_minutes",
            "head_count",
            "note",
            "assignments",
            "override_reason",
            "waiting",
        ]


class EndScheduleSerializer(serializers.Serializer):
    ends_on = serializers.DateField()
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class ScheduleViewSet(
    SharesPatterns, IdempotentWrites, mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet
):
    """Patterns: list and read, begin one (its visits are made), end one (its later visits are cancelled)."""

    queryset = Schedule.objects.none()
    serializer_class = ScheduleSerializer
    filterset_fields = ["client", "service_type", "status"]
    permissions: ClassVar[dict[str, str | None]] = {
        "list": "scheduling.view_schedule",
        "retrieve": "scheduling.view_schedule",
        "create": "scheduling.add_schedule",
        "end": "scheduling.change_schedule",
        "share": "scheduling.change_schedule",
    }

    def rows(self, queryset: Any) -> Any:
        return queryset.select_related("client__branch").prefetch_related("assignment_rules", "sharers")

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        schedule = self.get_object()
        record_view(schedule.client, by=self.person, what="schedule")
        return Response(ScheduleSerializer(schedule).data)

    @extend_schema(request=NewScheduleSerializer, responses={201: ScheduleSerializer})
    def create(self, request: Request) -> Response:
        data = self.checked(NewScheduleSerializer)
        if data.get("waiting") and not self.person.has_perm("scheduling.change_waiting"):
            raise PermissionDenied
        lines = [
            Assignment(
                member_id=line["member"].pk,
                slot=line.get("slot", 1),
                weekdays=tuple(line.get("weekdays", ())),
                since=line.get("since"),
                until=line.get("until"),
                every_weeks=line.get("every_weeks", 1),
            )
            for line in data.pop("assignments", [])
        ]
        made = create_schedule(data.pop("client"), **data, assignments=lines, by=self.person)
        answer = ScheduleSerializer(made.schedule).data
        left_open = [
            {"visit": row.visit.pk, "sentences": [one.sentence for one in row.findings]} for row in made.left_open
        ]
        return Response({**answer, "visits": len(made.planned), "left_open": left_open}, status=201)

    @extend_schema(request=EndScheduleSerializer, responses=ScheduleSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        schedule = self.get_object()
        cancelled = end_schedule(schedule, **self.checked(EndScheduleSerializer), by=self.person)
        return Response({**ScheduleSerializer(self.get_object()).data, "cancelled": len(cancelled)})


ROUTES: list = [
    ("visits", VisitViewSet, "visit"),
    ("schedules", ScheduleViewSet, "schedule"),
    *OFFER_ROUTES,
    *APPOINTMENT_ROUTES,
    *BROADCAST_ROUTES,
    *HOLIDAY_ROUTES,
    *CALENDAR_ROUTES,
    *WAITING_ROUTES,
    *FIELD_ROUTES,
    *SERVICE_TYPE_ROUTES,
    *SERIES_ROUTES,
    *ROSTER_ROUTES,
    *ABSENCE_ROUTES,
    *ROTATION_ROUTES,
    *PUBLICATION_ROUTES,
    *EVV_ROUTES,
]
