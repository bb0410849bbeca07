"""How clients who share a visit share its time (docs/scheduling.md, "Shared visits"). Pure.

Each client has a weight; a client's part of the minutes is its weight in the sum of the weights. Approved parts are
whole minutes that add up to the minutes worked, so that the caregiver is paid, and the payers are charged, for each
minute exactly once.
"""

from __future__ import annotations

from collections.abc import Sequence


def portion(minutes: int, weight: int, total: int) -> int:
    """One client's planned part, in whole minutes (a half is rounded up); all of it when nobody else is there."""
    return minutes if weight == total else (2 * minutes * weight + total) // (2 * total)


def portions(minutes: int, weights: Sequence[int]) -> list[int]:
    """The parts of all clients; they add up to `minutes`. What rounding leaves goes to the largest remainders, the
    first client first. `weights` are 1 or more."""
    total = sum(weights)
    parts = [minutes * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: (-(minutes * weights[n] % total), n))
    for n in by_remainder[: minutes - sum(parts)]:
        parts[n] += 1
    return parts
