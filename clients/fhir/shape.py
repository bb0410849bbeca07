"""Does a resource have the shape FHIR R4 gives it? Judged by fhir.resources, told in sentences with the place.

The library knows cardinalities and data types; it does not know code lists (a status "zzz" passes), so readers
compare codes themselves. Only resources that are read are judged: a referral of 5,000 laboratory values is not.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from clients.fhir.bundle import Entry

NOT_JUDGED = {"text", "meta"}  # narrative and bookkeeping are never read


@cache
def _model(kind: str) -> Any:
    """Loaded when first needed: the library takes about a second."""
    return getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)


def _path(kind: str, loc: tuple[Any, ...]) -> str:
    path = kind
    for step in loc:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path


_ONE_OF = re.compile(r"\[(.*)\]")


def _what(error: dict[str, Any]) -> str:
    kind = error["type"]
    if kind == "missing":
        return _("is missing")
    if kind.startswith("date") or "Date" in error["msg"]:
        return _("is not a date as FHIR writes it, for example 1941-05-12")
    if kind == "list_type":
        return _("should be a list of values")
    if "Expect any of" in error["msg"] and (names := _ONE_OF.search(error["msg"])):
        return _("is missing: one of %(names)s is needed") % {"names": names[1].replace("'", "")}
    if kind in {"string_type", "decimal_type", "bool_type", "int_type", "model_type", "dict_type"}:
        return _("has the wrong kind of value")
    return _("has a value that FHIR R4 does not allow")


def problems_of(entry: Entry) -> tuple[list[str], list[str]]:
    """(problems, notes) of one resource. An element FHIR R4 does not know is a note: receivers ignore it (2.1.21.2)."""
    judged = {name: value for name, value in entry.resource.items() if name not in NOT_JUDGED}
    try:
        _model(entry.kind).model_validate(judged)
    except ValidationError as error:
        return _told(entry, error.errors(include_url=False, include_input=False))
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError):
        # The library itself trips over some malformed values instead of reporting them.
        return [_("%(where)s: this resource does not have the shape of FHIR R4.") % {"where": entry.label}], []
    return [], []


def _told(entry: Entry, errors: Any) -> tuple[list[str], list[str]]:
    problems, notes = [], []
    for error in errors:
        place = {"where": entry.label, "path": _path(entry.kind, error["loc"])}
        if error["type"] == "extra_forbidden":
            notes.append(_("%(where)s: %(path)s is unknown in FHIR R4 and was ignored.") % place)
        else:
            problems.append(_("%(where)s: %(path)s %(what)s.") % {**place, "what": _what(error)})
    return problems, notes
