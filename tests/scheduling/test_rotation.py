"""Rotations: rows as lines of patterns, the draft with its conflicts, applied and undone as one."""

import datetime as dt
import json
from dataclasses import replace

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from clients.models import CaregiverPreference
from homecare.clock import monday_of, today
from homecare.errors import Conflict, DomainError
from scheduling.models import AssignmentRule, Roster, RosterLine, Rotation, SeriesChange, Visit
from scheduling.pattern import Assignment, Pattern
from scheduling.rotation import Shift, Turner, Turns
from scheduling.series import Scope
from scheduling.services.materialise import patterns_of
from scheduling.services.roster import apply_roster
from scheduling.services.rotation import add_shift, add_turner, create_rotation, draft_rotation, leave_rotation
from scheduling.services.schedule import create_schedule, extend_schedules
from scheduling.services.schedule_edit import edit_schedule
from scheduling.services.undo import undo_change
from tests.factories import ClientFactory, MemberFactory, ServiceTypeFactory

ZONE = "America/New_York"
MONDAY = dt.date(2026, 12, 7)
WEEK = dt.timedelta(days=7)


@given(
    weeks=st.integers(1, 8),
    first=st.integers(0, 7),
    joins=st.integers(0, 20),
    shift_row=st.integers(0, 7),
    stays=st.none() | st.integers(0, 20),
)
def test_lines_say_what_stepping_through_the_rows_says(weeks, first, joins, shift_row, stays):
    first_row, row = first % weeks + 1, shift_row % weeks + 1
    until = MONDAY + (joins + stays) * WEEK + dt.timedelta(days=6) if stays is not None else None
    turner = Turner(1, first_row, MONDAY + joins * WEEK, until)
    turns = Turns(weeks, MONDAY, None, [Shift(row, 9, weekdays=(2,))], [turner])
    lines = turns.lines().get(9, [])
    for week in range(50):
        day = MONDAY + week * WEEK + dt.timedelta(days=2)
        here = week >= joins and (until is None or day <= until)
        works = here and (first_row - 1 + week) % weeks + 1 == row
        assert any(line.covers(day, 1) for line in lines) == works


def test_two_in_the_same_row_clash_and_in_different_rows_do_not():
    shifts = [Shift(1, 9), Shift(2, 8)]
    assert Turns(2, MONDAY, None, shifts, [Turner(1, 1), Turner(2, 2)]).clashes() == []
    assert Turns(2, MONDAY, None, shifts, [Turner(1, 1), Turner(2, 1)]).clashes() == [(1, 2)]
    left = Turner(2, 1, until=MONDAY + 5 * WEEK)
    assert Turns(2, MONDAY, None, shifts, [left, Turner(1, 1, since=MONDAY + 6 * WEEK)]).clashes() == []


@pytest.fixture
def monday(db):
    return monday_of(today(ZONE)) + WEEK


@pytest.fixture
def two(branch, caregiver, other_caregiver, coordinator, monday):
    """Two clients at the same hour, each with its own caregiver every week."""
    return [
        create_schedule(
            ClientFactory(branch=branch),
            service_type=ServiceTypeFactory(),
            rule="FREQ=WEEKLY;BYDAY=MO,TU",
            starts_on=monday,
            start_time=dt.time(9),
            duration_minutes=60,
            assignments=[Assignment(member.pk)],
            by=coordinator,
        ).schedule
        for member in (caregiver, other_caregiver)
    ]


@pytest.fixture
def rotation(branch, two, caregiver, other_caregiver, coordinator, monday):
    made = create_rotation(branch, name="Early", weeks=2, starts_on=monday, by=coordinator)
    for row, pattern in enumerate(two, start=1):
        add_shift(made, row=row, schedule=pattern, by=coordinator)
    add_turner(made, member=caregiver, first_row=1, by=coordinator)
    add_turner(made, member=other_caregiver, first_row=2, by=coordinator)
    return made


def who(pattern, weeks=4):
    """Who comes on Mondays, week by week."""
    rows = pattern.visits.live().order_by("occurrence_on").filter(occurrence_on__week_day=2)
    return [row.caregiver for row in rows[:weeks]]


def applied(rotation, by):
    roster = draft_rotation(rotation, by=by)
    apply_roster(roster, by=by)
    return roster


def test_two_caregivers_change_places_every_week(rotation, two, caregiver, other_caregiver, coordinator):
    roster = draft_rotation(rotation, by=coordinator)
    assert who(two[0]) == [caregiver] * 4  # a draft changes nothing
    assert not roster.lines.unfilled().exists()
    apply_roster(roster, by=coordinator)
    assert who(two[0]) == [caregiver, other_caregiver] * 2
    assert who(two[1]) == [other_caregiver, caregiver] * 2
    assert not Visit.objects.filter(is_changed_by_hand=True).exists()  # the pattern says so now
    lines = AssignmentRule.objects.filter(rotation=rotation)
    assert {(line.schedule_id, line.member, line.every_weeks) for line in lines} == {
        (pattern.pk, member, 2) for pattern in two for member in (caregiver, other_caregiver)
    }


def test_rotation_goes_on_with_the_horizon(rotation, two, caregiver, other_caregiver, coordinator, settings):
    applied(rotation, coordinator)
    before = two[0].visits.count()
    settings.SCHEDULE_HORIZON_WEEKS = 16
    extend_schedules()
    assert two[0].visits.count() > before
    found = who(two[0], 14)
    assert found == [caregiver, other_caregiver] * 7


def test_applied_again_writes_no_line_twice(rotation, coordinator):
    applied(rotation, coordinator)
    applied(rotation, coordinator)
    assert AssignmentRule.objects.filter(rotation=rotation).count() == 4


def test_one_undo_takes_all_patterns_back(rotation, two, caregiver, other_caregiver, coordinator):
    applied(rotation, coordinator)
    change = SeriesChange.objects.get(kind="rotation")
    undone = undo_change(change, by=coordinator)
    assert (undone.left, undone.left_open) == ([], [])
    assert (who(two[0]), who(two[1])) == ([caregiver] * 4, [other_caregiver] * 4)
    assert not AssignmentRule.objects.filter(rotation=rotation).exists()


def test_undo_of_an_older_change_waits_for_the_rotation(rotation, two, coordinator, monday):
    from scheduling.pattern import Temporary
    from scheduling.services.temporary_change import change_temporarily

    pause = Temporary(monday, monday, is_paused=True)
    change_temporarily(two[1], pause, reason="Away", by=coordinator)
    older = SeriesChange.objects.exclude(kind="planned").get()
    applied(rotation, coordinator)
    with pytest.raises(DomainError, match="later change first"):
        undo_change(older, by=coordinator)


def test_whoever_leaves_and_joins_changes_the_weeks_after(rotation, branch, two, caregiver, coordinator, monday):
    new = MemberFactory(branch=branch, always_available=True, first_name="Ana")
    ben = rotation.turners.get(first_row=2)
    leave_rotation(ben, until=monday + dt.timedelta(days=13), by=coordinator)
    add_turner(rotation, member=new, first_row=2, since=monday + 2 * WEEK, by=coordinator)
    applied(rotation, coordinator)
    assert who(two[0], 4) == [caregiver, ben.member, caregiver, new]
    assert who(two[1], 4) == [ben.member, caregiver, new, caregiver]


def test_conflicts_stand_in_the_draft_and_leave_the_visit_unfilled(
    rotation, two, caregiver, other_caregiver, coordinator
):
    CaregiverPreference.objects.create(client=two[0].client, member=other_caregiver, kind="excluded")
    roster = draft_rotation(rotation, by=coordinator)
    lines = roster.lines.unfilled()
    assert {line.visit.client for line in lines} == {two[0].client}
    assert all("does not want" in line.reasons[0]["why"] for line in lines)
    apply_roster(roster, by=coordinator)
    assert who(two[0]) == [caregiver, None] * 2
    assert who(two[1]) == [other_caregiver, caregiver] * 2


def test_visits_planned_since_the_draft_refuse_it(rotation, two, coordinator, settings):
    roster = draft_rotation(rotation, by=coordinator)
    settings.SCHEDULE_HORIZON_WEEKS = 14
    extend_schedules()
    with pytest.raises(Conflict, match="Draft it again"):
        apply_roster(roster, by=coordinator)
    assert not AssignmentRule.objects.filter(rotation=rotation).exists()


def test_what_cannot_be_a_rotation_is_refused(branch, two, caregiver, other_caregiver, coordinator, monday):
    with pytest.raises(DomainError, match="on a Monday"):
        create_rotation(branch, name="x", weeks=2, starts_on=monday + dt.timedelta(days=1), by=coordinator)
    with pytest.raises(DomainError, match="1 to 8"):
        create_rotation(branch, name="x", weeks=9, starts_on=monday, by=coordinator)
    made = create_rotation(branch, name="x", weeks=2, starts_on=monday, by=coordinator)
    with pytest.raises(DomainError, match="another name"):
        create_rotation(branch, name="x", weeks=2, starts_on=monday, by=coordinator)
    with pytest.raises(DomainError, match="shifts and its caregivers"):
        draft_rotation(made, by=coordinator)
    with pytest.raises(DomainError, match="rows 1 to 2"):
        add_shift(made, row=3, schedule=two[0], by=coordinator)
    with pytest.raises(DomainError, match="no such place"):
        add_shift(made, row=1, slot=2, schedule=two[0], by=coordinator)
    add_shift(made, row=1, schedule=two[0], by=coordinator)
    for member in (caregiver, other_caregiver):
        add_turner(made, member=member, first_row=1, by=coordinator)
    with pytest.raises(DomainError, match="the same place"):
        draft_rotation(made, by=coordinator)


def test_made_and_applied_on_its_pages(as_user, branch, two, caregiver, other_caregiver, coordinator, monday):
    http = as_user(coordinator)
    data = {"branch": branch.pk, "name": "Early", "weeks": 2, "starts_on": str(monday)}
    page = http.post(reverse("scheduling:rotation-create"), data).url
    made = Rotation.objects.get()
    for row, (pattern, member) in enumerate(zip(two, (caregiver, other_caregiver), strict=True), start=1):
        shift = {"row": row, "schedule": pattern.pk, "slot": 1, "weekdays": [0, 1]}
        assert http.post(reverse("scheduling:rotation-add-shift", args=[made.pk]), shift).status_code == 302
        turner = {"member": member.pk, "first_row": row}
        assert http.post(reverse("scheduling:rotation-add-caregiver", args=[made.pk]), turner).status_code == 302
    assert caregiver.full_name in http.get(page).content.decode()
    roster_url = http.post(reverse("scheduling:rotation-draft", args=[made.pk])).url
    assert "Apply" in http.get(roster_url).content.decode()
    http.post(reverse("scheduling:roster-apply", args=[Roster.objects.get().pk]), {"override_reason": ""})
    assert who(two[0]) == [caregiver, other_caregiver] * 2
    assert "Undo" in http.get(page).content.decode()


def test_made_whole_and_drafted_through_the_api(as_user, branch, two, caregiver, coordinator, monday):
    data = {
        "branch": branch.pk,
        "name": "Early",
        "weeks": 2,
        "starts_on": str(monday),
        "ends_on": None,
        "shifts": [{"row": 1, "schedule": two[0].pk}],
        "turners": [{"member": caregiver.pk, "first_row": 1}],
    }
    http = as_user(coordinator)

    def post(url, body, **more):
        return http.post(url, json.dumps(body), content_type="application/json", **more)

    made = post("/api/v1/rotations/", data, HTTP_IDEMPOTENCY_KEY="a")
    assert made.status_code == 201
    assert post("/api/v1/rotations/", data, HTTP_IDEMPOTENCY_KEY="a").json() == made.json()
    draft = post(f"/api/v1/rotations/{made.json()['id']}/draft/", {})
    assert (draft.status_code, draft.json()["origin"]) == (201, "turns")
    bad = post("/api/v1/rotations/", data | {"name": "Late", "shifts": [{"row": 5, "schedule": two[0].pk}]})
    assert (bad.status_code, list(bad.json()["errors"])) == (422, ["row"])
    assert Rotation.objects.count() == 1


def test_list_and_draft_need_the_same_queries_for_1_and_30_rows(
    as_user, branch, coordinator, rotation, monday, django_assert_max_num_queries
):
    for number in range(30):
        made = create_rotation(branch, name=f"R{number}", weeks=2, starts_on=monday, by=coordinator)
        add_turner(made, member=MemberFactory(branch=branch), first_row=1, by=coordinator)
    http = as_user(coordinator)
    http.get("/api/v1/me/")
    for url in (reverse("scheduling:rotation-list"), "/api/v1/rotations/"):
        with django_assert_max_num_queries(20):
            assert http.get(url).status_code == 200
    with django_assert_max_num_queries(50):
        draft_rotation(rotation, by=coordinator)
    assert RosterLine.objects.count() > 30


def edited(pattern, lines, by, **fields):
    held = Pattern.of(pattern, ())
    return edit_schedule(
        pattern, replace(held, assignments=lines, **fields), scope=Scope.ALL, by=by, override_reason="-"
    )


def lines_of(pattern):
    """As the pattern's form sends them: nothing says that a rotation wrote them."""
    return [replace(line, rotation_id=None) for line in patterns_of([pattern])[pattern.pk].assignments]


def test_editing_a_pattern_keeps_its_lines_in_the_rotation(rotation, two, coordinator):
    applied(rotation, coordinator)
    edit = edited(two[0], tuple(reversed(lines_of(two[0]))), coordinator, start_time=dt.time(10))
    tagged = AssignmentRule.objects.filter(schedule=edit.schedule, rotation=rotation)
    assert (tagged.count(), edit.out_of) == (2, frozenset())
    applied(rotation, coordinator)
    assert AssignmentRule.objects.filter(rotation=rotation).count() == 4, "applied again it finds them"


def test_changing_a_line_of_a_rotation_asks_once(rotation, two, coordinator, as_user):
    applied(rotation, coordinator)
    http = as_user(coordinator)
    url = reverse("scheduling:schedule-update", args=[two[0].pk])
    form = http.get(url).context
    data = {name: form["form"][name].value() or "" for name in form["form"].fields} | {"scope": "all", "interval": 1}
    filled = [line for line in form["lines"] if line["member"].value()]
    rows = [{name: line[name].value() or [] for name in line.fields} for line in filled]
    rows[1]["every_weeks"] = 4
    data |= {f"team-{at}-{name}": value for at, row in enumerate(rows) for name, value in row.items()}
    data |= {"team-TOTAL_FORMS": len(rows), "team-INITIAL_FORMS": 0, "override_reason": "Agreed", "expected": ""}
    data.pop("leaves_rotation")
    assert "“Early”" in http.post(url + "?preview", data, HTTP_HX_REQUEST="true").content.decode()
    refused = http.post(url, data)
    assert "“Early”" in refused.context["form"].errors["leaves_rotation"][0]
    assert 'name="leaves_rotation"' in refused.content.decode()
    assert AssignmentRule.objects.filter(schedule=two[0], rotation=rotation).count() == 2
    assert http.post(url, data | {"leaves_rotation": "on"}).status_code == 302
    assert AssignmentRule.objects.filter(schedule=two[0], rotation=rotation).count() == 1


def test_changed_whole_through_the_api(rotation, two, as_user, branch, caregiver, other_caregiver, coordinator, monday):
    http = as_user(coordinator)
    url = reverse("api:rotation-detail", args=[rotation.pk])

    def patch(body, **more):
        return http.patch(url, json.dumps(body), content_type="application/json", **more)

    kept = rotation.shifts.get(schedule=two[0])
    shifts = [{"row": 1, "schedule": two[0].pk}, {"row": 3, "schedule": two[1].pk, "weekdays": [1]}]
    answer = patch({"name": "Late", "weeks": 3, "shifts": shifts}, HTTP_IDEMPOTENCY_KEY="p")
    assert (answer.status_code, answer.json()["name"], answer.json()["weeks"]) == (200, "Late", 3)
    assert list(rotation.shifts.values_list("row", "schedule", "weekdays")) == [
        (1, two[0].pk, []),
        (3, two[1].pk, [1]),
    ]
    assert rotation.shifts.get(row=1).pk == kept.pk, "what stays is the same row"
    assert {row["member"] for row in answer.json()["turners"]} == {caregiver.pk, other_caregiver.pk}
    for body, field in (
        ({"weeks": 2}, "weeks"),
        ({"starts_on": str(monday + dt.timedelta(days=1))}, "starts_on"),
        ({"shifts": [{"row": 9, "schedule": two[0].pk}]}, "row"),
    ):
        refused = patch(body)
        assert (refused.status_code, list(refused.json()["errors"])) == (422, [field])
    assert rotation.shifts.count() == 2, "a refusal changes nothing"


def test_frame_is_changed_on_its_page(rotation, as_user, coordinator, monday):
    url = reverse("scheduling:rotation-update", args=[rotation.pk])
    http = as_user(coordinator)
    assert http.get(url).context["form"]["weeks"].value() == 2
    http.post(url, {"name": "Late", "weeks": 4, "starts_on": str(monday), "ends_on": ""})
    rotation.refresh_from_db()
    assert (rotation.name, rotation.weeks, rotation.shifts.count()) == ("Late", 4, 2)
