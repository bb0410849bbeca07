"""The description of the API (OpenAPI 3) and the page that shows it; both only for people who may sign in."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularAPIView

from homecare.api.permissions import ActionPermissions
from homecare.views import Page


class Schema(SpectacularAPIView):
    """OpenAPI 3 as JSON."""

    renderer_classes = [OpenApiJsonRenderer]
    permission_classes = [ActionPermissions]
    permissions: ClassVar[dict[str, str | None]] = {"get": None}


class Docs(Page):
    """The schema as a page to read and try; its scripts are our own files, so the strict policy holds."""

    permission = "accounts.see_branch_rows"
    template_name = "api/docs.html"
