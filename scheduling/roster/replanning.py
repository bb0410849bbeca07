"""Bettering a roster people already rely on: little moves, few change carer, nothing promised is dropped."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from scheduling.roster.instance import Instance, Key, Plan, Visit

SHIFT = 15.0  # minutes a promised visit may move to either side
CHANGE = 40.0  # minutes of travel that sending somebody else than promised is worth


def keep_close(
    instance: Instance, plan: Plan, *, lost: Collection[Key] = (), shift: float = SHIFT, change: float = CHANGE
) -> Instance:
    """The instance in which the plan is promised: its visits are required, begin at most `shift` minutes from their
    time, and each that changes carer costs `change`. `lost` visits are free to be filled anew at their price.
    """
    return replace(
        instance,
        visits=[
            _promised(instance, visit, plan, shift, change)
            if visit.key in plan.stops and visit.key not in lost and not visit.is_pinned
            else visit
            for visit in instance.visits
        ],
    )


def _promised(instance: Instance, visit: Visit, plan: Plan, shift: float, change: float) -> Visit:
    stop = plan.stops[visit.key]
    carer = instance.run_of[stop.run].carer if stop.run in instance.run_of else None
    near = [(max(first, stop.starts - shift), min(last, stop.starts + shift)) for first, last in visit.windows]
    return replace(
        visit,
        windows=tuple(window for window in near if window[0] <= window[1]) or ((stop.starts, stop.starts),),
        carers={key: price if key == carer else price + change for key, price in visit.carers.items()},
        is_required=True,
    )


def remaining(instance: Instance, plan: Plan) -> Plan:
    """The part of a plan that still stands: its runs exist, its carers may come, no link is left with a half."""
    stops = {
        key: stop
        for key, stop in plan.stops.items()
        if key in instance.visit_of
        and stop.run in instance.run_of
        and instance.run_of[stop.run].carer in instance.visit_of[key].carers
    }
    for link in instance.links:
        if any(key not in stops for key in link.visits):
            for key in link.visits:
                stops.pop(key, None)
    runs = {stop.run for stop in stops.values()}
    return Plan(stops, {run: at for run, at in plan.pauses.items() if run in runs or run in instance.run_of})


def changes(instance: Instance, before: Plan, after: Plan) -> tuple[list[Key], list[Key]]:
    """(visits that change carer, visits that only move in time) from one plan to the other."""
    changed, moved = [], []
    for key, stop in before.stops.items():
        now = after.stops.get(key)
        if now is None or stop.run not in instance.run_of:
            continue
        if instance.run_of[now.run].carer != instance.run_of[stop.run].carer:
            changed.append(key)
        elif abs(now.starts - stop.starts) > 0.5:
            moved.append(key)
    return changed, moved
