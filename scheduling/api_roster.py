"""Draft rosters in JSON: begin one, read its lines and figures, change a line, apply, discard."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import django_filters
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from homecare.accounts.models import Branch
from homecare.api.viewsets import IdempotentWrites, ScopedViewSet
from homecare.audit.services.event import record_view
from scheduling.api_parts import OverrideSerializer, OwnField, Placing
from scheduling.models import Roster, RosterLine
from scheduling.roster_figures import compare
from scheduling.services.roster import (
    RosterRefused,
    apply_roster,
    begin_roster,
    change_line,
    discard_roster,
    finish_search,
)
from scheduling.services.roster_search import plan_again
from staff.models import Member

PLAN = "scheduling.add_roster"
CHANGE = "scheduling.change_roster"


class SearchSerializer(serializers.Serializer):
    """How far the search is."""

    status = serializers.CharField()
    percent = serializers.IntegerField()
    message = serializers.CharField()


class RosterSerializer(serializers.ModelSerializer):
    """A draft beside the live plan, which changes only when it is applied."""

    search = SearchSerializer(source="job", read_only=True, allow_null=True)

    class Meta:
        model = Roster
        fields = [
            "id",
            "branch",
            "first_on",
            "last_on",
            "origin",
            "status",
            "only_open",
            "seconds",
            "search",
            "created_at",
            "applied_at",
        ]
        read_only_fields = fields


class NewRosterSerializer(serializers.Serializer):
    branch = OwnField(queryset=Branch.objects.none())
    first_on = serializers.DateField()
    last_on = serializers.DateField(help_text="Inclusive; four weeks at most.")
    origin = serializers.ChoiceField(choices=Roster.BEGINNINGS, default=Roster.Origin.ENGINE)
    only_open = serializers.BooleanField(default=True)
    seconds = serializers.IntegerField(default=60, min_value=5, max_value=900)


class RosterLineSerializer(serializers.ModelSerializer):
    """One visit: who has it and when, who would; `warnings` speak against it, `reasons` say why nobody takes it."""

    class Meta:
        model = RosterLine
        fields = [
            "id",
            "roster",
            "visit",
            "caregiver_before",
            "starts_before",
            "caregiver",
            "starts_at",
            "is_changed",
            "is_by_hand",
            "warnings",
            "reasons",
        ]
        read_only_fields = fields


class LineChangeSerializer(serializers.Serializer):
    caregiver = OwnField(queryset=Member.objects.none(), allow_null=True)
    starts_at = serializers.DateTimeField(required=False, help_text="Without it the line keeps its time.")


class PlanFiguresSerializer(serializers.Serializer):
    visits = serializers.IntegerField()
    filled = serializers.IntegerField()
    unfilled = serializers.IntegerField()
    minutes = serializers.IntegerField(help_text="of care")
    travel = serializers.IntegerField(help_text="minutes, homes included")
    carers = serializers.FloatField(help_text="caregivers a client sees, on average")
    over_limit = serializers.IntegerField(help_text="minutes over weekly limits")


class RosterFiguresSerializer(serializers.Serializer):
    live = PlanFiguresSerializer()
    roster = PlanFiguresSerializer()


class AppliedSerializer(RosterSerializer):
    changed = serializers.IntegerField(help_text="Visits that changed.", default=0)

    class Meta(RosterSerializer.Meta):
        fields = [*RosterSerializer.Meta.fields, "changed"]


class RosterViewSet(Placing, IdempotentWrites, mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """Draft rosters: begin, watch, compare, finish the search early, apply in one transaction, discard.

    A refused application names what stands in the way: {"changed": [lines], "blocked": [{"line", "sentence"}]}.
    """

    queryset = Roster.objects.none()
    serializer_class = RosterSerializer
    filterset_fields = ["branch", "status", "origin"]
    permissions: ClassVar[dict[str, str | None]] = {
        "list": PLAN,
        "retrieve": PLAN,
        "create": PLAN,
        "figures": PLAN,
        "finish": PLAN,
        "plan_again": PLAN,
        "apply": CHANGE,
        "discard": CHANGE,
    }

    def rows(self, queryset: Any) -> Any:
        return queryset.select_related("branch", "job")

    def handle_exception(self, error: Exception) -> Response:
        response = super().handle_exception(error)
        if isinstance(error, RosterRefused) and error.detail:
            response.data["changed"] = [line.pk for line in error.detail.changed]
            response.data["blocked"] = [{"line": line.pk, "sentence": why} for line, why in error.detail.blocked]
        return response

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        roster = self.get_object()
        record_view(roster, by=self.person, what="roster")
        return Response(RosterSerializer(roster).data)

    @extend_schema(request=NewRosterSerializer, responses={201: RosterSerializer})
    def create(self, request: Request) -> Response:
        data = self.checked(NewRosterSerializer)
        roster = begin_roster(data.pop("branch"), **data, by=self.person)
        return Response(RosterSerializer(roster).data, status=201)

    @extend_schema(responses=RosterFiguresSerializer)
    @action(detail=True, methods=["get"])
    def figures(self, request: Request, pk: str) -> Response:
        """The live plan and the roster over the same visits."""
        roster = self.get_object()
        lines = RosterLine.objects.visible_to(self.person).filter(roster=roster).select_related("visit")
        live, drafted = compare(list(lines), roster.branch.time_zone)
        figures = {"live": live, "roster": drafted}
        return Response({name: dataclasses.asdict(row) | {"unfilled": row.unfilled} for name, row in figures.items()})

    @extend_schema(request=None, responses=RosterSerializer)
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, pk: str) -> Response:
        """Ends the search; the best found so far becomes the draft."""
        finish_search(self.get_object())
        return Response(RosterSerializer(self.get_object()).data)

    @extend_schema(request=None, responses=RosterSerializer)
    @action(detail=True, methods=["post"])
    def plan_again(self, request: Request, pk: str) -> Response:
        """Searches anew after a search has failed."""
        plan_again(self.get_object(), by=self.person)
        return Response(RosterSerializer(self.get_object()).data)

    @extend_schema(request=OverrideSerializer, responses=AppliedSerializer)
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: str) -> Response:
        """The draft becomes the plan: all lines or none."""
        reason = self.checked(OverrideSerializer)["override_reason"]
        count = apply_roster(self.get_object(), by=self.person, override_reason=reason)
        return Response({**RosterSerializer(self.get_object()).data, "changed": count})

    @extend_schema(request=None, responses=RosterSerializer)
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: str) -> Response:
        """Throws the draft away; the live plan was never touched."""
        discard_roster(self.get_object(), by=self.person)
        return Response(RosterSerializer(self.get_object()).data)


class RosterLineFilter(django_filters.FilterSet):
    show = django_filters.ChoiceFilter(
        method="shown", choices=[(name, name) for name in ("changed", "unfilled", "warned")]
    )

    class Meta:
        model = RosterLine
        fields = ["roster", "caregiver", "visit"]

    def shown(self, queryset: Any, name: str, value: str) -> Any:
        return getattr(queryset, value)()


class RosterLineViewSet(Placing, IdempotentWrites, mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """The lines of draft rosters (`?roster=`); a change is judged beside the draft's other lines."""

    queryset = RosterLine.objects.none()
    serializer_class = RosterLineSerializer
    filterset_class = RosterLineFilter
    permissions: ClassVar[dict[str, str | None]] = {"list": PLAN, "retrieve": PLAN, "change": CHANGE}

    def rows(self, queryset: Any) -> Any:
        return queryset.select_related("roster__branch", "visit__client", "visit__service_type", "visit__branch")

    @extend_schema(request=LineChangeSerializer, responses=RosterLineSerializer)
    @action(detail=True, methods=["post"])
    def change(self, request: Request, pk: str) -> Response:
        line = self.get_object()
        data = self.checked(LineChangeSerializer)
        member = data["caregiver"]
        if member is not None:
            member = get_object_or_404(Member, pk=member.pk, branch=line.roster.branch_id)
        changed = change_line(line, member, starts_at=data.get("starts_at", line.starts_at), by=self.person)
        return Response(RosterLineSerializer(changed).data)


ROSTER_ROUTES: list = [("rosters", RosterViewSet, "roster"), ("roster-lines", RosterLineViewSet, "roster-line")]
