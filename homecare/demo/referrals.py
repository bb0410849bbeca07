"""Referrals waiting at the front desk: the bundles of a folder when one is given, else three written here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from clients.services.referral import import_bundle
from homecare.demo.agency import Setting
from homecare.demo.words import CONDITIONS

WAITING = [
    ("Edith", "Hartwell", "female", "1939-03-02", 0),
    ("Leon", "Baker", "male", "1944-10-19", 3),
    ("Miriam", "Stein", "female", "1951-06-27", 4),
]


def bundle(setting: Setting, number: int) -> dict[str, Any]:
    """A small FHIR R4 collection as a discharge desk might send it."""
    first, last, gender, born, condition = WAITING[number]
    town = setting.towns(setting.branches["BOS" if number % 2 == 0 else "SPR"])[number]
    code, display, _template = CONDITIONS[condition]
    patient = {
        "resourceType": "Patient",
        "id": f"demo-{number + 1}",
        "identifier": [{"system": "urn:oid:2.16.840.1.113883.19.5", "value": f"DEMO-{number + 1:04}"}],
        "name": [{"use": "official", "family": last, "given": [first]}],
        "gender": gender,
        "birthDate": born,
        "telecom": [{"system": "phone", "value": f"617-555-700{number}"}],
        "address": [
            {
                "line": [f"{12 + 7 * number} Park Street"],
                "city": town.name,
                "state": "MA",
                "postalCode": town.postal_code,
                "extension": [
                    {
                        "url": "http://hl7.org/fhir/StructureDefinition/geolocation",
                        "extension": [
                            {"url": "latitude", "valueDecimal": town.latitude},
                            {"url": "longitude", "valueDecimal": town.longitude},
                        ],
                    }
                ],
            }
        ],
    }
    subject = {"reference": f"Patient/demo-{number + 1}"}
    active = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}
    diagnosis = {
        "resourceType": "Condition",
        "id": "c1",
        "clinicalStatus": active,
        "subject": subject,
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": code, "display": display}]},
    }
    medicine = {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "intent": "order",
        "subject": subject,
        "medicationCodeableConcept": {"text": "Lisinopril 10 MG Oral Tablet"},
    }
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": resource} for resource in (patient, diagnosis, medicine)],
    }


def build_referrals(setting: Setting, folder: Path | None) -> int:
    """Imports through the same service as the upload page; returns how many are waiting."""
    if folder is not None and folder.is_dir():
        sources = [(path.name, path.read_bytes()) for path in sorted(folder.glob("*.json"))[:12]]
    else:
        sources = [
            (f"referral-{number + 1}.json", json.dumps(bundle(setting, number)).encode())
            for number in range(len(WAITING))
        ]
    for name, raw in sources:
        import_bundle(raw, name, by=setting.users["coordinator"])
    return len(sources)
