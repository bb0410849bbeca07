"""What the endpoints of scheduling share: rows named by id among those one sees, refusals that name each rule."""

from __future__ import annotations

from typing import Any, cast

from rest_framework import serializers
from rest_framework.response import Response

from homecare.accounts.models import User
from scheduling.placement import PlacementRefused


class OwnField(serializers.PrimaryKeyRelatedField):
    """A row named by its id, among those this person may see; another one does not exist for them."""

    def get_queryset(self) -> Any:
        model: Any = self.queryset.model  # type: ignore[union-attr,arg-type]
        return model.objects.visible_to(self.context["request"].user)


class Placing:
    """Refusals name each rule: {"findings": [{"rule", "severity", "sentence"}]} beside the sentence."""

    def handle_exception(self, error: Exception) -> Response:
        response: Response = super().handle_exception(error)  # type: ignore[misc]
        if isinstance(error, PlacementRefused):
            response.data["findings"] = [
                {"rule": one.code, "severity": one.severity, "sentence": one.sentence} for one in error.detail
            ]
        return response

    @property
    def person(self) -> User:
        """Who asks; nobody anonymous passes the permissions."""
        return cast(User, self.request.user)  # type: ignore[attr-defined]

    def checked(self, serializer: type[serializers.Serializer]) -> dict[str, Any]:
        form = serializer(data=self.request.data, context={"request": self.request})  # type: ignore[attr-defined]
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)


class OverrideSerializer(serializers.Serializer):
    """Warnings of the rules want a reason from somebody who may override."""

    override_reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
