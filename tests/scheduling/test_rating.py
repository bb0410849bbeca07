"""Families rate visits once; managers see low ones, caregivers none, suggestions weigh them calmly."""

import datetime as dt

import pytest
from django.urls import reverse

from homecare.clock import now
from homecare.errors import Conflict, DomainError
from homecare.inbox.models import Notification
from scheduling.matching import suggest_for_visit
from scheduling.models import VisitRating
from scheduling.services.rating import rate_visit
from tests.factories import (
    ClientFactory,
    ContactFactory,
    MemberFactory,
    UserFactory,
    VisitFactory,
    completed_visit,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(branch, caregiver, relative):
    client = ClientFactory(branch=branch)
    ContactFactory(client=client, user=relative, has_portal=True)
    return completed_visit(caregiver, starts_at=now() - dt.timedelta(days=1), client=client)


def test_family_rates_a_visit_once_on_its_page(visit, relative, as_user):
    http = as_user(relative)
    url = reverse("scheduling:rating-create", args=[visit.pk])
    assert url in http.get(reverse("reports:portal")).content.decode()
    assert http.post(url, {"score": 5, "comment": "Kind"}).status_code == 302
    assert "You gave 5 of 5" in http.get(reverse("reports:portal")).content.decode()
    again = http.post(url, {"score": 1, "comment": "Typed with care"})
    assert "already" in again.content.decode()
    assert "Typed with care" in again.content.decode()
    assert VisitRating.objects.get().score == 5


def test_only_what_took_place_is_rated(branch, caregiver, visit, relative):
    with pytest.raises(DomainError, match="taken place"):
        rate_visit(VisitFactory(client=visit.client), score=4, by=relative)
    rate_visit(visit, score=4, by=relative)
    with pytest.raises(Conflict, match="already"):
        rate_visit(visit, score=4, by=relative)
    rate_visit(visit, score=3, by=UserFactory())  # the brother may


@pytest.mark.parametrize(("score", "told"), [(2, 1), (3, 0)])
def test_low_rating_reaches_the_manager_without_its_words(visit, relative, manager, as_user, score, told):
    rate_visit(visit, score=score, comment="Mother fell ill", by=relative)
    notes = Notification.objects.filter(recipient=manager, kind="visit.low_rating")
    assert notes.count() == told
    assert not any("fell" in note.title + note.body for note in notes)
    page = as_user(manager).get(reverse("scheduling:rating-list")).content.decode()
    assert "Mother fell ill" in page
    low = as_user(manager).get(reverse("scheduling:rating-list") + "?low=1").content.decode()
    assert ("Mother fell ill" in low) is bool(told)


def test_caregivers_and_other_families_see_no_ratings(visit, caregiver, relative, coordinator, as_user):
    row = rate_visit(visit, score=1, comment="Never again", by=relative)
    assert as_user(caregiver.user).get(reverse("scheduling:rating-list")).status_code == 403
    assert row not in VisitRating.objects.visible_to(caregiver.user)
    assert (
        "Never again"
        not in as_user(caregiver.user).get(reverse("scheduling:phone-visit", args=[visit.pk])).content.decode()
    )
    stranger = VisitFactory(client=ClientFactory(branch=visit.branch), status="cancelled")
    assert as_user(relative).get(reverse("scheduling:rating-create", args=[stranger.pk])).status_code == 404


def test_few_ratings_count_little(branch, visit, relative):
    def points(member):
        rows = {row.member: row for row in suggest_for_visit(VisitFactory(client=visit.client))}
        return [p.points for p in rows[member].points if str(p.label) == "Rated by families"]

    def rated(score, times):
        member = MemberFactory(branch=branch, always_available=True)
        for n in range(times):
            done = completed_visit(member, starts_at=now() - dt.timedelta(days=n + 2), client=visit.client)
            rate_visit(done, score=score, by=relative)
        return member

    once_bad, often_bad, often_good = rated(1, 1), rated(1, 20), rated(5, 20)
    assert points(MemberFactory(branch=branch, always_available=True)) == []
    assert (points(once_bad), points(often_bad), points(often_good)) == ([1], [0], [4])


def test_list_needs_the_same_queries_for_1_and_30_rows(visit, manager, as_user, django_assert_max_num_queries):
    for _n in range(30):
        rate_visit(visit, score=4, by=UserFactory())
    http = as_user(manager)
    http.get("/api/v1/me/")
    with django_assert_max_num_queries(15):
        assert http.get(reverse("scheduling:rating-list")).status_code == 200
