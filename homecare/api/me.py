from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from homecare.accounts.models import Branch, PersonalToken


class MeSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField(source="get_full_name")
    email = serializers.EmailField()
    language = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    branches = serializers.ListField(child=serializers.CharField(), help_text="Codes of the branches whose rows count.")
    permissions = serializers.ListField(child=serializers.CharField())
    scopes = serializers.ListField(child=serializers.CharField(), help_text="What this token may do; read and write.")


class Me(APIView):
    """The person behind the call: what a token or session may do, and where."""

    permissions: ClassVar[dict[str, str | None]] = {"get": None}

    @extend_schema(responses=MeSerializer, tags=["me"])
    def get(self, request: Request) -> Response:
        user: Any = request.user
        branches = Branch.objects.visible_to(user).filter(is_active=True)
        is_token = isinstance(request.auth, PersonalToken)
        body = {
            "id": user.pk,
            "get_full_name": user.get_full_name(),
            "email": user.email,
            "language": user.language,
            "roles": sorted(user.groups.values_list("name", flat=True)),
            "branches": [branch.code for branch in branches],
            "permissions": sorted(user.get_all_permissions()),
            "scopes": request.auth.scopes if is_token else ["read", "write"],  # type: ignore[union-attr]
        }
        return Response(MeSerializer(body).data)
