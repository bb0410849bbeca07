"""What the board's tests share: Monday 7 December 2026 in Boston, a visit there, and a drop."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse

from scheduling.board_day import DayBoard
from scheduling.travel import Times
from tests.factories import VisitFactory

ZONE = "America/New_York"
MONDAY = dt.date(2026, 12, 7)
NINE = dt.datetime(2026, 12, 7, 14, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
ON_WEEK = "?board=2026-12-07&by=caregiver"
ON_DAY = "?board=day-2026-12-07-7-20&by=caregiver"
HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "dialog"}


def visit_at(client, starts_at=NINE, minutes=60, **fields):
    return VisitFactory(client=client, starts_at=starts_at, ends_at=starts_at + dt.timedelta(minutes=minutes), **fields)


def place(http, visit, on=ON_WEEK, **data):
    url = reverse("scheduling:visit-place", args=[visit.pk]) + on
    values = {"drag": 1, "day": "2026-12-07", "caregiver": visit.caregiver_id or "", "version": visit.version}
    return http.post(url, values | data, **HTMX)


def day_board(user, day=MONDAY, rows=None, by="caregiver"):
    return DayBoard(user, day, by, None, ZONE, rows, travel=Times(30))
