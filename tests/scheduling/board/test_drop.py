"""Putting a visit down: another caregiver, time or length, refusals, double-ups."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse

from homecare.clock import at_local
from scheduling.models import Visit
from scheduling.services.visit import move_visit
from tests.factories import (
    MemberFactory,
)
from tests.scheduling.board.world import (
    HOUR,
    HTMX,
    MONDAY,
    NINE,
    ON_DAY,
    ZONE,
    place,
    visit_at,
)


def test_drop_on_the_day_board_changes_caregiver_start_and_length(http, caregiver, other_caregiver, lopez):
    visit = visit_at(lopez, caregiver=caregiver)
    answer = place(http, visit, ON_DAY, caregiver=other_caregiver.pk, minute=605, length=75)
    assert answer.status_code == 200
    visit.refresh_from_db()
    start = at_local(MONDAY, dt.time(10, 5), ZONE)
    assert (visit.caregiver, visit.starts_at, visit.ends_at) == (other_caregiver, start, start + 75 * HOUR / 60)
    assert f'id="c-{caregiver.pk}-2026-12-07" class="cell track' in answer.content.decode()


def test_drop_beside_the_hours_drawn_asks_for_a_new_board(http, caregiver, lopez):
    visit = visit_at(lopez, caregiver=caregiver)
    answer = place(http, visit, ON_DAY, minute=22 * 60, length=60)
    assert '"redraw": true' in answer["HX-Trigger"]


def test_drop_on_the_week_keeps_the_time_of_day_over_a_clock_change(http, lopez):
    visit = visit_at(lopez, at_local(dt.date(2027, 3, 13), dt.time(8), ZONE))
    place(http, visit, "?board=2027-03-08&by=caregiver", day="2027-03-14")
    visit.refresh_from_db()
    assert visit.starts_at == at_local(dt.date(2027, 3, 14), dt.time(8), ZONE)


def test_caregiver_of_another_branch_is_refused_with_a_sentence(http, other_branch, lopez):
    answer = place(http, visit_at(lopez), caregiver=MemberFactory(branch=other_branch).pk)
    assert answer.status_code == 422


def test_drop_that_warns_asks_for_a_reason_and_keeps_the_place(http, branch, lopez):
    visit, unavailable = visit_at(lopez), MemberFactory(branch=branch)
    answer = place(http, visit, ON_DAY, caregiver=unavailable.pk, minute=600, length=60)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "outside the hours" in html
    assert 'name="minute" value="600"' in html
    assert "10:00–11:00" in html
    answer = place(http, visit, ON_DAY, caregiver=unavailable.pk, minute=600, length=60, override_reason="Agreed")
    assert answer.status_code == 200
    assert visit.overrides.get().reason == "Agreed"


def test_second_of_two_coordinators_reads_who_changed_what_and_when(http, coordinator, manager, caregiver, lopez):
    visit = visit_at(lopez, caregiver=caregiver)
    move_visit(visit, starts_at=NINE + 2 * HOUR, by=manager)
    answer = place(http, visit, day="2026-12-08")
    assert answer.status_code == 409
    trigger = answer["HX-Trigger"].encode().decode("unicode_escape")
    assert f"{manager} moved Lopez R. to Mon 7 Dec, 11:00–12:00" in trigger
    assert "board:stale" in trigger
    visit.refresh_from_db()
    assert (visit.starts_at, visit.version) == (NINE + 2 * HOUR, 2)


def test_moving_a_double_up_in_time_asks_and_moves_both(http, pair):
    first, second = pair
    asked = place(http, first, minute=600, length=60)
    assert asked.status_code == 200
    html = asked.content.decode()
    assert "comes at the same time and moves along" in html
    assert second.caregiver.full_name in html
    first.refresh_from_db()
    assert first.starts_at == NINE
    url = reverse("scheduling:visit-place", args=[first.pk]) + ON_DAY
    sent = {"day": "2026-12-07", "minute": 600, "length": 60, "caregiver": first.caregiver_id, "version": 1}
    moved = http.post(url, sent | {"together": "on"}, **HTMX)
    assert moved.status_code == 200
    assert f"c-{second.caregiver_id}-" in moved.content.decode()
    assert {row.starts_at for row in Visit.objects.all()} == {NINE + HOUR}


def test_giving_one_of_a_double_up_to_another_caregiver_moves_only_that_one(http, branch, pair):
    first, second = pair
    third = MemberFactory(branch=branch, always_available=True)
    assert place(http, first, caregiver=third.pk).status_code == 200
    second.refresh_from_db()
    first.refresh_from_db()
    assert (first.caregiver, second.version) == (third, 1)
