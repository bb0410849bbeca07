"""What others changed on an open board."""

from __future__ import annotations

import datetime as dt
import time
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.urls import reverse

from homecare.accounts.models import Agency
from homecare.clock import local_date, monday_of, now
from scheduling.board_changes import Cursor
from scheduling.services.clock import clock_in
from scheduling.services.visit import assign_visit, move_visit
from tests.factories import (
    MemberFactory,
)
from tests.scheduling.board.world import (
    HOUR,
    NINE,
    ON_WEEK,
    ZONE,
    visit_at,
)


def changes(http, since, rows, on=ON_WEEK):
    return http.get(f"{reverse('scheduling:board-changes')}{on}&since={since}&rows={','.join(map(str, rows))}")


def wait_for_running_transactions():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        ahead = cursor.fetchone()[0]
    ends = time.monotonic() + 20
    while Cursor.now().transaction < ahead and time.monotonic() < ends:
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
def test_open_board_is_told_what_others_changed_and_nothing_else(http, manager, caregiver, other_caregiver, lopez):
    visit = visit_at(lopez, caregiver=caregiver)
    since = Cursor.now()
    quiet = changes(http, since, [0, caregiver.pk, other_caregiver.pk])
    assert (quiet.status_code, quiet.content) == (204, b"")
    assign_visit(visit, other_caregiver, by=manager)
    told = changes(http, quiet["X-Board-Cursor"], [0, caregiver.pk, other_caregiver.pk])
    assert told.status_code == 200
    html = told.content.decode()
    assert f'id="v-{visit.pk}"' in html[html.index(f'id="c-{other_caregiver.pk}-2026-12-07"') :]
    assert f'id="c-{caregiver.pk}-2026-12-07"' in html
    assert 'id="c-0-2026-12-07"' not in html
    assert f"{manager} gave Lopez R., Mon 7 Dec, 09:00\\u201310:00, to Ben" in told["HX-Trigger"]
    # Transactions of other databases of the server hold the cursor back too; what they delay is told twice.
    wait_for_running_transactions()
    assert changes(http, Cursor.now(), [caregiver.pk, other_caregiver.pk]).status_code == 204
    assert changes(http, quiet["X-Board-Cursor"], [MemberFactory(branch=caregiver.branch).pk]).status_code == 204


@pytest.mark.django_db(transaction=True)
def test_change_that_commits_after_the_board_was_read_is_not_lost(http, manager, caregiver, lopez):
    """It took its place in the trail before the board asked and became visible after."""
    Agency.current()
    visit = visit_at(lopez, caregiver=caregiver)
    written, go = Event(), Event()

    def slowly():
        with transaction.atomic():
            move_visit(visit, starts_at=NINE + HOUR, by=manager)
            written.set()
            go.wait(10)
        connection.close()

    worker = Thread(target=slowly)
    worker.start()
    written.wait(10)
    since = changes(http, Cursor.now(), [caregiver.pk])
    assert since.status_code == 204
    go.set()
    worker.join()
    assert changes(http, since["X-Board-Cursor"], [caregiver.pk]).status_code == 200


def test_visit_that_becomes_late_or_is_clocked_changes_its_row(http, caregiver, other_caregiver, lopez):
    late = visit_at(lopez, now() - dt.timedelta(minutes=Agency.current().grace_minutes + 1), caregiver=caregiver)
    begun = visit_at(lopez, now() + HOUR, caregiver=other_caregiver)
    on = f"?board={monday_of(local_date(now(), ZONE))}&by=caregiver"
    before = Cursor(2**40, now() - dt.timedelta(minutes=2))
    answer = changes(http, before, [caregiver.pk, other_caregiver.pk], on).content.decode()
    assert (f'id="v-{late.pk}"' in answer, f'id="v-{begun.pk}"' in answer) == (True, False)
    clock_in(begun, at=now(), by=other_caregiver.user, member=other_caregiver)
    answer = changes(http, before, [caregiver.pk, other_caregiver.pk], on).content.decode()
    assert f'id="v-{begun.pk}"' in answer


def test_own_changes_are_not_announced(http, coordinator, caregiver, lopez):
    since = Cursor.now()
    visit = visit_at(lopez, caregiver=caregiver)
    move_visit(visit, starts_at=NINE + HOUR, by=coordinator)
    assert '"said": []' in changes(http, since, [caregiver.pk])["HX-Trigger"]


def test_changes_of_another_branch_stay_there(as_user, other_coordinator, manager, caregiver, lopez):
    since = Cursor.now()
    move_visit(visit_at(lopez, caregiver=caregiver), starts_at=NINE + HOUR, by=manager)
    answer = changes(as_user(other_coordinator), since, [caregiver.pk])
    assert "Lopez" not in answer.content.decode() + answer["HX-Trigger"]
