"""What operators ask: alive, ready, measured. None of the answers holds health data."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.urls import path
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

WORKER_HEARTBEAT = "worker-heartbeat"


def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return HttpResponse("ok", content_type="text/plain")


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker() -> tuple[bool, bool]:
    """(broker answers, a worker beat within two minutes)."""
    try:
        beat = cache.get(WORKER_HEARTBEAT)
    except Exception:  # any client error means the same: not reachable
        return False, False
    return True, beat is not None


def readyz(request: HttpRequest) -> JsonResponse:
    """Database, broker and worker heartbeat; 503 when the database or the broker is away."""
    broker, worker = _broker()
    state = {"database": _database(), "broker": broker, "worker": worker}
    return JsonResponse(state, status=200 if state["database"] and broker else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text; only from this machine or a private network, never through the public proxy."""
    address = ipaddress.ip_address(request.META.get("REMOTE_ADDR") or "0.0.0.0")  # noqa: S104
    if not address.is_private or (settings.TRUST_PROXY and request.headers.get("X-Forwarded-For")):
        return HttpResponseForbidden("Metrics are read from inside the network.")
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
