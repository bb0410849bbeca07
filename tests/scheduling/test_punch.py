"""Punches without a visit: given to one, a visit of their own, or closed. None is ever edited."""

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from homecare.errors import Conflict, DomainError
from scheduling.models import ClockEvent, PhoneEvent, PunchDecision, Visit
from scheduling.punch_suggestions import suggestions_for
from scheduling.services.clock import keep_unmatched
from scheduling.services.phone_event import mark_reviewed, receive_event
from scheduling.services.punch import close_punch, give_punch, make_visit
from tests.factories import AddressFactory, ClientFactory, MemberFactory, ServiceTypeFactory, VisitFactory
from tests.scheduling.test_clock import EIGHT, at, kinds

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(caregiver):
    row = VisitFactory(caregiver=caregiver, starts_at=EIGHT, client__branch=caregiver.branch)
    AddressFactory(client=row.client)
    return row


def unmatched(caregiver, minutes, kind="in", **evidence):
    return keep_unmatched(kind, at=at(minutes), by=caregiver.user, member=caregiver, evidence=evidence)


def test_punch_is_given_to_a_visit(visit, caregiver, coordinator):
    event = unmatched(caregiver, 5)
    assert list(ClockEvent.objects.unmatched()) == [event]
    decision = give_punch(event, visit, by=coordinator)
    visit.refresh_from_db()
    assert (decision.kind, decision.visit, visit.started_at, visit.status) == ("matched", visit, at(5), "in_progress")
    assert list(ClockEvent.objects.unmatched()) == []
    with pytest.raises(Conflict):
        give_punch(event, visit, by=coordinator)


def test_punch_is_closed_with_a_reason(visit, caregiver, coordinator):
    event = unmatched(caregiver, 5)
    with pytest.raises(DomainError) as refused:
        close_punch(event, note=" ", by=coordinator)
    assert refused.value.field == "note"
    close_punch(event, note="Pressed by mistake", by=coordinator)
    assert (PunchDecision.objects.get().note, ClockEvent.objects.unmatched().count()) == ("Pressed by mistake", 0)
    with pytest.raises(Conflict):
        give_punch(event, visit, by=coordinator)
    event.refresh_from_db()
    assert event.visit is None


def test_decision_names_its_visit_or_none(caregiver, coordinator):
    event = unmatched(caregiver, 5)
    with pytest.raises(IntegrityError), transaction.atomic():
        PunchDecision.objects.create(clock_event=event, kind="matched", by=coordinator)


def test_visit_is_made_for_all_punches_of_the_stay(caregiver, coordinator):
    client = ClientFactory(branch=caregiver.branch)
    first, last = unmatched(caregiver, 2, client=client), unmatched(caregiver, 62, "out", client=client)
    far = unmatched(caregiver, 600, client=client)
    how = {"service_type": ServiceTypeFactory(), "starts_at": at(0), "ends_at": at(60), "by": coordinator}
    with pytest.raises(DomainError):
        make_visit(first, client, reason="", **how)
    visit = make_visit(first, client, reason="The daughter asked", **how)
    assert (visit.status, visit.started_at, visit.finished_at) == ("completed", at(2), at(62))
    assert set(visit.clock_events.all()) == {first, last}
    assert "not_scheduled" in kinds(visit)
    assert list(ClockEvent.objects.unmatched()) == [far]


def test_visit_from_a_punch_in_the_future_is_refused(caregiver, coordinator):
    client = ClientFactory(branch=caregiver.branch)
    event = unmatched(caregiver, 2, client=client)
    later = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
    with pytest.raises(DomainError) as refused:
        make_visit(
            event,
            client,
            service_type=ServiceTypeFactory(),
            starts_at=later,
            ends_at=later + dt.timedelta(hours=1),
            reason="x",
            by=coordinator,
        )
    assert refused.value.field == "starts_at"
    assert Visit.objects.count() == 0


def test_phone_record_and_its_punch_are_settled_together(visit, caregiver, coordinator):
    Visit.objects.filter(pk=visit.pk).update(status="cancelled")
    acts = [receive_event(caregiver, uuid.uuid4(), "clock_in", visit.pk, at(n), {}).event for n in (1, 30)]
    assert PhoneEvent.objects.to_review().count() == 2
    first, second = ClockEvent.objects.unmatched().order_by("at")
    close_punch(first, note="Was told by phone", by=coordinator)
    mark_reviewed(acts[1], note="Same day", by=coordinator)
    assert (PhoneEvent.objects.to_review().count(), ClockEvent.objects.unmatched().count()) == (0, 0)
    assert PhoneEvent.objects.get(pk=acts[0].pk).review_note == "Was told by phone"
    assert second.decision.note == "Same day"


def test_suggestions_are_nearest_and_the_named_client_first(visit, caregiver, other_caregiver, coordinator):
    next_one = VisitFactory(caregiver=caregiver, starts_at=at(90), client__branch=caregiver.branch)
    VisitFactory(caregiver=other_caregiver, starts_at=EIGHT, client=visit.client)
    VisitFactory(caregiver=caregiver, starts_at=at(200), client=visit.client, status="cancelled")
    near, named = unmatched(caregiver, 80), unmatched(caregiver, 80, client=visit.client)
    found = suggestions_for([near, named], coordinator)
    assert [one.suggestions for one in found] == [[next_one, visit], [visit, next_one]]


def test_page_offers_gives_and_closes(visit, caregiver, coordinator, other_coordinator, as_user):
    event, other = unmatched(caregiver, 5), unmatched(caregiver, 300, "out", originating_number="+16175550101")
    http, url = as_user(coordinator), reverse("scheduling:punch-list")
    body = http.get(url).content.decode()
    assert f'name="visit" value="{visit.pk}"' in body and "••• ••• 0101" in body and "6175550101" not in body
    http.post(reverse("scheduling:punch-match", args=[event.pk]), {"visit": visit.pk})
    http.post(reverse("scheduling:punch-close", args=[other.pk]), {"note": "Test call"})
    assert "Every punch has its visit" in http.get(url).content.decode()
    assert "Test call" in http.get(url, {"show": "decided"}).content.decode()
    assert as_user(other_coordinator).get(reverse("scheduling:punch-close", args=[event.pk])).status_code == 404


def test_page_makes_a_visit_and_proposes_the_end(caregiver, coordinator, as_user):
    client = ClientFactory(branch=caregiver.branch)
    event = unmatched(caregiver, 0, client=client)
    unmatched(caregiver, 75, "out", client=client)
    http, url = as_user(coordinator), reverse("scheduling:punch-visit", args=[event.pk])
    assert 'value="2026-11-03T09:15"' in http.get(url).content.decode()
    fields = {
        "client": client.pk,
        "service_type": ServiceTypeFactory().pk,
        "starts_at": "2026-11-03T08:00",
        "ends_at": "2026-11-03T09:15",
        "reason": "Asked at the door",
    }
    assert http.post(url, fields).status_code == 302
    assert Visit.objects.get().clocked_minutes == 75


def test_today_counts_punches_once(visit, caregiver, coordinator, as_user):
    Visit.objects.filter(pk=visit.pk).update(status="cancelled")
    receive_event(caregiver, uuid.uuid4(), "clock_in", visit.pk, at(1), {})
    parts = {one.part.key: one.number for one in as_user(coordinator).get(reverse("reports:today")).context["parts"]}
    assert (parts["punches"], parts["phone-events"]) == (1, 0)


def queries_of(act):
    with CaptureQueriesContext(connection) as found:
        act()
    return len(found)


def test_list_costs_the_same_for_one_and_thirty(caregiver, coordinator, as_user):
    http, url = as_user(coordinator), reverse("scheduling:punch-list")

    def make(n):
        member = MemberFactory(branch=caregiver.branch)
        client = VisitFactory(caregiver=member, starts_at=at(n), client__branch=caregiver.branch).client
        keep_unmatched("in", at=at(n), by=coordinator, member=member, evidence={"client": client})

    make(0)
    http.get(url)  # the first request also reads the person and the agency
    one = queries_of(lambda: http.get(url))
    for n in range(1, 30):
        make(n)
    assert queries_of(lambda: http.get(url)) == one
