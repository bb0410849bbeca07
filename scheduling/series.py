"""What a change of a pattern means for its visits, as values: how far it reaches and what becomes of each visit."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from django.db import models
from django.utils.translation import gettext_lazy

from scheduling.models import Schedule, Visit
from scheduling.pattern import Pattern
from scheduling.placement import Finding
from staff.models import Member

DAY = dt.timedelta(days=1)


class Scope(models.TextChoices):
    """How far a change of a pattern reaches; *this visit* alone is services/visit.py."""

    FOLLOWING = "following", gettext_lazy("This and all following visits")
    ALL = "all", gettext_lazy("The whole series from now on")
    UNCHANGED = "unchanged", gettext_lazy("Only visits that nobody changed by hand")


class Fate(models.TextChoices):
    CHANGED = "changed", gettext_lazy("Changed")
    CREATED = "created", gettext_lazy("New")
    CANCELLED = "cancelled", gettext_lazy("Cancelled")
    SAME = "same", gettext_lazy("Stays as it is")


@dataclass(frozen=True)
class Slot:
    """When and by whom a visit of the pattern takes place."""

    day: dt.date
    slot: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    member_id: int | None
    window: tuple[dt.datetime | None, dt.datetime | None] = (None, None)


@dataclass
class VisitChange:
    """What becomes of one visit. `visit` None: it is made; `after` None: it is cancelled."""

    visit: Visit | None
    after: Slot | None
    findings: list[Finding] = field(default_factory=list)
    caregiver: Member | None = None
    wanted: Member | None = None
    goes_on: Visit | None = None  # of a shared visit that one client leaves: the one that leads then

    fate: str = Fate.SAME

    def settle(self) -> None:
        """Fixes the fate by comparing before and after, before anything is written to the visit."""
        if self.after is None:
            self.fate = Fate.CANCELLED
        elif self.visit is None:
            self.fate = Fate.CREATED
        else:
            visit, after = self.visit, self.after
            window = (visit.window_starts_at, visit.window_ends_at)
            before = (visit.starts_at, visit.ends_at, visit.caregiver_id, window)
            then = (after.starts_at, after.ends_at, self.caregiver.pk if self.caregiver else None, after.window)
            self.fate = Fate.SAME if before == then else Fate.CHANGED

    @property
    def is_left_open(self) -> bool:
        return self.wanted is not None and self.caregiver is None

    @property
    def warnings(self) -> list[Finding]:
        """What would need a reason: nothing for a visit that is left open or stays as it is."""
        if self.is_left_open or self.fate in (Fate.SAME, Fate.CANCELLED):
            return []
        return [finding for finding in self.findings if not finding.blocks]

    @property
    def moments(self) -> list[dt.datetime]:
        """When it begins, before and after."""
        return [row.starts_at for row in (self.visit, self.after) if row is not None]

    @property
    def when(self) -> dt.datetime:
        return self.after.starts_at if self.after else self.visit.starts_at  # type: ignore[union-attr]


@dataclass
class Edit:
    """A change of a pattern, worked out: from which day, and what becomes of each visit."""

    schedule: Schedule
    pattern: Pattern
    from_on: dt.date
    changes: list[VisitChange]
    kept: list[Visit]
    created: list[int] = field(default_factory=list)
    out_of: frozenset[int] = frozenset()  # rotations of which lines would be changed
    beside: list[Visit] = field(default_factory=list)  # visits of others who share those that one client leaves

    def count(self, fate: str) -> int:
        return sum(change.fate == fate for change in self.changes)

    @property
    def affected(self) -> int:
        return len(self.changes) - self.count(Fate.SAME)

    @property
    def told(self) -> list[Member]:
        """The caregivers who hear of it: each whose visits change, end or begin."""
        touched = [change for change in self.changes if change.fate != Fate.SAME]
        people = [change.visit.caregiver for change in touched if change.visit is not None]
        people += [change.caregiver for change in touched if change.after is not None]
        return list({member.pk: member for member in people if member is not None and member.user_id}.values())

    @property
    def left_open(self) -> list[VisitChange]:
        return [change for change in self.changes if change.is_left_open]

    @property
    def warnings(self) -> list[Finding]:
        return [finding for change in self.changes for finding in change.warnings]

    @property
    def splits(self) -> bool:
        """Does the old pattern have days before the change, so that it must live on as history?"""
        before = self.from_on - DAY
        old = Pattern.of(self.schedule, ())
        return any(True for _day in old.rule_days(self.schedule.starts_on, before))
