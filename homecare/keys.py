"""Rows by a thousand keys: `pk__in` makes a parameter of each key, thrice the time of reading the rows."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import BooleanField, F, Func, Value


def among(pks: Iterable[int]) -> Func:
    """For filter(): the key is one of these, sent as one array."""
    array = Value("{" + ",".join(map(str, map(int, pks))) + "}")
    return Func(
        F("pk"), array, template="%(expressions)s::bigint[])", arg_joiner=" = ANY(", output_field=BooleanField()
    )
