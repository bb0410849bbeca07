"""Taking moves back, and not over what is newer."""

from __future__ import annotations

from django.urls import reverse

from scheduling.models import Visit
from scheduling.services.visit import assign_visit
from tests.scheduling.board.world import (
    DAY,
    HTMX,
    NINE,
    ON_DAY,
    ON_WEEK,
    place,
    visit_at,
)


def undo(http, key=""):
    return http.post(reverse("scheduling:board-undo") + ON_WEEK, {"move": key}, **HTMX)


def test_moves_are_taken_back_one_after_the_other(http, caregiver, other_caregiver, lopez):
    visit = visit_at(lopez, caregiver=caregiver)
    place(http, visit, day="2026-12-08")
    visit.refresh_from_db()
    answer = place(http, visit, day="2026-12-09", caregiver=other_caregiver.pk)
    assert '"event": "board:undo"' in answer["HX-Trigger"]
    for starts_at, holder in ((NINE + DAY, caregiver), (NINE, caregiver)):
        assert undo(http).status_code == 200
        visit.refresh_from_db()
        assert (visit.starts_at, visit.caregiver) == (starts_at, holder)
    assert undo(http).status_code == 409


def test_undo_does_not_overwrite_what_is_newer(http, manager, caregiver, other_caregiver, lopez):
    visit = visit_at(lopez, caregiver=caregiver)
    place(http, visit, day="2026-12-08")
    assign_visit(visit, other_caregiver, by=manager)
    assert undo(http).status_code == 409
    visit.refresh_from_db()
    assert (visit.starts_at, visit.caregiver) == (NINE + DAY, other_caregiver)


def test_undo_of_a_double_up_takes_both_back(http, pair):
    url = reverse("scheduling:visit-place", args=[pair[0].pk]) + ON_DAY
    sent = {"day": "2026-12-07", "minute": 600, "length": 60, "caregiver": pair[0].caregiver_id, "version": 1}
    http.post(url, sent | {"together": "on"}, **HTMX)
    assert undo(http).status_code == 200
    assert {row.starts_at for row in Visit.objects.all()} == {NINE}
