"""What clients want for a holiday: kept as their answer; no visits is a pause of each pattern for that one day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client
from homecare.accounts.models import Holiday, User
from homecare.audit.services.event import record
from homecare.clock import day_bounds, local, today
from homecare.errors import Conflict, DomainError
from scheduling.models import HolidayAnswer, Schedule, Visit
from scheduling.pattern import Temporary
from scheduling.services.materialise import patterns_of
from scheduling.services.temporary_change import change_temporarily
from scheduling.services.visit import cancel_visit

Answer = HolidayAnswer.Answer


@dataclass
class Decided:
    """What one press did: answers kept, visits cancelled, and the sentence for each client that was left."""

    answered: int = 0
    cancelled: int = 0
    left: list[tuple[Client, str]] = field(default_factory=list)


def open_visits(holiday: Holiday, clients: Sequence[Client]) -> list[Visit]:
    """The visits of these clients that would be cancelled: planned ones that start on the holiday."""
    starts_at, ends_at = day_bounds(holiday.on, holiday.branch.time_zone)
    rows = Visit.objects.filter(client__in=clients, branch=holiday.branch_id, status__in=Visit.OPEN_STATUSES)
    rows = rows.filter(starts_at__gte=starts_at, starts_at__lt=ends_at)
    return list(rows.with_people().order_by("client__last_name", "starts_at", "pk"))


def decide_holiday(
    holiday: Holiday, choices: dict[Client, str], *, seen: dict[Client, str] | None = None, by: User
) -> Decided:
    """Keeps each client's answer, each in its own transaction; the same answer again does nothing.

    `seen` is what the person saw before: an answer they left as it was is not given again when somebody changed it
    meanwhile, and one they did change is left with a sentence that says who was first.
    """
    if holiday.on < today(holiday.branch.time_zone):
        raise DomainError(_("This holiday is over."))
    result = Decided()
    for client, answer in sorted(choices.items(), key=lambda pair: pair[0].pk):
        before = (seen or {}).get(client)
        try:
            with transaction.atomic():
                if before is not None and _changed_meanwhile(holiday, client, before, answer):
                    continue
                result.cancelled += _decide(holiday, client, Answer(answer), by)
                result.answered += 1
        except DomainError as error:
            result.left.append((client, error.message))
    return result


def _changed_meanwhile(holiday: Holiday, client: Client, before: str, answer: str) -> bool:
    """Has somebody else answered since? True when the person did not touch this one, else a Conflict."""
    Client.objects.select_for_update().get(pk=client.pk)
    stands = HolidayAnswer.objects.filter(holiday=holiday, client=client).select_related("by").first()
    if stands is None or stands.answer in (before, answer):
        return False
    if answer == before:
        return True
    raise Conflict(
        _("%(person)s answered “%(answer)s” meanwhile, at %(time)s. Look again, then decide.")
        % {
            "person": stands.by,
            "answer": stands.get_answer_display(),
            "time": f"{local(stands.at, holiday.branch.time_zone):%H:%M}",
        }
    )


def _decide(holiday: Holiday, client: Client, answer: Answer, by: User) -> int:
    Client.objects.select_for_update().get(pk=client.pk)
    kept = HolidayAnswer.objects.filter(holiday=holiday, client=client).first()
    if kept is None or kept.answer != answer:
        HolidayAnswer.objects.update_or_create(
            holiday=holiday, client=client, defaults={"answer": answer, "by": by, "at": timezone.now()}
        )
        before = kept.answer if kept else None
        record("holiday.answered", client, by=by, changes={"answer": [before, answer.value], "on": str(holiday.on)})
    return _cancel_day(holiday, client, by) if answer == Answer.CANCEL else 0


def _cancel_day(holiday: Holiday, client: Client, by: User) -> int:
    """Pauses the client's patterns for the day, and cancels what stands there without one. Where others share a
    pattern, only this client's part of the day is cancelled."""
    count, day = len(open_visits(holiday, [client])), holiday.on
    schedules = (
        Schedule.objects.filter(client=client, sharers=None).active().select_related("client__branch", "service_type")
    )
    rows = list(schedules.order_by("pk"))
    patterns = patterns_of(rows)
    for schedule in rows:
        if list(patterns[schedule.pk].days(day, day)):  # also beyond the horizon, where its visit is not made yet
            change_temporarily(schedule, Temporary(day, day, is_paused=True), reason=holiday.name, by=by)
    for visit in open_visits(holiday, [client]):
        cancel_visit(visit, reason=holiday.name, by=by)
    return count
