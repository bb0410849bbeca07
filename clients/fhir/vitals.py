"""The latest value of each vital sign among the Observations, blood pressure components included."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from clients.fhir.bundle import Bundle, Entry
from clients.fhir.summary import Vital
from clients.fhir.units import SIGNS, Sign, converted, is_plausible
from clients.fhir.values import Json, codings, moment, one, text

COUNTED = {"final", "amended", "corrected", "preliminary"}


@dataclass(frozen=True)
class Measurement:
    """One value of one sign, not judged yet: `part` is the Observation itself or one of its components."""

    sign: Sign
    loinc: str
    entry: Entry
    part: Json
    taken: str
    taken_at: dt.datetime


def latest(bundle: Bundle) -> list[Measurement]:
    """The newest measurement of each sign that has a value."""
    newest: dict[str, Measurement] = {}
    for entry in bundle.of("Observation"):
        for found in _measurements(entry):
            known = newest.get(found.sign.kind)
            if known is None or found.taken_at > known.taken_at:
                newest[found.sign.kind] = found
    order = list(dict.fromkeys(sign.kind for sign in SIGNS.values()))
    return [newest[kind] for kind in order if kind in newest]


def _measurements(entry: Entry) -> Iterator[Measurement]:
    row = entry.resource
    if text(row.get("status")) not in COUNTED:
        return
    components = row.get("component")
    parts = [row, *(components if isinstance(components, list) else [])]
    for part in parts:
        loinc = next((code for _s, code, _d in codings(one(part).get("code")) if code in SIGNS), "")
        if loinc and _amount(part) is not None:
            taken = _taken(row)
            yield Measurement(SIGNS[loinc], loinc, entry, part, taken, moment(taken))


def _taken(row: Json) -> str:
    period = one(row.get("effectivePeriod"))
    candidates: list[Any] = [row.get("effectiveDateTime"), row.get("effectiveInstant"), period.get("end")]
    return next((text(value, 40) for value in [*candidates, period.get("start"), row.get("issued")] if value), "")


def _amount(part: Json) -> Any:
    quantity = one(part.get("valueQuantity"))
    return quantity.get("value") if quantity else part.get("valueInteger")


def read_vitals(measurements: list[Measurement]) -> tuple[list[Vital], list[str]]:
    """Values in the unit of their sign, and a sentence for each that had to be left out."""
    vitals, notes = [], []
    for found in measurements:
        quantity = one(found.part.get("valueQuantity"))
        unit = text(quantity.get("code")) or text(quantity.get("unit"))
        value = _value(found, unit, quantity)
        place = {"where": found.entry.label, "kind": found.sign.kind.replace("_", " ")}
        if isinstance(value, str):
            notes.append(_("%(where)s: the %(kind)s was left out: %(why)s.") % {**place, "why": value})
        else:
            vitals.append(Vital(found.sign.kind, found.loinc, str(value), found.sign.unit, found.taken))
    return vitals, notes


def _value(found: Measurement, unit: str, quantity: Json) -> Decimal | str:
    """The value, or why it cannot be used."""
    if text(quantity.get("comparator")):
        return _("it is only given as a limit (Quantity.comparator)")
    try:
        number = Decimal(str(_amount(found.part)))
        if not number.is_finite() or abs(number) > 100000:
            return _("its value is not a measurement")
        value = converted(number, unit or ("" if found.sign.unit == "{score}" else found.sign.unit), found.sign)
    except InvalidOperation:
        return _("its value is not a number")
    if value is None:
        return _("its unit “%(unit)s” is not one that can be converted") % {"unit": unit}
    if not is_plausible(value, found.sign):
        return _("its value %(value)s %(unit)s cannot be right") % {"value": value, "unit": found.sign.unit}
    return value
