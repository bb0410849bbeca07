"""Secrets that must be readable again, sealed where they are kept: a database or its backup alone does not open them.

As in webhooks/signature.py the key is made from the installation's SECRET_KEY and what the secret is for. After
SECRET_KEY was replaced, those named in SECRET_KEY_FALLBACKS open what they sealed; `manage.py reseal` seals it anew,
and then the former key can go. Sealed with Fernet: AES-128-CBC under HMAC-SHA256 (github.com/fernet/spec).
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """Sealed under a key that this installation does not know (any more), or not sealed at all."""


def _box(purpose: str) -> MultiFernet:
    """The present key first: it seals, all of them open."""
    keys = []
    for master in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        raw = hmac.new(master.encode(), f"homecare.sealed:{purpose}".encode(), hashlib.sha256).digest()
        keys.append(Fernet(base64.urlsafe_b64encode(raw)))
    return MultiFernet(keys)


def seal(text: str, purpose: str) -> str:
    return _box(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, purpose: str) -> str:
    """Raises Unreadable."""
    try:
        return _box(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable(purpose) from None


def reseal(sealed: str, purpose: str) -> str:
    """The same secret under the present key. Raises Unreadable."""
    return seal(unseal(sealed, purpose), purpose)
