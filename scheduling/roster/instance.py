"""What a roster is planned from and what a plan is: plain data, minutes counted from one common moment.

Times are minutes (a float, so that published instances with decimals fit) after the instance's beginning; prices are
in minutes of travel, so that a price of 20 reads "worth a detour of 20 minutes".
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

Key = Hashable
Window = tuple[float, float]  # a visit begins within [opens, closes]


@dataclass(frozen=True, slots=True)
class Visit:
    """One caregiver at one client. `carers` are those who may come, each with the price of choosing them.

    `price`: what leaving it unfilled costs. `is_required`: promised, so a plan without it is no plan.
    `is_pinned`: may not change; its windows and carers hold nothing but what it is now.
    `barred`: carer → why not, kept for the explanation of an unfilled visit.
    """

    key: Key
    place: int
    minutes: float
    windows: tuple[Window, ...]
    carers: Mapping[Key, float]
    price: float = 300.0
    is_required: bool = False
    is_pinned: bool = False
    client: Key | None = None
    circle: Key | None = None
    barred: Mapping[Key, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """Visits that belong together: all of them take place or none counts, each by another carer.

    `least` and `most` bound the minutes from the start of the first to that of the others: 0 and 0 is a double-up,
    None an order of no importance.
    """

    visits: tuple[Key, ...]
    least: float | None = 0.0
    most: float | None = 0.0
    needs_two: bool = True

    @property
    def is_free(self) -> bool:
        return self.least is None or self.most is None

    @property
    def is_simultaneous(self) -> bool:
        return self.least == 0.0 and self.most == 0.0


@dataclass(frozen=True, slots=True)
class Pause:
    """A break of so many minutes that begins within [opens, closes]; `price` is what missing it costs."""

    opens: float
    closes: float
    minutes: float
    price: float


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of time in which a carer works.

    `latest`: how late it may end when overtime is paid (None: at `closes`). `gap`: least minutes since the same
    carer's run before, for rest. `after_visit`, `before_visit`: it begins or ends at a visit that stands fast, and
    not at home; the way from there is working time, and is gone even when nothing is added.
    """

    key: Key
    carer: Key
    opens: float
    closes: float
    starts_at: int
    ends_at: int
    latest: float | None = None
    pause: Pause | None = None
    gap: float = 0.0
    after_visit: bool = False
    before_visit: bool = False

    @property
    def is_fixed(self) -> bool:
        """The carer goes this way whatever is added to it."""
        return self.after_visit or self.before_visit


@dataclass(frozen=True, slots=True)
class Carer:
    """`minutes_left`: how much more the carer may work in these days, None without a limit.

    `minutes_promised`, `visits_promised`: how much of what is guaranteed to the carer the plan still has to give.
    """

    key: Key
    minutes_left: float | None = None
    minutes_promised: float = 0.0
    visits_promised: int = 0


@dataclass(frozen=True, slots=True)
class Circle:
    """A client's week: more carers than `limit` cost. `present` come in it already, by visits that stand fast."""

    key: Key
    limit: int
    present: frozenset[Key] = frozenset()


@dataclass(frozen=True, slots=True)
class Weights:
    """What a minute of each kind costs. A `lateness` of None makes windows hard; the others are soft."""

    travel: float = 1.0
    lateness: float | None = None
    worst_lateness: float = 0.0
    waiting: float = 0.0
    worst_waiting: float = 0.0
    overtime: float = 0.0
    worst_idle: float = 0.0
    imbalance: float = 0.0
    lacking: float = 0.0  # a minute promised to a carer that the plan does not give
    lacking_visit: float = 0.0
    crowd: float = 0.0  # each carer beyond the limit of a circle


@dataclass(frozen=True)
class Instance:
    """Everything a plan is made from.

    `commute_counts`: the way from and to home is working time. `leaves_at_opening`: a carer sets out when the run
    opens, otherwise just in time. `met_at_end`: a window holds the end of the visit and not its start (the windows of
    the visits already say so; lateness is the same number of minutes).
    `new_faces`: (client, carer) → price, paid once per pair that meets in the plan.
    """

    visits: Sequence[Visit]
    runs: Sequence[Run]
    carers: Sequence[Carer]
    travel: Sequence[Sequence[float]]
    links: Sequence[Link] = ()
    weights: Weights = field(default_factory=Weights)
    new_faces: Mapping[tuple[Key, Key], float] = field(default_factory=dict)
    circles: Sequence[Circle] = ()
    commute_counts: bool = True
    leaves_at_opening: bool = False

    @cached_property
    def visit_of(self) -> dict[Key, Visit]:
        return {visit.key: visit for visit in self.visits}

    @cached_property
    def run_of(self) -> dict[Key, Run]:
        return {run.key: run for run in self.runs}

    @cached_property
    def carer_of(self) -> dict[Key, Carer]:
        return {carer.key: carer for carer in self.carers}

    @cached_property
    def link_of(self) -> dict[Key, Link]:
        return {key: link for link in self.links for key in link.visits}


class Stop(NamedTuple):
    """A planned visit: in which run and when it begins."""

    run: Key
    starts: float


@dataclass(frozen=True)
class Plan:
    """Who comes when. A visit without a stop is unfilled; `pauses` holds when each run's break begins."""

    stops: Mapping[Key, Stop] = field(default_factory=dict)
    pauses: Mapping[Key, float] = field(default_factory=dict)

    def route(self, run: Key) -> list[Key]:
        """The visits of a run in order."""
        return self.routes.get(run, [])

    @cached_property
    def routes(self) -> dict[Key, list[Key]]:
        found: dict[Key, list[Key]] = {}
        for key, stop in sorted(self.stops.items(), key=lambda item: item[1].starts):
            found.setdefault(stop.run, []).append(key)
        return found
