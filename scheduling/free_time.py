"""When caregivers could take one more visit in a week, whatever visit: pure but for `read_limits` and `read_places`.

Taken away are their visits, the way from one visit of a day to the next (just before the next one begins), and the
agency's least rest between the visits of one day and those of another. docs/capacity.md says how it is counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from clients.models import Address
from homecare.accounts.models import Agency
from homecare.clock import day_bounds, local_date
from scheduling.placement import Severity, rule_classes, severity_of
from scheduling.travel import Place, Times, without_services

Interval = tuple[dt.datetime, dt.datetime]
Way = Callable[[int, int], int | None]


class Held(NamedTuple):
    """A visit a caregiver has."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    client: int
    is_remote: bool
    lives_in: bool


class Limits(NamedTuple):
    """What the agency's rules ask for: the least rest, and whether there must be time for the way."""

    rest: dt.timedelta
    counts_ways: bool
    times: Times


def read_limits() -> Limits:
    """A rule that is off takes nothing away."""
    agency = Agency.current()
    rules = {rule.code: rule for rule in rule_classes()}
    is_on = {code: severity_of(rule, agency.rule_severities) != Severity.OFF for code, rule in rules.items()}
    least = 0
    if is_on.get("rest"):
        chosen = agency.rule_numbers.get("rest", {})
        least = next(chosen.get(one.name, one.default) for one in rules["rest"].settable if one.name == "hours")
    times = Times(agency.travel_speed_kmh, float(agency.travel_factor))
    return Limits(dt.timedelta(hours=least), bool(is_on.get("travel_time")), times)


def ways_of(weeks: Iterable[Sequence[Held]], times: Times) -> Way:
    """How long the ways between the visits of each caregiver's days take, read in two queries at most.

    No service on the network is asked: what is not known already is a straight line.
    """
    legs = {(one.client, other.client) for held in weeks for one, other in pairwise(_in_person(held))}
    wanted = {client for leg in legs for client in leg}
    rows = Address.objects.filter(client__in=wanted, is_primary=True).values_list("client", "latitude", "longitude")
    places: dict[int, Place] = {pk: (lat, lng) for pk, lat, lng in rows if lat is not None and lng is not None}
    with without_services():
        times.prepare((places.get(one), places.get(other)) for one, other in legs)
    return lambda one, other: 0 if one == other else times.minutes(places.get(one), places.get(other))


def _in_person(held: Iterable[Held]) -> list[Held]:
    return [one for one in held if not one.is_remote]


def taken(held: Sequence[Held], *, way: Way | None, rest: dt.timedelta, zone_name: str) -> Iterator[Interval]:
    """The intervals in which this caregiver can take no further visit. `held` in the order of time."""
    for one in held:
        yield one.starts_at, one.ends_at
    if way is not None:
        yield from _ways(held, way, zone_name)
    if rest:
        for one in held:
            if not one.lives_in:  # live-in shifts hold their own rest
                yield from _rest(one, rest, zone_name)


def _ways(held: Sequence[Held], way: Way, zone_name: str) -> Iterator[Interval]:
    for before, after in pairwise(_in_person(held)):
        if local_date(before.starts_at, zone_name) == local_date(after.starts_at, zone_name):
            leaves = after.starts_at - dt.timedelta(minutes=way(before.client, after.client) or 0)
            if before.ends_at < after.starts_at and leaves < after.starts_at:
                yield max(before.ends_at, leaves), after.starts_at


def _rest(one: Held, rest: dt.timedelta, zone_name: str) -> Iterator[Interval]:
    """Before and after the visit, on other days than its own: within a day no rest is asked for."""
    first, last = day_bounds(local_date(one.starts_at, zone_name), zone_name)
    if one.starts_at - rest < first:
        yield one.starts_at - rest, first
    if one.ends_at + rest > last:
        yield max(one.ends_at, last), one.ends_at + rest
