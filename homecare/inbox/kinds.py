"""The kinds of notification the product knows. Each app declares its own in its tasks.py or apps.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise

from homecare.inbox.models import Channel

if TYPE_CHECKING:
    from homecare.accounts.models import User


@dataclass(frozen=True)
class Kind:
    """`channels` count for everybody who has not chosen otherwise. `permission`: to whom the choice is offered."""

    name: str
    label: str | Promise
    channels: tuple[str, ...]
    permission: str | None = None


_kinds: dict[str, Kind] = {}


def declare(
    name: str,
    *,
    label: str | Promise,
    channels: tuple[str, ...] = (Channel.APP,),
    permission: str | None = None,
) -> None:
    """Makes a kind known: noun.event, what people read on their preferences page, and its own channels."""
    unknown = set(channels) - set(Channel.values)
    if unknown:
        raise ValueError(f"{name}: no such channel: {', '.join(sorted(unknown))}")
    _kinds[name] = Kind(name, label, tuple(channels), permission)


def find_kind(name: str) -> Kind:
    """The kind, LookupError when no app declares it."""
    try:
        return _kinds[name]
    except KeyError:
        raise LookupError(f"No app declares the notification kind {name}.") from None


def kinds_for(user: User) -> list[Kind]:
    """What this person can be told about, in the order of its words."""
    kinds = [kind for kind in _kinds.values() if kind.permission is None or user.has_perm(kind.permission)]
    return sorted(kinds, key=lambda kind: str(kind.label))
