"""A hospital's FHIR R4 bundle becomes a ReferralSummary, or a list of sentences that say what is wrong where.

Source: HL7 FHIR R4 (4.0.1) resources Bundle, Patient, Condition, MedicationRequest, AllergyIntolerance, CarePlan,
Observation; docs/intake.md has the table of elements.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from clients.fhir import clinical, vitals
from clients.fhir.bundle import Bundle, Entry, Unreadable, parse
from clients.fhir.person import identity, read_person
from clients.fhir.sender import read_sender
from clients.fhir.shape import problems_of
from clients.fhir.summary import ReferralSummary
from clients.fhir.values import many, one, text

MAX_PROBLEMS = 20
DEFAULT_MAX_BYTES = 20 * 1024 * 1024


@dataclass
class Reading:
    """What came of a file: a summary, or the problems for which it is refused."""

    summary: ReferralSummary | None = None
    problems: list[str] = field(default_factory=list)


def read_bundle(raw: bytes, *, today: dt.date, max_bytes: int = DEFAULT_MAX_BYTES) -> Reading:
    """Reads a file; never raises for what stands in it. Nothing is half read: with one problem there is no summary."""
    try:
        bundle = Bundle(parse(raw, max_bytes=max_bytes))
        patient = _only_patient(bundle)
    except Unreadable as error:
        return Reading(problems=[str(error)])
    read = [patient, *bundle.of("RelatedPerson"), *clinical.wanted(bundle)]
    measurements = vitals.latest(bundle)
    observations = list({id(m.entry): m.entry for m in measurements}.values())
    problems, notes = _judged([*read, *observations])
    problems += _strangers([*read[1:], *observations], patient, bundle)
    summary, missing = read_person(patient, bundle, today)
    problems += [problem for problem in missing if problem not in problems]
    if problems:
        return Reading(problems=_capped(problems))
    summary.notes = notes
    _add_clinical(summary, read, bundle)
    summary.vitals, left_out = vitals.read_vitals(measurements)
    summary.notes = (summary.notes + left_out)[:MAX_PROBLEMS]
    summary.sender = read_sender(patient, bundle)
    summary.external_system, summary.external_id = identity(summary, patient)
    return Reading(summary)


def _only_patient(bundle: Bundle) -> Entry:
    patients = bundle.of("Patient")
    if not patients:
        raise Unreadable(_("There is no Patient in this file. Ask the sender to include the person's record."))
    if len(patients) > 1:
        names = ", ".join(entry.label for entry in patients[:4])
        raise Unreadable(
            _("This file has %(count)s patients (%(names)s). A referral is about one person; ask for one file each.")
            % {"count": len(patients), "names": names}
        )
    return patients[0]


def _judged(entries: list[Entry]) -> tuple[list[str], list[str]]:
    problems: list[str] = []
    notes: list[str] = []
    for entry in entries:
        wrong, remarks = problems_of(entry)
        problems += wrong
        notes += remarks
        if entry.resource.get("modifierExtension"):
            # FHIR 2.1.21.3: who does not understand a modifier must not go on as if it were not there.
            problems.append(
                _("%(where)s: modifierExtension changes its meaning in a way that is unknown here. Ask the sender.")
                % {"where": entry.label}
            )
    return problems, notes


def _strangers(entries: list[Entry], patient: Entry, bundle: Bundle) -> list[str]:
    """Records about somebody else must not become part of this person's."""
    problems = []
    for entry in entries:
        element = "subject" if "subject" in entry.resource else "patient"
        target = text(one(entry.resource.get(element)).get("reference"), 2000)
        if target and not _means(target, patient, bundle):
            problems.append(
                _("%(where)s: %(kind)s.%(element)s refers to %(target)s, who is not the patient of this file.")
                % {"where": entry.label, "kind": entry.kind, "element": element, "target": target[:120]}
            )
    return problems


def _means(target: str, patient: Entry, bundle: Bundle) -> bool:
    if "?" in target:  # a conditional reference of a transaction: Patient?identifier=system|value
        wanted = target.partition("identifier=")[2].split("&")[0].rpartition("|")[2]
        values = [text(row.get("value")) for row in many(patient.resource.get("identifier"))]
        return bool(wanted) and wanted in values
    return bundle.find(target) is patient


def _add_clinical(summary: ReferralSummary, read: list[Entry], bundle: Bundle) -> None:
    def of(*kinds: str) -> list[Entry]:
        return [entry for entry in read if entry.kind in kinds]

    summary.conditions, first = clinical.read_conditions(of("Condition"))
    summary.medications, second = clinical.read_medications(of("MedicationRequest", "MedicationStatement"), bundle)
    summary.allergies, summary.no_known_allergies, third = clinical.read_allergies(of("AllergyIntolerance"))
    summary.activities, fourth = clinical.read_activities(of("CarePlan"), bundle)
    summary.notes += [*first, *second, *third, *fourth]


def _capped(problems: list[str]) -> list[str]:
    if len(problems) <= MAX_PROBLEMS:
        return problems
    more = _("… and %(count)s more problems.") % {"count": len(problems) - MAX_PROBLEMS}
    return [*problems[:MAX_PROBLEMS], more]


__all__ = ["Reading", "read_bundle"]
