"""One-time codes of fixed devices: RFC 6238 (TOTP) with SHA-1, 8 digits and a step of 60 seconds. Pure.

The device stands at the client's home and shows a new code each minute. A caregiver writes it down at the start and the
end and tells us later: the code is the proof of place, and the minute at which the device showed it the time.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import struct

DIGITS = 8
STEP_SECONDS = 60
WITHIN = dt.timedelta(days=7)


def read_secret(text: str) -> bytes:
    """The seed as manufacturers print it (base32, spaces and missing padding allowed); ValueError when it is none."""
    bare = "".join(text.split()).replace("-", "").upper().rstrip("=")
    try:
        secret = base64.b32decode(bare + "=" * (-len(bare) % 8))
    except binascii.Error:
        raise ValueError("not base32") from None
    if len(secret) < 10:
        raise ValueError("too short")
    return secret


def step_of(moment: dt.datetime) -> int:
    return int(moment.timestamp()) // STEP_SECONDS


def moment_of(step: int) -> dt.datetime:
    """When the device began to show the code of this step."""
    return dt.datetime.fromtimestamp(step * STEP_SECONDS, dt.UTC)


def code_of(secret: bytes, step: int, digits: int = DIGITS) -> str:
    mac = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    start = mac[-1] & 0x0F
    number: int = struct.unpack(">I", mac[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}}"


def steps_of(secret: bytes, code: str, until: dt.datetime, within: dt.timedelta = WITHIN) -> list[int]:
    """The steps at which the device showed this code, the newest first: mostly one, none for a code never shown.

    One minute more than now: the device's clock may be a little ahead.
    """
    if len(code) != DIGITS or not code.isdecimal():
        return []
    last = step_of(until) + 1
    first = step_of(until - within)
    return [step for step in range(last, first - 1, -1) if code_of(secret, step) == code]
