"""The provider that speaks TwiML (Twilio and those compatible with it): signed form posts in, XML out.

Signature: HMAC-SHA1 over the full URL followed by each posted name and value, sorted by name, as base64 in
X-Twilio-Signature (Twilio, "Validating requests").
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

from scheduling.telephony.prompts import SPOKEN

SIGNATURE_HEADER = "X-Twilio-Signature"
WAIT_SECONDS = 8


class Incoming(NamedTuple):
    """One request of a provider: which call, from which number, what was keyed."""

    call_id: str
    number: str
    digits: str


def signature_of(url: str, params: Mapping[str, Sequence[str]], secret: str) -> str:
    text = url + "".join(f"{name}{value}" for name in sorted(params) for value in sorted(set(params[name])))
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


def is_genuine(url: str, params: Mapping[str, Sequence[str]], signature: str, secret: str) -> bool:
    """Whether the provider sent it; compared in constant time."""
    return bool(secret) and hmac.compare_digest(signature_of(url, params, secret).encode(), signature.encode())


def read(params: Mapping[str, str]) -> Incoming:
    digits = "".join(one for one in params.get("Digits", "")[:12] if one in "0123456789")
    return Incoming(params.get("CallSid", "")[:64], params.get("From", "")[:20], digits)


def write(spoken: Iterable[tuple[str, str]], digits: int | None, action: str) -> bytes:
    """The answer as XML: what is said, and the keys that are waited for; without any the call is ended."""
    response = Element("Response")
    if digits is None:
        _say(response, spoken)
        SubElement(response, "Hangup")
    else:
        keys = {"numDigits": str(digits), "finishOnKey": ""} if digits else {"finishOnKey": "#"}
        wait = {"input": "dtmf", "action": action, "method": "POST", "timeout": str(WAIT_SECONDS), **keys}
        # Silence is an answer too: it is asked again, and after three times the call ends.
        _say(SubElement(response, "Gather", {**wait, "actionOnEmptyResult": "true"}), spoken)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(response)


def _say(parent: Element, spoken: Iterable[tuple[str, str]]) -> None:
    for language, sentence in spoken:
        SubElement(parent, "Say", {"language": SPOKEN[language]}).text = sentence
