"""The record of warnings that somebody went on in spite of."""

from __future__ import annotations

from collections.abc import Iterable

from homecare.accounts.models import User
from scheduling.models import RuleOverride, Visit
from scheduling.placement import Finding


def keep_overrides(pairs: Iterable[tuple[Visit, Finding]], *, by: User, reason: str) -> None:
    """Keeps each overridden (saved visit, finding) with the reason given, in one statement."""
    RuleOverride.objects.bulk_create(
        RuleOverride(visit=visit, rule=one.code, sentence=one.sentence[:300], reason=reason.strip()[:200], by=by)
        for visit, one in pairs
    )
