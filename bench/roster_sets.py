"""A published case as an instance of our engine, and our plan as a solution in the published format."""

from __future__ import annotations

from typing import Any

from bench.hhcrsp import BREAK, lag_of, number, office_of, places, services_of, shift_of, weight, windows_of
from scheduling.roster.instance import Carer, Instance, Link, Pause, Plan, Run, Visit, Weights

NEVER = 1e6  # minutes: a carer without a shift
DEAR = 1e5  # the price of a break that has to be


def instance_of(raw: dict[str, Any]) -> Instance:
    """The published case in our terms; its weights become ours."""
    index, visits, links = places(raw), [], []
    for patient in raw["patients"]:
        services = services_of(patient, raw)
        rows = [_visit(raw, patient, service, minutes, len(services), index) for service, minutes in services]
        visits += rows
        if len(rows) > 1:
            lag = lag_of(patient)
            least, most = lag if lag is not None else (None, None)
            links.append(Link(tuple(row.key for row in rows), least, most, needs_two=lag is not None))
    return Instance(
        visits=visits,
        runs=[_run(raw, carer, index) for carer in raw["caregivers"]],
        carers=[Carer(carer["id"]) for carer in raw["caregivers"]],
        travel=raw["distances"],
        links=links,
        weights=_weights(raw),
        leaves_at_opening=str(raw.get("metadata", {}).get("origin", "")).startswith("bazirha"),
    )


def _weights(raw: dict[str, Any]) -> Weights:
    if not raw.get("metadata", {}).get("cost_components"):
        return Weights(travel=1 / 3, lateness=1 / 3, worst_lateness=1 / 3)
    is_hard = "HARD" in (weight(raw, "total_tardiness"), weight(raw, "highest_tardiness"))
    return Weights(
        travel=number(weight(raw, "travel_time")) + number(weight(raw, "working_time")),
        lateness=None if is_hard else number(weight(raw, "total_tardiness")),
        worst_lateness=number(weight(raw, "highest_tardiness")),
        waiting=number(weight(raw, "total_waiting_time")),
        worst_waiting=number(weight(raw, "max_waiting_time")),
        overtime=0.0 if weight(raw, "working_time") == "HARD" else max(1e-6, number(weight(raw, "total_extra_time"))),
        worst_idle=number(weight(raw, "max_idle_time")),
        imbalance=number(weight(raw, "workload_balance")),
    )


def _visit(
    raw: dict[str, Any], patient: dict[str, Any], service: str, minutes: float, services: int, index: dict[str, int]
) -> Visit:
    at_end = raw.get("metadata", {}).get("time_window_met") == "at_service_end"
    cut = minutes if at_end else 0.0
    price = number(weight(raw, "optional_patients")) / services
    return Visit(
        key=(patient["id"], service),
        place=index[patient["id"]],
        minutes=minutes,
        windows=tuple((first, max(first, last - cut)) for first, last in windows_of(patient)),
        carers=_carers(raw, patient, service, minutes),
        price=price,
        is_required=not patient.get("optional") or weight(raw, "optional_patients") in (None, "HARD"),
        client=patient["id"],
    )


def _carers(raw: dict[str, Any], patient: dict[str, Any], service: str, minutes: float) -> dict[Any, float]:
    """Who may come and the price: wishes, skills and exclusions are hard or priced, as the set says."""
    found = {}
    for carer in raw["caregivers"]:
        faults = {
            "qualification": service not in carer["abilities"],
            "incompabilities": carer["id"] in (patient.get("incompatible_caregivers") or ()),
            "caregiver_preferences": patient.get("preferred_caregivers") is not None
            and carer["id"] not in patient["preferred_caregivers"],
        }
        broken = [name for name, is_so in faults.items() if is_so]
        hard = [
            name
            for name in broken
            if weight(raw, name) == "HARD" or (weight(raw, name) is None and name != "caregiver_preferences")
        ]
        if not hard:
            price = sum(number(weight(raw, name)) for name in broken)
            found[carer["id"]] = price + number(weight(raw, "working_time")) * minutes
    return found


def _run(raw: dict[str, Any], carer: dict[str, Any], index: dict[str, int]) -> Run:
    start, end = office_of(carer, raw)
    opens, closes = shift_of(carer) or (0.0, NEVER)
    lunch, pause = raw.get("lunch_breaks"), None
    if lunch and carer.get("lunch_break"):
        at_end = raw["metadata"].get("time_window_met") == "at_service_end"
        last = lunch["end"] - (lunch["min_duration"] if at_end else 0)
        missed = weight(raw, "missed_lunch_break")
        price = DEAR if missed in (None, "HARD") else number(missed)
        pause = Pause(lunch["start"], last, lunch["min_duration"], price)
    return Run(carer["id"], carer["id"], opens, closes, index[start], index[end], pause=pause)


def solution_of(raw: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """Our plan in the published format; a break stands at the visit it comes before."""
    minutes = {(p["id"], service): length for p in raw["patients"] for service, length in services_of(p, raw)}
    routes = []
    for carer in raw["caregivers"]:
        rows = []
        for key in plan.route(carer["id"]):
            starts = plan.stops[key].starts
            patient, service = key  # type: ignore[misc]
            rows.append(_row(starts, starts + minutes[key], patient, service))
        if carer["id"] in plan.pauses:
            begins, length = plan.pauses[carer["id"]], raw["lunch_breaks"]["min_duration"]
            after = [row["patient"] for row in rows if row["arrival_time"] >= begins + length - 1e-6]
            where = after[0] if after else rows[-1]["patient"] if rows else office_of(carer, raw)[0]
            rows.append(_row(begins, begins + length, where, BREAK))
        rows.sort(key=lambda row: row["arrival_time"])
        routes.append({"caregiver_id": carer["id"], "locations": rows})
    return {"routes": routes}


def _row(starts: float, ends: float, patient: str, service: str) -> dict[str, Any]:
    return {"arrival_time": starts, "departure_time": ends, "patient": patient, "service": service}
