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
    """`channels` count for everybody who has not chosen otherwise. `permission`: to whom the choice is offered,

    one permission or several of which any suffices."""

    name: str
    label: str | Promise
    channels: tuple[str, ...]
    permission: str | tuple[str, ...] | None = None

    def is_for(self, user: User) -> bool:
        """Whether this person can ever be told about it, and so may choose how."""
        wanted = (self.permission,) if isinstance(self.permission, str) else self.permission
        return wanted is None or any(user.has_perm(name) for name in wanted)


_kinds: dict[str, Kind] = {}


def declare(
    name: str,
    *,
    label: str | Promise,
    channels: tuple[str, ...] = (Channel.APP,),
    permission: str | tuple[str, ...] | None = None,
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
    kinds = [kind for kind in _kinds.values() if kind.is_for(user)]
    return sorted(kinds, key=lambda kind: str(kind.label))
