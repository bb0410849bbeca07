"""Draft rosters: planned as a job or begun by hand, changed line by line, applied in one transaction or not at all."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from homecare.accounts.models import Branch, User
from homecare.audit.services.event import build as build_event
from homecare.audit.services.event import record, record_many
from homecare.clock import day_bounds, now, today
from homecare.errors import Conflict, DomainError
from homecare.jobs.services.job import start_job
from scheduling import notices
from scheduling.models import Roster, RosterLine, Visit
from scheduling.placement import Finding, Judge, OverrideNeeded, Placement, blocking
from scheduling.services.override import keep_overrides
from scheduling.services.rotation_lines import lock_patterns, write_lines
from scheduling.services.visit import lock_members, once_more
from scheduling.wording import span
from staff.models import Member

KIND = "scheduling.plan_roster"
LONGEST = dt.timedelta(days=27)  # four weeks
WHY = 3  # so many of the most frequent reasons are kept with an unfilled visit
NAMED = 5
# The engine's own codes (scheduling/roster/checker.py, explain); everything else is a placement rule's sentence.
WORDS = {
    "free": gettext_noop("free, but another visit is worth more"),
    "travel": gettext_noop("too little time to travel"),
    "rest": gettext_noop("too little rest before or after"),
    "shift": gettext_noop("not available then"),
    "hours": gettext_noop("no hours left in the week"),
    "two_carers": gettext_noop("is the other caregiver of this visit"),
}
Progress = Callable[[int, int, str], None]


@dataclass
class Obstacles:
    """Why a roster cannot be applied: visits that changed meanwhile, and what the rules block."""

    changed: list[RosterLine] = field(default_factory=list)
    blocked: list[tuple[RosterLine, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.changed or self.blocked)


class RosterRefused(Conflict):
    """The live plan or the rules stand against it; `detail` holds the Obstacles. Nothing was changed."""

    code = "roster_refused"


def begin_roster(
    branch: Branch, *, first_on: dt.date, last_on: dt.date, origin: str, only_open: bool, seconds: int, by: User
) -> Roster:
    """A new draft: proposed by the engine in a job, or a copy of the live plan to change by hand.

    Raises DomainError for days that are over, the wrong way round, more than four weeks, or without visits.
    """
    if last_on < first_on:
        raise DomainError(_("The last day is before the first."), field="last_on")
    if last_on - first_on > LONGEST:
        raise DomainError(_("Plan four weeks at most in one roster."), field="last_on")
    if last_on < today(branch.time_zone):
        raise DomainError(_("These days are over. Choose today or later."), field="first_on")
    if not _plannable(branch, first_on, last_on).exists():
        raise DomainError(_("There are no visits to plan in these days. Choose other days."), field="first_on")
    with transaction.atomic():
        roster = Roster.objects.create(
            branch=branch,
            first_on=first_on,
            last_on=last_on,
            origin=origin,
            only_open=only_open,
            seconds=seconds,
            created_by=by,
        )
        record("roster.begun", roster, by=by)
        if origin == Roster.Origin.COPY:
            rows = _plannable(branch, first_on, last_on)
            RosterLine.objects.bulk_create(_line(roster, row, row.caregiver_id, row.starts_at) for row in rows)
            roster.move_to(Roster.Status.DRAFT)
        else:
            start_search(roster, by=by)
        roster.save(update_fields=["status", "job"])
    return roster


def start_search(roster: Roster, *, by: User) -> None:
    """Gives the roster a job that searches it; the caller saves the row."""
    title = _("Roster of %(branch)s") % {"branch": roster.branch.name}
    roster.job = start_job(KIND, by=by, params={"roster": roster.pk}, branch=roster.branch, title=title)


def search_roster(roster: Roster, *, progress: Progress) -> int:
    """What the job does: keeps the engine's proposal as lines and returns how many. Run again, it starts anew."""
    from scheduling.roster.builder import Wishes, build
    from scheduling.roster.planning import propose  # loads the search, which web workers never need

    if roster.status != Roster.Status.PLANNING:
        return 0
    draft = build(roster.branch, roster.first_on, roster.last_on, Wishes(only_open=roster.only_open))
    proposal = propose(
        draft,
        seconds=float(roster.seconds),
        start=draft.current,
        progress=lambda share, words: progress(round(share * 100), 100, words),
        should_stop=_asked_to_finish(roster),
    )
    placed = {placement.key: placement for placement in draft.placements(proposal.plan)}
    lines = []
    for pk, row in draft.rows.items():
        placement = placed.get(pk)
        line = _line(
            roster, row, placement.member_id if placement else None, placement.starts_at if placement else row.starts_at
        )
        line.warnings = [finding.sentence for finding in proposal.warnings.get(pk, [])]
        counted = Counter(reason.rule for reason in proposal.unfilled.get(pk, []))
        line.reasons = [{"why": _in_words(why), "carers": count} for why, count in counted.most_common(WHY)]
        lines.append(line)
    with transaction.atomic():
        roster = Roster.locked(roster.pk)
        if roster.status != Roster.Status.PLANNING:
            return 0
        roster.lines.all().delete()
        RosterLine.objects.bulk_create(lines, batch_size=1000)
        roster.move_to(Roster.Status.DRAFT)
        roster.save(update_fields=["status"])
    return len(lines)


def finish_search(roster: Roster) -> None:
    """Ends the search now; what it has found so far becomes the draft."""
    Roster.objects.filter(pk=roster.pk, finish_asked_at=None).update(finish_asked_at=now())


def change_line(line: RosterLine, caregiver: Member | None, *, starts_at: dt.datetime, by: User) -> RosterLine:
    """Another caregiver or time in the draft, judged beside the draft's other lines.

    The line then stands on the live visit as it is now. Raises PlacementRefused for what a rule blocks; warnings are
    kept with the line and need a reason when the roster is applied.
    """
    from scheduling.placement import PlacementRefused

    with transaction.atomic():
        roster = Roster.locked(line.roster_id)
        _demand_draft(roster)
        visit = line.visit = Visit.objects.get(pk=line.visit_id)
        line.version, line.caregiver_before_id, line.starts_before = visit.version, visit.caregiver_id, visit.starts_at
        line.caregiver, line.starts_at, line.is_by_hand, line.reasons = caregiver, starts_at, True, []
        found = _judge([line, *_others_of(line)]).get(line.pk, []) if caregiver else []
        if blocking(found):
            raise PlacementRefused(blocking(found))
        line.warnings = [finding.sentence for finding in found]
        line.save()
        record("roster.changed", roster, by=by, changes={"visit": [None, line.visit_id]})
    return line


def discard_roster(roster: Roster, *, by: User) -> Roster:
    """Throws the draft away; the live plan was never touched."""
    with transaction.atomic():
        row = Roster.locked(roster.pk)
        row.move_to(Roster.Status.DISCARDED)
        row.finish_asked_at = row.finish_asked_at or now()
        row.save(update_fields=["status", "finish_asked_at"])
        record("roster.discarded", row, by=by)
    return row


def apply_roster(roster: Roster, *, by: User, override_reason: str = "") -> int:
    """Writes every changed line to the live plan in one transaction; returns how many visits changed.

    Raises RosterRefused with the list when visits changed meanwhile or a rule blocks (nothing is written then), and
    OverrideNeeded when warnings want a reason.
    """

    def act() -> int:
        row = Roster.locked(roster.pk)
        _demand_draft(row)
        lines = list(row.lines.changed().select_related("visit"))
        ids = {pk for line in lines for pk in (line.caregiver_id, line.caregiver_before_id) if pk}
        members = lock_members(ids)
        before = lock_patterns(row)
        _take_fresh(lines)
        shown = _shown_to(lines)
        findings = _check(lines)
        _demand_reason(findings, by=by, override_reason=override_reason)
        _write(lines, findings, by=by, reason=override_reason, by_hand=before is None)
        if before is not None:
            write_lines(row, before, by=by)
        row.move_to(Roster.Status.APPLIED)
        row.applied_by, row.applied_at = by, now()
        row.save(update_fields=["status", "applied_by", "applied_at"])
        record("roster.applied", row, by=by, changes={"visits": [0, len(lines)]}, reason=override_reason)
        notices.tell_of_series(
            [members[pk] for pk in sorted(shown) if pk in members], notices.CHANGED, key=f"roster{row.pk}"
        )
        return len(lines)

    return once_more(act)


def _shown_to(lines: Sequence[RosterLine]) -> set[int]:
    """Whose phone shows a difference, asked before it is written; the publication tells the other changes."""
    shown = [line for line in lines if line.visit.is_published or line.visit.shows_at(line.starts_at)]
    return {pk for line in shown for pk in (line.caregiver_id, line.caregiver_before_id) if pk}


def _in_words(why: str) -> str:
    return _(WORDS[why]) if why in WORDS else why


def _plannable(branch: Branch, first_on: dt.date, last_on: dt.date) -> Any:
    starts, ends = day_bounds(first_on, branch.time_zone)[0], day_bounds(last_on, branch.time_zone)[1]
    rows = Visit.objects.leading().filter(branch=branch, status__in=Visit.OPEN_STATUSES)
    return rows.filter(starts_at__gte=max(starts, now()), starts_at__lt=ends).order_by("starts_at", "pk")


def _line(roster: Roster, row: Visit, member_id: int | None, starts_at: dt.datetime) -> RosterLine:
    return RosterLine(
        roster=roster,
        visit_id=row.pk,
        version=row.version,
        caregiver_before_id=row.caregiver_id,
        starts_before=row.starts_at,
        caregiver_id=member_id,
        starts_at=starts_at,
    )


def _asked_to_finish(roster: Roster) -> Callable[[], bool]:
    """Asks the database once a second whether somebody wants the best found so far."""
    asked_at, answer = 0.0, False

    def ask() -> bool:
        nonlocal asked_at, answer
        if not answer and time.monotonic() - asked_at > 1:
            asked_at = time.monotonic()
            answer = Roster.objects.filter(pk=roster.pk, finish_asked_at__isnull=False).exists()
        return answer

    return ask


def _demand_draft(roster: Roster) -> None:
    if roster.status != Roster.Status.DRAFT:
        raise Conflict(
            _("This roster is %(status)s and can no longer be changed.")
            % {"status": str(roster.get_status_display()).lower()}
        )


def _others_of(line: RosterLine) -> list[RosterLine]:
    """The draft's lines around this one that its caregiver has, or has in the live plan and gives away."""
    week = dt.timedelta(days=8)
    theirs = Q(caregiver=line.caregiver) | Q(caregiver_before=line.caregiver)
    rows = RosterLine.objects.filter(theirs, roster=line.roster_id).exclude(pk=line.pk)
    rows = rows.filter(starts_at__gt=line.starts_at - week, starts_at__lt=line.starts_at + week)
    return list(rows.select_related("visit"))


def _judge(lines: Sequence[RosterLine]) -> dict[int, list[Finding]]:
    """What the rules say to each line, all of them in place: the first line is asked last."""
    placements = [
        Placement.of(
            line.visit, key=line.pk, member_id=line.caregiver_id, starts_at=line.starts_at, ends_at=line.ends_at
        )
        for line in lines
    ]
    judge, found = Judge(placements), {}
    for placement in sorted(placements[1:], key=lambda row: row.starts_at):
        judge.take(placement)
    found[lines[0].pk] = judge.judge(placements[0])
    return found


def _take_fresh(lines: Sequence[RosterLine]) -> None:
    """Locks the visits and refuses when one is no longer what the draft was made from."""
    rows = Visit.objects.select_for_update(of=("self",)).filter(pk__in=[line.visit_id for line in lines])
    fresh = {row.pk: row for row in rows.select_related("branch", "client", "service_type").order_by("pk")}
    changed = []
    for line in lines:
        row = fresh.get(line.visit_id)
        if row is None or row.version != line.version or row.status not in Visit.OPEN_STATUSES or row.starts_at < now():
            changed.append(line)
        else:
            line.visit = row
    if changed:
        raise _refusal(Obstacles(changed=changed))


def _check(lines: Sequence[RosterLine]) -> dict[int, list[Finding]]:
    """Every filled line judged in the order of time, the earlier ones booked; refuses what a rule blocks."""
    ordered = sorted(lines, key=lambda line: line.starts_at)
    placements = [
        Placement.of(
            line.visit, key=line.pk, member_id=line.caregiver_id, starts_at=line.starts_at, ends_at=line.ends_at
        )
        for line in ordered
    ]
    judge = Judge(placements)
    found: dict[int, list[Finding]] = {}
    obstacles = Obstacles()
    for line, placement in zip(ordered, placements, strict=True):
        if placement.member_id is None:
            continue
        findings = judge.judge(placement)
        if blocking(findings):
            obstacles.blocked.append((line, " ".join(finding.sentence for finding in blocking(findings))))
        judge.take(placement)
        found[line.pk] = findings
    if obstacles:
        raise _refusal(obstacles)
    return found


def _refusal(obstacles: Obstacles) -> RosterRefused:
    if obstacles.changed:
        count = len(obstacles.changed)
        text = ngettext(
            "%(count)s visit has changed since this roster was drafted: %(named)s. Begin a new roster, or change these "
            "lines by hand.",
            "%(count)s visits have changed since this roster was drafted: %(named)s. Begin a new roster, or change "
            "these lines by hand.",
            count,
        )
        return RosterRefused(text % {"count": count, "named": _named(obstacles.changed)}, detail=obstacles)
    sentences = " ".join(sentence for _line, sentence in obstacles.blocked[:NAMED])
    more = len(obstacles.blocked) - NAMED
    tail = _(" And %(n)s more.") % {"n": more} if more > 0 else ""
    return RosterRefused(_("The rules stand against it: %(why)s") % {"why": sentences} + tail, detail=obstacles)


def _named(lines: Sequence[RosterLine]) -> str:
    rows = Visit.objects.filter(pk__in=[line.visit_id for line in lines[:NAMED]]).select_related("client", "branch")
    words = [
        f"{row.client.short_name} {span(row.starts_at, row.ends_at, row.branch.time_zone)}"
        for row in rows.order_by("starts_at")
    ]
    more = len(lines) - len(words)
    return "; ".join(words) + (_(" and %(n)s more") % {"n": more} if more > 0 else "")


def _demand_reason(findings: dict[int, list[Finding]], *, by: User, override_reason: str) -> None:
    warned = [finding for rows in findings.values() for finding in rows]
    may_override = by.has_perm("scheduling.override_rule")
    if warned and not (override_reason.strip() and may_override):
        raise OverrideNeeded(warned[:NAMED], may_override=may_override)


def _write(
    lines: Sequence[RosterLine], findings: dict[int, list[Finding]], *, by: User, reason: str, by_hand: bool
) -> None:
    """One UPDATE for all, so that two caregivers may swap: the trigger frees everybody before it holds anybody."""
    events, overrides, visits = [], [], []
    for line in lines:
        visit = line.visit
        changes: dict[str, Any] = {}
        if visit.caregiver_id != line.caregiver_id:
            changes["caregiver_id"] = [visit.caregiver_id, line.caregiver_id]
        if visit.starts_at != line.starts_at:
            changes["starts_at"] = [visit.starts_at, line.starts_at]
        visit.ends_at, visit.starts_at = line.ends_at, line.starts_at
        visit.caregiver_id = line.caregiver_id
        visit.withdraw_confirmation()
        visit.version += 1
        visit.is_changed_by_hand = visit.is_changed_by_hand or (by_hand and visit.schedule_id is not None)
        visits.append(visit)
        events.append(build_event("visit.assigned", visit, by=by, changes=changes, reason=reason))
        overrides += [(visit, one) for one in findings.get(line.pk, [])]
    Visit.objects.bulk_update(visits, ["caregiver", "status", "starts_at", "ends_at", "version", "is_changed_by_hand"])
    keep_overrides(overrides, by=by, reason=reason)
    record_many(events)
