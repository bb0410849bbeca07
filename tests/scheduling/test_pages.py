"""The office pages of scheduling: who may open them, what they show, how many queries they need."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from homecare.audit.models import Event
from homecare.clock import now, today
from scheduling.models import Schedule, Visit
from scheduling.services.visit import create_visit
from tests.factories import (
    ClientFactory,
    MemberFactory,
    ScheduleFactory,
    ServiceTypeFactory,
    TimeOffFactory,
    VisitFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_november")]

MONDAY = dt.date(2026, 12, 7)
NINE = dt.datetime(2026, 12, 7, 14, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
BOARD = "/schedule/?week=2026-12-07"
ON_BOARD = "?board=2026-12-07&by=caregiver"
HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "dialog"}


@pytest.fixture
def http(as_user, coordinator):
    return as_user(coordinator)


def visit_at(client, starts_at=NINE, **fields):
    return VisitFactory(client=client, starts_at=starts_at, ends_at=starts_at + HOUR, **fields)


def fill(branch, count):
    for number in range(count):
        member = MemberFactory(branch=branch, always_available=True)
        client = ClientFactory(branch=branch)
        visit_at(client, caregiver=member)
        visit_at(client, NINE + dt.timedelta(days=1, minutes=number))
        ScheduleFactory(client=client)


@pytest.mark.parametrize(
    ("url", "most"),
    [
        (BOARD, 13),
        (BOARD + "&by=client", 12),
        ("/schedule/visits/", 12),
        ("/schedule/visits/unfilled/?days=84", 12),
        ("/schedule/patterns/", 12),
    ],
)
def test_list_page_needs_the_same_queries_for_1_and_30_rows(http, branch, url, most):
    http.get(url)
    counts = []
    for rows in (1, 29):
        fill(branch, rows)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert http.get(url).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= most


def test_board_shows_visits_hours_and_time_off(http, branch, caregiver):
    visit_at(ClientFactory(branch=branch, last_name="O'Neill", first_name="<b>Ann"), caregiver=caregiver)
    visit_at(ClientFactory(branch=branch, last_name="Lopez"))
    TimeOffFactory(member=caregiver, status="approved", starts_at=NINE + 24 * HOUR, ends_at=NINE + 30 * HOUR)
    html = http.get(BOARD).content.decode()
    assert "O&#x27;Neill &lt;." in html
    assert "<b>Ann" not in html
    assert "1 h of 40 h" in html
    assert "Off · Vacation" in html
    open_row = html[html.index('id="c-0-2026-12-07"') : html.index('id="c-0-2026-12-08"')]
    assert "Lopez R." in open_row
    assert "Unfilled" in open_row


def test_board_shows_only_the_own_branch(http, other_branch):
    visit_at(ClientFactory(branch=other_branch, last_name="Hidden"))
    assert "Hidden" not in http.get(BOARD).content.decode()


def test_drag_moves_the_visit_and_answers_with_the_touched_cells(http, branch, caregiver, other_caregiver):
    visit = visit_at(ClientFactory(branch=branch), caregiver=caregiver)
    data = {"drag": 1, "day": "2026-12-08", "start_time": "09:00", "caregiver": other_caregiver.pk, "version": 1}
    answer = http.post(reverse("scheduling:visit-move", args=[visit.pk]) + ON_BOARD, data, **HTMX)
    assert answer.status_code == 200
    assert (answer["HX-Reswap"], answer["HX-Trigger"].count("board:moved")) == ("none", 1)
    html = answer.content.decode()
    assert html.startswith("<table>")
    assert f'id="c-{caregiver.pk}-2026-12-07"' in html
    assert f'id="v-{visit.pk}"' in html[html.index(f'id="c-{other_caregiver.pk}-2026-12-08"') :]
    visit.refresh_from_db()
    assert (visit.caregiver, visit.starts_at, visit.version) == (other_caregiver, NINE + 24 * HOUR, 2)


def test_drag_onto_a_taken_hour_answers_with_a_sentence(http, branch, caregiver):
    visit_at(ClientFactory(branch=branch, last_name="Mensah"), caregiver=caregiver)
    visit = visit_at(ClientFactory(branch=branch))
    data = {"drag": 1, "day": "2026-12-07", "start_time": "09:00", "caregiver": caregiver.pk, "version": 1}
    answer = http.post(reverse("scheduling:visit-move", args=[visit.pk]) + ON_BOARD, data, **HTMX)
    assert answer.status_code == 409
    assert "already with Mensah R." in answer["HX-Trigger"]


def test_drag_with_a_stale_version_is_refused(http, branch, caregiver):
    visit = visit_at(ClientFactory(branch=branch), version=3)
    data = {"drag": 1, "day": "2026-12-08", "start_time": "09:00", "caregiver": "", "version": 2}
    answer = http.post(reverse("scheduling:visit-move", args=[visit.pk]) + ON_BOARD, data, **HTMX)
    assert answer.status_code == 409
    assert "changed meanwhile" in answer["HX-Trigger"]


def test_drag_that_needs_a_reason_opens_the_dialog_and_goes_on_with_it(http, branch):
    visit = visit_at(ClientFactory(branch=branch))
    unavailable = MemberFactory(branch=branch)
    data = {"drag": 1, "day": "2026-12-07", "start_time": "09:00", "caregiver": unavailable.pk, "version": 1}
    url = reverse("scheduling:visit-move", args=[visit.pk]) + ON_BOARD
    answer = http.post(url, data, **HTMX)
    assert answer.status_code == 422
    assert "outside the hours" in answer.content.decode()
    answer = http.post(url, data | {"override_reason": "Agreed by phone"}, **HTMX)
    assert answer.status_code == 200
    assert visit.overrides.get().reason == "Agreed by phone"


def test_biller_may_look_but_not_move(as_user, biller, branch):
    visit = visit_at(ClientFactory(branch=branch))
    http = as_user(biller)
    assert http.get(BOARD).status_code == 200
    assert http.get(visit.get_absolute_url()).status_code == 200
    assert http.get(reverse("scheduling:visit-move", args=[visit.pk])).status_code == 403
    assert http.get("/schedule/visits/unfilled/").status_code == 403


def test_visit_of_another_branch_is_not_found(as_user, other_coordinator, branch):
    visit = visit_at(ClientFactory(branch=branch))
    schedule = ScheduleFactory(client=visit.client)
    http = as_user(other_coordinator)
    for name in ("visit-detail", "visit-update", "visit-move", "visit-assign", "visit-cancel", "visit-suggestions"):
        assert http.get(reverse(f"scheduling:{name}", args=[visit.pk])).status_code == 404
    for name in ("schedule-detail", "schedule-update", "schedule-end"):
        assert http.get(reverse(f"scheduling:{name}", args=[schedule.pk])).status_code == 404
    assert http.get(reverse("scheduling:schedule-create", args=[visit.client_id])).status_code == 404
    assert http.get(reverse("scheduling:client-visits", args=[visit.client_id])).status_code == 404


def test_caregiver_opens_no_office_page(as_user, caregiver):
    assert as_user(caregiver.user).get(BOARD).status_code == 403


def test_visit_page_shows_facts_and_history_and_is_audited(http, branch, coordinator, caregiver):
    visit = create_visit(
        ClientFactory(branch=branch),
        service_type=ServiceTypeFactory(),
        starts_at=NINE,
        ends_at=NINE + HOUR,
        caregiver=caregiver,
        by=coordinator,
    )
    html = http.get(visit.get_absolute_url()).content.decode()
    assert "Mon 7 Dec, 09:00–10:00" in html
    assert caregiver.full_name in html
    assert "Planned" in html
    assert Event.objects.filter(kind="view", client_id=visit.client_id).exists()


def test_visit_planned_by_form_keeps_what_was_typed_when_refused(http, branch, caregiver):
    client = ClientFactory(branch=branch)
    visit_at(ClientFactory(branch=branch), caregiver=caregiver)
    data = {
        "client": client.pk,
        "service_type": ServiceTypeFactory().pk,
        "day": "2026-12-07",
        "start_time": "09:30",
        "duration_minutes": 45,
        "caregiver": caregiver.pk,
        "note": "Bring gloves",
    }
    answer = http.post("/schedule/visits/new/", data)
    html = answer.content.decode()
    assert "already with" in html
    assert "Bring gloves" in html
    assert http.post("/schedule/visits/new/", data | {"start_time": "10:30"}).status_code == 302
    made = Visit.objects.get(client=client)
    assert (made.starts_at, made.planned_minutes) == (NINE + 1.5 * HOUR, 45)


def test_visit_list_filters_and_exports_without_formulas(http, branch, caregiver):
    visit_at(ClientFactory(branch=branch, first_name="=cmd()", last_name="Evil"), caregiver=caregiver)
    visit_at(ClientFactory(branch=branch, last_name="Plain"))
    assert "Plain" not in http.get("/schedule/visits/?q=evil").content.decode()
    assert "Plain" in http.get("/schedule/visits/?since=2026-12-07&until=2026-12-07").content.decode()
    assert "Plain" not in http.get("/schedule/visits/?since=2026-12-08").content.decode()
    answer = http.get("/schedule/visits/?export=csv&q=evil")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[1].startswith("'=cmd() Evil,")
    assert ",2026-12-07,09:00,10:00," in lines[1]
    assert Event.objects.filter(kind="export", action="visit.exported").count() == 1


def test_visit_list_opens_at_today_and_keeps_what_a_link_asks_for(http, branch):
    visit_at(ClientFactory(branch=branch, last_name="Yesteryear"), NINE - 400 * 24 * HOUR)
    visit_at(ClientFactory(branch=branch, last_name="Coming"), now() + 24 * HOUR)
    opened = http.get("/schedule/visits/").content.decode()
    assert "Coming" in opened
    assert "Yesteryear" not in opened
    assert f'value="{today("America/New_York")}"' in opened
    assert "Yesteryear" in http.get("/schedule/visits/?status=planned").content.decode()


def test_unfilled_visit_is_assigned_in_one_click(http, branch, caregiver):
    visit = VisitFactory(client=ClientFactory(branch=branch))
    assert visit.client.full_name in http.get("/schedule/visits/unfilled/?days=84").content.decode()
    offered = http.get(reverse("scheduling:visit-suggestions", args=[visit.pk]), HTTP_HX_REQUEST="true")
    assert caregiver.full_name in offered.content.decode()
    data = {"caregiver": caregiver.pk, "version": 1, "one_click": 1}
    answer = http.post(reverse("scheduling:visit-assign", args=[visit.pk]), data, **HTMX)
    assert (answer.status_code, answer["HX-Retarget"]) == (200, f"#open-{visit.pk}")
    visit.refresh_from_db()
    assert visit.caregiver == caregiver


def team(*lines):
    data = {"team-TOTAL_FORMS": len(lines), "team-INITIAL_FORMS": 0}
    for number, line in enumerate(lines):
        data |= {f"team-{number}-{name}": value for name, value in line.items()}
    return data


def pattern_data(**fields):
    data = {
        "service_type": ServiceTypeFactory().pk,
        "repeats": "weekly",
        "weekdays": ["0", "2"],
        "interval": 1,
        "start_time": "08:00",
        "duration_minutes": 60,
        "head_count": 1,
        "starts_on": "2026-12-07",
    }
    return data | fields


def test_pattern_is_previewed_and_planned(http, branch, caregiver, other_caregiver):
    client = ClientFactory(branch=branch)
    url = reverse("scheduling:schedule-create", args=[client.pk])
    assert http.get(url).status_code == 200
    data = pattern_data() | team({"member": caregiver.pk}, {"member": other_caregiver.pk, "weekdays": ["2"]})
    seen = http.post(url + "?preview", data, **HTMX).content.decode()
    assert "Mon and Wed at 08:00" in seen
    assert caregiver.full_name in seen
    assert not Schedule.objects.exists()
    ranked = http.post(url + "?rank", data, **HTMX).content.decode()
    assert f'data-choose-caregiver="{caregiver.pk}"' in ranked
    assert http.post(url, data).status_code == 302
    schedule = Schedule.objects.get()
    assert (schedule.rule, schedule.starts_on) == ("FREQ=WEEKLY;BYDAY=MO,WE", MONDAY)
    by_day = set(Visit.objects.values_list("occurrence_on__iso_week_day", "caregiver"))
    assert by_day == {(1, caregiver.pk), (3, other_caregiver.pk)}
    assert http.get(schedule.get_absolute_url()).status_code == 200
    assert http.get(reverse("scheduling:client-visits", args=[client.pk])).status_code == 200


def test_pattern_preview_says_what_is_missing(http, branch):
    url = reverse("scheduling:schedule-create", args=[ClientFactory(branch=branch).pk])
    seen = http.post(url + "?preview", pattern_data(weekdays=[], start_time="") | team({}), **HTMX).content.decode()
    assert "Choose at least one day." in seen
    assert "Start: This field is required." in seen


def test_pattern_changed_by_form_with_the_preview_it_showed(http, branch, caregiver):
    client = ClientFactory(branch=branch)
    data = pattern_data() | team({"member": caregiver.pk})
    http.post(reverse("scheduling:schedule-create", args=[client.pk]), data)
    schedule = Schedule.objects.get()
    url = reverse("scheduling:schedule-update", args=[schedule.pk])
    assert http.get(url + "?from=2026-12-16").status_code == 200
    data |= {"scope": "following", "from_on": "2026-12-16", "start_time": "10:00"}
    seen = http.post(url + "?preview", data, **HTMX)
    assert "Wed 16 Dec, 10:00–11:00" in seen.content.decode()
    expected = seen.context["expected"]
    wrong = http.post(url, data | {"expected": expected + 1})
    assert "Look at the preview again" in wrong.content.decode()
    assert http.post(url, data | {"expected": expected}).status_code == 302
    assert Schedule.objects.get(continues=schedule).start_time == dt.time(10)


def test_pattern_ended_by_form(http, branch):
    client = ClientFactory(branch=branch)
    http.post(reverse("scheduling:schedule-create", args=[client.pk]), pattern_data() | team({}))
    schedule = Schedule.objects.get()
    url = reverse("scheduling:schedule-end", args=[schedule.pk])
    assert http.post(url, {"ends_on": "2026-12-13", "reason": "Moved away"}).status_code == 302
    assert Visit.objects.exclude(status="cancelled").count() == 2
