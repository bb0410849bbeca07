"""Which payer's table of reason codes a visit uses, and the codes of it (STANDARDS 1.4).

Scheduling does not know payers: settings.REASON_CODE_SETS names who tells, as provide(visits) → {visit's key: set}.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.module_loading import import_string

from scheduling.exceptions_found import SUGGESTED_CODES
from scheduling.models import ReasonCode, Visit
from scheduling.reason_codes import DEFAULT_SET


@dataclass
class ReasonSet:
    """The codes of one table that are in use: why, and what was done about it where the table asks for that."""

    name: str
    reasons: list[ReasonCode] = field(default_factory=list)
    actions: list[ReasonCode] = field(default_factory=list)

    def suggested(self, kind: str) -> ReasonCode | None:
        """The reason people most often give for this kind of exception."""
        for code in self.reasons:
            if kind in code.suggests:
                return code
        usual = SUGGESTED_CODES.get(kind) if self.name == DEFAULT_SET else None
        return next((code for code in self.reasons if code.code == usual), None)


def sets_of(visits: Iterable[Visit]) -> dict[int, ReasonSet]:
    """Visit's key → its payer's table; the default table where the payer has none or none of its codes is in use."""
    rows = list(visits)
    named: dict[int, str] = {}
    for path in settings.REASON_CODE_SETS:
        named |= import_string(path)(rows)
    known: dict[str, ReasonSet] = {}
    by_kind: dict[str, dict[str, list[ReasonCode]]] = defaultdict(lambda: defaultdict(list))
    for code in ReasonCode.objects.in_use().filter(set_name__in={DEFAULT_SET, *named.values()}):
        by_kind[code.set_name][code.kind].append(code)
    for name, kinds in by_kind.items():
        known[name] = ReasonSet(name, kinds[ReasonCode.Kind.REASON], kinds[ReasonCode.Kind.ACTION])
    default = known.get(DEFAULT_SET) or ReasonSet(DEFAULT_SET)
    usable = {name: one for name, one in known.items() if one.reasons}
    return {visit.pk: usable.get(named.get(visit.pk, DEFAULT_SET), default) for visit in rows}


def set_of(visit: Visit) -> ReasonSet:
    return sets_of([visit])[visit.pk]
