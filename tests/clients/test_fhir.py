"""The reader: what the standard allows, what is refused and how it is told, and the 31 sample bundles."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from clients.fhir import ReferralSummary, read_bundle
from tests.clients.bundles import bundle, condition, medication, patient, raw

TODAY = dt.date(2026, 11, 21)
SAMPLES = sorted((Path(settings.BASE_DIR).parent / "shared" / "data" / "referrals").glob("*.json"))


def read(*resources: dict[str, Any], **options: Any) -> ReferralSummary:
    reading = read_bundle(raw(*resources, **options), today=TODAY)
    assert reading.problems == []
    assert reading.summary is not None
    return reading.summary


def problems(*resources: dict[str, Any], **options: Any) -> list[str]:
    reading = read_bundle(raw(*resources, **options), today=TODAY)
    assert reading.summary is None
    return reading.problems


def refusal(content: bytes, **options: Any) -> str:
    reading = read_bundle(content, today=TODAY, **options)
    assert reading.summary is None
    return " ".join(reading.problems)


# --- the sample bundles, counted independently --------------------------------------------------------------------


def counted(document: dict[str, Any]) -> dict[str, Any]:
    """The same numbers by plain dictionary work, sharing no code with the reader."""
    rows = [entry["resource"] for entry in document["entry"]]
    of = {kind: [r for r in rows if r["resourceType"] == kind] for kind in {r["resourceType"] for r in rows}}
    active = [c for c in of.get("Condition", []) if c["clinicalStatus"]["coding"][0]["code"] == "active"]
    drugs = [m for m in of.get("MedicationRequest", []) if m["status"] == "active"]
    plans = [p for p in of.get("CarePlan", []) if p["status"] == "active"]
    newest: dict[str, tuple[str, float]] = {}
    for row in of.get("Observation", []):
        for part in [row, *row.get("component", [])]:
            code, value = part["code"]["coding"][0]["code"], part.get("valueQuantity", {}).get("value")
            if value is not None and (code not in newest or row["effectiveDateTime"] > newest[code][0]):
                newest[code] = (row["effectiveDateTime"], value)
    person = of["Patient"][0]
    geo = {e["url"]: e["valueDecimal"] for e in person["address"][0]["extension"][0]["extension"]}
    return {
        "name": f"{person['name'][0]['given'][0]} {person['name'][0]['family']}",
        "born": person["birthDate"],
        "place": (geo["latitude"], geo["longitude"]),
        "conditions": {c["code"]["coding"][0]["code"] for c in active},
        "medications": {(m["medicationCodeableConcept"]["coding"][0]["code"]) for m in drugs},
        "allergies": {a["code"]["coding"][0]["code"] for a in of.get("AllergyIntolerance", [])},
        "activities": {a["detail"]["code"]["coding"][0]["code"] for p in plans for a in p["activity"]},
        "systolic": newest["8480-6"][1],
        "weight": newest["29463-7"][1],
    }


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.name.rsplit("_", 1)[0])
def test_sample_is_read_as_counted_independently(file):
    content = file.read_bytes()
    summary = read_bundle(content, today=TODAY).summary
    want = counted(json.loads(content))
    vitals = {vital.kind: vital.number for vital in summary.vitals}
    assert {
        "name": summary.full_name,
        "born": summary.birth_date,
        "place": summary.address.place,
        "conditions": {row.code for row in summary.conditions},
        "medications": {row.code for row in summary.medications},
        "allergies": {row.code for row in summary.allergies},
        "activities": {row.code for row in summary.activities},
        "systolic": want["systolic"],
        "weight": want["weight"],
    } == want
    assert len(summary.conditions) == len(want["conditions"])
    assert abs(float(vitals["systolic"]) - want["systolic"]) <= 0.5
    assert abs(float(vitals["weight"]) - want["weight"]) <= 0.05
    assert summary.notes == []
    assert ReferralSummary.from_json(json.loads(json.dumps(summary.to_json()))) == summary


def test_samples_in_total():
    summaries = [read_bundle(file.read_bytes(), today=TODAY).summary for file in SAMPLES]
    assert len(summaries) == 31
    assert sum(len(s.conditions) for s in summaries) == 110
    assert sum(len(s.allergies) for s in summaries) == 4
    assert len({(s.external_system, s.external_id) for s in summaries}) == 31
    assert not any(re.search(r"999-\d\d-\d{4}", json.dumps(s.to_json())) for s in summaries)


def test_a_megabyte_is_read_in_a_fraction_of_a_second():
    largest = max(SAMPLES, key=lambda file: file.stat().st_size).read_bytes()
    assert len(largest) > 1_000_000
    read_bundle(largest, today=TODAY)  # loads the library
    begun = time.process_time()
    read_bundle(largest, today=TODAY)
    assert time.process_time() - begun < 0.5


# --- kinds of bundles and references -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["transaction", "collection", "document", "searchset", "batch", "message"])
def test_bundle_types_that_are_read(kind):
    assert read(patient(), condition(), kind=kind).full_name == "Rosa Maria Lopez"


@pytest.mark.parametrize("kind", ["history", "batch-response", "transaction-response", "zzz", ""])
def test_bundle_types_that_are_refused(kind):
    assert "Bundle.type" in problems(patient(), kind=kind)[0]


def test_bare_list_and_lone_patient_are_read():
    for document in ([patient(), condition()], patient()):
        assert read_bundle(json.dumps(document).encode(), today=TODAY).summary.last_name == "Lopez"


@pytest.mark.parametrize(
    ("url", "reference"),
    [
        ("urn:uuid:0b3c", "urn:uuid:0b3c"),
        ("urn:uuid:0b3c", "Patient/p1"),
        ("https://hospital.example/fhir/Patient/p1", "https://hospital.example/fhir/Patient/p1"),
        ("https://hospital.example/fhir/Patient/p1", "Patient/p1"),
        ("https://hospital.example/fhir/Patient/p1", "Patient/p1/_history/3"),
        (None, "https://hospital.example/fhir/Patient/p1"),
        (None, "Patient?identifier=http://hospital.example|MRN-77"),
    ],
)
def test_references_to_the_patient(url, reference):
    urls = [url] if url else None
    assert len(read(patient(), condition(subject={"reference": reference}), urls=urls).conditions) == 1


@pytest.mark.parametrize("reference", ["Patient/somebody-else", "https://other.example/fhir/Patient/p1", "urn:uuid:9"])
def test_records_of_somebody_else_are_refused(reference):
    told = problems(
        patient(),
        condition(id="c1", subject={"reference": reference}),
        urls=["https://hospital.example/fhir/Patient/p1"],
    )
    assert told == [f"Condition/c1: Condition.subject refers to {reference}, who is not the patient of this file."]


def test_the_same_resource_twice_counts_once():
    assert read(patient(), patient(), kind="searchset").full_name == "Rosa Maria Lopez"


def test_unknown_resources_and_elements_are_ignored():
    odd = {"resourceType": "Claim", "id": "x", "nonsense": {"a": [1]}}
    summary = read(patient(favouriteColour="blue"), odd, {"resourceType": "Frobnicator"})
    assert summary.notes == ["Patient/p1: Patient.favouriteColour is unknown in FHIR R4 and was ignored."]


def test_byte_order_mark_and_utf16_are_read():
    document = json.dumps(bundle(patient()))
    for content in (b"\xef\xbb\xbf" + document.encode(), document.encode("utf-16")):
        assert read_bundle(content, today=TODAY).summary.last_name == "Lopez"


# --- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty"),
        (b"  \n", "This file is empty"),
        (b"<Bundle xmlns='http://hl7.org/fhir'/>", "This file is XML"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "This file is XML"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04abc", "zip"),
        (b'{"resourceType": "Bundle",', "not JSON: line 1"),
        (b"\xff\xfe\xfa", "not JSON"),
        (b'{"a": NaN}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"7", "not FHIR"),
        (b"{}", "not FHIR"),
        (b'{"resourceType": 5}', "not FHIR"),
        (b"[]", "no Patient"),
        (b'{"resourceType": "Bundle", "type": "collection"}', "no Patient"),
    ],
)
def test_files_that_are_no_referral(content, sentence):
    assert sentence in refusal(content)


def test_a_huge_file_is_refused_before_it_is_read():
    assert "at most 0 MB are read" in refusal(b"x" * 101, max_bytes=100)


def test_two_patients_are_refused():
    assert "2 patients (Patient/p1, Patient/p2)" in problems(patient(), patient(id="p2"))[0]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"birthDate": None}, "Patient/p1: Patient.birthDate is missing"),
        ({"birthDate": "12.5.1941"}, "Patient/p1: Patient.birthDate is not a date as FHIR writes it"),
        ({"birthDate": "2999-01-01"}, "Patient.birthDate lies in the future"),
        ({"birthDate": "1741-01-01"}, "Patient.birthDate is more than 130 years ago"),
        ({"name": None}, "Patient/p1: Patient.name is missing"),
        ({"name": [{}]}, "Patient.name is missing"),
        ({"name": [{"family": 5}]}, "Patient.name[0].family has the wrong kind of value"),
        ({"name": "Rosa"}, "Patient.name should be a list of values"),
        ({"deceasedBoolean": True}, "Patient.deceasedBoolean says that this person has died"),
        ({"deceasedDateTime": "2026-01-02"}, "Patient.deceasedDateTime says that this person died on 2026-01-02"),
        ({"active": False}, "Patient.active says that this record is no longer in use"),
        ({"modifierExtension": [{"url": "http://x.example", "valueBoolean": True}]}, "modifierExtension changes"),
    ],
)
def test_problems_of_the_person_name_the_place(changes, sentence):
    assert sentence in " ".join(problems(patient(**changes)))


def test_every_problem_is_told_at_once():
    told = problems(
        patient(birthDate=None, name=None),
        {k: v for k, v in condition(id="c1").items() if k != "subject"},
        medication(id="m1", medicationCodeableConcept=None),
        condition(onsetDateTime="yesterday"),
    )
    assert "Condition/c1: Condition.subject is missing." in told
    assert (
        "MedicationRequest/m1: MedicationRequest is missing: one of medicationCodeableConcept, medicationReference"
        " is needed." in told
    )
    assert (
        "Condition (entry 4): Condition.onsetDateTime is not a date as FHIR writes it, for example 1941-05-12." in told
    )
    assert sum("Patient.birthDate" in one for one in told) == 1
    assert len(told) == 5


def test_problems_are_capped():
    assert len(problems(patient(), *[condition(id=f"c{n}", onsetDateTime="x") for n in range(40)])) == 21


# --- elements ----------------------------------------------------------------------------------------------------
