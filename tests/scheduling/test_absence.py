"""Somebody is sick: the time is held, visits open, proposals change little and do not collide, everybody hears once."""

import datetime as dt

import pytest
from django.urls import reverse

from clients.models import CaregiverPreference
from homecare.audit.models import Event
from homecare.clock import now
from homecare.errors import Conflict, DomainError
from homecare.inbox.models import Notification
from scheduling.absences import covering_of, propose
from scheduling.models import LostVisit, Visit
from scheduling.services.absence import Choice, cover_visits, report_absence
from scheduling.services.visit import assign_visit, cancel_visit
from staff.models import Availability, Commitment, TimeOff
from tests.factories import AddressFactory, ClientFactory, ContactFactory, MemberFactory, VisitFactory

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
DAY = 24 * HOUR


def at(days, hour):
    """A moment so many days ahead; `hour` in UTC, far from midnight in Boston."""
    return (now() + days * DAY).replace(hour=hour, minute=0, second=0, microsecond=0)


def visit_at(caregiver, days, hour, **fields):
    client = fields.pop("client", None)
    if client is None:
        client = ClientFactory(branch=caregiver.branch)
        AddressFactory(client=client)
    return VisitFactory(client=client, caregiver=caregiver, starts_at=at(days, hour), **fields)


@pytest.fixture
def lost(caregiver):
    """Three visits of tomorrow, one of the day after."""
    return [
        visit_at(caregiver, 1, 14),
        visit_at(caregiver, 1, 16),
        visit_at(caregiver, 1, 18),
        visit_at(caregiver, 2, 14),
    ]


def absent(member, by, *, first=1, last=1):
    starts_at, ends_at = at(first, 10), at(last, 23)
    return report_absence(member, starts_at=starts_at, ends_at=ends_at, reason="sick", by=by)


def choices(proposals):
    return [Choice(row.visit, row.best.member, row.starts_at) for row in proposals if row.best]


def open_visits(absence):
    visits = Visit.objects.filter(pk__in=LostVisit.objects.filter(time_off=absence).values("visit"), caregiver=None)
    return list(visits.with_people().order_by("starts_at"))


def test_absence_holds_the_time_and_opens_only_its_visits(lost, caregiver, coordinator):
    row = absent(caregiver, coordinator)
    assert (row.status, row.reason) == ("approved", "sick")
    assert {visit.pk for visit in open_visits(row)} == {visit.pk for visit in lost[:3]}
    lost[3].refresh_from_db()
    assert lost[3].caregiver == caregiver
    held = Commitment.objects.filter(member=caregiver)
    assert sorted(entry.visit_id or 0 for entry in held) == [0, lost[3].pk]
    assert Event.objects.filter(action="visit.lost").count() == 3
    assert Notification.objects.filter(recipient=caregiver.user).count() == 1


def test_absence_while_in_a_visit_is_refused(caregiver, coordinator):
    visit = visit_at(caregiver, 1, 14, status="in_progress")
    with pytest.raises(Conflict, match="is in a visit now"):
        absent(caregiver, coordinator)
    visit.refresh_from_db()
    assert visit.caregiver == caregiver
    assert not TimeOff.objects.exists()


def test_absence_that_is_over_is_refused(caregiver, coordinator):
    with pytest.raises(DomainError, match="This time is over"):
        report_absence(caregiver, starts_at=at(-3, 10), ends_at=at(-2, 10), reason="sick", by=coordinator)


def test_request_of_the_same_days_is_settled_by_the_absence(caregiver, coordinator):
    wish = TimeOff.objects.create(member=caregiver, starts_at=at(1, 10), ends_at=at(1, 23), reason="sick")
    absent(caregiver, coordinator)
    wish.refresh_from_db()
    assert wish.status == "cancelled"


def test_proposals_do_not_collide_and_leave_out_who_is_excluded(caregiver, other_caregiver, branch, coordinator):
    first, second = visit_at(caregiver, 1, 14), visit_at(caregiver, 1, 15)
    third = MemberFactory(branch=branch, first_name="Cleo", always_available=True)
    CaregiverPreference.objects.create(client=first.client, member=other_caregiver, kind="excluded")
    absence = absent(caregiver, coordinator)
    one, two = propose(open_visits(absence), without=caregiver)
    assert one.best.member == third
    assert two.best.member == other_caregiver  # the visits touch, so that Cleo is not asked for both
    assert not one.is_moved
    assert second.pk == two.visit.pk


def test_visit_is_moved_a_little_when_nobody_can_come_at_its_time(caregiver, branch, coordinator):
    visit = visit_at(caregiver, 1, 15)
    helper = MemberFactory(branch=branch, first_name="Dana", always_available=True)
    visit_at(helper, 1, 15, client=visit.client, ends_at=at(1, 15) + 10 * dt.timedelta(minutes=1))
    absence = absent(caregiver, coordinator)
    (row,) = propose(open_visits(absence), without=caregiver)
    assert (row.best.member, row.starts_at) == (helper, at(1, 15) + dt.timedelta(minutes=15))
    assert row.is_moved


def test_warning_is_proposed_last_and_needs_a_reason(caregiver, branch, coordinator):
    visit_at(caregiver, 1, 15)
    helper = MemberFactory(branch=branch, first_name="Dana")  # has said no hours
    absence = absent(caregiver, coordinator)
    (row,) = propose(open_visits(absence), without=caregiver)
    assert (row.best.member, row.needs_reason, row.is_moved) == (helper, True, False)
    refused = cover_visits(absence, choices([row]), by=coordinator)
    assert "Give a reason" in refused.refused[0][1]
    done = cover_visits(absence, choices([row]), by=coordinator, override_reason="She agreed on the phone")
    assert [visit.caregiver for visit in done.taken] == [helper]


def test_nobody_at_all_leaves_the_visit_without_a_proposal(caregiver, coordinator):
    visit_at(caregiver, 1, 15)
    absence = absent(caregiver, coordinator)
    (row,) = propose(open_visits(absence), without=caregiver)
    assert row.best is None


def test_everybody_concerned_hears_once(lost, caregiver, other_caregiver, relative, coordinator):
    ContactFactory(client=lost[0].client, user=relative, has_portal=True)
    absence = absent(caregiver, coordinator)
    rows = open_visits(absence)
    result = cover_visits(absence, [Choice(row, other_caregiver, row.starts_at) for row in rows], by=coordinator)
    assert len(result.taken) == 3
    assert Event.objects.filter(action="visit.assigned").count() == 3
    told = Notification.objects.filter(recipient=other_caregiver.user)
    assert [row.title.startswith("You have 3 new visits") for row in told] == [True]
    family = Notification.objects.get(recipient=relative)
    assert family.title.startswith("Somebody else comes:")
    assert lost[0].client.last_name not in family.title


def test_one_refusal_does_not_hold_up_the_others(lost, caregiver, other_caregiver, coordinator):
    absence = absent(caregiver, coordinator)
    rows = open_visits(absence)
    VisitFactory(client=ClientFactory(branch=caregiver.branch), caregiver=other_caregiver, starts_at=rows[1].starts_at)
    result = cover_visits(absence, [Choice(row, other_caregiver, row.starts_at) for row in rows], by=coordinator)
    assert [visit.pk for visit, _sentence in result.refused] == [rows[1].pk]
    assert "already with" in result.refused[0][1]
    assert len(result.taken) == 2


def test_covering_counts_whichever_way_a_visit_was_settled(lost, caregiver, other_caregiver, coordinator):
    absence = absent(caregiver, coordinator)
    first, second, _third = open_visits(absence)
    LostVisit.objects.update(lost_at=now() - 20 * dt.timedelta(minutes=1))
    assign_visit(first, other_caregiver, by=coordinator)
    cancel_visit(second, reason="The daughter comes", by=coordinator)
    found = covering_of([absence])[absence.pk]
    assert (found.lost, found.covered, found.cancelled, found.open, found.minutes) == (3, 1, 1, 1, 20)


def test_absence_from_the_staff_page_to_the_last_visit_in_five_clicks(
    as_user, lost, caregiver, other_caregiver, coordinator
):
    http = as_user(coordinator)
    page = http.get(caregiver.get_absolute_url()).content.decode()
    url = reverse("scheduling:absence-create", args=[caregiver.pk])
    assert url in page
    day = at(1, 14).date().isoformat()
    answer = http.post(url, {"from_day": day, "until_day": day, "reason": "sick", "note": ""})
    absence = TimeOff.objects.get()
    assert answer["Location"] == reverse("scheduling:absence-detail", args=[absence.pk])
    assert "Who takes over" in http.get(answer["Location"]).content.decode()
    offered = http.get(reverse("scheduling:absence-proposals", args=[absence.pk]), HTTP_HX_REQUEST="true")
    html = offered.content.decode()
    assert other_caregiver.full_name in html
    data = {"take": [visit.pk for visit in lost[:3]]}
    for visit in lost[:3]:
        data |= {f"member-{visit.pk}": other_caregiver.pk, f"proposed-{visit.pk}": other_caregiver.pk}
        data |= {f"at-{visit.pk}": visit.starts_at.isoformat(), f"version-{visit.pk}": visit.version + 1}
    done = http.post(reverse("scheduling:absence-cover", args=[absence.pk]), data, follow=True)
    assert "3 visits are covered." in done.content.decode()
    assert Visit.objects.filter(caregiver=other_caregiver).count() == 3
    assert caregiver.full_name in http.get(reverse("scheduling:absence-list")).content.decode()


def test_bad_input_to_cover_is_said_and_changes_nothing(as_user, lost, caregiver, coordinator):
    absence = absent(caregiver, coordinator)
    http, url = as_user(coordinator), reverse("scheduling:absence-cover", args=[absence.pk])
    assert "Nothing was ticked." in http.post(url, {}, follow=True).content.decode()
    pk = lost[0].pk
    bad = {"take": [pk], f"member-{pk}": "999999", f"at-{pk}": "never", f"version-{pk}": "x"}
    assert "no longer open" in http.post(url, bad, follow=True).content.decode()
    assert Visit.objects.filter(pk__in=[visit.pk for visit in lost[:3]], caregiver=None).count() == 3


def test_absence_of_another_branch_is_not_found(as_user, lost, caregiver, coordinator, other_coordinator):
    absence = absent(caregiver, coordinator)
    http = as_user(other_coordinator)
    for name in ("absence-detail", "absence-proposals"):
        assert http.get(reverse(f"scheduling:{name}", args=[absence.pk])).status_code == 404
    assert http.get(reverse("scheduling:absence-create", args=[caregiver.pk])).status_code == 404


def test_proposals_of_twelve_visits_need_few_queries(caregiver, branch, coordinator, django_assert_max_num_queries):
    for _n in range(6):
        MemberFactory(branch=branch, always_available=True)
    for hour in range(12):
        visit_at(caregiver, 1 + hour // 4, 13 + 2 * (hour % 4))
    absence = absent(caregiver, coordinator, last=4)
    visits = open_visits(absence)
    assert len(visits) == 12
    assert Availability.objects.exists()
    with django_assert_max_num_queries(12 * (18 + 2)):  # two where somebody's days in a row may reach beyond the week
        assert all(row.best for row in propose(visits, without=caregiver))
