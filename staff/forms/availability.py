"""The week editor: any number of lines per weekday, changed on the page without losing what was typed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from staff.models.availability import Weekday
from staff.services.availability import Line


@dataclass
class Row:
    """One line as typed; `index` is its place in the posted lists."""

    index: int
    weekday: int
    starts: str
    ends: str
    error: str = ""
    is_new: bool = False


class WeekForm(forms.Form):
    """`since` and parallel lists weekday/starts/ends. `act` (add:2, remove:5, copy) changes the lines only."""

    since = forms.DateField(
        label=gettext_lazy("From"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("Until the day before, the present hours stay."),
    )  # fmt: skip

    def __init__(self, data: QueryDict | None = None, *, lines: Iterable[Line] = (), **kwargs: Any):
        super().__init__(data, **kwargs)
        self.focus = ""
        if data is None:
            self.rows = [
                Row(index, day, f"{starts:%H:%M}", f"{ends:%H:%M}")
                for index, (day, starts, ends) in enumerate(sorted(lines))
            ]
        else:
            self.rows = _typed(data)

    def days(self) -> list[tuple[int, str, list[Row]]]:
        """(weekday, name, lines) for the page."""
        return [(day.value, str(day.label), [row for row in self.rows if row.weekday == day]) for day in Weekday]

    def change(self, act: str, data: QueryDict) -> None:
        """Adds an empty line to a day, removes a line, or copies one day's lines to others."""
        verb, _colon, number = act.partition(":")
        if verb == "add" and number.isdigit() and int(number) in Weekday.values:
            self.rows.append(Row(len(self.rows), int(number), "", "", is_new=True))
        elif verb == "remove" and number.isdigit():
            self.focus = next((str(row.weekday) for row in self.rows if row.index == int(number)), "")
            self.rows = [row for row in self.rows if row.index != int(number)]
        elif verb == "copy":
            self._copy(data.get("copy_from", ""), data.getlist("copy_to"))
            self.focus = "copy"
        self.rows = [
            Row(index, row.weekday, row.starts, row.ends, is_new=row.is_new) for index, row in enumerate(self.rows)
        ]

    def _copy(self, source: str, targets: list[str]) -> None:
        days = {int(day) for day in targets if day.isdigit() and int(day) in Weekday.values}
        days -= {int(source)} if source.isdigit() else days
        kept = [row for row in self.rows if row.weekday not in days]
        model = [row for row in self.rows if str(row.weekday) == source]
        self.rows = kept + [Row(0, day, row.starts, row.ends) for day in sorted(days) for row in model]

    def clean(self) -> dict[str, Any]:
        """Every line is two clock times; empty lines do not count."""
        data = super().clean() or {}
        lines: list[Line] = []
        for row in self.rows:
            if not row.starts and not row.ends:
                continue
            try:
                lines.append((row.weekday, _time(row.starts), _time(row.ends)))
            except ValueError:
                row.error = _("%(day)s: enter both times, for example 08:00 and 16:00.") % {
                    "day": Weekday(row.weekday).label
                }
                self.add_error(None, row.error)
        data["lines"] = lines
        return data


def _time(text: str) -> dt.time:
    return dt.datetime.strptime(text, "%H:%M").time()


def _typed(data: QueryDict) -> list[Row]:
    columns = zip(data.getlist("weekday"), data.getlist("starts"), data.getlist("ends"), strict=False)
    return [
        Row(index, int(day), starts.strip(), ends.strip())
        for index, (day, starts, ends) in enumerate(columns)
        if day.isdigit() and int(day) in Weekday.values
    ]
