"""What the rules say while a visit is carried."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from homecare.clock import local_date, now
from scheduling.models import Visit
from tests.factories import (
    ClientFactory,
    MemberFactory,
)
from tests.scheduling.board.world import (
    DAY,
    HOUR,
    HTMX,
    NINE,
    ON_DAY,
    ON_WEEK,
    ZONE,
    visit_at,
)


def verdicts_of(http, visit, rows, on=ON_WEEK, **more):
    query = "".join(f"&{name}={value}" for name, value in more.items())
    url = reverse("scheduling:visit-verdicts", args=[visit.pk])
    return http.get(f"{url}{on}&rows={','.join(map(str, rows))}{query}").json()["verdicts"]


def test_verdicts_name_what_is_allowed_warned_and_blocked(http, branch, caregiver, other_caregiver, lopez):
    visit = visit_at(lopez, caregiver=caregiver)
    visit_at(ClientFactory(branch=branch, last_name="Mensah"), caregiver=other_caregiver)
    unavailable = MemberFactory(branch=branch)
    found = verdicts_of(http, visit, [0, caregiver.pk, other_caregiver.pk, unavailable.pk])
    assert len(found) == 28
    assert found[f"c-{caregiver.pk}-2026-12-07"] == ["allowed", ""]
    assert found["c-0-2026-12-08"][0] == "allowed"
    state, why = found[f"c-{other_caregiver.pk}-2026-12-07"]
    assert (state, "already with Mensah R." in why) == ("blocked", True)
    assert found[f"c-{other_caregiver.pk}-2026-12-08"][0] == "allowed"
    state, why = found[f"c-{unavailable.pk}-2026-12-07"]
    assert (state, "outside the hours" in why) == ("warned", True)


def test_verdicts_of_the_day_follow_the_time_asked_for(http, branch, caregiver, other_caregiver, lopez):
    visit = visit_at(lopez, caregiver=caregiver)
    visit_at(ClientFactory(branch=branch), caregiver=other_caregiver)
    key = f"c-{other_caregiver.pk}-2026-12-07"
    assert verdicts_of(http, visit, [other_caregiver.pk], ON_DAY)[key][0] == "blocked"
    assert verdicts_of(http, visit, [other_caregiver.pk], ON_DAY, minute=600, length=60)[key][0] == "allowed"


def test_unfilled_row_does_not_make_a_double_up_of_one_visit(http, caregiver, lopez):
    soon = (now() + HOUR).replace(second=0, microsecond=0)
    visit, day = visit_at(lopez, soon), local_date(soon, ZONE)
    found = verdicts_of(http, visit, [0, caregiver.pk], f"?board=day-{day}-0-24&by=caregiver")
    assert {tuple(verdict) for verdict in found.values()} == {("allowed", "")}


def test_verdicts_leave_out_people_of_other_branches(http, other_branch, lopez):
    assert verdicts_of(http, visit_at(lopez), [MemberFactory(branch=other_branch).pk]) == {}


def test_verdicts_need_the_same_queries_for_1_and_30_rows(http, branch, lopez):
    visit, rows, counts = visit_at(lopez), [], []
    verdicts_of(http, visit, [0])
    for more in (1, 29):
        rows += [MemberFactory(branch=branch, always_available=True).pk for _number in range(more)]
        with CaptureQueriesContext(connection) as seen:
            verdicts_of(http, visit, rows)
        counts.append(len(seen))
    assert counts[0] == counts[1]


# --- Of a double-up the partners move too


def mensah_of(caregiver, starts_at):
    """Another client whom this caregiver visits then."""
    return visit_at(ClientFactory(branch=caregiver.branch, last_name="Mensah"), starts_at, caregiver=caregiver)


def test_partner_who_is_busy_blocks_the_new_time_and_is_named(http, pair):
    first, second = pair
    mensah_of(second.caregiver, NINE + DAY)
    found = verdicts_of(http, first, [first.caregiver_id])
    assert found[f"c-{first.caregiver_id}-2026-12-07"] == ["allowed", ""]
    state, why = found[f"c-{first.caregiver_id}-2026-12-08"]
    assert (state, why.startswith(f"{second.caregiver.full_name} is already with Mensah")) == ("blocked", True)
    assert found[f"c-{first.caregiver_id}-2026-12-09"] == ["allowed", ""]


def test_verdict_over_a_place_is_what_the_drop_is_answered(http, pair):
    first, second = pair
    mensah_of(second.caregiver, NINE + HOUR)
    key = f"c-{first.caregiver_id}-2026-12-07"
    assert verdicts_of(http, first, [first.caregiver_id], ON_DAY, minute=600, length=60)[key][0] == "blocked"
    url = reverse("scheduling:visit-place", args=[first.pk]) + ON_DAY
    sent = {"day": "2026-12-07", "minute": 600, "length": 60, "caregiver": first.caregiver_id, "version": 1}
    refused = http.post(url, sent | {"together": "on"}, **HTMX)
    assert (refused.status_code, "is already with Mensah" in refused.content.decode()) == (422, True)
    assert {row.starts_at for row in Visit.objects.filter(schedule=first.schedule)} == {NINE}


def test_longer_visit_asks_for_the_partner_too(http, pair):
    first, second = pair
    mensah_of(second.caregiver, NINE + HOUR)
    key = f"c-{first.caregiver_id}-2026-12-07"
    assert verdicts_of(http, first, [first.caregiver_id], ON_DAY, minute=540, length=60)[key] == ["allowed", ""]
    assert verdicts_of(http, first, [first.caregiver_id], ON_DAY, minute=540, length=75)[key][0] == "blocked"


def test_partner_outside_their_hours_warns(http, branch, pair):
    first, second = pair
    second.caregiver = MemberFactory(branch=branch, first_name="Ines", last_name="Cruz")
    second.save(update_fields=["caregiver"])
    state, why = verdicts_of(http, first, [first.caregiver_id])[f"c-{first.caregiver_id}-2026-12-08"]
    assert (state, "Ines Cruz" in why) == ("warned", True)


def test_partner_cannot_take_both_places_at_another_time(http, pair):
    first, second = pair
    found = verdicts_of(http, first, [second.caregiver_id])
    name = second.caregiver.full_name
    assert found[f"c-{second.caregiver_id}-2026-12-08"] == ["blocked", f"{name} comes at the same time already."]
    state, why = found[f"c-{second.caregiver_id}-2026-12-07"]
    assert (state, why.startswith(f"{name} is already with")) == ("blocked", True)


def test_partner_who_has_begun_stays_and_is_not_asked(http, pair):
    first, second = pair
    mensah_of(second.caregiver, NINE + DAY)
    Visit.objects.filter(pk=second.pk).update(status=Visit.Status.IN_PROGRESS)
    assert verdicts_of(http, first, [first.caregiver_id])[f"c-{first.caregiver_id}-2026-12-08"] == ["allowed", ""]


def test_verdicts_of_a_double_up_need_the_same_queries_for_1_and_30_rows(http, branch, pair):
    first, rows, counts = pair[0], [], []
    verdicts_of(http, first, [0])
    for more in (1, 29):
        rows += [MemberFactory(branch=branch, always_available=True).pk for _number in range(more)]
        with CaptureQueriesContext(connection) as seen:
            verdicts_of(http, first, rows)
        counts.append(len(seen))
    assert counts[0] == counts[1]
