from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from homecare.accounts.models import IdempotencyKey
from homecare.errors import Conflict, DomainError, readable


class Replay(Exception):
    """The same write was done before; carries the stored answer."""

    def __init__(self, row: IdempotencyKey):
        super().__init__("replayed")
        self.row = row


def _problem(status: int, code: str, detail: str, **more: Any) -> Response:
    """RFC 9457."""
    body = {"type": "about:blank", "status": status, "code": code, "detail": detail, **more}
    return Response(body, status=status, content_type="application/problem+json")


def problem_json(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal as problem JSON: what is wrong, what to do, which field."""
    if isinstance(error, Replay):
        return Response(error.row.answer, status=error.row.status, headers={"Idempotent-Replay": "true"})
    if isinstance(error, IntegrityError):
        error = readable(error)
    if isinstance(error, DomainError):
        more = {"errors": {error.field: [error.message]}} if error.field else {}
        return _problem(409 if isinstance(error, Conflict) else 422, error.code, error.message, **more)
    if isinstance(error, DjangoValidationError):
        return _problem(422, "invalid", "; ".join(error.messages))
    if isinstance(error, exceptions.ValidationError):
        return _problem(422, "invalid", _("Some fields are not right; see errors."), errors=error.detail)
    response = exception_handler(error, context)
    if response is None:
        return None
    detail = str(getattr(error, "detail", "")) if not isinstance(error, Http404) else _("Not found.")
    headers = {k: v for k, v in response.headers.items() if k in {"WWW-Authenticate", "Retry-After"}}
    problem = _problem(response.status_code, getattr(error, "default_code", "error"), detail)
    for name, value in headers.items():
        problem[name] = value
    return problem
