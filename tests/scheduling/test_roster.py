"""Draft rosters: searched as a job, changed by hand, compared, applied whole or not at all."""

import datetime as dt
import time

import pytest
from django.urls import reverse

from clients.models import CaregiverPreference
from homecare.accounts.models import Agency
from homecare.audit.models import Event
from homecare.clock import at_local, monday_of, now, today
from homecare.errors import Conflict, DomainError
from homecare.inbox.models import Notification
from homecare.jobs.models import Job
from homecare.jobs.registry import JobCancelled, Work
from homecare.jobs.services.job import retry_job, run_job_now, sweep_jobs
from scheduling.models import Roster, RosterLine, Visit
from scheduling.placement import PlacementRefused
from scheduling.roster_figures import compare
from scheduling.services.roster import (
    RosterRefused,
    apply_roster,
    begin_roster,
    change_line,
    discard_roster,
    finish_search,
    search_roster,
)
from scheduling.services.visit import assign_visit
from scheduling.tasks import plan_roster
from tests.factories import AddressFactory, ClientFactory, VisitFactory

pytestmark = pytest.mark.django_db

ZONE = "America/New_York"
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def monday():
    return monday_of(today(ZONE)) + dt.timedelta(days=7)


def visit_on(branch, day, hour, caregiver=None, **fields):
    client = ClientFactory(branch=branch)
    AddressFactory(client=client)
    return VisitFactory(client=client, caregiver=caregiver, starts_at=at_local(day, dt.time(hour), ZONE), **fields)


@pytest.fixture
def week(branch, caregiver, other_caregiver, monday):
    """Two visits with a caregiver and two open ones, on one day."""
    return [
        visit_on(branch, monday, 9, caregiver),
        visit_on(branch, monday, 9, other_caregiver),
        visit_on(branch, monday, 12),
        visit_on(branch, monday, 15),
    ]


def begun(branch, monday, by, origin="copy", **fields):
    options = {"only_open": True, "seconds": 5} | fields
    return begin_roster(branch, first_on=monday, last_on=monday + dt.timedelta(days=6), origin=origin, by=by, **options)


def searched(branch, monday, by, **fields):
    roster = begun(branch, monday, by, origin="engine", seconds=2, **fields)
    search_roster(roster, progress=lambda done, total, words: None)
    roster.refresh_from_db()
    return roster


def line_of(roster, visit):
    return RosterLine.objects.select_related("roster__branch", "visit").get(roster=roster, visit=visit)


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [(6, 0, "last day is before"), (0, 40, "four weeks at most"), (-30, -20, "are over"), (200, 203, "no visits")],
)
def test_days_that_cannot_be_planned_are_refused(week, branch, monday, coordinator, first, last, says):
    days = dt.timedelta(days=first), dt.timedelta(days=last)
    with pytest.raises(DomainError, match=says):
        begin_roster(
            branch,
            first_on=monday + days[0],
            last_on=monday + days[1],
            origin="copy",
            only_open=True,
            seconds=5,
            by=coordinator,
        )


def test_copy_stands_as_the_live_plan(week, branch, monday, coordinator):
    roster = begun(branch, monday, coordinator)
    assert (roster.status, roster.lines.count(), roster.lines.changed().count()) == ("draft", 4, 0)


def test_engine_fills_what_is_open_and_leaves_the_rest(week, branch, monday, coordinator, caregiver, other_caregiver):
    roster = searched(branch, monday, coordinator)
    assert roster.status == "draft"
    assert {line.visit_id for line in roster.lines.all()} == {week[2].pk, week[3].pk}
    assert {line.caregiver for line in roster.lines.all()} <= {caregiver, other_caregiver}
    assert Visit.objects.filter(caregiver=None).count() == 2  # the live plan is untouched
    assert apply_roster(roster, by=coordinator) == 2
    assert not Visit.objects.filter(caregiver=None).exists()
    assert Event.objects.filter(action="visit.assigned").count() == 2


def test_unfilled_line_says_why(branch, monday, caregiver, coordinator):
    visit = visit_on(branch, monday, 9)
    CaregiverPreference.objects.create(client=visit.client, member=caregiver, kind="excluded")
    roster = searched(branch, monday, coordinator)
    line = line_of(roster, visit)
    assert line.caregiver is None
    assert "does not want" in line.reasons[0]["why"]


def test_search_is_a_job_that_ends_when_asked_with_what_it_has(week, branch, monday, coordinator):
    roster = begun(branch, monday, coordinator, origin="engine", seconds=900)
    finish_search(roster)
    began = time.monotonic()
    job = run_job_now(Job.objects.get())
    assert time.monotonic() - began < 60
    roster.refresh_from_db()
    assert (roster.status, job.status) == ("draft", "done")
    assert job.result["links"][0]["url"] == roster.get_absolute_url()


def test_stopped_search_leaves_no_draft_that_waits(week, branch, monday, coordinator, monkeypatch):
    roster = begun(branch, monday, coordinator, origin="engine")
    monkeypatch.setattr("scheduling.services.roster.search_roster", lambda draft, progress: progress(1, 100, ""))
    job = Job.objects.get()
    Job.objects.filter(pk=job.pk).update(
        status="running", leased_by="holder", lease_until=now() + HOUR, cancel_requested_at=now()
    )
    with pytest.raises(JobCancelled):
        plan_roster(Work(Job.objects.get(), coordinator, "holder"))
    roster.refresh_from_db()
    assert roster.status == "discarded"


def failed(roster, monkeypatch):
    """The search breaks in its worker."""

    def breaks(draft, progress):
        raise DomainError("The rules contradict each other.")

    with monkeypatch.context() as broken:
        broken.setattr("scheduling.services.roster.search_roster", breaks)
        run_job_now(roster.job)
    roster.refresh_from_db()
    return roster


def test_failed_search_is_shown_and_planned_again(as_user, week, branch, monday, coordinator, monkeypatch):
    roster = failed(begun(branch, monday, coordinator, origin="engine", seconds=5), monkeypatch)
    assert (roster.status, roster.job.status) == ("failed", "failed")
    http = as_user(coordinator)
    page = http.get(roster.get_absolute_url()).content.decode()
    again, discard = (reverse(f"scheduling:roster-{verb}", args=[roster.pk]) for verb in ("plan-again", "discard"))
    assert "The rules contradict each other." in page and again in page and discard in page
    assert "Being planned" not in page
    broken = roster.job_id
    assert [http.post(again).status_code, http.post(again).status_code] == [302, 302]
    roster.refresh_from_db()
    assert (roster.status, roster.job_id != broken, Job.objects.count()) == ("planning", True, 2)
    finish_search(roster)
    run_job_now(roster.job)
    roster.refresh_from_db()
    assert (roster.status, again in http.get(roster.get_absolute_url()).content.decode()) == ("draft", False)


def test_failed_search_may_be_discarded_or_tried_again_as_a_job(week, branch, monday, coordinator, monkeypatch):
    one = failed(begun(branch, monday, coordinator, origin="engine", seconds=5), monkeypatch)
    assert discard_roster(one, by=coordinator).status == "discarded"
    other = failed(begun(branch, monday, coordinator, origin="engine", seconds=5), monkeypatch)
    finish_search(other)
    run_job_now(retry_job(other.job, by=coordinator))
    other.refresh_from_db()
    assert (other.status, other.lines.exists()) == ("draft", True)


def test_search_given_up_after_its_workers_died_is_a_failed_one(week, branch, monday, coordinator):
    roster = begun(branch, monday, coordinator, origin="engine")
    dead = {"status": "running", "leased_by": "gone", "lease_until": now() - HOUR, "attempts": 99}
    Job.objects.filter(pk=roster.job_id).update(**dead)
    assert sweep_jobs() == 1
    roster.refresh_from_db()
    assert roster.status == "failed"


def test_discarded_while_searching_leaves_nothing(week, branch, monday, coordinator):
    roster = begun(branch, monday, coordinator, origin="engine")
    discard_roster(roster, by=coordinator)
    search_roster(Roster.objects.get(pk=roster.pk), progress=lambda *_args: None)
    assert RosterLine.objects.count() == 0


def test_line_changed_by_hand_is_judged_beside_the_draft(week, branch, monday, coordinator, caregiver):
    roster = begun(branch, monday, coordinator)
    line = line_of(roster, week[2])
    change_line(line, caregiver, starts_at=line.starts_at, by=coordinator)
    assert line_of(roster, week[2]).is_by_hand
    other = line_of(roster, week[3])
    with pytest.raises(PlacementRefused, match="already with"):
        change_line(other, caregiver, starts_at=line.starts_at, by=coordinator)
    assert line_of(roster, week[3]).caregiver is None


def test_visit_given_away_in_the_draft_frees_its_caregiver_there(week, branch, monday, coordinator, caregiver):
    roster = begun(branch, monday, coordinator)
    gone, wanted = line_of(roster, week[0]), line_of(roster, week[1])
    change_line(gone, None, starts_at=gone.starts_at, by=coordinator)
    change_line(wanted, caregiver, starts_at=wanted.starts_at, by=coordinator)
    assert apply_roster(roster, by=coordinator) == 2
    assert [Visit.objects.get(pk=visit.pk).caregiver for visit in week[:2]] == [None, caregiver]


def test_two_caregivers_swap_in_one_step(week, branch, monday, coordinator, caregiver, other_caregiver):
    roster = begun(branch, monday, coordinator)
    for visit, member in ((week[0], other_caregiver), (week[1], caregiver)):
        RosterLine.objects.filter(roster=roster, visit=visit).update(caregiver=member)
    assert apply_roster(roster, by=coordinator) == 2
    assert [Visit.objects.get(pk=visit.pk).caregiver for visit in week[:2]] == [other_caregiver, caregiver]
    told = Notification.objects.filter(kind="visit.changed")
    assert {row.recipient for row in told} == {caregiver.user, other_caregiver.user}
    assert told.count() == 2
    with pytest.raises(Conflict, match="can no longer be changed"):
        apply_roster(roster, by=coordinator)


def test_what_changed_meanwhile_refuses_the_whole(week, branch, monday, coordinator, caregiver, other_caregiver):
    roster = begun(branch, monday, coordinator)
    for visit in week[2:]:
        RosterLine.objects.filter(roster=roster, visit=visit).update(caregiver=caregiver)
    assign_visit(week[3], other_caregiver, by=coordinator)
    with pytest.raises(RosterRefused, match="1 visit has changed since") as refusal:
        apply_roster(roster, by=coordinator)
    assert week[3].client.short_name in str(refusal.value)
    week[2].refresh_from_db()
    assert week[2].caregiver is None
    line = line_of(roster, week[3])
    change_line(line, other_caregiver, starts_at=line.starts_at, by=coordinator)
    assert apply_roster(roster, by=coordinator) == 1


def test_rule_that_blocks_refuses_the_whole(week, branch, monday, coordinator, caregiver):
    roster = begun(branch, monday, coordinator)
    RosterLine.objects.filter(roster=roster, visit__in=week[2:]).update(caregiver=caregiver)
    CaregiverPreference.objects.create(client=week[3].client, member=caregiver, kind="excluded")
    with pytest.raises(RosterRefused, match="does not want"):
        apply_roster(roster, by=coordinator)
    assert Visit.objects.filter(caregiver=None).count() == 2


def test_warning_needs_a_reason_that_is_kept(week, branch, monday, coordinator, caregiver):
    roster = begun(branch, monday, coordinator)
    Agency.current()
    type(week[2].client).objects.filter(pk=week[2].client_id).update(caregiver_gender="male")
    RosterLine.objects.filter(roster=roster, visit=week[2]).update(caregiver=caregiver)
    with pytest.raises(DomainError, match="Give a reason"):
        apply_roster(roster, by=coordinator)
    assert apply_roster(roster, by=coordinator, override_reason="The client agreed") == 1
    assert week[2].overrides.get().reason == "The client agreed"


def test_comparison_counts_both_plans(week, branch, monday, coordinator, caregiver):
    roster = begun(branch, monday, coordinator)
    RosterLine.objects.filter(roster=roster, visit=week[2]).update(caregiver=caregiver)
    before, after = compare(list(roster.lines.select_related("visit")), ZONE)
    assert (before.filled, before.unfilled, after.filled, after.unfilled) == (2, 2, 3, 1)
    assert (before.minutes, after.minutes) == (120, 180)
    assert (before.carers, after.over_limit) == (1.0, 0)
    assert after.travel >= before.travel


def test_pages_from_the_form_to_the_applied_roster(as_user, week, branch, monday, coordinator, caregiver):
    http = as_user(coordinator)
    assert "No rosters yet" in http.get(reverse("scheduling:roster-list")).content.decode()
    bad = {"branch": branch.pk, "first_on": monday, "last_on": monday - dt.timedelta(days=9), "origin": "copy"}
    answer = http.post(reverse("scheduling:roster-create"), bad | {"reach": "open", "seconds": 15})
    assert "The last day is before the first." in answer.content.decode()
    http.post(reverse("scheduling:roster-create"), bad | {"last_on": monday, "reach": "open", "seconds": 15})
    roster = Roster.objects.get()
    line = line_of(roster, week[2])
    url = reverse("scheduling:roster-line", args=[roster.pk, line.pk])
    assert caregiver.full_name in http.get(url).content.decode()
    http.post(url, {"caregiver": caregiver.pk, "start_time": "12:30"})
    page = http.get(roster.get_absolute_url()).content.decode()
    assert "was 12:00" in page
    compared = http.get(reverse("scheduling:roster-figures", args=[roster.pk]), HTTP_HX_REQUEST="true")
    assert "Visits filled" in compared.content.decode()
    assert "1 visit changes." in http.get(reverse("scheduling:roster-apply", args=[roster.pk])).content.decode()
    done = http.post(reverse("scheduling:roster-apply", args=[roster.pk]), {"override_reason": ""}, follow=True)
    assert "1 visit is changed." in done.content.decode()
    week[2].refresh_from_db()
    assert (week[2].caregiver, week[2].starts_at) == (caregiver, at_local(monday, dt.time(12, 30), ZONE))


def test_roster_of_another_branch_is_not_found(as_user, week, branch, monday, coordinator, other_coordinator):
    roster = begun(branch, monday, coordinator)
    assert as_user(other_coordinator).get(roster.get_absolute_url()).status_code == 404


def test_roster_page_needs_the_same_queries_for_4_and_40(
    as_user, week, branch, monday, coordinator, caregiver, django_assert_max_num_queries
):
    for number in range(36):
        visit_on(branch, monday + dt.timedelta(days=1 + number // 8), 8 + number % 8)
    roster = begun(branch, monday, coordinator)
    RosterLine.objects.filter(roster=roster).update(caregiver=caregiver)
    http = as_user(coordinator)
    http.get(roster.get_absolute_url())
    with django_assert_max_num_queries(16):
        http.get(roster.get_absolute_url())
