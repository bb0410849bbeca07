"""Small FHIR bundles built from parts, as hospitals other than the sample's might send them."""

from __future__ import annotations

import copy
import json
from typing import Any

MRN = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]}
SSN = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "SS"}]}


def patient(**changes: Any) -> dict[str, Any]:
    row = {
        "resourceType": "Patient",
        "id": "p1",
        "identifier": [
            {"type": SSN, "system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-22-1962"},
            {"type": MRN, "system": "http://hospital.example", "value": "MRN-77"},
        ],
        "name": [{"use": "official", "family": "Lopez", "given": ["Rosa", "Maria"], "prefix": ["Mrs."]}],
        "gender": "female",
        "birthDate": "1941-05-12",
        "telecom": [{"system": "phone", "value": "6175550138", "use": "home"}],
        "address": [{"line": ["12 Elm Street", "Apt 4"], "city": "Boston", "state": "MA", "postalCode": "02108"}],
    }
    return {name: value for name, value in {**row, **changes}.items() if value is not None}


def concept(code: str, display: str, system: str = "http://snomed.info/sct") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def status(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


def condition(code: str = "84114007", display: str = "Heart failure (disorder)", /, **changes: Any) -> dict[str, Any]:
    row = {
        "resourceType": "Condition",
        "clinicalStatus": status("active"),
        "code": concept(code, display),
        "subject": {"reference": "Patient/p1"},
    }
    return {**row, **changes}


def medication(**changes: Any) -> dict[str, Any]:
    row = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": concept(
            "197361", "Amlodipine 5 MG", "http://www.nlm.nih.gov/research/umls/rxnorm"
        ),
    }
    return {name: value for name, value in {**row, **changes}.items() if value is not None}


def observation(
    code: str, value: float, unit: str, taken: str = "2026-11-20T08:00:00Z", **changes: Any
) -> dict[str, Any]:
    row = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": taken,
        "valueQuantity": {"value": value, "unit": unit, "code": unit, "system": "http://unitsofmeasure.org"},
    }
    return {**row, **changes}


def bundle(*resources: dict[str, Any], kind: str = "collection", urls: list[str] | None = None) -> dict[str, Any]:
    entries: list[dict[str, Any]] = [{"resource": copy.deepcopy(row)} for row in resources]
    for entry, url in zip(entries, urls or [], strict=False):
        entry["fullUrl"] = url
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def raw(*resources: dict[str, Any], **options: Any) -> bytes:
    return json.dumps(bundle(*resources, **options)).encode()
