"""Conditions, medicines, allergies and planned activities that count today, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext as _

from clients.fhir.bundle import Bundle, Entry
from clients.fhir.dosage import dosage_words, is_as_needed
from clients.fhir.summary import ICD10CM, RXNORM, SNOMED, Activity, Allergy, Condition, Medication
from clients.fhir.values import (
    Json,
    codes,
    codings,
    label,
    many,
    moment,
    one,
    plain_words,
    preferred,
    text,
    texts,
    words,
)

CURRENT = {"active", "recurrence", "relapse"}
NOT_TRUE = {"refuted", "entered-in-error"}
ORDERED = {"order", "original-order", "reflex-order", "filler-order", "instance-order", "plan", ""}
UNDER_WAY = {"not-started", "scheduled", "in-progress", "on-hold", "unknown", ""}
# SNOMED CT: none known at all, to drugs, to food, to the environment.
NO_KNOWN_ALLERGY = {"716186003", "409137002", "429625007", "428607008"}
NONE_KNOWN = "716186003"


def is_current_condition(row: Json) -> bool:
    """Clinically active and not refuted. Without a clinical status an end tells that it is over."""
    if codes(row.get("verificationStatus")) & NOT_TRUE:
        return False
    status = codes(row.get("clinicalStatus")) or {text(one(row.get("clinicalStatus")).get("text")).casefold()} - {""}
    if status:
        return bool(status & CURRENT)
    return not any(name.startswith("abatement") for name in row)


def is_current_medication(row: Json) -> bool:
    if text(row.get("status")) != "active" or row.get("doNotPerform") is True:
        return False
    return row.get("resourceType") == "MedicationStatement" or text(row.get("intent")) in ORDERED


def is_current_allergy(row: Json) -> bool:
    if codes(row.get("verificationStatus")) & NOT_TRUE:
        return False
    status = codes(row.get("clinicalStatus"))
    return not status or "active" in status


def is_current_plan(row: Json) -> bool:
    return text(row.get("status")) == "active" and text(row.get("intent")) != "proposal"


WANTED: dict[str, Callable[[Json], bool]] = {
    "Condition": is_current_condition,
    "MedicationRequest": is_current_medication,
    "MedicationStatement": is_current_medication,
    "AllergyIntolerance": is_current_allergy,
    "CarePlan": is_current_plan,
}


def wanted(bundle: Bundle) -> list[Entry]:
    """The clinical resources that are read."""
    return [entry for kind, counts in WANTED.items() for entry in bundle.of(kind) if counts(entry.resource)]


def _key(system: str, code: str, display: str) -> tuple[str, str]:
    return (system, code) if code else ("", display.casefold())


def read_conditions(entries: Iterable[Entry]) -> tuple[list[Condition], list[str]]:
    """Each condition once, with its earliest onset."""
    found: dict[tuple[str, str], Condition] = {}
    notes = []
    for entry in entries:
        row = entry.resource
        display = plain_words(row.get("code"))
        if not display:
            notes.append(_("%(where)s: this condition has no name (Condition.code).") % {"where": entry.label})
            continue
        system, code = preferred(row.get("code"), (SNOMED, ICD10CM))
        onset = text(row.get("onsetDateTime") or one(row.get("onsetPeriod")).get("start"), 40)
        known = found.setdefault(_key(system, code, display), Condition(display, system, code, onset))
        if onset and (not known.onset or moment(onset) < moment(known.onset)):
            known.onset = onset
    return sorted(found.values(), key=lambda c: c.display.casefold()), notes


def read_medications(entries: Iterable[Entry], bundle: Bundle) -> tuple[list[Medication], list[str]]:
    """Each medicine once per dosage, as it was ordered last. One that nobody can name becomes a note."""
    found: dict[tuple[str, str, str], Medication] = {}
    notes = []
    for entry in entries:
        medicine = _medication(entry.resource, bundle)
        if not medicine.name:
            notes.append(
                _("%(where)s: the medicine it refers to is not in the file. Ask the sender for its name.")
                % {"where": entry.label}
            )
            continue
        key = (*_key(medicine.system, medicine.code, medicine.name), medicine.dosage.casefold())
        known = found.get(key)
        if known is None or moment(medicine.ordered) > moment(known.ordered):
            found[key] = medicine
    return sorted(found.values(), key=lambda m: (m.name.casefold(), m.dosage)), notes


def _medication(row: Json, bundle: Bundle) -> Medication:
    concept: Any = row.get("medicationCodeableConcept")
    reference = row.get("medicationReference")
    name = words(concept)
    if not name and reference:
        resource = bundle.resolve(reference, inside=row) or {}
        concept = resource.get("code")
        name = words(concept) or text(one(reference).get("display"))
    system, code = preferred(concept, (RXNORM,))
    dosages = many(row.get("dosageInstruction")) or many(row.get("dosage"))
    effective = row.get("effectiveDateTime") or one(row.get("effectivePeriod")).get("start")
    return Medication(
        name=name,
        system=system,
        code=code,
        dosage=dosage_words(dosages),
        as_needed=any(is_as_needed(dose) for dose in dosages),
        ordered=text(row.get("authoredOn") or effective or row.get("dateAsserted"), 40),
        ordered_by=_orderer(row.get("requester") or row.get("informationSource"), row, bundle),
    )


def _orderer(reference: Any, row: Json, bundle: Bundle) -> str:
    said = text(one(reference).get("display"), 120)
    if said:
        return said
    person = bundle.resolve(reference, inside=row) or {}
    names: Any = person.get("name")
    if isinstance(names, str):
        return text(names, 120)
    name = next(iter(many(names)), {})
    spelled = " ".join([*texts(name.get("prefix")), *texts(name.get("given")), text(name.get("family"))])
    return (text(name.get("text")) or spelled.strip())[:120]


def read_allergies(entries: Iterable[Entry]) -> tuple[list[Allergy], bool, list[str]]:
    """Allergies, whether the sender asked and found none at all, and notes."""
    found: dict[tuple[str, str], Allergy] = {}
    none_known, notes = False, []
    for entry in entries:
        row = entry.resource
        if codes(row.get("code")) & NO_KNOWN_ALLERGY:
            none_known |= NONE_KNOWN in codes(row.get("code"))
            continue
        allergy = _allergy(row)
        if allergy.substance:
            found.setdefault(_key(allergy.system, allergy.code, allergy.substance), allergy)
        else:
            notes.append(_("%(where)s: this allergy names no substance. Ask the sender.") % {"where": entry.label})
    allergies = sorted(found.values(), key=lambda a: a.substance.casefold())
    return allergies, none_known and not allergies, notes


def _allergy(row: Json) -> Allergy:
    reactions = many(row.get("reaction"))
    concept: Any = row.get("code") or next((r.get("substance") for r in reactions if r.get("substance")), None)
    system, code = preferred(concept, (SNOMED, RXNORM))
    shown = [words(sign) for reaction in reactions for sign in many(reaction.get("manifestation"))]
    shown = shown or [text(reaction.get("description")) for reaction in reactions]
    critical = text(row.get("criticality"))
    return Allergy(
        substance=plain_words(concept),
        system=system,
        code=code,
        reaction=", ".join(dict.fromkeys(word for word in shown if word)),
        severity=critical if critical in {"high", "low"} else "",
    )


def read_activities(entries: Iterable[Entry], bundle: Bundle) -> tuple[list[Activity], list[str]]:
    """What the plans in force ask for and is not finished, each once."""
    found: dict[tuple[str, str, bool], Activity] = {}
    notes: list[str] = []
    for entry in entries:
        row = entry.resource
        plan = text(row.get("title")) or next((w for c in many(row.get("category")) if (w := plain_words(c))), "")
        for number, step in enumerate(many(row.get("activity"))):
            activity = _activity(step, row, plan, bundle)
            if activity is None:
                continue
            if not activity.display:
                place = {"where": label(row, entry.position), "path": f"CarePlan.activity[{number}]"}
                notes.append(_("%(where)s: %(path)s says nothing that can be read.") % place)
                continue
            found.setdefault((*_key(activity.system, activity.code, activity.display), activity.prohibited), activity)
    return sorted(found.values(), key=lambda a: (a.plan.casefold(), a.display.casefold())), notes


def _activity(step: Json, plan_row: Json, plan: str, bundle: Bundle) -> Activity | None:
    """One activity; None when it is finished, cancelled or a mistake."""
    detail = one(step.get("detail"))
    if not detail and step.get("reference"):
        named = {"description": one(step["reference"]).get("display")}
        detail = bundle.resolve(step["reference"], inside=plan_row) or named
        if text(detail.get("status")) in {"completed", "revoked", "cancelled", "entered-in-error"}:
            return None
    elif text(detail.get("status")) not in UNDER_WAY:
        return None
    system, code = preferred(detail.get("code"), (SNOMED,))
    display = next((d for _s, c, d in codings(detail.get("code")) if c == code and d), "")
    return Activity(
        display=plain_words(detail.get("code")) or display or text(detail.get("description")),
        system=system,
        code=code,
        plan=plan,
        prohibited=detail.get("doNotPerform") is True,
    )
