"""Rules about whom a visit suits: wishes, the home, training, introduction, double-ups."""

import datetime as dt

import pytest
import time_machine

from clients.models import Introduction
from clients.services.care_team import introduce
from homecare.accounts.models import Agency
from homecare.errors import Conflict
from scheduling.models import TrainingRequirement
from scheduling.placement import Judge
from tests.factories import (
    ClientFactory,
    CredentialFactory,
    CredentialTypeFactory,
    DiagnosisFactory,
    MemberFactory,
    ScheduleFactory,
    ServiceTypeFactory,
    VisitFactory,
    completed_visit,
)
from tests.scheduling.placing import DAY, HOUR, NINE, against, placed

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_of(branch):
    return ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez")


def member_of(branch, **fields):
    return MemberFactory(branch=branch, always_available=True, first_name="Ben", last_name="Silva", **fields)


@pytest.mark.parametrize(
    ("wish", "speaks", "fits"), [("", [], True), ("es", ["en", "es"], True), ("es", ["en"], False), ("es", [], False)]
)
def test_language_wish(branch, wish, speaks, fits):
    client = ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez", caregiver_language=wish)
    found = against(client, member_of(branch, languages=speaks)).get("language")
    assert (found is None) is fits
    if not fits:
        assert found.sentence == "Rosa Lopez wishes for a caregiver who speaks Spanish."
        assert not found.blocks


@pytest.mark.parametrize(("has", "avoids", "fits"), [(True, True, False), (True, False, True), (False, True, True)])
def test_pets(branch, has, avoids, fits):
    client = ClientFactory(branch=branch, has_pets=has)
    assert ("pets" not in against(client, member_of(branch, avoids_pets=avoids))) is fits


@pytest.mark.parametrize(
    ("home", "person", "says"),
    [
        ({"has_smoke": True}, {"avoids_smoke": True}, "does not work where people smoke"),
        ({"has_smoke": True}, {"smokes": True}, None),
        ({"wants_nonsmoker": True}, {"smokes": True}, "wishes for a caregiver who does not smoke"),
        ({"wants_nonsmoker": True}, {"avoids_smoke": True}, None),
        ({}, {"smokes": True, "avoids_smoke": True}, None),
    ],
)
def test_smoking(branch, home, person, says):
    found = against(ClientFactory(branch=branch, **home), member_of(branch, **person)).get("smoking")
    assert (found is None) is (says is None)
    if says:
        assert says in found.sentence


@pytest.fixture
def dementia(db):
    return CredentialTypeFactory(code="DEMENTIA", name="Dementia care training")


@pytest.mark.parametrize(
    ("issued", "expires", "fits"),
    [
        (None, None, False),
        ("2026-01-01", None, True),
        ("2026-01-01", "2026-12-07", True),
        ("2026-01-01", "2026-12-06", False),
        ("2026-12-08", None, False),
    ],
)
def test_training_for_a_service(client_of, branch, dementia, issued, expires, fits):
    service = ServiceTypeFactory(code="MEM", name="Memory care")
    TrainingRequirement.objects.create(training=dementia, service_type=service)
    someone = member_of(branch)
    if issued:
        CredentialFactory(member=someone, type=dementia, issued_on=issued, expires_on=expires)
    found = against(client_of, someone, service=service).get("training")
    assert (found is None) is fits
    assert "training" not in against(client_of, someone)  # another service asks for none
    if not fits:
        assert found.sentence == "Ben Silva lacks training that this visit asks for: Dementia care training."
        assert found.blocks


@pytest.mark.parametrize(
    ("code", "resolved", "asked"),
    [("F03.90", None, True), ("f03", None, True), ("F03.90", "2026-01-01", False), ("F32.1", None, False)],
)
def test_training_for_a_condition(client_of, branch, dementia, code, resolved, asked):
    TrainingRequirement.objects.create(training=dementia, condition="F03")
    DiagnosisFactory(client=client_of, code=code, display="A condition", resolved_on=resolved)
    found = against(client_of, member_of(branch)).get("training")
    assert (found is not None) is asked
    if asked:
        assert "condition" not in found.sentence.lower()  # who reads the override need not know the diagnosis
    trained = member_of(branch)
    CredentialFactory(member=trained, type=dementia)
    assert "training" not in against(client_of, trained)


def ask_for_introductions():
    Agency.objects.update_or_create(pk=1, defaults={"rule_severities": {"introduced": "block"}})


def test_introduction_is_not_asked_for_until_the_agency_does(client_of, caregiver):
    assert "introduced" not in against(client_of, caregiver)
    ask_for_introductions()
    found = against(client_of, caregiver)["introduced"]
    assert found.sentence == f"{caregiver.full_name} has not been introduced to Rosa Lopez."
    assert found.blocks


@pytest.mark.parametrize(("day", "known"), [(6, True), (7, True), (8, False)])
def test_introduced_by_the_day_of_the_visit(client_of, caregiver, other_caregiver, day, known):
    ask_for_introductions()
    Introduction.objects.create(client=client_of, member=caregiver, on=dt.date(2026, 12, day))
    assert ("introduced" not in against(client_of, caregiver)) is known
    assert "introduced" in against(client_of, other_caregiver)


def test_introduced_by_having_visited_before(client_of, branch, caregiver):
    ask_for_introductions()
    completed_visit(caregiver, starts_at=NINE - 7 * DAY, client=client_of)
    assert "introduced" not in against(client_of, caregiver)
    VisitFactory(client=client_of, caregiver=member_of(branch), starts_at=NINE - 7 * DAY, status="missed")
    assert "introduced" in against(ClientFactory(branch=branch), caregiver)


def test_introduction_is_recorded_once(client_of, caregiver, coordinator):
    introduce(client_of, caregiver, on=dt.date(2026, 12, 1), by=coordinator)
    with pytest.raises(Conflict, match="already introduced"):
        introduce(client_of, caregiver, on=dt.date(2026, 12, 2), by=coordinator)


@pytest.fixture
def halves(client_of):
    """The two places of one visit in a pattern for two."""
    pattern = ScheduleFactory(client=client_of, head_count=2)
    day = NINE.date()
    return [
        VisitFactory(client=client_of, schedule=pattern, occurrence_on=day, slot=slot, starts_at=NINE)
        for slot in (1, 2)
    ]


@pytest.mark.parametrize(("hours", "speaks"), [(48, True), (48.1, False), (1, True), (-1, False)])
def test_double_up_speaks_when_the_visit_is_near(halves, client_of, caregiver, hours, speaks):
    with time_machine.travel(NINE - dt.timedelta(hours=hours), tick=False):
        found = against(client_of, caregiver, visit=halves[0]).get("double_up")
    assert (found is not None) is speaks
    if speaks:
        assert found.sentence == (
            "1 more caregiver is needed at Lopez R. on Mon 7 Dec, 09:00–10:00: nobody comes alone to this visit."
        )


def test_double_up_is_complete_with_both(halves, client_of, caregiver, other_caregiver):
    halves[1].caregiver = other_caregiver
    halves[1].save()
    with time_machine.travel(NINE - HOUR, tick=False):
        assert "double_up" not in against(client_of, caregiver, visit=halves[0])


def test_double_up_filled_together_is_complete(halves, client_of, caregiver, other_caregiver):
    both = [
        placed(client_of, person, visit=visit)
        for person, visit in zip((caregiver, other_caregiver), halves, strict=True)
    ]
    alone = [both[0], placed(client_of, None, visit=halves[1])]
    with time_machine.travel(NINE - HOUR, tick=False):
        judge = Judge(both)
        assert [judge.judge(placement) for placement in both] == [[], []]
        assert [finding.code for finding in Judge(alone).judge(alone[0])] == ["double_up"]


def test_visit_of_one_caregiver_is_no_double_up(client_of, caregiver):
    VisitFactory(client=client_of, starts_at=NINE, schedule=ScheduleFactory(client=client_of), occurrence_on=NINE)
    with time_machine.travel(NINE - HOUR, tick=False):
        assert "double_up" not in against(client_of, caregiver)
