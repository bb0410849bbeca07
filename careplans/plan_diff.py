"""What is different between two versions of a plan. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """A goal or a task: what it is called and everything else about it as (label, words)."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Change:
    """`kind` is added, removed or changed; a changed part lists (label, before, after)."""

    kind: str
    title: str
    facts: list[tuple[str, str, str]] = field(default_factory=list)


def _key(part: Part) -> str:
    return " ".join(part.title.casefold().split())


def _facts(before: Part, after: Part) -> list[tuple[str, str, str]]:
    old, new = dict(before.facts), dict(after.facts)
    labels = [label for label, _words in after.facts] + [label for label in old if label not in new]
    return [
        (label, old.get(label, ""), new.get(label, "")) for label in labels if old.get(label, "") != new.get(label, "")
    ]


def compare(before: Sequence[Part], after: Sequence[Part]) -> list[Change]:
    """The changes in the order of the new version, what was removed last. Parts of one title pair up in order."""
    left: dict[str, list[Part]] = {}
    for part in before:
        left.setdefault(_key(part), []).append(part)
    changes = []
    for part in after:
        twins = left.get(_key(part))
        if not twins:
            changes.append(Change("added", part.title))
            continue
        facts = _facts(twins.pop(0), part)
        if facts:
            changes.append(Change("changed", part.title, facts))
    return changes + [Change("removed", part.title) for part in _rest(left.values())]


def _rest(groups: Iterable[list[Part]]) -> Iterable[Part]:
    return (part for group in groups for part in group)
