"""Errors a person can act on, and the one place that turns them into a page message.

A service raises a `DomainError` whose text is a sentence: what is wrong and what to do about it. Forms show it
above their fields (`homecare.views.ServiceFormMixin`), the API as problem JSON (`homecare.api.problem_json`), and
everything else through `DomainErrorMiddleware`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import DatabaseError, IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _


class DomainError(Exception):
    """What the agency's rules refuse. `field` names the form field it belongs to, when there is one."""

    code = "refused"
    status = 422

    def __init__(self, message: str, *, field: str | None = None, detail: Any = None):
        super().__init__(str(message))
        self.message = str(message)
        self.field = field
        self.detail = detail


class Conflict(DomainError):
    """Somebody else was first, or the row has moved on meanwhile."""

    code = "conflict"
    status = 409


class InvalidTransition(Conflict):
    """A status arrow that does not exist: the row is not in a state from which this can be done."""

    code = "invalid_transition"


CONSTRAINT_SENTENCES: dict[str, str] = {}


def constraint_name(error: DatabaseError) -> str:
    """The name of the violated constraint, or '' when the driver gives none."""
    diag = getattr(error.__cause__, "diag", None)
    return getattr(diag, "constraint_name", None) or ""


def readable(error: IntegrityError) -> DomainError:
    """The readable error for a constraint lost in a race; re-raises what has no sentence."""
    sentence = CONSTRAINT_SENTENCES.get(constraint_name(error))
    if sentence is None:
        raise error
    return Conflict(sentence)


def safe_back(request: HttpRequest, default: str = "/") -> str:
    """The page the person came from, when it is ours."""
    referer = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(referer, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return referer
    return default


def toast(response: HttpResponse, text: str, tone: str = "success") -> HttpResponse:
    """Adds a message that the page shows when htmx receives this response."""
    response["HX-Trigger"] = json.dumps({"toast": {"text": text, "tone": tone}}, ensure_ascii=True)
    return response


class DomainErrorMiddleware:
    """Turns a DomainError that no form caught into a message on the page the person came from."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        if getattr(request, "htmx", False):
            response = toast(HttpResponse(status=error.status), error.message, "danger")
            response["HX-Reswap"] = "none"
            return response
        messages.error(request, error.message)
        if request.method == "GET":
            return render(request, "domain_error.html", {"message": error.message}, status=error.status)
        return HttpResponseRedirect(safe_back(request))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was open too long or came from elsewhere; nothing was saved."""
    message = _("Your session changed while this page was open, so nothing was saved. Go back, reload and send again.")
    return render(request, "403_csrf.html", {"message": message}, status=403)
