"""The field side in JSON: punches to read, and the address to which a phone's own program sends its acts."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from homecare.accounts.models import User
from homecare.api.viewsets import ReadViewSet, ScopedViewSet
from scheduling.models import ClockEvent, PhoneEvent
from scheduling.phone_answer import answer_of
from scheduling.phone_envelope import read_envelope
from scheduling.services.phone_contact import note_contact
from scheduling.services.phone_event import receive_event
from staff.models import Member


class ClockEventSerializer(serializers.ModelSerializer):
    masked_number = serializers.CharField(read_only=True, help_text="Last digits of the telephone that called.")

    class Meta:
        model = ClockEvent
        fields = [
            "id",
            "visit",
            "member",
            "kind",
            "method",
            "at",
            "received_at",
            "latitude",
            "longitude",
            "accuracy_metres",
            "distance_metres",
            "position_problem",
            "reason",
            "client",
            "device",
            "masked_number",
            "is_mock_location",
            "clock_offset_seconds",
        ]


class ClockEventViewSet(ReadViewSet):
    """Punches, as they were punched. `?visit=` for those of one visit; `visit` null is a punch nobody matched yet."""

    queryset = ClockEvent.objects.none()
    serializer_class = ClockEventSerializer
    filterset_fields = ["visit", "member", "kind"]
    permissions: ClassVar[dict[str, str | None]] = {
        "list": "scheduling.view_visit",
        "retrieve": "scheduling.view_visit",
    }


class PhoneEventSerializer(serializers.ModelSerializer):
    class Meta:
        model = PhoneEvent
        fields = ["id", "key", "kind", "visit_id", "at", "received_at", "status", "answer"]


class EnvelopeSerializer(serializers.Serializer):
    """One act of a phone; read by `scheduling.phone_envelope`."""

    key = serializers.UUIDField(help_text="Made by the phone; the same act sent again carries the same key.")
    kind = serializers.ChoiceField(
        ["clock_in", "clock_out", "task", "vitals", "note", "confirm", "device_code", "correction"]
    )
    visit = serializers.IntegerField()
    at = serializers.DateTimeField(help_text="The device's time, with its zone.")
    offset_ms = serializers.IntegerField(required=False, help_text="Server time minus device time, in milliseconds.")
    body = serializers.DictField(required=False)


class PhoneEventViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """A caregiver's own acts. POST takes in one act exactly once per key: 201 applied, 202 kept for the office,
    200 the stored answer. The key of the act is its idempotency key, so no header is needed."""

    queryset = PhoneEvent.objects.none()
    serializer_class = PhoneEventSerializer
    permissions: ClassVar[dict[str, str | None]] = {
        "list": "scheduling.work_visit",
        "retrieve": "scheduling.work_visit",
        "create": "scheduling.work_visit",
    }

    def rows(self, queryset: Any) -> Any:
        return queryset.filter(member__user=self.request.user)

    @extend_schema(request=EnvelopeSerializer, responses={201: PhoneEventSerializer})
    def create(self, request: Request) -> Response:
        user = cast(User, request.user)
        member = Member.objects.visible_to(user).filter(user=user).first()
        if member is None:
            raise PermissionDenied
        note_contact(member)
        status, answer = answer_of(receive_event(member, **read_envelope(request.data)))
        return Response(answer, status=status)


FIELD_ROUTES = [
    ("clock-events", ClockEventViewSet, "clock-event"),
    ("phone-events", PhoneEventViewSet, "phone-event"),
]
