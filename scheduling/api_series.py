"""Changes of patterns in JSON: for a while, taken back, and undone within the hour."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Client
from homecare.api.viewsets import IdempotentWrites, ScopedViewSet
from homecare.audit.services.event import record_view
from scheduling.api_parts import OverrideSerializer, OwnField, Placing
from scheduling.models import Schedule, SeriesChange, TemporaryChange
from scheduling.pattern import Temporary
from scheduling.services.temporary_change import (
    change_temporarily,
    preview_temporary_change,
    withdraw_temporary_change,
)
from scheduling.services.undo import undo_change
from staff.models import Member


class TemporaryChangeSerializer(serializers.ModelSerializer):
    """Both days inclusive; `start_time` is the branch's wall clock; what is null is as usual."""

    class Meta:
        model = TemporaryChange
        fields = [
            "id",
            "schedule",
            "from_on",
            "until_on",
            "is_paused",
            "start_time",
            "duration_minutes",
            "member",
            "slot",
            "client",
            "reason",
            "created_at",
        ]
        read_only_fields = fields


class NewTemporaryChangeSerializer(OverrideSerializer):
    """Either `is_paused`, or at least one of `start_time`, `duration_minutes`, `member`.

    `client`: of those who share the pattern's visits this one alone pauses, and the others' go on."""

    schedule = OwnField(queryset=Schedule.objects.none())
    from_on = serializers.DateField()
    until_on = serializers.DateField()
    is_paused = serializers.BooleanField(default=False)
    start_time = serializers.TimeField(required=False, allow_null=True, default=None)
    duration_minutes = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=5, max_value=24 * 60
    )
    member = OwnField(queryset=Member.objects.none(), required=False, allow_null=True, default=None)
    slot = serializers.IntegerField(required=False, default=1, min_value=1)
    client = OwnField(queryset=Client.objects.none(), required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    expected = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="The preview's number: refused when it differs now."
    )

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        schedule, member = data["schedule"], data["member"]
        if data["slot"] > schedule.head_count:
            raise serializers.ValidationError({"slot": f"This pattern has {schedule.head_count} place(s)."})
        if member is not None and member.branch_id != schedule.client.branch_id:
            raise serializers.ValidationError({"member": "This caregiver works in another branch."})
        if data["is_paused"] and any(data[name] for name in ("start_time", "duration_minutes", "member")):
            raise serializers.ValidationError({"is_paused": "A pause has no other time, length or caregiver."})
        return data

    @property
    def change(self) -> Temporary:
        data = self.validated_data
        return Temporary(
            data["from_on"],
            data["until_on"],
            is_paused=data["is_paused"],
            start_time=data["start_time"],
            duration_minutes=data["duration_minutes"],
            member_id=data["member"].pk if data["member"] else None,
            slot=data["slot"],
            client_id=data["client"].pk if data["client"] else None,
        )


class VisitChangeSerializer(serializers.Serializer):
    """One visit before and after a change of its pattern."""

    visit = serializers.IntegerField(source="visit.pk", allow_null=True, default=None)
    fate = serializers.CharField()
    starts_at = serializers.DateTimeField(source="when")
    caregiver = serializers.IntegerField(source="caregiver.pk", allow_null=True, default=None)
    goes_on = serializers.IntegerField(
        source="goes_on.pk", allow_null=True, default=None, help_text="The visit that leads without this one."
    )
    sentences = serializers.SerializerMethodField()

    def get_sentences(self, row: Any) -> list[str]:
        return [finding.sentence for finding in row.findings]


class PreviewSerializer(serializers.Serializer):
    affected = serializers.IntegerField(help_text="Send it back as `expected`.")
    changes = VisitChangeSerializer(many=True)


class TemporaryChangeViewSet(
    Placing, IdempotentWrites, mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet
):
    """A pattern pauses or differs for some days: list, read, preview, make one, take one back."""

    queryset = TemporaryChange.objects.none()
    serializer_class = TemporaryChangeSerializer
    filterset_fields = ["schedule"]
    permissions: ClassVar[dict[str, str | None]] = {
        "list": "scheduling.view_schedule",
        "retrieve": "scheduling.view_schedule",
        "create": "scheduling.change_schedule",
        "preview": "scheduling.change_schedule",
        "take_back": "scheduling.change_schedule",
    }

    def rows(self, queryset: Any) -> Any:
        return queryset.select_related("schedule__client__branch", "schedule__service_type")

    def asked(self) -> NewTemporaryChangeSerializer:
        form = NewTemporaryChangeSerializer(data=self.request.data, context={"request": self.request})
        form.is_valid(raise_exception=True)
        return form

    @extend_schema(request=NewTemporaryChangeSerializer, responses={201: TemporaryChangeSerializer})
    def create(self, request: Request) -> Response:
        form = self.asked()
        data = form.validated_data
        made = change_temporarily(
            data["schedule"],
            form.change,
            reason=data["reason"],
            by=self.person,
            override_reason=data["override_reason"],
            expected=data["expected"],
        )
        return Response(TemporaryChangeSerializer(made).data, status=201)

    @extend_schema(request=NewTemporaryChangeSerializer, responses=PreviewSerializer)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """What it would do to each visit of these days; nothing is saved."""
        form = self.asked()
        edit = preview_temporary_change(form.validated_data["schedule"], form.change)
        record_view(edit.schedule.client, by=self.person, what="schedule")
        return Response(PreviewSerializer({"affected": edit.affected, "changes": edit.changes}).data)

    @extend_schema(request=OverrideSerializer, responses=PreviewSerializer)
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, pk: str) -> Response:
        """The days that lie ahead are as the pattern says again; answers with each visit and what became of it."""
        reason = self.checked(OverrideSerializer)["override_reason"]
        edit = withdraw_temporary_change(self.get_object(), by=self.person, override_reason=reason)
        return Response(PreviewSerializer({"affected": edit.affected, "changes": edit.changes}).data)


class SeriesChangeSerializer(serializers.ModelSerializer):
    class Meta:
        model = SeriesChange
        fields = ["id", "schedule", "successor", "kind", "by", "at", "may_be_undone", "undo_until", "undone_at"]
        read_only_fields = fields


class LeftSerializer(serializers.Serializer):
    visit = serializers.IntegerField()
    sentence = serializers.CharField()


class UndoneSerializer(serializers.Serializer):
    schedule = serializers.IntegerField()
    restored = serializers.ListField(child=serializers.IntegerField(), help_text="Visits that are as before.")
    left = LeftSerializer(many=True)
    left_open = LeftSerializer(many=True)


class SeriesChangeViewSet(Placing, IdempotentWrites, mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """What was changed about patterns; the newest change of each can be undone for an hour."""

    queryset = SeriesChange.objects.none()
    serializer_class = SeriesChangeSerializer
    filterset_fields = ["schedule", "kind"]
    permissions: ClassVar[dict[str, str | None]] = {
        "list": "scheduling.view_schedule",
        "retrieve": "scheduling.view_schedule",
        "undo": "scheduling.change_schedule",
    }

    @extend_schema(request=None, responses=UndoneSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Takes it back; `left` changed since and stay, `left_open` lost their caregiver to a rule."""
        undone = undo_change(self.get_object(), by=self.person)
        return Response(
            {
                "schedule": undone.change.schedule_id,
                "restored": [visit.pk for visit in undone.restored],
                "left": [{"visit": visit.pk, "sentence": why} for visit, why in undone.left],
                "left_open": [{"visit": visit.pk, "sentence": why[0].sentence} for visit, why in undone.left_open],
            }
        )


SERIES_ROUTES: list = [
    ("temporary-changes", TemporaryChangeViewSet, "temporary-change"),
    ("series-changes", SeriesChangeViewSet, "series-change"),
]
