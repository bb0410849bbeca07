from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar

from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework import mixins, viewsets
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from homecare.accounts.models import IdempotencyKey
from homecare.api.problems import Replay
from homecare.errors import DomainError


class ScopedViewSet(viewsets.GenericViewSet):
    """Rows begin with visible_to(user); subclasses add DRF's mixins and `permissions`."""

    permissions: ClassVar[dict[str, str | None]] = {}
    queryset: Any

    def get_queryset(self) -> Any:
        return self.rows(self.queryset.model.objects.visible_to(self.request.user))

    def rows(self, queryset: Any) -> Any:
        """Joins and ordering; override."""
        return queryset


class ReadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """List and one row."""


class IdempotentWrites:
    """A write with an `Idempotency-Key` header happens once: again gives the stored answer, with another body 422."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key", "")
        if not key or request.method in SAFE_METHODS:
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        self._idempotency = (key[:80], hashlib.sha256(request.body).hexdigest())
        with transaction.atomic():
            response = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
            if response.status_code >= 400:
                transaction.set_rollback(True)
            return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if hasattr(self, "_idempotency"):
            self._claim(request)

    def _claim(self, request: Request) -> None:
        """Inserts the key first: a twin request waits on the unique index and then reads the stored answer."""
        key, body = self._idempotency
        row, made = IdempotencyKey.objects.get_or_create(
            user_id=int(request.user.pk or 0),
            key=key,
            defaults={
                "method": request.method or "",
                "path": request.path[:200],
                "body_digest": body,
                "status": 0,
                "answer": {},
            },
        )
        if made:
            self._idempotency_row = row
            return
        if (row.body_digest, row.path) != (body, request.path[:200]):
            raise DomainError(_("This Idempotency-Key was used for another request. Use a new key."))
        raise Replay(row)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Any:
        row = getattr(self, "_idempotency_row", None)
        if row is not None and response.status_code < 400:
            answer = response.data if response.data is not None else {}
            IdempotencyKey.objects.filter(pk=row.pk).update(status=response.status_code, answer=_jsonable(answer))
        return super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]


def _jsonable(answer: Any) -> Any:
    return json.loads(json.dumps(answer, cls=JSONEncoder))
