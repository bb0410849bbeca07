"""The office's approval list and what phones sent, as pages."""

import datetime as dt
import uuid
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.models import Charge
from billing.services.charge import make_charges
from homecare.clock import at_local, today
from homecare.errors import CONSTRAINT_SENTENCES
from scheduling import reason_codes
from scheduling.approval_rows import clean
from scheduling.forms.approval import LocalMomentField
from scheduling.models import PhoneEvent, ReasonCode, Visit, VisitException
from scheduling.services.approval import approve_visit
from scheduling.services.phone_event import receive_event
from tests.factories import ClientFactory, CoverageFactory, RateFactory, VisitFactory, completed_visit

pytestmark = pytest.mark.django_db
ZONE = "America/New_York"


@pytest.fixture(autouse=True)
def codes(db):
    reason_codes.load()


def yesterday(hour=8) -> dt.datetime:
    return at_local(today(ZONE) - dt.timedelta(days=1), dt.time(hour), ZONE)


def done(caregiver, hour=8, **fields):
    client = ClientFactory(branch=caregiver.branch, **fields)
    return completed_visit(caregiver, starts_at=yesterday(hour), client=client)


def late(visit):
    return VisitException.objects.create(visit=visit, kind="late", detail="Started 20 min after the planned time.")


def url(name, *args):
    return reverse(f"scheduling:{name}", args=args)


def body(response) -> str:
    return response.content.decode()


def test_list_puts_exceptions_first_and_clean_ones_into_the_form(caregiver, coordinator, as_user):
    done(caregiver, 8, last_name="Clean")
    late(done(caregiver, 10, last_name="Late"))
    VisitFactory(
        caregiver=caregiver, starts_at=yesterday(12), client=ClientFactory(branch=caregiver.branch, last_name="Never")
    )
    page = as_user(coordinator).get(url("visit-approval"))
    assert [row.visit.client.last_name for row in page.context["first_rows"]] == ["Late", "Never"]
    assert [row.visit.client.last_name for row in page.context["clean_rows"]] == ["Clean"]
    assert "12 Caregiver late" in body(page)


@pytest.mark.parametrize(
    ("show", "names"),
    [
        ("", {"Clean", "Late", "Never"}),
        ("exceptions", {"Late"}),
        ("clean", {"Clean"}),
        ("unclocked", {"Never"}),
        ("approved", {"Done"}),
        ("missed", {"Gone"}),
        ("nonsense", {"Clean", "Late", "Never"}),
    ],
)
def test_list_shows_what_is_asked_for(caregiver, coordinator, as_user, show, names):
    done(caregiver, 8, last_name="Clean")
    late(done(caregiver, 10, last_name="Late"))
    approve_visit(done(caregiver, 14, last_name="Done"), by=coordinator)
    for hour, status, name in ((12, "planned", "Never"), (16, "missed", "Gone")):
        client = ClientFactory(branch=caregiver.branch, last_name=name)
        VisitFactory(caregiver=caregiver, starts_at=yesterday(hour), client=client, status=status)
    page = as_user(coordinator).get(url("visit-approval"), {"show": show})
    rows = page.context["first_rows"] + page.context["clean_rows"]
    assert {row.visit.client.last_name for row in rows} == names


def test_list_is_filtered_by_week_caregiver_and_client(caregiver, other_caregiver, coordinator, as_user):
    mine, theirs = done(caregiver, 8), done(other_caregiver, 8)
    http = as_user(coordinator)

    def shown(**query):
        page = http.get(url("visit-approval"), query)
        return {row.visit.pk for row in page.context["clean_rows"]}

    assert shown(caregiver=caregiver.pk) == {mine.pk}
    assert shown(client=theirs.client.number) == {theirs.pk}
    assert shown(week=yesterday().date().isoformat()) == {mine.pk, theirs.pk}
    assert shown(week="2020-01-01") == set()
    assert http.get(url("visit-approval"), {"week": "x", "caregiver": "y"}).status_code == 200


def test_list_and_its_acts_stay_within_the_branch(caregiver, other_coordinator, as_user):
    visit = done(caregiver)
    one = late(done(caregiver, 12))
    http = as_user(other_coordinator)
    assert http.get(url("visit-approval")).context["clean_rows"] == []
    http.post(url("visit-approve"), {"visit": [visit.pk]})
    visit.refresh_from_db()
    assert visit.status == "completed"
    for name in ("visit-adjust", "visit-clock", "visit-close", "visit-missed", "visit-reopen"):
        assert http.get(url(name, visit.pk)).status_code == 404
    assert http.get(url("exception-resolve", one.pk)).status_code == 404
    assert http.post(url("visit-restore", visit.pk)).status_code == 404


def test_approval_is_not_for_caregivers_and_supervisors(caregiver, supervisor, as_user):
    visit = done(caregiver)
    for user in (caregiver.user, supervisor):
        http = as_user(user)
        assert http.get(url("visit-approval")).status_code == 403
        assert http.post(url("visit-approve"), {"visit": [visit.pk]}).status_code == 403
        assert http.get(url("review-list")).status_code == 403


def test_biller_approves_but_does_not_change_visits(caregiver, biller, as_user):
    visit = done(caregiver)
    http = as_user(biller)
    assert http.get(url("visit-missed", visit.pk)).status_code == 403
    assert http.get(url("visit-clock", visit.pk)).status_code == 403
    http.post(url("visit-approve"), {"visit": [visit.pk]})
    visit.refresh_from_db()
    assert (visit.status, visit.approved_by) == ("approved", biller)


def test_bulk_tells_what_was_left(caregiver, coordinator, as_user):
    clean, odd = done(caregiver, 8), done(caregiver, 10, first_name="Rosa", last_name="Lopez")
    late(odd)
    answer = as_user(coordinator).post(url("visit-approve"), {"visit": [clean.pk, odd.pk, "x"]}, follow=True)
    told = [str(message) for message in answer.context["messages"]]
    assert told == ["1 visit approved.", "Rosa Lopez: 1 exception has no reason yet."]
    empty = as_user(coordinator).post(url("visit-approve"), follow=True)
    assert "Tick the visits" in body(empty)


def test_exception_is_resolved_with_one_click(caregiver, coordinator, as_user):
    one = late(done(caregiver))
    code = ReasonCode.objects.get(set_name="default", code="12")
    back = "http://testserver" + url("visit-approval") + "?show=exceptions"
    answer = as_user(coordinator).post(url("exception-resolve", one.pk), {"code": code.pk}, headers={"Referer": back})
    assert answer.headers["Location"] == back
    one.refresh_from_db()
    assert (one.reason_code, one.resolved_by) == (code, coordinator)


def test_exception_form_keeps_what_was_typed(caregiver, coordinator, as_user):
    one = late(done(caregiver))
    other = ReasonCode.objects.get(set_name="default", code="22")
    http, suggested = as_user(coordinator), ReasonCode.objects.get(set_name="default", code="12")
    assert f'<option value="{suggested.pk}" selected' in body(http.get(url("exception-resolve", one.pk)))
    answer = http.post(url("exception-resolve", one.pk), {"code": other.pk, "memo": ""})
    assert "needs a sentence" in body(answer)
    assert f'<option value="{other.pk}" selected' in body(answer)


def test_adjusted_times_are_local_and_need_a_reason(caregiver, coordinator, as_user):
    visit = done(caregiver)
    day = yesterday().astimezone(dt.UTC).date()
    http = as_user(coordinator)
    assert f'value="{day}T08:00"' in body(http.get(url("visit-adjust", visit.pk)))
    times = {"starts_at": f"{day}T08:00", "ends_at": f"{day}T08:45"}
    assert "Choose a reason" in body(http.post(url("visit-adjust", visit.pk), times))
    assert "Enter date and time" in body(http.post(url("visit-adjust", visit.pk), {**times, "ends_at": "soon"}))
    answer = http.post(
        url("visit-adjust", visit.pk), {**times, "code": ReasonCode.objects.get(set_name="default", code="01").pk}
    )
    assert answer.status_code == 302
    visit.refresh_from_db()
    assert (visit.approved_starts_at, visit.approved_minutes) == (yesterday(), 45)


def test_office_clocks_closes_and_marks_missed(caregiver, coordinator, as_user):
    def planned(hour):
        return VisitFactory(
            caregiver=caregiver, starts_at=yesterday(hour), client=ClientFactory(branch=caregiver.branch)
        )

    http, day = as_user(coordinator), yesterday().astimezone(dt.UTC).date()
    clocked, closed, missed = planned(8), planned(10), planned(12)
    for kind, time in (("in", "08:03"), ("out", "09:00")):
        data = {"kind": kind, "at": f"{day}T{time}", "reason": "Phone broken"}
        assert http.post(url("visit-clock", clocked.pk), data).status_code == 302
    http.post(url("visit-close", closed.pk), {"reason": "Client confirmed"})
    http.post(url("visit-missed", missed.pk), {"reason": "No show"})
    statuses = {row.pk: row.status for row in Visit.objects.all()}
    assert statuses == {clocked.pk: "completed", closed.pk: "completed", missed.pk: "missed"}
    http.post(url("visit-restore", missed.pk))
    missed.refresh_from_db()
    assert missed.status == "planned"


def test_reopening_a_billed_visit_shows_why_not(caregiver, coordinator, as_user):
    visit = approve_visit(done(caregiver), by=coordinator)
    coverage = CoverageFactory(client=visit.client)
    RateFactory(payer=coverage.payer, service_type=visit.service_type)
    make_charges([visit], by=coordinator)
    Charge.objects.filter(visit=visit).update(status="billed")
    answer = as_user(coordinator).post(url("visit-reopen", visit.pk), {"reason": "Wrong client"})
    assert str(CONSTRAINT_SENTENCES["visit_already_billed"]) in unescape(body(answer))
    assert "Wrong client" in body(answer)
    visit.refresh_from_db()
    assert visit.status == "approved"


def test_reopened_visit_waits_for_approval_again(caregiver, coordinator, as_user):
    visit = approve_visit(done(caregiver), by=coordinator)
    assert as_user(coordinator).post(url("visit-reopen", visit.pk), {"reason": "Wrong"}).status_code == 302
    visit.refresh_from_db()
    assert visit.status == "completed"


def test_list_costs_the_same_queries_for_1_and_30_visits(caregiver, coordinator, as_user):
    http = as_user(coordinator)
    http.get(url("visit-approval"))
    counts = []
    for numbers in (range(1), range(1, 30)):
        for n in numbers:
            client = ClientFactory(branch=caregiver.branch)
            visit = completed_visit(caregiver, starts_at=yesterday() - dt.timedelta(days=n), client=client)
            if n % 2 == 0:
                late(visit)
        with CaptureQueriesContext(connection) as queries:
            assert http.get(url("visit-approval")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 12


def test_each_row_says_all_that_is_needed_to_decide(caregiver, coordinator, as_user):
    odd = done(caregiver, 8, first_name="Rosa", last_name="O'Neil & Co")
    Visit.objects.filter(pk=odd.pk).update(finished_at=odd.ends_at + dt.timedelta(minutes=20))
    one = late(odd)
    page = body(as_user(coordinator).get(url("visit-approval")))
    row = unescape(page[page.index(f'id="visit-{odd.pk}"') :])
    for words in (
        "Rosa O'Neil & Co", caregiver.full_name, odd.service_type.name, "1 h", "08:00–09:00",
        "1 h 20 min", "08:00–09:20", "+20 min", "Late start", one.detail, "12 Caregiver late",
        "Nothing says where the visit took place.",
        f'href="{url("exception-resolve", one.pk)}"', f'href="{url("visit-adjust", odd.pk)}"',
    ):  # fmt: skip
        assert words in row, words
    assert "O&#x27;Neil &amp; Co" in page and "O'Neil & Co" not in page


def test_settled_visits_show_the_latest_and_a_week_looks_further_back(caregiver, coordinator, as_user):
    new, newer = done(caregiver, 8), done(caregiver, 10)
    old = completed_visit(caregiver, starts_at=yesterday() - dt.timedelta(weeks=9))
    for visit in (new, newer, old):
        approve_visit(visit, by=coordinator)
    http = as_user(coordinator)

    def shown(**query):
        page = http.get(url("visit-approval"), {"show": "approved", **query})
        return [row.visit.pk for row in page.context["first_rows"]]

    assert shown() == [newer.pk, new.pk]
    assert shown(week=old.starts_at.date().isoformat()) == [old.pk]


def keep(caregiver, kind="note", **body):
    return receive_event(caregiver, uuid.uuid4(), kind, 10**12, timezone.now(), body).event


def test_review_list_shows_what_was_meant(caregiver, coordinator, as_user):
    keep(caregiver, text="Slept well")
    keep(caregiver, "vitals", values={"systolic": "128"})
    keep(caregiver, "task", planned_task=5, outcome="done")
    keep(caregiver, "clock_in")
    page = body(as_user(coordinator).get(url("review-list")))
    for words in ("Slept well", "Systolic pressure 128", "a task that is not known: Done", "There is no such visit"):
        assert words in page


def test_review_applies_and_marks(caregiver, coordinator, other_coordinator, as_user):
    event, other = keep(caregiver, text="Slept well"), keep(caregiver, text="Nothing to do")
    visit = VisitFactory(caregiver=caregiver, starts_at=timezone.now(), client=ClientFactory(branch=caregiver.branch))
    http = as_user(coordinator)
    assert as_user(other_coordinator).get(url("review-apply", event.pk)).status_code == 404
    assert http.post(url("review-apply", event.pk), {"visit": visit.pk}).status_code == 302
    assert http.post(url("review-done", other.pk), {"note": "Asked her"}).status_code == 302
    assert visit.notes.get().text == "Slept well"
    assert set(PhoneEvent.objects.values_list("status", flat=True)) == {"reviewed"}
    assert "Asked her" in body(http.get(url("review-list"), {"show": "reviewed"}))


def test_review_list_costs_the_same_queries_for_1_and_20_events(caregiver, coordinator, as_user):
    http, counts = as_user(coordinator), []
    http.get(url("review-list"))
    for numbers in (range(1), range(19)):
        for n in numbers:
            keep(caregiver, text=f"Note {n}")
        with CaptureQueriesContext(connection) as queries:
            assert http.get(url("review-list")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 12


def test_moment_nobody_changed_is_the_right_one_of_the_repeated_hour():
    """01:30 on 1 November 2026 comes twice in Boston; the second is 06:30 UTC."""
    second = dt.datetime(2026, 11, 1, 6, 30, tzinfo=dt.UTC)
    field = LocalMomentField(zone=ZONE, moment=second)
    assert field.clean("2026-11-01T01:30") == second
    assert field.clean("2026-11-01T01:31") == second + dt.timedelta(hours=-1, minutes=1)
    assert field.clean("2026-11-01T03:00") == dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)


def test_all_clean_visits_of_the_filter_are_approved_at_once(caregiver, other_caregiver, coordinator, as_user):
    http = as_user(coordinator)
    mine = [done(caregiver, 8 + n) for n in range(3)]
    other, odd = done(other_caregiver), done(caregiver, 14)
    VisitException.objects.create(visit=odd, kind="late", detail="20 minutes late")
    assert list(clean(Visit.objects.all()).order_by("pk")) == [*mine, other]
    answer = http.post(f"{url('visit-approve')}?caregiver={caregiver.pk}", {"all": "1"}, follow=True)
    assert "3 visits approved." in body(answer)
    assert set(Visit.objects.filter(status="approved")) == set(mine)
