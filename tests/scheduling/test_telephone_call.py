"""Clocking by telephone with the database: punches, PINs, the provider, pages."""

import io
import re
from unittest.mock import patch
from xml.etree import ElementTree

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client as HttpClient
from django.test import override_settings
from django.urls import reverse

from homecare.audit.models import Event
from scheduling.models import ClockEvent, ClockPin, PhoneCall
from scheduling.punch_visit import right_visit
from scheduling.services.clock_pin import issue_pin, member_of_pin, revoke_pin
from scheduling.services.telephony import take_step
from scheduling.telephony import twiml
from tests.factories import AddressFactory, ClientFactory, ContactFactory, MemberFactory, VisitFactory
from tests.scheduling.test_clock import EIGHT, activate, at, kinds

HOME = "+16175550101"


@pytest.fixture
def visit(caregiver):
    client = ClientFactory(branch=caregiver.branch, phone="(617) 555-0101")
    AddressFactory(client=client)
    return VisitFactory(caregiver=caregiver, starts_at=EIGHT, client=client)


@pytest.fixture
def pin(caregiver, coordinator):
    return issue_pin(caregiver, by=coordinator)[1]


def call(call_id, moment, *keyed, number=HOME):
    """Dials at that moment and presses these keys; the replies."""
    with time_machine.travel(moment, tick=False):
        replies = [take_step("test", call_id, number, 0, "")]
        for digits in keyed:
            replies.append(take_step("test", call_id, number, replies[-1].step, digits))
    return replies


def texts(reply):
    return [text for _language, text in reply.spoken]


def test_call_from_the_home_carries_out_the_visit(visit, caregiver, pin):
    activate(visit.client, {"title": "Wash", "position": 1}, {"title": "Cook", "position": 2})
    replies = call("A", at(2), pin, "1")
    assert texts(replies[-1]) == ["You are clocked in at 8:02 AM.", "Thank you. Goodbye."]
    replies = call("B", at(61), pin, "2", "02", "1", "01", "2", "00")
    assert texts(replies[-1]) == ["You clocked out at 9:01 AM. Tasks answered: 2.", "Thank you. Goodbye."]
    visit.refresh_from_db()
    assert (visit.status, visit.started_at, visit.finished_at, kinds(visit)) == ("completed", at(2), at(61), [])
    assert list(visit.tasks.values_list("title", "outcome", "reason")) == [
        ("Wash", "refused", "Said on the telephone."),
        ("Cook", "done", ""),
    ]
    punches = ClockEvent.objects.filter(visit=visit)
    assert {(one.method, one.originating_number, one.client_id, one.masked_number) for one in punches} == {
        ("telephony", HOME, visit.client_id, "••• ••• 0101")
    }


def test_hanging_up_among_the_tasks_keeps_the_punch(visit, caregiver, pin):
    activate(visit.client, {"title": "Wash"}, {"title": "Cook"})
    call("A", at(0), pin, "1")
    call("B", at(60), pin, "2", "01", "1")
    visit.refresh_from_db()
    assert (visit.status, visit.finished_at, kinds(visit)) == ("completed", at(60), ["tasks_missing"])


def test_contact_s_number_counts_as_the_client_s(caregiver, pin, visit):
    visit.client.phone = ""
    visit.client.save()
    ContactFactory(client=visit.client, phone="617-555-0101")
    call("A", at(0), pin, "1")
    assert ClockEvent.objects.get().client_id == visit.client_id


def test_unknown_number_is_kept_and_flagged(visit, caregiver, pin):
    replies = call("A", at(0), pin, "1", number="+12125550199")
    assert texts(replies[1])[0].startswith("We do not know the telephone")
    call("B", at(60), pin, "2", number="+12125550199")
    visit.refresh_from_db()
    assert (visit.status, kinds(visit)) == ("completed", ["unknown_phone"])


def test_call_without_a_planned_visit_is_kept_unmatched(caregiver, pin, visit):
    call("A", at(600), pin, "1")
    event = ClockEvent.objects.get()
    assert (event.visit, event.client_id, event.kind, event.at) == (None, visit.client_id, "in", at(600))
    assert Event.objects.filter(action="clock_event.unmatched").count() == 1


def test_step_sent_again_changes_nothing_and_answers_alike(visit, caregiver, pin):
    replies = call("A", at(0), pin, "1")
    with time_machine.travel(at(30), tick=False):
        for step in (0, 1, 2):
            again = take_step("test", "A", HOME, step, "2")
            assert (again.spoken, again.digits) == (replies[-1].spoken, None)
    assert (ClockEvent.objects.count(), PhoneCall.objects.count()) == (1, 1)


def test_caregiver_without_account_clocks_all_the_same(coordinator, branch):
    member = MemberFactory(branch=branch, languages=["es"])
    _row, pin = issue_pin(member, by=coordinator)
    replies = call("A", at(0), pin, "1")
    assert replies[-1].spoken[0][0] == "es"
    assert ClockEvent.objects.get().member == member


def test_wrong_numbers_are_counted_over_calls_and_then_refused(visit, caregiver, pin):
    for n in range(3):
        call(f"A{n}", at(0), "000001", "000002", "000003")
    blocked = call("B", at(1), pin)
    assert (texts(blocked[-1])[0].startswith("There were too many"), blocked[-1].digits) == (True, None)
    assert call("C", at(2), pin, number="+12125550199")[-1].digits == 1
    assert call("D", at(70), pin)[-1].digits == 1


def test_guessing_from_many_strange_numbers_is_refused_too(visit, caregiver, pin):
    with patch("scheduling.services.telephony.WRONG_BY_STRANGERS", 6):
        for n in range(3):
            call(f"A{n}", at(0), "000001", "000002", number=f"+1212555010{n}")
        assert call("B", at(1), pin, number="+12125550177")[-1].digits is None
        assert call("C", at(1), pin)[-1].digits == 1


def test_new_pin_ends_the_old_one_and_neither_is_kept(caregiver, coordinator):
    _row, first = issue_pin(caregiver, by=coordinator)
    row, second = issue_pin(caregiver, by=coordinator)
    assert (member_of_pin(first), member_of_pin(second)) == (None, caregiver)
    assert second not in row.digest and len(row.digest) == 64
    revoke_pin(caregiver, by=coordinator)
    assert member_of_pin(second) is None
    actions = Event.objects.filter(action__startswith="clock_pin").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "clock_pin.issued",
        "clock_pin.reset",
        "clock_pin.revoked",
    ]
    assert not any(first in str(event.changes) or second in str(event.changes) for event in actions)


def test_pin_taken_by_somebody_else_is_drawn_again(caregiver, other_caregiver, coordinator):
    with patch("scheduling.services.clock_pin._new_pin", side_effect=["482913", "482913", "730164"]):
        assert issue_pin(caregiver, by=coordinator)[1] == "482913"
        assert issue_pin(other_caregiver, by=coordinator)[1] == "730164"
    assert ClockPin.objects.count() == 2


def test_pin_of_somebody_who_left_opens_nothing(caregiver, coordinator, pin):
    caregiver.status = "left"
    caregiver.save()
    assert member_of_pin(pin) is None


@pytest.mark.django_db
def test_right_visit_is_the_nearest_that_waits(caregiver):
    first = VisitFactory(caregiver=caregiver, starts_at=EIGHT)
    second = VisitFactory(caregiver=caregiver, starts_at=at(60))
    visits = [first, second]
    assert right_visit(visits, "in", at(29)) == first
    assert right_visit(visits, "in", at(31)) == second
    assert right_visit(visits, "in", at(-121)) is None
    first.status, first.started_at = "in_progress", at(0)
    assert right_visit(visits, "in", at(29)) == second
    assert right_visit(visits, "out", at(90)) == first
    first.status = "cancelled"
    assert right_visit(visits, "out", at(90)) == second


# --- the provider ----------------------------------------------------------------------------------------------------

SECRET = "12345"
ON = override_settings(TELEPHONY_PROVIDER="twilio", TELEPHONY_SECRET=SECRET, SITE_URL="https://care.example")


def post(params, *, step=None, secret=SECRET, signature=None):
    path = reverse("scheduling:twilio-voice") + (f"?step={step}" if step is not None else "")
    listed = {name: [value] for name, value in params.items()}
    signed = twiml.signature_of(f"https://care.example{path}", listed, secret)
    return HttpClient().post(path, params, headers={"X-Twilio-Signature": signature or signed})


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (
            {
                "CallSid": ["CA1234567890ABCDE"],
                "Caller": ["+14158675310"],
                "Digits": ["1234"],
                "From": ["+14158675310"],
                "To": ["+18005551212"],
            },
            "GvWf1cFY/Q7PnoempGyD5oXAezc=",
        ),
        (
            {"Sid": ["CA123"], "SidAccount": ["AC123"], "Digits": ["5678", "1234", "1234"]},
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
        ),
    ],
)
def test_signature_is_that_of_the_provider_s_own_examples(params, expected):
    """The worked example of the provider's documentation, and the one of its libraries' own tests."""
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert twiml.signature_of(url, params, SECRET) == expected


@pytest.mark.django_db
def test_provider_is_closed_until_it_is_named():
    assert post({"CallSid": "CA1"}).status_code == 404
    with override_settings(TELEPHONY_PROVIDER="twilio", TELEPHONY_SECRET=""):
        assert post({"CallSid": "CA1"}).status_code == 404


@ON
@pytest.mark.django_db
@pytest.mark.parametrize("how", [{"secret": "other"}, {"signature": "é"}, {"signature": "AAAA"}])
def test_request_that_is_not_signed_is_refused(how):
    assert post({"CallSid": "CA1", "From": HOME}, **how).status_code == 403
    assert PhoneCall.objects.count() == 0


@ON
def test_provider_s_call_in_xml(visit, caregiver, pin):
    with time_machine.travel(at(0), tick=False):
        first = ElementTree.fromstring(post({"CallSid": "CA1", "From": HOME}).content)
        gather = first.find("Gather")
        assert (gather.get("finishOnKey"), gather.get("action")) == (
            "#",
            "https://care.example/telephony/twilio/?step=1",
        )
        assert [one.get("language") for one in gather.findall("Say")] == ["en-US", "es-US"]
        second = ElementTree.fromstring(post({"CallSid": "CA1", "From": HOME, "Digits": pin}, step=1).content)
        assert second.find("Gather").get("numDigits") == "1"
        last = post({"CallSid": "CA1", "From": HOME, "Digits": "1"}, step=2)
        assert last["Content-Type"].startswith("text/xml")
        assert ElementTree.fromstring(last.content).find("Hangup") is not None
        assert post({"CallSid": "CA1", "From": HOME, "Digits": "1"}, step=2).content == last.content
    assert ClockEvent.objects.get().visit == visit


# --- pages -----------------------------------------------------------------------------------------------------------


def test_pin_is_shown_once_on_the_staff_page(caregiver, coordinator, as_user):
    http, url = as_user(coordinator), reverse("scheduling:member-pin", args=[caregiver.pk])
    assert "There is no number yet." in http.get(url).content.decode()
    shown = re.search(r"<output>(\d{6})</output>", http.post(url).content.decode()).group(1)
    assert member_of_pin(shown) == caregiver
    assert shown not in http.get(url).content.decode()
    assert "no longer works" in http.post(url, {"revoke": "1"}).content.decode()
    assert (
        reverse("scheduling:member-pin", args=[caregiver.pk]) in http.get(caregiver.get_absolute_url()).content.decode()
    )


def test_practice_call_keeps_nothing(coordinator, as_user):
    http, url = as_user(coordinator), reverse("scheduling:practice-call")
    body = http.get(url).content.decode()
    for digits in ("482913#", "1", "2", "01", "1", "00"):
        kept = re.search(r'name="call" value="([^"]+)"', body).group(1)
        body = http.post(url, {"call": kept, "digits": digits}).content.decode()
    assert "Tasks answered: 1." in body
    assert (PhoneCall.objects.count(), ClockEvent.objects.count()) == (0, 0)
    assert http.post(url, {"call": "forged", "digits": "1"}).status_code == 302


def test_client_s_card_shows_the_codes(visit, coordinator, as_user):
    activate(visit.client, {"title": "Wash", "position": 1}, {"title": "Cook", "position": 2})
    body = as_user(coordinator).get(reverse("scheduling:client-card", args=[visit.client_id])).content.decode()
    assert re.findall(r"<strong>(\d\d)</strong></td><td>(\w+)", body) == [("01", "Wash"), ("02", "Cook")]


def test_call_from_the_terminal(visit, caregiver, pin):
    out = io.StringIO()
    with time_machine.travel(at(0), tick=False), patch("builtins.input", side_effect=[pin, "1"]):
        call_command("telephone_call", number=HOME, stdout=out)
    assert "[en-us] You are clocked in at 8:00 AM." in out.getvalue()
    assert ClockEvent.objects.get().visit == visit
