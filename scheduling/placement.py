"""The one engine that judges every placement of a caregiver at a visit: board, series, suggestions, API, phone.

Its rules are `settings.PLACEMENT_RULES`, a list of dotted paths like MIDDLEWARE, so that a domain above scheduling
contributes its own. Each rule *blocks* or *warns*, or is *off*, as the agency sets it (`Agency.rule_severities`).
A batch is judged in one pass: what the rules look at is read once for all placements (scheduling/facts.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from homecare.errors import Conflict, DomainError
from scheduling.fact_rows import Other
from scheduling.facts import NEAR_HOURS, Facts
from scheduling.shared_time import portion

if TYPE_CHECKING:
    from scheduling.rules.stage import Stage


class Severity(models.TextChoices):
    BLOCK = "block", gettext_lazy("Blocks")
    WARN = "warn", gettext_lazy("Warns")
    OFF = "off", gettext_lazy("Off")


@dataclass(frozen=True, slots=True)
class Placement:
    """A visit as it would be: `key` is the caller's name for it, `visit_id` its row, `member_id` None an open visit.

    `weight` of `total` is the client's part of the time. `others` are named for a shared visit that is not saved yet;
    those of a saved one are read with the facts.
    """

    key: Hashable
    branch_id: int
    client_id: int
    service_type_id: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    member_id: int | None = None
    visit_id: int | None = None
    weight: int = 1
    total: int = 1
    others: tuple[Other, ...] = ()

    @classmethod
    def of(cls, visit: Any, **changes: Any) -> Placement:
        """The placement an existing or unsaved visit stands for, with what would change."""
        placement = cls(
            key=visit.pk,
            branch_id=visit.branch_id,
            client_id=visit.client_id,
            service_type_id=visit.service_type_id,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            member_id=visit.caregiver_id,
            visit_id=visit.pk,
            weight=visit.time_weight,
            total=visit.time_total,
        )
        return replace(placement, **changes) if changes else placement

    def given_to(self, member_id: int) -> Placement:
        """The same visit in this caregiver's hands; quicker than `replace`, for the many of a suggestion."""
        return Placement(
            self.key,
            self.branch_id,
            self.client_id,
            self.service_type_id,
            self.starts_at,
            self.ends_at,
            member_id,
            self.visit_id,
            self.weight,
            self.total,
            self.others,
        )

    def at(self, other: Other) -> Placement:
        """The same stay at another client who shares it."""
        return replace(
            self,
            client_id=other.client_id,
            service_type_id=other.service_type_id,
            visit_id=other.visit_id,
            weight=other.weight,
            others=(),
        )

    def shared_with(self, others: Iterable[Other]) -> Placement:
        """The placement of an unsaved visit that these clients share."""
        rows = tuple(others)
        return replace(self, others=rows, total=self.weight + sum(row.weight for row in rows)) if rows else self

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def care_minutes(self) -> int:
        """The client's own part of the time."""
        return portion(self.minutes, self.weight, self.total)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says against a placement, as a sentence that names the thing in the way."""

    code: str
    severity: str
    sentence: str

    @property
    def blocks(self) -> bool:
        return self.severity == Severity.BLOCK


class Subject(models.TextChoices):
    """What a rule is about; the page of rules is ordered by it."""

    TIME = "time", gettext_lazy("The caregiver's time")
    FITNESS = "fitness", gettext_lazy("Role and training")
    CLIENT = "client", gettext_lazy("The client and the home")
    HOURS = "hours", gettext_lazy("Hours of work")
    MONEY = "money", gettext_lazy("Who pays")


@dataclass(frozen=True, slots=True)
class Number:
    """A number by which a rule measures and which the agency may set; a switch is 0 or 1."""

    name: str
    label: str | Promise
    default: int
    least: int = 0
    most: int = 1
    is_switch: bool = False


class Rule:
    """One rule. Subclasses set `code`, `label`, `meaning`, `remedy`, `subject`, `default_severity`, write `judge`.

    `load(facts)` may read what only this rule needs for the whole batch, in a fixed number of queries; its result is
    `self.data`. A rule that speaks about the caregiver (`about_member`) is not asked about open visits.
    `is_fixed` rules are kept by the database itself: the agency cannot soften them. `numbers` are what the agency may
    set; `self.numbers[name]` is its choice. Of a shared visit rules `of_each_client` are asked for every client who is
    there, the others (the caregiver's time and hours, the way) once. Rules `is_about_visit` say the same whoever comes:
    among 500 caregivers they are asked once. `example(stage)` sets a made-up visit against which the rule speaks.
    """

    code: ClassVar[str]
    label: ClassVar[str | Promise]
    meaning: ClassVar[str | Promise]
    remedy: ClassVar[str | Promise]
    subject: ClassVar[str] = Subject.TIME
    default_severity: ClassVar[str] = Severity.BLOCK
    about_member: ClassVar[bool] = True
    of_each_client: ClassVar[bool] = False
    is_about_visit: ClassVar[bool] = False
    is_fixed: ClassVar[bool] = False
    settable: ClassVar[tuple[Number, ...]] = ()

    def __init__(self, severity: str, facts: Facts) -> None:
        self.severity = severity
        self.numbers = self.numbers_of(facts)
        self.data = self.load(facts)

    @classmethod
    def numbers_of(cls, facts: Facts) -> dict[str, int]:
        """The rule's numbers as the agency set them."""
        chosen = facts.agency.rule_numbers.get(cls.code, {})
        return {number.name: chosen.get(number.name, number.default) for number in cls.settable}

    @classmethod
    def reach_days(cls, facts: Facts) -> int:
        """So many days before and after the batch's weeks this rule looks at the caregiver's work; override."""
        return 0

    @classmethod
    def near_hours(cls, facts: Facts) -> int:
        """So many hours before and after a visit this rule looks at the caregiver's other visits; override."""
        return 0

    @classmethod
    def load(cls, facts: Facts) -> Any:
        """Reads what this rule alone needs; override."""
        return None

    def is_silent(self, facts: Facts) -> bool:
        """Nothing in this batch can make the rule speak, so it is not asked; override."""
        return False

    @staticmethod
    def example(stage: Stage) -> None:
        raise NotImplementedError

    def judge(self, placement: Placement, facts: Facts) -> Finding | None:
        raise NotImplementedError

    def take(self, placement: Placement, facts: Facts) -> None:
        """The placement is accepted: what this rule counts for itself grows; override."""

    def finding(self, sentence: str, *, at_most: str = Severity.BLOCK) -> Finding:
        """This rule's finding; `at_most=Severity.WARN` softens a case that is less serious than the rule."""
        severity = Severity.WARN if at_most == Severity.WARN else self.severity
        return Finding(self.code, severity, sentence)


@lru_cache(maxsize=1)
def _classes(paths: tuple[str, ...]) -> tuple[type[Rule], ...]:
    return tuple(import_string(path) for path in paths)


def rule_classes() -> tuple[type[Rule], ...]:
    """The rules of this installation, in the order they are asked."""
    return _classes(tuple(settings.PLACEMENT_RULES))


def remedy_of(code: str) -> str:
    """What would make a placement possible against which the rule of this code speaks."""
    return next((str(rule.remedy) for rule in rule_classes() if rule.code == code), "")


SEVERITIES = frozenset(Severity.values)


def severity_of(rule: type[Rule], severities: dict[str, str]) -> str:
    """The agency's choice for a rule, else the rule's own."""
    chosen = severities.get(rule.code, "")
    if rule.is_fixed or chosen not in SEVERITIES:
        return rule.default_severity
    return chosen


@dataclass
class Judge:
    """Judges the placements of one batch against the rules and against each other.

    `take(placement)` books an accepted placement, so that later ones of the same batch see it.
    """

    placements: Sequence[Placement]
    known: dict[str, Iterable[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.facts = Facts(self.placements, self.known)
        severities = self.facts.agency.rule_severities
        chosen = [(rule, severity_of(rule, severities)) for rule in rule_classes()]
        asked = [(rule, severity) for rule, severity in chosen if severity != Severity.OFF]
        self.facts.reach_days = max((rule.reach_days(self.facts) for rule, _severity in asked), default=0)
        near = max((rule.near_hours(self.facts) for rule, _severity in asked), default=0)
        self.facts.near_hours = max(NEAR_HOURS, near)
        rules = [rule(severity, self.facts) for rule, severity in asked]
        self.ask([rule for rule in rules if not rule.is_silent(self.facts)])

    def ask(self, rules: Sequence[Rule]) -> None:
        """From now on only these rules are asked."""
        self.rules = list(rules)
        self._of_member = [rule for rule in self.rules if not rule.is_about_visit]
        self._of_open = [rule for rule in self._of_member if not rule.about_member]
        self._about_visit = [rule for rule in self.rules if rule.is_about_visit]
        self._of_client = [rule for rule in self.rules if rule.of_each_client]
        self._said_of_visit: dict[Hashable, list[Finding]] = {}
        self._counting = [rule for rule in self.rules if type(rule).take is not Rule.take]

    def judge(self, placement: Placement) -> list[Finding]:
        """Everything the rules have to say, what blocks first."""
        rules = self._of_member if placement.member_id is not None else self._of_open
        found = [finding for rule in rules if (finding := rule.judge(placement, self.facts)) is not None]
        found += self._of_visit(placement)
        if self.facts.has_others:
            for other in self.facts.others_of(placement):
                found += self.judge_client(placement.at(other))
            found = list(dict.fromkeys(found))
        if len(found) > 1:
            found.sort(key=lambda finding: not finding.blocks)
        return found

    def _of_visit(self, placement: Placement) -> list[Finding]:
        """What is said whoever comes; kept until the next placement is taken."""
        key = (
            placement.client_id,
            placement.service_type_id,
            placement.starts_at,
            placement.ends_at,
            placement.visit_id,
            placement.weight,
            placement.total,
        )
        said = self._said_of_visit.get(key)
        if said is None:
            asked = (rule.judge(placement, self.facts) for rule in self._about_visit)
            said = self._said_of_visit[key] = [finding for finding in asked if finding is not None]
        return said

    def judge_client(self, placement: Placement) -> list[Finding]:
        """What the rules about the client alone have to say."""
        is_open = placement.member_id is None
        rules = (rule for rule in self._of_client if not (is_open and rule.about_member))
        asked = (rule.judge(placement, self.facts) for rule in rules)
        return [finding for finding in asked if finding is not None]

    def take(self, placement: Placement) -> None:
        self._said_of_visit.clear()
        self.facts.take(placement)
        for rule in self._counting:
            rule.take(placement, self.facts)
            if rule.of_each_client and self.facts.has_others:
                for other in self.facts.others_of(placement):
                    rule.take(placement.at(other), self.facts)


def judge_placement(placement: Placement, **known: Iterable[Any]) -> list[Finding]:
    """What the rules say to one placement. `known` rows (members, clients, service_types) are not read again."""
    return Judge([placement], dict(known)).judge(placement)


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.blocks]


class PlacementRefused(DomainError):
    """A rule blocks. `detail` holds the findings."""

    code = "placement_refused"

    def __init__(self, findings: Sequence[Finding], *, field: str | None = "caregiver"):
        message = " ".join([finding.sentence for finding in findings] + [_("Choose another time or caregiver.")])
        super().__init__(message, field=field, detail=list(findings))


class TimeTaken(PlacementRefused, Conflict):
    """The caregiver's time is held by another visit or time off: whoever came first has it."""

    code = "time_taken"
    status = 409


class OverrideNeeded(PlacementRefused):
    """Only warnings stand against it: a person who may override goes on with a reason."""

    code = "override_needed"

    def __init__(self, findings: Sequence[Finding], *, may_override: bool):
        sentences = " ".join(dict.fromkeys(finding.sentence for finding in findings))
        what_to_do = (
            _("Give a reason to go on anyway, or choose another time or caregiver.")
            if may_override
            else _("Choose another time or caregiver, or ask somebody who may override this.")
        )
        DomainError.__init__(
            self, f"{sentences} {what_to_do}", field="override_reason" if may_override else None, detail=list(findings)
        )


def check(findings: Sequence[Finding], *, by: Any, override_reason: str) -> list[Finding]:
    """The warnings that are overridden; raises when a rule blocks or a warning has no accepted reason."""
    blocked = blocking(findings)
    if blocked:
        taken = any(finding.code in ("overlap", "time_off") for finding in blocked)
        raise TimeTaken(blocked) if taken else PlacementRefused(blocked)
    warned = list(findings)
    if warned:
        may_override = by.has_perm("scheduling.override_rule")
        if not override_reason.strip() or not may_override:
            raise OverrideNeeded(warned, may_override=may_override)
    return warned
