"""Where a change came from (address, request) travels beside the call in a context variable, not through services."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse


@dataclass(frozen=True)
class Origin:
    ip: str | None = None
    request_id: str = ""


origin: ContextVar[Origin] = ContextVar("audit_origin", default=Origin())  # noqa: B039 (frozen)


def client_ip(request: HttpRequest) -> str | None:
    """The caller's address; the forwarded header counts only behind our own proxy, and only its last entry."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    if settings.TRUST_PROXY and forwarded:
        return forwarded.split(",")[-1].strip()
    return request.META.get("REMOTE_ADDR") or None


class AuditContextMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = origin.set(Origin(client_ip(request), getattr(request, "request_id", "")))
        try:
            return self.get_response(request)
        finally:
            origin.reset(token)
