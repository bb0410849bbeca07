"""The rows of the approval list: planned beside clocked beside what would be approved, with what is different and why.

A page of 100 visits costs four statements. The order is found first, over keys alone; the visits of one page are then
read with just the columns that a row prints, their exceptions and the proposed correction in the same statement.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    F,
    FilteredRelation,
    OuterRef,
    Q,
)
from django.db.models.functions import Coalesce, JSONObject
from django.utils.translation import gettext_lazy as _

from homecare.addresses import address
from homecare.templatetags.ui import NOTHING, clock, daytime_tag, minutes
from scheduling.evv import missing_elements
from scheduling.evv_rows import with_place
from scheduling.models import ReasonCode, Visit, VisitCorrection, VisitException
from scheduling.reason_sets import ReasonSet, sets_of
from scheduling.services.approval import waits_with, why_not
from scheduling.shared_time import portion

UNCLOCKED = (Visit.Status.PLANNED, Visit.Status.CONFIRMED, Visit.Status.IN_PROGRESS)
COLUMNS = (
    *(
        "branch",
        "client",
        "service_type",
        "caregiver",
        "leader",
        "time_weight",
        "time_total",
        "status",
        "cancel_reason",
    ),
    *(
        "starts_at",
        "ends_at",
        "started_at",
        "finished_at",
        "approved_minutes",
        "approved_starts_at",
        "approved_ends_at",
    ),
)
DECIDED = (
    *("adjustment_code", "adjustment_memo", "approved_by", "approved_at", "adjustment_code__code"),
    *("adjustment_code__text", "approved_by__first_name", "approved_by__last_name", "approved_by__email"),
)
# Words beside the visit: to make rows of four tables of each line takes more time than to read it.
NAMES = ("client__first_name", "client__last_name", "caregiver__first_name", "caregiver__last_name")
WORDS = {name.replace("__", "_"): F(name) for name in (*NAMES, "service_type__name", "branch__time_zone")}
# As Visit.is_shared says of one.
IS_SHARED = Q(leader__isnull=False) | Q(time_total__gt=F("time_weight"))
IS_CLEAN = Q(has_open=False, status=Visit.Status.COMPLETED, started_at__isnull=False, finished_at__isnull=False)


class Rights(NamedTuple):
    """What the person who looks may do besides approving."""

    change: bool = False
    clock: bool = False


NO_RIGHTS = Rights()


@dataclass(frozen=True)
class ExceptionLine:
    """One exception of a row: open with the reason people most often give, or with the reason that was given."""

    pk: int
    kind: str
    detail: str
    memo: str
    is_open: bool
    reason: str
    action: str
    suggested: ReasonCode | None = None

    @property
    def label(self) -> str:
        return str(KIND_WORDS[self.kind])

    @property
    def url(self) -> str:
        return address("scheduling:exception-resolve", self.pk)

    @property
    def given(self) -> str:
        """The reason that was given, with what was done about it."""
        return f"{self.reason} · {self.action}" if self.action else self.reason

    @property
    def one_click(self) -> ReasonCode | None:
        """The suggested reason, where it needs no sentence."""
        return self.suggested if self.suggested and not self.suggested.needs_memo else None


KIND_WORDS = dict(VisitException.Kind.choices)


@dataclass(frozen=True)
class ProposedTimes:
    """The correction a caregiver has sent; at most one waits for each visit."""

    pk: int
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    reason: str

    @property
    def accept_url(self) -> str:
        return address("scheduling:correction-accept", self.pk)

    @property
    def decline_url(self) -> str:
        return address("scheduling:correction-decline", self.pk)


@dataclass(frozen=True)
class ApprovalRow:
    """One visit of the list.

    `undecided` names the clients who share it and whose own row waits for a reason or an answer: a shared visit is
    approved for all of them or for none."""

    visit: Any
    exceptions: list[ExceptionLine] = field(default_factory=list)
    correction: ProposedTimes | None = None
    rights: Rights = NO_RIGHTS
    undecided: Sequence[str] = ()

    @property
    def pk(self) -> int:
        return self.visit.pk

    @property
    def url(self) -> str:
        return address("scheduling:visit-detail", self.pk)

    @property
    def links(self) -> list[tuple[str, str]]:
        """What can be done with it, each a page that opens as a dialog."""
        return [(str(label), address(f"scheduling:{name}", self.pk)) for name, label in self._acts()]

    def _acts(self) -> Iterator[tuple[str, Any]]:
        if self.visit.status == Visit.Status.APPROVED:
            yield "visit-reopen", _("Reopen…")
        elif self.visit.status == Visit.Status.COMPLETED:
            yield "visit-adjust", _("Other times…")
        elif self.is_unclocked:
            if self.rights.clock:
                yield "visit-clock", _("Clock…")
            if self.rights.change:
                yield "visit-close", _("Took place…")
                if not self.is_going_on:
                    yield "visit-missed", _("Missed…")

    @property
    def restore_url(self) -> str:
        """Where a visit marked missed by mistake is planned again; empty when that is not for this person."""
        missed = self.visit.status == Visit.Status.MISSED
        return address("scheduling:visit-restore", self.pk) if missed and self.rights.change else ""

    @property
    def proposed_times(self) -> str:
        zone, one = self.visit.branch_time_zone, self.correction
        moments = (one.starts_at, one.ends_at) if one else ()
        return "–".join(clock(moment, zone) if moment else "…" for moment in moments)

    @cached_property
    def unresolved(self) -> list[ExceptionLine]:
        return [one for one in self.exceptions if one.is_open]

    @cached_property
    def resolved(self) -> list[ExceptionLine]:
        return [one for one in self.exceptions if not one.is_open]

    @cached_property
    def why_not(self) -> str:
        """Its own reason, else that of those who share it."""
        own = why_not(self.visit, len(self.unresolved), has_correction=self.correction is not None)
        return own or (waits_with(self.undecided) if self.undecided else "")

    @property
    def is_ready(self) -> bool:
        """Nothing is left to say: it can be approved with its punches. As `IS_CLEAN` has it."""
        completed = self.visit.status == Visit.Status.COMPLETED and self.visit.clocked_minutes is not None
        return completed and not self.unresolved and self.correction is None and not self.undecided

    @property
    def is_going_on(self) -> bool:
        return self.visit.status == Visit.Status.IN_PROGRESS

    @cached_property
    def is_unclocked(self) -> bool:
        return self.visit.status in UNCLOCKED

    @property
    def missing(self) -> list[str]:
        """Elements of a verified visit that it lacks; asked once it has taken place."""
        took_place = self.visit.status in (Visit.Status.COMPLETED, Visit.Status.APPROVED)
        return missing_elements(self.visit, self.visit.is_placed) if took_place else []

    @cached_property
    def to_approve(self) -> int | None:
        """Minutes as approved, else as clocked; of a shared visit the client's part."""
        visit, clocked = self.visit, self.visit.clocked_minutes
        if visit.approved_minutes is not None or clocked is None:
            return visit.approved_minutes
        return portion(clocked, visit.time_weight, visit.time_total)

    @cached_property
    def difference(self) -> int:
        """Minutes more (or less) than planned; 0 while nothing is known."""
        return 0 if self.to_approve is None else int(self.to_approve - self.visit.care_minutes)

    # What a row prints, in words. In Python, because a hundred rows of filters took most of the page's time.

    @cached_property
    def client(self) -> str:
        return f"{self.visit.client_first_name} {self.visit.client_last_name}"

    @property
    def caregiver(self) -> str:
        visit = self.visit
        return f"{visit.caregiver_first_name} {visit.caregiver_last_name}" if visit.caregiver_id else NOTHING

    @property
    def when(self) -> str:
        return daytime_tag(self.visit.starts_at, self.visit.ends_at, self.visit.branch_time_zone)

    @property
    def service(self) -> str:
        name = self.visit.service_type_name
        return f"{name} · {_('shared')}" if self.visit.is_shared else name

    @property
    def planned(self) -> str:
        return minutes(self.visit.planned_minutes)

    @property
    def planned_times(self) -> str:
        return self._times(self.visit.starts_at, self.visit.ends_at)

    @property
    def clocked(self) -> str:
        return minutes(self.visit.clocked_minutes)

    @property
    def clocked_times(self) -> str:
        """Empty when nobody has clocked at all."""
        begun, ended = self.visit.started_at, self.visit.finished_at
        return self._times(begun, ended) if begun or ended else ""

    @property
    def total(self) -> str:
        return minutes(self.to_approve)

    @property
    def more(self) -> str:
        """The difference with its sign; empty when there is none."""
        sign = "+" if self.difference > 0 else ""
        return f"{sign}{minutes(self.difference)}" if self.difference else ""

    def _times(self, begin: dt.datetime | None, end: dt.datetime | None) -> str:
        zone = self.visit.branch_time_zone
        return f"{clock(begin, zone)}–{clock(end, zone)}"


def _undecided() -> Q:
    """An exception without a reason, or proposed times that nobody has answered."""
    open_ones = VisitException.objects.unresolved().filter(visit=OuterRef("pk"))
    proposed = VisitCorrection.objects.pending().filter(visit=OuterRef("pk"))
    return Exists(open_ones) | Exists(proposed)


def with_open(visits: Any) -> Any:
    """Adds `has_open`: it is undecided, or the visit of a client who shares it is; they are approved together."""
    lead = Coalesce(OuterRef("leader"), OuterRef("pk"))
    stay = Visit.objects.live().filter(Q(pk=lead) | Q(leader=lead))
    return visits.annotate(has_open=_undecided() | (IS_SHARED & Exists(stay.filter(_undecided()))))


def clean(visits: Any) -> Any:
    """Waiting for approval with both punches, nothing undecided: nothing is left to say."""
    return with_open(visits.unapproved()).filter(IS_CLEAN)


class Waiting(NamedTuple):
    """The visits that wait, as the list shows them, and how many of them are clean."""

    keys: list[int]
    clean: int


def in_order(visits: Any) -> Waiting:
    """What needs a decision first. Of visits `with_open`; one statement, from which pages and counts follow."""
    rows = visits.annotate(is_clean=ExpressionWrapper(IS_CLEAN, BooleanField()))
    found = list(rows.order_by("is_clean", "starts_at", "pk").values_list("is_clean", "pk"))
    return Waiting([pk for _clean, pk in found], sum(is_clean for is_clean, _pk in found))


def _as_shown(visits: Any, *, decided: bool) -> Any:
    """The columns of a row, its exceptions as an array, and the one correction that waits."""
    visits = visits.only(*COLUMNS, *(DECIDED if decided else ())).annotate(**WORDS)
    if decided:
        visits = visits.select_related("adjustment_code", "approved_by")
    given = VisitException.objects.filter(visit=OuterRef("pk")).order_by("kind")
    codes = {f"{name}_{part}": f"{name}_code__{part}" for name in ("reason", "action") for part in ("code", "text")}
    is_open = ExpressionWrapper(Q(resolved_at=None), output_field=BooleanField())
    parts = JSONObject(pk="pk", kind="kind", detail="detail", memo="memo", is_open=is_open, **codes)
    waiting = FilteredRelation("corrections", condition=Q(corrections__status=VisitCorrection.Status.PENDING))
    return with_place(visits).annotate(
        exception_parts=ArraySubquery(given.values(json=parts)),
        waiting=waiting,
        **{f"proposed_{name}": F(f"waiting__{name}") for name in ("pk", "starts_at", "ends_at", "reason")},
    )


def rows_of(pks: Sequence[int], rights: Rights, *, decided: bool = False) -> list[ApprovalRow]:
    """The rows of these visits, in this order; three statements, whatever their number, one more when some are shared.

    `decided`: with who approved them and why the times differ, which only a settled visit has."""
    visits = {visit.pk: visit for visit in _as_shown(Visit.objects.filter(pk__in=pks), decided=decided).order_by()}
    found = [visits[pk] for pk in pks if pk in visits]
    sets = sets_of(visit for visit in found if visit.exception_parts)
    undecided = {} if decided else _undecided_of(visit for visit in found if visit.is_shared)
    return [_row(visit, sets, rights, undecided.get(visit.leader_id or visit.pk, [])) for visit in found]


class Sharing(NamedTuple):
    """A visit of a stay that is undecided, by its client's name."""

    pk: int
    client: str


def _undecided_of(shared: Iterable[Visit]) -> dict[int, list[Sharing]]:
    """Leader's key → the undecided visits of that stay; nothing is asked when none is shared."""
    leads = {visit.leader_id or visit.pk for visit in shared}
    if not leads:
        return {}
    stays = Visit.objects.live().filter(_undecided(), Q(pk__in=leads) | Q(leader__in=leads)).order_by("pk")
    found: dict[int, list[Sharing]] = {}
    for pk, lead, *names in stays.values_list("pk", "leader", "client__first_name", "client__last_name"):
        found.setdefault(lead or pk, []).append(Sharing(pk, " ".join(names)))
    return found


def _row(visit: Any, sets: dict[int, ReasonSet], rights: Rights, stay: Iterable[Sharing]) -> ApprovalRow:
    lines = [_line(parts, sets[visit.pk]) for parts in visit.exception_parts]
    others = [one.client for one in stay if one.pk != visit.pk]
    times = (visit.proposed_pk, visit.proposed_starts_at, visit.proposed_ends_at, visit.proposed_reason)
    return ApprovalRow(visit, lines, ProposedTimes(*times) if visit.proposed_pk else None, rights, others)


def _line(parts: dict[str, Any], codes: ReasonSet) -> ExceptionLine:
    # Where the payer also asks what was done about it, one click cannot say both.
    asks_one = parts["is_open"] and not codes.actions
    return ExceptionLine(
        **{name: parts[name] for name in ("pk", "kind", "detail", "memo", "is_open")},
        reason=f"{parts['reason_code']} {parts['reason_text']}" if parts["reason_code"] else "",
        action=f"{parts['action_code']} {parts['action_text']}" if parts["action_code"] else "",
        suggested=codes.suggested(parts["kind"]) if asks_one else None,
    )
