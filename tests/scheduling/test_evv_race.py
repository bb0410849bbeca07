"""Two people decide about the same punch, correction, approval or number at the same moment.

One wins, the other reads a sentence or gets the present row; nothing is done twice, and nobody meets a deadlock.
"""

import threading

import pytest

from homecare.accounts.models import Agency
from homecare.audit.models import Event
from homecare.errors import Conflict, DomainError
from homecare.inbox.models import Notification
from scheduling import reason_codes
from scheduling.models import ClockEvent, ClockPin, PunchDecision, ReasonCode, Visit, VisitCorrection
from scheduling.services import clock_pin
from scheduling.services.approval import approve_visit, approve_visits, reopen_visit
from scheduling.services.clock import clock_in, clock_out
from scheduling.services.clock_pin import issue_pin, member_of_pin, revoke_pin
from scheduling.services.correction import accept_correction, decline_correction
from scheduling.services.punch import close_punch, give_punch, make_visit
from tests.factories import ClientFactory, ServiceTypeFactory, VisitFactory
from tests.racing import at_once, while_open
from tests.scheduling.test_clock import EIGHT, at, punch
from tests.scheduling.test_correction import propose
from tests.scheduling.test_punch import unmatched

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def agency(db):
    """It is there before anybody works."""
    return Agency.current()


@pytest.fixture
def code():
    reason_codes.load()
    return ReasonCode.objects.get(set_name="default", code="04")


@pytest.fixture
def visit(caregiver):
    return VisitFactory(caregiver=caregiver, starts_at=EIGHT, client__branch=caregiver.branch)


@pytest.fixture
def half(visit, caregiver):
    """Begun, never clocked out."""
    punch(clock_in, visit, caregiver, 2)
    visit.refresh_from_db()
    return visit


@pytest.fixture
def done(half, caregiver):
    punch(clock_out, half, caregiver, 60)
    half.refresh_from_db()
    half.exceptions.all().delete()
    return half


def split(results):
    """What succeeded and what was refused; anything but a readable refusal fails."""
    refused = [one for one in results if isinstance(one, Exception)]
    assert all(isinstance(one, DomainError) for one in refused), refused
    return [one for one in results if not isinstance(one, Exception)], refused


# Numbers of the telephone


def test_two_numbers_issued_to_one_caregiver_leave_one_that_works(caregiver, coordinator, manager):
    won, refused = split(at_once(*(lambda by=by: issue_pin(caregiver, by=by) for by in (coordinator, manager))))
    assert (len(won), refused, ClockPin.objects.count()) == (2, [], 1)
    assert [member_of_pin(pin) for _row, pin in won].count(caregiver) == 1
    actions = Event.objects.filter(action__startswith="clock_pin.").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["clock_pin.issued", "clock_pin.reset"]


def test_one_number_is_never_two_caregivers(caregiver, other_caregiver, coordinator, monkeypatch):
    """Both draw the same number first; the second of them draws again."""
    drawn = {}

    def draw():
        count = drawn[threading.get_ident()] = drawn.get(threading.get_ident(), 0) + 1
        return "482913" if count == 1 else f"{570000 + threading.get_ident() % 999 + count}"

    monkeypatch.setattr(clock_pin, "_new_pin", draw)
    won, _refused = split(
        at_once(*(lambda one=one: issue_pin(one, by=coordinator) for one in (caregiver, other_caregiver)))
    )
    pins = [pin for _row, pin in won]
    assert (len(set(pins)), pins.count("482913")) == (2, 1)
    assert [member_of_pin(pin) for pin in pins] == [caregiver, other_caregiver]


def test_number_is_issued_while_the_old_one_is_revoked(caregiver, coordinator, manager):
    _row, old = issue_pin(caregiver, by=coordinator)
    (issued, _nothing), refused = split(
        at_once(lambda: issue_pin(caregiver, by=coordinator), lambda: revoke_pin(caregiver, by=manager))
    )
    assert refused == []
    assert member_of_pin(old) is None
    works = member_of_pin(issued[1]) is not None
    last = Event.objects.filter(action__startswith="clock_pin.").order_by("pk").last().action
    assert works is (last != "clock_pin.revoked")
    assert ClockPin.objects.count() == int(works)


# Corrections


def test_correction_accepted_by_two_is_accepted_once(half, caregiver, coordinator, manager, code):
    correction = propose(half, caregiver)
    won, refused = split(
        at_once(*(lambda by=by: accept_correction(correction, code=code, by=by) for by in (coordinator, manager)))
    )
    assert (len(won), refused) == (2, [])
    for action in ("visit_correction.accepted", "visit.closed", "visit.approved"):
        assert Event.objects.filter(action=action).count() <= 1, action
    assert Notification.objects.filter(kind="visit.correction").count() == 1
    assert Visit.objects.get(pk=half.pk).status == "approved"


def test_correction_accepted_and_declined_at_once_has_one_answer(half, caregiver, coordinator, manager, code):
    correction = propose(half, caregiver)
    won, refused = split(
        at_once(
            lambda: accept_correction(correction, code=code, by=coordinator),
            lambda: decline_correction(correction, answer="The daughter says otherwise", by=manager),
        )
    )
    assert (len(won), len(refused)) == (1, 1)
    correction.refresh_from_db()
    assert correction.status == won[0].status
    assert (Visit.objects.get(pk=half.pk).status == "approved") is (correction.status == "accepted")


def test_two_corrections_proposed_at_once_leave_one_pending(half, caregiver):
    won, refused = split(at_once(lambda: propose(half, caregiver), lambda: propose(half, caregiver, ends_at=at(70))))
    assert (len(won), len(refused), VisitCorrection.objects.pending().count()) == (1, 1, 1)
    assert "already waits" in refused[0].message


# Approval against correction


@pytest.mark.parametrize("bulk", [True, False])
def test_visit_is_approved_or_waits_for_its_correction_never_both(done, caregiver, coordinator, bulk):
    def approve():
        return approve_visits([done], by=coordinator).approved if bulk else approve_visit(done, by=coordinator)

    approved, proposed = at_once(approve, lambda: propose(done, caregiver))
    split([approved, proposed])
    status = Visit.objects.get(pk=done.pk).status
    waits = VisitCorrection.objects.pending().filter(visit=done).exists()
    assert (status == "approved") is not waits


def test_approval_waits_for_a_correction_that_is_being_sent(done, caregiver, coordinator):
    left = while_open(lambda: propose(done, caregiver), lambda: approve_visits([done], by=coordinator).left)
    assert "proposes other times" in left[0][1]
    assert isinstance(while_open(lambda: None, lambda: approve_visit(done, by=coordinator)), Conflict)


def test_correction_waits_for_an_approval_under_way(done, caregiver, coordinator):
    refused = while_open(lambda: approve_visit(done, by=coordinator), lambda: propose(done, caregiver))
    assert isinstance(refused, Conflict)


def test_correction_is_accepted_while_somebody_approves_in_bulk(half, done, caregiver, coordinator, manager, code):
    correction = propose(done, caregiver, ends_at=at(50))
    accepted, bulk = at_once(
        lambda: accept_correction(correction, code=code, by=manager), lambda: approve_visits([done], by=coordinator)
    )
    split([accepted, bulk])
    row = Visit.objects.get(pk=done.pk)
    assert (row.status, row.approved_ends_at, row.approved_by) == ("approved", at(50), manager)
    assert Event.objects.filter(action="visit.approved").count() == 1


def test_approval_taken_back_while_a_correction_is_sent_loses_nothing(done, caregiver, coordinator):
    approve_visit(done, by=coordinator)
    reopened, proposed = at_once(
        lambda: reopen_visit(done, by=coordinator, reason="She called"), lambda: propose(done, caregiver)
    )
    split([reopened, proposed])
    assert Visit.objects.get(pk=done.pk).status == "completed"
    assert VisitCorrection.objects.pending().exists() is not isinstance(proposed, Exception)


# Punches without a visit


def test_punch_given_by_two_belongs_to_one_visit(visit, caregiver, coordinator, manager):
    other = VisitFactory(caregiver=caregiver, starts_at=at(120), client__branch=caregiver.branch)
    event = unmatched(caregiver, 5)
    won, refused = split(
        at_once(lambda: give_punch(event, visit, by=coordinator), lambda: give_punch(event, other, by=manager))
    )
    assert (len(won), len(refused), PunchDecision.objects.count()) == (1, 1, 1)
    event.refresh_from_db()
    assert event.visit == won[0].visit
    assert sorted(Visit.objects.values_list("status", flat=True)) == ["in_progress", "planned"]


def test_two_punches_given_to_one_visit_at_once_are_both_counted(visit, caregiver, coordinator, manager):
    first, last = unmatched(caregiver, 5), unmatched(caregiver, 62, "out")
    won, refused = split(
        at_once(lambda: give_punch(last, visit, by=coordinator), lambda: give_punch(first, visit, by=manager))
    )
    assert (len(won), refused) == (2, [])
    visit.refresh_from_db()
    assert (visit.started_at, visit.finished_at, visit.status) == (at(5), at(62), "completed")


def test_punch_given_and_closed_at_once_has_one_decision(visit, caregiver, coordinator, manager):
    event = unmatched(caregiver, 5)
    won, refused = split(
        at_once(
            lambda: give_punch(event, visit, by=coordinator),
            lambda: close_punch(event, note="Pressed by mistake", by=manager),
        )
    )
    assert (len(won), len(refused), PunchDecision.objects.count()) == (1, 1, 1)


def test_stay_made_a_visit_from_both_its_punches_is_one_visit(caregiver, coordinator, manager):
    client, service = ClientFactory(branch=caregiver.branch), ServiceTypeFactory()
    punches = [unmatched(caregiver, 2, client=client), unmatched(caregiver, 62, "out", client=client)]

    def make(event, by):
        return make_visit(
            event, client, service_type=service, starts_at=at(0), ends_at=at(60), reason="Asked for", by=by
        )

    won, refused = split(
        at_once(*(lambda pair=pair: make(*pair) for pair in zip(punches, (coordinator, manager), strict=True)))
    )
    assert (len(won), len(refused), Visit.objects.count(), PunchDecision.objects.count()) == (1, 1, 1, 2)
    assert "already" in refused[0].message
    assert set(won[0].clock_events.all()) == set(punches)


def test_punch_is_given_while_a_visit_is_made_of_its_stay(visit, caregiver, coordinator, manager):
    """The planned visit is another client's; the out punch belongs to one of the two, whoever is first."""
    client = ClientFactory(branch=caregiver.branch)
    Visit.objects.filter(pk=visit.pk).update(starts_at=at(180), ends_at=at(240))
    first, last = unmatched(caregiver, 2, client=client), unmatched(caregiver, 62, "out")
    made, given = at_once(
        lambda: make_visit(
            first,
            client,
            service_type=visit.service_type,
            starts_at=at(0),
            ends_at=at(60),
            reason="Asked for",
            by=coordinator,
        ),
        lambda: give_punch(last, visit, by=manager),
    )
    assert not isinstance(made, Exception), made
    split([given])
    last.refresh_from_db()
    assert PunchDecision.objects.count() == 2
    assert last.visit == (made if isinstance(given, Exception) else visit)


def test_punch_is_given_while_its_visit_is_approved(done, caregiver, coordinator, manager):
    event = unmatched(caregiver, 75, "out")
    given, approved = at_once(
        lambda: give_punch(event, done, by=coordinator), lambda: approve_visits([done], by=manager)
    )
    split([given, approved])
    row, punches = Visit.objects.get(pk=done.pk), ClockEvent.objects.filter(visit=done).count()
    if isinstance(given, Exception):
        assert (row.status, row.finished_at, punches) == ("approved", at(60), 2)
    else:
        assert (row.finished_at, punches) == (at(75), 3)
        assert row.approved_ends_at in (None, at(75))
