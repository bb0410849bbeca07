"""Signatures as the Standard Webhooks specification has them (github.com/standard-webhooks/standard-webhooks).

The signed text is `id.timestamp.body`; the signature is `v1,` and the base64 of its HMAC-SHA256. During a rotation the
header carries one signature for each secret, separated by spaces.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from collections.abc import Sequence

from django.conf import settings

PREFIX = "whsec_"


def secret_of(public_id: uuid.UUID, number: int, master: str | None = None) -> str:
    """The endpoint's secret of that number, made from the installation's key: 32 bytes, never stored."""
    key = (master or settings.SECRET_KEY).encode()
    raw = hmac.new(key, f"homecare.webhooks:{public_id.hex}:{number}".encode(), hashlib.sha256).digest()
    return PREFIX + base64.b64encode(raw).decode()


def secrets_of(public_id: uuid.UUID, numbers: Sequence[int]) -> list[str]:
    """Every secret whose signature the receiver may still check, also those of former installation keys."""
    masters = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [secret_of(public_id, number, master) for number in numbers for master in masters]


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """`v1,…` for one secret."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    text = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def headers(secrets: Sequence[str], webhook_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(secret, webhook_id, timestamp, body) for secret in secrets),
    }
