"""One client of a shared pattern pauses for some days; the others' visits go on."""

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from homecare.errors import DomainError
from scheduling.models import Sharer, TemporaryChange, Visit
from scheduling.pattern import Temporary
from scheduling.series import Scope
from scheduling.services.schedule import extend_schedules
from scheduling.services.schedule_edit import edit_schedule
from scheduling.services.sharing import align_all
from scheduling.services.temporary_change import (
    change_temporarily,
    preview_temporary_change,
    withdraw_temporary_change,
)
from scheduling.services.undo import undo_change
from scheduling.services.visit import move_visit
from scheduling.shared_facts import parts_of
from tests.factories import ClientFactory
from tests.scheduling.test_schedule import pattern_of
from tests.scheduling.test_shared_schedule import assert_in_step, of, shared_pattern
from tests.scheduling.test_shared_visit import MONDAY, NOW, again, held

pytestmark = pytest.mark.django_db
FIRST, LAST = MONDAY + dt.timedelta(days=7), MONDAY + dt.timedelta(days=20)


@pytest.fixture(autouse=True)
def frozen_now():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def series(home, caregiver, coordinator):
    return shared_pattern(home, caregiver, coordinator, others=2)


def days(client, first=FIRST, last=LAST) -> Temporary:
    return Temporary(first, last, is_paused=True, client_id=client.pk)


def pause(series, client, coordinator, *, first=FIRST, last=LAST) -> TemporaryChange:
    asked = days(client, first, last)
    expected = preview_temporary_change(series, asked).affected
    return change_temporarily(series, asked, reason="Hospital", by=coordinator, expected=expected)


def there(client) -> list[dt.date]:
    """The days of the pause on which somebody comes to this client."""
    return list(
        of(client, occurrence_on__range=(FIRST, LAST)).order_by("starts_at").values_list("occurrence_on", flat=True)
    )


def state() -> list[tuple]:
    names = ("pk", "client", "leader", "status", "caregiver", "starts_at", "time_total", "schedule", "occurrence_on")
    return list(Visit.objects.order_by("pk").values_list(*names))


def test_one_who_follows_pauses_and_comes_back(series, home, coordinator, caregiver):
    before, hours = state(), held(caregiver)
    kept = pause(series, home[1], coordinator)
    assert (len(there(home[0])), there(home[1]), len(there(home[2]))) == (4, [], 4)
    assert set(of(home[0], occurrence_on__range=(FIRST, LAST)).values_list("time_total", flat=True)) == {2}
    assert held(caregiver) == hours, "the caregiver comes as before"
    assert kept.sentence.startswith("Paused for Luis Diaz alone, ")
    assert align_all() == 0
    withdraw_temporary_change(kept, by=coordinator)
    assert state() == before
    undo_change(series.changes.order_by("-pk").first(), by=coordinator)
    assert there(home[1]) == []
    assert TemporaryChange.objects.get().client == home[1]


def test_leader_pauses_and_the_successor_leads(series, home, coordinator, caregiver):
    before, hours = state(), held(caregiver)
    edit = preview_temporary_change(series, days(home[0]))
    assert [(change.visit.client, change.goes_on.client) for change in edit.changes] == [(home[0], home[1])] * 4
    assert state() == before, "a preview saves nothing"
    pause(series, home[0], coordinator)
    assert there(home[0]) == []
    leads = of(home[1], occurrence_on__range=(FIRST, LAST))
    assert set(leads.values_list("leader", "caregiver", "time_total")) == {(None, caregiver.pk, 2)}
    assert of(home[2], leader__in=leads).count() == 4
    assert held(caregiver) == hours
    pause(series, home[1], coordinator)
    assert set(of(home[2], occurrence_on__range=(FIRST, LAST)).values_list("leader", "time_total")) == {(None, 1)}
    undo_change(series.changes.order_by("-pk").first(), by=coordinator)
    assert of(home[2], leader__in=leads).count() == 4
    withdraw_temporary_change(TemporaryChange.objects.get(), by=coordinator)
    assert state() == before


def test_undo_gives_the_lead_back(series, home, coordinator, caregiver):
    before = state()
    pause(series, home[0], coordinator)
    undone = undo_change(series.changes.order_by("-pk").first(), by=coordinator)
    assert (state(), undone.left, undone.left_open) == (before, [], [])
    assert not TemporaryChange.objects.exists()


def test_everybody_pauses_one_by_one_and_comes_back(series, home, coordinator, caregiver):
    before = state()
    kept = [pause(series, client, coordinator) for client in home[:3]]
    assert [there(client) for client in home[:3]] == [[], [], []]
    for change in kept:
        withdraw_temporary_change(change, by=coordinator)
    assert {(row[1], row[3]) for row in state()} == {(row[1], row[3]) for row in before}
    assert_in_step(home)


def test_undo_leaves_all_of_a_visit_that_changed_since(series, home, coordinator):
    pause(series, home[0], coordinator)
    moved = of(home[1], leader=None, occurrence_on__range=(FIRST, LAST)).order_by("starts_at")[0]
    later = moved.starts_at + dt.timedelta(hours=1)
    move_visit(moved, starts_at=later, ends_at=later + dt.timedelta(hours=2), by=coordinator)
    undone = undo_change(series.changes.order_by("-pk").first(), by=coordinator)
    assert {visit.client_id for visit, _why in undone.left} == {client.pk for client in home[:3]}
    assert (again(moved).starts_at, again(moved).status, again(moved).leader) == (later, "planned", None)
    assert len(there(home[0])) == 3


def test_pause_beyond_the_horizon_counts_when_the_visits_are_made(series, home, coordinator, frozen_now):
    first, last = NOW.date() + dt.timedelta(weeks=13), NOW.date() + dt.timedelta(weeks=14)
    kept = pause(series, home[0], coordinator, first=first, last=last)
    assert kept.left == {}
    frozen_now.move_to(NOW + dt.timedelta(weeks=4))
    extend_schedules(by=coordinator)
    assert align_all() >= 2
    assert not of(home[0], occurrence_on__range=(first, last)).exists()
    assert of(home[1], occurrence_on__range=(first, last), leader=None).exists()
    kept.refresh_from_db()
    withdraw_temporary_change(kept, by=coordinator)
    assert_in_step(home)


def test_an_edit_does_not_bring_who_pauses_back(series, home, coordinator):
    pause(series, home[1], coordinator)
    daily = pattern_of(series, rule="FREQ=WEEKLY;BYDAY=MO,TU,TH", start_time=dt.time(13))
    edit = edit_schedule(series, daily, scope=Scope.FOLLOWING, from_on=FIRST, by=coordinator)
    assert TemporaryChange.objects.get().schedule == edit.schedule
    assert (len(there(home[0])), there(home[1])) == (6, [])


def test_preview_says_how_the_others_share_the_time(series, home, coordinator):
    parts = parts_of(preview_temporary_change(series, days(home[0])))
    counts = {client: (len(row.before), len(row.after)) for (client, _service), row in parts.items()}
    assert counts == {home[0].pk: (4, 0), home[1].pk: (4, 4), home[2].pk: (4, 4)}
    after = {part.time_total for row in parts.values() for part in row.after}
    assert (after, {part.time_total for row in parts.values() for part in row.before}) == ({2}, {3})


def test_preview_costs_the_same_for_few_and_many_days(series, home, coordinator):
    counts = []
    for last in (FIRST + dt.timedelta(days=3), LAST + dt.timedelta(days=40)):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            preview_temporary_change(series, days(home[1], FIRST, last))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_pause_of_one_is_a_pause_of_somebody_who_shares(series, home, coordinator, branch):
    with pytest.raises(DomainError, match="does not share"):
        preview_temporary_change(series, days(ClientFactory(branch=branch)))
    other = Temporary(FIRST, LAST, start_time=dt.time(10), client_id=home[1].pk)
    with pytest.raises(DomainError, match="counts for everybody"):
        preview_temporary_change(series, other)


def test_page_pauses_one_client_with_its_preview_and_undo(series, home, coordinator, as_user):
    http = as_user(coordinator)
    assert f"?client={home[1].pk}" in http.get(series.get_absolute_url()).content.decode()
    url = reverse("scheduling:schedule-temporary-change", args=[series.pk])
    form = http.get(f"{url}?client={home[0].pk}").context["form"]
    assert str(form["client"].value()) == str(home[0].pk)
    data = {"what": "pause", "client": home[0].pk, "from_on": FIRST, "until_on": LAST, "reason": "Hospital"}
    preview = http.post(f"{url}?preview", data, headers={"HX-Request": "true"}).content.decode()
    assert preview.count("goes on with Luis Diaz") == 4
    refused = http.post(url, data | {"what": "other", "start_time": "10:00"})
    assert "counts for everybody" in refused.content.decode()
    saved = http.post(url, data | {"expected": 4}, follow=True)
    assert "Paused for Ana Diaz alone" in saved.content.decode()
    assert there(home[0]) == []
    http.post(reverse("scheduling:series-change-undo", args=[series.changes.order_by("-pk").first().pk]))
    assert len(there(home[0])) == 4


def test_one_client_is_paused_and_returns_through_the_api(series, home, coordinator, as_user):
    http = as_user(coordinator)
    asked = {
        "schedule": series.pk, "client": home[1].pk, "from_on": str(FIRST), "until_on": str(LAST),
        "is_paused": True, "reason": "Hospital",
    }  # fmt: skip
    preview = http.post("/api/v1/temporary-changes/preview/", asked, "application/json").json()
    leads = set(of(home[0], occurrence_on__range=(FIRST, LAST)).values_list("pk", flat=True))
    assert (preview["affected"], {row["goes_on"] for row in preview["changes"]}) == (4, leads)
    made = http.post("/api/v1/temporary-changes/", asked | {"expected": 4}, "application/json")
    assert (made.status_code, made.json()["client"], there(home[1])) == (201, home[1].pk, [])
    back = http.post(f"/api/v1/temporary-changes/{made.json()['id']}/take-back/", {}, "application/json")
    assert (back.json()["affected"], len(there(home[1]))) == (4, 4)
    Sharer.objects.filter(client=home[1]).delete()
    again_asked = http.post("/api/v1/temporary-changes/", asked, "application/json")
    assert (again_asked.status_code, "does not share" in again_asked.content.decode()) == (422, True)
