"""Reading single values out of a resource: texts a database can keep, codes, periods, references.

Every function takes whatever JSON holds and never raises: shape is judged elsewhere (shape.py), so that a strange
value in an element nobody validated is simply absent.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

Json = dict[str, Any]

_UNKEEPABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def text(value: Any, limit: int = 500) -> str:
    """A string without control characters and lone surrogates, which PostgreSQL refuses; '' for anything else."""
    if not isinstance(value, str):
        return ""
    return " ".join(_UNKEEPABLE.sub("", value).split())[:limit]


def one(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def many(value: Any) -> list[Json]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    return [found for row in value if (found := text(row))] if isinstance(value, list) else []


def codings(concept: Any) -> list[tuple[str, str, str]]:
    """(system, code, display) of a CodeableConcept."""
    return [
        (text(row.get("system")), text(row.get("code"), 100), text(row.get("display")))
        for row in many(one(concept).get("coding"))
    ]


def codes(concept: Any) -> set[str]:
    return {code for _system, code, _display in codings(concept) if code}


def words(concept: Any) -> str:
    """What a CodeableConcept means to a reader: its text, else the first display, else the first code."""
    found = text(one(concept).get("text"))
    rows = codings(concept)
    return found or next((d for _s, _c, d in rows if d), "") or next((c for _s, c, _d in rows if c), "")


_SEMANTIC_TAG = re.compile(r" \((disorder|finding|procedure|situation|regime/therapy|substance|product|event)\)$")


def plain_words(concept: Any) -> str:
    """The same without SNOMED CT's semantic tag: Osteoporosis, not Osteoporosis (disorder)."""
    return _SEMANTIC_TAG.sub("", words(concept))


def preferred(concept: Any, systems: tuple[str, ...]) -> tuple[str, str]:
    """(system, code) in the first of the wanted code systems that is there, else the first code."""
    rows = [(system, code) for system, code, _display in codings(concept) if code]
    for wanted in systems:
        for system, code in rows:
            if system == wanted:
                return system, code
    return rows[0] if rows else ("", "")


def moment(value: Any) -> dt.datetime:
    """A sortable moment of a FHIR date or dateTime; the distant past when there is none."""
    found = text(value, 40)
    padded = found + "-01-01"[: 10 - len(found)] if len(found) in (4, 7) else found
    if len(found) == 7:
        padded = found + "-01"
    try:
        read = dt.datetime.fromisoformat(padded.replace("Z", "+00:00"))
        return read.astimezone(dt.UTC) if read.tzinfo else read.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        return dt.datetime.min.replace(tzinfo=dt.UTC)


def is_over(period: Any, today: dt.date) -> bool:
    """A period that ended before today: an old name, address or number."""
    end = text(one(period).get("end"), 40)
    return bool(end) and moment(end).date() < today


def extension(owner: Any, url: str) -> Json:
    return next((row for row in many(one(owner).get("extension")) if row.get("url") == url), {})


def label(resource: Json, position: int | None = None) -> str:
    """How a problem names a resource: Condition/abc, or Condition (entry 5) when it has no id."""
    kind = text(resource.get("resourceType"), 60) or "Resource"
    identity = text(resource.get("id"), 80)
    if identity:
        return f"{kind}/{identity}"
    return f"{kind} (entry {position + 1})" if position is not None else kind
