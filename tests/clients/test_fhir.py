"""The reader: what the standard allows, what is refused and how it is told, and the 31 sample bundles."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from clients.fhir import ReferralSummary, read_bundle
from clients.fhir.completeness import missing
from clients.fhir.summary import Condition, ContactPerson, Vital
from clients.fhir.values import text
from tests.clients.bundles import MRN, bundle, concept, condition, medication, observation, patient, raw, status

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


def test_name_prefers_the_official_one():
    names = [
        {"use": "maiden", "family": "Diaz", "given": ["Rosa"]},
        {"use": "usual", "family": "Lopez", "given": ["Rosita"]},
        {"use": "official", "family": "Lopez", "given": ["Rosa"]},
        {"use": "official", "family": "Old", "given": ["R"], "period": {"end": "2001-01-01"}},
    ]
    assert read(patient(name=names)).full_name == "Rosa Lopez"
    assert read(patient(name=[{"text": "Rosa Maria Lopez"}])).last_name == "Lopez"
    assert read(patient(name=[{"given": ["Suharto"]}])).full_name == "Suharto"


@pytest.mark.parametrize("born", ["1941", "1941-05"])
def test_partial_birth_dates_are_kept_and_asked_for(born):
    summary = read(patient(birthDate=born))
    assert (summary.birth_date, summary.birth_on) == (born, None)
    assert f"only {born} is given" in missing(summary, TODAY)[0]


def test_language_telecom_address_and_contacts():
    summary = read(
        patient(
            communication=[
                {"language": {"coding": [{"code": "en-US"}]}},
                {"language": {"coding": [{"code": "es-MX"}]}, "preferred": True},
            ],
            telecom=[
                {"system": "phone", "value": "+1 617 555 0000", "use": "old"},
                {"system": "phone", "value": "+1 617-555-0138", "use": "work"},
                {"system": "phone", "value": "+44 20 7946 0958", "use": "mobile"},
                {"system": "email", "value": "rosa@homecare.example"},
            ],
            address=[
                {"use": "old", "line": ["9 Gone Street"]},
                {"use": "home", "type": "postal", "line": ["PO Box 1"]},
                {"use": "home", "line": ["12 Elm Street", "Apt 4"], "city": "Boston", "state": "Massachusetts"},
            ],
            contact=[{"name": {"text": "Ana Lopez"}, "relationship": [status("C")]}],
        ),
        {
            "resourceType": "RelatedPerson",
            "patient": {"reference": "Patient/p1"},
            "name": [{"family": "Lopez", "given": ["Juan"]}],
            "relationship": [concept("SON", "son")],
        },
    )
    assert summary.language == "es"
    assert summary.phone == "+44 20 7946 0958"
    assert summary.email == "rosa@homecare.example"
    assert str(summary.address) == "12 Elm Street, Apt 4, Boston, MA"
    assert summary.contacts == [
        ContactPerson("Ana Lopez", is_emergency=True),
        ContactPerson("Juan Lopez", relation="son"),
    ]


@pytest.mark.parametrize(("latitude", "longitude"), [(0, 0), (91, 10), (10, None), ("x", 10)])
def test_impossible_coordinates_count_as_none(latitude, longitude):
    parts = [{"url": "latitude", "valueDecimal": latitude}, {"url": "longitude", "valueDecimal": longitude}]
    parts = [part for part in parts if isinstance(part["valueDecimal"], int)]
    geo = {"url": "http://hl7.org/fhir/StructureDefinition/geolocation", "extension": parts}
    assert read(patient(address=[{"line": ["1 A Street"], "extension": [geo]}])).address.place is None


@pytest.mark.parametrize(
    ("identifiers", "identity"),
    [
        ([{"system": "http://a.example", "value": "1"}, {"type": MRN, "value": "7"}], ("urn:sender:", "7")),
        ([{"type": MRN, "value": "7", "assigner": {"display": "Mercy"}}], ("Mercy", "7")),
        ([{"value": "123-45-6789"}], ("urn:sender:", "p1")),
        (None, ("urn:sender:", "p1")),
    ],
)
def test_identity_of_the_person_at_the_sender(identifiers, identity):
    summary = read(patient(identifier=identifiers))
    assert (summary.external_system, summary.external_id) == identity


def test_identity_without_any_number_is_a_digest_of_the_person():
    first, again = read(patient(identifier=None, id=None)), read(patient(identifier=None, id=None, gender="male"))
    other = read(patient(identifier=None, id=None, birthDate="1941-05-13"))
    assert first.external_id == again.external_id != other.external_id


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"clinicalStatus": status("recurrence")}, True),
        ({"clinicalStatus": status("relapse")}, True),
        ({"clinicalStatus": status("resolved")}, False),
        ({"clinicalStatus": status("inactive")}, False),
        ({"clinicalStatus": status("remission")}, False),
        ({"verificationStatus": status("entered-in-error")}, False),
        ({"verificationStatus": status("refuted")}, False),
        ({"clinicalStatus": {"text": "Active"}}, True),
    ],
)
def test_conditions_that_count(changes, counts):
    assert bool(read(patient(), condition(**changes)).conditions) == counts


def test_condition_without_status_counts_unless_it_ended():
    row = {k: v for k, v in condition().items() if k != "clinicalStatus"}
    assert read(patient(), row).conditions
    assert not read(patient(), {**row, "abatementDateTime": "2020"}).conditions


def test_conditions_come_once_with_their_earliest_onset_and_preferred_code():
    both = {
        "coding": [
            {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I50.9"},
            {"system": "http://snomed.info/sct", "code": "84114007", "display": "Heart failure (disorder)"},
        ]
    }
    summary = read(
        patient(),
        condition(onsetDateTime="2015-02-03"),
        condition(onsetDateTime="2011"),
        condition(code=both),
        condition(code={"text": "Sore knee"}),
        condition(code={"text": "sore KNEE"}),
    )
    assert summary.conditions == [
        Condition("Heart failure", "http://snomed.info/sct", "84114007", "2011"),
        Condition("Sore knee"),
    ]


def test_medicines_of_every_kind():
    contained = medication(
        medicationCodeableConcept=None,
        medicationReference={"reference": "#m"},
        contained=[{"resourceType": "Medication", "id": "m", "code": {"text": "Warfarin"}}],
        dosageInstruction=[
            {
                "doseAndRate": [{"doseQuantity": {"value": 2.5, "unit": "mg"}}],
                "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
                "route": {"text": "oral"},
                "asNeededBoolean": True,
            }
        ],
    )
    apart = medication(medicationCodeableConcept=None, medicationReference={"reference": "Medication/m2"})
    statement = {
        "resourceType": "MedicationStatement",
        "status": "active",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": {"text": "Aspirin"},
        "dosage": [{"text": "one in the morning"}],
    }
    summary = read(
        patient(),
        contained,
        apart,
        statement,
        {"resourceType": "Medication", "id": "m2", "code": {"text": "Zinc"}},
        medication(status="stopped"),
        medication(intent="proposal"),
        medication(doNotPerform=True),
        medication(authoredOn="2020-01-01"),
        medication(authoredOn="2024-01-01"),
        medication(id="lost", medicationCodeableConcept=None, medicationReference={"reference": "Medication/gone"}),
    )
    assert [(m.name, m.dosage, m.as_needed, m.ordered) for m in summary.medications] == [
        ("Amlodipine 5 MG", "", False, "2024-01-01"),
        ("Aspirin", "one in the morning", False, ""),
        ("Warfarin", "2.5 mg, 2 × per day, oral, as needed", True, ""),
        ("Zinc", "", False, ""),
    ]
    assert "MedicationRequest/lost: the medicine it refers to is not in the file" in summary.notes[0]


def test_allergies_and_none_known():
    def allergy(**changes: Any) -> dict[str, Any]:
        return {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/p1"}, **changes}

    none = allergy(code=concept("716186003", "No known allergy"))
    assert read(patient(), none).no_known_allergies
    summary = read(
        patient(),
        none,
        allergy(
            code={"text": "Penicillin"},
            criticality="high",
            reaction=[{"manifestation": [{"text": "Hives"}, {"text": "Wheezing"}]}],
        ),
        allergy(code={"text": "Nuts"}, clinicalStatus=status("resolved")),
        allergy(id="a9"),
    )
    assert [(a.substance, a.reaction, a.severity) for a in summary.allergies] == [
        ("Penicillin", "Hives, Wheezing", "high")
    ]
    assert not summary.no_known_allergies
    assert "AllergyIntolerance/a9" in summary.notes[0]


def test_activities_of_plans_in_force():
    def plan(*activities: dict[str, Any], **changes: Any) -> dict[str, Any]:
        row = {"resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": {"reference": "Patient/p1"}}
        return {**row, "title": "After the stroke", "activity": list(activities), **changes}

    def detail(what: str, state: str = "in-progress", **more: Any) -> dict[str, Any]:
        return {"detail": {"status": state, "code": {"text": what}, **more}}

    summary = read(
        patient(),
        plan(detail("Walk"), detail("walk"), detail("Swim", "completed"), detail("Bend", doNotPerform=True)),
        plan({"reference": {"reference": "ServiceRequest/s1"}}, {"detail": {"status": "scheduled"}}),
        plan(detail("Old"), status="completed"),
        {"resourceType": "ServiceRequest", "id": "s1", "status": "active", "code": {"text": "Physiotherapy"}},
    )
    assert [(a.display, a.plan, a.prohibited) for a in summary.activities] == [
        ("Bend", "After the stroke", True),
        ("Physiotherapy", "After the stroke", False),
        ("Walk", "After the stroke", False),
    ]
    assert "CarePlan.activity[1] says nothing" in summary.notes[0]


@pytest.mark.parametrize(
    ("code", "value", "unit", "want"),
    [
        ("8310-5", 98.6, "[degF]", Vital("temperature", "8310-5", "37.0", "Cel", "2026-11-20T08:00:00Z")),
        ("8310-5", 310.15, "K", Vital("temperature", "8310-5", "37.0", "Cel", "2026-11-20T08:00:00Z")),
        ("29463-7", 150, "[lb_av]", Vital("weight", "29463-7", "68.0", "kg", "2026-11-20T08:00:00Z")),
        ("29463-7", 68000, "g", Vital("weight", "29463-7", "68.0", "kg", "2026-11-20T08:00:00Z")),
        ("8302-2", 66, "[in_i]", Vital("height", "8302-2", "168", "cm", "2026-11-20T08:00:00Z")),
        ("8302-2", 1.68, "m", Vital("height", "8302-2", "168", "cm", "2026-11-20T08:00:00Z")),
        ("15074-8", 5.5, "mmol/L", Vital("glucose", "15074-8", "99", "mg/dL", "2026-11-20T08:00:00Z")),
        ("8480-6", 17.3, "kPa", Vital("systolic", "8480-6", "130", "mm[Hg]", "2026-11-20T08:00:00Z")),
        ("59408-5", 97, "%", Vital("oxygen", "59408-5", "97", "%", "2026-11-20T08:00:00Z")),
        ("72514-3", 4, "{score}", Vital("pain", "72514-3", "4", "{score}", "2026-11-20T08:00:00Z")),
    ],
)
def test_vital_signs_come_in_one_unit(code, value, unit, want):
    assert read(patient(), observation(code, value, unit)).vitals == [want]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"valueQuantity": {"value": 10, "code": "[stone_av]"}}, "its unit “[stone_av]” is not one"),
        ({"valueQuantity": {"value": 5000, "code": "kg"}}, "its value 5000.0 kg cannot be right"),
        ({"valueQuantity": {"value": 70, "code": "kg", "comparator": "<"}}, "only given as a limit"),
    ],
)
def test_vital_signs_left_out_are_told(changes, sentence):
    summary = read(patient(), observation("29463-7", 1, "kg", id="o1", **changes))
    assert summary.vitals == []
    assert summary.notes[0].startswith("Observation/o1: the weight was left out")
    assert sentence in summary.notes[0]


def test_latest_vital_sign_wins_and_pressure_comes_from_components():
    def part(code: str, value: int) -> dict[str, Any]:
        return {
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "valueQuantity": {"value": value, "code": "mm[Hg]"},
        }

    panel = {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
        "effectivePeriod": {"start": "2026-11-19T10:00:00-05:00"},
        "component": [part("8480-6", 142), part("8462-4", 88)],
    }
    summary = read(
        patient(),
        observation("8480-6", 120, "mm[Hg]", taken="2020"),
        observation("8480-6", 190, "mm[Hg]", status="entered-in-error"),
        panel,
    )
    assert [(v.kind, v.number) for v in summary.vitals] == [("systolic", Decimal(142)), ("diastolic", Decimal(88))]
    assert summary.vitals[0].taken_at == dt.datetime(2026, 11, 19, 15, tzinfo=dt.UTC)


def test_only_what_is_read_is_judged():
    broken = {"resourceType": "Observation", "code": {"coding": [{"code": "718-7"}]}, "valueQuantity": "nonsense"}
    assert read(patient(), broken, condition(clinicalStatus=status("resolved"), onsetDateTime="x")).full_name


def test_sender_is_the_latest_provider():
    def stay(start: str, name: str) -> dict[str, Any]:
        return {"resourceType": "Encounter", "period": {"start": start}, "serviceProvider": {"reference": name}}

    hospitals = [{"resourceType": "Organization", "id": n, "name": n.title()} for n in ("mercy", "grace")]
    stays = [stay("2026-01-01", "Organization/mercy"), stay("2026-11-01", "Organization/grace")]
    assert read(patient(), *hospitals, *stays).sender == "Grace"
    assert read(patient(managingOrganization={"display": "City Clinic"}), *hospitals).sender == "City Clinic"
    assert read(patient(), hospitals[0]).sender == "Mercy"
    assert read(patient(), *hospitals).sender == ""


def test_texts_that_a_database_refuses_are_cleaned():
    assert text("  Lo\x00pez\ud800\n Diaz ") == "Lopez Diaz"
    assert read(patient(name=[{"family": "Lo\x00pez", "given": ["Rosa"]}])).full_name == "Rosa Lopez"
    assert "Patient.name[0].family" in problems(patient(name=[{"family": "\ud800"}]))[0]


def test_digest_ignores_order_but_not_content():
    first = read(patient(), condition(), condition("38341003", "Hypertension"))
    turned = read(condition("38341003", "Hypertension"), condition(), patient())
    assert first.digest == turned.digest
    assert first.digest != read(patient(), condition()).digest
