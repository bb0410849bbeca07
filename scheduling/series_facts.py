"""What a series uses and costs, asked of the domains above scheduling: `settings.SERIES_FACTS`, a list of dotted paths.

Each is called as provide(client, service_type, before, after) with two lists of visits (anything with `starts_at` and
`ends_at`): those the change replaces, and what they become. It returns Facts; without money or units there are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Fact:
    """One line under the preview: authorized units, cost. `before` is empty for a new pattern; `amounts` is what both
    say in money, so that the lines of several clients can be added up."""

    label: str
    before: str
    after: str
    is_over: bool = False
    amounts: tuple[Decimal, Decimal] | None = None


def facts_of(client: Any, service_type: Any, before: Sequence[Any], after: Sequence[Any]) -> list[Fact]:
    """What every provider says, in the order of the settings."""
    found: list[Fact] = []
    for path in settings.SERIES_FACTS:
        found += import_string(path)(client, service_type, before, after)
    return found
