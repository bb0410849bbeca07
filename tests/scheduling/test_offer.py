"""Offering open visits: who may be asked, who gets them, what a caregiver may read, and what happens in a race."""

import datetime as dt
import threading
from collections import Counter

import pytest
from django.db import connections
from django.urls import reverse

from clients.models import CaregiverPreference
from homecare.accounts.roles import RoleName
from homecare.clock import now
from homecare.errors import Conflict, DomainError
from homecare.inbox.models import Notification
from scheduling.models import Offer, OfferAnswer, Visit
from scheduling.services.offer import (
    accept_offer,
    choose_caregiver,
    decline_offer,
    expire_offers,
    make_offer,
    remind_of_offers,
    withdraw_offer,
)
from scheduling.services.visit import assign_visit, cancel_visit
from tests.conftest import person
from tests.factories import (
    AddressFactory,
    ClientFactory,
    MemberFactory,
    ScheduleFactory,
    VisitFactory,
)

HOUR = dt.timedelta(hours=1)
DAY = 24 * HOUR


def in_days(days):
    return (now() + days * DAY).replace(hour=15, minute=0, second=0, microsecond=0)


@pytest.fixture
def client_of(branch):
    client = ClientFactory(branch=branch, first_name="Rosa", last_name="Lopez")
    AddressFactory(client=client, line1="12 Elm Street", city="Quincy")
    return client


@pytest.fixture
def visit(client_of):
    return VisitFactory(client=client_of, starts_at=in_days(5), ends_at=in_days(5) + HOUR)


def offered(visits, members, by, *, mode="first", hours=24, **fields):
    return make_offer(visits, members, mode=mode, expires_at=now() + hours * HOUR, by=by, **fields)


def answer_of(offer, member):
    return OfferAnswer.objects.get(offer=offer, member=member)


@pytest.mark.django_db
def test_offer_asks_everybody_without_naming_the_client(visit, caregiver, other_caregiver, coordinator):
    offered([visit], [caregiver, other_caregiver], coordinator)
    told = Notification.objects.filter(kind="offer.made")
    assert {row.recipient for row in told} == {caregiver.user, other_caregiver.user}
    for row in told:
        assert "Lopez" not in row.title + row.body
        assert "Elm" not in row.title + row.body


@pytest.mark.django_db
def test_first_who_accepts_has_the_visit_and_the_next_reads_so(visit, caregiver, other_caregiver, coordinator):
    offer = offered([visit], [caregiver, other_caregiver], coordinator)
    accept_offer(answer_of(offer, caregiver), by=caregiver.user)
    visit.refresh_from_db()
    offer.refresh_from_db()
    assert (visit.caregiver, offer.status, offer.taken_by) == (caregiver, "filled", caregiver)
    assert answer_of(offer, other_caregiver).status == "passed"
    with pytest.raises(Conflict, match="Somebody else was faster"):
        accept_offer(answer_of(offer, other_caregiver), by=other_caregiver.user)
    assert Notification.objects.filter(recipient=coordinator, kind="offer.answered").count() == 1


@pytest.mark.django_db
def test_button_pressed_twice_says_the_same_again(visit, caregiver, other_caregiver, coordinator):
    offer = offered([visit], [caregiver, other_caregiver], coordinator)
    for _press in range(2):
        assert accept_offer(answer_of(offer, caregiver), by=caregiver.user).status == "taken"
    with pytest.raises(Conflict, match="already yours"):
        decline_offer(answer_of(offer, caregiver), by=caregiver.user)
    other = VisitFactory(client=visit.client, starts_at=in_days(7))
    second = offered([other], [caregiver], coordinator, mode="choose")
    for _press in range(2):
        assert accept_offer(answer_of(second, caregiver), by=caregiver.user).status == "interested"
    assert choose_caregiver(answer_of(second, caregiver), by=coordinator).status == "taken"
    assert choose_caregiver(answer_of(second, caregiver), by=coordinator).status == "taken"


@pytest.mark.django_db
def test_office_chooses_among_those_who_accept(visit, caregiver, other_caregiver, coordinator):
    offer = offered([visit], [caregiver, other_caregiver], coordinator, mode="choose")
    for member in (caregiver, other_caregiver):
        assert accept_offer(answer_of(offer, member), by=member.user).status == "interested"
    visit.refresh_from_db()
    assert visit.caregiver is None
    choose_caregiver(answer_of(offer, other_caregiver), by=coordinator)
    visit.refresh_from_db()
    assert visit.caregiver == other_caregiver
    assert Notification.objects.filter(recipient=caregiver.user, kind="offer.passed").count() == 1


@pytest.mark.django_db
def test_rule_that_blocks_refuses_without_saying_who_the_client_is(visit, caregiver, coordinator):
    offer = offered([visit], [caregiver], coordinator)
    CaregiverPreference.objects.create(client=visit.client, member=caregiver, kind="excluded", reason="They quarrelled")
    with pytest.raises(DomainError) as refusal:
        accept_offer(answer_of(offer, caregiver), by=caregiver.user)
    assert "Lopez" not in str(refusal.value)
    assert "Call the office" in str(refusal.value)
    visit.refresh_from_db()
    assert visit.caregiver is None
    assert "They quarrelled" in answer_of(offer, caregiver).note


@pytest.mark.django_db
def test_own_matters_are_said_to_the_caregiver(visit, caregiver, branch, coordinator):
    offer = offered([visit], [caregiver], coordinator)
    VisitFactory(client=ClientFactory(branch=branch), caregiver=caregiver, starts_at=visit.starts_at)
    with pytest.raises(DomainError, match="is already with"):
        accept_offer(answer_of(offer, caregiver), by=caregiver.user)


@pytest.mark.django_db
def test_outside_own_availability_a_yes_is_enough(visit, branch, coordinator):
    member = MemberFactory(branch=branch, user=person(RoleName.CAREGIVER, branch))
    offer = offered([visit], [member], coordinator)
    assert accept_offer(answer_of(offer, member), by=member.user).status == "taken"
    assert [row.rule for row in visit.overrides.all()] == ["available"]


@pytest.mark.django_db
def test_other_warnings_wait_for_the_office_with_a_reason(visit, caregiver, coordinator):
    visit.client.caregiver_gender = "male"
    visit.client.save(update_fields=["caregiver_gender"])
    type(caregiver).objects.filter(pk=caregiver.pk).update(gender="female")
    offer = offered([visit], [caregiver], coordinator)
    row = accept_offer(answer_of(offer, caregiver), by=caregiver.user)
    assert (row.status, "wishes for a male caregiver" in row.note) == ("interested", True)
    with pytest.raises(DomainError, match="Give a reason"):
        choose_caregiver(row, by=coordinator)
    assert choose_caregiver(row, by=coordinator, override_reason="Asked the client").status == "taken"


@pytest.mark.django_db
def test_a_no_may_become_a_yes(visit, caregiver, coordinator):
    offer = offered([visit], [caregiver], coordinator)
    decline_offer(answer_of(offer, caregiver), by=caregiver.user, note="Too far")
    assert answer_of(offer, caregiver).status == "declined"
    assert accept_offer(answer_of(offer, caregiver), by=caregiver.user).status == "taken"


@pytest.mark.django_db
def test_pattern_is_taken_whole(client_of, caregiver, coordinator):
    schedule = ScheduleFactory(client=client_of)
    visits = [
        VisitFactory(client=client_of, schedule=schedule, occurrence_on=in_days(day).date(), starts_at=in_days(day))
        for day in (3, 4, 5)
    ]
    offer = offered(visits, [caregiver], coordinator)
    accept_offer(answer_of(offer, caregiver), by=caregiver.user)
    assert Visit.objects.filter(caregiver=caregiver).count() == 3


@pytest.mark.django_db
def test_visit_stands_in_one_open_offer(visit, caregiver, coordinator):
    offer = offered([visit], [caregiver], coordinator)
    with pytest.raises(Conflict, match="already offered"):
        offered([visit], [caregiver], coordinator)
    withdraw_offer(offer, by=coordinator)
    assert offered([visit], [caregiver], coordinator).status == "open"
    with pytest.raises(Conflict, match="is over"):
        accept_offer(answer_of(offer, caregiver), by=caregiver.user)


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [-1, 24 * 30])
def test_offer_ends_between_now_and_the_visit(visit, caregiver, coordinator, hours):
    with pytest.raises(DomainError, match="end after now and before"):
        offered([visit], [caregiver], coordinator, hours=hours)


@pytest.mark.django_db
def test_offers_end_when_time_is_over_or_the_visit_is_filled_otherwise(visit, branch, caregiver, coordinator):
    late = offered([visit], [caregiver], coordinator)
    Offer.objects.filter(pk=late.pk).update(expires_at=now() - HOUR)
    other = VisitFactory(client=ClientFactory(branch=branch), starts_at=in_days(6))
    taken = offered([other], [caregiver], coordinator)
    assign_visit(other, caregiver, by=coordinator)
    gone = VisitFactory(client=ClientFactory(branch=branch), starts_at=in_days(7))
    cancelled = offered([gone], [caregiver], coordinator)
    cancel_visit(gone, reason="Hospital", by=coordinator)
    assert expire_offers() == 3
    assert expire_offers() == 0
    states = dict(Offer.objects.values_list("pk", "status"))
    assert states == {late.pk: "expired", taken.pk: "withdrawn", cancelled.pk: "withdrawn"}


@pytest.mark.django_db
def test_those_who_are_silent_are_reminded_once(visit, caregiver, other_caregiver, coordinator):
    offer = offered([visit], [caregiver, other_caregiver], coordinator)
    decline_offer(answer_of(offer, other_caregiver), by=other_caregiver.user)
    assert remind_of_offers() == 0
    Offer.objects.filter(pk=offer.pk).update(created_at=now() - 20 * HOUR, expires_at=now() + HOUR)
    assert (remind_of_offers(), remind_of_offers()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_twelve_caregivers_accept_at_once_and_one_has_it(branch, coordinator):
    visit = VisitFactory(client=ClientFactory(branch=branch), starts_at=in_days(5))
    members = [
        MemberFactory(branch=branch, user=person(RoleName.CAREGIVER, branch), always_available=True) for _n in range(12)
    ]
    offer = offered([visit], members, coordinator)
    answers = list(OfferAnswer.objects.filter(offer=offer).select_related("member__user"))
    gate, results = threading.Barrier(12), []

    def run(answer):
        try:
            gate.wait(30)
            accept_offer(answer, by=answer.member.user)
            results.append("has it")
        except Conflict as refusal:
            results.append("late" if "faster" in str(refusal) else str(refusal))
        except Exception as error:
            results.append(repr(error))
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=run, args=(answer,)) for answer in answers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert Counter(results) == {"has it": 1, "late": 11}
    visit.refresh_from_db()
    offer.refresh_from_db()
    assert visit.caregiver == offer.taken_by


@pytest.mark.django_db
def test_office_offers_in_one_form_and_sees_the_answers(as_user, coordinator, visit, caregiver):
    http = as_user(coordinator)
    url = reverse("scheduling:visit-offer", args=[visit.pk])
    assert caregiver.full_name in http.get(url).content.decode()
    empty = http.post(url, {"mode": "first", "hours": 24})
    assert "Choose at least one caregiver" in empty.content.decode()
    answer = http.post(
        url, {"members": [caregiver.pk], "mode": "first", "hours": 24, "hourly_wage": "22.50", "message": "Hello"}
    )
    offer = Offer.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == offer.get_absolute_url()
    page = http.get(offer.get_absolute_url()).content.decode()
    assert "$22.50" in page
    assert "No answer yet" in page
    assert "Lopez" in http.get(reverse("scheduling:offer-list"), {"q": "lopez"}).content.decode()


@pytest.mark.django_db
def test_phone_shows_town_and_wage_but_not_whose_visit_it_is(as_user, coordinator, visit, caregiver):
    offer = offered([visit], [caregiver], coordinator, hourly_wage="22.50")
    http = as_user(caregiver.user)
    assert "1 visit is offered to you" in http.get(reverse("scheduling:phone-today")).content.decode()
    page = http.get(reverse("scheduling:phone-offers")).content.decode()
    assert "Quincy" in page
    assert "$22.50" in page
    for secret in ("Lopez", "Rosa", "Elm Street"):
        assert secret not in page
    assert answer_of(offer, caregiver).seen_at is not None
    answer = http.post(reverse("scheduling:phone-offer-accept", args=[offer.pk]), follow=True)
    assert "It is yours" in answer.content.decode()


@pytest.mark.django_db
def test_offer_to_others_cannot_be_answered(as_user, coordinator, visit, caregiver, other_caregiver):
    offer = offered([visit], [other_caregiver], coordinator)
    answer = as_user(caregiver.user).post(reverse("scheduling:phone-offer-accept", args=[offer.pk]))
    assert answer.status_code == 404
    visit.refresh_from_db()
    assert visit.caregiver is None


@pytest.mark.django_db
def test_lists_need_the_same_queries_for_one_and_twenty(
    as_user, coordinator, branch, caregiver, django_assert_max_num_queries
):
    http = as_user(coordinator)
    members = [MemberFactory(branch=branch) for _n in range(5)]
    for day in range(2, 22):
        visit = VisitFactory(client=ClientFactory(branch=branch), starts_at=in_days(day))
        offered([visit], [caregiver, *members], coordinator)
    http.get(reverse("scheduling:offer-list"))
    with django_assert_max_num_queries(12):
        http.get(reverse("scheduling:offer-list"))
    phone = as_user(caregiver.user)
    phone.get(reverse("scheduling:phone-offers"))
    with django_assert_max_num_queries(14):
        phone.get(reverse("scheduling:phone-offers"))


@pytest.mark.django_db
def test_api_reads_and_withdraws_offers(as_user, coordinator, visit, caregiver):
    offer = offered([visit], [caregiver], coordinator)
    api = as_user(coordinator)
    found = api.get("/api/v1/offers/?status=open").json()["results"][0]
    assert (found["visits"], found["answers"][0]["status"]) == ([visit.pk], "asked")
    assert api.post(f"/api/v1/offers/{offer.pk}/withdraw/").json()["status"] == "withdrawn"
    again = api.post(f"/api/v1/offers/{offer.pk}/withdraw/")
    assert (again.status_code, again.json()["code"]) == (409, "invalid_transition")
