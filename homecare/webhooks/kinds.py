"""The kinds of event an endpoint can ask for. Each domain declares its own when it is ready."""

from __future__ import annotations

from django.utils.functional import Promise

_kinds: dict[str, str | Promise] = {}
PING = "webhook.ping"


def declare(name: str, label: str | Promise) -> None:
    """Makes a kind known: noun.event and what people read when they choose it."""
    _kinds[name] = label


def choices() -> list[tuple[str, str | Promise]]:
    return list(_kinds.items())


def is_known(name: str) -> bool:
    return name in _kinds
