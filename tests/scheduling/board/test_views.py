"""What a board gives away (file, sheets), and the map of a day."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys

import pytest
import time_machine
from django.conf import settings as project
from django.db import connection
from django.test.utils import CaptureQueriesContext

from homecare.audit.models import Event
from scheduling.board_map import HEIGHT, MARGIN, WIDTH, frame_of, letter_of, world_pixels
from tests.factories import AddressFactory, ClientFactory, VisitFactory

NINE = dt.datetime(2026, 12, 7, 14, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
MAP = "/schedule/?view=map&day=2026-12-07"


@pytest.fixture
def http(as_user, coordinator):
    return as_user(coordinator)


@pytest.fixture
def day(branch, caregiver):
    """Maria's two visits and an unfilled one on Monday; one of hers on Tuesday."""
    rows = {}
    for name, start, who, latitude in (
        ("Lopez", NINE, caregiver, 42.36),
        ("=Osei", NINE + 2 * HOUR, caregiver, 42.40),
        ("Chen", NINE + HOUR, None, 42.38),
        ("Doyle", NINE + 26 * HOUR, caregiver, 42.38),
    ):
        client = ClientFactory(branch=branch, last_name=name)
        AddressFactory(client=client, latitude=latitude)
        rows[name] = VisitFactory(client=client, starts_at=start, ends_at=start + HOUR, caregiver=who)
    return rows


def lines_of(answer):
    return b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()


def test_file_holds_the_visits_shown_and_is_recorded(http, day, caregiver, coordinator):
    lines = lines_of(http.get("/schedule/?week=2026-12-07&export=csv"))
    name = caregiver.full_name
    assert lines == [
        "Row,Day,Start,End,Minutes,Client,Caregiver,Service,State",
        "Unfilled,2026-12-07,10:00,11:00,60,Rosa Chen,,Personal care,Unfilled",
        f"{name},2026-12-07,09:00,10:00,60,Rosa Lopez,{name},Personal care,Planned",
        f"{name},2026-12-07,11:00,12:00,60,Rosa =Osei,{name},Personal care,Planned",
        f"{name},2026-12-08,11:00,12:00,60,Rosa Doyle,{name},Personal care,Planned",
    ]
    event = Event.objects.get(kind=Event.Kind.EXPORT)
    assert (event.action, event.user, event.changes) == ("visit.exported", coordinator, {"rows": 4})


def test_file_of_the_day_and_of_a_filter_hold_no_more_than_is_shown(http, day):
    assert len(lines_of(http.get("/schedule/?view=day&day=2026-12-07&export=csv"))) == 4
    assert len(lines_of(http.get("/schedule/?week=2026-12-07&q=nobody&export=csv"))) == 2


def test_each_row_with_visits_has_a_sheet_with_branch_and_week(http, day, branch, caregiver):
    html = http.get("/schedule/?view=sheets&week=2026-12-07").content.decode()
    assert html.count('class="sheet"') == 2
    assert caregiver.full_name in html
    assert "Mon 7 Dec – Sun 13 Dec 2026" in html
    assert "Rosa Doyle" in html
    of_day = http.get("/schedule/?view=sheets&day=2026-12-07").content.decode()
    assert "Rosa Doyle" not in of_day
    assert "Mon 7 Dec 2026" in of_day


def test_map_draws_each_day_in_order_and_the_same_in_words(http, day, caregiver):
    html = http.get(MAP).content.decode()
    assert re.search(r'<polyline points="\d+,\d+ \d+,\d+" class="route', html)
    assert f'aria-label="A1: Lopez R., 09:00–10:00, {caregiver.full_name}"' in html
    assert 'aria-label="?1: Chen ' in html
    assert f'<a href="#route-{caregiver.pk}">' in html
    assert '<td>A2</td><td class="text-nowrap">11:00–12:00</td>' in html
    assert "The way takes" in html
    assert "<image" not in html
    assert "Doyle" not in html


def test_map_draws_visits_at_one_place_apart_and_says_what_is_a_dot(http, branch, caregiver, other_caregiver):
    for who in (caregiver, other_caregiver):
        for hour in range(24):
            client = ClientFactory(branch=branch)
            AddressFactory(client=client, latitude=42.36)
            start = NINE + dt.timedelta(minutes=20 * hour)
            VisitFactory(client=client, starts_at=start, ends_at=start + dt.timedelta(minutes=15), caregiver=who)
    html = http.get(MAP).content.decode()
    drawn = re.findall(r'class="stop" transform="translate\(([\d ]+)\)">.*?</title><(rect|circle)', html)
    assert len(drawn) == 48
    marks = [place for place, shape in drawn if shape == "rect"]
    assert len(set(marks)) == len(marks)
    dots = len(drawn) - len(marks)
    assert f"{dots} visits are dots" in html


@pytest.mark.parametrize(("number", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ")])
def test_caregivers_have_letters(number, letter):
    assert letter_of(number) == letter


def test_map_without_coordinates_says_so(http, branch, caregiver):
    VisitFactory(client=ClientFactory(branch=branch), starts_at=NINE, caregiver=caregiver)
    html = http.get(MAP).content.decode()
    assert "No visit of this day has an address with coordinates." in html
    assert "(no place known)" in html


def test_map_holds_every_place_within_its_margins():
    places = [(42.3, -71.2), (42.5, -71.0), (42.41, -71.05)]
    frame = frame_of(places)
    points = [frame.point(place) for place in places]
    assert all(MARGIN <= x <= WIDTH - MARGIN and MARGIN <= y <= HEIGHT - MARGIN for x, y in points)
    assert points[1].y < points[2].y < points[0].y  # north is up
    assert frame_of([(42.3, -71.2)]).zoom == 16


def test_world_pixels_are_web_mercator():
    assert world_pixels((0, 0), 0) == (128, 128)
    x, y = world_pixels((51.5, -0.12), 10)
    assert (int(x) // 256, int(y) // 256) == (511, 340)  # the tile of London, as tile servers number them


def test_tiles_lie_under_the_map_when_the_operator_names_a_server(http, day, settings):
    settings.MAP_TILES_URL = "https://tiles.example.org/{z}/{x}/{y}.png"
    settings.MAP_TILES_CREDIT = "© Somebody"
    html = http.get(MAP).content.decode()
    assert re.search(r'<image href="https://tiles\.example\.org/\d+/\d+/\d+\.png" x="-?\d+"', html)
    assert "© Somebody" in html


@pytest.mark.parametrize(
    ("url", "host"), [("", ""), ("https://tiles.example.org/{z}/{x}/{y}.png", "tiles.example.org")]
)
def test_only_the_named_server_is_in_the_policy(url, host):
    program = "from django.conf import settings; print(*settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['img-src'])"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "homecare.settings", "MAP_TILES_URL": url}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["'self'", "data:", "blob:", *([f"https://{host}"] if host else [])]


@pytest.mark.parametrize("query", ["view=map&day=2026-12-07", "view=sheets&week=2026-12-07"])
def test_view_needs_the_same_queries_for_1_and_30_rows(http, branch, caregiver, query):
    counts = []
    http.get(f"/schedule/?{query}")
    for rows in (1, 29):
        for number in range(rows):
            client = ClientFactory(branch=branch)
            AddressFactory(client=client)
            VisitFactory(client=client, starts_at=NINE + number * HOUR / 60)
        with CaptureQueriesContext(connection) as seen:
            assert http.get(f"/schedule/?{query}").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 15


@pytest.mark.parametrize(
    ("query", "field", "shown"),
    [
        ("", "week", "2026-12-07"),
        ("?week=2026-12-16", "week", "2026-12-14"),
        ("?view=day", "day", "2026-12-09"),
        ("?view=map&day=2026-12-11", "day", "2026-12-11"),
        ("?week=soon&team=99", "week", "2026-12-07"),
    ],
)
def test_the_date_that_is_shown_stands_in_the_filter(as_user, coordinator, query, field, shown):
    with time_machine.travel(dt.datetime(2026, 12, 9, 15, tzinfo=dt.UTC), tick=False):
        page = as_user(coordinator).get(f"/schedule/{query}").content.decode()
    assert f'name="{field}" value="{shown}"' in page
