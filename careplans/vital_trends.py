"""Readings of a client sorted into trends: one per sign, both pressures in one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from careplans.models import VitalReading, VitalThreshold
from careplans.models.vital import VitalKind
from careplans.vital_chart import Chart, chart
from careplans.vitals import SIGNS, Limits, limits_of

CHART_READINGS = 60
ONE_MOMENT = dt.timedelta(minutes=15)
"""Both pressures measured within this time are one reading."""

PRESSURE = ("systolic", "diastolic")


@dataclass(frozen=True)
class Trend:
    """One figure: readings newest first, the latest of each line, and the drawing when there are at least two."""

    kind: str
    label: str | Promise
    readings: list[VitalReading]
    latest: list[VitalReading]
    drawing: Chart | None
    range_words: str

    @property
    def value_words(self) -> str:
        """172/96 mmHg, 36.6 °C (97.9 °F)."""
        if self.kind != "pressure":
            return self.latest[0].value_words
        newest = self.readings[0]
        together = {row.kind: row for row in self.latest if newest.taken_at - row.taken_at <= ONE_MOMENT}
        if len(together) == 2:
            return f"{together['systolic'].value:.0f}/{together['diastolic'].value:.0f} mmHg"
        # Two pressures of different days are not one reading.
        return f"{newest.get_kind_display()} {newest.value_words}"

    @property
    def is_alert(self) -> bool:
        return any(row.is_alert for row in self.latest)


def _range_words(kind: str, limits: Limits) -> str:
    sign = SIGNS[kind]
    low = sign.shown(limits.low) if limits.low is not None else ""
    high = sign.shown(limits.high) if limits.high is not None else ""
    if low and high:
        return f"{low} – {high}"
    return f"≥ {low}" if low else (f"{'<' if sign.alerts_at_high else '≤'} {high}" if high else "")


def _trend(kinds: tuple[str, ...], rows: dict[str, list[VitalReading]], own: dict[str, Limits]) -> Trend | None:
    present = [kind for kind in kinds if rows.get(kind)]
    if not present:
        return None
    limits = limits_of(present[0], own.get(present[0]))
    pressure = kinds == PRESSURE
    lines = [
        (str(VitalKind(kind).label), [(row.taken_at, row.value, row.is_alert) for row in rows[kind][:CHART_READINGS]])
        for kind in present
    ]
    # Two lines with two ranges: one shaded band would be wrong for one of them.
    drawing = chart(lines) if pressure else chart(lines, low=limits.low, high=limits.high)
    merged = sorted((row for kind in present for row in rows[kind]), key=lambda row: row.taken_at, reverse=True)
    words = "; ".join(filter(None, (_range_words(kind, limits_of(kind, own.get(kind))) for kind in present)))
    latest = [rows[kind][0] for kind in present]
    label = _("Blood pressure") if pressure else VitalKind(present[0]).label
    return Trend("pressure" if pressure else present[0], label, merged, latest, drawing, words)


def trends(readings: Iterable[VitalReading], thresholds: Iterable[VitalThreshold]) -> list[Trend]:
    """The figures of the Health tab in the order of the signs; readings come newest first."""
    rows: dict[str, list[VitalReading]] = {}
    for reading in readings:
        rows.setdefault(reading.kind, []).append(reading)
    own = {row.kind: Limits(row.low, row.high) for row in thresholds}
    groups = [PRESSURE, *((kind,) for kind in VitalKind.values if kind not in PRESSURE)]
    return [found for kinds in groups if (found := _trend(kinds, rows, own))]
