"""Whatever stands in a file, the reader answers: a summary or sentences, never an exception."""

from __future__ import annotations

import copy
import datetime as dt
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.fhir import ReferralSummary, read_bundle
from clients.fhir.completeness import missing
from tests.clients.bundles import bundle, concept, condition, medication, observation, patient, status

TODAY = dt.date(2026, 11, 21)
WHOLE = bundle(
    patient(
        contact=[
            {"name": {"text": "Ana"}, "relationship": [status("C")], "telecom": [{"system": "phone", "value": "1"}]}
        ],
        communication=[{"language": concept("es", "Spanish"), "preferred": True}],
        managingOrganization={"reference": "Organization/o"},
        deceasedBoolean=False,
    ),
    {"resourceType": "Organization", "id": "o", "name": "Mercy"},
    condition(onsetDateTime="2010-01-02", verificationStatus=status("confirmed")),
    medication(
        medicationCodeableConcept=None,
        medicationReference={"reference": "#m"},
        contained=[{"resourceType": "Medication", "id": "m", "code": {"text": "Warfarin"}}],
        dosageInstruction=[{"sequence": 1, "timing": {"repeat": {"frequency": 1, "period": 8, "periodUnit": "h"}}}],
        authoredOn="2024-01-01T10:00:00-05:00",
    ),
    {
        "resourceType": "AllergyIntolerance",
        "patient": {"reference": "Patient/p1"},
        "code": {"text": "Nuts"},
        "reaction": [{"manifestation": [{"text": "Hives"}]}],
    },
    {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "subject": {"reference": "Patient/p1"},
        "activity": [{"detail": {"status": "in-progress", "code": {"text": "Walk"}}}],
    },
    observation("8480-6", 130, "mm[Hg]"),
    observation("29463-7", 150, "[lb_av]"),
)
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just([[{}]]),
    st.just({"coding": "x"}),
    st.just({"reference": 5}),
    st.just("0001-01-01T00:00:00+14:00"),
    st.just("9999-12-31T23:59:59-12:00"),
    st.just("1e999999"),
)


def paths(node: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else []
    return [*([here] if here else []), *(path for key, child in below for path in paths(child, (*here, key)))]


PATHS = paths(WHOLE)


def mutilated(document: Any, path: tuple[Any, ...], junk: Any, drop: bool) -> None:
    node = document
    for key in path[:-1]:
        try:
            node = node[key]
        except (KeyError, IndexError, TypeError):
            return
    try:
        if drop:
            del node[path[-1]]
        else:
            node[path[-1]] = copy.deepcopy(junk)
    except (KeyError, IndexError, TypeError):
        return


def answer(content: bytes) -> None:
    reading = read_bundle(content, today=TODAY)
    assert (reading.summary is None) == bool(reading.problems)
    assert all(isinstance(sentence, str) and sentence.endswith((".", "?")) for sentence in reading.problems)
    if reading.summary is not None:
        plain = json.loads(json.dumps(reading.summary.to_json()))
        assert ReferralSummary.from_json(plain) == reading.summary
        assert "\x00" not in json.dumps(plain)
        missing(reading.summary, TODAY)
        [vital.taken_at for vital in reading.summary.vitals]
        [condition.onset_on for condition in reading.summary.conditions]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PATHS), JUNK, st.booleans()), min_size=1, max_size=4))
def test_mutilated_bundle_gets_an_answer(wounds):
    document = copy.deepcopy(WHOLE)
    for path, junk, drop in wounds:
        mutilated(document, path, junk, drop)
    answer(json.dumps(document).encode())


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_get_an_answer(content):
    answer(content)


@settings(max_examples=100, deadline=None)
@given(st.integers(min_value=0, max_value=len(json.dumps(WHOLE))))
def test_cut_off_file_gets_an_answer(length):
    answer(json.dumps(WHOLE)[:length].encode())


def test_whole_bundle_is_read():
    assert read_bundle(json.dumps(WHOLE).encode(), today=TODAY).problems == []
