"""What is read of each element of a referral bundle, and what is left out."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from clients.fhir.completeness import missing
from clients.fhir.summary import Condition, ContactPerson, Vital
from clients.fhir.values import text
from tests.clients.bundles import MRN, concept, condition, medication, observation, patient, status
from tests.clients.test_fhir import TODAY, problems, read


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
