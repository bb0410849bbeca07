"""Public sets of home health care routing and scheduling: their formats read, their solutions scored.

Two JSON formats are read: that of Mankowska, Meisel and Bierwirth (2014) as converted by the Udine group, and UHHC
(Ceschia, Da Ros et al., ITOR 2026, doi 10.1111/itor.70140). A folder holds instances and solutions as JSON files, in
folders or `.tar.xz` archives of these names, and tables (`.csv`) of stated costs. The scorer shares nothing with
`scheduling.roster`: it scores what others published and what our engine found alike.
"""

from __future__ import annotations

import csv
import json
import math
import tarfile
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

BREAK = "lunch_break"
COSTS = ("total_cost", "objective", "cost")


@dataclass
class Case:
    """One instance of a set with what is published about it. `mean`: of the published repetitions, if there are."""

    name: str
    raw: dict[str, Any]
    solutions: list[tuple[str, dict[str, Any], float | None]] = field(default_factory=list)
    best: float | None = None
    mean: float | None = None

    @property
    def is_uhhc(self) -> bool:
        return "metadata" in self.raw and bool(self.raw["metadata"].get("cost_components"))

    @property
    def size(self) -> int:
        return len(self.raw["patients"])


def read_folder(folder: Path) -> list[Case]:
    """The cases of every set under a folder, smallest first."""
    cases: list[Case] = []
    for home in sorted({path.parent for path in folder.rglob("instances*")} or {folder}):
        cases += _read_set(home)
    return sorted(cases, key=lambda case: (case.size, case.name))


def _read_set(home: Path) -> list[Case]:
    cases = {name: Case(name, raw) for name, raw in _files(home, "instances") if "patients" in raw}
    stated: dict[str, float] = {}
    for table in sorted(home.glob("*.csv")):
        _read_table(table, cases, stated)
    for name, raw in _files(home, "solutions"):
        short = name.removeprefix("sol-").removesuffix(".sol")
        case = cases.get(short) or cases.get(short.rsplit("-", 1)[0])
        if case is not None and "routes" in raw:
            cost = stated.get(name) or (raw.get("cost") or {}).get("objective")
            case.solutions.append((name, raw, cost))
    return list(cases.values())


def _files(home: Path, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, content) of the JSON files of a kind: in an archive, in a folder, or (instances) lying about."""
    for archive in sorted(home.glob(f"{kind}*.tar.xz")):
        with tarfile.open(archive) as opened:
            for member in opened:
                if member.isfile() and member.name.endswith(".json"):
                    content = opened.extractfile(member)
                    assert content is not None
                    yield Path(member.name).name.removesuffix(".json"), json.load(content)
    loose = sorted(home.glob(f"{kind}/**/*.json"))
    if not loose and kind == "instances" and not list(home.glob("instances*.tar.xz")):
        loose = sorted(home.glob("*.json"))
    for path in loose:
        yield path.name.removesuffix(".json"), json.loads(path.read_text())


def _read_table(table: Path, cases: dict[str, Case], stated: dict[str, float]) -> None:
    """Stated costs: the least of an instance is the best known, and the mean that of several rows."""
    text = table.read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(text.splitlines(), delimiter=";" if ";" in text.splitlines()[0] else ","))
    column = next((name for name in COSTS if rows and name in rows[0]), None)
    if column is None or "instance" not in rows[0]:
        return
    found: dict[str, list[float]] = {}
    for row in rows:
        name = row["instance"].removesuffix(".json")
        if name in cases and row[column] and float(row.get("violations") or 0) == 0:
            found.setdefault(name, []).append(float(row[column]))
            if row.get("solution"):
                stated[row["solution"].removesuffix(".json")] = float(row[column])
    for name, costs in found.items():
        case = cases[name]
        case.best = min(costs) if case.best is None else min(case.best, *costs)
        if len(costs) > 1:
            case.mean = sum(costs) / len(costs)


# --- The parts of an instance, by the names of either format --------------------------------------------------


def services_of(patient: dict[str, Any], raw: dict[str, Any]) -> list[tuple[str, float]]:
    """(service, minutes) a patient needs."""
    usual = {service["id"]: service.get("default_duration") for service in raw["services"]}
    wanted = patient.get("required_services") or patient["required_caregivers"]
    return [(row["service"], row.get("duration") or usual[row["service"]]) for row in wanted]


def windows_of(patient: dict[str, Any]) -> list[tuple[float, float]]:
    windows = patient.get("time_windows") or [patient["time_window"]]
    return [(w["start"], w["end"]) if isinstance(w, dict) else (w[0], w[1]) for w in windows]


def lag_of(patient: dict[str, Any]) -> tuple[float, float] | None:
    """Least and most minutes between the starts of the two services, None when they are independent."""
    bound = patient.get("synchronization")
    if not bound or bound["type"] == "independent":
        return None
    if bound["type"] == "simultaneous":
        return 0.0, 0.0
    distance = bound["distance"]
    if isinstance(distance, dict):
        return distance["min"], distance["max"]
    return (distance[0], distance[1]) if isinstance(distance, list) else (distance, distance)


def shift_of(carer: dict[str, Any]) -> tuple[float, float] | None:
    shift = carer.get("working_shift")
    if shift is None:
        return None
    return (shift["start"], shift["end"]) if isinstance(shift, dict) else (shift[0], shift[1])


def places(raw: dict[str, Any]) -> dict[str, int]:
    """Row of the distances for each patient and office."""
    offices = raw.get("terminal_points") or raw.get("central_offices") or raw["departing_points"]
    found = {row["id"]: row.get("distance_matrix_index", number) for number, row in enumerate(offices)}
    for number, patient in enumerate(raw["patients"]):
        found[patient["id"]] = patient.get("distance_matrix_index", number + len(offices))
    return found


def office_of(carer: dict[str, Any], raw: dict[str, Any]) -> tuple[str, str]:
    """Where a carer sets out and where the way ends."""
    offices = raw.get("terminal_points") or raw.get("central_offices") or raw["departing_points"]
    start = carer.get("departing_point") or carer.get("starting_point_id") or offices[0]["id"]
    return start, carer.get("arrival_point") or start


def weight(raw: dict[str, Any], name: str) -> float | str | None:
    return raw.get("metadata", {}).get("cost_components", {}).get(name)


def number(value: float | str | None) -> float:
    """A weight as the published validator counts it: a hard rule once, one that is not named not at all."""
    return 1.0 if value == "HARD" else float(value or 0)


# --- Scoring ---------------------------------------------------------------------------------------------------


@dataclass
class Stop:
    place: int
    starts: float
    ends: float
    patient: str
    service: str
    arrives: float = 0.0


@dataclass
class Route:
    carer: dict[str, Any]
    stops: list[Stop]
    departs: float
    returns: float
    way: float


def routes_of(raw: dict[str, Any], solution: dict[str, Any]) -> list[Route]:
    """The routes of a solution with arrivals, as late a departure as can be, and the way."""
    carers, index = {row["id"]: row for row in raw["caregivers"]}, places(raw)
    at_opening = str(raw.get("metadata", {}).get("origin", "")).startswith("bazirha")
    visited = {
        row["patient"] for route in solution["routes"] for row in route.get("locations") or [] if "patient" in row
    }
    found = []
    for row in solution["routes"]:
        carer = carers[row["caregiver_id"]]
        start, end = office_of(carer, raw)
        stops = sorted(
            (_stop(place, index, start, visited) for place in row.get("locations") or [] if "patient" in place),
            key=lambda stop: (stop.starts, stop.ends),
        )
        found.append(_walk(raw, carer, stops, index[start], index[end], at_opening=at_opening))
    return found


def _stop(row: dict[str, Any], index: dict[str, int], office: str, visited: set[str]) -> Stop:
    begins = next(row[key] for key in ("arrival_time", "start_time", "start_service_time") if key in row)
    ends = next(row[key] for key in ("departure_time", "end_time", "end_service_time") if key in row)
    return Stop(index.get(row["patient"], index[office]), begins, ends, row["patient"], row["service"])


def _walk(
    raw: dict[str, Any], carer: dict[str, Any], stops: list[Stop], start: int, end: int, *, at_opening: bool
) -> Route:
    distances, shift = raw["distances"], shift_of(carer)
    opens = shift[0] if shift else 0.0
    if not stops:
        return Route(carer, [], opens, opens, 0.0)
    way = distances[start][stops[0].place]
    departs = opens if at_opening else stops[0].starts - way
    stops[0].arrives = departs + way
    for before, stop in pairwise(stops):
        leg = distances[before.place][stop.place]
        stop.arrives = before.ends + leg
        way += leg
    home = distances[stops[-1].place][end]
    return Route(carer, stops, departs, stops[-1].ends + home, way + home)


def lateness_of(stop: Stop, patient: dict[str, Any], *, at_end: bool) -> float:
    windows = windows_of(patient)
    at = max(0, bisect_right([first for first, _last in windows], stop.starts) - 1)
    return max(0.0, (stop.ends if at_end else stop.starts) - windows[at][1])


def score(raw: dict[str, Any], solution: dict[str, Any]) -> float:
    """The cost of a solution as its format defines it."""
    routes, patients = routes_of(raw, solution), {row["id"]: row for row in raw["patients"]}
    metadata = raw.get("metadata", {})
    at_end = metadata.get("time_window_met") == "at_service_end"
    visits = [stop for route in routes for stop in route.stops if stop.service != BREAK]
    late = [lateness_of(stop, patients[stop.patient], at_end=at_end) for stop in visits]
    travel = sum(route.way for route in routes)
    if not metadata.get("cost_components"):
        return (travel + sum(late) + max(late, default=0.0)) / 3
    parts = {
        "travel_time": travel,
        "total_tardiness": sum(late),
        "highest_tardiness": max(late, default=0.0),
        **_of_routes(raw, routes),
        **_of_people(raw, routes, {stop.patient for stop in visits}),
    }
    return sum(number(weight(raw, name)) * value for name, value in parts.items())


def _of_routes(raw: dict[str, Any], routes: list[Route]) -> dict[str, float]:
    waits: list[float] = []
    extra = 0.0
    idle = {row["id"]: 0.0 for row in raw["caregivers"]}
    work = dict(idle)
    for route in routes:
        key, shift = route.carer["id"], shift_of(route.carer)
        gaps = [max(0.0, stop.starts - stop.arrives) for stop in route.stops]
        waits += [gap for at, gap in enumerate(gaps) if not (at == 1 and route.stops[0].service == BREAK)]
        work[key] += sum(stop.ends - stop.starts for stop in route.stops if stop.service != BREAK) + route.way
        if shift is None:
            continue
        if not route.stops:
            idle[key] = shift[1] - shift[0]
            continue
        extra += max(0.0, route.returns - shift[1])
        idle[key] = max(0.0, route.departs - shift[0]) + sum(gaps) + max(0.0, shift[1] - route.returns)
    mean = sum(work.values()) / max(1, len(work))
    return {
        "total_waiting_time": sum(waits),
        "max_waiting_time": max(waits, default=0.0),
        "total_extra_time": extra,
        "max_idle_time": max(idle.values(), default=0.0),
        "workload_balance": sum(math.ceil(abs(minutes - mean)) for minutes in work.values()),
        "working_time": sum(work.values()),
    }


def _of_people(raw: dict[str, Any], routes: list[Route], visited: set[str]) -> dict[str, float]:
    patients = {row["id"]: row for row in raw["patients"]}
    found = dict.fromkeys(("caregiver_preferences", "incompabilities", "qualification", "missed_lunch_break"), 0.0)
    rested = {route.carer["id"] for route in routes for stop in route.stops if stop.service == BREAK}
    for route in routes:
        for stop in route.stops:
            if stop.service == BREAK:
                continue
            patient, key = patients[stop.patient], route.carer["id"]
            preferred = patient.get("preferred_caregivers")
            found["caregiver_preferences"] += preferred is not None and key not in preferred
            found["incompabilities"] += key in (patient.get("incompatible_caregivers") or ())
            found["qualification"] += stop.service not in route.carer["abilities"]
    for carer in raw["caregivers"]:
        found["missed_lunch_break"] += bool(carer.get("lunch_break")) and carer["id"] not in rested
    found["optional_patients"] = float(sum(key not in visited for key in patients))
    return found


# --- The hard rules --------------------------------------------------------------------------------------------


def violations(raw: dict[str, Any], solution: dict[str, Any]) -> list[str]:
    """Every hard rule of the format that a solution breaks, in words."""
    found: list[str] = []
    by_service: dict[tuple[str, str], list[tuple[str, Stop]]] = {}
    for route in routes_of(raw, solution):
        found += _of_route(raw, route)
        for stop in route.stops:
            if stop.service != BREAK:
                by_service.setdefault((stop.patient, stop.service), []).append((route.carer["id"], stop))
    for patient in raw["patients"]:
        found += _of_patient(raw, patient, by_service)
    return found


def _of_route(raw: dict[str, Any], route: Route) -> Iterator[str]:
    who, shift, lunch = route.carer["id"], shift_of(route.carer), raw.get("lunch_breaks")
    if shift and route.departs < shift[0] - 1e-6 and route.stops:
        yield f"{who} sets out before the shift"
    if shift and weight(raw, "working_time") == "HARD" and route.returns > shift[1] + 1e-6:
        yield f"{who} returns after the shift"
    at_end = raw.get("metadata", {}).get("time_window_met") == "at_service_end"
    for stop in route.stops:
        if stop.starts < stop.arrives - 1e-3:
            yield f"{who} can't be at {stop.patient} in time"
        if stop.service == BREAK:
            last = stop.ends if at_end else stop.starts
            if stop.starts < lunch["start"] or last > lunch["end"] or stop.ends - stop.starts < lunch["min_duration"]:
                yield f"{who} has a break at the wrong time"
        elif weight(raw, "qualification") in (None, "HARD") and stop.service not in route.carer["abilities"]:
            yield f"{who} is not able to do {stop.service}"


def _of_patient(raw: dict[str, Any], patient: dict[str, Any], done: dict[Any, list[tuple[str, Stop]]]) -> Iterator[str]:
    name = patient["id"]
    rows = [done.get((name, service), []) for service, _minutes in services_of(patient, raw)]
    if not any(rows):
        if not patient.get("optional"):
            yield f"{name} is not visited"
        return
    if any(len(row) != 1 for row in rows):
        yield f"{name} does not get each service once"
        return
    at_end = raw.get("metadata", {}).get("time_window_met") == "at_service_end"
    is_hard = "HARD" in (weight(raw, "total_tardiness"), weight(raw, "highest_tardiness"))
    for (carer, stop), (_service, minutes) in zip((row[0] for row in rows), services_of(patient, raw), strict=True):
        if stop.ends - stop.starts < minutes - 1e-3:
            yield f"{name} gets too short a visit"
        if stop.starts < windows_of(patient)[0][0] - 1e-3:
            yield f"{name} is visited too early"
        if is_hard and lateness_of(stop, patient, at_end=at_end) > 1e-6:
            yield f"{name} is visited too late"
        if weight(raw, "incompabilities") in (None, "HARD") and carer in (patient.get("incompatible_caregivers") or ()):
            yield f"{name} does not want {carer}"
    lag = lag_of(patient)
    if lag is not None and len(rows) == 2:
        (one, first), (other, second) = rows[0][0], rows[1][0]
        if one == other:
            yield f"{name} needs two people"
        if not lag[0] - 1e-3 <= second.starts - first.starts <= lag[1] + 1e-3:
            yield f"the visits to {name} are not the right time apart"
