"""Measuring and the table. CPU is this process's time; each floor is measured in the same run on the same rows."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection
from django.test.utils import CaptureQueriesContext


@dataclass
class Sample:
    """Milliseconds: median and least CPU time of this process, median and least wall time; queries of one call.

    The least is what is judged: on a shared machine the median measures the neighbours.
    """

    cpu: float
    best: float
    wall: float
    quickest: float
    queries: int


@dataclass
class Figure:
    """One line of the table. `reach` is what the product promises; `ok` whether it was met."""

    name: str
    value: str
    floor: str
    ratio: str
    reach: str
    ok: bool


def sample(call: Callable[[], object], times: int = 15, warm: int = 3) -> Sample:
    """Calls it a few times unmeasured, then `times` times."""
    for _ in range(warm):
        call()
    cpu, wall = [], []
    for _ in range(times):
        cpu_began, wall_began = time.process_time(), time.perf_counter()
        call()
        cpu.append((time.process_time() - cpu_began) * 1000)
        wall.append((time.perf_counter() - wall_began) * 1000)
    with CaptureQueriesContext(connection) as queries:
        call()
    return Sample(statistics.median(cpu), min(cpu), statistics.median(wall), min(wall), len(queries))


def ratio(value: float, floor: float) -> str:
    return f"{value / floor:.1f}×" if floor else ""


def table(figures: list[Figure]) -> str:
    head = Figure("figure", "measured", "floor", "ratio", "reach", True)
    rows = [
        (f.name, f.value, f.floor, f.ratio, f.reach, "" if f is head else "yes" if f.ok else "NO")
        for f in [head, *figures]
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])
