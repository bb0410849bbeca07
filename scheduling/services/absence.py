"""A caregiver suddenly cannot come: her time is held, her visits are opened, others take them, everybody hears once."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from homecare.accounts.models import User
from homecare.audit.services.event import build, record_many
from homecare.clock import now
from homecare.errors import Conflict, DomainError
from scheduling import notices_of_absences as notices
from scheduling.models import LostVisit, Visit
from scheduling.services.visit import assign_visit, move_visit, once_more
from staff.models import Member, TimeOff
from staff.services.time_off import record_absence


@dataclass(frozen=True)
class Choice:
    """This caregiver takes this lost visit, at this time."""

    visit: Visit
    member: Member
    starts_at: dt.datetime
    version: int | None = None


@dataclass
class Covered:
    """What became of the choices: visits taken, and the sentence for each that was refused."""

    taken: list[Visit] = field(default_factory=list)
    refused: list[tuple[Visit, str]] = field(default_factory=list)


def report_absence(
    member: Member, *, starts_at: dt.datetime, ends_at: dt.datetime, reason: str, note: str = "", by: User
) -> TimeOff:
    """Holds the time [starts_at, ends_at) and opens the visits in it, in one transaction.

    Raises Conflict while she is in a visit then (it has to be finished or closed first) or when that time is already
    off; DomainError when it is over.
    """
    if ends_at <= now():
        raise DomainError(_("This time is over. Correct what took place on the approval page."), field="until_day")

    def act() -> TimeOff:
        Member.locked(member.pk)
        overlapping = Visit.objects.leading().filter(caregiver=member, starts_at__lt=ends_at, ends_at__gt=starts_at)
        running = overlapping.filter(status=Visit.Status.IN_PROGRESS).first()
        if running is not None:
            raise Conflict(
                _("%(caregiver)s is in a visit now. Finish it, or let the absence begin after it.")
                % {"caregiver": member.full_name}
            )
        lost = _open(overlapping.filter(status__in=Visit.OPEN_STATUSES, ends_at__gt=now()), by=by)
        row = record_absence(member, starts_at=starts_at, ends_at=ends_at, reason=reason, note=note, by=by)
        LostVisit.objects.bulk_create(LostVisit(time_off=row, visit=visit) for visit in lost)
        notices.tell_absent(row, len(lost))
        return row

    return once_more(act)


def _open(visits: Iterable[Visit], *, by: User) -> list[Visit]:
    """Takes the visits from their caregiver; they stand open until covered."""
    rows = list(visits.select_for_update(of=("self",)).select_related("client").order_by("pk"))  # type: ignore[attr-defined]
    events = [
        build("visit.lost", row, by=by, changes={"caregiver_id": [row.caregiver_id, None]}, reason=_("Absent"))
        for row in rows
    ]
    Visit.objects.filter(pk__in=[row.pk for row in rows]).update(
        caregiver=None, status=Visit.Status.PLANNED, is_changed_by_hand=True, version=F("version") + 1
    )
    record_many(events)
    return rows


def _give(choice: Choice, *, by: User, override_reason: str) -> Visit:
    how: dict[str, Any] = {"by": by, "override_reason": override_reason, "version": choice.version, "tell": False}
    if choice.starts_at == choice.visit.starts_at:
        return assign_visit(choice.visit, choice.member, **how)
    return move_visit(choice.visit, starts_at=choice.starts_at, caregiver=choice.member, **how)


def cover_visits(time_off: TimeOff, choices: Sequence[Choice], *, by: User, override_reason: str = "") -> Covered:
    """Gives lost visits to others, each in its own transaction; what is refused stays open and says why.

    Whoever takes visits hears once, and so does each family.
    """
    result, given = Covered(), defaultdict[int, list[Visit]](list)
    for choice in choices:
        try:
            visit = _give(choice, by=by, override_reason=override_reason)
        except DomainError as error:
            result.refused.append((choice.visit, error.message))
            continue
        result.taken.append(visit)
        given[choice.member.pk].append(visit)
    for visits in given.values():
        notices.tell_covering(time_off, visits)
    notices.tell_families(time_off, result.taken)
    return result
