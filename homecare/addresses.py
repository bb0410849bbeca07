"""Addresses of many rows: `reverse` asks its patterns anew for each of a hundred links."""

from __future__ import annotations

from functools import lru_cache

from django.urls import reverse


def address(name: str, pk: int) -> str:
    """As reverse(name, args=[pk]), of a pattern with one number."""
    before, after = _pattern(name)
    return f"{before}/{pk}/{after}"


@lru_cache
def _pattern(name: str) -> tuple[str, str]:
    before, _number, after = reverse(name, args=[0]).partition("/0/")
    return before, after
