"""Publishing the plan: what caregivers see and hear, what changed since they looked, who has seen it."""

import datetime as dt
import json
import threading

import pytest
from django.db import connection
from django.urls import reverse

from homecare.accounts.models import Branch
from homecare.clock import at_local, day_bounds, now, today
from homecare.errors import DomainError
from homecare.inbox.models import Notification
from scheduling.models import Publication, PublicationReceipt, Visit
from scheduling.services.confirmation import confirm_visit
from scheduling.services.feed import create_feed
from scheduling.services.offer import accept_offer, make_offer
from scheduling.services.publication import (
    mark_seen,
    preview_publication,
    publish_at_once,
    publish_visits,
    remind_unseen,
)
from scheduling.services.visit import assign_visit, cancel_visit, move_visit
from tests.factories import ClientFactory, MemberFactory, VisitFactory

pytestmark = pytest.mark.django_db
ZONE = "America/New_York"


def day(n):
    return today(ZONE) + dt.timedelta(days=n)


def visit_in(branch, days, caregiver=None, hour=9):
    starts_at = at_local(day(days), dt.time(hour), ZONE)
    return VisitFactory(client=ClientFactory(branch=branch), caregiver=caregiver, starts_at=starts_at)


def mine(caregiver):
    return set(Visit.objects.visible_to(caregiver.user).values_list("pk", flat=True))


def told(caregiver):
    return list(Notification.objects.filter(recipient=caregiver.user).values_list("kind", flat=True).order_by("pk"))


def test_without_publishing_everything_is_shown_and_told_at_once(branch, caregiver, coordinator):
    visit = visit_in(branch, 30)
    assign_visit(visit, caregiver, by=coordinator)
    assert (mine(caregiver), told(caregiver)) == ({visit.pk}, ["visit.assigned"])


def test_only_published_and_near_visits_are_shown(branch, caregiver, coordinator, as_user):
    near, shown, later = visit_in(branch, 1, caregiver), visit_in(branch, 6, caregiver), visit_in(branch, 8, caregiver)
    made = publish_visits(branch, day(3), by=coordinator)
    assert mine(caregiver) == {near.pk}
    made = publish_visits(branch, day(6), by=coordinator)
    assert made.published_until == day_bounds(day(6), ZONE)[1]
    assert mine(caregiver) == {near.pk, shown.pk}
    http = as_user(caregiver.user)
    assert http.get(reverse("scheduling:phone-visit", args=[shown.pk])).status_code == 200
    assert http.get(reverse("scheduling:phone-visit", args=[later.pk])).status_code == 404
    publish_at_once(branch, by=coordinator)
    assert mine(caregiver) == {near.pk, shown.pk, later.pk}


def take_through_an_offer(visit, member, by):
    """The caregiver says yes on the phone; the branch has published nothing so far ahead."""
    offer = make_offer([visit], [member], mode="first", expires_at=now() + dt.timedelta(hours=24), by=by)
    accept_offer(offer.answers.get(), by=member.user)
    return Visit.objects.get(pk=visit.pk)


def test_a_visit_taken_through_an_offer_is_on_phone_and_feed(branch, caregiver, coordinator, as_user):
    publish_visits(branch, day(3), by=coordinator)
    held_back, visit = visit_in(branch, 8, caregiver), visit_in(branch, 9)
    assert take_through_an_offer(visit, caregiver, coordinator).status == "confirmed"
    assert (mine(caregiver), told(caregiver)) == ({visit.pk}, ["offer.made", "visit.assigned"])
    http = as_user(caregiver.user)
    assert http.get(reverse("scheduling:phone-visit", args=[visit.pk])).status_code == 200
    assert http.get(reverse("scheduling:phone-visit", args=[held_back.pk])).status_code == 404
    _feed, secret = create_feed(by=caregiver.user)
    feed = http.get(reverse("scheduling:calendar-feed", args=[secret])).content.decode()
    assert f"visit-{visit.pk}@" in feed and f"visit-{held_back.pk}@" not in feed


def test_who_gave_their_word_hears_when_the_visit_goes(branch, caregiver, other_caregiver, coordinator):
    publish_visits(branch, day(3), by=coordinator)
    gone, moved, given = (visit_in(branch, n, caregiver) for n in (8, 9, 10))
    for visit in (gone, moved, given):
        confirm_visit(visit, by=caregiver.user)
    cancel_visit(gone, reason="Away", by=coordinator)
    assert told(caregiver) == ["visit.cancelled"]
    move_visit(moved, starts_at=moved.starts_at + dt.timedelta(hours=2), by=coordinator)
    assign_visit(given, other_caregiver, by=coordinator)
    assert told(caregiver) == ["visit.cancelled", "visit.changed", "visit.changed"]
    assert (mine(caregiver), told(other_caregiver)) == (set(), [])


def test_office_and_family_see_what_is_held_back(branch, caregiver, coordinator):
    later = visit_in(branch, 9, caregiver)
    publish_visits(branch, day(3), by=coordinator)
    assert later in Visit.objects.visible_to(coordinator)


def test_changes_are_told_only_of_what_is_published(branch, caregiver, other_caregiver, coordinator):
    publish_visits(branch, day(4), by=coordinator)
    later = visit_in(branch, 9)
    assign_visit(later, caregiver, by=coordinator)
    cancel_visit(later, reason="Away", by=coordinator)
    assert told(caregiver) == []
    shown = visit_in(branch, 3)
    assign_visit(shown, caregiver, by=coordinator)
    assert told(caregiver) == ["visit.assigned"]
    shown.refresh_from_db()
    move_visit(shown, starts_at=at_local(day(8), dt.time(9), ZONE), by=coordinator)
    assert told(caregiver) == ["visit.assigned", "visit.changed"]
    note = Notification.objects.filter(kind="visit.changed").get()
    assert note.url == reverse("scheduling:phone-week")  # the visit itself is no longer theirs to open


def test_publication_tells_each_concerned_once(branch, caregiver, other_caregiver, coordinator):
    visit_in(branch, 2, caregiver), visit_in(branch, 3, caregiver)
    made = publish_visits(branch, day(5), by=coordinator)
    assert [row.member for row in made.receipts.all()] == [caregiver]
    assert (told(caregiver), told(other_caregiver)) == (["visit.published"], [])


def test_preview_says_what_changed_since_they_saw_it(branch, caregiver, coordinator):
    kept, moved, gone = (visit_in(branch, n, caregiver) for n in (2, 3, 4))
    publish_visits(branch, day(5), by=coordinator)
    (first,) = preview_publication(branch, day(5))
    assert (len(first.new), first.has_seen_before) == (3, False)
    assert mark_seen(caregiver, by=caregiver.user) == 1
    assert mark_seen(caregiver, by=caregiver.user) == 0
    (same,) = preview_publication(branch, day(5))
    assert (same.new, same.moved, same.gone) == ([], [], 0)
    move_visit(moved, starts_at=moved.starts_at + dt.timedelta(hours=1), by=coordinator)
    cancel_visit(gone, reason="Away", by=coordinator)
    new = visit_in(branch, 7, caregiver)
    (now_,) = preview_publication(branch, day(8))
    assert (now_.new, now_.moved, now_.gone, now_.has_seen_before) == ([new], [moved], 1, True)
    assert kept in now_.visits


@pytest.mark.parametrize(("days", "says"), [(-1, "is over"), (200, "120 days"), (2, "up to .* already")])
def test_days_that_cannot_be_published_are_refused(branch, coordinator, days, says):
    publish_visits(branch, day(4), by=coordinator)
    branch.refresh_from_db()
    with pytest.raises(DomainError, match=says):
        publish_visits(branch, day(days), by=coordinator)
    assert Publication.objects.count() == 1


def test_those_who_have_not_seen_it_are_reminded_once_a_day(branch, caregiver, other_caregiver, coordinator):
    visit_in(branch, 2, caregiver), visit_in(branch, 2, other_caregiver)
    made = publish_visits(branch, day(3), by=coordinator)
    mark_seen(other_caregiver, by=other_caregiver.user)
    assert [remind_unseen(made, by=coordinator), remind_unseen(made, by=coordinator)] == [1, 0]
    assert told(caregiver) == ["visit.published", "visit.published"]
    assert told(other_caregiver) == ["visit.published"]
    assert made.receipts.get(member=caregiver).reminded_at is not None


def test_phone_says_seen_and_the_office_sees_it(branch, caregiver, coordinator, as_user):
    visit_in(branch, 2, caregiver)
    office = as_user(coordinator)
    answer = office.post(reverse("scheduling:publication-create"), {"branch": branch.pk, "last_on": str(day(3))})
    made = Publication.objects.get()
    assert answer.url == made.get_absolute_url()
    assert "Not yet" in office.get(answer.url).content.decode()
    phone = as_user(caregiver.user)
    assert "I have seen my visits" in phone.get(reverse("scheduling:phone-week")).content.decode()
    phone.post(reverse("scheduling:phone-plan-seen"))
    assert "I have seen my visits" not in phone.get(reverse("scheduling:phone-week")).content.decode()
    assert "Not yet" not in office.get(answer.url).content.decode()
    assert "1 of 1" in office.get(reverse("scheduling:publication-list")).content.decode()


def test_preview_on_the_page_changes_nothing(branch, caregiver, coordinator, as_user):
    visit_in(branch, 2, caregiver)
    url = reverse("scheduling:publication-create")
    page = as_user(coordinator).post(f"{url}?preview", {"branch": branch.pk, "last_on": str(day(3))}).content.decode()
    assert caregiver.full_name in page
    late = as_user(coordinator).post(f"{url}?preview", {"branch": branch.pk, "last_on": str(day(-3))}).content.decode()
    assert "This day is over" in late
    assert not Publication.objects.exists()


def test_published_through_the_api(branch, caregiver, coordinator, other_coordinator, as_user):
    visit = visit_in(branch, 2, caregiver)
    body = json.dumps({"branch": branch.pk, "last_on": str(day(3))})
    http = as_user(coordinator)
    options = {"content_type": "application/json"}
    assert http.post("/api/v1/publications/preview/", body, **options).json()[0]["new"] == [visit.pk]
    made = http.post("/api/v1/publications/", body, **options, HTTP_IDEMPOTENCY_KEY="k")
    assert made.json()["receipts"] == [{"member": caregiver.pk, "seen_at": None, "reminded_at": None}]
    assert http.post("/api/v1/publications/", body, **options, HTTP_IDEMPOTENCY_KEY="k").json() == made.json()
    assert Publication.objects.count() == 1
    reminded = http.post(f"/api/v1/publications/{made.json()['id']}/remind/").json()
    assert reminded["receipts"][0]["reminded_at"] is not None
    assert as_user(other_coordinator).post("/api/v1/publications/", body, **options).status_code == 422


def test_lists_need_the_same_queries_for_1_and_30_rows(branch, coordinator, as_user, django_assert_max_num_queries):
    members = [MemberFactory(branch=branch) for _n in range(30)]
    for n, member in enumerate(members):
        visit_in(branch, 2 + n % 3, member)
    for _n in range(30):
        made = publish_visits(branch, day(6), by=coordinator)
        branch.refresh_from_db()
    http = as_user(coordinator)
    http.get("/api/v1/me/")
    assert PublicationReceipt.objects.count() == 900
    with django_assert_max_num_queries(25):
        preview_publication(branch, day(6))
    for url in (reverse("scheduling:publication-list"), made.get_absolute_url(), "/api/v1/publications/"):
        with django_assert_max_num_queries(25):
            assert http.get(url).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_who_publish_at_once_never_take_a_day_back(branch, coordinator):
    barrier, refused = threading.Barrier(2), []

    def publish(last_on, user):
        barrier.wait()
        try:
            publish_visits(Branch.objects.get(pk=branch.pk), last_on, by=user)
        except DomainError as error:
            refused.append(error.message)
        finally:
            connection.close()

    racers = [threading.Thread(target=publish, args=(day(n), user)) for n, user in ((3, coordinator), (9, coordinator))]
    [racer.start() for racer in racers]
    [racer.join() for racer in racers]
    branch.refresh_from_db()
    assert branch.published_until == day_bounds(day(9), ZONE)[1]
    assert Publication.objects.count() + len(refused) == 2


def test_preview_does_not_call_new_what_a_caregiver_has_confirmed(branch, caregiver, coordinator, as_user):
    publish_visits(branch, day(3), by=coordinator)
    taken, held_back = visit_in(branch, 6), visit_in(branch, 6, caregiver, hour=14)
    take_through_an_offer(taken, caregiver, coordinator)
    (row,) = preview_publication(branch, day(8))
    assert (row.visits, row.new, row.moved) == ([taken, held_back], [held_back], [])
    taken.refresh_from_db()
    move_visit(taken, starts_at=at_local(day(7), dt.time(9), ZONE), by=coordinator)  # their word does not hold for this
    (row,) = preview_publication(branch, day(8))
    assert [visit.pk for visit in row.new] == [held_back.pk, taken.pk]


def test_list_names_the_last_day_that_is_shown(branch, coordinator, as_user):
    publish_visits(branch, day(6), by=coordinator)
    page = as_user(coordinator).get(reverse("scheduling:publication-list"))
    assert page.context["branches"] == [(Branch.objects.get(pk=branch.pk), day(6))]
    assert "00:00" not in page.content.decode()
