"""How money, people, moments and statuses are written on every page."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from django.conf import settings
from django.template import Context, Template
from django.utils import timezone

from homecare.icons import UnknownIcon, shapes
from homecare.status_looks import DEFAULT, LOOKS
from homecare.templatetags import ui

NOVEMBER = dt.datetime(2026, 11, 23, 13, 0, tzinfo=dt.UTC)


def drawn(text: str, **context: object) -> str:
    return Template(text).render(Context(context))


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Decimal("1240.5"), "$1,240.50"),
        (Decimal("-12"), "−$12.00"),
        (Decimal("0.005"), "$0.01"),
        (0, "$0.00"),
        (None, "—"),
        ("", "—"),
        ("soon", "soon"),
    ],
)
def test_money_is_written_one_way(amount, written):
    assert ui.money(amount) == written


@pytest.mark.parametrize(
    ("value", "written"), [(0, "0 min"), (35, "35 min"), (60, "1 h"), (95, "1 h 35 min"), (-95, "−1 h 35 min")]
)
def test_minutes_are_hours_and_minutes(value, written):
    assert ui.minutes(value) == written


def test_duration_is_elapsed_time_across_the_clock_change():
    # 31 October 22:00 to 1 November 06:00 in New York: nine hours, since 01:00 comes twice.
    starts_at = dt.datetime(2026, 11, 1, 2, 0, tzinfo=dt.UTC)
    assert ui.duration(starts_at, dt.datetime(2026, 11, 1, 11, 0, tzinfo=dt.UTC)) == "9 h"


@pytest.mark.parametrize(
    ("starts_at", "length", "written"),
    [
        (NOVEMBER, dt.timedelta(minutes=90), "Mon 23 Nov, 08:00–09:30"),
        (NOVEMBER + dt.timedelta(hours=14), dt.timedelta(hours=8), "Mon 23 Nov, 22:00–06:00"),
        (NOVEMBER, dt.timedelta(days=2), "Mon 23 Nov, 08:00–Wed 25 Nov, 08:00"),
        (NOVEMBER - dt.timedelta(days=365), dt.timedelta(hours=1), "Sun 23 Nov 2025, 08:00–09:00"),
    ],
)
@time_machine.travel(NOVEMBER)
def test_daytime_is_the_branch_wall_clock(starts_at, length, written):
    with timezone.override("America/New_York"):
        assert ui.daytime_filter(starts_at, starts_at + length) == written


@time_machine.travel(NOVEMBER)
def test_daytime_names_the_zone_only_where_it_differs():
    text = "{% daytime at until zone=zone %}"
    until = NOVEMBER + dt.timedelta(hours=1)
    with timezone.override("America/New_York"):
        assert drawn(text, at=NOVEMBER, until=until, zone="America/New_York") == "Mon 23 Nov, 08:00–09:00"
        assert drawn(text, at=NOVEMBER, until=until, zone="America/Denver") == "Mon 23 Nov, 06:00–07:00 MST"


def test_person_is_the_full_name_and_then_the_preferred_one():
    maria = SimpleNamespace(full_name="Maria Lopez", preferred_name="Mia", first_name="Maria")
    assert (ui.person(maria), ui.person(maria, "short"), ui.person(None)) == ("Maria Lopez", "Mia", "—")
    assert ui.initials("Maria del Carmen Lopez") == "ML"


def test_breadcrumbs_escape_names_and_mark_this_page():
    text = drawn('{% breadcrumbs "Clients" "/clients/" name %}', name="<Maria>")
    assert '<a href="/clients/">Clients</a>' in text
    assert '<li class="breadcrumb-item active" aria-current="page">&lt;Maria&gt;</li>' in text


def test_status_shows_icon_and_word_of_a_row():
    row = SimpleNamespace(status="missed", get_status_display=lambda: "Missed")
    text = drawn("{% status row %}", row=row)
    assert "tone-danger" in text
    assert "<svg" in text
    assert "<span>Missed</span>" in text


def test_unknown_status_is_neutral_and_keeps_its_word():
    text = drawn('{% status "Somewhere" "somewhere_else" %}')
    assert "tone-neutral" in text
    assert "Somewhere" in text


@pytest.mark.parametrize("name", ["no-such-icon", "../outline/users", "users.svg", ""])
def test_icon_outside_the_set_is_refused(name):
    with pytest.raises(UnknownIcon):
        shapes(name)


def test_every_icon_that_is_named_exists():
    names = {look.icon for look in [*LOOKS.values(), DEFAULT]}
    for template in (Path(settings.BASE_DIR) / "templates").rglob("*.html"):
        text = template.read_text()
        names |= set(re.findall(r'{% icon "([^"]+)"', text)) | set(re.findall(r'icon="([^"]+)"', text))
    assert len(names) > 40
    assert [name for name in sorted(names) if not shapes(name)] == []


def test_import_map_names_every_module():
    text = drawn("{% import_map %}")
    assert '"homecare/app": "/static/js/app.js"' in text
    assert '"signature_pad": "/static/vendor/signature_pad.min.js"' in text
