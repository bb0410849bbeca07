"""A Dosage in words: the sender's own text, else what its parts say."""

from __future__ import annotations

from django.utils.translation import gettext as _

from clients.fhir.values import Json, many, one, text, words

UNITS = {"h": "hour", "d": "day", "wk": "week", "mo": "month", "min": "minute", "a": "year"}


def is_as_needed(dose: Json) -> bool:
    return dose.get("asNeededBoolean") is True or bool(dose.get("asNeededCodeableConcept"))


def dosage_words(dosages: list[Json]) -> str:
    """All steps in order, for example “1 tablet, 2 × per day, oral”."""

    def rank(dose: Json) -> int:
        number = dose.get("sequence")
        return number if isinstance(number, int) else 0

    said = [_step(dose) for dose in sorted(dosages, key=rank)]
    return "; ".join(dict.fromkeys(step for step in said if step))[:500]


def _step(dose: Json) -> str:
    if written := text(dose.get("text")) or text(dose.get("patientInstruction")):
        return written
    parts = [_amount(dose), _frequency(one(dose.get("timing"))), words(dose.get("route"))]
    if is_as_needed(dose):
        reason = words(dose.get("asNeededCodeableConcept"))
        parts.append(_("as needed for %(reason)s") % {"reason": reason} if reason else _("as needed"))
    return ", ".join(part for part in parts if part)


def _amount(dose: Json) -> str:
    for row in many(dose.get("doseAndRate")):
        quantity = one(row.get("doseQuantity"))
        if quantity.get("value") is not None:
            return f"{quantity['value']} {text(quantity.get('unit')) or text(quantity.get('code'))}".strip()
    return ""


def _frequency(timing: Json) -> str:
    """“2 × per day”, “every 8 hours”, or the code's own text (BID)."""
    repeat = one(timing.get("repeat"))
    times, period, unit = repeat.get("frequency"), repeat.get("period"), text(repeat.get("periodUnit"))
    if times is None or period is None or unit not in UNITS:
        return words(timing.get("code"))
    if str(period) in {"1", "1.0"}:
        return _("%(times)s × per %(unit)s") % {"times": times, "unit": UNITS[unit]}
    every = _("every %(period)s %(unit)ss") % {"period": period, "unit": UNITS[unit]}
    return every if str(times) == "1" else f"{times} × {every}"
