"""The agency as one request knows it."""

from __future__ import annotations

from django.http import HttpRequest

from homecare.accounts.models import Agency


def agency_of(request: HttpRequest) -> Agency:
    """The agency, read once per request by whoever asks first."""
    if not hasattr(request, "_agency"):
        request._agency = Agency.current()  # type: ignore[attr-defined]
    return request._agency  # type: ignore[attr-defined]
