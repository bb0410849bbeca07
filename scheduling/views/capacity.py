"""Capacity: hours wanted against hours needed, as a table of the week; behind each hour its rows."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.dates import WEEKDAYS
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.accounts.branch_choice import current_branch
from homecare.accounts.models import Branch
from homecare.audit.models import Event
from homecare.audit.services.event import record
from homecare.clock import monday_of, today
from homecare.csv_export import csv_response
from homecare.views import Page
from scheduling.capacity import HOURS, Cell, Week, role_of

LEVELS = {
    "over": gettext_lazy("over"),
    "quiet": gettext_lazy("nothing needed"),
    "enough": gettext_lazy("enough"),
    "tight": gettext_lazy("tight"),
    "short": gettext_lazy("short"),
}
# The parts of a day: [from, until) in hours.
PARTS = ((0, 6), (6, 9), (9, 12), (12, 15), (15, 18), (18, 21), (21, 24))
YEARS = dt.timedelta(days=3 * 366)


class CapacityPage(Page):
    """What the pages of capacity share: the week of the address."""

    permission = "scheduling.view_visit"

    @cached_property
    def branch(self) -> Branch:
        chosen = current_branch(self.request)
        mine = Branch.objects.visible_to(self.request.user).filter(is_active=True)  # type: ignore[arg-type]
        branch = chosen or mine.order_by("pk").first()
        if branch is None:
            raise Http404
        return branch

    @cached_property
    def week(self) -> Week:
        asked, here = self.request.GET, today(self.branch.time_zone)
        try:
            day = dt.date.fromisoformat(asked.get("week", ""))
        except ValueError:
            day = here
        monday = monday_of(day if abs(day - here) < YEARS else here)
        return Week(self.request.user, self.branch, monday, asked.get("area", "")[:80], role_of(asked.get("role", "")))

    def query(self, **more: Any) -> str:
        week = self.week
        asked = {"week": week.monday.isoformat(), "area": week.area, "role": week.role.pk if week.role else ""}
        asked["by"] = self.request.GET.get("by", "")
        return urlencode({name: value for name, value in {**asked, **more}.items() if value})


class Capacity(CapacityPage):
    """The week by hour or part of the day, with sums by town and by role; `?export=csv` has every hour."""

    template_name = "scheduling/capacity.html"
    fragment_name = "scheduling/_capacity.html"

    def get_template_names(self) -> list[str]:
        htmx: Any = getattr(self.request, "htmx", None)
        return [self.fragment_name if htmx and not htmx.boosted else self.template_name]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.export() if request.GET.get("export") == "csv" else super().get(request, *args, **kwargs)

    def export(self) -> HttpResponse:
        rows = [
            (WEEKDAYS[cell.hour // 24], f"{cell.hour % 24:02}:00", cell.free, cell.unfilled, cell.waiting)
            for cell in self.week.cells
        ]
        record("capacity.exported", None, by=self.request.user, kind=Event.Kind.EXPORT, changes={"rows": len(rows)})  # type: ignore[arg-type]
        header = [_("Day"), _("From"), _("Caregivers free"), _("Unfilled visits"), _("Waiting")]
        return csv_response(f"capacity-{self.week.monday}.csv", header, rows)  # type: ignore[return-value]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        week = self.week
        towns, roles = week.choices
        spans = [(hour, hour + 1) for hour in range(24)] if self.request.GET.get("by") == "hour" else PARTS
        return super().get_context_data(
            week=week,
            sunday=week.monday + dt.timedelta(days=6),
            days=[week.monday + dt.timedelta(days=n) for n in range(7)],
            rows=[self.row(first, last) for first, last in spans],
            levels=LEVELS.items(),
            by_hour=self.request.GET.get("by") == "hour",
            towns=towns,
            roles=roles,
            previous=self.query(week=week.monday - dt.timedelta(days=7)),
            following=self.query(week=week.monday + dt.timedelta(days=7)),
            switch=self.query(by="" if self.request.GET.get("by") == "hour" else "hour"),
            csv=self.query(export="csv"),
            **kwargs,
        )

    def row(self, first: int, last: int) -> dict[str, Any]:
        """One line of the table: a span of hours on each day. Of several hours the worst one is shown."""
        cells = [self.worst(day, first, last) for day in range(7)]
        shown = [{"cell": cell, "words": LEVELS[cell.level], "query": self.query(hour=cell.hour)} for cell in cells]
        return {"label": f"{first:02}–{last:02}", "cells": shown}

    def worst(self, day: int, first: int, last: int) -> Cell:
        """The hour in which most are missing; without need the one with the fewest free."""
        cells = self.week.cells[day * 24 + first : day * 24 + last]
        return min(cells, key=lambda cell: (cell.is_over, cell.needed == 0, cell.free - cell.needed, cell.hour))


class CapacityHour(CapacityPage):
    """The rows behind one hour: what is open, who waits, who is free."""

    template_name = "scheduling/capacity_hour.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked, week = self.request.GET.get("hour", "9"), self.week
        hour = int(asked) if asked.isdecimal() and int(asked) < HOURS else -1
        if hour < 0:
            raise Http404
        return super().get_context_data(
            week=week,
            day=week.monday + dt.timedelta(days=hour // 24),
            clock=f"{hour % 24:02}:00–{hour % 24 + 1:02}:00",
            cell=week.cells[hour],
            words=LEVELS[week.cells[hour].level],
            visits=[one for one in week.unfilled if hour in one.hours],
            waiting=[one for one in week.waiting if hour in one.hours],
            free=[(row, week.left[row.pk]) for row in week.free_in(hour)],
            back=self.query(),
            **kwargs,
        )
