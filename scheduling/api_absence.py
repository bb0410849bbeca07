"""Sudden absences in JSON: report one, see who could take its visits, give them to others."""

from __future__ import annotations

from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from homecare.api.viewsets import IdempotentWrites, ScopedViewSet
from homecare.audit.services.event import record_view
from scheduling.absences import covering_of, lost_visits, open_among, propose
from scheduling.api_parts import OverrideSerializer, OwnField, Placing
from scheduling.models import LostVisit, Visit
from scheduling.services.absence import Choice, cover_visits, report_absence
from staff.models import Member, TimeOff

CHANGE = "scheduling.change_visit"


class AbsenceSerializer(serializers.ModelSerializer):
    """Time off that cost visits. Counts: lost, covered again, cancelled, still open."""

    lost = serializers.SerializerMethodField()
    covered = serializers.SerializerMethodField()
    cancelled = serializers.SerializerMethodField()
    open = serializers.SerializerMethodField()

    class Meta:
        model = TimeOff
        fields = ["id", "member", "starts_at", "ends_at", "reason", "status", "lost", "covered", "cancelled", "open"]
        read_only_fields = fields

    def _covering(self, row: TimeOff) -> Any:
        return self.context["covering"][row.pk]

    def get_lost(self, row: TimeOff) -> int:
        return self._covering(row).lost

    def get_covered(self, row: TimeOff) -> int:
        return self._covering(row).covered

    def get_cancelled(self, row: TimeOff) -> int:
        return self._covering(row).cancelled

    def get_open(self, row: TimeOff) -> int:
        return self._covering(row).open


class NewAbsenceSerializer(serializers.Serializer):
    member = OwnField(queryset=Member.objects.none())
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = serializers.ChoiceField(choices=TimeOff.Reason.choices, default=TimeOff.Reason.SICK)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if data["ends_at"] <= data["starts_at"]:
            raise serializers.ValidationError({"ends_at": "The end is not after the start."})
        return data


class CandidateSerializer(serializers.Serializer):
    member = serializers.IntegerField(source="member.pk")
    score = serializers.IntegerField()
    why = serializers.CharField()
    sentences = serializers.SerializerMethodField(help_text="Warnings that want a reason.")

    def get_sentences(self, row: Any) -> list[str]:
        return [finding.sentence for finding in row.findings]


class ProposalSerializer(serializers.Serializer):
    """`best` null: nobody can take it. `starts_at` differs from the visit's when moving it helps."""

    visit = serializers.IntegerField(source="visit.pk")
    version = serializers.IntegerField(source="visit.version")
    starts_at = serializers.DateTimeField(allow_null=True)
    is_moved = serializers.BooleanField()
    needs_reason = serializers.BooleanField()
    best = CandidateSerializer(allow_null=True)
    others = CandidateSerializer(many=True)


class ChoiceSerializer(serializers.Serializer):
    visit = OwnField(queryset=Visit.objects.none())
    member = OwnField(queryset=Member.objects.none())
    starts_at = serializers.DateTimeField(required=False, help_text="Without it the visit keeps its time.")
    version = serializers.IntegerField(required=False, allow_null=True, default=None)


class CoverSerializer(OverrideSerializer):
    choices = ChoiceSerializer(many=True, allow_empty=False)


class RefusedSerializer(serializers.Serializer):
    visit = serializers.IntegerField()
    sentence = serializers.CharField()


class CoveredSerializer(serializers.Serializer):
    taken = serializers.ListField(child=serializers.IntegerField())
    refused = RefusedSerializer(many=True)


class AbsenceViewSet(Placing, IdempotentWrites, mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """Caregivers who suddenly cannot come: report, proposals for at most twelve open visits, cover."""

    queryset = TimeOff.objects.none()
    serializer_class = AbsenceSerializer
    filterset_fields = ["member"]
    permissions: ClassVar[dict[str, str | None]] = {
        "list": CHANGE,
        "retrieve": CHANGE,
        "create": CHANGE,
        "proposals": CHANGE,
        "cover": CHANGE,
    }

    def rows(self, queryset: Any) -> Any:
        if self.action in ("list", "retrieve"):  # an absence that cost nothing is plain time off
            queryset = queryset.filter(pk__in=LostVisit.objects.values("time_off"))
        return queryset.select_related("member__branch", "member__user")

    def shown(self, absences: list[TimeOff]) -> Any:
        return AbsenceSerializer(absences, many=True, context={"covering": covering_of(absences)}).data

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.shown(list(page or ())))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        absence = self.get_object()
        record_view(absence, by=self.person, what="absence")
        return Response(self.shown([absence])[0])

    @extend_schema(request=NewAbsenceSerializer, responses={201: AbsenceSerializer})
    def create(self, request: Request) -> Response:
        """Holds the time and opens the caregiver's visits in it."""
        data = self.checked(NewAbsenceSerializer)
        absence = report_absence(data.pop("member"), **data, by=self.person)
        return Response(self.shown([absence])[0], status=201)

    @extend_schema(responses=ProposalSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def proposals(self, request: Request, pk: str) -> Response:
        """Who could take each open visit, best first; they do not collide with each other."""
        absence = self.get_object()
        found = propose(open_among(lost_visits(absence, self.person)), without=absence.member)
        return Response(ProposalSerializer(found, many=True).data)

    @extend_schema(request=CoverSerializer, responses=CoveredSerializer)
    @action(detail=True, methods=["post"])
    def cover(self, request: Request, pk: str) -> Response:
        """Gives visits to others, each by itself; what is refused stays open and says why."""
        absence, data = self.get_object(), self.checked(CoverSerializer)
        mine = lost_visits(absence, self.person)
        choices = []
        for row in data["choices"]:
            visit = get_object_or_404(mine, pk=row["visit"].pk)
            member = get_object_or_404(Member, pk=row["member"].pk, branch=visit.branch_id)
            choices.append(Choice(visit, member, row.get("starts_at", visit.starts_at), row["version"]))
        result = cover_visits(absence, choices, by=self.person, override_reason=data["override_reason"])
        refused = [{"visit": visit.pk, "sentence": sentence} for visit, sentence in result.refused]
        return Response({"taken": [visit.pk for visit in result.taken], "refused": refused})


ABSENCE_ROUTES: list = [("absences", AbsenceViewSet, "absence")]
