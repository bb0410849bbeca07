"""What speaks for a caregiver, one small class each: settings.MATCHING_FACTORS lists them like PLACEMENT_RULES.

Each factor gives a share from 0 to 1 of the points the agency weighs it with (`Agency.matching_weights`, by code) and
says in words why; factors that count against somebody have `is_against` and take points away. docs/rules.md, section 3.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy, ngettext_lazy

from clients.languages import name_of
from clients.models import CaregiverPreference
from homecare.clock import at_local, local, local_date, now
from scheduling.facts import Facts, fetch
from scheduling.placement import Placement, Severity
from scheduling.rules.hours import Overtime
from scheduling.travel import Place, kilometres
from scheduling.wording import hours
from staff.models import Member

KNOWN_VISITS = 10  # so many visits with the client count as knowing them fully
LOOK_BACK = dt.timedelta(days=180)
FAR_MINUTES = 45
SAME_TRIP = dt.timedelta(hours=4)
MUCH_OVERTIME = 120
MANY_DECLINES = 3
DECLINES_COUNT_FOR = dt.timedelta(days=90)
# Evenings, nights and weekends: outside the usual hours, whose sorted edges are given. Within them the bucket is odd.
UNPOPULAR = """
SELECT v.caregiver_id, count(*) FROM scheduling_visit v
WHERE v.branch_id = %s AND v.starts_at >= %s AND v.starts_at < %s AND v.caregiver_id IS NOT NULL
      AND v.status NOT IN ('cancelled', 'missed') AND width_bucket(v.starts_at, %s::timestamptz[]) %% 2 = 0
GROUP BY 1
"""
KNOWN = """
SELECT caregiver_id, count(*) FROM scheduling_visit
WHERE client_id = %s AND starts_at > %s AND starts_at < %s AND status NOT IN ('cancelled', 'missed')
      AND caregiver_id IS NOT NULL
GROUP BY 1
"""
DECLINES = """
SELECT member_id, count(*) FROM scheduling_offeranswer
WHERE member_id = ANY(%s::bigint[]) AND status = 'declined' AND answered_at > %s
GROUP BY 1
"""
# Why a factor gives its points.
VISITS_BEFORE = ngettext_lazy("%(n)s visit with this client before", "%(n)s visits with this client before", "n")
WISH = gettext_lazy("the client's wish")
FROM_VISIT = gettext_lazy("%(minutes)s min (%(km)s km) from the visit before")
FROM_HOME = gettext_lazy("%(minutes)s min (%(km)s km) from home")
DETOUR = gettext_lazy("%(minutes)s min detour")
SPEAKS = gettext_lazy("speaks %(language)s")
PLANNED = gettext_lazy("%(planned)s planned this week, wants %(wanted)s")
UNPOPULAR_VISITS = ngettext_lazy("%(n)s evening or weekend visit lately", "%(n)s evening or weekend visits lately", "n")
DECLINED = ngettext_lazy("declined %(n)s offer lately", "declined %(n)s offers lately", "n")
OVERTIME = gettext_lazy("%(hours)s of overtime")
USUAL_FROM, USUAL_UNTIL = dt.time(7), dt.time(18)  # of a weekday
FAIR_BEFORE, FAIR_AFTER = dt.timedelta(days=21), dt.timedelta(days=7)


class Batch(NamedTuple):
    """What is to be filled: visits of one client, who could come, and the facts the rules have read."""

    visits: Sequence[Placement]
    members: Sequence[Member]
    facts: Facts

    @property
    def member_ids(self) -> list[int]:
        return [member.pk for member in self.members]


class Said(NamedTuple):
    """A share from 0 to 1, and why: a text with its values, put into words only where somebody reads them."""

    share: float
    text: str | Promise = ""
    values: dict[str, Any] | None = None


WISHED = Said(1, WISH)


class Factor:
    """One thing a coordinator weighs. Subclasses set the texts and `default_points` and write `weigh`."""

    code: ClassVar[str]
    label: ClassVar[str | Promise]
    meaning: ClassVar[str | Promise]
    default_points: ClassVar[int]
    is_against: ClassVar[bool] = False

    def __init__(self, points: int, batch: Batch) -> None:
        self.points = points
        self.data = self.load(batch)

    @classmethod
    def load(cls, batch: Batch) -> Any:
        """Reads what this factor alone needs, for all caregivers at once; override."""
        return None

    def is_silent(self) -> bool:
        """Speaks for nobody of the batch, so it is not asked; override."""
        return False

    def weigh(self, member: Member, placement: Placement, facts: Facts) -> Said | None:
        """The share of this caregiver at this visit; None when the factor does not concern it."""
        raise NotImplementedError


class Counted(Factor):
    """A factor whose `data` has something for the caregivers it speaks for only: mostly for few or for nobody."""

    def is_silent(self) -> bool:
        return not self.data


class Continuity(Counted):
    code = "continuity"
    label = gettext_lazy("Knows the client")
    meaning = gettext_lazy("Visits with this client in the last 180 days; ten or more give all points.")
    default_points = 35

    @classmethod
    def load(cls, batch: Batch) -> dict[int, int]:
        moment = now()
        return dict(fetch(KNOWN, batch.visits[0].client_id, moment - LOOK_BACK, moment))

    def weigh(self, member: Member, placement: Placement, facts: Facts) -> Said | None:
        known = self.data.get(member.pk, 0)
        if not known:
            return None
        return Said(min(known, KNOWN_VISITS) / KNOWN_VISITS, VISITS_BEFORE, {"n": known})


class Preferred(Counted):
    code = "preferred"
    label = gettext_lazy("The client's wish")
    meaning = gettext_lazy("The client prefers this caregiver.")
    default_points = 20

    @classmethod
    def load(cls, batch: Batch) -> set[int]:
        wishes = CaregiverPreference.objects.filter(client=batch.visits[0].client_id, kind="preferred")
        return set(wishes.values_list("member_id", flat=True))

    def weigh(self, member: Member, placement: Placement, facts: Facts) -> Said | None:
        return WISHED if member.pk in self.data else None


class Distance(NamedTuple):
    """Kilometres as the crow flies, worked out when somebody reads them."""

    start: Place
    end: Place

    def __str__(self) -> str:
        return f"{kilometres(self.start, self.end):.1f}"


class Trip(NamedTuple):
    """Where a caregiver comes from and goes to around a visit; `from_visit` when that is not home."""

    start: Place | None
    here: Place | None
    end: Place | None
    from_visit: bool
    to_visit: bool


def trip(member: Member, placement: Placement, facts: Facts) -> Trip:
    """From the visit before (at most four hours earlier), else from home; and likewise afterwards."""
    if facts.is_remote(placement):
        return Trip(None, None, None, False, False)
    before, after = facts.stops(placement)
    here = facts.clients[placement.client_id].place
    start = end = member.place
    from_visit = before is not None and placement.starts_at - before.ends_at < SAME_TRIP
    to_visit = after is not None and after.starts_at - placement.ends_at < SAME_TRIP
    if from_visit and before is not None:
        start = facts.clients[before.client_id].place
    if to_visit and after is not None:
        end = facts.clients[after.client_id].place
    return Trip(start, here, end, from_visit, to_visit)


class Nearness(Factor):
    code = "nearness"
    label = gettext_lazy("Nearness")
    meaning = gettext_lazy("Travel from the visit before (up to four hours earlier), else from home; 45 min give 0.")
    default_points = 15

    @classmethod
    def load(cls, batch: Batch) -> None:
        facts = batch.facts
        if not facts.travel.needs_preparing:
            return
        first = batch.visits[0]
        ways = []
        for member in batch.members:
            way = trip(member, first.given_to(member.pk), facts)
            ways += [(way.start, way.here), (way.here, way.end), (way.start, way.end)]
        facts.travel.prepare(ways)

    def weigh(self, member: Member, placement: Placement, facts: Facts) -> Said | None:
        way = trip(member, placement, facts)
        minutes = facts.travel.minutes(way.start, way.here)
        if minutes is None or way.start is None or way.here is None:
            return None
        values = {"minutes": minutes, "km": Distance(way.start, way.here)}
        return Said(max(0.0, 1 - minutes / FAR_MINUTES), FROM_VISIT if way.from_visit else FROM_HOME, values)


class Detour(Factor):
    code = "detour"
    label = gettext_lazy("Little detour")
    meaning = gettext_lazy("How much longer the day's way becomes between the visits before and after; 45 min give 0.")
    default_points = 5

    def weigh(self, member: Member, placement: Placement, facts: Facts) -> Said | None:
        way = trip(member, placement, facts)
        there = facts.travel.minutes(way.start, way.here)
        back = facts.travel.minutes(way.here, way.end)
        straight = 0 if way.start is way.end else facts.travel.minutes(way.start, way.end)
        if there is None or back is None or straight is None:
            return None
        extra = max(0, there + back - straight)
        on_the_way = way.from_visit and way.to_visit
        return Said(max(0.0, 1 - extra / FAR_MINUTES), DETOUR if on_the_way else "", {"minutes": extra})


class Language(Factor):
    code = "language"
    label = gettext_lazy("Speaks the client's language")
    meaning = gettext_lazy("The language wished for, else the client's own.")
    default_points = 10

    def weigh(self, member: Member, placement: Placement, facts: Facts) -> Said | None:
        client = facts.clients[placement.client_id]
        language = client.caregiver_language or client.language
        if language not in member.languages:
            return None
        return Said(1) if language == "en" else Said(1, SPEAKS, {"language": name_of(language)})


class HoursWanted(Factor):
    code = "hours"
    label = gettext_lazy("Wants more hours")
    meaning = gettext_lazy("How much of the hours wanted in that week is not planned yet.")
    default_points = 15

    def weigh(self, member: Member, placement: Placement, facts: Facts) -> Said | None:
        planned, wanted = facts.week_minutes(placement), member.weekly_minutes_wanted
        share = (wanted - planned) / wanted if planned < wanted else 0.0
        return Said(share, PLANNED, {"planned": hours(planned), "wanted": hours(wanted)})


def usual_hours(since: dt.datetime, until: dt.datetime, zone: str) -> list[dt.datetime]:
    """When the weekdays' usual hours begin and end between two moments, by turns, in order."""
    first, last = local_date(since, zone), local_date(until, zone)
    days = (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
    return [at_local(day, time, zone) for day in days if day.weekday() < 5 for time in (USUAL_FROM, USUAL_UNTIL)]


class Fairness(Counted):
    code = "fairness"
    label = gettext_lazy("Evenings and weekends shared fairly")
    meaning = gettext_lazy(
        "For visits before 07:00, from 18:00 and at weekends: who had fewer of these than the others in the three "
        "weeks before and the week after."
    )
    default_points = 5

    @classmethod
    def load(cls, batch: Batch) -> tuple[dict[int, int], float] | None:
        """(such visits of each caregiver, how many the one with most has), None at a usual hour."""
        visit = batch.visits[0]
        zone = batch.facts.zone(visit)
        start = local(visit.starts_at, zone)
        if start.weekday() < 5 and USUAL_FROM <= start.time() < USUAL_UNTIL:
            return None
        since, until = visit.starts_at - FAIR_BEFORE, visit.starts_at + FAIR_AFTER
        counted = dict(fetch(UNPOPULAR, visit.branch_id, since, until, usual_hours(since, until, zone)))
        return counted, max((counted.get(pk, 0) for pk in batch.member_ids), default=0)

    def weigh(self, member: Member, placement: Placement, facts: Facts) -> Said | None:
        counted, most = self.data
        had = counted.get(member.pk, 0)
        return Said(1 - had / most if most else 1.0, UNPOPULAR_VISITS, {"n": had})


class Declines(Counted):
    code = "declines"
    label = gettext_lazy("Declined offers")
    meaning = gettext_lazy("Takes points away for offers declined in the last 90 days; three take them all.")
    default_points = 10
    is_against = True

    @classmethod
    def load(cls, batch: Batch) -> dict[int, int]:
        return dict(fetch(DECLINES, batch.member_ids, now() - DECLINES_COUNT_FOR))

    def weigh(self, member: Member, placement: Placement, facts: Facts) -> Said | None:
        declined = self.data.get(member.pk, 0)
        if not declined:
            return None
        return Said(min(declined, MANY_DECLINES) / MANY_DECLINES, DECLINED, {"n": declined})


class OvertimeMade(Factor):
    code = "overtime"
    label = gettext_lazy("Overtime")
    meaning = gettext_lazy("Takes points away for the overtime this visit would make; two hours take them all.")
    default_points = 15
    is_against = True

    @classmethod
    def load(cls, batch: Batch) -> Overtime:
        return Overtime(Severity.WARN, batch.facts)

    def weigh(self, member: Member, placement: Placement, facts: Facts) -> Said | None:
        if self.data.judge(placement, facts) is None:
            return None
        minutes, _double = self.data.made(placement, facts)
        return Said(min(1.0, minutes / MUCH_OVERTIME), OVERTIME, {"hours": hours(minutes)})


@dataclass(frozen=True)
class Weight:
    """What the agency gives a factor, or each warning."""

    code: str
    label: str | Promise
    meaning: str | Promise
    default_points: int
    is_against: bool


# Not a factor of a caregiver but of the rules: each warning that would have to be overridden.
WARNING = Weight(
    "warning",
    gettext_lazy("Each warning"),
    gettext_lazy("Taken away for each rule that warns and would have to be overridden with a reason."),
    15,
    is_against=True,
)


@lru_cache(maxsize=1)
def _classes(paths: tuple[str, ...]) -> tuple[type[Factor], ...]:
    return tuple(import_string(path) for path in paths)


def factor_classes() -> tuple[type[Factor], ...]:
    """The factors of this installation, in the order they are said."""
    return _classes(tuple(settings.MATCHING_FACTORS))


def weights() -> list[Weight]:
    """Everything an agency may weigh."""
    rows = [Weight(one.code, one.label, one.meaning, one.default_points, one.is_against) for one in factor_classes()]
    return [*rows, WARNING]
