"""JSON in and out. ROUTES: (prefix under /api/v1/, viewset, basename)."""

from __future__ import annotations

from rest_framework import serializers

from homecare.accounts.models import Branch
from homecare.api.viewsets import ReadViewSet


class BranchSerializer(serializers.ModelSerializer):
    class Meta:
        model = Branch
        fields = [
            "id",
            "name",
            "code",
            "time_zone",
            "line1",
            "city",
            "state",
            "postal_code",
            "phone",
            "email",
            "licence_number",
            "is_active",
        ]


class BranchViewSet(ReadViewSet):
    """The branches this person works with."""

    queryset = Branch.objects.all()
    serializer_class = BranchSerializer
    permissions = {"list": "accounts.see_branch_rows", "retrieve": "accounts.see_branch_rows"}


ROUTES: list = [("branches", BranchViewSet, "branch")]
