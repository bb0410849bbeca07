"""Signing in and out, kept in the trail (ASVS 16.3.1).

These are signal receivers, the platform's one exception to "no signals": Django and allauth call no service of ours
when somebody signs in, by whichever of their doors (password, passkey, code, API session); the signal is their door.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from homecare.accounts.models import User
from homecare.audit.models import Event
from homecare.audit.services.event import record


def _signed_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    record("session.began", user, by=user, kind=Event.Kind.ACCESS)


def _signed_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        record("session.ended", user, by=user, kind=Event.Kind.ACCESS)


def _refused(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Which account was tried, never what was typed: people type passwords into the wrong field."""
    email = str(credentials.get("email") or credentials.get("username") or "").strip()
    user = User.objects.filter(email__iexact=email).first() if email else None
    record("session.refused", user, by=None, kind=Event.Kind.ACCESS)


def listen() -> None:
    """Called once by the app's `ready`."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit.signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="audit.signed_out")
    user_login_failed.connect(_refused, dispatch_uid="audit.refused")
