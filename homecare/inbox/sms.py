"""Text messages. `settings.SMS_BACKEND` names one class; an agency with a gateway contract puts its own there."""

from __future__ import annotations

import sys
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class SmsError(Exception):
    """The gateway refused or could not be reached; the message is tried again later."""


class SmsBackend(Protocol):
    def send(self, to: str, text: str) -> None:
        """Hands one message to the gateway; SmsError when it was not taken."""


class ConsoleBackend:
    """Prints messages instead of sending them: development and evaluation."""

    def send(self, to: str, text: str) -> None:
        sys.stdout.write(f"Text message to {to}: {text}\n")


def backend() -> SmsBackend:
    return import_string(settings.SMS_BACKEND)()
